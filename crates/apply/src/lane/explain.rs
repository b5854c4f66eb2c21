//! Why something of a lane failed, as far as what is read then tells.

use std::collections::BTreeSet;

use vfctl_model::{NAME_LABEL, ObjectKind, ObjectRef};
use vfctl_port::{
    ActionKind, Claim, ClusterFacts, ObjectFacts, Observed, Op, Outcome, Property, Thing, What, api_hint,
    hint, plugin_troubles, roll_out_troubles,
};

use super::LaneRun;
use crate::look::READ_LIMIT;
use crate::report::OpReport;

impl LaneRun<'_> {
    /// Says of each refusal why the kernel most likely refused, where what is read now tells causes apart.
    pub(super) fn explain_refusals(&mut self) {
        let is_count = |op: &Op| matches!(op.action.kind(), ActionKind::CreateVfs | ActionKind::RemoveVfs);
        let mut refused = self.report.ops.iter().filter(|op| matches!(op.outcome, Outcome::Refused(_)));
        let needs_count = refused.any(|op| is_count(&op.op));
        // What hangs holds the lock that a read may wait for; a read that fails tells nothing apart.
        let is_known = needs_count && (self.read_at.is_some() || !self.hangs && self.read_again().is_ok());
        let host = self.scope.host().and_then(|host| self.seen.world.hosts.get(host));
        let pf = host.zip(self.lane.thing.pf()).and_then(|(host, pf)| host.physical_functions.get(pf));
        let vf_count = pf.filter(|_| is_known).map(|pf| pf.vf_count);
        for OpReport { op, outcome, hint: why, .. } in &mut self.report.ops {
            *why = match outcome {
                Outcome::Refused(error) => hint(op, error, vf_count).map(str::to_owned),
                Outcome::Unknown(said) if op.target.object().is_some() => api_hint(said).map(str::to_owned),
                Outcome::Unknown(_) | Outcome::Done | Outcome::NotTried => None,
            };
        }
    }

    /// Says what is known of the pods where these claims wait for them: of the device plugin on nodes that do not offer what they
    /// should, and of DaemonSets that are not rolled out.
    pub(super) fn explain_pods(&mut self, claims: &[&Claim]) {
        let node_of = |claim: &&Claim| match &claim.subject.thing {
            Thing::Resource(node, _) if claim.property == Property::Allocatable => Some(node.clone()),
            _ => None,
        };
        let nodes: BTreeSet<_> = claims.iter().filter_map(node_of).collect();
        let set_of = |claim: &&Claim| match &claim.subject.thing {
            Thing::Object(set) if claim.property == Property::RolledOut => Some(set.clone()),
            _ => None,
        };
        let sets: BTreeSet<_> = claims.iter().filter_map(set_of).collect();
        if nodes.is_empty() && sets.is_empty() || self.edges.clock.interrupted() {
            return;
        }
        // The lane itself reads no pods but those that it waits for.
        // Where that cannot be read, there is nothing to add.
        let read = self.edges.observe.observe(self.scope, &What::Whole, READ_LIMIT);
        if let Ok(Observed::Cluster(mut facts)) = read {
            for set in &sets {
                self.read_pods_of(set, &mut facts);
            }
            let of_nodes = nodes.iter().flat_map(|node| plugin_troubles(&facts, node));
            let is_behind =
                |set: &&ObjectRef| !facts.objects.get(set).is_some_and(ObjectFacts::is_rolled_out);
            let of_sets = sets.iter().filter(is_behind).flat_map(|set| roll_out_troubles(&facts, set));
            let troubles: Vec<String> = of_nodes.chain(of_sets).collect();
            troubles.into_iter().for_each(|trouble| self.note_trouble(trouble));
        }
    }

    /// Reads the pods of a DaemonSet on all nodes: a look from a host has those of its own node.
    fn read_pods_of(&self, set: &ObjectRef, facts: &mut ClusterFacts) {
        let Some(namespace) = set.namespace().cloned() else { return };
        let what = What::Labelled { kind: ObjectKind::Pod, namespace, label: NAME_LABEL };
        if let Ok(Observed::Objects(pods)) = self.edges.observe.observe(self.scope, &what, READ_LIMIT) {
            facts.objects.extend(pods.into_iter().filter_map(|(pod, found)| Some((pod, found?))));
        }
    }
}
