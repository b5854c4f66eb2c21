//! A part that vfctl installs: its objects, and the lane that brings them to what is asked for.

use vfctl_model::{JsonValue, ObjectKind, ObjectRef};
use vfctl_port::{
    Action, Claim, ClaimValue, ObjectFacts, Op, Phase, Property, Target, Thing, roll_out_troubles,
};

use super::by_node::Keys;
use super::foreign;
use super::manifest;
use super::row::{ComponentRow, Installed, PodOrder};
use super::section::ManagedSpec;
use crate::change::Change;
use crate::change_value::ChangeValue;
use crate::cluster::{
    ClusterContext, ClusterDraft, DOCUMENT_LABEL, Owner, as_found, delete_lane, found, lane, manager_of,
    object, subject, write_step,
};
use crate::document::PlacedDocument;
use crate::finding::Findings;
use crate::lane::LaneDraft;
use crate::path::Origin;
use crate::step::{Reason, Step};

/// How long the pods of a part may take to run on every node, in milliseconds: images are pulled.
pub(super) const ROLLED_OUT_WITHIN_MS: u32 = 300_000;
/// How long the API server may take to serve a kind that was defined, in milliseconds.
const ESTABLISHED_WITHIN_MS: u32 = 30_000;

/// The kinds of objects that a part has in its namespace.
const IN_NAMESPACE: [ObjectKind; 3] =
    [ObjectKind::DaemonSet, ObjectKind::ConfigMap, ObjectKind::ServiceAccount];

/// The fields of an object.
type Fields<'a> = Vec<(&'a str, JsonValue)>;

/// A part that a document asks vfctl to manage.
#[derive(Clone)]
pub(super) struct Managed<'a> {
    row: &'static ComponentRow,
    spec: &'a ManagedSpec,
    version: Option<String>,
    /// The document that asks for it.
    document: &'a str,
    /// Where it does.
    pub(super) origin: Origin,
}

impl<'a> Managed<'a> {
    /// Returns the part as these documents ask for it; `None` where none does.
    pub(super) fn of(row: &'static ComponentRow, documents: &'a [PlacedDocument<'a>]) -> Option<Self> {
        documents.iter().find_map(|document| {
            let declaration = (row.of)(&document.config.spec.components)?;
            Some(Self {
                row,
                spec: declaration.managed?,
                version: declaration.version,
                document: &document.config.metadata.name,
                origin: (document.place)(&row.managed_path()),
            })
        })
    }

    /// Returns its DaemonSet.
    pub(super) fn daemon_set(&self) -> Option<ObjectRef> {
        object(ObjectKind::DaemonSet, &self.spec.namespace(), self.row.object)
    }

    /// Returns its objects and what each is to say, in the order in which they are written. Of several documents that ask for one
    /// the first stays the one that it belongs to.
    pub(super) fn objects(&self, context: &ClusterContext<'_>) -> Vec<(ObjectRef, JsonValue)> {
        let Self { row, spec, version, .. } = self;
        let (name, namespace) = (row.object, spec.namespace());
        let in_namespace = |kind| object(kind, &namespace, name);
        let mut objects: Vec<(Option<ObjectRef>, Fields<'_>)> = Vec::new();
        for (name, spec) in (row.definitions)() {
            let definition = manifest::of_cluster(ObjectKind::CustomResourceDefinition, name);
            objects.push((definition, vec![("spec", spec)]));
        }
        if !row.rules.is_empty() {
            objects.push((in_namespace(ObjectKind::ServiceAccount), Vec::new()));
            let rules = vec![("rules", manifest::rules(row.rules))];
            objects.push((manifest::of_cluster(ObjectKind::ClusterRole, name), rules));
            let binding = manifest::binding(name, &namespace).into();
            objects.push((manifest::of_cluster(ObjectKind::ClusterRoleBinding, name), binding));
        }
        if !row.config.is_empty() {
            let data =
                row.config.iter().map(|(key, value)| ((*key).to_owned(), crate::cluster::text(*value)));
            objects.push((
                in_namespace(ObjectKind::ConfigMap),
                vec![("data", JsonValue::Fields(data.collect()))],
            ));
        }
        let keys = self.keys(context);
        if let Some(Keys { wanted, .. }) = &keys {
            let data = ("data", JsonValue::Fields(wanted.clone()));
            objects.push((in_namespace(ObjectKind::ConfigMap), vec![data]));
        }
        let order = PodOrder { image: &spec.image, name, clears_away: false };
        let pod = (row.pod)(order);
        let set = match &keys {
            Some(keys) => row.daemon_set_spec(keys.on_nodes(pod), Some(keys.annotations())),
            None => row.daemon_set_spec(pod, None),
        };
        objects.push((in_namespace(ObjectKind::DaemonSet), vec![("spec", set)]));
        let whole = |(object, fields): (Option<ObjectRef>, Fields<'_>)| {
            let object = object?;
            let version = version.as_deref().filter(|_| object.kind() == ObjectKind::DaemonSet);
            let content = self.content(context.object(&object), version, fields);
            Some((object, content))
        };
        objects.into_iter().filter_map(whole).collect()
    }

    /// Returns the keys of its ConfigMap, where that has one for each node.
    fn keys(&self, context: &ClusterContext<'_>) -> Option<Keys> {
        let map = object(ObjectKind::ConfigMap, &self.spec.namespace(), self.row.object)?;
        self.row.is_by_node.then(|| Keys::of(context, &map))
    }

    fn content(&self, found: Option<&ObjectFacts>, version: Option<&str>, fields: Fields<'_>) -> JsonValue {
        let own = found.filter(|facts| facts.is_ours());
        let document = own.and_then(|facts| facts.label(DOCUMENT_LABEL)).unwrap_or(self.document);
        let metadata = ("metadata", manifest::metadata(document, self.row.object, version));
        let fields = std::iter::once(metadata).chain(fields);
        JsonValue::Fields(fields.map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// Drafts the part as documents ask for it.
pub(super) fn plan(row: &'static ComponentRow, context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    let Some(managed) = Managed::of(row, context.documents).filter(|_| context.parts.shared) else { return };
    let objects = managed.objects(context);
    let mut kinds = objects.iter().map(|(object, _)| object.kind());
    if let Some((kind, why)) = kinds.find_map(|kind| Some((kind, context.missing(kind)?))) {
        draft.findings.problem(Some(&managed.origin), why, context.fix_of_missing(kind));
        return;
    }
    let Some(set) = managed.daemon_set() else { return };
    if foreign::report(row, &managed.origin, context, draft) {
        return;
    }
    let keys = managed.keys(context);
    if keys.is_some() && report_strangers(&managed.origin, context, draft) {
        return;
    }
    if keys.as_ref().is_some_and(Keys::is_empty) {
        let message = format!("{row} is not installed: no node that was looked at has anything for it");
        draft.findings.note(Some(&managed.origin), message);
        // The last node has taken back what it said.
        let own = objects.iter().filter_map(|(object, _)| Some((object, context.object(object)?)));
        let own = own.filter(|(_, facts)| facts.is_ours() && context.asked_before(facts) && !facts.is_going);
        draft.lanes.extend(own.map(|(object, facts)| delete_lane(object, facts)));
        return;
    }
    if report_of_before(&managed, &set, context, draft) {
        return;
    }
    delete_of_before(&set, context, draft);
    let mut lane = lane(vfctl_port::Stage::Publish, &set);
    for (object, wanted) in objects {
        let keys = keys.as_ref().filter(|_| object.kind() == ObjectKind::ConfigMap);
        add(&managed, context, &object, wanted, keys, &mut lane);
    }
    // In one order, so that what is wanted is found among what was found.
    lane.basis.sort();
    lane.goal.sort();
    draft.lanes.push(lane);
}

/// Reports hosts that have something for a part and are no nodes of the cluster; returns whether there are any.
fn report_strangers(origin: &Origin, context: &ClusterContext<'_>, draft: &mut ClusterDraft) -> bool {
    if let Some(why) = context.missing(ObjectKind::Node) {
        draft.findings.problem(Some(origin), why, context.fix_of_missing(ObjectKind::Node));
        return true;
    }
    let asking = context.shared_rdma.iter().filter(|(_, shared)| shared.config.is_some());
    let strangers: Vec<_> = asking.filter(|(host, _)| context.facts.node_of(host).is_none()).collect();
    for (host, _) in &strangers {
        let message = format!("the cluster has no node {host}, which has shared RDMA pools");
        let help = "let the host join the cluster, or remove its pools from the document";
        draft.findings.problem(Some(origin), message, help);
    }
    !strangers.is_empty()
}

/// Returns vfctl's own objects of the part in other namespaces.
fn of_before<'a>(
    set: &ObjectRef,
    context: &ClusterContext<'a>,
) -> impl Iterator<Item = (&'a ObjectRef, &'a ObjectFacts)> {
    let all = IN_NAMESPACE.into_iter().flat_map(|kind| context.facts.of_kind(kind));
    all.filter(move |(other, facts)| {
        let is_of_before = other.name() == set.name() && other.namespace() != set.namespace();
        is_of_before && facts.is_ours() && !facts.is_going
    })
}

/// Reports what keeps the part from moving to another namespace; returns whether anything does.
fn report_of_before(
    managed: &Managed<'_>,
    set: &ObjectRef,
    context: &ClusterContext<'_>,
    draft: &mut ClusterDraft,
) -> bool {
    let Some((other, facts)) = of_before(set, context).next() else { return false };
    let namespace = other.namespace().map(ToString::to_string).unwrap_or_default();
    let (message, help) = if !context.asked_before(facts) {
        let message =
            format!("{other} was made for another document, and a cluster has {} once", managed.row);
        (message, format!("name the same namespace, {namespace}, or remove it from that document first"))
    } else if managed.row.keeps_state {
        let message = format!("{} keeps in namespace {namespace} which addresses pods have", managed.row);
        (
            message,
            format!("keep `namespace: {namespace}`: in another one addresses would be given away twice"),
        )
    } else {
        return false;
    };
    draft.findings.problem(Some(&managed.origin), message, help);
    true
}

/// Drafts the end of the objects that the part has in another namespace: two of them on a node would be in each other's way.
fn delete_of_before(set: &ObjectRef, context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    draft.lanes.extend(of_before(set, context).map(|(other, facts)| delete_lane(other, facts)));
}

/// Adds one object to the lane: the step that writes it, or that it is as wanted.
fn add(
    managed: &Managed<'_>,
    context: &ClusterContext<'_>,
    object: &ObjectRef,
    wanted: JsonValue,
    keys: Option<&Keys>,
    lane: &mut LaneDraft,
) {
    let origin = &managed.origin;
    let facts = context.object(object);
    if object.kind() == ObjectKind::CustomResourceDefinition
        && matches!(context.owner(object), Owner::Other(_))
        && !context.takes_over
    {
        let message = format!("{object} was not made by vfctl: it is used as it is");
        lane.findings.note(Some(origin), message);
        return;
    }
    if !context.may_write(object, origin, &mut lane.findings) {
        return;
    }
    let found = found(facts, &wanted);
    lane.basis.push(as_found(object, found.as_ref()));
    let is_awaited = object.kind() == ObjectKind::DaemonSet && managed.row.installed == Installed::RolledOut;
    if facts.is_some_and(|facts| facts.content.covers(&wanted)) {
        if is_awaited && let Some(step) = start_step(object, &wanted, context, origin, &mut lane.findings) {
            lane.steps.push(step);
        }
        lane.goal.push(as_found(object, found.as_ref()));
        if let Some(keys) = keys {
            lane.basis.push(keys.claim(object));
            lane.goal.push(keys.claim(object));
        }
        return;
    }
    let mut manifest = context.manifest(object, wanted);
    // Nodes do not take back what others said.
    manifest.manager = keys.and_then(|keys| keys.only.as_ref()).map_or(manifest.manager, manager_of);
    let mut step =
        write_step(Phase::WriteObjects, Reason::Asked, object, found.as_ref(), manifest, Some(origin));
    match object.kind() {
        ObjectKind::DaemonSet if is_awaited => await_roll_out(object, &mut step),
        ObjectKind::CustomResourceDefinition => {
            step.ends.push(yes(object, Property::Established));
            step.settle_ms = ESTABLISHED_WITHIN_MS;
        }
        ObjectKind::ConfigMap => step.ends.extend(keys.map(|keys| keys.claim(object))),
        ObjectKind::DaemonSet
        | ObjectKind::ServiceAccount
        | ObjectKind::ClusterRole
        | ObjectKind::ClusterRoleBinding
        | ObjectKind::Node
        | ObjectKind::Pod
        | ObjectKind::Event
        | ObjectKind::NetworkAttachmentDefinition
        | ObjectKind::SriovNetworkNodePolicy => {}
    }
    lane.goal.extend(step.ends.iter().cloned());
    lane.steps.push(step);
}

/// Lets a step wait until a DaemonSet's pods run as it says.
pub(super) fn await_roll_out(set: &ObjectRef, step: &mut Step) {
    step.ends.push(yes(set, Property::RolledOut));
    step.settle_ms = ROLLED_OUT_WITHIN_MS;
    step.details.push(format!("waits until each pod of {set} runs"));
}

fn yes(object: &ObjectRef, property: Property) -> Claim {
    Claim::is(subject(Thing::Object(object.clone())), property, ClaimValue::Flag(true))
}

/// Returns the step that waits for the pods of a DaemonSet which says what it should; `None` where they run. Where no more are missing
/// than there are nodes that do not answer, that is noted alone: those nodes have the pods that are missing.
fn start_step(
    set: &ObjectRef,
    wanted: &JsonValue,
    context: &ClusterContext<'_>,
    origin: &Origin,
    findings: &mut Findings,
) -> Option<Step> {
    // Facts of before do not say how many.
    let facts = context.object(set).filter(|facts| !facts.is_rolled_out())?;
    let desired = facts.desired_pods()?;
    let ready = facts.ready_pods();
    let nodes = context.facts.of_kind(ObjectKind::Node);
    let silent = nodes.filter(|(_, node)| node.is_out_of_reach()).count();
    if u64::try_from(silent).is_ok_and(|silent| silent > 0 && desired.saturating_sub(ready) <= silent) {
        let message =
            format!("{ready} of {desired} pods of {set} are ready, and {silent} nodes do not answer");
        findings.note(Some(origin), message);
        return None;
    }
    let counted = |ready, updated| {
        let (ready, updated) = (JsonValue::Number(ready), JsonValue::Number(updated));
        let counts = JsonValue::of([("podsReady", ready), ("podsUpdated", updated)]);
        ChangeValue::Is(ClaimValue::Content(counts))
    };
    let mut step = Step::new(Phase::WriteObjects, Property::RolledOut, Reason::PodsMustRun);
    step.changes.push(Change {
        from: Some(counted(ready, facts.updated_pods())),
        to: counted(desired, desired),
        origin: Some(origin.clone()),
        op: Op {
            target: Target::Object(set.clone()),
            action: Action::ApplyObject(context.manifest(set, wanted.clone())),
        },
    });
    await_roll_out(set, &mut step);
    step.details.extend(roll_out_troubles(context.facts, set));
    Some(step)
}
