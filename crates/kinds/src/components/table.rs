//! The table of parts: a new one is a file of its own, a line here and a field of the section.

use vfctl_model::ObjectKind;

use super::managed::Managed;
use super::row::{ComponentRow, PolicyRule};
use super::{device_plugin, ib_sriov_cni, multus, rdma_shared_device_plugin, sriov_cni, whereabouts};
use crate::document::PlacedDocument;

/// Every part, in the order in which they are installed: who defines kinds of objects comes first.
pub(super) static COMPONENTS: &[&ComponentRow] = &[
    &multus::ROW,
    &whereabouts::ROW,
    &sriov_cni::ROW,
    &ib_sriov_cni::ROW,
    &device_plugin::ROW,
    &rdma_shared_device_plugin::ROW,
];

/// Returns what the objects of a kind are called that parts have.
pub(crate) fn names(kind: ObjectKind) -> Vec<&'static str> {
    let has = |row: &&&'static ComponentRow| match kind {
        ObjectKind::ServiceAccount | ObjectKind::ClusterRole | ObjectKind::ClusterRoleBinding => {
            !row.rules.is_empty()
        }
        ObjectKind::ConfigMap => row.has_config,
        _ => true,
    };
    COMPONENTS.iter().filter(has).map(|row| row.object).collect()
}

/// Returns what the parts may do in the cluster: whoever creates a role must have the rights that it gives.
pub(crate) fn rules() -> Vec<PolicyRule> {
    COMPONENTS.iter().flat_map(|row| row.rules).copied().collect()
}

/// Returns the names of the definitions of all parts.
pub(crate) fn definitions() -> Vec<&'static str> {
    COMPONENTS.iter().flat_map(|row| (row.definitions)()).map(|(name, _)| name).collect()
}

/// Returns whether these documents ask for a part that defines a kind of objects.
pub(crate) fn defines(kind: ObjectKind, documents: &[PlacedDocument<'_>]) -> bool {
    let definition = kind.definition();
    let has = |row: &&&'static ComponentRow| (row.definitions)().iter().any(|(name, _)| *name == definition);
    COMPONENTS.iter().filter(has).any(|row| Managed::of(row, documents).is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::components::row::PodOrder;

    #[test]
    fn each_part_has_a_key_and_objects_of_its_own() {
        let keys: BTreeSet<&str> = COMPONENTS.iter().map(|row| row.key).collect();
        let objects: BTreeSet<&str> = COMPONENTS.iter().map(|row| row.object).collect();
        assert_eq!((keys.len(), objects.len()), (COMPONENTS.len(), COMPONENTS.len()));
    }

    #[test]
    fn definitions_are_those_that_are_read() {
        assert_eq!(definitions(), vfctl_model::PART_DEFINITIONS);
    }

    #[test]
    fn each_image_is_of_one_part() {
        for (image, key) in [
            ("multus-cni", Some("multus")),
            ("sriov-cni", Some("sriovCni")),
            ("ib-sriov-cni", Some("ibSriovCni")),
            ("whereabouts", Some("whereabouts")),
            ("sriov-network-device-plugin", Some("devicePlugin")),
            ("sriov-device-plugin", Some("devicePlugin")),
            ("k8s-rdma-shared-dev-plugin", Some("rdmaSharedDevicePlugin")),
            ("kube-proxy", None),
            ("nvidia-device-plugin", None),
        ] {
            let found: Vec<&str> =
                COMPONENTS.iter().filter(|row| (row.is_image)(image)).map(|row| row.key).collect();
            assert_eq!(found, key.into_iter().collect::<Vec<_>>(), "{image}");
        }
    }

    #[test]
    fn every_container_runs_the_image_that_is_asked_for() {
        for row in COMPONENTS {
            let pod = (row.pod)(PodOrder { image: "host/a:1", name: row.object, clears_away: false });
            let containers = ["containers", "initContainers"]
                .into_iter()
                .flat_map(|list| pod.field(list).map(|list| list.members().to_vec()).unwrap_or_default());
            let images: Vec<_> = containers.filter_map(|one| one.field("image").cloned()).collect();
            assert!(!images.is_empty(), "{row}");
            assert!(images.iter().all(|image| image.text() == Some("host/a:1")), "{row}: {images:?}");
        }
    }
}
