//! Collects what the kinds draft into the plan of each scope.

use std::collections::BTreeMap;

use vfctl_kinds::cluster::{ClusterContext, ClusterDraft, NodeOffer, Parts, SharedRdma};
use vfctl_kinds::document::{
    PlacedDocument, Selection, plan_cluster as draft_cluster, plan_host as draft_host,
};
use vfctl_kinds::finding::Findings;
use vfctl_kinds::lane::{HostContext, HostDraft};
use vfctl_kinds::path::SpecPath;
use vfctl_model::HostName;
use vfctl_port::{ClusterFacts, HostFacts, World};

use crate::document::Plan;
use crate::order::into_stages;
use crate::scope_plan::ScopePlan;

/// How many hosts are planned for at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// One, which a document that names no hosts concerns.
    OneHost,
    /// Several: a document has to say which it concerns.
    Fleet,
}

impl Scale {
    /// Returns the scale of this many hosts.
    pub fn of(hosts: usize) -> Self {
        if hosts > 1 { Self::Fleet } else { Self::OneHost }
    }
}

/// What of a plan is wanted, and how far it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Which parts.
    pub parts: Parts,
    /// Whether objects of the cluster are taken over that others made.
    pub takes_over: bool,
    /// Whether parts of the cluster are removed that no document asks for any more.
    pub prunes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { parts: Parts::ALL, takes_over: false, prunes: false }
    }
}

/// The plan of a host, and what it is to offer in its cluster.
#[derive(Debug, Clone, Default)]
pub struct HostPlan {
    /// The plan.
    pub plan: ScopePlan,
    /// What the host is to offer once it is as planned; `None` where no document asks for pools.
    pub offer: Option<NodeOffer>,
    /// What it asks of k8s-rdma-shared-dev-plugin, where vfctl manages it.
    shared_rdma: Option<SharedRdma>,
    /// A problem for each document of which it is not known whether it concerns the host.
    undecided: Findings,
}

/// What a host has to do with its cluster.
#[derive(Debug, Clone, Default)]
pub struct NodeShare {
    /// What the host is to offer.
    offer: Option<NodeOffer>,
    /// What it asks of k8s-rdma-shared-dev-plugin.
    shared_rdma: Option<SharedRdma>,
    /// Whether the host is not ready to offer that, and what makes it so is left out of the plan.
    is_unready: bool,
    /// What keeps it from being known which documents concern the host, where the host's own plan does not say so.
    undecided: Findings,
}

impl HostPlan {
    /// Returns the host's own plan, `None` where that part is not wanted, and what it has to do with its cluster, `None` where
    /// nothing: a fleet keeps these until all hosts are planned for.
    pub fn split(self, options: Options) -> (Option<ScopePlan>, Option<NodeShare>) {
        let Self { plan, offer, shared_rdma, undecided } = self;
        let Parts { host, node, shared: _ } = options.parts;
        let is_unready = !host && node && offer.is_some() && (!plan.is_empty() || plan.is_blocked());
        let undecided = if !host && node { undecided } else { Findings::default() };
        let has_share = offer.is_some() || shared_rdma.is_some() || is_unready || !undecided.is_empty();
        (host.then_some(plan), has_share.then_some(NodeShare { offer, shared_rdma, is_unready, undecided }))
    }
}

/// Plans for every host of the world, and for its cluster.
pub fn plan(documents: &[PlacedDocument<'_>], world: &World, options: Options) -> Plan {
    let scale = Scale::of(world.hosts.len());
    let facts = world.cluster.as_ref();
    let mut hosts = BTreeMap::new();
    let mut shares = BTreeMap::new();
    for (name, host) in &world.hosts {
        let selection = Selection::of(documents, name, facts);
        let (plan, share) = plan_host(&selection, host, world, scale, options.parts).split(options);
        hosts.extend(plan.map(|plan| (name.clone(), plan)));
        shares.extend(share.map(|share| (name.clone(), share)));
    }
    let cluster = facts.and_then(|facts| plan_cluster(documents, facts, shares, options));
    Plan::new(hosts, cluster)
}

/// Plans for the cluster; `None` where nothing is asked of it. `shares` is what the hosts that are
/// planned for have to do with it.
pub fn plan_cluster(
    documents: &[PlacedDocument<'_>],
    facts: &ClusterFacts,
    shares: BTreeMap<HostName, NodeShare>,
    options: Options,
) -> Option<ScopePlan> {
    let Options { parts, takes_over, prunes } = options;
    let mut unready = Vec::new();
    let mut offers = BTreeMap::new();
    let mut shared_rdma = BTreeMap::new();
    let mut all_undecided = Findings::default();
    for (name, NodeShare { offer, shared_rdma: rdma, is_unready, undecided }) in shares {
        unready.extend(is_unready.then(|| name.clone()));
        all_undecided.append(undecided);
        shared_rdma.extend(rdma.map(|rdma| (name.clone(), rdma)));
        offers.extend(offer.map(|offer| (name, offer)));
    }
    let context = ClusterContext {
        documents,
        facts,
        offers: &offers,
        shared_rdma: &shared_rdma,
        parts,
        takes_over,
        prunes,
    };
    let ClusterDraft { lanes, mut findings } = draft_cluster(&context);
    findings.append(all_undecided);
    if lanes.is_empty() && findings.is_empty() {
        return None;
    }
    for name in unready {
        let message = format!("{name} is not yet as its documents ask, and its part of the plan is left out");
        let help = "apply the part `host` there first, or together with the others";
        findings.problem(None, message, help);
    }
    let documents = documents.iter().map(|document| document.config.metadata.name.clone()).collect();
    Some(ScopePlan { documents, stages: into_stages(lanes), findings })
}

/// Plans for one host of a world, by the documents that were selected for it; `scale` says whether others are planned for at
/// the same time, of this world or not.
pub fn plan_host(
    selection: &Selection<'_>,
    host: &HostFacts,
    world: &World,
    scale: Scale,
    parts: Parts,
) -> HostPlan {
    let documents = &selection.documents;
    let context = HostContext::new(selection, host, world, parts);
    let HostDraft { pfs: _, drivers: _, lanes, offer, shared_rdma, mut findings } = draft_host(&context);
    // One that names no hosts is selected for each.
    let anywhere = documents.iter().find(|document| document.config.spec.nodes.is_none());
    if let Some(document) = anywhere.filter(|_| scale == Scale::Fleet) {
        let message = "there are facts of several hosts, and the document does not say which it concerns";
        let help = "add `nodes: {names: [...]}` or `nodes: {labels: ...}`; the name `\"*\"` means all";
        findings.problem(Some(&(document.place)(&SpecPath::spec())), message, help);
    }
    let documents = documents.iter().map(|document| document.config.metadata.name.clone()).collect();
    let plan = ScopePlan { documents, stages: into_stages(lanes), findings };
    HostPlan { plan, offer, shared_rdma, undecided: selection.findings.clone() }
}
