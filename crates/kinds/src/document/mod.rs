//! The document as a whole: whom it concerns and what it holds.

mod live;
mod mac_holders;
mod macs;
mod places;
mod rules;
mod spec;

pub use live::live;
pub use rules::violations;
pub use spec::{API_VERSION, Body, HostValues, KIND, Metadata, NodeSelector, SriovConfig};
