//! Facts of PCI functions that a device plugin may offer to pods, beside what is kept of PFs and VFs.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{DriverName, InterfaceName, PciAddress, PciClass, PciId};

/// What decides which functions a device plugin offers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PciFunctions {
    /// The network and accelerator functions (class 02 and 12) that neither can have VFs nor are VFs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<PciAddress, FunctionFacts>,
    /// The interfaces that an IPv4 default route of the main table leads through. One that has several ways at once
    /// (`RTA_MULTIPATH`) is left out, as the device plugin leaves it out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ipv4_default_routes: BTreeSet<InterfaceName>,
    /// The RDMA devices of functions of any kind, from `/sys/class/infiniband`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rdma_devices: BTreeMap<PciAddress, BTreeSet<String>>,
}

/// A PCI function that neither can have VFs nor is one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FunctionFacts {
    /// The PCI class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<PciClass>,
    /// The vendor's PCI id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<PciId>,
    /// The device's PCI id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<PciId>,
    /// The driver that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<DriverName>,
    /// Its network interface, the first by name where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<InterfaceName>,
    /// The interface's link type (`ARPHRD_*`) in iproute2's words: `ether`, `infiniband`; absent where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_type: Option<String>,
}
