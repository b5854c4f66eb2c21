//! The types of the configuration file.

use std::collections::BTreeMap;

use vfctl_model::{DevicePluginDeviceType, DevicePluginField};

/// The prefix of resources that name none, unless the plugin is started with another (`--resource-prefix`, cmd/sriovdp/main.go).
const DEFAULT_PREFIX: &str = "intel.com";

/// The file: resources in the order in which they claim devices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PluginConfig {
    /// The entries of `resourceList`.
    pub resources: Vec<PluginResource>,
}

/// An entry of `resourceList`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PluginResource {
    /// `resourceName`.
    pub name: String,
    /// `resourcePrefix`; `None` where the plugin's own is meant.
    pub prefix: Option<String>,
    /// `deviceType` as it is written; `None` for `netDevice`.
    pub device_type: Option<String>,
    /// `excludeTopology`.
    pub exclude_topology: bool,
    /// `selectors`.
    pub selectors: PluginSelectors,
    /// `additionalInfo`.
    pub additional_info: BTreeMap<String, BTreeMap<String, String>>,
    /// Fields that hold another JSON value than they should, and what is wrong. The plugin ends where it heeds one.
    pub misread: BTreeMap<DevicePluginField, String>,
    /// Keys that no release knows, such as `isRdma` beside `selectors`.
    pub unknown: Vec<String>,
}

/// The value of `selectors`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PluginSelectors {
    /// There is none: the plugin crashes.
    #[default]
    Missing,
    /// It is neither an object nor a list of objects: the plugin goes on without the resource.
    Misread(String),
    /// One object.
    One(SelectorSet),
    /// A list of objects.
    List(Vec<SelectorSet>),
}

/// An object of selectors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SelectorSet {
    /// The lists of texts, by their field.
    pub texts: BTreeMap<DevicePluginField, Vec<String>>,
    /// `isRdma`.
    pub is_rdma: bool,
    /// `needVhostNet`.
    pub need_vhost_net: bool,
    /// `vdpaType` as it is written.
    pub vdpa_type: Option<String>,
    /// Fields that hold another JSON value than they should, and what is wrong. The plugin goes on without the resource
    /// where it heeds one.
    pub misread: BTreeMap<DevicePluginField, String>,
    /// Keys that no release knows, such as `vendor`.
    pub unknown: Vec<String>,
}

impl PluginResource {
    /// Returns the resource's name with its prefix.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.prefix.as_deref().unwrap_or(DEFAULT_PREFIX), self.name)
    }

    /// Returns what it is made of; `None` where `deviceType` has another word.
    pub fn kind(&self) -> Option<DevicePluginDeviceType> {
        self.device_type.as_ref().map_or(Some(DevicePluginDeviceType::default()), |word| word.parse().ok())
    }
}

impl SelectorSet {
    /// Returns the fields that are used, in the table's order.
    pub fn used(&self) -> Vec<DevicePluginField> {
        let Self { texts, is_rdma, need_vhost_net, vdpa_type, misread: _, unknown: _ } = self;
        let is_used = |field: &DevicePluginField| match field {
            DevicePluginField::IsRdma => *is_rdma,
            DevicePluginField::NeedVhostNet => *need_vhost_net,
            DevicePluginField::VdpaType => vdpa_type.is_some(),
            list => texts.get(list).is_some_and(|entries| !entries.is_empty()),
        };
        DevicePluginField::ALL.iter().copied().filter(is_used).collect()
    }
}
