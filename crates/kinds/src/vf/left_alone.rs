//! VFs that somebody else holds for now: what differs on them is named and never written.

use std::collections::BTreeMap;

use vfctl_model::{Reading, VfAttribute, VfIndex, VfSet, VfValue};
use vfctl_port::Use;

use super::diff::shown;
use super::need::{Need, judge, value_of};
use crate::DesiredVf;
use crate::context::{PfContext, PfDiff};
use crate::fate::Life;
use crate::finding::Finding;
use crate::path::Origin;

/// An attribute with the value that a VF has, the one that is asked for, and where.
type Difference<'a> = (VfAttribute, String, String, &'a Origin);

/// Reports what differs on VFs that others hold. What the CNI has set for a pod is as it should be, and is noted; in a network
/// namespace that no record explains it is not.
pub(super) fn report(context: &PfContext<'_>, diff: &mut PfDiff) {
    let mut same = VfSet::default();
    for (index, vf) in context.wanted_vfs() {
        if context.life(index) != Life::LeftAlone || *vf == DesiredVf::default() {
            continue;
        }
        let holder = holder(context, index);
        let differences = differences(context, index, vf);
        if differences.is_empty() {
            same.insert(index);
        }
        let of_cni = context.kept_vf(index).is_some_and(vfctl_port::VfFacts::is_the_cnis);
        for (attribute, found, wanted, origin) in differences {
            let message =
                format!("vf {index}: {attribute} is {found}, not {wanted}: {holder}, so it is left alone");
            let finding = Finding { origin: Some(origin.clone()), message, details: Vec::new(), help: None };
            if of_cni { &mut diff.findings.notes } else { &mut diff.findings.held }.push(finding);
        }
    }
    let mut by_holder: BTreeMap<String, VfSet> = BTreeMap::new();
    for index in same.iter() {
        by_holder.entry(holder(context, index)).or_default().insert(index);
    }
    for (holder, vfs) in by_holder {
        diff.findings.note(None, format!("vf {vfs}: {holder}, so it is left alone"));
    }
    report_pods(context, diff);
}

/// Notes which VFs pods were given that no CNI has anything to do with, such as those for user space: what the spec says of them
/// holds, and whoever changes it should know of them.
fn report_pods(context: &PfContext<'_>, diff: &mut PfDiff) {
    let mut by_pod: BTreeMap<String, VfSet> = BTreeMap::new();
    for (index, _) in context.wanted_vfs().filter(|(index, _)| context.life(*index) != Life::LeftAlone) {
        let uses = context.kept_vf(index).into_iter().flat_map(|vf| &vf.uses);
        for user in uses.filter(|user| matches!(user, Use::Pod { .. })) {
            by_pod.entry(user.to_string()).or_default().insert(index);
        }
    }
    for (pod, vfs) in by_pod {
        diff.findings.note(None, format!("vf {vfs}: {pod}"));
    }
}

/// Returns who holds a VF, for people.
fn holder(context: &PfContext<'_>, index: VfIndex) -> String {
    let uses = context.kept_vf(index).into_iter().flat_map(|vf| &vf.uses);
    let holds = |one: &&Use| matches!(one, Use::Cni { .. } | Use::Namespace { .. });
    uses.filter(holds).map(ToString::to_string).min().unwrap_or_default()
}

/// Returns what of a VF is known to be other than what is asked for.
fn differences<'a>(context: &PfContext<'_>, index: VfIndex, vf: &'a DesiredVf) -> Vec<Difference<'a>> {
    let differing = vf.attributes.iter().filter_map(|(attribute, wanted)| {
        let Need::Write { from } = judge(context, index, attribute, wanted.value) else { return None };
        let found = from.map_or_else(|| "unknown".to_owned(), |value| shown(attribute, value));
        let value: VfValue = value_of(attribute, wanted.value);
        Some((attribute, found, shown(attribute, value), &wanted.origin))
    });
    let unread = |attribute: VfAttribute| {
        let vf = context.kept_vf(index)?;
        match context.facts.attribute(vf, attribute) {
            Reading::Unreadable(why) => Some(why),
            Reading::Known(_) | Reading::Unsupported => None,
        }
    };
    let unread = vf.attributes.iter().filter_map(|(attribute, wanted)| {
        let found = format!("unknown ({})", unread(attribute)?);
        Some((attribute, found, shown(attribute, value_of(attribute, wanted.value)), &wanted.origin))
    });
    differing.chain(unread).collect()
}
