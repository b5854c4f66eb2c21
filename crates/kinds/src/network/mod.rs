//! Networks for pods: entries of `networks`, the NetworkAttachmentDefinitions that they become, and how such objects are read
//! and compared.
//!
//! No cluster is looked at here. Networks refer to pools, and through them to VFs; nothing there knows of networks.

mod attachment;
mod cni_version;
mod config;
mod difference;
mod ipam;
mod notes;
mod offers;
mod old_cni;
mod overlaps;
mod placement;
mod plugin;
mod publish;
mod ranges;
mod routes;
mod rules;
mod section;
mod shared_rdma;
mod spec;
mod stanza;
mod vf_values;

pub use attachment::{
    ATTACHMENT_API_VERSION, ATTACHMENT_KIND, AttachmentMetadata, AttachmentSpec, DOCUMENT_LABEL,
    NetworkAttachmentDefinition, OWNER_LABEL, RESOURCE_ANNOTATION,
};
pub use cni_version::CniVersion;
pub use config::{CniConfig, ConfigError};
pub use difference::Difference;
pub use ipam::{
    AddressRange, DhcpIpam, DhcpOption, DhcpRequest, Dns, HostLocalIpam, Ipam, Route, StaticAddress,
    StaticIpam, WhereaboutsIpam, WhereaboutsLogLevel, WhereaboutsRange,
};
pub use plugin::{PluginName, PluginObject};
pub(crate) use ranges::given_out;
pub use section::Networks;
pub use spec::{Capabilities, LogLevel, MULTUS_NAMESPACE, NetworkSpec};
pub use stanza::{PodStanza, StanzaError};
pub use vf_values::{NetworkRate, NetworkVlan};
