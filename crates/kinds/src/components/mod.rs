//! The parts of a cluster that a document relies on, with the releases that it declares of them.
//!
//! What a release of the device plugin knows is said in `model`; what it offers, by the kind `pool`.

mod device_plugin;
mod external;
mod node_state;
mod section;

pub(crate) use device_plugin::{ManagedPlugin, PluginObjects, remove};
pub use external::ExternalSpec;
pub(crate) use node_state::{
    ACTIVE, DOCUMENTS, PAUSED, STATE_LABEL, absent_documents, as_named, documents_of, is_of_these, named,
    node_state,
};
pub use section::{
    Components, ComponentsSpec, DevicePluginSpec, ManagedPluginSpec, RdmaSharedDevicePluginSpec,
};
pub(crate) use section::{Declared, declared_for_host, declared_of};
