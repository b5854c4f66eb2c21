//! What is to be done about one attribute of one VF, and what cannot be.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{Reading, ReadsBack, Shape, VfAttribute, VfIndex, VfSet, VfValue};
use vfctl_port::{ClaimValue, Expect};

use super::kernel_age;
use super::unsettable::{unreported, unsupported, unsupported_in_switchdev};
use crate::context::{PfContext, PfDiff};
use crate::desired::Wanted;
use crate::document::OnUnsupported;
use crate::eswitch::lacks_in_end;
use crate::path::Origin;
use crate::setting::Setting;

/// What is to be done about one attribute of one VF.
pub(super) enum Need {
    /// It is so already; the claim says how that is known.
    Satisfied(Expect),
    /// It must be written; `from` is what is there now.
    Write {
        /// The value now; `None` where nobody knows.
        from: Option<VfValue>,
    },
    /// The driver lacks it, and what is asked for is what holds without it.
    GoesWithout,
    /// It is not known whether the driver still holds a value; nothing is written.
    PerhapsHeld,
    /// The driver does not do it.
    Refused(String),
    /// It could not be read.
    Unreadable(String),
}

/// Returns the value that a setting means.
pub(super) fn value_of(attribute: VfAttribute, setting: Setting<VfValue>) -> VfValue {
    match setting {
        Setting::Default => attribute.factory(),
        Setting::Value(value) => value,
    }
}

/// Returns whether a read cannot tell whether the factory value is there: a MAC that the VF's driver has chosen
/// looks like one that it was given.
fn hides_factory(context: &PfContext<'_>, attribute: VfAttribute) -> bool {
    attribute.row().reads_back == ReadsBack::ExceptFactory && context.row.shows_chosen_mac
}

/// Returns what is true of the attribute after it was written.
pub(super) fn after(context: &PfContext<'_>, attribute: VfAttribute, setting: Setting<VfValue>) -> Expect {
    match setting {
        Setting::Default if hides_factory(context, attribute) => Expect::AnyWhenFactory,
        Setting::Default | Setting::Value(_) => Expect::Is(ClaimValue::Vf(value_of(attribute, setting))),
    }
}

/// Decides what is to be done about one attribute of one VF.
pub(super) fn judge(
    context: &PfContext<'_>,
    index: VfIndex,
    attribute: VfAttribute,
    setting: Setting<VfValue>,
) -> Need {
    let row = context.row;
    let value = value_of(attribute, setting);
    // A protection that a card lacks is not there, whatever value VFs of other cards begin with.
    let goes_without = setting == Setting::Default || value == attribute.row().without;
    if let Some(why) = unsupported(row, attribute, context.facts.device) {
        return if goes_without { Need::GoesWithout } else { Need::Refused(why) };
    }
    if let Some(why) = row.refuses(&value) {
        return Need::Refused(format!("driver {} {why}", row.driver));
    }
    if let Some(why) = kernel_age::refuses(context, &value) {
        return Need::Refused(why);
    }
    if row.unreported.contains(&attribute) {
        return Need::Refused(unreported(attribute));
    }
    if lacks_in_end(context, attribute) {
        let holds = match context.kept_vf(index) {
            Some(vf) => context.facts.attribute(vf, attribute),
            None => row.initial(attribute).map_or(Reading::Unsupported, Reading::Known),
        };
        let is_hidden = row.eswitch.is_some_and(|row| row.switchdev_hides.contains(&attribute));
        return match holds {
            Reading::Known(holds) if holds == value && !is_hidden => {
                Need::Satisfied(after(context, attribute, setting))
            }
            Reading::Unsupported if goes_without => Need::GoesWithout,
            Reading::Unreadable(why) => Need::Unreadable(why),
            Reading::Known(_) | Reading::Unsupported => {
                Need::Refused(unsupported_in_switchdev(row, attribute))
            }
        };
    }
    let Some(vf) = context.kept_vf(index) else {
        // What an unknown driver does not report of its present VFs, it will not report of new ones.
        let present = context.facts.vfs.values().next().filter(|_| !row.is_known());
        if present.is_some_and(|vf| context.facts.attribute(vf, attribute) == Reading::Unsupported) {
            return if goes_without { Need::GoesWithout } else { Need::Refused(unreported(attribute)) };
        }
        return match (setting, row.initial(attribute)) {
            (Setting::Default, _) if hides_factory(context, attribute) => {
                Need::Satisfied(Expect::AnyWhenFactory)
            }
            (_, Some(initial)) if initial == value => Need::Satisfied(after(context, attribute, setting)),
            (_, from) => Need::Write { from },
        };
    };
    match context.facts.attribute(vf, attribute) {
        Reading::Known(found) if found == value => Need::Satisfied(after(context, attribute, setting)),
        Reading::Known(_) if setting == Setting::Default && hides_factory(context, attribute) => {
            Need::PerhapsHeld
        }
        Reading::Known(found) => Need::Write { from: Some(found) },
        Reading::Unsupported if goes_without => Need::GoesWithout,
        Reading::Unsupported => Need::Refused(unreported(attribute)),
        Reading::Unreadable(why) => Need::Unreadable(why),
    }
}

/// Findings on single VFs, gathered so that equal ones are reported once.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) perhaps_held: VfSet,
    without: BTreeMap<(VfAttribute, Origin), VfSet>,
    refused: BTreeMap<(VfAttribute, Origin, String, String), VfSet>,
    unreadable: BTreeMap<String, (VfSet, BTreeSet<VfAttribute>)>,
}

impl Gathered {
    pub(super) fn without(
        &mut self,
        attribute: VfAttribute,
        index: VfIndex,
        wanted: &Wanted<Setting<VfValue>>,
    ) {
        self.without.entry((attribute, wanted.origin.clone())).or_default().insert(index);
    }

    pub(super) fn refused(
        &mut self,
        attribute: VfAttribute,
        index: VfIndex,
        wanted: &Wanted<Setting<VfValue>>,
        why: String,
    ) {
        let value = value_of(attribute, wanted.value).to_string();
        self.refused.entry((attribute, wanted.origin.clone(), value, why)).or_default().insert(index);
    }

    pub(super) fn unreadable(&mut self, attribute: VfAttribute, index: VfIndex, why: String) {
        let (vfs, attributes) = self.unreadable.entry(why).or_default();
        vfs.insert(index);
        attributes.insert(attribute);
    }

    pub(super) fn report(self, context: &PfContext<'_>, diff: &mut PfDiff) {
        let Self { perhaps_held, without, refused, unreadable } = self;
        if !perhaps_held.is_empty() {
            let message = format!(
                "vf {perhaps_held}: macAddress default: the driver does not show whether the PF set this address or the VF chose it, so nothing is written"
            );
            diff.findings.note(None, message);
        }
        for ((attribute, origin), vfs) in without {
            let holds = attribute.row().without_it;
            let message = format!("vf {vfs}: {attribute}: the driver does not support it: {holds}");
            diff.findings.note(Some(&origin), message);
        }
        for ((attribute, origin, value, why), vfs) in refused {
            let message = format!("vf {vfs}: {attribute} {value}: {why}");
            // A VF without its VLAN is not less isolated but elsewhere: that is never left out with a mere note.
            let isolates = attribute.row().shape == Shape::Vlan;
            match context.desired.on_unsupported {
                OnUnsupported::Warn if !isolates => diff
                    .findings
                    .note(Some(&origin), format!("{message}; left out: {}", attribute.row().without_it)),
                OnUnsupported::Error | OnUnsupported::Warn => {
                    let fix = if isolates {
                        "remove it from the spec; a VLAN isolates, so onUnsupported: warn does not cover it"
                    } else {
                        "remove it from the spec, or set onUnsupported: warn on the PF"
                    };
                    diff.findings.problem(Some(&origin), message, fix);
                }
            }
        }
        for (why, (vfs, attributes)) in unreadable {
            let names = attributes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = format!("vf {vfs}: {names}: could not be read: {why}");
            diff.findings.problem(
                Some(&context.desired.origin),
                message,
                "run as root; where that does not help, `ip -d link show` shows what the driver reports",
            );
        }
    }
}
