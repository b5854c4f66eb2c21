//! Facts of a host as a whole.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{Cidr, DeviceAddress, DriverName, InterfaceName, ModuleName, ModuleSet, Reading};

use super::function::PciFunctions;
use super::interface_use::InterfaceUse;
use super::pf::PfFacts;
use super::vf::VfFacts;
use crate::claim_value::ClaimValue;
use crate::op::Op;
use crate::property::Property;

/// Everything that was read of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HostFacts {
    /// The machine itself.
    pub system: SystemFacts,
    /// Every device that can have VFs, by its address.
    pub physical_functions: BTreeMap<DeviceAddress, PfFacts>,
    /// Interfaces that stand on others: bonds, bridges, VLAN and team devices; and representors that carry addresses.
    pub links: BTreeMap<InterfaceName, LinkFacts>,
    /// What decides which functions a device plugin offers; absent in facts of before it was read, and where the network
    /// interfaces could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pci_functions: Option<PciFunctions>,
    /// What vfctl set on this host earlier.
    #[serde(default)]
    pub record: OwnershipRecord,
    /// What could not be read, and why; empty where all was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// Facts of the machine: kernel, IOMMU, modules and who manages its links.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SystemFacts {
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    /// Which boot of the machine it is (`/proc/sys/kernel/random/boot_id`): what was done to a host ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
    /// The kernel's arguments, from `/proc/cmdline`.
    pub arguments: Vec<String>,
    /// What the IOMMU does.
    pub iommu: IommuFacts,
    /// Modules that are loaded (`/sys/module`) or part of the kernel (`modules.builtin`).
    pub modules: BTreeSet<ModuleName>,
    /// Drivers that are registered on the PCI bus (`/sys/bus/pci/drivers`).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub drivers: BTreeSet<DriverName>,
    /// Modules with drivers for PCI devices that the running kernel has (`modules.dep`, `modules.alias`); absent where that is
    /// unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loadable: Option<ModuleSet>,
    /// The kernel's lockdown mode other than `none`, from `/sys/kernel/security/lockdown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lockdown: Option<String>,
    /// Programs that take new network interfaces of their own accord.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link_managers: Vec<LinkManager>,
    /// The interface that carries the SSH connection vfctl was started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_interface: Option<InterfaceName>,
    /// Writes of earlier runs that are blocked in the kernel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stuck_stores: Vec<StuckStore>,
}

/// What the IOMMU does, judged by its groups and not by the command line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct IommuFacts {
    /// Number of groups in `/sys/kernel/iommu_groups` that vfio did not make; 0 where the IOMMU is off.
    pub groups: u32,
    /// The domain types of those groups, such as `DMA-FQ` and `identity`.
    pub kinds: BTreeSet<String>,
    /// Whether vfio takes devices without IOMMU, too: `enable_unsafe_noiommu_mode` of module `vfio`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsafe_noiommu: bool,
}

/// A program that takes new network interfaces of its own accord.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkManager {
    /// Its name, such as `NetworkManager`.
    pub name: String,
    /// How to keep it off VFs.
    pub remedy: String,
}

/// A write that a vfctl process began and the kernel has not ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StuckStore {
    /// The process that is blocked in the kernel.
    pub pid: u32,
    /// The device whose file it writes.
    pub device: DeviceAddress,
    /// The file it writes.
    pub path: String,
}

/// The kind of a representor among [`LinkFacts`], which the kernel has no word for.
pub const REPRESENTOR: &str = "representor";

/// An interface that stands on others, or a representor that carries addresses or a default route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LinkFacts {
    /// What it is: `bond`, `bridge`, `vlan`, … as `IFLA_INFO_KIND` says, or [`REPRESENTOR`].
    pub kind: String,
    /// The interfaces it stands on.
    pub lower: BTreeSet<InterfaceName>,
    /// The bond or bridge that it is a port of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<InterfaceName>,
    /// Its IP addresses.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub addresses: BTreeSet<Cidr>,
    /// Whether a default route leads through it.
    #[serde(default)]
    pub default_route: bool,
}

/// What vfctl set on this host earlier, as its journals tell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnershipRecord {
    /// The ops that restore what an apply had changed for a while when it was cut off, or failed to restore. All of it is
    /// still so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<Op>,
}

impl HostFacts {
    /// Returns the PF whose interface has this name or altname.
    pub fn pf_by_interface(&self, name: &InterfaceName) -> Option<(&DeviceAddress, &PfFacts)> {
        self.physical_functions.iter().find(|(_, pf)| {
            pf.other_interfaces.contains(name)
                || pf.netdev.as_ref().is_some_and(|n| n.name == *name || n.altnames.contains(name))
        })
    }

    /// Returns every interface that stands on `name`, directly or through others, `name` first.
    pub fn standing_on(&self, name: &InterfaceName) -> Vec<InterfaceName> {
        let mut found = vec![name.clone()];
        let mut next = 0;
        while let Some(base) = found.get(next).cloned() {
            next += 1;
            for (upper, link) in &self.links {
                if link.lower.contains(&base) && !found.contains(upper) {
                    found.push(upper.clone());
                }
            }
        }
        found
    }

    /// Returns whether a default route leads through the PF's interface or what stands on it.
    pub fn leads_to_default_route(&self, pf: &PfFacts) -> bool {
        let Some(netdev) = &pf.netdev else { return false };
        let uppers = self.standing_on(&netdev.name);
        netdev.default_route || uppers.iter().filter_map(|name| self.links.get(name)).any(|l| l.default_route)
    }

    /// Returns who uses a PF's own interface: the SSH connection, default routes, addresses other than
    /// link-local ones, and whatever stands on it, such as a bond, a bridge or an Open vSwitch, by what it carries, or
    /// else by its name; and who drives the port from user space.
    pub fn users_of(&self, pf: &PfFacts) -> Vec<InterfaceUse> {
        let mut users: Vec<InterfaceUse> = pf.openers.iter().cloned().map(InterfaceUse::VfioOpen).collect();
        let Some(netdev) = &pf.netdev else { return users };
        users.extend(self.users_of_interface(&netdev.name, &netdev.addresses, netdev.default_route));
        let elsewhere = netdev.uppers_elsewhere.iter();
        users.extend(elsewhere.map(|upper| InterfaceUse::StandsOnElsewhere {
            upper: upper.clone(),
            lower: netdev.name.clone(),
        }));
        if let Some(master) = netdev.master.as_ref().filter(|master| !self.links.contains_key(&master.name)) {
            users.push(InterfaceUse::Port(master.clone()));
        }
        users
    }

    /// Returns who uses the representor of a VF: the SSH connection, addresses and default routes of its own,
    /// and whatever stands on it. Unreadable where the VF may have a representor that was not seen: devlink could not be
    /// read, the interface is in another network namespace, or the driver names none.
    pub fn users_of_representor(&self, pf: &PfFacts, vf: &VfFacts) -> Reading<Vec<InterfaceUse>> {
        if let Some(name) = &vf.representor {
            let own = self.links.get(name);
            let none = BTreeSet::new();
            let addresses = own.map_or(&none, |link| &link.addresses);
            let users = self.users_of_interface(name, addresses, own.is_some_and(|link| link.default_route));
            return Reading::Known(users);
        }
        match pf.properties.read(Property::EswitchMode) {
            Reading::Known(Some(ClaimValue::Name(mode))) if mode != "legacy" => Reading::Unreadable(format!(
                "the embedded switch is in {mode} mode, and not every representor was seen"
            )),
            Reading::Known(_) | Reading::Unsupported => Reading::Known(Vec::new()),
            Reading::Unreadable(why) => {
                Reading::Unreadable(format!("the mode of the embedded switch could not be read: {why}"))
            }
        }
    }

    /// Returns who uses an interface that carries these addresses and perhaps a default route, or what stands on it.
    fn users_of_interface(
        &self,
        interface: &InterfaceName,
        addresses: &BTreeSet<Cidr>,
        default_route: bool,
    ) -> Vec<InterfaceUse> {
        let mut users = Vec::new();
        for name in self.standing_on(interface) {
            let upper = self.links.get(&name).filter(|_| name != *interface);
            let named_before = users.len();
            if self.system.ssh_interface.as_ref() == Some(&name) {
                users.push(InterfaceUse::Ssh(name.clone()));
            }
            if upper.map_or(default_route, |link| link.default_route) {
                users.push(InterfaceUse::DefaultRoute(name.clone()));
            }
            let addresses = upper.map_or(addresses, |link| &link.addresses);
            let own = addresses.iter().filter(|address| !address.is_link_local());
            users.extend(own.map(|address| InterfaceUse::Address(name.clone(), *address)));
            if let Some(link) = upper.filter(|_| users.len() == named_before) {
                let (kind, lower) = (link.kind.clone(), interface.clone());
                users.push(InterfaceUse::StandsOn { upper: name.clone(), kind, lower });
            }
        }
        users
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_on_a_pf_is_a_user_and_told_of_once() {
        let host = |bond: &str, vlan: &str| -> HostFacts {
            serde_json::from_str(&format!(
                r#"{{
                    "system": {{"kernel": "6.12", "arguments": [], "iommu": {{"groups": 0, "kinds": []}}, "modules": []}},
                    "physicalFunctions": {{}},
                    "links": {{
                        "bond0": {{"kind": "bond", "lower": ["eth0"]{bond}}},
                        "bond0.30": {{"kind": "vlan", "lower": ["bond0"]{vlan}}}
                    }}
                }}"#
            ))
            .expect("facts")
        };
        let pf: PfFacts = serde_json::from_str(
            r#"{
                "totalVfs": 8, "vfCount": 0, "vfs": {},
                "netdev": {
                    "name": "eth0", "mac": "02:00:00:00:00:01", "mtu": 1500, "up": true, "carrier": true,
                    "master": {"name": "bond0", "kind": "bond"}
                }
            }"#,
        )
        .expect("a PF");
        let route = r#", "defaultRoute": true"#;
        let link_local = r#", "addresses": ["fe80::1/64"]"#;
        for (bond, vlan, users) in [
            ("", "", ["bond bond0 uses eth0", "vlan bond0.30 uses eth0"]),
            ("", route, ["bond bond0 uses eth0", "default route through bond0.30"]),
            (route, "", ["default route through bond0", "vlan bond0.30 uses eth0"]),
            (link_local, link_local, ["bond bond0 uses eth0", "vlan bond0.30 uses eth0"]),
        ] {
            let found: Vec<String> = host(bond, vlan).users_of(&pf).iter().map(ToString::to_string).collect();
            assert_eq!(found, users, "{bond} {vlan}");
        }
    }
}
