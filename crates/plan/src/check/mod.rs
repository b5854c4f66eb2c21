//! The proof that a plan does what it says, by code of its own: nothing of `kinds` is used but the shape of steps.

mod kernel;
mod knowledge;
mod walk;

pub use walk::{Flaw, check};
