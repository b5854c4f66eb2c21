//! The words that every other crate speaks: addresses, names, units, readings, and the tables of VF attributes, of known drivers
//! and of what the device plugin's configuration knows.
//!
//! No facts, no plans and no I/O live here. A type with an invariant keeps its fields private and is made by
//! parsing; in facts it serializes only as the text that people write, in plans and reports as a value.

mod address;
mod attribute;
mod attribute_map;
mod by_attribute;
mod cidr;
mod cluster_name;
mod device_plugin;
mod driver;
mod eswitch;
mod ip;
mod json_value;
mod label;
mod link_state;
mod mac;
mod module_set;
mod name;
mod object;
mod parse;
mod rate;
mod reading;
mod release;
mod text;
mod toggle;
mod units;
mod vf_set;
mod vf_value;
mod vlan;

pub use address::{Bus, DeviceAddress, PciAddress, PciClass, PciId};
pub use attribute::{ReadsBack, VfAttribute, VfAttributeRow};
pub use attribute_map::{AttributeMap, AttributeValue};
pub use by_attribute::ByAttribute;
pub use cidr::Cidr;
pub use cluster_name::{NamespaceName, ObjectName, ResourceName, is_dns_label};
pub use device_plugin::{
    DevicePluginDeviceType, DevicePluginField, DevicePluginFieldRow, DevicePluginLevel, DevicePluginShape,
    DevicePluginVersion,
};
pub use driver::{
    CheckWithoutAddress, CountWay, DriverRow, Guarantees, MtuChange, VlanPriority, pci_driver_below,
};
pub use eswitch::{EswitchEncapMode, EswitchInlineMode, EswitchMode, EswitchRow, EswitchSetting};
pub use ip::{IpAddress, IpNetwork, IpSpan};
pub use json_value::JsonValue;
pub use label::{LabelKey, LabelValue};
pub use link_state::VfLinkState;
pub use mac::MacAddress;
pub use module_set::ModuleSet;
pub use name::{DriverName, HostName, InterfaceName, ModuleName};
pub use object::{
    DEVICE_PLUGIN_NAME, NAME_LABEL, OWNER_LABEL, ObjectKind, ObjectKindRow, ObjectRef, PART_DEFINITIONS,
};
pub use parse::{ParseError, misread};
pub use rate::RateLimits;
pub use reading::{RawReading, Reading};
pub use release::ComponentVersion;
pub use toggle::Toggle;
pub use units::{Mbps, Mtu};
pub use vf_set::{VfIndex, VfSet};
pub use vf_value::{Shape, VfValue};
pub use vlan::{VlanId, VlanProtocol, VlanQos, VlanTag};
