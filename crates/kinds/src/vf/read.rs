//! How a VF attribute's raw value is judged: the kernel's presets lie, the driver's row knows.

use vfctl_model::{PciId, RawReading, Reading, VfAttribute, VfValue};
use vfctl_port::VfFacts;

use crate::driver::DriverRow;

/// Reads an attribute of a VF of this device, whose PCI id may not be known.
///
/// `rtnl_fill_vfinfo` (net/core/rtnetlink.c) presets -1 for spoofchk, trust and rss, and link state auto,
/// VLAN protocol 802.1Q and rate 0 for what a driver does not fill in: the latter look like values.
pub fn read(
    vf: &VfFacts,
    attribute: VfAttribute,
    row: &DriverRow,
    device: Option<PciId>,
) -> Reading<VfValue> {
    if !row.supports_on(attribute, device) {
        return Reading::Unsupported;
    }
    match vf.attributes.0.get(&attribute) {
        Some(RawReading::Value(value)) => Reading::Known(*value),
        Some(RawReading::NotReported) | None => Reading::Unsupported,
        Some(RawReading::Unreadable(why)) => Reading::Unreadable(why.clone()),
    }
}
