//! The IPAM plugin whereabouts: addresses of ranges that all nodes of the cluster share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{IpAddress, IpNetwork, IpSpan};

use super::route::Route;

/// What whereabouts takes, in the spelling of specs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WhereaboutsIpam {
    /// The network that addresses are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<IpNetwork>,
    /// The first address that is given out; absent, the first of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_start: Option<IpAddress>,
    /// The last address that is given out; absent, the last of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_end: Option<IpAddress>,
    /// Networks within the range that are not given out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<IpNetwork>,
    /// The next hop of routes that name none. It makes no route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddress>,
    /// More ranges: a pod gets one address of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ip_ranges: Vec<WhereaboutsRange>,
    /// Routes of the pod.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Whether an address is held against all other ranges before it is given out; absent, `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_overlapping_ranges: Option<bool>,
    /// The name of the pool of addresses; networks that differ in it know nothing of one another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_name: Option<String>,
    /// The file of the node with its further settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_path: Option<String>,
    /// The file of the node by which it reaches the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
    /// The file of the node that it logs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_file: Option<String>,
    /// How much it logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_level: Option<WhereaboutsLogLevel>,
}

/// Addresses that are given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WhereaboutsRange {
    /// The network that addresses are of.
    pub range: IpNetwork,
    /// The first address that is given out; absent, the first of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_start: Option<IpAddress>,
    /// The last address that is given out; absent, the last of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_end: Option<IpAddress>,
    /// Networks within the range that are not given out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<IpNetwork>,
}

/// How much whereabouts logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhereaboutsLogLevel {
    /// What ends it.
    Panic,
    /// Errors as well.
    Error,
    /// What it does as well.
    Verbose,
    /// Everything.
    Debug,
}

impl WhereaboutsIpam {
    /// Returns the range that stands beside `ipRanges`; `None` where there is none.
    pub(in crate::network) fn own_range(&self) -> Option<WhereaboutsRange> {
        let range = |range| WhereaboutsRange {
            range,
            range_start: self.range_start,
            range_end: self.range_end,
            exclude: self.exclude.clone(),
        };
        self.range.map(range)
    }

    /// Returns whether it gives out no address that another network of whereabouts has given out.
    pub(in crate::network) fn heeds_others(&self) -> bool {
        self.enable_overlapping_ranges.unwrap_or(true)
    }
}

impl WhereaboutsRange {
    /// Returns the addresses that are given out, with those that are excluded.
    pub(in crate::network) fn span(&self) -> IpSpan {
        let usable = self.range.usable();
        IpSpan {
            first: self.range_start.unwrap_or(usable.first),
            last: self.range_end.unwrap_or(usable.last),
        }
    }
}

/// What whereabouts takes, in its own spelling.
#[derive(Serialize)]
pub(super) struct WhereaboutsConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<IpNetwork>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range_start: Option<IpAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range_end: Option<IpAddress>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    exclude: &'a [IpNetwork],
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<IpAddress>,
    #[serde(rename = "ipRanges", skip_serializing_if = "Vec::is_empty")]
    ip_ranges: Vec<RangeConfig<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    routes: &'a [Route],
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_overlapping_ranges: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kubernetes: Option<KubernetesConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_level: Option<WhereaboutsLogLevel>,
}

#[derive(Serialize)]
struct RangeConfig<'a> {
    range: IpNetwork,
    #[serde(skip_serializing_if = "Option::is_none")]
    range_start: Option<IpAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range_end: Option<IpAddress>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    exclude: &'a [IpNetwork],
}

#[derive(Serialize)]
struct KubernetesConfig<'a> {
    kubeconfig: &'a str,
}

impl<'a> WhereaboutsConfig<'a> {
    /// Returns what whereabouts is told.
    pub(super) fn of(ipam: &'a WhereaboutsIpam) -> Self {
        let WhereaboutsIpam {
            range,
            range_start,
            range_end,
            exclude,
            gateway,
            ip_ranges,
            routes,
            enable_overlapping_ranges,
            network_name,
            configuration_path,
            kubeconfig,
            log_file,
            log_level,
        } = ipam;
        let ip_ranges =
            ip_ranges.iter().map(|WhereaboutsRange { range, range_start, range_end, exclude }| RangeConfig {
                range: *range,
                range_start: *range_start,
                range_end: *range_end,
                exclude,
            });
        Self {
            range: *range,
            range_start: *range_start,
            range_end: *range_end,
            exclude,
            gateway: *gateway,
            ip_ranges: ip_ranges.collect(),
            routes,
            enable_overlapping_ranges: *enable_overlapping_ranges,
            network_name: network_name.as_deref(),
            configuration_path: configuration_path.as_deref(),
            kubernetes: kubeconfig.as_deref().map(|kubeconfig| KubernetesConfig { kubeconfig }),
            log_file: log_file.as_deref(),
            log_level: *log_level,
        }
    }
}
