//! The order of work: stages of a plan, and phases within a lane.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of a plan. All lanes of a stage on one host are done before the next stage begins there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// What others were promised is taken out of service.
    Withdraw,
    /// The host is made ready: modules.
    Prepare,
    /// The work on PFs and their VFs.
    Ports,
    /// What others may use is offered.
    Publish,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: &'static [Self] = &[Self::Withdraw, Self::Prepare, Self::Ports, Self::Publish];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Withdraw => "withdraw",
            Self::Prepare => "prepare",
            Self::Ports => "ports",
            Self::Publish => "publish",
        })
    }
}

/// A part of a lane; all of a phase is done and verified before the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// What a node offers to pods is taken out of service.
    TakeOutOfService,
    /// Kernel modules are loaded.
    LoadModules,
    /// The PF is set up, where its driver removes VFs only then.
    SetPfUp,
    /// VFs that change hands leave their driver.
    Unbind,
    /// All VFs of the PF are destroyed.
    RemoveVfs,
    /// The embedded switch changes mode without VFs.
    SwitchEmpty,
    /// The PF is made ready for VFs: up, its MTU raised, autoprobe off for a while.
    PreparePf,
    /// VFs are created.
    CreateVfs,
    /// The embedded switch changes mode with VFs.
    SwitchPopulated,
    /// VF attributes are set.
    ConfigureVfs,
    /// VFs get the driver that is named for them.
    Bind,
    /// Drivers may take VFs again: each VF has the driver that is named for it, and what a driver reads only once.
    AllowDrivers,
    /// VFs get the driver that the kernel chooses.
    Probe,
    /// VF interfaces are configured.
    ConfigureInterfaces,
    /// The PF gets its last state: MTU lowered, set down.
    FinishPf,
    /// Objects of the cluster are created and changed.
    WriteObjects,
    /// A node's device plugin starts anew, and what it offers is awaited.
    StartPlugin,
    /// Objects of the cluster that no document asks for any more are deleted.
    DeleteObjects,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: &'static [Self] = &[
        Self::TakeOutOfService,
        Self::LoadModules,
        Self::SetPfUp,
        Self::Unbind,
        Self::RemoveVfs,
        Self::SwitchEmpty,
        Self::PreparePf,
        Self::CreateVfs,
        Self::SwitchPopulated,
        Self::ConfigureVfs,
        Self::Bind,
        Self::AllowDrivers,
        Self::Probe,
        Self::ConfigureInterfaces,
        Self::FinishPf,
        Self::WriteObjects,
        Self::StartPlugin,
        Self::DeleteObjects,
    ];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::TakeOutOfService => "take out of service",
            Self::LoadModules => "load modules",
            Self::SetPfUp => "set PF up",
            Self::Unbind => "unbind drivers",
            Self::RemoveVfs => "remove VFs",
            Self::SwitchEmpty => "switch mode without VFs",
            Self::PreparePf => "prepare PF",
            Self::CreateVfs => "create VFs",
            Self::AllowDrivers => "allow drivers",
            Self::SwitchPopulated => "switch mode with VFs",
            Self::ConfigureVfs => "configure VFs",
            Self::Bind => "bind drivers",
            Self::Probe => "probe drivers",
            Self::ConfigureInterfaces => "configure VF interfaces",
            Self::FinishPf => "finish PF",
            Self::WriteObjects => "write objects",
            Self::StartPlugin => "start device plugin",
            Self::DeleteObjects => "delete objects",
        })
    }
}
