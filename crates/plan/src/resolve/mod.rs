//! Turns documents and facts into what each PF of one host should look like.

mod desire;
mod documents;
mod select;

pub use documents::{Desired, Source, resolve};
