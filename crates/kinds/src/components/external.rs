//! Parts of a cluster that others install: they are looked for, and the release that is declared is compared with what runs.

use vfctl_model::ObjectKind;

use super::foreign::{images_of, release_of};
use super::row::{ComponentRow, Declaration, Installed};
use super::section::{ComponentSpec, ComponentsSpec};
use super::table::COMPONENTS;
use crate::cluster::{ClusterContext, ClusterDraft};
use crate::document::SriovConfig;
use crate::path::{Violation, Violations};

impl<'a> Declaration<'a> {
    /// Returns what a document says of a part.
    pub(super) fn of(spec: &'a ComponentSpec) -> Self {
        Self { version: Some(spec.version.to_string()), managed: spec.managed.as_ref() }
    }
}

/// Returns the parts of which a cluster has one release; the device plugin's may differ from host to host.
fn of_one_release() -> impl Iterator<Item = &'static ComponentRow> {
    COMPONENTS.iter().copied().filter(|row| row.installed != Installed::ByNode)
}

/// Checks that no earlier document declares another release of a part: a cluster has one.
pub(super) fn check(documents: &[&SriovConfig], position: usize, violations: &mut Violations) {
    let Some(document) = documents.get(position) else { return };
    for row in of_one_release() {
        let version = |spec: &ComponentsSpec| (row.of)(spec).and_then(|declared| declared.version);
        let Some(own) = version(&document.spec.components) else { continue };
        let mut earlier = documents.iter().take(position);
        let differs =
            |other: &&SriovConfig| version(&other.spec.components).is_some_and(|other| other != own);
        if let Some(other) = earlier.position(differs) {
            let path = row.path().key("version");
            let message = format!("two documents declare different releases of {row}, and a cluster has one");
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
    for row in of_one_release() {
        let declared = context.documents.iter().filter_map(|document| {
            let declaration = (row.of)(&document.config.spec.components)?;
            Some((document, declaration.version?, declaration.managed.is_some()))
        });
        let declared: Vec<_> = declared.collect();
        // Where one document has it managed, it is not another's.
        let Some((document, version, false)) = declared.iter().max_by_key(|(.., managed)| *managed) else {
            continue;
        };
        let origin = (document.place)(&row.path());
        let sets = context.facts.of_kind(ObjectKind::DaemonSet);
        let images: Vec<&str> = sets.flat_map(|(_, set)| images_of(row, set)).collect();
        if images.is_empty() {
            let message = format!(
                "no DaemonSet of {row} is in the cluster: without it pods get no VF, unless nodes have it otherwise"
            );
            draft.findings.note(Some(&origin), message);
        }
        let other = images
            .iter()
            .find_map(|image| Some((image, release_of(image)?)).filter(|(_, is)| is.to_string() != *version));
        if let Some((image, _)) = other {
            draft.findings.note(Some(&origin), format!("{row} is declared as {version}, and {image} runs"));
        }
    }
}
