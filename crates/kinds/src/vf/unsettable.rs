//! Whether a port can set an attribute on its VFs at all, whatever the value.

use vfctl_model::{DriverRow, EswitchMode, PciId, VfAttribute};
use vfctl_port::{PfFacts, Property};

use crate::obstacle::{Obstacle, no_interface};

/// Returns what keeps the port, as it is now, from setting an attribute on its VFs; `None` where nothing does. `asked` is what asks
/// for it, for the fix.
pub fn unsettable(attribute: VfAttribute, facts: &PfFacts, asked: &str) -> Option<Obstacle> {
    if facts.netdev.is_none() {
        return Some(no_interface(facts, asked));
    }
    let fix = format!("take {asked} out");
    let cause = unsupported(facts.row(), attribute, facts.device)
        .or_else(|| facts.row().unreported.contains(&attribute).then(|| unreported(attribute)))
        .or_else(|| lacks_now(facts, attribute).then(|| unsupported_in_switchdev(facts.row(), attribute)))?;
    Some(Obstacle::new(cause, fix))
}

/// Returns that a driver does not have the attribute on this device; `None` where it does.
pub(super) fn unsupported(row: &DriverRow, attribute: VfAttribute, device: Option<PciId>) -> Option<String> {
    let whose = if row.supports(attribute) { " for this device" } else { "" };
    let is_lacking = !row.supports_on(attribute, device);
    is_lacking.then(|| format!("driver {} does not support it{whose}", row.driver))
}

/// Returns that nobody could read the attribute back.
pub(super) fn unreported(attribute: VfAttribute) -> String {
    format!("the driver does not report {attribute}")
}

/// Returns that a driver does not have the attribute in switchdev mode.
pub(super) fn unsupported_in_switchdev(row: &DriverRow, attribute: VfAttribute) -> String {
    // There each VF has a representor, and whoever bridges it tags.
    let instead = if attribute == VfAttribute::Vlan {
        ": there the VLAN belongs to the bridge of the VF's representor"
    } else {
        ""
    };
    format!("driver {} does not support it in switchdev mode{instead}", row.driver)
}

/// Returns whether the driver does not keep the attribute in the mode that the switch is in, and stays in without VFs.
fn lacks_now(facts: &PfFacts, attribute: VfAttribute) -> bool {
    let mode = facts.properties.name(Property::EswitchMode);
    let is_switchdev = || mode.is_some_and(|mode| mode.parse() == Ok(EswitchMode::Switchdev));
    let row = facts.row().eswitch.filter(|row| !row.is_legacy_without_vfs);
    row.is_some_and(|row| row.switchdev_lacks.contains(&attribute)) && is_switchdev()
}
