//! The parts of a cluster that a document relies on, with the releases that it declares of them.
//!
//! What a release of the device plugin knows is said in `model`; what it offers, by the kind `pool`.

mod device_plugin;
mod section;

pub(crate) use device_plugin::{ACTIVE, ManagedPlugin, PAUSED, STATE_LABEL};
pub use section::{
    Components, ComponentsSpec, DevicePluginSpec, ManagedPluginSpec, RdmaSharedDevicePluginSpec,
};
pub(crate) use section::{Declared, declared_for_host, declared_of};
