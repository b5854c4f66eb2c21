//! What the documents of texts mean on a host with these facts.

use vfctl_kinds::cluster::Parts;
use vfctl_kinds::document::{PlacedDocument, Selection, plan_host};
use vfctl_kinds::lane::{HostContext, HostDraft};
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_port::{HostFacts, World};
use vfctl_spec::SpecSet;

/// Calls `work` with the host and what was drafted for it.
pub(crate) fn on_host<T>(
    set: &SpecSet,
    host: &HostFacts,
    work: impl FnOnce(&HostContext<'_>, &HostDraft) -> T,
) -> T {
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    let documents = set.documents.iter();
    let documents: Vec<PlacedDocument<'_>> =
        documents.map(|document| PlacedDocument { config: &document.config, place: &place }).collect();
    let name = "lab".parse().expect("a name");
    let world = World::of_host("lab".parse().expect("a name"), host.clone());
    let selection = Selection::of(&documents, &name, None);
    let context = HostContext::new(&selection, host, &world, Parts::ALL);
    work(&context, &plan_host(&context))
}
