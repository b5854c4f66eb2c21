//! Who uses a network interface of the host, such as a PF's or a representor.

use std::fmt;

use vfctl_model::{Cidr, InterfaceName};

use super::master::Master;

/// One reason why an interface is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterfaceUse {
    /// The SSH connection that vfctl was started from leads through this interface.
    Ssh(InterfaceName),
    /// A default route leads through this interface.
    DefaultRoute(InterfaceName),
    /// This interface has this address.
    Address(InterfaceName, Cidr),
    /// Another interface stands on it.
    StandsOn {
        /// The other interface.
        upper: InterfaceName,
        /// What it is: `vlan`, `bond`, …
        kind: String,
        /// The interface that it stands on.
        lower: InterfaceName,
    },
    /// Something in another network namespace stands on it.
    StandsOnElsewhere {
        /// What stands on it, as `macvlan net1 in network namespace cni-1`.
        upper: String,
        /// The interface that it stands on.
        lower: InterfaceName,
    },
    /// This process has the port itself open through vfio, as `pid 123 (testpmd)`.
    VfioOpen(String),
    /// It is a port of a bond, a bridge or the like.
    Port(Master),
}

impl fmt::Display for InterfaceUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ssh(interface) => write!(f, "this SSH connection runs through {interface}"),
            Self::DefaultRoute(interface) => write!(f, "default route through {interface}"),
            Self::Address(interface, address) => write!(f, "{interface} has address {address}"),
            Self::StandsOn { upper, kind, lower } => write!(f, "{kind} {upper} uses {lower}"),
            Self::StandsOnElsewhere { upper, lower } => write!(f, "{upper} uses {lower}"),
            Self::VfioOpen(holder) => write!(f, "{holder} has the port open through vfio"),
            Self::Port(master) => write!(f, "port of {} {}", master.kind, master.name),
        }
    }
}
