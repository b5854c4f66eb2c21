//! What one PF of one host should look like: a document's wishes with selectors, groups and lists resolved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vfctl_model::{DeviceAddress, Mtu, Toggle, VfAttribute, VfIndex, VfValue};
use vfctl_port::{AdminState, Property};

use crate::pf::{CountSpec, OnUnsupported};
use crate::setting::Setting;
use crate::vf::DriverSpec;

/// The place in the spec that asks for a value, such as `workers: spec.physicalFunctions[0].vfs.count`.
pub type Origin = Arc<str>;

/// A value and the place that asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<T> {
    /// The value.
    pub value: T,
    /// The place.
    pub origin: Origin,
}

/// What one PF should look like; what is `None` is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredPf {
    /// The document's name for it.
    pub name: String,
    /// The device.
    pub address: DeviceAddress,
    /// The entry in the spec.
    pub origin: Origin,
    /// By which terms it was matched, such as `interface eth0, driver igb`.
    pub selector: String,
    /// What of the device those terms rest on: another device or role that takes its place later is not meant.
    pub pins: BTreeSet<Property>,
    /// What to do about values that the driver does not support.
    pub on_unsupported: OnUnsupported,
    /// Its interface up or down.
    pub admin_state: Option<Wanted<AdminState>>,
    /// Its interface's MTU.
    pub mtu: Option<Wanted<Setting<Mtu>>>,
    /// How many VFs.
    pub count: Option<Wanted<CountSpec>>,
    /// Whether the kernel binds new VFs to a driver.
    pub drivers_autoprobe: Option<Wanted<Toggle>>,
    /// Its VFs, those up to the count that the spec speaks of.
    pub vfs: BTreeMap<VfIndex, DesiredVf>,
}

/// What one VF should look like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DesiredVf {
    /// The attributes.
    pub attributes: BTreeMap<VfAttribute, Wanted<Setting<VfValue>>>,
    /// The driver.
    pub driver: Option<Wanted<DriverSpec>>,
    /// The MTU of its interface.
    pub mtu: Option<Wanted<Setting<Mtu>>>,
}
