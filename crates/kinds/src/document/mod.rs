//! The document as a whole: whom it concerns and what it holds.

mod macs;
mod rules;
mod spec;

pub use spec::{Body, HostValues, Metadata, NodeSelector, SriovConfig, API_VERSION, KIND};
pub use rules::violations;
