//! Writes a configuration from its types: canonical names, in the table's order, and nothing that says what its absence says.

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use vfctl_model::DevicePluginField;

use super::config::{PluginConfig, PluginResource, PluginSelectors, SelectorSet};

impl Serialize for PluginConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { resources } = self;
        let mut top = serializer.serialize_struct("PluginConfig", 1)?;
        top.serialize_field("resourceList", resources)?;
        top.end()
    }
}

impl Serialize for PluginResource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            name,
            prefix,
            device_type,
            exclude_topology,
            selectors,
            additional_info,
            misread: _,
            unknown: _,
        } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(DevicePluginField::ResourceName.name(), name)?;
        if let Some(prefix) = prefix {
            map.serialize_entry(DevicePluginField::ResourcePrefix.name(), prefix)?;
        }
        if let Some(device_type) = device_type {
            map.serialize_entry(DevicePluginField::DeviceType.name(), device_type)?;
        }
        if *exclude_topology {
            map.serialize_entry(DevicePluginField::ExcludeTopology.name(), exclude_topology)?;
        }
        match selectors {
            PluginSelectors::Missing | PluginSelectors::Misread(_) => {}
            PluginSelectors::One(set) => map.serialize_entry(DevicePluginField::Selectors.name(), set)?,
            PluginSelectors::List(sets) => map.serialize_entry(DevicePluginField::Selectors.name(), sets)?,
        }
        if !additional_info.is_empty() {
            map.serialize_entry(DevicePluginField::AdditionalInfo.name(), additional_info)?;
        }
        map.end()
    }
}

impl Serialize for SelectorSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { texts, is_rdma, need_vhost_net, vdpa_type, misread: _, unknown: _ } = self;
        let mut map = serializer.serialize_map(None)?;
        for (field, entries) in texts {
            map.serialize_entry(field.name(), entries)?;
        }
        if *is_rdma {
            map.serialize_entry(DevicePluginField::IsRdma.name(), is_rdma)?;
        }
        if *need_vhost_net {
            map.serialize_entry(DevicePluginField::NeedVhostNet.name(), need_vhost_net)?;
        }
        if let Some(vdpa_type) = vdpa_type {
            map.serialize_entry(DevicePluginField::VdpaType.name(), vdpa_type)?;
        }
        map.end()
    }
}
