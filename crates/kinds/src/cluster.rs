//! The cluster as kinds see it: its facts, what each host is to offer in it, and the lanes that kinds draft for it.
//!
//! An object of vfctl's own carries a label. What another made is never changed unasked.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{
    DevicePluginVersion, HostName, JsonValue, NamespaceName, OWNER_LABEL, ObjectKind, ObjectName, ObjectRef,
    PciAddress, ResourceName,
};
use vfctl_port::{
    Action, Claim, ClaimValue, ClusterFacts, Deletion, Expect, Manifest, ObjectFacts, Op, Phase, Property,
    Scope, Stage, Subject, Target, Thing, api_hint,
};

use crate::change::Change;
use crate::change_value::ChangeValue;
use crate::document::PlacedDocument;
use crate::finding::Findings;
use crate::lane::{LaneDraft, SharedPath};
use crate::path::{Origin, SpecPath, Violation, Violations};
use crate::pool::simulator::Devices;
use crate::step::{Reason, Step};

/// In whose name objects are written that belong to no single node.
const MANAGER: &str = "vfctl";

/// The label that names the document which asks for an object.
pub const DOCUMENT_LABEL: &str = "vfctl.dev/document";

/// Checks that the name of a document whose objects are labelled with it can be the value of a label: `[A-Za-z0-9]` at both ends
/// (`IsValidLabelValue`, k8s.io/apimachinery/pkg/util/validation). `asking` is what asks for the objects.
pub(crate) fn check_label(document: &str, asking: SpecPath, violations: &mut Violations) {
    if document.ends_with(|last: char| last.is_ascii_alphanumeric()) {
        return;
    }
    let position = violations.document();
    let path = SpecPath::default().key("metadata").key("name");
    let message = format!(
        "`{document}` cannot be the value of a Kubernetes label, which must end in a letter or digit"
    );
    let help = "choose a name that ends in a letter or digit: what it asks for is labelled with it";
    violations.add(Violation::new(path, message, help).with(position, asking, "this is labelled"));
}

/// Which parts of a plan are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// The hosts themselves.
    pub host: bool,
    /// What each node says of itself in the cluster: its own key of the device plugin's configuration, its label and its
    /// plugin pod.
    pub node: bool,
    /// What belongs to no single node: networks and components.
    pub shared: bool,
}

impl Parts {
    /// Every part.
    pub const ALL: Self = Self { host: true, node: true, shared: true };

    /// The host's own.
    pub const ONLY_HOST: Self = Self { host: true, node: false, shared: false };
}

/// What a host is to offer in the cluster once it is as its documents ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeOffer {
    /// The configuration of its device plugin, as text; `None` where no document asks for pools.
    pub(crate) config: Option<String>,
    /// The plugin's release.
    pub(crate) version: DevicePluginVersion,
    /// How many devices it offers of each resource; `None` where that cannot be known.
    pub(crate) counts: BTreeMap<ResourceName, Option<u32>>,
    /// The PFs whose VFs the host's own lanes destroy or take from their drivers.
    pub(crate) disturbed: BTreeSet<PciAddress>,
    /// The devices of the host as it is.
    pub(crate) devices: Devices,
    /// The PFs of the devices that are offered.
    pub(crate) pfs: BTreeSet<PciAddress>,
    /// Whether the host's own lanes make VFs, or change which driver has one.
    pub(crate) changes_vfs: bool,
    /// The documents that ask for pools.
    pub(crate) documents: BTreeSet<String>,
    /// Where the pools are asked for.
    pub(crate) origin: Origin,
}

/// What a host asks of k8s-rdma-shared-dev-plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedRdma {
    /// The plugin's configuration, as text; `None` where no document asks for shared RDMA devices.
    pub(crate) config: Option<String>,
}

/// The cluster, and what is said of it.
pub struct ClusterContext<'a> {
    /// All documents.
    pub documents: &'a [PlacedDocument<'a>],
    /// The facts of the cluster.
    pub facts: &'a ClusterFacts,
    /// What the hosts that are planned for are to offer.
    pub offers: &'a BTreeMap<HostName, NodeOffer>,
    /// What they ask of k8s-rdma-shared-dev-plugin, where vfctl manages it.
    pub shared_rdma: &'a BTreeMap<HostName, SharedRdma>,
    /// Which parts are wanted.
    pub parts: Parts,
    /// Whether objects are taken over that others made.
    pub takes_over: bool,
    /// Whether parts are removed that no document asks for any more.
    pub prunes: bool,
}

/// What the kinds draft for the cluster.
#[derive(Debug, Clone, Default)]
pub struct ClusterDraft {
    /// The work.
    pub lanes: Vec<LaneDraft>,
    /// What is to be said of the cluster as a whole.
    pub findings: Findings,
}

impl ClusterDraft {
    /// Has each lane with work rest on a node of the cluster, the first by name. A plan that is kept would otherwise do the same in any
    /// cluster that lacks the same.
    pub(crate) fn rest_on_its_cluster(&mut self, facts: &ClusterFacts) {
        let Some((node, known)) = facts.of_kind(ObjectKind::Node).next() else { return };
        let its_own = Claim::is(
            subject(Thing::Object(node.clone())),
            Property::Uid,
            ClaimValue::Name(known.uid.clone()),
        );
        for lane in self.lanes.iter_mut().filter(|lane| !lane.steps.is_empty()) {
            lane.basis.push(its_own.clone());
        }
    }
}

/// Whose an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner<'a> {
    /// There is no such object.
    Nobody,
    /// It is vfctl's.
    Vfctl,
    /// It is another's.
    Other(&'a ObjectFacts),
}

impl<'a> ClusterContext<'a> {
    /// Returns the facts of an object; `None` where it is not there, or was not read.
    pub(crate) fn object(&self, object: &ObjectRef) -> Option<&'a ObjectFacts> {
        self.facts.objects.get(object)
    }

    /// Returns whose an object is.
    pub(crate) fn owner(&self, object: &ObjectRef) -> Owner<'a> {
        match self.object(object) {
            None => Owner::Nobody,
            Some(facts) if facts.is_ours() => Owner::Vfctl,
            Some(facts) => Owner::Other(facts),
        }
    }

    /// Returns whether one of these documents asked for an object of vfctl's own when it was written.
    pub(crate) fn asked_before(&self, facts: &ObjectFacts) -> bool {
        let document = facts.label(DOCUMENT_LABEL);
        document.is_some_and(|name| self.documents.iter().any(|one| one.config.metadata.name == name))
    }

    /// Returns why a kind of object cannot be worked on; `None` where it can.
    pub(crate) fn missing(&self, kind: ObjectKind) -> Option<String> {
        if self.facts.undefined.contains(&kind) {
            let name = kind.row().kind;
            return Some(format!("the cluster has no {name}s: their definition is not installed"));
        }
        self.facts.unread.get(&kind).map(|why| format!("{}s could not be read: {why}", kind.row().kind))
    }

    /// Returns what to do where a kind of object cannot be worked on.
    pub(crate) fn fix_of_missing(&self, kind: ObjectKind) -> String {
        match self.facts.unread.get(&kind) {
            Some(why) if why.contains("403 Forbidden") => {
                "let the account read them: `vfctl rbac read` prints the role that it needs".to_owned()
            }
            Some(why) => api_hint(why).unwrap_or("let vfctl read them, and run the command again").to_owned(),
            None if kind == ObjectKind::NetworkAttachmentDefinition => {
                "install multus, which brings the definition (`components.multus.managed` lets vfctl do it)"
                    .to_owned()
            }
            None => "install what brings the definition".to_owned(),
        }
    }

    /// Returns how an object is written: by force where its fields are vfctl's own, or are to be taken over.
    pub(crate) fn manifest(&self, object: &ObjectRef, content: JsonValue) -> Manifest {
        let force = self.takes_over || self.owner(object) == Owner::Vfctl;
        Manifest { manager: MANAGER.to_owned(), force, content }
    }

    /// Reports an object that another made; returns whether it may be written.
    pub(crate) fn may_write(&self, object: &ObjectRef, origin: &Origin, findings: &mut Findings) -> bool {
        let Owner::Other(facts) = self.owner(object) else { return true };
        if self.takes_over {
            return true;
        }
        let by = match facts.managers.iter().map(String::as_str).collect::<Vec<_>>().join(", ") {
            managers if managers.is_empty() => String::new(),
            managers => format!(" (set by {managers})"),
        };
        findings.problem(
            Some(origin),
            format!("{object} exists and was not made by vfctl{by}"),
            "choose another name, delete the object, or pass --force-conflicts to take it over",
        );
        false
    }
}

/// Returns the field manager of what a node says of itself, so that nodes do not take back what others said.
pub(crate) fn manager_of(node: &ObjectName) -> String {
    format!("{MANAGER}:{node}")
}

/// Returns a subject of the cluster.
pub(crate) fn subject(thing: Thing) -> Subject {
    Subject { scope: Scope::Cluster, thing }
}

/// Returns a text.
pub(crate) fn text(text: impl Into<String>) -> JsonValue {
    JsonValue::Text(text.into())
}

/// Returns an object's labels as part of its content.
pub(crate) fn labels<'a>(labels: impl IntoIterator<Item = (&'a str, JsonValue)>) -> JsonValue {
    let labels = labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    JsonValue::of([("labels", JsonValue::Fields(labels))])
}

/// Returns an object of a name that is made of parts which are names themselves; `None` where it is none.
pub(crate) fn object(kind: ObjectKind, namespace: &NamespaceName, name: &str) -> Option<ObjectRef> {
    Some(ObjectRef::in_namespace(kind, namespace.clone(), name.parse().ok()?))
}

/// Returns a lane on an object.
pub(crate) fn lane(stage: Stage, object: &ObjectRef) -> LaneDraft {
    let title = object.to_string();
    let mut lane = LaneDraft::new(stage, subject(Thing::Object(object.clone())), title.clone(), title);
    // One after the other: the plugin's pods need its configuration, and a person reads one thing at a time.
    lane.shares.insert(SharedPath::Cluster);
    lane
}

/// Returns what is found of an object's content, as much as `wanted` speaks of; `None` where there is no object.
pub(crate) fn found(facts: Option<&ObjectFacts>, wanted: &JsonValue) -> Option<JsonValue> {
    facts.map(|facts| facts.content.narrowed(wanted))
}

/// Returns the claim that an object's content is as it was found.
pub(crate) fn as_found(object: &ObjectRef, found: Option<&JsonValue>) -> Claim {
    let subject = subject(Thing::Object(object.clone()));
    match found {
        Some(found) => Claim::is(subject, Property::Content, ClaimValue::Content(found.clone())),
        None => Claim::absent(subject, Property::Content),
    }
}

/// Returns a step that writes an object.
pub(crate) fn write_step(
    phase: Phase,
    reason: Reason,
    object: &ObjectRef,
    found: Option<&JsonValue>,
    manifest: Manifest,
    origin: Option<&Origin>,
) -> Step {
    let after = ClaimValue::Content(manifest.content.clone());
    let from =
        found.map_or(ChangeValue::Nothing, |found| ChangeValue::Is(ClaimValue::Content(found.clone())));
    let mut step = Step::new(phase, Property::Content, reason);
    step.ends.push(Claim::is(subject(Thing::Object(object.clone())), Property::Content, after.clone()));
    step.settle_ms = WRITTEN_WITHIN_MS;
    step.changes.push(Change {
        from: Some(from),
        to: ChangeValue::Is(after),
        origin: origin.cloned(),
        op: Op { target: Target::Object(object.clone()), action: Action::ApplyObject(manifest) },
    });
    step
}

/// How long what was written may take to be read.
const WRITTEN_WITHIN_MS: u32 = 5_000;

/// Returns a step that deletes an object.
pub(crate) fn delete_step(phase: Phase, reason: Reason, object: &ObjectRef, facts: &ObjectFacts) -> Step {
    let mut step = Step::new(phase, Property::Uid, reason);
    let deletion = Deletion { uid: facts.uid.clone() };
    step.changes.push(Change {
        from: Some(ChangeValue::Is(ClaimValue::Name(facts.uid.clone()))),
        to: ChangeValue::Nothing,
        origin: None,
        op: Op { target: Target::Object(object.clone()), action: Action::DeleteObject(deletion) },
    });
    step
}

/// Returns the lane that deletes an object of vfctl's own which no document asks for any more, as long as it is that.
pub(crate) fn delete_lane(object: &ObjectRef, facts: &ObjectFacts) -> LaneDraft {
    let mut lane = lane(Stage::Publish, object);
    let owned = [(OWNER_LABEL.0, text(OWNER_LABEL.1))];
    let owned = JsonValue::of([("metadata", labels(owned))]);
    lane.basis.push(as_found(object, found(Some(facts), &owned).as_ref()));
    lane.steps.push(delete_step(Phase::DeleteObjects, Reason::NoLongerAsked, object, facts));
    lane.goal.push(gone(object));
    lane
}

/// Returns the claim that an object is gone.
pub(crate) fn gone(object: &ObjectRef) -> Claim {
    let subject = subject(Thing::Object(object.clone()));
    Claim { subject, property: Property::Uid, expect: Expect::Absent }
}

/// Drafts a lane that makes an object say what is wanted, or finds that it does.
pub(crate) fn write_lane(
    context: &ClusterContext<'_>,
    object: &ObjectRef,
    wanted: JsonValue,
    is_met: bool,
    origin: &Origin,
) -> LaneDraft {
    let mut lane = lane(Stage::Publish, object);
    if !context.may_write(object, origin, &mut lane.findings) {
        return lane;
    }
    let found = found(context.object(object), &wanted);
    lane.basis.push(as_found(object, found.as_ref()));
    if is_met {
        lane.goal.push(as_found(object, found.as_ref()));
        return lane;
    }
    let manifest = context.manifest(object, wanted);
    let step = write_step(Phase::WriteObjects, Reason::Asked, object, found.as_ref(), manifest, Some(origin));
    lane.goal.extend(step.ends.iter().cloned());
    lane.steps.push(step);
    lane
}
