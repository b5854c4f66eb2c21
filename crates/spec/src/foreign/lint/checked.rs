//! What the linter looked at, in words.

use std::fmt;

/// How many documents of each kind were checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Configurations of the SR-IOV device plugin.
    pub(super) plugin_configs: usize,
    /// The resources in them.
    pub(super) pools: usize,
    /// Configurations of the plugin that shares RDMA devices.
    pub(super) rdma_configs: usize,
    /// The resources in them.
    pub(super) rdma_pools: usize,
    /// NetworkAttachmentDefinitions.
    pub(super) networks: usize,
    /// CNI configurations that are files of their own.
    pub(super) cni_configs: usize,
}

impl Checked {
    /// Returns whether nothing was.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether the rules of a version of the SR-IOV device plugin were used.
    pub fn has_plugin_configs(&self) -> bool {
        self.plugin_configs > 0
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin_configs, pools, rdma_configs, rdma_pools, networks, cni_configs } = self;
        let with = |config: Option<String>, pools: usize| {
            Some(format!("{} with {}", config?, number(pools, "pool")))
        };
        let parts = [
            with(counted(*plugin_configs, "device plugin config"), *pools),
            with(counted(*rdma_configs, "RDMA shared device plugin config"), *rdma_pools),
            counted(*networks, "NetworkAttachmentDefinition"),
            counted(*cni_configs, "CNI configuration"),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// Returns a number of things; `None` where there is none.
fn counted(count: usize, what: &str) -> Option<String> {
    (count > 0).then(|| number(count, what))
}

fn number(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
