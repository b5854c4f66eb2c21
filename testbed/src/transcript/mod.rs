//! What a scenario left to read: normalised outputs, readings, the whole
//! transcript, and how two of them differ.

pub mod difference;
pub mod normaliser;
pub mod readings;
pub mod record;
pub mod wrapped;

pub use normaliser::Normaliser;
pub use record::{Entry, RunResult, Transcript};
