//! The YAML of an embedded switch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{EswitchEncapMode, EswitchInlineMode, EswitchMode, EswitchSetting};

/// How a PF's embedded switch should work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EswitchSpec {
    /// `legacy`, or `switchdev` for a representor of each VF.
    pub mode: EswitchMode,
    /// Up to which header VFs must put a frame into its descriptor: `none`, `link`, `network` or `transport`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline_mode: Option<EswitchInlineMode>,
    /// Whether the switch wraps frames into tunnels: `none` or `basic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encap_mode: Option<EswitchEncapMode>,
}

impl EswitchSpec {
    /// Returns what is asked besides the mode, with the field that asks for it.
    pub(super) fn besides_mode(&self) -> impl Iterator<Item = (&'static str, EswitchSetting)> {
        let inline = self.inline_mode.map(|mode| ("inlineMode", EswitchSetting::InlineMode(mode)));
        let encap = self.encap_mode.map(|mode| ("encapMode", EswitchSetting::EncapMode(mode)));
        [inline, encap].into_iter().flatten()
    }
}
