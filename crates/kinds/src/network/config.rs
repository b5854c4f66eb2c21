//! The CNI configuration of a network: how it is written for sriov-cni, and how any such text is read.
//!
//! Which objects hold such texts is in `attachment`, how two configurations compare in `difference`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde_json::{Map, Value};
use vfctl_model::{Toggle, VfLinkState, VlanProtocol};

use super::cni_version::CniVersion;
use super::ipam::{Ipam, IpamConfig, Route};
use super::plugin::PluginObject;
use super::spec::{Capabilities, LogLevel, NetworkSpec};
use super::vf_values::{NetworkRate, NetworkVlan};

/// A CNI configuration as it stands: one plugin, or a list of them under `plugins`. What it means is in its fields; blanks
/// and the order of keys mean nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CniConfig(Map<String, Value>);

/// Why a text is no CNI configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The text is no JSON.
    #[error("read the CNI configuration as JSON")]
    NotJson(#[source] serde_json::Error),
    /// It is JSON of another shape.
    #[error("the CNI configuration is not an object")]
    NotAnObject,
}

impl CniConfig {
    /// Returns the configuration of a network.
    ///
    /// # Errors
    /// Where a value of it cannot be written as JSON, which is a defect of vfctl.
    pub fn of(network: &NetworkSpec) -> Result<Self, ConfigError> {
        let value = if network.meta_plugins.is_empty() {
            serde_json::to_value(PluginConfig::of(network, Some(Head::of(network))))
        } else {
            serde_json::to_value(ListConfig::of(network))
        };
        value.map_err(ConfigError::NotJson).and_then(Self::of_value)
    }

    fn of_value(value: Value) -> Result<Self, ConfigError> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(ConfigError::NotAnObject)
            }
        }
    }

    /// Returns the fields of the whole.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Returns the fields of each plugin in the order in which they run: of the one, or of those under `plugins`.
    pub fn plugins(&self) -> Vec<&Map<String, Value>> {
        match self.0.get("plugins") {
            Some(Value::Array(plugins)) => plugins.iter().filter_map(Value::as_object).collect(),
            Some(_) | None => vec![&self.0],
        }
    }
}

/// Writes the configuration as one line of JSON.
impl fmt::Display for CniConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(fields) = self;
        let text = serde_json::to_string(fields).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl FromStr for CniConfig {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        serde_json::from_str(text).map_err(ConfigError::NotJson).and_then(Self::of_value)
    }
}

/// What a configuration says of itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    cni_version: CniVersion,
    name: &'a str,
}

impl<'a> Head<'a> {
    fn of(network: &'a NetworkSpec) -> Self {
        Self { cni_version: network.cni_version, name: network.name.as_str() }
    }
}

/// A list of plugins (CNI specification 1.0.0, section 1).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListConfig<'a> {
    cni_version: CniVersion,
    name: &'a str,
    plugins: Vec<Member<'a>>,
}

/// A plugin of a list.
enum Member<'a> {
    Sriov(Box<PluginConfig<'a>>),
    Meta(&'a PluginObject),
}

impl Serialize for Member<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sriov(plugin) => plugin.serialize(serializer),
            Self::Meta(plugin) => plugin.serialize(serializer),
        }
    }
}

impl<'a> ListConfig<'a> {
    fn of(network: &'a NetworkSpec) -> Self {
        let Head { cni_version, name } = Head::of(network);
        let sriov = Member::Sriov(Box::new(PluginConfig::of(network, None)));
        let plugins = [sriov].into_iter().chain(network.meta_plugins.iter().map(Member::Meta)).collect();
        Self { cni_version, name, plugins }
    }
}

/// What sriov-cni takes (`NetConf`, pkg/types/types.go).
#[derive(Serialize)]
struct PluginConfig<'a> {
    #[serde(rename = "cniVersion", skip_serializing_if = "Option::is_none")]
    cni_version: Option<CniVersion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(rename = "type")]
    plugin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vlan: Option<u16>,
    #[serde(rename = "vlanQoS", skip_serializing_if = "Option::is_none")]
    vlan_qos: Option<u8>,
    #[serde(rename = "vlanProto", skip_serializing_if = "Option::is_none")]
    vlan_proto: Option<&'static str>,
    #[serde(rename = "spoofchk", skip_serializing_if = "Option::is_none")]
    spoof_check: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_state: Option<VfLinkState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_tx_rate: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tx_rate: Option<u32>,
    #[serde(skip_serializing_if = "crate::kind::is_default")]
    capabilities: Capabilities,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_ipam")]
    ipam: Option<Cow<'a, Ipam>>,
    #[serde(rename = "logLevel", skip_serializing_if = "Option::is_none")]
    log_level: Option<LogLevel>,
}

fn write_ipam<S: serde::Serializer>(ipam: &Option<Cow<'_, Ipam>>, serializer: S) -> Result<S::Ok, S::Error> {
    match ipam {
        Some(ipam) => IpamConfig(ipam).serialize(serializer),
        None => serializer.serialize_none(),
    }
}

/// The switch as sriov-cni has it, which takes no boolean.
fn word(toggle: Toggle) -> &'static str {
    match toggle {
        Toggle::On => "on",
        Toggle::Off => "off",
    }
}

/// The protocol as sriov-cni has it.
fn protocol_word(protocol: VlanProtocol) -> Option<&'static str> {
    match protocol {
        VlanProtocol::Dot1Q => None,
        VlanProtocol::Dot1Ad => Some("802.1ad"),
    }
}

impl<'a> PluginConfig<'a> {
    /// Returns what sriov-cni is told, with the head where it stands alone.
    fn of(network: &'a NetworkSpec, head: Option<Head<'a>>) -> Self {
        let NetworkSpec {
            name: _,
            namespaces: _,
            resource: _,
            vlan,
            spoof_check,
            trust,
            link_state,
            rate,
            capabilities,
            ipam,
            routes,
            meta_plugins: _,
            cni_version: _,
            log_level,
            default_network: _,
        } = network;
        let (cni_version, name) = head.map(|Head { cni_version, name }| (cni_version, name)).unzip();
        let NetworkRate { min, max } = rate.unwrap_or_default();
        let tag = vlan.map(|NetworkVlan(tag)| tag);
        Self {
            cni_version,
            name,
            plugin: "sriov",
            vlan: tag.map(|tag| tag.id.get()),
            vlan_qos: tag.map(|tag| tag.qos.get()).filter(|qos| *qos != 0),
            vlan_proto: tag.and_then(|tag| protocol_word(tag.protocol)),
            spoof_check: spoof_check.map(word),
            trust: trust.map(word),
            link_state: *link_state,
            min_tx_rate: min,
            max_tx_rate: max,
            capabilities: *capabilities,
            ipam: ipam.as_ref().map(|ipam| with_routes(ipam, routes)),
            log_level: *log_level,
        }
    }
}

/// Returns the plugin with these routes after its own.
fn with_routes<'a>(ipam: &'a Ipam, more: &[Route]) -> Cow<'a, Ipam> {
    let mut ipam = Cow::Borrowed(ipam);
    if !more.is_empty() {
        let routes = match ipam.to_mut() {
            Ipam::HostLocal(ipam) => Some(&mut ipam.routes),
            Ipam::Static(ipam) => Some(&mut ipam.routes),
            Ipam::Whereabouts(ipam) => Some(&mut ipam.routes),
            // The rules refuse routes beside these.
            Ipam::Dhcp(_) | Ipam::Other(_) => None,
        };
        routes.into_iter().for_each(|routes| routes.extend_from_slice(more));
    }
    ipam
}
