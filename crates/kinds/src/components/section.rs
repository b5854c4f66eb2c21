//! The section `components` of a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{DevicePluginVersion, NamespaceName};
use vfctl_port::HostFacts;

use super::device_plugin;
use super::external::{self, ExternalSpec};
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
    pub multus: Option<ExternalSpec>,
    /// The CNI plugin that moves VFs into pods: what its networks may say depends on its release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sriov_cni: Option<ExternalSpec>,
    /// The IPAM plugin whereabouts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whereabouts: Option<ExternalSpec>,
    /// The SR-IOV network device plugin, which offers the pools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_plugin: Option<DevicePluginSpec>,
    /// k8s-rdma-shared-dev-plugin, which offers `rdmaSharedPools`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rdma_shared_device_plugin: Option<RdmaSharedDevicePluginSpec>,
}

/// What the document says of k8s-rdma-shared-dev-plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RdmaSharedDevicePluginSpec {
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
    pub managed: Option<ManagedPluginSpec>,
}

/// How the device plugin is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ManagedPluginSpec {
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
            check_image(document, violations);
            external::check(documents, position, violations);
            let Some(version) = version(document) else { continue };
            if version < DevicePluginVersion::OLDEST {
                violations.add(Violation::new(
                    version_path(),
                    format!("the rules of device plugin {version} are not known"),
                    format!("the oldest known release is {}", DevicePluginVersion::OLDEST),
                ));
            }
            check_managed(documents, position, violations);
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

    /// Returns whether the device plugin is spoken of: nothing is done about the one that shares RDMA devices.
    fn asks_of_cluster(spec: &ComponentsSpec) -> bool {
        spec.device_plugin.is_some()
    }

    fn writes_to_cluster(spec: &ComponentsSpec) -> bool {
        spec.device_plugin.as_ref().is_some_and(|plugin| plugin.managed.is_some())
    }

    fn plan_cluster(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
        external::plan(context, draft);
        device_plugin::plan(context, draft);
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

/// Checks that no other document has the plugin managed otherwise: there is one in a cluster.
fn check_managed(documents: &[&SriovConfig], position: usize, violations: &mut Violations) {
    let managed = |document: &&SriovConfig| document.spec.components.device_plugin.as_ref()?.managed.clone();
    let Some(own) = documents.get(position).and_then(managed) else { return };
    // Networks have said it of themselves.
    if let Some(document) = documents.get(position).filter(|document| document.spec.networks.is_empty()) {
        let asking = SpecPath::spec().key("components").key("devicePlugin").key("managed");
        check_label(&document.metadata.name, asking, violations);
    }
    let differs = |document: &&SriovConfig| managed(document).is_some_and(|other| other != own);
    if let Some(other) = documents.iter().take(position).position(differs) {
        let path = SpecPath::spec().key("components").key("devicePlugin").key("managed");
        let message = "two documents ask for the device plugin in different ways, and a cluster has one";
        let violation = Violation::new(path.clone(), message, "declare `managed` in one document only");
        violations.add(violation.with(other, path, "the other"));
    }
}

/// Checks that a managed plugin has an image.
fn check_image(document: &SriovConfig, violations: &mut Violations) {
    let plugin = document.spec.components.device_plugin.as_ref();
    let Some(managed) = plugin.and_then(|plugin| plugin.managed.as_ref()) else { return };
    if managed.image.is_empty() || managed.image.contains(char::is_whitespace) {
        let path = SpecPath::spec().key("components").key("devicePlugin").key("managed").key("image");
        let message = format!("`{}` is no name of a container image", managed.image);
        violations.add(Violation::new(path, message, "name the image as a pod would"));
    }
}

fn version_path() -> SpecPath {
    SpecPath::spec().key("components").key("devicePlugin").key("version")
}
