//! The YAML of one entry of `networks`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{NamespaceName, ObjectName, ResourceName, Toggle, VfLinkState};

use super::cni_version::CniVersion;
use super::ipam::{Ipam, Route};
use super::plugin::PluginObject;
use super::vf_values::{NetworkRate, NetworkVlan};

/// A network for pods: sriov-cni gives a pod one VF of the resource and sets it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NetworkSpec {
    /// The name of its NetworkAttachmentDefinitions, and of the network to CNI plugins.
    pub name: ObjectName,
    /// The namespaces whose pods may use it: each gets a NetworkAttachmentDefinition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<NamespaceName>,
    /// The resource of the device plugin whose VFs the pods get.
    pub resource: ResourceName,
    /// The VLAN tag that the PF adds to the VF's frames and removes from them; absent, the VF's own stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<NetworkVlan>,
    /// Whether frames with a source that is not the VF's are dropped; absent, as the VF has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoof_check: Option<Toggle>,
    /// Whether the VF may change its address and listen to all traffic; absent, as the VF has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Toggle>,
    /// The link that the VF sees; absent, as the VF has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["auto", "enable", "disable"]))]
    pub link_state: Option<VfLinkState>,
    /// Transmit rates in Mbit/s; absent, as the VF has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<NetworkRate>,
    /// What a pod may ask for in its annotation.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub capabilities: Capabilities,
    /// The plugin that gives out addresses; absent, the VF has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipam: Option<Ipam>,
    /// Routes of the pod through this network, beside those of `ipam`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// CNI plugins that run after sriov-cni, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meta_plugins: Vec<PluginObject>,
    /// The version of the CNI specification that is spoken with the plugins.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub cni_version: CniVersion,
    /// How much sriov-cni logs; absent, `info`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_level: Option<LogLevel>,
    /// Whether pods may have it instead of the cluster's default network: it is placed where multus looks for those.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub default_network: bool,
}

/// The namespace in which multus looks for default networks: its own.
pub const MULTUS_NAMESPACE: &str = "kube-system";

impl NetworkSpec {
    /// Returns the namespaces that get a NetworkAttachmentDefinition, each with its place in the list of the entry; `None`
    /// for the one that a default network has without being told.
    pub fn placements(&self) -> Vec<(Option<usize>, &str)> {
        let named = self.namespaces.iter().enumerate();
        let named: Vec<_> = named.map(|(index, name)| (Some(index), name.as_str())).collect();
        if named.is_empty() && self.default_network { vec![(None, MULTUS_NAMESPACE)] } else { named }
    }

    /// Returns the annotation, key and value, of pods that have this instead of the cluster's default network; `None` where
    /// the network is none for that.
    pub fn default_network_annotation(&self) -> Option<(&'static str, String)> {
        let value = || format!("{MULTUS_NAMESPACE}/{}", self.name);
        self.default_network.then(|| ("v1.multus-cni.io/default-network", value()))
    }
}

/// What a pod may ask for in the annotation `k8s.v1.cni.cncf.io/networks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Its MAC address.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub mac: bool,
    /// Its IP addresses.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub ips: bool,
}

/// How much sriov-cni logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What ends it.
    Panic,
    /// Errors as well.
    Error,
    /// Warnings as well.
    Warning,
    /// What it does as well.
    Info,
    /// Everything.
    Debug,
}
