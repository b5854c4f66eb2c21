//! A device as the plugin sees it.

use vfctl_model::{DriverName, InterfaceName, PciAddress, PciClass, PciId, VfIndex};

/// Something that is known of a device, or why it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// It is known.
    Known(T),
    /// Nobody can know, since this is so.
    Unknown(String),
}

impl<T> Fact<T> {
    /// Returns the fact that is known where there is a value, and unknown for this reason otherwise.
    pub(crate) fn known_or(value: Option<T>, why: &str) -> Self {
        value.map_or_else(|| Self::Unknown(why.to_owned()), Self::Known)
    }
}

/// A PCI function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its address.
    pub address: PciAddress,
    /// Its class.
    pub class: Fact<PciClass>,
    /// The vendor's id.
    pub vendor: Fact<PciId>,
    /// The device's id.
    pub device: Fact<PciId>,
    /// The driver that holds it.
    pub driver: Fact<Option<DriverName>>,
    /// What it is.
    pub role: Role,
    /// Its own interface in the host's network namespace.
    pub interface: Fact<Option<Interface>>,
    /// Whether an IPv4 default route of the main table leads through that interface.
    pub has_default_route: Fact<bool>,
    /// Whether it has an RDMA device.
    pub has_rdma: Fact<bool>,
}

impl Device {
    /// Returns the PF that it belongs to, which of a PF is itself; `None` where it is neither a PF nor a VF.
    pub(crate) fn pf(&self) -> Option<PciAddress> {
        match self.role {
            Role::Vf { pf, .. } => Some(pf),
            Role::Pf(_) => Some(self.address),
            Role::Plain => None,
        }
    }
}

/// What a function is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// One that can have VFs, and how many there are.
    Pf(u16),
    /// A VF.
    Vf {
        /// Its PF.
        pf: PciAddress,
        /// The interface of its PF by which the plugin knows that; `None` where it has none.
        pf_name: Fact<Option<InterfaceName>>,
        /// Its number.
        index: VfIndex,
    },
    /// Neither.
    Plain,
}

/// A device's own interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its link type in iproute2's words.
    pub link_type: Fact<String>,
}
