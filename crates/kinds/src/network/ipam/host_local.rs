//! The IPAM plugin host-local: each node gives out addresses of ranges, from files of its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{IpAddress, IpNetwork};

use super::route::Route;

/// What host-local takes. `subnet` and what belongs to it are one range, `ranges` are more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HostLocalIpam {
    /// The network that addresses are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet: Option<IpNetwork>,
    /// The first address that is given out; absent, the first of the subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_start: Option<IpAddress>,
    /// The last address that is given out; absent, the last of the subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_end: Option<IpAddress>,
    /// The next hop of routes that name none; absent, the first address of the subnet. It makes no route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddress>,
    /// Sets of ranges: a pod gets one address of each set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Vec<AddressRange>>,
    /// Routes of the pod.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// The folder of the node where it keeps what it gave out; absent, `/var/lib/cni/networks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<String>,
    /// A file of the node whose name servers the pod gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolv_conf: Option<String>,
}

/// Addresses that are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AddressRange {
    /// The network that addresses are of.
    pub subnet: IpNetwork,
    /// The first address that is given out; absent, the first of the subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_start: Option<IpAddress>,
    /// The last address that is given out; absent, the last of the subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_end: Option<IpAddress>,
    /// The next hop of routes that name none; absent, the first address of the subnet. It makes no route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddress>,
}

impl HostLocalIpam {
    /// Returns the range that stands beside `ranges`; `None` where there is no subnet for one.
    pub(in crate::network) fn own_range(&self) -> Option<AddressRange> {
        let Self {
            subnet,
            range_start,
            range_end,
            gateway,
            ranges: _,
            routes: _,
            data_dir: _,
            resolv_conf: _,
        } = self;
        let range = |subnet| AddressRange {
            subnet,
            range_start: *range_start,
            range_end: *range_end,
            gateway: *gateway,
        };
        subnet.map(range)
    }
}
