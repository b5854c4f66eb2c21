//! Facts of a physical function: a device that can have VFs.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{
    Cidr, DeviceAddress, DriverName, DriverRow, InterfaceName, MacAddress, PciAddress, PciClass, PciId,
    RawReading, Reading, Toggle, VfAttribute, VfIndex, VfValue,
};

use super::master::Master;
use super::properties::PropertyMap;
use super::vf::{IommuGroup, VfFacts};
use crate::property::Property;

/// Why a PF has no interface among its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoInterface {
    /// It has no driver.
    NoDriver,
    /// Its driver hands it to user space: vfio-pci and its variants, UIO, or a stub that only makes VFs.
    UserSpace,
    /// It is no network card (PCI class other than 02).
    NoNetworkCard,
    /// Its interface is InfiniBand's, whose addresses and VFs are of another sort.
    NotEthernet,
    /// Its driver makes one only with VFs, and there are none.
    OnlyWithVfs,
    /// It has one, in another network namespace; or netlink could not be read.
    Hidden,
}

/// Everything that was read of one PF and its VFs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PfFacts {
    /// The PCI class; `None` for a device of another bus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<PciClass>,
    /// The vendor's PCI id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<PciId>,
    /// The device's PCI id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<PciId>,
    /// Vendor and device in words, from the host's `pci.ids`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The serial number: PCI Device Serial Number capability, or devlink's `board.serial_number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The version of the firmware, as `ethtool -i` shows it (`fw_version` of `struct ethtool_drvinfo`); `None` where the
    /// driver does not report it, or the PF has no interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// The NUMA node; `None` where the machine has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numa_node: Option<u16>,
    /// The driver that holds the PF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<DriverName>,
    /// The highest count of VFs that the driver allows now (`sriov_totalvfs`; netdevsim: `max_vfs`,
    /// which only root may read); `None` where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_vfs: Option<u16>,
    /// How many VFs there are, counted by their `virtfn` links, which take no lock (netdevsim: `sriov_numvfs`).
    pub vf_count: u16,
    /// Routing-id distance from the PF to VF 0 (`sriov_offset`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vf_offset: Option<u16>,
    /// Routing-id distance from one VF to the next (`sriov_stride`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vf_stride: Option<u16>,
    /// The device's PCI id of VFs (`sriov_vf_device`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vf_device: Option<PciId>,
    /// The IOMMU group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iommu_group: Option<IommuGroup>,
    /// Whether the kernel has a driver for the VFs, by module alias: its name, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vf_default_driver: Option<DriverName>,
    /// Whether it could not be found out which driver that is; then nobody knows, rather than the kernel having none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vf_default_driver_unread: bool,
    /// The PF's own network interface; `None` without driver, or where the device is no network card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netdev: Option<PfNetdev>,
    /// Processes that have its own vfio device open, as `pid 123 (testpmd)`: user space drives the port.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub openers: BTreeSet<String>,
    /// The interfaces of its other ports, where the function has several, each with settings of its own for the VFs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub other_interfaces: BTreeSet<InterfaceName>,
    /// What was read of properties that have no field of their own.
    #[serde(default, skip_serializing_if = "PropertyMap::is_empty")]
    pub properties: PropertyMap,
    /// The VFs that exist.
    pub vfs: BTreeMap<VfIndex, VfFacts>,
    /// What could not be read, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// The network interface of a PF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PfNetdev {
    /// Its name.
    pub name: InterfaceName,
    /// Its other names.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub altnames: BTreeSet<InterfaceName>,
    /// Its MAC address now.
    pub mac: MacAddress,
    /// The MAC address it was made with (`IFLA_PERM_ADDRESS`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permanent_mac: Option<MacAddress>,
    /// Its MTU in bytes.
    pub mtu: u32,
    /// The highest MTU that the driver takes, in bytes (`IFLA_MAX_MTU`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_mtu: Option<u32>,
    /// Whether it is set up (`IFF_UP`).
    pub up: bool,
    /// Whether it has a carrier (`IFLA_CARRIER`).
    pub carrier: bool,
    /// The link's speed in Mbit/s; `None` where the driver does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<u32>,
    /// The bond or bridge it is a port of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<Master>,
    /// Its IP addresses.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub addresses: BTreeSet<Cidr>,
    /// Whether a default route leads through it.
    #[serde(default)]
    pub default_route: bool,
    /// What stands on it, or on what stands on it here, in other network namespaces: `macvlan net1 in network
    /// namespace cni-1`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub uppers_elsewhere: BTreeSet<String>,
}

impl PfFacts {
    /// Returns what it is called: by its interface, or else by its address.
    pub fn title(&self, address: &DeviceAddress) -> String {
        self.netdev.as_ref().map_or_else(|| address.to_string(), |netdev| netdev.name.to_string())
    }

    /// Returns what is known of the PF's driver.
    pub fn row(&self) -> &'static DriverRow {
        let driver = self.driver.as_ref();
        let has_no_link = driver.is_some_and(DriverName::is_for_user_space)
            || self.class.is_some_and(|class| !class.is_network() || class.is_infiniband());
        if has_no_link { DriverRow::of_device_without_link(driver) } else { DriverRow::of(driver) }
    }

    /// Returns whether the kernel binds new VFs to a driver; `None` off the PCI bus, or where it could not be read.
    pub fn drivers_autoprobe(&self) -> Option<Toggle> {
        self.properties.flag(Property::DriversAutoprobe).map(Toggle::from)
    }

    /// Returns why there is no interface among the facts; `None` where there is one.
    pub fn no_interface(&self) -> Option<NoInterface> {
        let Some(driver) = self.driver.as_ref().filter(|_| self.netdev.is_none()) else {
            return self.netdev.is_none().then_some(NoInterface::NoDriver);
        };
        Some(match self.class {
            _ if driver.is_for_user_space() => NoInterface::UserSpace,
            Some(class) if class.is_infiniband() => NoInterface::NotEthernet,
            Some(class) if !class.is_network() => NoInterface::NoNetworkCard,
            _ if !self.row().has_interface => NoInterface::NoNetworkCard,
            _ if self.row().interface_comes_with_vfs && self.vf_count == 0 => NoInterface::OnlyWithVfs,
            _ => NoInterface::Hidden,
        })
    }

    /// Returns whether the driver has made an interface that is not among the facts.
    pub fn hides_netdev(&self) -> bool {
        self.no_interface() == Some(NoInterface::Hidden)
    }

    /// Reads an attribute of one of its VFs: the kernel's presets lie, the driver's row knows.
    ///
    /// `rtnl_fill_vfinfo` (net/core/rtnetlink.c) presets -1 for spoofchk, trust and rss, and link state auto,
    /// VLAN protocol 802.1Q and rate 0 for what a driver does not fill in: the latter look like values.
    pub fn attribute(&self, vf: &VfFacts, attribute: VfAttribute) -> Reading<VfValue> {
        if !self.row().supports_on(attribute, self.device) {
            return Reading::Unsupported;
        }
        match vf.attributes.0.get(attribute) {
            Some(RawReading::Value(value)) => Reading::Known(*value),
            Some(RawReading::NotReported) | None => Reading::Unsupported,
            Some(RawReading::Unreadable(why)) => Reading::Unreadable(why.clone()),
        }
    }

    /// Returns the PCI address that VF `index` has or will have; `None` where the device is not on the PCI bus
    /// or does not say offset and stride.
    pub fn vf_address(&self, pf: Option<PciAddress>, index: VfIndex) -> Option<PciAddress> {
        if let Some(actual) = self.vfs.get(&index).and_then(|vf| vf.pci) {
            return Some(actual);
        }
        let (offset, stride) = (u32::from(self.vf_offset?), u32::from(self.vf_stride?));
        // A PF without VFs may report 0 for both until it is asked for some, and one with a single VF uses no stride
        // (SR-IOV 1.1, 3.3.9 and 3.3.10; `sriov_enable`, drivers/pci/iov.c).
        if offset == 0 || stride == 0 && index.0 > 0 {
            return None;
        }
        pf?.offset_by(offset + stride * u32::from(index.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stride_of_zero_tells_where_the_first_vf_is_and_no_other() {
        let address = |offset: u16, stride: u16, vf: u16| {
            let facts = format!(
                r#"{{"totalVfs": 7, "vfCount": 0, "vfOffset": {offset}, "vfStride": {stride}, "vfs": {{}}}}"#
            );
            let facts: PfFacts = serde_json::from_str(&facts).expect("facts");
            let pf = "0000:01:00.0".parse().ok();
            facts.vf_address(pf, VfIndex(vf)).map(|address| address.to_string())
        };
        assert_eq!(address(128, 2, 1).as_deref(), Some("0000:01:10.2"));
        assert_eq!(address(128, 0, 0).as_deref(), Some("0000:01:10.0"));
        assert_eq!(address(128, 0, 1), None);
        assert_eq!(address(0, 0, 0), None);
    }
}
