//! What becomes of each VF, and of its driver.

use vfctl_model::{DriverName, Toggle, VfAttribute, VfIndex};
use vfctl_port::{Action, Property};

use super::spec::DriverChoice;
use crate::DesiredVf;
use crate::context::PfContext;
use crate::count::autoprobe_at_end;
use crate::fate::{DriverFate, Life, VfFate};
use crate::setting::Setting;
use crate::step::Reason;
use crate::vf;

/// Returns what becomes of VF `index`.
pub(crate) fn fate(context: &PfContext<'_>, index: VfIndex) -> VfFate {
    let driver = driver_fate(context, index);
    let gets_driver = match driver {
        DriverFate::Bind { .. } | DriverFate::Probe { .. } => true,
        DriverFate::Unbind => false,
        DriverFate::Keep => {
            let lets = !context.withholds_drivers && autoprobe_at_end(context) == Some(Toggle::On);
            lets && may_have_default(context)
        }
    };
    VfFate { life: context.life(index), driver, gets_driver }
}

/// Returns what becomes of the driver of VF `index`.
fn driver_fate(context: &PfContext<'_>, index: VfIndex) -> DriverFate {
    let wanted =
        context.desired.vfs.get(&index).and_then(|vf| vf.driver.as_ref()).map(|wanted| &wanted.value);
    if context.desired.address.pci().is_none() || context.life(index) == Life::LeftAlone {
        return DriverFate::Keep;
    }
    match context.kept_vf(index) {
        None => new_vf_fate(context, wanted),
        Some(vf) => {
            let kept = kept_vf_fate(context, vf.driver.as_ref(), wanted);
            let kept = match (wanted, &vf.driver) {
                (None, None) => owed_fate(context, index).unwrap_or(kept),
                (Some(_), _) | (None, Some(_)) => kept,
            };
            match (kept, &vf.driver, &vf.driver_override) {
                (DriverFate::Keep, Some(driver), _) if needs_rebind(context, index, driver) => {
                    DriverFate::Bind { driver: driver.clone(), reason: Reason::MacNeedsRebind }
                }
                // An override for the driver that the kernel would choose stays; to let it choose clears it.
                (DriverFate::Probe { reason }, _, Some(over))
                    if default_driver(context).as_ref() == Some(over) =>
                {
                    DriverFate::Bind { driver: over.clone(), reason }
                }
                (kept, _, _) => kept,
            }
        }
    }
}

/// Returns the driver that an apply which was cut off has kept from a VF, or taken from it.
fn owed_fate(context: &PfContext<'_>, index: VfIndex) -> Option<DriverFate> {
    let reason = Reason::RestoreLeft;
    match context.owed_to_vf(index, Property::Driver)? {
        Action::BindDriver(binding) => Some(DriverFate::Bind { driver: binding.driver.clone(), reason }),
        Action::ProbeDriver if may_have_default(context) => Some(DriverFate::Probe { reason }),
        _ => None,
    }
}

fn new_vf_fate(context: &PfContext<'_>, wanted: Option<&DriverChoice>) -> DriverFate {
    let withholds = context.withholds_drivers;
    let autoprobe = autoprobe_at_end(context) == Some(Toggle::On);
    let has_default = may_have_default(context);
    match wanted {
        Some(DriverChoice::Named(driver)) => {
            DriverFate::Bind { driver: driver.clone(), reason: Reason::Asked }
        }
        Some(DriverChoice::None) => DriverFate::Keep,
        Some(DriverChoice::Default) if (withholds || !autoprobe) && has_default => {
            DriverFate::Probe { reason: Reason::Asked }
        }
        None if withholds && autoprobe && has_default => DriverFate::Probe { reason: Reason::DefaultDriver },
        Some(DriverChoice::Default) | None => DriverFate::Keep,
    }
}

fn kept_vf_fate(
    context: &PfContext<'_>,
    driver: Option<&DriverName>,
    wanted: Option<&DriverChoice>,
) -> DriverFate {
    match (wanted, driver) {
        (None, _) | (Some(DriverChoice::None), None) => DriverFate::Keep,
        (Some(DriverChoice::None), Some(_)) => DriverFate::Unbind,
        (Some(DriverChoice::Named(wanted)), Some(driver)) if wanted == driver => DriverFate::Keep,
        (Some(DriverChoice::Named(wanted)), _) => {
            DriverFate::Bind { driver: wanted.clone(), reason: Reason::Asked }
        }
        (Some(DriverChoice::Default), Some(driver)) => match default_driver(context) {
            Some(default) if default != *driver => DriverFate::Probe { reason: Reason::Asked },
            None if driver.is_vfio() && may_have_default(context) => {
                DriverFate::Probe { reason: Reason::Asked }
            }
            // The kernel would choose none.
            None if driver.is_vfio() => DriverFate::Unbind,
            Some(_) | None => DriverFate::Keep,
        },
        (Some(DriverChoice::Default), None) if may_have_default(context) => {
            DriverFate::Probe { reason: Reason::Asked }
        }
        (Some(DriverChoice::Default), None) => DriverFate::Keep,
    }
}

/// Returns the driver that the kernel gives the PF's VFs; `None` where nobody knows, the kernel has none, or the
/// PF's driver is known to make VFs that no driver takes as they are.
pub(crate) fn default_driver(context: &PfContext<'_>) -> Option<DriverName> {
    let found = context.facts.vf_default_driver.clone();
    // Where the host does not tell, the row of the PF's driver does.
    let by_row = || context.row.vf_driver.filter(|_| context.facts.vf_default_driver_unread)?.parse().ok();
    found.or_else(by_row).filter(|_| may_take(context))
}

/// Returns whether the kernel may have a driver for the PF's VFs, though nobody knows which.
pub(crate) fn may_have_default(context: &PfContext<'_>) -> bool {
    default_driver(context).is_some() || (context.facts.vf_default_driver_unread && may_take(context))
}

/// Returns whether some driver takes VFs as the PF's driver makes them, as far as that is known.
fn may_take(context: &PfContext<'_>) -> bool {
    !context.row.is_known() || context.row.vf_driver.is_some()
}

/// Returns whether the VF must leave and meet its driver again for its MAC address to take effect.
/// A vfio user resets the device by itself when it opens it.
fn needs_rebind(context: &PfContext<'_>, index: VfIndex, driver: &DriverName) -> bool {
    let is_new = vf::writes_mac(context, index);
    context.row.mac_needs_rebind
        && !driver.is_vfio()
        && (is_new || vf::has_other_interface_mac(context, index, driver))
}

/// Returns whether no driver may take new VFs yet: some get another one than the kernel's, or a MAC address that their
/// driver reads only once.
pub(crate) fn must_withhold_drivers(context: &PfContext<'_>) -> bool {
    let on_pci = context.facts.drivers_autoprobe().is_some();
    let waits = |(_, vf): (VfIndex, &DesiredVf)| {
        let other_driver =
            matches!(vf.driver.as_ref().map(|w| &w.value), Some(DriverChoice::Named(_) | DriverChoice::None));
        let mac = vf.attributes.get(VfAttribute::MacAddress).is_some_and(|w| w.value != Setting::Default);
        other_driver || (mac && context.row.mac_needs_rebind)
    };
    context.renews_vfs && on_pci && context.wanted_vfs().any(waits)
}

/// Returns whether this is the driver that the kernel gives the PF's VFs, or may be.
pub(crate) fn is_default(context: &PfContext<'_>, driver: &DriverName) -> bool {
    match default_driver(context) {
        Some(default) => default == *driver,
        None => !driver.is_vfio() && may_have_default(context),
    }
}
