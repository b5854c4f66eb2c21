//! In which mode the embedded switch is while VFs are worked on, and what that means for them.

use vfctl_model::{EswitchMode, VfAttribute};

use crate::context::PfContext;

/// Returns the mode that is found; `None` where there is none, it is not known, or it has another word.
pub(super) fn found(context: &PfContext<'_>) -> Option<EswitchMode> {
    context.facts.eswitch_mode.as_ref()?.parse().ok()
}

/// Returns whether the switch leaves switchdev mode because all VFs are destroyed.
pub(crate) fn reset_with_vfs(context: &PfContext<'_>) -> bool {
    let removes = context.renews_vfs && context.facts.vf_count > 0;
    removes
        && context.row.eswitch.is_some_and(|row| row.is_legacy_without_vfs)
        && found(context) == Some(EswitchMode::Switchdev)
}

/// Returns whether the driver does not keep an attribute in the mode that the switch has when VFs are configured.
pub(crate) fn lacks_in_end(context: &PfContext<'_>, attribute: VfAttribute) -> bool {
    let unasked = || if reset_with_vfs(context) { Some(EswitchMode::Legacy) } else { found(context) };
    let last = context.desired.eswitch.as_ref().map(|wanted| wanted.value).or_else(unasked);
    let lacks = context.row.eswitch.map_or(&[][..], |row| row.switchdev_lacks);
    last == Some(EswitchMode::Switchdev) && lacks.contains(&attribute)
}
