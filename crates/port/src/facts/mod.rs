//! What edges read: one document of facts for all hosts and the cluster, with the raw values as they were.

mod cluster;
mod function;
mod host;
mod interface_use;
mod master;
mod pf;
mod properties;
mod vf;
mod world;

pub use cluster::{ClusterFacts, ObjectFacts};
pub use function::{FunctionFacts, PciFunctions};
pub use host::{
    HostFacts, IommuFacts, LinkFacts, LinkManager, OwnershipRecord, REPRESENTOR, StuckStore, SystemFacts,
};
pub use interface_use::InterfaceUse;
pub use master::Master;
pub use pf::{NoInterface, PfFacts, PfNetdev};
pub use properties::PropertyMap;
pub use vf::{IommuGroup, Use, VfFacts, VfNetdev};
pub use world::{FactsFormat, World};
