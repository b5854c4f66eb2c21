//! The document as a whole: whom it concerns and what it holds.

mod spec;

pub use spec::{Body, HostValues, Metadata, NodeSelector, SriovConfig, API_VERSION, KIND};
