//! The IPAM plugin dhcp: the daemon of the node asks a server of the network for a lease.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What dhcp takes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DhcpIpam {
    /// The socket of the daemon; absent, `/run/cni/dhcp.sock`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daemon_socket_path: Option<String>,
    /// Which options are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request: Vec<DhcpRequest>,
    /// Which options the server is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provide: Vec<DhcpOption>,
}

/// An option that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DhcpRequest {
    /// Whether those that are asked for without being named, router and subnet mask, are left out.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub skip_default: bool,
    /// The option, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
}

impl DhcpIpam {
    /// Returns whether a lease may name a router, through which the pod's default route then goes.
    pub(in crate::network) fn asks_for_router(&self) -> bool {
        let names_router = |option: &str| matches!(option, "routers" | "3");
        let skips = self.request.iter().any(|request| request.skip_default);
        let named = || self.request.iter().filter_map(|request| request.option.as_deref()).any(names_router);
        !skips || named()
    }
}

/// An option that the server is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DhcpOption {
    /// The option, by name or number.
    pub option: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The CNI argument that its value comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_arg: Option<String>,
}
