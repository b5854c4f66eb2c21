//! What other people do on a host between two runs, in the words of scenarios.

mod apply;
mod parse;
mod sentence;
mod value;

pub use parse::HandError;
pub use sentence::{EachValue, Hand, VfDriver};
