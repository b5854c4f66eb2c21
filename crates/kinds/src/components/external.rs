//! Parts of a cluster that others install: they are looked for, and the release that is declared is compared with what runs.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{ComponentVersion, JsonValue, ObjectKind};
use vfctl_port::ObjectFacts;

use super::section::ComponentsSpec;
use crate::cluster::{ClusterContext, ClusterDraft};
use crate::document::SriovConfig;
use crate::path::{SpecPath, Violation, Violations};

/// A part of the cluster that another installs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExternalSpec {
    /// Its release, such as `v4.2.4`.
    pub version: ComponentVersion,
}

/// One of these parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum External {
    Multus,
    SriovCni,
    Whereabouts,
}

impl External {
    const ALL: [Self; 3] = [Self::Multus, Self::SriovCni, Self::Whereabouts];

    /// Returns its key in the section.
    fn key(self) -> &'static str {
        match self {
            Self::Multus => "multus",
            Self::SriovCni => "sriovCni",
            Self::Whereabouts => "whereabouts",
        }
    }

    /// Returns what a document says of it.
    fn of(self, spec: &ComponentsSpec) -> Option<&ExternalSpec> {
        match self {
            Self::Multus => spec.multus.as_ref(),
            Self::SriovCni => spec.sriov_cni.as_ref(),
            Self::Whereabouts => spec.whereabouts.as_ref(),
        }
    }

    fn path(self) -> SpecPath {
        SpecPath::spec().key("components").key(self.key())
    }
}

/// Writes the name by which images of it are called.
impl fmt::Display for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Multus => "multus",
            Self::SriovCni => "sriov-cni",
            Self::Whereabouts => "whereabouts",
        })
    }
}

/// Checks that no earlier document declares another release of a part: a cluster has one.
pub(super) fn check(documents: &[&SriovConfig], position: usize, violations: &mut Violations) {
    let Some(document) = documents.get(position) else { return };
    for part in External::ALL {
        let Some(own) = part.of(&document.spec.components) else { continue };
        let mut earlier = documents.iter().take(position);
        let differs = |other: &&SriovConfig| {
            part.of(&other.spec.components).is_some_and(|other| other.version != own.version)
        };
        if let Some(other) = earlier.position(differs) {
            let path = part.path().key("version");
            let message =
                format!("two documents declare different releases of {part}, and a cluster has one");
            let violation = Violation::new(path.clone(), message, "declare it in one document only");
            violations.add(violation.with(other, path, "the other release"));
        }
    }
}

/// Notes which of the declared parts the cluster does not show, or shows in another release.
pub(super) fn plan(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    if !context.parts.shared || context.missing(ObjectKind::DaemonSet).is_some() {
        return;
    }
    for part in External::ALL {
        let mut documents = context.documents.iter();
        let declared =
            documents.find_map(|document| Some((document, part.of(&document.config.spec.components)?)));
        let Some((document, ExternalSpec { version })) = declared else { continue };
        let origin = (document.place)(&part.path());
        let word = part.to_string();
        let sets = context.facts.of_kind(ObjectKind::DaemonSet);
        let images: Vec<&str> =
            sets.flat_map(|(_, set)| images(set)).filter(|image| name_of(image).contains(&word)).collect();
        if images.is_empty() {
            let message = format!(
                "no DaemonSet of {part} is in the cluster: without it pods get no VF, unless nodes have it otherwise"
            );
            draft.findings.note(Some(&origin), message);
        }
        let other =
            images.iter().find_map(|image| Some((image, release_of(image)?)).filter(|(_, is)| is != version));
        if let Some((image, _)) = other {
            draft.findings.note(Some(&origin), format!("{part} is declared as {version}, and {image} runs"));
        }
    }
}

/// Returns the images that a DaemonSet's pods run.
fn images(set: &ObjectFacts) -> impl Iterator<Item = &str> {
    let lists = ["containers", "initContainers"].map(|list| ["spec", "template", "spec", list]);
    let containers =
        lists.into_iter().flat_map(|path| set.content.at(&path).map_or(&[][..], JsonValue::members));
    containers.filter_map(|container| container.field("image")?.text())
}

/// Returns an image's name without its registry, tag and digest.
fn name_of(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next().unwrap_or(name)
}

/// Returns the release that an image's tag says; `None` where it says none.
fn release_of(image: &str) -> Option<ComponentVersion> {
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
