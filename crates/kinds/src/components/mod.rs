//! The parts of a cluster that a document relies on, with the releases that it declares of them.
//!
//! What a release of the device plugin knows is said in `model`; what it offers, by the kind `pool`.

mod by_node;
mod cni_installer;
mod device_plugin;
mod external;
mod foreign;
mod ib_sriov_cni;
mod managed;
mod manifest;
mod multus;
mod node_state;
mod prune;
mod rdma_shared_device_plugin;
mod row;
mod section;
mod sriov_cni;
mod table;
mod whereabouts;

pub(crate) use by_node::manages_shared_rdma;
pub(crate) use device_plugin::{ManagedPlugin, PluginObjects, remove};
pub(crate) use node_state::{
    ACTIVE, DOCUMENTS, PAUSED, STATE_LABEL, absent_documents, as_named, documents_of, is_of_these, named,
    node_state,
};
pub(crate) use row::PolicyRule;
pub use section::{
    ComponentSpec, Components, ComponentsSpec, DevicePluginSpec, ManagedSpec, RdmaSharedDevicePluginSpec,
};
pub(crate) use section::{Declared, declared_for_host, declared_of};
pub(crate) use table::{defines, definitions, names, rules};
