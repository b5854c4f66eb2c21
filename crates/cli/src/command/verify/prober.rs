//! Starts probes, waits for them, and removes them, whatever happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vfctl_kinds::pod::pod_trouble;
use vfctl_kinds::probe::{Inside, ProbePlace, ProbePod, RUN_ANNOTATION, RUN_LABEL, looked};
use vfctl_model::{HostName, NamespaceName, ObjectKind, ObjectRef};
use vfctl_port::{
    Action, Bounds, Clock, Deletion, EdgeError, Manifest, ObjectFacts, Observe, Observed, Op, Outcome,
    Perform, Scope, Target, What, World, state_of_pod, with_causes,
};

use super::document::ProbedPod;
use super::process::RunProcess;
use crate::reach::Reach;

/// In whose name pods are made.
const MANAGER: &str = "vfctl-verify";
/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(10);
/// How long to wait before the next look.
const TICK: Duration = Duration::from_millis(300);
/// How long pods may take to go.
const GOING: Duration = Duration::from_secs(180);

/// Starts probes and removes them.
pub(super) struct Prober<'a> {
    reach: &'a Reach<'a>,
    clock: &'a dyn Clock,
    /// What the probes have in common.
    pub(super) place: ProbePlace,
    timeout: Duration,
    /// Says what is waited for.
    say: &'a dyn Fn(&str),
    /// Those that may be there.
    started: BTreeSet<ObjectRef>,
}

/// What came of a probe.
pub(super) struct Trial {
    /// The probe.
    pub(super) pod: ProbePod,
    /// What the report says of it.
    pub(super) report: ProbedPod,
    /// Its facts and what it says of itself, or why it never said anything.
    pub(super) outcome: Result<(ObjectFacts, Inside), String>,
}

/// What became of what earlier runs have left.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    /// What was removed.
    pub(super) removed: Vec<String>,
    /// What could not be removed, and why.
    pub(super) left: Vec<String>,
    /// What was left alone, and why.
    pub(super) notes: Vec<String>,
}

type Found = BTreeMap<ObjectRef, Option<ObjectFacts>>;

impl<'a> Prober<'a> {
    /// Returns one that has started nothing yet.
    pub(super) fn new(
        reach: &'a Reach<'a>,
        clock: &'a dyn Clock,
        place: ProbePlace,
        timeout: Duration,
        say: &'a dyn Fn(&str),
    ) -> Self {
        Self { reach, clock, place, timeout, say, started: BTreeSet::new() }
    }

    /// Starts probes side by side, and waits until each has looked or can no more.
    pub(super) fn run(&mut self, pods: Vec<ProbePod>) -> Vec<Trial> {
        let begin = self.clock.now();
        let mut outcomes: BTreeMap<ObjectRef, Result<(ObjectFacts, Inside, Duration), String>> =
            BTreeMap::new();
        for pod in &pods {
            self.started.insert(pod.object.clone());
            if let Err(why) = self.create(pod) {
                outcomes.insert(pod.object.clone(), Err(why));
            }
        }
        let names: Vec<String> = pods.iter().map(|pod| pod.object.to_string()).collect();
        (self.say)(&format!("{}: started, waited for up to {} s", names.join(", "), self.timeout.as_secs()));
        let mut last: Found = BTreeMap::new();
        let mut unread = None;
        loop {
            let waiting: BTreeSet<ObjectRef> = pods
                .iter()
                .map(|pod| &pod.object)
                .filter(|pod| !outcomes.contains_key(pod))
                .cloned()
                .collect();
            let elapsed = self.clock.now().saturating_sub(begin);
            if waiting.is_empty() || elapsed >= self.timeout || self.clock.interrupted() {
                break;
            }
            match self.look(What::Objects(waiting)) {
                Ok(found) => {
                    unread = None;
                    for (object, facts) in &found {
                        if let Some(outcome) = ended(object, facts.as_ref(), elapsed) {
                            outcomes.insert(object.clone(), outcome);
                        }
                    }
                    last.extend(found);
                }
                Err(error) => unread = Some(with_causes(&error)),
            }
            self.clock.sleep(TICK);
        }
        let trial = |pod: ProbePod| {
            let facts = last.get(&pod.object).and_then(Option::as_ref);
            let outcome = outcomes
                .remove(&pod.object)
                .unwrap_or_else(|| Err(self.why_not(&pod.object, facts, unread.as_deref())));
            let node = facts.and_then(ObjectFacts::node_name).map(str::to_owned);
            Trial::new(pod, node, outcome)
        };
        pods.into_iter().map(trial).collect()
    }

    /// Says why a probe has not looked when nobody waits for it any more.
    fn why_not(&self, pod: &ObjectRef, facts: Option<&ObjectFacts>, unread: Option<&str>) -> String {
        if self.clock.interrupted() {
            return "interrupted".to_owned();
        }
        let known = match (unread, facts) {
            (Some(why), _) => why.to_owned(),
            (None, Some(facts)) => self.broken_link(pod).unwrap_or_else(|| state_of_pod(pod, facts)),
            (None, None) => "it is not there".to_owned(),
        };
        format!("not within {} s: {known}", self.timeout.as_secs())
    }

    /// Returns the link that is broken between a pod and its VF; `None` where none is known to be, or it cannot be looked at.
    fn broken_link(&self, pod: &ObjectRef) -> Option<String> {
        let mut world = World::empty();
        world.learn(
            &Scope::Cluster,
            self.reach.observe(&Scope::Cluster, &What::Pod(pod.clone()), REQUEST).ok()?,
        );
        let trouble = pod_trouble(&world, &[], pod).filter(|trouble| trouble.reason.is_some())?;
        let help = trouble.help.map(|help| format!(" ({help})")).unwrap_or_default();
        Some(format!("{}{help}", trouble.cause))
    }

    fn create(&self, pod: &ProbePod) -> Result<(), String> {
        let manifest = Manifest { manager: MANAGER.to_owned(), force: false, content: pod.content.clone() };
        self.perform(&pod.object, Action::ApplyObject(manifest))
    }

    fn perform(&self, object: &ObjectRef, action: Action) -> Result<(), String> {
        let op = Op { target: Target::Object(object.clone()), action };
        let outcomes = self.reach.perform(&Scope::Cluster, &[op], Bounds::only(REQUEST));
        match outcomes.into_iter().next() {
            Some(Outcome::Done) => Ok(()),
            Some(Outcome::Refused(error)) => Err(error.to_string()),
            Some(Outcome::Unknown(why)) => Err(why),
            Some(Outcome::NotTried) | None => Err("it was not tried".to_owned()),
        }
    }

    fn look(&self, what: What) -> Result<Found, EdgeError> {
        match self.reach.observe(&Scope::Cluster, &what, REQUEST)? {
            Observed::Objects(found) => Ok(found),
            // No edge answers so.
            _ => Ok(Found::new()),
        }
    }

    /// Removes all probes that were started and waits until they are gone; returns those that are not, with the reason.
    pub(super) fn remove(&mut self) -> Vec<String> {
        let started = std::mem::take(&mut self.started);
        if !started.is_empty() {
            (self.say)("removing the pods");
        }
        self.remove_all(started).into_iter().map(left_behind).collect()
    }

    /// Removes objects and waits until they are gone; returns those that are not, with the reason.
    fn remove_all(&self, mut objects: BTreeSet<ObjectRef>) -> BTreeMap<ObjectRef, String> {
        let begin = self.clock.now();
        let mut troubles: BTreeMap<ObjectRef, String> = BTreeMap::new();
        let mut asked: BTreeSet<String> = BTreeSet::new();
        while !objects.is_empty() && self.clock.now().saturating_sub(begin) < GOING {
            match self.look(What::Objects(objects.clone())) {
                Ok(found) => {
                    for (object, facts) in found {
                        let Some(facts) = facts else {
                            objects.remove(&object);
                            continue;
                        };
                        if !facts.is_going && !asked.contains(&facts.uid) {
                            let deletion = Deletion { uid: facts.uid.clone() };
                            match self.perform(&object, Action::DeleteObject(deletion)) {
                                Ok(()) => {
                                    asked.insert(facts.uid);
                                }
                                Err(why) => {
                                    troubles.insert(object, why);
                                }
                            }
                        }
                    }
                }
                Err(error) => {
                    let why = with_causes(&error);
                    troubles.extend(objects.iter().map(|object| (object.clone(), why.clone())));
                }
            }
            if !objects.is_empty() {
                self.clock.sleep(TICK);
            }
        }
        let left = |object: ObjectRef| {
            let still = || format!("it is still going after {} s", GOING.as_secs());
            let why = troubles.get(&object).cloned().unwrap_or_else(still);
            (object, why)
        };
        objects.into_iter().map(left).collect()
    }

    /// Removes what earlier runs have left in these namespaces.
    pub(super) fn remove_leftovers(
        &self,
        namespaces: &BTreeSet<NamespaceName>,
        host: &HostName,
    ) -> Result<Leftovers, EdgeError> {
        let (mut leftovers, mut notes) = (BTreeSet::new(), Vec::new());
        for namespace in namespaces {
            let what =
                What::Labelled { kind: ObjectKind::Pod, namespace: namespace.clone(), label: RUN_LABEL };
            for (object, facts) in self.look(what)? {
                let Some(facts) = facts else { continue };
                match facts.annotation(RUN_ANNOTATION).and_then(RunProcess::of) {
                    Some(process) if process.has_ended(host) || has_ended(&facts) => {
                        leftovers.insert(object);
                    }
                    None if has_ended(&facts) => {
                        leftovers.insert(object);
                    }
                    _ => notes.push(format!("{object} is of another verify, which may still run")),
                }
            }
        }
        let left = self.remove_all(leftovers.clone());
        leftovers.retain(|object| !left.contains_key(object));
        let removed = leftovers.iter().map(ToString::to_string).collect();
        Ok(Leftovers { removed, left: left.into_iter().map(left_behind).collect(), notes })
    }
}

fn left_behind((object, why): (ObjectRef, String)) -> String {
    format!("{object}: {why}")
}

/// Returns whether a pod has ended, by its deadline or by itself.
fn has_ended(pod: &ObjectFacts) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

fn phase(pod: &ObjectFacts) -> &str {
    pod.content.at(&["status", "phase"]).and_then(vfctl_model::JsonValue::text).unwrap_or("Pending")
}

/// Returns what came of a probe; `None` while it is on its way.
fn ended(
    object: &ObjectRef,
    facts: Option<&ObjectFacts>,
    elapsed: Duration,
) -> Option<Result<(ObjectFacts, Inside, Duration), String>> {
    let Some(facts) = facts else { return Some(Err("the pod was deleted by another client".to_owned())) };
    match looked(facts) {
        _ if has_ended(facts) => Some(Err(state_of_pod(object, facts))),
        Some(inside) => Some(Ok((facts.clone(), inside, elapsed))),
        None => None,
    }
}

impl Trial {
    fn new(
        pod: ProbePod,
        node: Option<String>,
        outcome: Result<(ObjectFacts, Inside, Duration), String>,
    ) -> Self {
        let after = outcome.as_ref().ok().and_then(|(_, _, after)| u64::try_from(after.as_millis()).ok());
        let report = ProbedPod {
            pod: pod.name(),
            networks: pod.network_names(),
            node,
            ready_after_milliseconds: after,
            trouble: outcome.as_ref().err().cloned(),
        };
        Self { pod, report, outcome: outcome.map(|(facts, inside, _)| (facts, inside)) }
    }
}
