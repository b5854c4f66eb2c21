//! The section `components` of a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::DevicePluginVersion;
use vfctl_port::HostFacts;

use crate::document::{PlacedDocument, SriovConfig, share_a_host};
use crate::kind::Section;
use crate::lane::{HostContext, HostDraft};
use crate::path::{SpecPath, Violation, Violations};

/// The section `components`.
#[derive(Debug)]
pub struct Components;

/// The parts of the cluster that the document relies on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ComponentsSpec {
    /// The SR-IOV network device plugin, which offers the pools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_plugin: Option<DevicePluginSpec>,
}

/// What the document says of the device plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DevicePluginSpec {
    /// Its release, such as `v3.5.1`: what its pools may say depends on it.
    pub version: DevicePluginVersion,
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

    fn check(documents: &[&SriovConfig], violations: &mut Violations) {
        for (position, document) in documents.iter().enumerate() {
            violations.turn_to(position);
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
                let message = "two documents for one host declare different releases of the device plugin";
                let violation = Violation::new(version_path(), message, "declare it in one document only");
                violations.add(violation.with(other, version_path(), "the other release"));
            }
        }
    }

    fn plan(_: &HostContext<'_>, _: &mut HostDraft) {}

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

fn version_path() -> SpecPath {
    SpecPath::spec().key("components").key("devicePlugin").key("version")
}
