//! The IPAM plugin static: every pod gets the addresses that stand here, or those that it asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{IpAddress, IpNetwork};

use super::route::{Dns, Route};

/// What static takes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaticIpam {
    /// The addresses of the pod.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<StaticAddress>,
    /// Routes of the pod.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Name servers.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub dns: Dns,
}

/// An address of the pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaticAddress {
    /// The address with the length of its network's prefix.
    pub address: IpNetwork,
    /// The next hop of routes that name none. It makes no route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddress>,
}
