//! What becomes of a VF's driver.

use std::collections::BTreeSet;

use vfctl_model::{DriverName, Toggle, VfAttribute, VfIndex};

use crate::context::PfContext;
use crate::pf::autoprobe_at_end;
use crate::setting::Setting;
use crate::step::Reason;
use crate::vf::{self, DriverSpec};

/// What becomes of a VF's driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays, or the kernel alone decides.
    Keep,
    /// The VF leaves its driver for none.
    Unbind,
    /// The VF goes to this driver.
    Bind {
        /// The driver.
        driver: DriverName,
        /// Why.
        reason: Reason,
    },
    /// The VF goes to whichever driver the kernel chooses.
    Probe {
        /// Why.
        reason: Reason,
    },
}

/// Returns what becomes of the driver of VF `index`.
pub(crate) fn fate(context: &PfContext<'_>, index: VfIndex) -> Fate {
    let wanted =
        context.desired.vfs.get(&index).and_then(|vf| vf.driver.as_ref()).map(|wanted| &wanted.value);
    if context.desired.address.pci().is_none() || context.is_lent_out(index) {
        return Fate::Keep;
    }
    match context.kept_vf(index) {
        None => new_vf_fate(context, wanted),
        Some(vf) => {
            let kept = kept_vf_fate(context, vf.driver.as_ref(), wanted);
            match (kept, &vf.driver, &vf.driver_override) {
                (Fate::Keep, Some(driver), _) if needs_rebind(context, index, driver) => {
                    Fate::Bind { driver: driver.clone(), reason: Reason::MacNeedsRebind }
                }
                // An override for the driver that the kernel would choose stays; to let it choose clears it.
                (Fate::Probe { reason }, _, Some(over)) if default_driver(context).as_ref() == Some(over) => {
                    Fate::Bind { driver: over.clone(), reason }
                }
                (kept, _, _) => kept,
            }
        }
    }
}

fn new_vf_fate(context: &PfContext<'_>, wanted: Option<&DriverSpec>) -> Fate {
    let holds = context.holds_new_vfs;
    let autoprobe = autoprobe_at_end(context) == Some(Toggle::On);
    let has_default = may_have_default(context);
    match wanted {
        Some(DriverSpec::Named(driver)) => Fate::Bind { driver: driver.clone(), reason: Reason::Asked },
        Some(DriverSpec::None) => Fate::Keep,
        Some(DriverSpec::Default) if (holds || !autoprobe) && has_default => {
            Fate::Probe { reason: Reason::Asked }
        }
        None if holds && autoprobe && has_default => Fate::Probe { reason: Reason::DefaultDriver },
        Some(DriverSpec::Default) | None => Fate::Keep,
    }
}

fn kept_vf_fate(context: &PfContext<'_>, driver: Option<&DriverName>, wanted: Option<&DriverSpec>) -> Fate {
    match (wanted, driver) {
        (None, _) | (Some(DriverSpec::None), None) => Fate::Keep,
        (Some(DriverSpec::None), Some(_)) => Fate::Unbind,
        (Some(DriverSpec::Named(wanted)), Some(driver)) if wanted == driver => Fate::Keep,
        (Some(DriverSpec::Named(wanted)), _) => Fate::Bind { driver: wanted.clone(), reason: Reason::Asked },
        (Some(DriverSpec::Default), Some(driver)) => match default_driver(context) {
            Some(default) if default != *driver => Fate::Probe { reason: Reason::Asked },
            None if driver.is_vfio() && may_have_default(context) => Fate::Probe { reason: Reason::Asked },
            // The kernel would choose none.
            None if driver.is_vfio() => Fate::Unbind,
            Some(_) | None => Fate::Keep,
        },
        (Some(DriverSpec::Default), None) if may_have_default(context) => {
            Fate::Probe { reason: Reason::Asked }
        }
        (Some(DriverSpec::Default), None) => Fate::Keep,
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

/// Returns whether the VF must leave and meet its driver again for a new MAC address to take effect.
/// A vfio user resets the device by itself when it opens it.
fn needs_rebind(context: &PfContext<'_>, index: VfIndex, driver: &DriverName) -> bool {
    context.row.mac_needs_rebind && !driver.is_vfio() && vf::writes_mac(context, index)
}

/// Returns whether new VFs must wait for their driver: some get another one than the kernel's, or a MAC address
/// that their driver reads only once.
pub(crate) fn must_hold_new_vfs(context: &PfContext<'_>) -> bool {
    let on_pci = context.facts.drivers_autoprobe.is_some();
    let waits = |(index, vf): (&VfIndex, &crate::desired::DesiredVf)| {
        let other_driver =
            matches!(vf.driver.as_ref().map(|w| &w.value), Some(DriverSpec::Named(_) | DriverSpec::None));
        let mac = vf.attributes.get(&VfAttribute::MacAddress).is_some_and(|w| w.value != Setting::Default);
        index.0 < context.count && (other_driver || (mac && context.row.mac_needs_rebind))
    };
    context.recreate && on_pci && context.desired.vfs.iter().any(waits)
}

/// Returns whether the kernel is asked to choose a driver for some VF, which it does with autoprobe on only.
pub(crate) fn probes(context: &PfContext<'_>) -> bool {
    (0..context.count).map(VfIndex).any(|index| matches!(fate(context, index), Fate::Probe { .. }))
}

/// Returns whether the VF leaves the driver that it has.
pub(crate) fn leaves(context: &PfContext<'_>, index: VfIndex) -> bool {
    fate(context, index) != Fate::Keep
}

/// Returns whether the VF meets a driver anew, so that its interface starts afresh.
pub(crate) fn rebinds(context: &PfContext<'_>, index: VfIndex) -> bool {
    matches!(fate(context, index), Fate::Bind { .. } | Fate::Probe { .. })
}

/// Returns whether a VF that is made anew, or meets a driver anew, has one in the end; where it is left to the kernel,
/// whether the kernel is let.
pub(crate) fn gets_driver(context: &PfContext<'_>, index: VfIndex) -> bool {
    match fate(context, index) {
        Fate::Bind { .. } | Fate::Probe { .. } => true,
        Fate::Unbind => false,
        Fate::Keep => {
            let lets = !context.holds_new_vfs && autoprobe_at_end(context) == Some(Toggle::On);
            lets && may_have_default(context)
        }
    }
}

/// Returns the drivers that the PF's VFs are given by name, or that the kernel is to choose for them.
pub fn drivers_needed(context: &PfContext<'_>) -> BTreeSet<DriverName> {
    (0..context.count)
        .filter_map(|index| match fate(context, VfIndex(index)) {
            Fate::Bind { driver, reason: Reason::Asked } => Some(driver),
            Fate::Probe { .. } => default_driver(context),
            Fate::Bind { .. } | Fate::Unbind | Fate::Keep => None,
        })
        .collect()
}

/// Returns whether this is the driver that the kernel gives the PF's VFs, or may be.
pub(crate) fn is_default(context: &PfContext<'_>, driver: &DriverName) -> bool {
    match default_driver(context) {
        Some(default) => default == *driver,
        None => !driver.is_vfio() && may_have_default(context),
    }
}
