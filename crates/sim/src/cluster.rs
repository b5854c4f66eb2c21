//! A cluster in memory: its API server, and what DaemonSets and device plugins then do on the nodes.
//!
//! Which devices a plugin finds on a host is for whoever makes the cluster to say.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use vfctl_model::{DEVICE_PLUGIN_NAME, HostName, JsonValue, ObjectKind, ObjectName, ObjectRef, ResourceName};
use vfctl_port::{
    Action, ClusterFacts, EdgeError, HostFacts, ObjectFacts, Observed, Op, OpError, Outcome, What,
};

/// Says what a device plugin finds on a host with this configuration.
pub type Plugin = dyn Fn(&HostFacts, &str) -> BTreeMap<ResourceName, u32> + Send + Sync;

/// Says what becomes of a pod that somebody made: fields that the cluster adds to it, such as its node, status and what CNI plugins
/// say of its networks; `None` where nothing does.
pub type Kubelet = dyn Fn(&ObjectRef, &ObjectFacts) -> Option<JsonValue> + Send + Sync;

/// A cluster in memory.
pub struct SimCluster {
    state: Mutex<State>,
    plugin: Box<Plugin>,
    kubelet: Box<Kubelet>,
}

#[derive(Debug, Default)]
struct State {
    facts: ClusterFacts,
    /// How many objects were ever made: each has a uid of its own.
    made: u32,
}

impl fmt::Debug for SimCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimCluster").field("state", &self.state).finish_non_exhaustive()
    }
}

impl SimCluster {
    /// Returns a cluster with these objects, in which plugins find what `plugin` says.
    pub fn new(facts: ClusterFacts, plugin: Box<Plugin>) -> Self {
        Self { state: Mutex::new(State { facts, made: 0 }), plugin, kubelet: Box::new(|_, _| None) }
    }

    /// Returns the cluster with nodes that run pods so.
    #[must_use]
    pub fn with_kubelet(self, kubelet: Box<Kubelet>) -> Self {
        Self { kubelet, ..self }
    }

    /// Returns what a reader sees.
    pub fn facts(&self) -> ClusterFacts {
        self.state().facts.clone()
    }

    /// Changes the objects as another person does.
    pub fn by_hand(&self, change: impl FnOnce(&mut ClusterFacts)) {
        change(&mut self.state().facts);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves whole objects; the test that panicked has failed already.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads this of the cluster.
    pub(crate) fn observe(&self, what: &What) -> Result<Observed, EdgeError> {
        let facts = &self.state().facts;
        match what {
            What::Whole | What::Pod(_) => Ok(Observed::Cluster(Box::new(facts.clone()))),
            What::OfHost(host) => {
                let mut facts = facts.clone();
                let node = facts.node_of(host).map(|(name, _)| name.to_string());
                facts.objects.retain(|object, facts| {
                    object.kind() != ObjectKind::Pod || facts.node_name() == node.as_deref()
                });
                Ok(Observed::Cluster(Box::new(facts)))
            }
            What::Objects(objects) => {
                let object = |object: &ObjectRef| (object.clone(), facts.objects.get(object).cloned());
                Ok(Observed::Objects(objects.iter().map(object).collect()))
            }
            What::Labelled { kind, namespace, label } => {
                let is_meant = |(object, facts): &(&ObjectRef, &ObjectFacts)| {
                    object.namespace() == Some(namespace) && facts.label(label).is_some()
                };
                let found = facts.of_kind(*kind).filter(is_meant);
                Ok(Observed::Objects(
                    found.map(|(object, facts)| (object.clone(), Some(facts.clone()))).collect(),
                ))
            }
            What::OnlyPf(_) | What::System | What::Pf(_) => Err(EdgeError {
                attempt: "read a host's facts from the cluster".to_owned(),
                cause: None,
                hint: None,
            }),
        }
    }

    /// Performs ops, and lets the cluster's controllers follow; `hosts` are the nodes as they are now.
    pub(crate) fn perform(&self, ops: &[Op], hosts: &BTreeMap<HostName, HostFacts>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for op in ops {
            let mut state = self.state();
            let outcome = state.obey(op);
            state.follow(hosts, &self.plugin);
            state.run_pods(&self.kubelet);
            outcomes.push(outcome);
        }
        outcomes
    }
}

impl State {
    fn obey(&mut self, op: &Op) -> Outcome {
        let refused =
            |cause: &str| Outcome::Refused(OpError { errno: None, cause: cause.to_owned(), detail: None });
        let Some(object) = op.target.object() else { return refused("no object of the cluster") };
        match &op.action {
            Action::ApplyObject(_) if self.facts.undefined.contains(&object.kind()) => {
                refused("404 Not Found: the cluster does not define this kind")
            }
            Action::ApplyObject(manifest) => {
                let uid = self.next_uid();
                let facts = self.facts.objects.entry(object.clone()).or_insert_with(|| {
                    let content = JsonValue::Fields(BTreeMap::new());
                    ObjectFacts { uid, content, ..ObjectFacts::default() }
                });
                let before = facts.content.field("spec").cloned();
                merge(&mut facts.content, &manifest.content);
                if object.kind() == ObjectKind::DaemonSet && facts.content.field("spec") != before.as_ref() {
                    add_to(&mut facts.content, ["metadata", "generation"], 1);
                }
                facts.managers.insert(manifest.manager.clone());
                Outcome::Done
            }
            Action::DeleteObject(deletion) => match self.facts.objects.get(object) {
                None => Outcome::Done,
                Some(found) if found.uid == deletion.uid && self.would_lose(object) => {
                    refused("objects of it exist and would be deleted with it")
                }
                Some(found) if found.uid == deletion.uid => {
                    self.facts.objects.remove(object);
                    self.facts.undefined.extend(kind_of_definition(object));
                    Outcome::Done
                }
                Some(_) => refused("409 Conflict: the uid in the precondition is not that of the object"),
            },
            _ => refused("a host's work cannot be done in the cluster"),
        }
    }

    /// Returns whether objects of a kind would go with its definition.
    fn would_lose(&self, definition: &ObjectRef) -> bool {
        kind_of_definition(definition).is_some_and(|kind| self.facts.of_kind(kind).next().is_some())
    }

    fn next_uid(&mut self) -> String {
        self.made += 1;
        format!("{MADE}{}", self.made)
    }

    /// Lets the API server serve kinds that are defined, DaemonSets have a pod on each node that is not kept from it, and nodes offer
    /// what its plugin finds.
    fn follow(&mut self, hosts: &BTreeMap<HostName, HostFacts>, plugin: &Plugin) {
        let of_kind = |facts: &ClusterFacts, kind| -> Vec<ObjectRef> {
            facts.of_kind(kind).map(|(object, _)| object.clone()).collect()
        };
        for definition in of_kind(&self.facts, ObjectKind::CustomResourceDefinition) {
            self.establish(&definition);
        }
        self.forget_orphans();
        for daemon_set in of_kind(&self.facts, ObjectKind::DaemonSet) {
            self.replace_old(&daemon_set);
            for node in of_kind(&self.facts, ObjectKind::Node) {
                let is_selected = self.selects(&daemon_set, &node);
                let pod = self.pod_of(&daemon_set, node.name());
                match (pod, is_selected) {
                    (Some(pod), false) => {
                        self.facts.objects.remove(&pod);
                        if is_device_plugin(&daemon_set) {
                            self.offer(&node, &BTreeMap::new());
                        }
                    }
                    (None, true) => {
                        let host = hosts.iter().find(|(name, _)| name.as_str() == node.name().as_str());
                        if let Some((_, host)) = host {
                            self.start(&daemon_set, &node, host, plugin);
                        }
                    }
                    (Some(_), true) | (None, false) => {}
                }
            }
            self.count(&daemon_set);
        }
    }

    /// Lets the API server serve the kind that a definition defines.
    fn establish(&mut self, definition: &ObjectRef) {
        if let Some(kind) = kind_of_definition(definition) {
            self.facts.undefined.remove(&kind);
        }
        let text = |text: &str| JsonValue::Text(text.to_owned());
        let condition = JsonValue::of([("type", text("Established")), ("status", text("True"))]);
        let status = JsonValue::of([("conditions", JsonValue::List(vec![condition]))]);
        if let Some(facts) = self.facts.objects.get_mut(definition) {
            merge(&mut facts.content, &JsonValue::of([("status", status)]));
        }
    }

    /// Ends the pods of DaemonSets that are gone.
    fn forget_orphans(&mut self) {
        let sets: Vec<ObjectRef> =
            self.facts.of_kind(ObjectKind::DaemonSet).map(|(object, _)| object.clone()).collect();
        self.facts.objects.retain(|object, facts| {
            let owner = facts.owners.iter().find_map(|owner| owner.strip_prefix("DaemonSet "));
            let (ObjectKind::Pod, Some(owner)) = (object.kind(), owner) else { return true };
            // Those that others made without their DaemonSet are left to them.
            !facts.uid.starts_with(MADE)
                || sets
                    .iter()
                    .any(|set| set.name().as_str() == owner && set.namespace() == object.namespace())
        });
    }

    /// Ends pods of a DaemonSet that were made from what it said before; others take their place.
    fn replace_old(&mut self, daemon_set: &ObjectRef) {
        let owner = format!("DaemonSet {}", daemon_set.name());
        let template = self.template(daemon_set);
        self.facts.objects.retain(|object, facts| {
            let is_made = object.kind() == ObjectKind::Pod && facts.uid.starts_with(MADE);
            let is_its = facts.owners.contains(&owner) && object.namespace() == daemon_set.namespace();
            !(is_made && is_its) || facts.content.at(&["metadata", "template"]) == Some(&template)
        });
    }

    /// Returns what a DaemonSet says of its pods, as a text.
    fn template(&self, daemon_set: &ObjectRef) -> JsonValue {
        let found = self.facts.objects.get(daemon_set).and_then(|set| set.content.at(&["spec", "template"]));
        JsonValue::Text(found.map(JsonValue::to_text).unwrap_or_default())
    }

    /// Lets a DaemonSet say how many pods it is to have and has.
    fn count(&mut self, daemon_set: &ObjectRef) {
        let nodes: Vec<ObjectRef> =
            self.facts.of_kind(ObjectKind::Node).map(|(object, _)| object.clone()).collect();
        let wanted = nodes.iter().filter(|node| self.selects(daemon_set, node));
        let wanted: Vec<&ObjectRef> = wanted.collect();
        let ready = wanted.iter().filter(|node| self.pod_of(daemon_set, node.name()).is_some()).count();
        let number = |count: usize| JsonValue::Number(u64::try_from(count).unwrap_or(u64::MAX));
        let Some(facts) = self.facts.objects.get(daemon_set) else { return };
        let generation = facts.content.at(&["metadata", "generation"]).cloned().unwrap_or_default();
        let status = JsonValue::of([
            ("observedGeneration", generation),
            ("desiredNumberScheduled", number(wanted.len())),
            ("updatedNumberScheduled", number(ready)),
            ("numberReady", number(ready)),
        ]);
        if let Some(facts) = self.facts.objects.get_mut(daemon_set) {
            merge(&mut facts.content, &JsonValue::of([("status", status)]));
        }
    }

    /// Lets pods run that have no status yet.
    fn run_pods(&mut self, kubelet: &Kubelet) {
        let pods = self.facts.objects.iter_mut();
        let waiting = pods.filter(|(object, facts)| {
            object.kind() == ObjectKind::Pod && facts.content.field("status").is_none()
        });
        for (object, facts) in waiting {
            if let Some(added) = kubelet(object, facts) {
                merge(&mut facts.content, &added);
            }
        }
    }

    /// Returns whether a node has the labels that a DaemonSet's pods want of theirs.
    fn selects(&self, daemon_set: &ObjectRef, node: &ObjectRef) -> bool {
        let path = ["spec", "template", "spec", "nodeSelector"];
        let selector = self.facts.objects.get(daemon_set).and_then(|set| set.content.at(&path));
        let node = self.facts.objects.get(node);
        selector
            .into_iter()
            .flat_map(JsonValue::fields)
            .all(|(name, value)| node.and_then(|node| node.label(name)) == value.text())
    }

    fn pod_of(&self, daemon_set: &ObjectRef, node: &ObjectName) -> Option<ObjectRef> {
        let owner = format!("DaemonSet {}", daemon_set.name());
        let is_its =
            |facts: &ObjectFacts| facts.owners.contains(&owner) && facts.node_name() == Some(node.as_str());
        let found = self.facts.of_kind(ObjectKind::Pod).find(|(_, facts)| is_its(facts));
        found.map(|(pod, _)| pod.clone())
    }

    fn start(&mut self, daemon_set: &ObjectRef, node: &ObjectRef, host: &HostFacts, plugin: &Plugin) {
        let uid = self.next_uid();
        let (Some(namespace), Ok(name)) =
            (daemon_set.namespace(), format!("{}-{uid}", daemon_set.name()).parse())
        else {
            return;
        };
        // The plugin reads the key of its node in whichever ConfigMap has one.
        let maps = self.facts.of_kind(ObjectKind::ConfigMap);
        let keys = maps.filter_map(|(_, map)| map.content.at(&["data", node.name().as_str()])?.text());
        let config = keys.last().map(str::to_owned);
        if is_device_plugin(daemon_set) && config.is_none() {
            return;
        }
        let text = |text: &str| JsonValue::Text(text.to_owned());
        let labels = self.facts.objects.get(daemon_set);
        let labels = labels.and_then(|set| set.content.at(&["spec", "template", "metadata", "labels"]));
        let labels = labels.cloned().unwrap_or_default();
        let content = JsonValue::of([
            ("metadata", JsonValue::of([("labels", labels), ("template", self.template(daemon_set))])),
            ("spec", JsonValue::of([("nodeName", text(node.name().as_str()))])),
            ("status", JsonValue::of([("phase", text("Running"))])),
        ]);
        let owners = [format!("DaemonSet {}", daemon_set.name())].into();
        let pod = ObjectRef::in_namespace(ObjectKind::Pod, namespace.clone(), name);
        self.facts.objects.insert(pod, ObjectFacts { uid, owners, content, ..ObjectFacts::default() });
        if let Some(config) = config.filter(|_| is_device_plugin(daemon_set)) {
            let found = plugin(host, &config);
            self.offer(node, &found);
        }
    }

    /// Lets a node offer these devices; resources of device plugins that are not among them it offers no more.
    fn offer(&mut self, node: &ObjectRef, found: &BTreeMap<ResourceName, u32>) {
        let Some(node) = self.facts.objects.get_mut(node) else { return };
        let before = node.content.at(&["status", "allocatable"]).cloned().unwrap_or_default();
        let zero = || JsonValue::Text("0".to_owned());
        let mut allocatable: BTreeMap<String, JsonValue> = before
            .fields()
            .map(|(name, value)| (name.to_owned(), if name.contains('/') { zero() } else { value.clone() }))
            .collect();
        let counts = found.iter().map(|(name, count)| (name.to_string(), JsonValue::Text(count.to_string())));
        allocatable.extend(counts);
        let offered = JsonValue::of([("allocatable", JsonValue::Fields(allocatable))]);
        merge(&mut node.content, &JsonValue::of([("status", offered)]));
    }
}

/// How the uids of objects begin that were made here.
const MADE: &str = "made-";

/// Returns whether a DaemonSet is one of a device plugin: what its pods find is offered.
fn is_device_plugin(daemon_set: &ObjectRef) -> bool {
    daemon_set.name().as_str() == DEVICE_PLUGIN_NAME
}

/// Returns the kind that a definition defines; `None` for one that vfctl does not know.
fn kind_of_definition(definition: &ObjectRef) -> Option<ObjectKind> {
    let is_definition = definition.kind() == ObjectKind::CustomResourceDefinition;
    let mut kinds = ObjectKind::ALL.iter().copied().filter(|_| is_definition);
    kinds.find(|kind| kind.definition() == definition.name().as_str())
}

/// Adds to the number at a path of fields.
fn add_to(content: &mut JsonValue, path: [&str; 2], more: u64) {
    let before = match content.at(&path) {
        Some(JsonValue::Number(number)) => *number,
        _ => 0,
    };
    let [outer, inner] = path;
    merge(content, &JsonValue::of([(outer, JsonValue::of([(inner, JsonValue::Number(before + more))]))]));
}

/// Lays fields over those that are there; null takes a field away.
fn merge(found: &mut JsonValue, wanted: &JsonValue) {
    let JsonValue::Fields(fields) = wanted else {
        *found = wanted.clone();
        return;
    };
    if !matches!(found, JsonValue::Fields(_)) {
        *found = JsonValue::Fields(BTreeMap::new());
    }
    let JsonValue::Fields(found) = found else { return };
    for (name, value) in fields {
        if *value == JsonValue::Null {
            found.remove(name);
        } else {
            merge(found.entry(name.clone()).or_default(), value);
        }
    }
}
