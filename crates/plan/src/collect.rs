//! Collects what the kinds draft into the plan of each scope.

use vfctl_kinds::document::{PlacedDocument, plan_host as draft_host};
use vfctl_kinds::lane::{HostContext, HostDraft};
use vfctl_kinds::path::SpecPath;
use vfctl_model::HostName;
use vfctl_port::{HostFacts, World};

use crate::document::{Plan, ScopePlan};
use crate::order::into_stages;

/// Plans for every host of the world, and for its cluster.
pub fn plan(documents: &[PlacedDocument<'_>], world: &World) -> Plan {
    let hosts =
        world.hosts.iter().map(|(name, host)| (name.clone(), plan_host(documents, name, host, world)));
    // No kind asks anything of a cluster yet.
    let cluster = world.cluster.as_ref().map(|_| ScopePlan::default());
    Plan::new(hosts.collect(), cluster)
}

/// Plans for one host of a world.
pub fn plan_host(
    documents: &[PlacedDocument<'_>],
    name: &HostName,
    host: &HostFacts,
    world: &World,
) -> ScopePlan {
    let concerning: Vec<PlacedDocument<'_>> =
        documents.iter().copied().filter(|document| document.config.concerns(name)).collect();
    let context = HostContext { documents: &concerning, name, host, world };
    let HostDraft { pfs: _, drivers: _, lanes, mut findings } = draft_host(&context);
    let anywhere = documents.iter().find(|document| document.config.spec.nodes.is_none());
    if let Some(document) = anywhere.filter(|_| world.hosts.len() > 1) {
        let message = format!(
            "there are facts of {} hosts, and the document does not say which it concerns",
            world.hosts.len()
        );
        let help = "add `nodes: {names: [...]}`; `\"*\"` means all";
        findings.problem(Some(&(document.place)(&SpecPath::spec())), message, help);
    }
    let documents = concerning.iter().map(|document| document.config.metadata.name.clone()).collect();
    ScopePlan { documents, stages: into_stages(lanes), findings }
}
