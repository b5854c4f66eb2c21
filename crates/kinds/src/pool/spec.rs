//! The YAML of a pool.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{DevicePluginDeviceType, DevicePluginField, ResourceName, VfSet};

use super::selectors::SelectorsSpec;

/// A resource that pods ask for, and the devices that it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PoolSpec {
    /// The resource with its prefix, such as `intel.com/sriov_net`.
    pub resource: ResourceName,
    /// What it is made of: `netDevice` (the default), `accelerator` or `auxNetDevice`.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub device_type: DevicePluginDeviceType,
    /// The VFs of this document that it is made of; this, or `selectors`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<VfReference>,
    /// The devices that it is made of, in the device plugin's own terms; this, or `from`.
    #[serde(default, skip_serializing_if = "SelectorsSpec::is_empty")]
    pub selectors: SelectorsSpec,
    /// Whether devices must have an RDMA device, which the pod gets, too.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub is_rdma: bool,
    /// Whether the pod gets `/dev/vhost-net` and `/dev/net/tun`.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub need_vhost_net: bool,
    /// Which vdpa device a device must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vdpa_type: Option<VdpaType>,
    /// Whether the NUMA node of devices is kept from the kubelet.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub exclude_topology: bool,
    /// Information on a device that the plugin passes to pods, by its PCI address or `*`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub additional_info: BTreeMap<String, BTreeMap<String, String>>,
}

/// VFs of a PF of this document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VfReference {
    /// The name of an entry of `physicalFunctions`.
    pub physical_function: String,
    /// Which of its VFs, such as `"0-3"`; absent, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vfs: Option<VfSet>,
}

/// Which vdpa device a device must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum VdpaType {
    /// One of the kernel's own driver (`virtio_vdpa`).
    Virtio,
    /// One for user space (`vhost_vdpa`).
    Vhost,
}

impl VdpaType {
    /// Returns the word in the plugin's configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Virtio => "virtio",
            Self::Vhost => "vhost",
        }
    }
}

impl PoolSpec {
    /// Returns the fields of the plugin's configuration that the pool uses, each with its key here, but for those that every
    /// resource has. Those of an entry of a list of selectors have its number.
    pub(crate) fn used_fields(&self) -> Vec<(DevicePluginField, Option<usize>)> {
        let Self {
            resource: _,
            device_type: _,
            from: _,
            selectors,
            is_rdma,
            need_vhost_net,
            vdpa_type,
            exclude_topology,
            additional_info,
        } = self;
        let own = [
            (DevicePluginField::IsRdma, *is_rdma),
            (DevicePluginField::NeedVhostNet, *need_vhost_net),
            (DevicePluginField::VdpaType, vdpa_type.is_some()),
            (DevicePluginField::ExcludeTopology, *exclude_topology),
            (DevicePluginField::AdditionalInfo, !additional_info.is_empty()),
        ];
        let own = own.into_iter().filter(|(_, is_used)| *is_used).map(|(field, _)| (field, None));
        let of_selectors = selectors.0.iter().enumerate().flat_map(|(position, selector)| {
            selector.texts().into_iter().map(move |(field, _)| (field, Some(position)))
        });
        own.chain(of_selectors).collect()
    }
}
