//! Facts of a virtual function, and who uses it.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{AttributeMap, DriverName, InterfaceName, MacAddress, PciAddress};

use super::master::Master;

/// Everything that was read of one VF.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VfFacts {
    /// Its PCI address, from the PF's `virtfn` link; `None` off the PCI bus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pci: Option<PciAddress>,
    /// The driver that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<DriverName>,
    /// The only driver that may take it (`driver_override`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_override: Option<DriverName>,
    /// Whether that could not be read; then nobody knows, rather than there being none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub driver_override_unread: bool,
    /// Its IOMMU group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iommu_group: Option<IommuGroup>,
    /// Its network interface in the host's own namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netdev: Option<VfNetdev>,
    /// The interface that stands for it on its PF's embedded switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representor: Option<InterfaceName>,
    /// What the PF's interface reports of it, raw.
    pub attributes: AttributeMap,
    /// Who uses it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Use>,
    /// As which resource the kubelet offers it to pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_as: Option<String>,
}

impl VfFacts {
    /// Returns whether its interface is in another network namespace, so that the VF is somebody else's now.
    pub fn is_in_other_namespace(&self) -> bool {
        self.uses.iter().any(|one| matches!(one, Use::Namespace { .. }))
    }
}

impl VfFacts {
    /// Returns whether the CNI has given it to a pod.
    pub fn is_the_cnis(&self) -> bool {
        self.uses.iter().any(|one| matches!(one, Use::Cni { .. }))
    }
}

/// The network interface of a VF in the host's own namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VfNetdev {
    /// Its name.
    pub name: InterfaceName,
    /// Its other names.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub altnames: BTreeSet<InterfaceName>,
    /// Its MAC address now.
    pub mac: MacAddress,
    /// Its MTU in bytes.
    pub mtu: u32,
    /// Whether it is set up (`IFF_UP`).
    pub up: bool,
}

/// The IOMMU group of a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IommuGroup {
    /// Its number; it changes with each boot.
    pub number: u32,
    /// Its domain type, such as `DMA-FQ` or `identity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The other devices in it, which can only be given away together with this one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub siblings: BTreeSet<PciAddress>,
}

/// One reason why a VF is in use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "use", rename_all = "camelCase")]
pub enum Use {
    /// Its network interface is in another network namespace.
    Namespace {
        /// The namespace's name under `/run/netns`, or the process that lives in it.
        name: String,
    },
    /// The CNI has given it to a pod, by the record that it keeps: what is set on the VF is the CNI's business.
    Cni {
        /// The pod's container and interface, or its network namespace.
        holder: String,
    },
    /// The kubelet has given it to a pod as a device of a resource, and no CNI has anything to do with it: the pod may open it at
    /// any time.
    Pod {
        /// The pod with its namespace.
        pod: String,
    },
    /// A process has its vfio group or device open: to unbind or remove it would block in the kernel.
    VfioOpen {
        /// The process, as `pid 123 (qemu-system-x86)`.
        holder: String,
    },
    /// A process has the file of a vdpa device of its open, as for a guest: to unbind or remove it would block in the
    /// kernel.
    VdpaOpen {
        /// The file, such as `/dev/vhost-vdpa-0`.
        file: String,
        /// The process, as `pid 123 (qemu-system-x86)`.
        holder: String,
    },
    /// A process has another of its device files open, of RDMA (`uverbs`) or `uio`.
    DeviceOpen {
        /// The file, such as `/dev/infiniband/uverbs3`.
        file: String,
        /// The process, as `pid 123 (testpmd)`.
        holder: String,
    },
    /// Its network interface is a port of a bond, bridge or the like.
    Port {
        /// That bond or bridge.
        master: Master,
    },
    /// Another interface stands on its network interface: a VLAN, a macvtap, what stands on its bond, or the like.
    StandsOn {
        /// That interface's name.
        upper: InterfaceName,
        /// What it is: `vlan`, `macvtap`, … as `IFLA_INFO_KIND` says.
        kind: String,
        /// The network namespace that it is in, where that is another one, as a pod's is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    /// Its network interface carries IP addresses.
    Addressed {
        /// The interface that has it, where that is not the VF's own: a bridge or bond over it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interface: Option<InterfaceName>,
        /// One of them.
        address: String,
    },
    /// A default route leads through its network interface.
    DefaultRoute {
        /// The network interface.
        interface: InterfaceName,
    },
    /// The SSH connection that vfctl was started from leads through it.
    Ssh {
        /// The network interface.
        interface: InterfaceName,
    },
    /// Somebody may use it: it could not be looked.
    CouldNotLook {
        /// What could not be looked at, and why.
        why: String,
    },
}

impl Use {
    /// Returns whether the kernel would wait without end if the VF were unbound or removed now
    /// (`vfio_unregister_group_dev`, drivers/vfio/vfio_main.c; `vhost_vdpa_remove`, drivers/vhost/vdpa.c): no consent
    /// allows it.
    pub fn blocks_the_kernel(&self) -> bool {
        matches!(self, Self::VfioOpen { .. } | Self::VdpaOpen { .. })
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespace { name } => write!(f, "in network namespace {name}"),
            Self::Cni { holder } => write!(f, "given to a pod by the CNI: {holder}"),
            Self::Pod { pod } => write!(f, "given to pod {pod} by the kubelet"),
            Self::VfioOpen { holder } => write!(f, "its vfio device is open in {holder}"),
            Self::VdpaOpen { file, holder } | Self::DeviceOpen { file, holder } => {
                write!(f, "its {file} is open in {holder}")
            }
            Self::Port { master } => write!(f, "port of {} {}", master.kind, master.name),
            Self::StandsOn { upper, kind, namespace: None } => {
                write!(f, "{kind} {upper} uses its interface")
            }
            Self::StandsOn { upper, kind, namespace: Some(namespace) } => {
                write!(f, "{kind} {upper} in network namespace {namespace} uses its interface")
            }
            Self::Addressed { interface: Some(interface), address } => {
                write!(f, "{interface} has address {address}")
            }
            Self::Addressed { interface: None, address } => {
                write!(f, "its interface has address {address}")
            }
            Self::DefaultRoute { interface } => write!(f, "default route through {interface}"),
            Self::Ssh { interface } => write!(f, "this SSH connection runs through {interface}"),
            Self::CouldNotLook { why } => write!(f, "possibly in use: {why}"),
        }
    }
}
