//! The parts of a cluster that a document relies on, with the releases that it declares of them.
//!
//! Nothing here installs or looks at one: what a release knows is said in `model`.

mod section;

pub use section::{Components, ComponentsSpec, DevicePluginSpec};
pub(crate) use section::{Declared, declared_for_host, declared_of};
