//! What `vfctl pools` says of k8s-rdma-shared-dev-plugin: its configuration for a host.

use schemars::JsonSchema;
use serde::Serialize;
use vfctl_kinds::lane::{HostContext, HostDraft};
use vfctl_kinds::rdma_shared_pool::{PLUGIN, RdmaSharedConfig, rdma_shared_config};
use vfctl_model::{HostName, ResourceName};

/// The shared RDMA devices of a host.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RdmaShared", deny_unknown_fields)]
pub(super) struct RdmaSharedOfHost {
    /// What keeps the resources from being as the spec means them, such as a port without an interface.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    problems: Vec<String>,
    /// The resources of which the host has no port: they are not in the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    left_out: Vec<ResourceName>,
    /// The plugin's `config.json`.
    config: RdmaSharedConfig,
}

impl RdmaSharedOfHost {
    /// Returns what documents ask for on a host; `None` where they share nothing.
    pub(super) fn of(context: &HostContext<'_>, draft: &HostDraft) -> Option<Self> {
        let config = rdma_shared_config(context, &draft.pfs)?;
        let problems = draft.findings.problems.iter().map(|problem| problem.message.clone()).collect();
        let asked = context.documents.iter().flat_map(|document| &document.config.spec.rdma_shared_pools);
        let is_there = |resource: &ResourceName| {
            config.config_list.iter().any(|entry| entry.resource_name == resource.name())
        };
        let left_out =
            asked.map(|pool| pool.resource.clone()).filter(|resource| !is_there(resource)).collect();
        Some(Self { problems, left_out, config })
    }

    /// Returns whether something is not as the spec means it.
    pub(super) fn is_wrong(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Returns what people read. The problems of the host may stand there already.
    pub(super) fn text(&self, name: &HostName, has_problems: bool) -> std::io::Result<String> {
        let Self { problems, left_out, config } = self;
        let mut text = format!("host {name}: config.json of {PLUGIN}\n");
        for problem in problems.iter().filter(|_| !has_problems) {
            text.push_str(&format!("  error: {problem}\n"));
        }
        for resource in left_out {
            text.push_str(&format!("  note: {resource} is left out: the host has no port of it\n"));
        }
        if config.config_list.is_empty() {
            text.push_str("  note: no resource is left, and the plugin does not start without any\n");
            return Ok(text);
        }
        text.extend(config.to_text()?.lines().map(|line| format!("  {line}\n")));
        Ok(text)
    }
}
