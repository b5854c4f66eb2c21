//! What scenarios call the devices of a guest, and what these are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::topology::Topology;

/// The devices of a guest by role.
pub type Roles = BTreeMap<String, Device>;

/// A device that can have VFs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    /// The kind of hardware: `igb`, `nvme` or `netdevsim`.
    pub hardware: String,
    /// Bus and name, as devlink writes them.
    pub address: String,
    /// Its network interface; `None` for a device that is no network card.
    pub interface: Option<String>,
    /// Its MAC address.
    pub mac: Option<String>,
    /// The PCI addresses that its VFs have or will have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vfs: Vec<String>,
}

impl Device {
    /// The PCI address; `None` off the PCI bus.
    pub fn pci(&self) -> Option<&str> {
        self.address.strip_prefix("pci/")
    }
}

/// The script that prints one line per device: role, address, count of VFs,
/// offset and stride.
pub fn script(topology: &Topology) -> String {
    let mut script = String::from(
        "set -e\nprint() {\n  d=$(readlink -f $2)\n  echo $1 $(basename $(readlink -f $d/subsystem))/${d##*/} \
         $(cat $d/sriov_totalvfs $d/sriov_offset $d/sriov_stride 2>/dev/null)\n}\n",
    );
    for (role, interface) in topology.interfaces() {
        script.push_str(&format!("print {role} /sys/class/net/{interface}/device\n"));
    }
    for controller in &topology.nvme {
        let role = &controller.role;
        script.push_str(&format!(
            "print {role} $(dirname $(grep -lx '{role} *' /sys/class/nvme/*/serial))/device\n"
        ));
    }
    script
}

/// The roles, from what [`script`] printed; `None` when that is not what it
/// should be.
pub fn parse(topology: &Topology, printed: &str) -> Option<Roles> {
    let interfaces = topology.interfaces();
    let macs: BTreeMap<&str, &str> =
        (topology.igb.iter().map(|port| (port.role.as_str(), port.mac.as_str())))
            .chain(topology.netdevsim.iter().map(|device| (device.role.as_str(), device.mac.as_str())))
            .collect();
    let mut roles = Roles::new();
    for line in printed.lines() {
        let mut words = line.split_whitespace();
        let (role, address) = (words.next()?, words.next()?);
        let numbers: Vec<u32> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
        let device = Device {
            hardware: hardware(topology, role)?.to_owned(),
            address: address.to_owned(),
            interface: interfaces.get(role).cloned(),
            mac: macs.get(role).map(|mac| (*mac).to_owned()),
            vfs: match (address.strip_prefix("pci/"), numbers.as_slice()) {
                (Some(pci), [total, offset, stride]) => vf_addresses(pci, *total, *offset, *stride)?,
                _ => Vec::new(),
            },
        };
        roles.insert(role.to_owned(), device);
    }
    topology.roles().all(|role| roles.contains_key(role)).then_some(roles)
}

fn hardware(topology: &Topology, role: &str) -> Option<&'static str> {
    if topology.igb.iter().any(|port| port.role == role) {
        Some("igb")
    } else if topology.nvme.iter().any(|controller| controller.role == role) {
        Some("nvme")
    } else if topology.netdevsim.iter().any(|device| device.role == role) {
        Some("netdevsim")
    } else {
        None
    }
}

/// Routing ids are bus, device and function in one number (PCIe, 9.2.1.2).
fn vf_addresses(pf: &str, total: u32, offset: u32, stride: u32) -> Option<Vec<String>> {
    let (domain, rest) = pf.split_once(':')?;
    let (bus, rest) = rest.split_once(':')?;
    let (device, function) = rest.split_once('.')?;
    let hex = |text| u32::from_str_radix(text, 16).ok();
    let id = (hex(bus)? << 8) + (hex(device)? << 3) + hex(function)?;
    let ids = (0..total).map(|index| id + offset + index * stride);
    Some(ids.map(|id| format!("{domain}:{:02x}:{:02x}.{:x}", id >> 8, (id >> 3) & 31, id & 7)).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::path::Path;

    /// A small lab for other modules' tests.
    pub(crate) fn lab() -> Roles {
        let text = "[[igb]]\nrole='pf0'\nmac='52:54:00:00:00:01'\n[[igb]]\nrole='pf1'\nmac='52:54:00:00:00:02'\n\
                    [[nvme]]\nrole='nvme0'\nvfs=2\n\
                    [[netdevsim]]\nrole='nsim0'\nid=1\nmac='52:54:00:00:01:01'\nvfs=8";
        let topology = Topology::parse(text, Path::new("t.toml")).unwrap();
        let printed = "nsim0 netdevsim/netdevsim1\npf0 pci/0000:01:00.0 7 128 2\npf1 pci/0000:02:00.0 7 128 2\n\
                       nvme0 pci/0000:04:00.0 2 1 1\n";
        parse(&topology, printed).unwrap()
    }

    #[test]
    fn vf_addresses_follow_offset_and_stride() {
        let lab = lab();
        assert_eq!(lab["pf0"].vfs[0], "0000:01:10.0");
        assert_eq!(lab["pf0"].vfs[6], "0000:01:11.4");
        assert_eq!(lab["nvme0"].vfs, ["0000:04:00.1", "0000:04:00.2"]);
        assert!(lab["nsim0"].vfs.is_empty());
    }

    #[test]
    fn a_device_that_did_not_come_is_noticed() {
        let topology =
            Topology::parse("[[igb]]\nrole='pf0'\nmac='52:54:00:00:00:01'", Path::new("t.toml")).unwrap();
        assert_eq!(parse(&topology, ""), None);
    }
}
