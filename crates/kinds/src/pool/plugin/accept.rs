//! What a release of the plugin makes of a configuration before it looks at any device: it ends, it goes on without a
//! resource, or it loads it (`readConfig` and `validConfigs`, cmd/sriovdp/manager.go).

use std::collections::BTreeSet;

use vfctl_model::{DevicePluginDeviceType, DevicePluginField, DevicePluginLevel, DevicePluginVersion};

use super::config::{PluginConfig, PluginResource, PluginSelectors, SelectorSet};

/// Why the plugin serves no resource at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ending {
    /// A field of a resource holds another value than it should.
    #[error("the plugin cannot read the configuration and ends with exit code 0: `{resource}`: {why}")]
    Misread {
        /// The resource.
        resource: String,
        /// What is wrong.
        why: String,
    },
    /// There is no such device type, or not in this release.
    #[error(
        "the plugin does not know the deviceType `{word}` of `{resource}` and ends with exit code 0{since}"
    )]
    DeviceType {
        /// The resource.
        resource: String,
        /// The word.
        word: String,
        /// Which release has it, if any has.
        since: String,
    },
    /// A resource has no selectors.
    #[error("the plugin crashes: `{resource}` has no `selectors`")]
    NoSelectors {
        /// The resource.
        resource: String,
    },
    /// No resource is left.
    #[error("the plugin has no resource to serve and ends with exit code 0")]
    NoResource,
    /// The name has characters that the plugin does not take.
    #[error("the plugin ends with an error: the resource name `{name}` has characters that it does not take")]
    Name {
        /// The name.
        name: String,
    },
    /// Two resources are called alike.
    #[error("the plugin ends with an error: two resources are called `{resource}`")]
    Duplicate {
        /// The resource.
        resource: String,
    },
    /// A selector asks for RDMA and for a vdpa device.
    #[error("the plugin ends with an error: `{resource}` has both `isRdma` and `vdpaType`")]
    RdmaAndVdpa {
        /// The resource.
        resource: String,
    },
    /// A selector of auxiliary devices says none of their types, or another than there is (`ValidConfig`,
    /// pkg/auxnetdevice/auxNetDeviceProvider.go).
    #[error("the plugin ends with an error: `{resource}` needs `auxTypes`, and there is only `sf`")]
    AuxTypes {
        /// The resource.
        resource: String,
    },
}

/// A resource that the plugin has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted<'a> {
    /// The resource.
    pub resource: &'a PluginResource,
    /// What it is made of.
    pub kind: DevicePluginDeviceType,
    /// Its selectors.
    pub loaded: Loaded<'a>,
    /// The fields that the release ignores, each with what it is to be told of.
    pub ignored: Vec<String>,
}

/// What became of a resource's selectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded<'a> {
    /// They are used: a device must fit any one of them.
    Sets(Vec<&'a SelectorSet>),
    /// The plugin logs a warning and goes on without the resource.
    Dropped(String),
}

/// Returns what a plugin of this version makes of a configuration.
///
/// # Errors
/// Where the plugin ends and serves no resource at all.
pub fn accept(config: &PluginConfig, version: DevicePluginVersion) -> Result<Vec<Accepted<'_>>, Ending> {
    let mut accepted = Vec::new();
    // Go reads the whole file before it looks at any entry.
    for resource in &config.resources {
        let heeded = |field: &DevicePluginField| {
            let kinds = DevicePluginDeviceType::ALL.iter();
            kinds.into_iter().any(|kind| field.is_taken(version, *kind))
        };
        if let Some((_, why)) = resource.misread.iter().find(|(field, _)| heeded(field)) {
            return Err(Ending::Misread { resource: resource.full_name(), why: why.clone() });
        }
    }
    for resource in &config.resources {
        let kind = known_kind(resource, version)?;
        let loaded = load(resource, kind, version)?;
        accepted.push(Accepted { resource, kind, loaded, ignored: ignored(resource, kind, version) });
    }
    check(&accepted, version)?;
    Ok(accepted)
}

fn known_kind(
    resource: &PluginResource,
    version: DevicePluginVersion,
) -> Result<DevicePluginDeviceType, Ending> {
    let kind = resource.kind();
    kind.filter(|kind| version >= kind.since()).ok_or_else(|| Ending::DeviceType {
        resource: resource.full_name(),
        word: resource.device_type.clone().unwrap_or_default(),
        since: kind.map_or_else(String::new, |kind| format!("; {} has it first", kind.since())),
    })
}

fn load(
    resource: &PluginResource,
    kind: DevicePluginDeviceType,
    version: DevicePluginVersion,
) -> Result<Loaded<'_>, Ending> {
    let sets = match &resource.selectors {
        PluginSelectors::Missing => {
            return Err(Ending::NoSelectors { resource: resource.full_name() });
        }
        PluginSelectors::Misread(why) => return Ok(Loaded::Dropped(why.clone())),
        PluginSelectors::One(set) => vec![set],
        PluginSelectors::List(_) if !version.takes_selector_lists() => {
            let why = format!("{version} takes `selectors` only as one object, not as a list");
            return Ok(Loaded::Dropped(why));
        }
        PluginSelectors::List(sets) if sets.is_empty() => {
            return Ok(Loaded::Dropped("the list of selectors is empty".to_owned()));
        }
        PluginSelectors::List(sets) => sets.iter().collect(),
    };
    let mut misread = sets.iter().flat_map(|set| &set.misread);
    Ok(match misread.find(|(field, _)| field.is_taken(version, kind)) {
        Some((_, why)) => Loaded::Dropped(why.clone()),
        None => Loaded::Sets(sets),
    })
}

/// Returns which fields the release ignores.
fn ignored(
    resource: &PluginResource,
    kind: DevicePluginDeviceType,
    version: DevicePluginVersion,
) -> Vec<String> {
    let tell = |field: DevicePluginField| match field.since(kind) {
        Some(since) if since > version => Some(format!("`{field}` is ignored: {since} has it first")),
        Some(_) => None,
        None => Some(format!("`{field}` is ignored in a resource of {kind}")),
    };
    let unknown = |key: &String, level| {
        let elsewhere = DevicePluginField::ALL
            .iter()
            .find(|field| field.row().level != level && field.name().eq_ignore_ascii_case(key));
        let place = match (elsewhere, level) {
            (Some(_), DevicePluginLevel::Resource) => ": it belongs into `selectors`",
            (Some(_), DevicePluginLevel::Selectors) => ": it belongs beside `selectors`",
            (None, _) => ": there is no such field",
        };
        format!("`{key}` is ignored{place}")
    };
    let mut told: Vec<String> =
        resource.unknown.iter().map(|key| unknown(key, DevicePluginLevel::Resource)).collect();
    if !resource.additional_info.is_empty() {
        told.extend(tell(DevicePluginField::AdditionalInfo));
    }
    let sets: &[SelectorSet] = match &resource.selectors {
        PluginSelectors::Missing | PluginSelectors::Misread(_) => &[],
        PluginSelectors::One(set) => std::slice::from_ref(set),
        PluginSelectors::List(sets) => sets,
    };
    for set in sets {
        told.extend(set.unknown.iter().map(|key| unknown(key, DevicePluginLevel::Selectors)));
        told.extend(set.used().into_iter().filter_map(tell));
    }
    let mut seen = BTreeSet::new();
    told.retain(|text| seen.insert(text.clone()));
    told
}

/// Checks what the plugin checks of the resources that it has read, in order.
fn check(accepted: &[Accepted<'_>], version: DevicePluginVersion) -> Result<(), Ending> {
    let loaded = accepted.iter().filter_map(|accepted| match &accepted.loaded {
        Loaded::Sets(sets) => Some((accepted, sets)),
        Loaded::Dropped(_) => None,
    });
    let mut names = BTreeSet::new();
    for (Accepted { resource, kind, .. }, sets) in loaded {
        if !version.takes_name(&resource.name) {
            return Err(Ending::Name { name: resource.name.clone() });
        }
        if !names.insert(resource.full_name()) {
            return Err(Ending::Duplicate { resource: resource.full_name() });
        }
        let is_both = |set: &&SelectorSet| set.is_rdma && set.vdpa_type.is_some();
        if *kind == DevicePluginDeviceType::NetDevice && sets.iter().any(is_both) {
            return Err(Ending::RdmaAndVdpa { resource: resource.full_name() });
        }
        let is_other = |set: &&SelectorSet| {
            let types = set.texts.get(&DevicePluginField::AuxTypes);
            types.is_none_or(|types| types.is_empty() || types.iter().any(|kind| kind != "sf"))
        };
        if *kind == DevicePluginDeviceType::AuxNetDevice && sets.iter().any(is_other) {
            return Err(Ending::AuxTypes { resource: resource.full_name() });
        }
    }
    if names.is_empty() { Err(Ending::NoResource) } else { Ok(()) }
}
