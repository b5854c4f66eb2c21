//! What hardware a guest has: the topology files.
//!
//! How QEMU is told so is `machine::arguments`' business.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A guest's hardware.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Topology {
    /// Memory in mebibytes. Above 2816 the firmware opens a 64-bit window, and
    /// QEMU's VFs do not answer in it.
    #[serde(default = "default_memory")]
    pub memory: u32,
    /// CPUs of the guest. With more than one, on a busy machine, a driver that counts how often it asks for an answer counts on
    /// while the CPU that is to answer waits for its turn: VFs then do not get their address (`igbvf_reset_hw_vf`).
    #[serde(default = "default_cpus")]
    pub cpus: u8,
    /// An IOMMU, which gives each VF a group of its own.
    #[serde(default)]
    pub iommu: bool,
    /// Ports of QEMU's 82576, in the order of their interface names.
    #[serde(default)]
    pub igb: Vec<IgbPort>,
    /// NVMe controllers with SR-IOV.
    #[serde(default)]
    pub nvme: Vec<NvmeController>,
    /// netdevsim devices.
    #[serde(default)]
    pub netdevsim: Vec<NetdevsimDevice>,
}

/// One port of a network card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IgbPort {
    /// What scenarios call it.
    pub role: String,
    /// Its permanent MAC address.
    pub mac: String,
    /// Ports of the same hub hear each other.
    #[serde(default = "default_hub")]
    pub hub: u32,
}

/// One NVMe controller.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NvmeController {
    /// What scenarios call it.
    pub role: String,
    /// How many VFs it can have.
    pub vfs: u16,
}

/// One netdevsim device with one port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetdevsimDevice {
    /// What scenarios call its port.
    pub role: String,
    /// The number in `netdevsimN`.
    pub id: u32,
    /// The MAC address of its port.
    pub mac: String,
    /// How many VFs it can have.
    pub vfs: u32,
}

/// Why a topology cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TopologyError {
    /// The file cannot be read.
    #[error("read the topology {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a topology.
    #[error("understand the topology {path}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        source: Box<toml::de::Error>,
    },
    /// Two devices share a role.
    #[error("use the topology {path}: two devices have the role {role}")]
    SameRole {
        /// The file.
        path: PathBuf,
        /// The role.
        role: String,
    },
    /// More memory than VFs bear.
    #[error(
        "use the topology {path}: with {memory} MiB of memory QEMU's VFs do not answer; the most is 2816"
    )]
    TooMuchMemory {
        /// The file.
        path: PathBuf,
        /// The memory asked for.
        memory: u32,
    },
}

fn default_memory() -> u32 {
    2560
}

fn default_cpus() -> u8 {
    1
}

fn default_hub() -> u32 {
    1
}

impl Topology {
    /// Reads a topology file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, says something unknown or contradicts
    /// itself.
    pub fn read(path: &Path) -> Result<Self, TopologyError> {
        let text = fs::read_to_string(path)
            .map_err(|source| TopologyError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Parses a topology; `path` is for messages.
    ///
    /// # Errors
    ///
    /// As for [`Topology::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, TopologyError> {
        let topology: Self = toml::from_str(text)
            .map_err(|source| TopologyError::Parse { path: path.to_owned(), source: Box::new(source) })?;
        let mut seen = BTreeSet::new();
        for role in topology.roles() {
            if !seen.insert(role) {
                return Err(TopologyError::SameRole { path: path.to_owned(), role: role.to_owned() });
            }
        }
        if topology.memory > 2816 {
            return Err(TopologyError::TooMuchMemory { path: path.to_owned(), memory: topology.memory });
        }
        Ok(topology)
    }

    /// The roles of all devices.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let igb = self.igb.iter().map(|port| port.role.as_str());
        let nvme = self.nvme.iter().map(|controller| controller.role.as_str());
        let netdevsim = self.netdevsim.iter().map(|device| device.role.as_str());
        igb.chain(nvme).chain(netdevsim)
    }

    /// The network interface of each role that has one.
    pub fn interfaces(&self) -> BTreeMap<&str, String> {
        let igb =
            self.igb.iter().enumerate().map(|(index, port)| (port.role.as_str(), format!("eth{index}")));
        let netdevsim = self.netdevsim.iter().map(|device| (device.role.as_str(), device.interface()));
        igb.chain(netdevsim).collect()
    }
}

impl NetdevsimDevice {
    /// The name that udev would give its port.
    pub fn interface(&self) -> String {
        format!("eni{}np1", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Topology, TopologyError> {
        Topology::parse(text, Path::new("t.toml"))
    }

    #[test]
    fn committed_topologies_are_understood() {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies")).unwrap() {
            Topology::read(&entry.unwrap().path()).unwrap();
        }
    }

    #[test]
    fn igb_ports_are_named_in_their_order_and_netdevsim_by_id() {
        let topology = parse(
            "[[igb]]\nrole='a'\nmac='52:54:00:00:00:01'\n[[igb]]\nrole='b'\nmac='52:54:00:00:00:02'\n\
             [[netdevsim]]\nrole='n'\nid=7\nmac='52:54:00:00:00:03'\nvfs=4",
        )
        .unwrap();
        let interfaces = topology.interfaces();
        assert_eq!(interfaces["a"], "eth0");
        assert_eq!(interfaces["b"], "eth1");
        assert_eq!(interfaces["n"], "eni7np1");
    }

    #[test]
    fn two_devices_with_one_role_are_refused() {
        let port = "[[igb]]\nrole='a'\nmac='52:54:00:00:00:01'\n";
        assert!(matches!(parse(&format!("{port}{port}")), Err(TopologyError::SameRole { .. })));
    }

    #[test]
    fn memory_that_moves_vf_bars_is_refused() {
        assert!(matches!(parse("memory = 4096"), Err(TopologyError::TooMuchMemory { .. })));
    }

    #[test]
    fn unknown_words_are_refused() {
        assert!(matches!(parse("iomu = true"), Err(TopologyError::Parse { .. })));
    }
}
