//! Turns documents and facts into what each PF of one host should look like.

mod desire;
mod documents;
mod select;
mod source;

pub use documents::{Desired, resolve};
pub use source::Source;
