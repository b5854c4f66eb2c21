//! The kinds of resources: one folder for each, with its YAML, how it is read from facts, compared, lowered to
//! ops and claimed. Everything here is a pure function of data.
//!
//! No YAML text is parsed here (that is `spec`), and nothing is ordered across PFs (that is `plan`). The list below is
//! the one place that names every kind: a new one is a folder, a `mod` line and a line of the list.

mod addresses;
pub mod change;
pub mod change_value;
pub mod cluster;
pub mod context;
pub mod desired;
pub mod document;
mod fate;
pub mod finding;
pub mod free_value;
pub mod holder;
mod kind;
pub mod lane;
mod list;
mod obstacle;
pub mod path;
#[cfg(test)]
#[path = "sample_tests.rs"]
mod sample;
pub mod setting;
pub mod step;
pub mod suggest;
mod vf_address;
mod vf_fields;

pub mod binding;
pub mod components;
pub mod count;
pub mod eswitch;
pub mod interface;
pub mod netdev;
pub mod network;
pub mod pf;
pub mod pod;
pub mod pool;
pub mod probe;
pub mod rdma_shared_pool;
pub mod rights;
pub mod system;
pub mod vf;

pub use kind::{Asked, PfColumn, PfKind, Section, VfColumn, VfKind};
pub use obstacle::Obstacle;

list::kinds! {
    sections {
        /// What the machine must offer.
        system "system": system::System,
        /// The physical functions.
        physical_functions "physicalFunctions": pf::PhysicalFunctions,
        /// The parts of the cluster that the document relies on, with their releases.
        components "components": components::Components,
        /// The resources that the SR-IOV network device plugin offers to pods.
        pools "pools": pool::Pools,
        /// The resources of k8s-rdma-shared-dev-plugin, whose RDMA devices several pods have at once.
        rdma_shared_pools "rdmaSharedPools": rdma_shared_pool::RdmaSharedPools,
        /// The networks of pods, which become NetworkAttachmentDefinitions.
        networks "networks": network::Networks,
    }
    pf {
        /// Whether its interface is set up or down.
        admin_state "adminState": interface::PfAdminState,
        /// Its embedded switch.
        eswitch "eswitch": eswitch::Eswitch,
        /// The MTU of its interface in bytes, 68 to 65535, or `default` (1500).
        mtu "mtu": interface::PfMtu,
    }
    vfs {
        /// How many: a number, or `{want: 64, atMost: total}`.
        count "count": count::VfCount,
        /// Whether the kernel binds new VFs to a driver: `on` or `off`.
        drivers_autoprobe "driversAutoprobe": count::DriversAutoprobe,
    }
    vf {
        "The VF's driver by name, `none` for no driver, or `default` for whichever the kernel chooses."
        driver "driver": binding::VfDriver,
        "MTU of the VF's own interface in bytes, or `default` (1500)."
        mtu "mtu": netdev::VfMtu,
    }
}
