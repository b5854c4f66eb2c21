//! Steps: what a plan is made of.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::VfIndex;
use vfctl_port::{Claim, Op, Phase, Property, Use};

/// One property that is changed on a PF, or on many of its VFs, in one phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Step {
    /// When in the lane.
    pub phase: Phase,
    /// What is changed.
    pub property: Property,
    /// Why.
    pub reason: Reason,
    /// What it does to those who use the VFs.
    pub impact: Impact,
    /// Who is hurt by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub victims: Vec<Victim>,
    /// The changes, one for each op.
    pub changes: Vec<Change>,
    /// What must be true before it, besides what earlier phases and the basis say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Claim>,
    /// What is true after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<Claim>,
    /// How long to wait for `requires` and `ends` to become true, in milliseconds.
    #[serde(default)]
    pub settle_ms: u32,
    /// The op that gives back what this step borrows, to be done also where the lane fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub give_back: Option<Op>,
}

/// One op with what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Change {
    /// The VF; `None` where the PF or the host is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vf: Option<VfIndex>,
    /// The value of before; `None` where there is none to speak of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value of after.
    pub to: String,
    /// The place in the spec that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The op.
    pub op: Op,
}

/// Why a step is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The spec asks for the value.
    Asked,
    /// The kernel changes a count only through 0.
    CountThroughZero,
    /// New VFs must not be taken by a driver before they are configured.
    HoldNewVfs,
    /// The kernel chooses a VF's driver only with autoprobe on.
    LetKernelChoose,
    /// What was borrowed is given back.
    GiveBack,
    /// The driver sees a new MAC address only when it is loaded anew.
    MacNeedsRebind,
    /// A driver that the spec names is not loaded.
    DriverNeedsModule,
    /// The PF must be up for what follows.
    PfMustBeUp,
    /// New VFs get the driver that the kernel would have given them.
    DefaultDriver,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "the spec asks for it",
            Self::CountThroughZero => "the kernel changes a count only through 0",
            Self::HoldNewVfs => "lent: new VFs wait for their driver until they are configured",
            Self::LetKernelChoose => "lent: the kernel chooses a VF's driver only with it on",
            Self::GiveBack => "given back",
            Self::MacNeedsRebind => "the VF's driver sees a new MAC address only when loaded anew",
            Self::DriverNeedsModule => "the driver is not loaded",
            Self::PfMustBeUp => "lent: the PF must be up when VFs are made or removed",
            Self::DefaultDriver => "new VFs get the kernel's driver",
        })
    }
}

/// What a step does to those who use the VFs, from harmless to harmful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Impact {
    /// Nobody notices.
    None,
    /// Traffic may pause.
    Disturbs,
    /// The PF's link goes down and comes back.
    FlapsLink,
    /// The VF's interface or device goes and comes back.
    Rebinds,
    /// VFs are destroyed.
    Destroys,
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "harmless",
            Self::Disturbs => "may pause traffic",
            Self::FlapsLink => "takes the PF's link down for a moment",
            Self::Rebinds => "takes the VF's interface and its addresses away",
            Self::Destroys => "destroys VFs",
        })
    }
}

/// Somebody who is hurt by a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Victim {
    /// The VF; `None` where the PF itself is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vf: Option<VfIndex>,
    /// Who.
    pub user: String,
    /// Whether it could not be looked, so that this is a mere possibility.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub perhaps: bool,
    /// Whether the kernel would wait for ever, so that no consent helps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocks: bool,
}

impl Victim {
    /// Returns the user of a VF as a victim; `leaves` where the VF leaves its driver or the bus, for which the kernel
    /// waits until a vfio device is closed. Whatever else is set on a VF, it does not wait.
    pub(crate) fn of_vf(vf: VfIndex, user: &Use, leaves: bool) -> Self {
        let perhaps = matches!(user, Use::CouldNotLook { .. });
        Self { vf: Some(vf), user: user.to_string(), perhaps, blocks: leaves && user.blocks_the_kernel() }
    }
}

impl Step {
    /// Returns a harmless step without claims, for a kind to fill in.
    pub(crate) fn new(phase: Phase, property: Property, reason: Reason) -> Self {
        Self {
            phase,
            property,
            reason,
            impact: Impact::None,
            victims: Vec::new(),
            changes: Vec::new(),
            requires: Vec::new(),
            ends: Vec::new(),
            settle_ms: 0,
            give_back: None,
        }
    }

    /// Returns whether the step may only be performed with the user's consent: it destroys VFs, or hurts users.
    pub fn needs_consent(&self) -> bool {
        self.impact == Impact::Destroys || !self.victims.is_empty()
    }
}
