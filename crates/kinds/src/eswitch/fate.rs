//! In which mode the embedded switch is while VFs are worked on, and what that means for them.

use vfctl_model::{EswitchMode, Reading, VfAttribute};
use vfctl_port::{ClaimValue, Property};

use crate::context::PfContext;

/// Returns the mode that is found; `Known(None)` where the driver has no such switch.
pub(super) fn found(context: &PfContext<'_>) -> Reading<Option<EswitchMode>> {
    match Property::EswitchMode.read_pf(context.host.host, context.facts) {
        Reading::Known(None) => Reading::Known(None),
        Reading::Known(Some(ClaimValue::Name(word))) => match word.parse() {
            Ok(mode) => Reading::Known(Some(mode)),
            Err(_) => Reading::Unreadable(format!("the driver reports the mode `{word}`")),
        },
        Reading::Known(Some(_)) | Reading::Unsupported => Reading::Unsupported,
        Reading::Unreadable(why) => Reading::Unreadable(why),
    }
}

/// Returns whether all VFs are destroyed, and switchdev mode with them where the switch is in it.
pub(super) fn may_reset(context: &PfContext<'_>) -> bool {
    let removes = context.renews_vfs && context.facts.vf_count > 0;
    removes && context.row.eswitch.is_some_and(|row| row.is_legacy_without_vfs)
}

/// Returns whether the switch leaves switchdev mode because all VFs are destroyed.
pub(crate) fn reset_with_vfs(context: &PfContext<'_>) -> bool {
    may_reset(context) && found(context) == Reading::Known(Some(EswitchMode::Switchdev))
}

/// Returns whether the driver does not keep an attribute in the mode that the switch has when VFs are configured.
pub(crate) fn lacks_in_end(context: &PfContext<'_>, attribute: VfAttribute) -> bool {
    if !lacking(context).contains(&attribute) {
        return false;
    }
    let last = match &context.desired.eswitch {
        Some(wanted) => Reading::Known(Some(wanted.value.mode)),
        None if reset_with_vfs(context) => Reading::Known(Some(EswitchMode::Legacy)),
        None => found(context),
    };
    last == Reading::Known(Some(EswitchMode::Switchdev))
}

/// Returns the attributes that the spec names for some VF and that the driver would not keep in switchdev mode.
pub(super) fn asked_and_lacking(context: &PfContext<'_>) -> Vec<VfAttribute> {
    let is_asked =
        |attribute: &VfAttribute| context.wanted_vfs().any(|(_, vf)| vf.attributes.contains(*attribute));
    lacking(context).iter().copied().filter(is_asked).collect()
}

fn lacking(context: &PfContext<'_>) -> &'static [VfAttribute] {
    context.row.eswitch.map_or(&[][..], |row| row.switchdev_lacks)
}
