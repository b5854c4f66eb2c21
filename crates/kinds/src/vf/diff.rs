//! Compares the attributes that a PF sets on its VFs.

use std::collections::BTreeMap;

use vfctl_model::{AttributeValue, InterfaceName, ReadsBack, VfAttribute, VfIndex, VfSet, VfValue};
use vfctl_port::{Action, Claim, ClaimValue, Expect, Op, Phase, Property, Target};

use super::need::{Gathered, Need, after, judge, value_of};
use super::order::order;
use super::{held_address, kernel_age, left_alone, rate, unaddressed};
use crate::DesiredVf;
use crate::change::Change;
use crate::context::{PfContext, PfDiff};
use crate::fate::{Life, VfFate};
use crate::kind::Asked;
use crate::path::Origin;
use crate::step::{Impact, Reason, Step};

/// How many claims on the PF itself usually come to those on its VFs.
const USUAL: usize = 16;

/// Returns what is wanted of a VF's attributes.
pub(crate) fn asked(vf: &DesiredVf) -> Vec<Asked> {
    let asked = vf.attributes.iter().map(|(attribute, wanted)| Asked {
        property: Property::Attribute(attribute),
        value: wanted.value.to_string(),
        origin: wanted.origin.clone(),
    });
    asked.collect()
}

/// Compares all attributes of all VFs that the spec speaks of.
pub(crate) fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
    let mut gathered = Gathered::default();
    left_alone::report(context, diff);
    held_address::check(context, &mut diff.findings);
    kernel_age::note(context, &mut diff.findings);
    let Some(interface) = context.interface() else {
        let first = context.desired.vfs.values().flat_map(|vf| vf.attributes.values()).next();
        let said_already =
            context.facts.driver.is_none() && (context.renews_vfs || context.desired.mtu.is_some());
        if let Some(wanted) = first.filter(|_| !said_already) {
            context.report_no_interface(&wanted.origin, "the VF attributes", &mut diff.findings);
        }
        return;
    };
    // Claims are most of what a plan for many VFs holds: a list that grows would copy them again and again.
    let most = USUAL + context.wanted_vfs().map(|(_, vf)| vf.attributes.len()).sum::<usize>();
    if context.renews_vfs { &mut diff.goal } else { &mut diff.satisfied }.reserve(most);
    let mut steps: BTreeMap<VfAttribute, Step> = BTreeMap::new();
    for (index, vf) in context.wanted_vfs() {
        if context.life(index) == Life::LeftAlone {
            continue;
        }
        for (attribute, wanted) in vf.attributes.iter() {
            let subject = context.vf(index);
            let property = Property::Attribute(attribute);
            match judge(context, index, attribute, wanted.value) {
                Need::Satisfied(expect) => {
                    let claim = Claim { subject, property, expect };
                    if claim.expect == Expect::AnyWhenFactory {
                        diff.goal.push(claim);
                    } else if context.renews_vfs {
                        diff.initial.push(claim.clone());
                        diff.goal.push(claim);
                    } else {
                        diff.satisfied.push(claim);
                    }
                }
                Need::Write { from } => {
                    let value = value_of(attribute, wanted.value);
                    if let Some(from) = from.filter(|_| !context.renews_vfs) {
                        diff.basis.push(Claim::is(subject.clone(), property, ClaimValue::Vf(from)));
                    }
                    let claim = Claim { subject, property, expect: after(context, attribute, wanted.value) };
                    diff.goal.push(claim.clone());
                    let step = steps.entry(attribute).or_insert_with(|| new_step(context, attribute));
                    step.ends.push(claim);
                    step.changes.extend(change(
                        context,
                        interface,
                        index,
                        attribute,
                        from,
                        value,
                        &wanted.origin,
                    ));
                }
                Need::GoesWithout => gathered.without(attribute, index, wanted),
                Need::PerhapsHeld => gathered.perhaps_held.insert(index),
                Need::Refused(why) => gathered.refused(attribute, index, wanted, why),
                Need::Unreadable(why) => gathered.unreadable(attribute, index, why),
            }
        }
    }
    rate::check(context, steps.values(), diff);
    unaddressed::check(context, diff);
    for (attribute, mut step) in steps {
        let touched: VfSet = step.changes.iter().filter_map(Change::vf).collect();
        step.requires.extend(context.use_claims_of_kept(&touched));
        order(context, attribute, &mut step.changes);
        if attribute.row().disturbs || context.row.resets_vf_for.contains(&attribute) {
            // Whose driver is loaded anew is named where that is done.
            let stays = |index: &VfIndex| !context.fate(*index).is_some_and(VfFate::meets_driver);
            let touched = touched.iter().filter(stays);
            step.victims = if context.renews_vfs { Vec::new() } else { context.victims(touched) };
            step.impact = if step.victims.is_empty() { Impact::None } else { Impact::Disturbs };
        }
        diff.steps.push(step);
    }
    gathered.report(context, diff);
}

/// Returns whether a MAC address is written to this VF.
pub(crate) fn writes_mac(context: &PfContext<'_>, index: VfIndex) -> bool {
    let wanted = context.desired.vfs.get(&index).and_then(|vf| vf.attributes.get(VfAttribute::MacAddress));
    wanted.is_some_and(|wanted| {
        context.life(index) != Life::LeftAlone
            && matches!(judge(context, index, VfAttribute::MacAddress, wanted.value), Need::Write { .. })
    })
}

/// Returns the step that writes this attribute, still without changes.
fn new_step(context: &PfContext<'_>, attribute: VfAttribute) -> Step {
    let mut step = Step::new(Phase::ConfigureVfs, Property::Attribute(attribute), Reason::Asked);
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
    let setting = AttributeValue::new(attribute, value)?;
    let target = Target::VfThroughPf(context.desired.address.clone(), interface.clone(), index);
    Some(Change {
        from: from.map(Into::into),
        to: value.into(),
        origin: Some(origin.clone()),
        op: Op { target, action: Action::SetVfAttribute(setting) },
    })
}

/// Returns a value for people: an address of zeros is none.
pub(super) fn shown(attribute: VfAttribute, value: VfValue) -> String {
    match attribute.row().reads_back {
        ReadsBack::ExceptFactory if value == attribute.factory() => "none".to_owned(),
        ReadsBack::ExceptFactory | ReadsBack::Always => value.to_string(),
    }
}
