//! A cluster in memory: its API server, and what DaemonSets and device plugins then do on the nodes.
//!
//! Which devices a plugin finds on a host is for whoever makes the cluster to say.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use vfctl_model::{HostName, JsonValue, ObjectKind, ObjectName, ObjectRef, ResourceName};
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
            Action::ApplyObject(manifest) => {
                let uid = self.next_uid();
                let facts = self.facts.objects.entry(object.clone()).or_insert_with(|| {
                    let content = JsonValue::Fields(BTreeMap::new());
                    ObjectFacts { uid, content, ..ObjectFacts::default() }
                });
                merge(&mut facts.content, &manifest.content);
                facts.managers.insert(manifest.manager.clone());
                Outcome::Done
            }
            Action::DeleteObject(deletion) => match self.facts.objects.get(object) {
                None => Outcome::Done,
                Some(found) if found.uid == deletion.uid => {
                    self.facts.objects.remove(object);
                    Outcome::Done
                }
                Some(_) => refused("409 Conflict: the uid in the precondition is not that of the object"),
            },
            _ => refused("a host's work cannot be done in the cluster"),
        }
    }

    fn next_uid(&mut self) -> String {
        self.made += 1;
        format!("made-{}", self.made)
    }

    /// Lets DaemonSets have a pod on each node that is not kept from it, and nodes offer what its plugin finds.
    fn follow(&mut self, hosts: &BTreeMap<HostName, HostFacts>, plugin: &Plugin) {
        let of_kind = |facts: &ClusterFacts, kind| -> Vec<ObjectRef> {
            facts.of_kind(kind).map(|(object, _)| object.clone()).collect()
        };
        for daemon_set in of_kind(&self.facts, ObjectKind::DaemonSet) {
            for node in of_kind(&self.facts, ObjectKind::Node) {
                let is_selected = self.selects(&daemon_set, &node);
                let pod = self.pod_of(&daemon_set, node.name());
                match (pod, is_selected) {
                    (Some(pod), false) => {
                        self.facts.objects.remove(&pod);
                        self.offer(&node, &BTreeMap::new());
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
        let Some(config) = config else { return };
        let text = |text: &str| JsonValue::Text(text.to_owned());
        let labels = self.facts.objects.get(daemon_set);
        let labels = labels.and_then(|set| set.content.at(&["spec", "template", "metadata", "labels"]));
        let labels = labels.cloned().unwrap_or_default();
        let content = JsonValue::of([
            ("metadata", JsonValue::of([("labels", labels)])),
            ("spec", JsonValue::of([("nodeName", text(node.name().as_str()))])),
            ("status", JsonValue::of([("phase", text("Running"))])),
        ]);
        let owners = [format!("DaemonSet {}", daemon_set.name())].into();
        let pod = ObjectRef::in_namespace(ObjectKind::Pod, namespace.clone(), name);
        self.facts.objects.insert(pod, ObjectFacts { uid, owners, content, ..ObjectFacts::default() });
        let found = plugin(host, &config);
        self.offer(node, &found);
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
