//! Collects what the kinds draft into the plan of each scope.

use vfctl_kinds::document::{PlacedDocument, plan_host as draft_host};
use vfctl_kinds::lane::{HostContext, HostDraft};
use vfctl_kinds::path::SpecPath;
use vfctl_model::HostName;
use vfctl_port::{HostFacts, World};

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

/// Plans for every host of the world, and for its cluster.
pub fn plan(documents: &[PlacedDocument<'_>], world: &World) -> Plan {
    let scale = Scale::of(world.hosts.len());
    let hosts =
        world.hosts.iter().map(|(name, host)| (name.clone(), plan_host(documents, name, host, world, scale)));
    let hosts = hosts.collect();
    Plan::new(hosts, plan_cluster(world))
}

/// Plans for the cluster; `None` where there are no facts of one.
pub fn plan_cluster(world: &World) -> Option<ScopePlan> {
    // No kind asks anything of a cluster yet.
    world.cluster.as_ref().map(|_| ScopePlan::default())
}

/// Plans for one host of a world; `scale` says whether others are planned for at the same time, of this world or not.
pub fn plan_host(
    documents: &[PlacedDocument<'_>],
    name: &HostName,
    host: &HostFacts,
    world: &World,
    scale: Scale,
) -> ScopePlan {
    let concerning: Vec<PlacedDocument<'_>> =
        documents.iter().copied().filter(|document| document.config.concerns(name)).collect();
    let context = HostContext::new(&concerning, name, host, world);
    let HostDraft { pfs: _, drivers: _, lanes, mut findings } = draft_host(&context);
    let anywhere = documents.iter().find(|document| document.config.spec.nodes.is_none());
    if let Some(document) = anywhere.filter(|_| scale == Scale::Fleet) {
        let message = "there are facts of several hosts, and the document does not say which it concerns";
        let help = "add `nodes: {names: [...]}`; `\"*\"` means all";
        findings.problem(Some(&(document.place)(&SpecPath::spec())), message, help);
    }
    let documents = concerning.iter().map(|document| document.config.metadata.name.clone()).collect();
    ScopePlan { documents, stages: into_stages(lanes), findings }
}
