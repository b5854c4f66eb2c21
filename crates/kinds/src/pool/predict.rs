//! Which device the plugin will offer in which pool of a host.

use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, DevicePluginVersion};
use vfctl_port::HostFacts;

use super::devices::{after, of_host};
use super::plugin::PluginConfig;
use super::references::placed_pools;
use super::render::render;
use super::simulator::{Devices, Prediction, simulate};
use crate::DesiredPf;
use crate::components::declared_for_host;
use crate::lane::HostContext;

/// What the pools of documents mean on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPrediction {
    /// The plugin's configuration for the host.
    pub config: PluginConfig,
    /// What the plugin does with it, once the documents are applied.
    pub prediction: Prediction,
    /// Whether a document declares the plugin's release.
    pub is_declared: bool,
    /// The devices that this rests on.
    pub(crate) devices: Devices,
}

/// Returns what the pools of a host's documents mean once they are applied; `None` where there are none. `pfs` is what the
/// documents want of the host's PFs.
pub fn predict_pools(
    context: &HostContext<'_>,
    pfs: &BTreeMap<DeviceAddress, DesiredPf>,
) -> Option<HostPrediction> {
    let pools = placed_pools(context.documents);
    if pools.is_empty() {
        return None;
    }
    let declared = declared_for_host(context.documents);
    let config = render(context, pfs, &pools);
    let devices = after(context, pfs);
    let prediction = simulate(&config, declared.version, &devices);
    Some(HostPrediction { config, prediction, is_declared: declared.is_declared, devices })
}

/// Returns what a plugin of this version does with a configuration on a host as it is.
pub fn predict_config(config: &PluginConfig, version: DevicePluginVersion, host: &HostFacts) -> Prediction {
    simulate(config, version, &of_host(host))
}
