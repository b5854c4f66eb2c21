//! The section `components` of a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{ComponentVersion, DevicePluginVersion, NamespaceName};
use vfctl_port::HostFacts;

use super::row::ComponentRow;
use super::table::COMPONENTS;
use super::{external, managed, prune};
use crate::cluster::{ClusterContext, ClusterDraft, check_label};
use crate::document::{PlacedDocument, SriovConfig, share_a_host};
use crate::kind::Section;
use crate::lane::{HostContext, HostDraft};
use crate::path::{SpecPath, Violation, Violations};

/// What is said of two releases for one host, and what to do about it.
const DIFFERENT_RELEASES: &str = "two documents for one host declare different releases of the device plugin";
const DECLARE_ONCE: &str = "declare it in one document only";

/// The section `components`.
#[derive(Debug)]
pub struct Components;

/// The parts of the cluster that the document relies on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ComponentsSpec {
    /// Multus, which gives pods their networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multus: Option<ComponentSpec>,
    /// The CNI plugin that moves VFs into pods: what its networks may say depends on its release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sriov_cni: Option<ComponentSpec>,
    /// The CNI plugin that moves VFs of InfiniBand ports into pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ib_sriov_cni: Option<ComponentSpec>,
    /// The IPAM plugin whereabouts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whereabouts: Option<ComponentSpec>,
    /// The SR-IOV network device plugin, which offers the pools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_plugin: Option<DevicePluginSpec>,
    /// k8s-rdma-shared-dev-plugin, which offers `rdmaSharedPools`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rdma_shared_device_plugin: Option<RdmaSharedDevicePluginSpec>,
}

/// What the document says of a part of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ComponentSpec {
    /// Its release, such as `v4.2.4`.
    pub version: ComponentVersion,
    /// Set where vfctl installs it; absent, another does, and it is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedSpec>,
}

/// What the document says of k8s-rdma-shared-dev-plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RdmaSharedDevicePluginSpec {
    /// Its release, such as `v1.5.3`; required where vfctl installs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<ComponentVersion>,
    /// Set where vfctl installs and configures it; absent, another does, and it is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedSpec>,
    /// How often it looks for devices, in seconds; 0: only when it starts. Absent, every 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periodic_update_interval: Option<u32>,
}

/// What the document says of the device plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DevicePluginSpec {
    /// Its release, such as `v3.5.1`: what its pools may say depends on it.
    pub version: DevicePluginVersion,
    /// Set where vfctl installs and configures it; absent, another does, and its configuration is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedSpec>,
}

/// How vfctl installs a part of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ManagedSpec {
    /// Its container image, by the name that nodes can pull or have loaded.
    #[schemars(length(min = 1))]
    pub image: String,
    /// The namespace that it runs in; absent, `kube-system`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<NamespaceName>,
}

/// Which release of the device plugin applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Declared {
    /// The release.
    pub(crate) version: DevicePluginVersion,
    /// Whether a document declares it; otherwise it is the newest whose rules are known.
    pub(crate) is_declared: bool,
}

impl Declared {
    fn of(version: Option<DevicePluginVersion>) -> Self {
        let is_declared = version.is_some();
        Self { version: version.unwrap_or(DevicePluginVersion::NEWEST), is_declared }
    }
}

impl Section for Components {
    type Spec = ComponentsSpec;
    const IN_CLUSTER: bool = true;

    fn check(documents: &[&SriovConfig], violations: &mut Violations) {
        for (position, document) in documents.iter().enumerate() {
            violations.turn_to(position);
            external::check(documents, position, violations);
            for row in COMPONENTS {
                check_image(row, document, violations);
                check_managed(row, documents, position, violations);
            }
            let Some(version) = version(document) else { continue };
            if version < DevicePluginVersion::OLDEST {
                violations.add(Violation::new(
                    version_path(),
                    format!("the rules of device plugin {version} are not known"),
                    format!("the oldest known release is {}", DevicePluginVersion::OLDEST),
                ));
            }
            let mut earlier = documents.iter().enumerate().take(position);
            let other = earlier.find_map(|(other, config)| {
                let differs = self::version(config).is_some_and(|found| found != version);
                (differs && share_a_host(&config.spec, &document.spec)).then_some(other)
            });
            if let Some(other) = other {
                let violation = Violation::new(version_path(), DIFFERENT_RELEASES, DECLARE_ONCE);
                violations.add(violation.with(other, version_path(), "the other release"));
            }
        }
    }

    /// Reports releases that differ: by the labels of nodes, documents meet on a host that do not say so themselves.
    fn plan(context: &HostContext<'_>, draft: &mut HostDraft) {
        let mut declared =
            context.documents.iter().filter_map(|document| Some((document, version(document.config)?)));
        let Some((first, release)) = declared.next() else { return };
        for (document, other) in declared.filter(|(_, other)| *other != release) {
            let origin = (document.place)(&version_path());
            let first = (first.place)(&version_path());
            let message = format!("{DIFFERENT_RELEASES}: {other} here, {release} at {first}");
            draft.findings.problem(Some(&origin), message, DECLARE_ONCE);
        }
    }

    /// Returns whether the device plugin is spoken of, or any part is to be managed: about others nothing is done.
    fn asks_of_cluster(spec: &ComponentsSpec) -> bool {
        spec.device_plugin.is_some() || Self::writes_to_cluster(spec)
    }

    fn writes_to_cluster(spec: &ComponentsSpec) -> bool {
        COMPONENTS.iter().filter_map(|row| (row.of)(spec)).any(|declared| declared.managed.is_some())
    }

    fn plan_cluster(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
        external::plan(context, draft);
        for row in COMPONENTS {
            managed::plan(row, context, draft);
        }
    }

    fn conclude_cluster(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
        prune::conclude(context, draft);
    }

    fn live(_: &HostFacts) -> ComponentsSpec {
        ComponentsSpec::default()
    }
}

/// Returns the release that applies to a document: it declares it, or another one does that concerns the same host.
pub(crate) fn declared_of(document: &SriovConfig, documents: &[&SriovConfig]) -> Declared {
    let beside = || {
        let others = documents.iter().filter(|other| share_a_host(&other.spec, &document.spec));
        others.into_iter().find_map(|other| version(other))
    };
    Declared::of(version(document).or_else(beside))
}

/// Returns the release that applies to a host that these documents concern.
pub(crate) fn declared_for_host(documents: &[PlacedDocument<'_>]) -> Declared {
    Declared::of(documents.iter().find_map(|document| version(document.config)))
}

fn version(document: &SriovConfig) -> Option<DevicePluginVersion> {
    document.spec.components.device_plugin.as_ref().map(|plugin| plugin.version)
}

/// Checks that no other document has a part managed otherwise: there is one in a cluster.
fn check_managed(
    row: &'static ComponentRow,
    documents: &[&SriovConfig],
    position: usize,
    violations: &mut Violations,
) {
    let managed = |document: &&SriovConfig| (row.of)(&document.spec.components)?.managed.cloned();
    let Some(own) = documents.get(position).and_then(managed) else { return };
    let path = row.managed_path();
    // Networks have said it of themselves.
    if let Some(document) = documents.get(position).filter(|document| document.spec.networks.is_empty()) {
        check_label(&document.metadata.name, path.clone(), violations);
    }
    let differs = |document: &&SriovConfig| managed(document).is_some_and(|other| other != own);
    if let Some(other) = documents.iter().take(position).position(differs) {
        let message = format!("two documents ask for {row} in different ways, and a cluster has one");
        let violation = Violation::new(path.clone(), message, "declare `managed` in one document only");
        violations.add(violation.with(other, path, "the other"));
    }
}

/// Checks that a managed part has an image and a release.
fn check_image(row: &'static ComponentRow, document: &SriovConfig, violations: &mut Violations) {
    let Some(declared) = (row.of)(&document.spec.components) else { return };
    let Some(managed) = declared.managed else { return };
    if managed.image.is_empty() || managed.image.contains(char::is_whitespace) {
        let message = format!("`{}` is no name of a container image", managed.image);
        let path = row.managed_path().key("image");
        violations.add(Violation::new(path, message, "name the image as a pod would"));
    }
    if declared.version.is_none() {
        let message = format!("the release of {row} is missing, and vfctl is to install it");
        violations.add(Violation::new(row.path(), message, "add `version`, such as `v1.5.3`"));
    }
}

fn version_path() -> SpecPath {
    SpecPath::spec().key("components").key("devicePlugin").key("version")
}
