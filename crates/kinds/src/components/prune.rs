//! The end of parts that documents asked for once and no document asks for any more: only where that is wanted, and of vfctl's own
//! objects alone.

use std::collections::BTreeSet;

use vfctl_model::{JsonValue, ObjectKind, ObjectRef};
use vfctl_port::{Action, ObjectFacts, Phase, Stage, roll_out_troubles};

use super::foreign;
use super::managed::{Managed, await_roll_out};
use super::manifest;
use super::row::{ComponentRow, Installed, PodOrder, Serves};
use super::table::COMPONENTS;
use crate::cluster::{
    ClusterContext, ClusterDraft, DOCUMENT_LABEL, as_found, delete_step, found, gone, lane, write_step,
};
use crate::lane::LaneDraft;
use crate::step::Reason;

/// The kinds of objects that parts have, in the order in which they go: pods before what they need.
const KINDS: [ObjectKind; 6] = [
    ObjectKind::DaemonSet,
    ObjectKind::ConfigMap,
    ObjectKind::ClusterRoleBinding,
    ObjectKind::ClusterRole,
    ObjectKind::ServiceAccount,
    ObjectKind::CustomResourceDefinition,
];

type Left<'a> = Vec<(&'a ObjectRef, &'a ObjectFacts)>;

/// Drafts the end of what is left, once everything else is drafted: networks go before what defines them.
pub(super) fn conclude(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    if !context.parts.shared {
        return;
    }
    let why = KINDS.into_iter().filter(|_| context.prunes).find_map(|kind| context.missing(kind));
    if let Some(why) = why {
        draft.findings.problem(None, why, "let vfctl read them, or leave out --prune");
        return;
    }
    // The device plugin goes by itself, as soon as no node has it.
    for row in COMPONENTS.iter().rev().filter(|row| row.installed != Installed::ByNode) {
        let left = left_of(row, context);
        if left.is_empty() {
            continue;
        }
        if context.prunes {
            prune(row, left, context, draft);
        } else {
            let (first, _) = left.first().copied().unzip();
            let first = first.map(ToString::to_string).unwrap_or_default();
            let more = match left.len() {
                0 | 1 => format!("{first} stays"),
                2 => format!("{first} and 1 more object of {row} stay"),
                count => format!("{first} and {} more objects of {row} stay", count - 1),
            };
            let prune = match needed_by(row, context, draft) {
                Some(why) => {
                    format!("--prune removes what vfctl made once no network needs it, and {why}")
                }
                None => "--prune removes what vfctl made".to_owned(),
            };
            let message = format!("{more}: no document asks for {row} to be managed any more; {prune}");
            draft.findings.note(None, message);
            note_unready(&left, context, draft);
        }
    }
}

/// Notes what keeps the pods of what stays from running.
fn note_unready(left: &Left<'_>, context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    let sets = left.iter().filter(|(object, _)| object.kind() == ObjectKind::DaemonSet);
    for (set, _) in sets.filter(|(_, facts)| facts.desired_pods().is_some() && !facts.is_rolled_out()) {
        for trouble in roll_out_troubles(context.facts, set) {
            draft.findings.note(None, trouble);
        }
    }
}

/// Returns vfctl's own objects of a part that these documents asked for once and no document asks for.
fn left_of<'a>(row: &'static ComponentRow, context: &ClusterContext<'a>) -> Left<'a> {
    if Managed::of(row, context.documents).is_some() {
        return Vec::new();
    }
    let definitions: BTreeSet<&str> = (row.definitions)().into_iter().map(|(name, _)| name).collect();
    let is_of_part = |object: &ObjectRef| match object.kind() {
        ObjectKind::CustomResourceDefinition => definitions.contains(object.name().as_str()),
        _ => object.name().as_str() == row.object,
    };
    let all = KINDS.into_iter().flat_map(|kind| context.facts.of_kind(kind));
    all.filter(|(object, facts)| {
        is_of_part(object) && facts.is_ours() && context.asked_before(facts) && !facts.is_going
    })
    .collect()
}

/// Drafts the deletion of a part's objects.
fn prune(row: &'static ComponentRow, left: Left<'_>, context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    let others: Vec<&ObjectRef> = foreign::sets_of(row, context).map(|(set, _)| set).collect();
    for set in &others {
        draft.findings.note(None, format!("{set} runs {row} and was not made by vfctl: it stays"));
    }
    if let Some(why) = needed_by(row, context, draft) {
        draft.findings.note(None, format!("{row} stays: {why}; it goes once no network does"));
        note_unready(&left, context, draft);
        return;
    }
    let mut going: Left<'_> = Vec::new();
    for (object, facts) in left {
        match kept_for(object, context, draft) {
            Some(why) => draft.findings.note(None, format!("{object} stays: {why}")),
            None => going.push((object, facts)),
        }
    }
    let Some((first, _)) = going.first().copied() else { return };
    let mut lane = lane(Stage::Publish, first);
    for (object, facts) in going {
        // What another one of the part has written must not be cleared away.
        let is_cleared = object.kind() != ObjectKind::DaemonSet || !row.must_clear_away || !others.is_empty();
        if is_cleared || !clear_away(row, object, facts, context, &mut lane) {
            lane.basis.push(as_found(object, found(Some(facts), &manifest::owned()).as_ref()));
        }
        lane.steps.push(delete_step(Phase::DeleteObjects, Reason::NoLongerAsked, object, facts));
        lane.goal.push(gone(object));
    }
    draft.lanes.push(lane);
}

/// Adds the step after which a part's pods clear away what they have written when they end; returns whether there is one.
fn clear_away(
    row: &ComponentRow,
    set: &ObjectRef,
    facts: &ObjectFacts,
    context: &ClusterContext<'_>,
    lane: &mut LaneDraft,
) -> bool {
    let containers = facts.content.at(&["spec", "template", "spec", "containers"]);
    let container = containers.and_then(|list| list.members().first());
    let Some(image) = container.and_then(|container| container.field("image")?.text()) else { return false };
    let pod = (row.pod)(PodOrder { image, name: row.object, clears_away: true });
    let document = facts.label(DOCUMENT_LABEL).unwrap_or_default();
    let version = facts.label(manifest::VERSION_LABEL);
    let wanted = JsonValue::of([
        ("metadata", manifest::metadata(document, row.object, version)),
        ("spec", row.daemon_set_spec(pod, None)),
    ]);
    if facts.content.covers(&wanted) {
        if !facts.is_rolled_out() {
            let message =
                format!("not each pod of {set} is the one that clears away what it wrote on its node");
            lane.findings.problem(None, message, "wait until all of them are ready, and prune again");
        }
        return false;
    }
    let found = found(Some(facts), &wanted);
    lane.basis.push(as_found(set, found.as_ref()));
    let manifest = context.manifest(set, wanted);
    let mut step = write_step(Phase::WriteObjects, Reason::ClearsAway, set, found.as_ref(), manifest, None);
    await_roll_out(set, &mut step);
    lane.steps.push(step);
    true
}

/// Returns which networks do not work without a part, as a reason why it stays; `None` where all work, as they do where another runs
/// it. A network that cannot be read counts as one that needs it.
fn needed_by(
    row: &'static ComponentRow,
    context: &ClusterContext<'_>,
    draft: &ClusterDraft,
) -> Option<String> {
    let kind = ObjectKind::NetworkAttachmentDefinition;
    if row.serves == Serves::NoNetwork || foreign::sets_of(row, context).next().is_some() {
        return None;
    }
    if context.facts.unread.contains_key(&kind) {
        return context.missing(kind);
    }
    let deleted = deleted(draft);
    let networks = context.facts.of_kind(kind).filter(|(object, _)| !deleted.contains(*object));
    let users: Vec<&ObjectRef> =
        networks.filter(|(_, facts)| is_served(row.serves, facts)).map(|(object, _)| object).collect();
    few(&users, "needs it", "need it")
}

/// Returns whether a network does not work without a part. One whose configuration is a file of its nodes, or is not understood, may
/// need any.
fn is_served(serves: Serves, network: &ObjectFacts) -> bool {
    let Serves::Plugin(plugin) = serves else { return serves == Serves::EveryNetwork };
    let config = network.content.at(&["spec", "config"]).and_then(JsonValue::text);
    let config = config.and_then(|text| JsonValue::from_text(text).ok());
    config.is_none_or(|config| names_plugin(&config, plugin))
}

/// Returns whether a plugin is named in a CNI configuration, at whatever depth.
fn names_plugin(config: &JsonValue, plugin: &str) -> bool {
    let is_it = config.field("type").and_then(JsonValue::text) == Some(plugin);
    is_it
        || config.fields().any(|(_, value)| names_plugin(value, plugin))
        || config.members().iter().any(|value| names_plugin(value, plugin))
}

/// Returns why a definition stays; `None` where nothing would be lost with it, and for all other objects.
fn kept_for(object: &ObjectRef, context: &ClusterContext<'_>, draft: &ClusterDraft) -> Option<String> {
    if object.kind() != ObjectKind::CustomResourceDefinition {
        return None;
    }
    let name = object.name().as_str();
    let kind = ObjectKind::ALL.iter().copied().find(|kind| kind.definition() == name);
    let Some(kind) = kind.filter(|kind| context.missing(*kind).is_none()) else {
        return Some(format!(
            "its objects would go with it, and vfctl does not read them; `kubectl delete crd {name}` removes both"
        ));
    };
    let deleted = deleted(draft);
    let users: Vec<&ObjectRef> = context
        .facts
        .of_kind(kind)
        .map(|(object, _)| object)
        .filter(|object| !deleted.contains(*object))
        .collect();
    few(&users, "would go with it", "would go with it")
}

/// Returns a sentence about objects that names the first and counts the others; `None` where there are none.
fn few(objects: &[&ObjectRef], of_one: &str, of_several: &str) -> Option<String> {
    let first = objects.first()?;
    Some(match objects.len() {
        1 => format!("{first} {of_one}"),
        count => format!("{first} and {} more {of_several}", count - 1),
    })
}

/// Returns the objects that lanes delete.
fn deleted(draft: &ClusterDraft) -> BTreeSet<&ObjectRef> {
    let changes = draft.lanes.iter().flat_map(|lane| &lane.steps).flat_map(|step| &step.changes);
    let deletions = changes.filter(|change| matches!(change.op.action, Action::DeleteObject(_)));
    deletions.filter_map(|change| change.op.target.object()).collect()
}
