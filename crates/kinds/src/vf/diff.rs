//! Compares the attributes that a PF sets on its VFs.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{
    InterfaceName, Reading, ReadsBack, Shape, VfAttribute, VfIndex, VfSet, VfSetting, VfValue,
};
use vfctl_port::{Claim, ClaimValue, Expect, Op, Phase, Property};

use super::read::read;
use super::{port_address, rate};
use crate::binding;
use crate::context::{PfContext, PfDiff};
use crate::desired::{DesiredVf, Origin, Wanted};
use crate::pf::OnUnsupported;
use crate::setting::Setting;
use crate::step::{Change, Impact, Reason, Step};

/// What is to be done about one attribute of one VF.
enum Verdict {
    /// It is so already; the claim says how that is known.
    Satisfied(Expect),
    /// It must be written; `from` is what is there now.
    Write {
        /// The value now; `None` where nobody knows.
        from: Option<VfValue>,
    },
    /// It cannot be had, but is as asked: the factory value of what the driver lacks.
    FactoryAnyway,
    /// It is not known whether the driver still holds a value; nothing is written.
    PerhapsHeld,
    /// The driver does not do it.
    Refused(String),
    /// It could not be read.
    Unreadable(String),
}

/// Compares all attributes of all VFs that the spec speaks of.
pub(crate) fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
    let mut gathered = Gathered::default();
    tell_of_lent(context, diff);
    port_address::tell(context, &mut diff.findings);
    let Some(interface) = context.interface() else {
        let first = context.desired.vfs.values().flat_map(|vf| vf.attributes.values()).next();
        let said_already =
            context.facts.driver.is_none() && (context.recreate || context.desired.mtu.is_some());
        if let Some(wanted) = first.filter(|_| !said_already) {
            context.tell_of_no_interface(&wanted.origin, "the VF attributes", &mut diff.findings);
        }
        return;
    };
    let mut steps: BTreeMap<VfAttribute, Step> = BTreeMap::new();
    for (index, vf) in &context.desired.vfs {
        if index.0 >= context.count || context.is_lent_out(*index) {
            continue;
        }
        for (attribute, wanted) in &vf.attributes {
            let subject = context.vf(*index);
            let property = Property::Attribute(*attribute);
            match judge(context, *index, *attribute, wanted.value) {
                Verdict::Satisfied(expect) => {
                    let claim = Claim { subject, property, expect };
                    if claim.expect != Expect::AnyWhenFactory {
                        let rests_on = if context.recreate { &mut diff.initial } else { &mut diff.basis };
                        rests_on.push(claim.clone());
                    }
                    diff.goal.push(claim);
                }
                Verdict::Write { from } => {
                    let value = value_of(*attribute, wanted.value);
                    if let Some(from) = from.filter(|_| !context.recreate) {
                        diff.basis.push(Claim::is(subject.clone(), property.clone(), ClaimValue::Vf(from)));
                    }
                    let claim = Claim { subject, property, expect: after(context, *attribute, wanted.value) };
                    diff.goal.push(claim.clone());
                    let step = steps.entry(*attribute).or_insert_with(|| new_step(context, *attribute));
                    step.ends.push(claim);
                    step.changes.extend(change(
                        context,
                        interface,
                        *index,
                        *attribute,
                        from,
                        value,
                        &wanted.origin,
                    ));
                }
                Verdict::FactoryAnyway => gathered.factory(*attribute, *index, wanted),
                Verdict::PerhapsHeld => gathered.perhaps_held.insert(*index),
                Verdict::Refused(why) => gathered.refused(*attribute, *index, wanted, why),
                Verdict::Unreadable(why) => gathered.unreadable(*attribute, *index, why),
            }
        }
    }
    rate::check(context, steps.values(), diff);
    for (attribute, mut step) in steps {
        let touched: VfSet = step.changes.iter().filter_map(|change| change.vf).collect();
        step.requires.extend(context.use_claims_of_kept(&touched));
        if attribute.row().disturbs || context.row.resets_vf_for.contains(&attribute) {
            let touched: Vec<VfIndex> = step.changes.iter().filter_map(|change| change.vf).collect();
            let told_by_unbind = |index: &VfIndex| binding::rebinds(context, *index);
            let touched = touched.into_iter().filter(|index| !told_by_unbind(index));
            step.victims = if context.recreate { Vec::new() } else { context.victims(touched) };
            step.impact = if step.victims.is_empty() { Impact::None } else { Impact::Disturbs };
        }
        diff.steps.push(step);
    }
    gathered.report(context, diff);
}

/// Notes which VFs that the spec speaks of are somebody else's for now.
fn tell_of_lent(context: &PfContext<'_>, diff: &mut PfDiff) {
    let asked = context.desired.vfs.iter().filter(|(_, vf)| **vf != DesiredVf::default());
    let lent: VfSet = asked.map(|(index, _)| *index).filter(|index| context.is_lent_out(*index)).collect();
    if !lent.is_empty() {
        diff.findings.note(None, format!("vf {lent}: in another network namespace, so it is left alone"));
    }
}

/// Returns whether a MAC address is written to this VF.
pub(crate) fn writes_mac(context: &PfContext<'_>, index: VfIndex) -> bool {
    let wanted = context.desired.vfs.get(&index).and_then(|vf| vf.attributes.get(&VfAttribute::MacAddress));
    wanted.is_some_and(|wanted| {
        !context.is_lent_out(index)
            && matches!(judge(context, index, VfAttribute::MacAddress, wanted.value), Verdict::Write { .. })
    })
}

/// Returns the value that a setting means.
fn value_of(attribute: VfAttribute, setting: Setting<VfValue>) -> VfValue {
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
fn after(context: &PfContext<'_>, attribute: VfAttribute, setting: Setting<VfValue>) -> Expect {
    match setting {
        Setting::Default if hides_factory(context, attribute) => Expect::AnyWhenFactory,
        Setting::Default | Setting::Value(_) => Expect::Is(ClaimValue::Vf(value_of(attribute, setting))),
    }
}

/// Decides what is to be done about one attribute of one VF.
fn judge(
    context: &PfContext<'_>,
    index: VfIndex,
    attribute: VfAttribute,
    setting: Setting<VfValue>,
) -> Verdict {
    let row = context.row;
    let value = value_of(attribute, setting);
    let is_factory = value == attribute.factory();
    if !row.supports_on(attribute, context.facts.device) {
        let whose = if row.supports(attribute) { " for this device" } else { "" };
        return match is_factory {
            true => Verdict::FactoryAnyway,
            false => Verdict::Refused(format!("driver {} has no such attribute{whose}", row.driver)),
        };
    }
    if let Some(why) = row.refuses(&value) {
        return Verdict::Refused(format!("driver {} {why}", row.driver));
    }
    let Some(vf) = context.kept_vf(index) else {
        // What an unknown driver does not report of its present VFs, it will not report of new ones.
        let present = context.facts.vfs.values().next().filter(|_| !row.is_known());
        if present.is_some_and(|vf| read(vf, attribute, row, context.facts.device) == Reading::Unsupported) {
            return if is_factory { Verdict::FactoryAnyway } else { unreported(attribute) };
        }
        return match (setting, row.initial(attribute)) {
            (Setting::Default, _) if hides_factory(context, attribute) => {
                Verdict::Satisfied(Expect::AnyWhenFactory)
            }
            (_, Some(initial)) if initial == value => Verdict::Satisfied(after(context, attribute, setting)),
            (_, from) => Verdict::Write { from },
        };
    };
    match read(vf, attribute, row, context.facts.device) {
        Reading::Known(found) if found == value => Verdict::Satisfied(after(context, attribute, setting)),
        Reading::Known(_) if setting == Setting::Default && hides_factory(context, attribute) => {
            Verdict::PerhapsHeld
        }
        Reading::Known(found) => Verdict::Write { from: Some(found) },
        Reading::Unsupported if is_factory => Verdict::FactoryAnyway,
        Reading::Unsupported => unreported(attribute),
        Reading::Unreadable(why) => Verdict::Unreadable(why),
    }
}

/// Returns the verdict on a value that nobody could read back.
fn unreported(attribute: VfAttribute) -> Verdict {
    Verdict::Refused(format!("the driver does not report {attribute}"))
}

/// Returns the step that writes this attribute, still without changes.
fn new_step(context: &PfContext<'_>, attribute: VfAttribute) -> Step {
    let mut step = Step::new(Phase::ConfigureVf, Property::Attribute(attribute), Reason::Asked);
    step.settle_ms = 2_000;
    if attribute.row().shapes_traffic && context.row.rate_needs_carrier {
        step.requires.push(Claim::is(context.pf(), Property::Carrier, ClaimValue::Flag(true)));
        step.settle_ms = 20_000;
    }
    step
}

/// Returns the change of one VF.
fn change(
    context: &PfContext<'_>,
    interface: &InterfaceName,
    index: VfIndex,
    attribute: VfAttribute,
    from: Option<VfValue>,
    value: VfValue,
    origin: &Origin,
) -> Option<Change> {
    let setting = VfSetting::new(attribute, value)?;
    let pf = context.desired.address.clone();
    Some(Change {
        vf: Some(index),
        from: Some(from.map_or_else(|| "unknown".to_owned(), |value| shown(attribute, value))),
        to: shown(attribute, value),
        origin: Some(origin.to_string()),
        op: Op::SetVf { pf, interface: interface.clone(), vf: index, setting },
    })
}

/// Returns a value for people: an address of zeros is none.
fn shown(attribute: VfAttribute, value: VfValue) -> String {
    match attribute.row().reads_back {
        ReadsBack::ExceptFactory if value == attribute.factory() => "none".to_owned(),
        ReadsBack::ExceptFactory | ReadsBack::Always => value.to_string(),
    }
}

/// Findings on single VFs, gathered so that equal ones are told once.
#[derive(Default)]
struct Gathered {
    perhaps_held: VfSet,
    factory: BTreeMap<(VfAttribute, Origin), VfSet>,
    refused: BTreeMap<(VfAttribute, Origin, String, String), VfSet>,
    unreadable: BTreeMap<String, (VfSet, BTreeSet<VfAttribute>)>,
}

impl Gathered {
    fn factory(&mut self, attribute: VfAttribute, index: VfIndex, wanted: &Wanted<Setting<VfValue>>) {
        self.factory.entry((attribute, wanted.origin.clone())).or_default().insert(index);
    }

    fn refused(
        &mut self,
        attribute: VfAttribute,
        index: VfIndex,
        wanted: &Wanted<Setting<VfValue>>,
        why: String,
    ) {
        let value = value_of(attribute, wanted.value).to_string();
        self.refused.entry((attribute, wanted.origin.clone(), value, why)).or_default().insert(index);
    }

    fn unreadable(&mut self, attribute: VfAttribute, index: VfIndex, why: String) {
        let (vfs, attributes) = self.unreadable.entry(why).or_default();
        vfs.insert(index);
        attributes.insert(attribute);
    }

    fn report(self, context: &PfContext<'_>, diff: &mut PfDiff) {
        let Self { perhaps_held, factory, refused, unreadable } = self;
        if !perhaps_held.is_empty() {
            let message = format!(
                "vf {perhaps_held}: macAddress default: the driver shows the VF's own choice and an administrative \
                 address alike, so nothing is written"
            );
            diff.findings.note(None, message);
        }
        for ((attribute, origin), vfs) in factory {
            let message =
                format!("vf {vfs}: {attribute}: the driver has no such attribute; its factory value holds");
            diff.findings.note(Some(&origin), message);
        }
        for ((attribute, origin, value, why), vfs) in refused {
            let message = format!("vf {vfs}: {attribute} {value} cannot be had: {why}");
            // A VF without its VLAN is not less isolated but elsewhere: that is never left out with a mere note.
            let isolates = attribute.row().shape == Shape::Vlan;
            match context.desired.on_unsupported {
                OnUnsupported::Warn if !isolates => {
                    diff.findings.note(Some(&origin), format!("{message}; left out"))
                }
                OnUnsupported::Error | OnUnsupported::Warn => {
                    let fix = if isolates {
                        "take it out of the spec; a VLAN isolates, so onUnsupported: warn does not cover it"
                    } else {
                        "take it out of the spec, or set onUnsupported: warn on the PF"
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
                "run as root, on a kernel whose VF list is whole",
            );
        }
    }
}
