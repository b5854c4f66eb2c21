//! DaemonSets that run a part and are not vfctl's: two of one part on a node are in each other's way.

use vfctl_model::{ComponentVersion, ObjectKind, ObjectRef};
use vfctl_port::ObjectFacts;

use super::row::ComponentRow;
use crate::cluster::{ClusterContext, ClusterDraft};
use crate::path::Origin;

/// Returns the DaemonSets of others that run the part.
pub(super) fn sets_of<'a>(
    row: &'static ComponentRow,
    context: &ClusterContext<'a>,
) -> impl Iterator<Item = (&'a ObjectRef, &'a ObjectFacts)> {
    let sets = context.facts.of_kind(ObjectKind::DaemonSet);
    sets.filter(move |(_, facts)| !facts.is_ours() && images_of(row, facts).next().is_some())
}

/// Reports those that run a part which vfctl is to manage; returns whether there are any.
pub(super) fn report(
    row: &'static ComponentRow,
    origin: &Origin,
    context: &ClusterContext<'_>,
    draft: &mut ClusterDraft,
) -> bool {
    let sets: Vec<String> = sets_of(row, context).map(|(set, _)| set.to_string()).collect();
    if sets.is_empty() {
        return false;
    }
    let message = format!("{} runs {row} already and was not made by vfctl", sets.join(" and "));
    let help = format!("delete it, or remove `managed` from `{}` to leave {row} to others", row.path());
    draft.findings.problem(Some(origin), message, help);
    true
}

/// Returns those of a DaemonSet's images that are of a part.
pub(super) fn images_of<'a>(
    row: &'static ComponentRow,
    set: &'a ObjectFacts,
) -> impl Iterator<Item = &'a str> {
    images(set).filter(move |image| (row.is_image)(name_of(image)))
}

/// Returns the images that a DaemonSet's pods run.
fn images(set: &ObjectFacts) -> impl Iterator<Item = &str> {
    let lists = ["containers", "initContainers"].map(|list| ["spec", "template", "spec", list]);
    let containers = lists.into_iter().flat_map(|path| set.content.members_at(&path));
    containers.filter_map(|container| container.field("image")?.text())
}

/// Returns an image's name without its registry, tag and digest.
fn name_of(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next().unwrap_or(name)
}

/// Returns the release that an image's tag says; `None` where it says none.
pub(super) fn release_of(image: &str) -> Option<ComponentVersion> {
    let name = image.rsplit('/').next()?.split('@').next()?;
    let tag = name.split_once(':')?.1;
    // Such as `v4.2.4-thick`.
    tag.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_a_name_and_perhaps_a_release() {
        for (image, name, release) in [
            ("host.example:5000/k8s/multus-cni:v4.2.4-thick", "multus-cni", Some("v4.2.4")),
            ("sriov-cni", "sriov-cni", None),
            ("a/b/sriov-cni:latest", "sriov-cni", None),
            ("whereabouts:v0.9.2@sha256:0", "whereabouts", Some("v0.9.2")),
        ] {
            assert_eq!(name_of(image), name);
            assert_eq!(release_of(image).map(|release| release.to_string()).as_deref(), release, "{image}");
        }
    }
}
