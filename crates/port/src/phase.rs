//! The order of work within one PF's lane.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stage of a lane; all of a phase is done and verified before the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// What others were promised is taken back, before all lanes.
    Withdraw,
    /// The host is made ready: modules.
    Quiesce,
    /// VFs that change hands leave their driver.
    Unbind,
    /// All VFs of the PF are destroyed.
    RemoveVfs,
    /// The embedded switch changes mode without VFs.
    SwitchEmpty,
    /// The PF is made ready for VFs: up, its MTU raised, autoprobe lent.
    PreparePf,
    /// VFs are created.
    CreateVfs,
    /// New VFs leave the driver that took them; what held them back from drivers is given back.
    UnbindNew,
    /// The embedded switch changes mode with VFs.
    SwitchPopulated,
    /// VF attributes are set.
    ConfigureVf,
    /// Autoprobe is given back and VFs get their driver.
    Bind,
    /// VF interfaces are configured.
    ConfigureNetdev,
    /// The PF gets its last state: MTU lowered, set down.
    FinishPf,
    /// What others may use is offered.
    Publish,
    /// What was borrowed is given back.
    Release,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: &'static [Self] = &[
        Self::Withdraw,
        Self::Quiesce,
        Self::Unbind,
        Self::RemoveVfs,
        Self::SwitchEmpty,
        Self::PreparePf,
        Self::CreateVfs,
        Self::UnbindNew,
        Self::SwitchPopulated,
        Self::ConfigureVf,
        Self::Bind,
        Self::ConfigureNetdev,
        Self::FinishPf,
        Self::Publish,
        Self::Release,
    ];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Withdraw => "withdraw",
            Self::Quiesce => "quiesce",
            Self::Unbind => "unbind",
            Self::RemoveVfs => "remove VFs",
            Self::SwitchEmpty => "switch mode, empty",
            Self::PreparePf => "prepare PF",
            Self::CreateVfs => "create VFs",
            Self::UnbindNew => "release new VFs",
            Self::SwitchPopulated => "switch mode, populated",
            Self::ConfigureVf => "configure VFs",
            Self::Bind => "bind",
            Self::ConfigureNetdev => "configure VF interfaces",
            Self::FinishPf => "finish PF",
            Self::Publish => "publish",
            Self::Release => "release",
        })
    }
}
