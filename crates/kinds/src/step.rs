//! Steps: what a plan is made of.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{VfAttribute, VfIndex};
use vfctl_port::{Claim, Phase, Property, Use};

use crate::change::Change;
use crate::holder::Holder;

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
    /// The impact in words of its own, such as which VFs are destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequence: Option<String>,
    /// Whom it disrupts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub victims: Vec<Victim>,
    /// The changes, one for each op.
    pub changes: Vec<Change>,
    /// What must be true before it, besides what earlier phases and the basis say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Claim>,
    /// What is waited for where it may come, a few seconds at most; the step is performed without it as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awaits: Vec<Claim>,
    /// What is true after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<Claim>,
    /// How long to wait for `requires` and `ends` to become true, in milliseconds.
    #[serde(default)]
    pub settle_ms: u32,
    /// More on it for people, a line each, such as the addresses that new VFs will have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// Why a step is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The spec asks for the value.
    Asked,
    /// The kernel changes a count only through 0.
    CountThroughZero,
    /// No driver may take new VFs before they are configured.
    WithholdDrivers,
    /// The kernel chooses a VF's driver only with autoprobe on.
    LetKernelChoose,
    /// What was changed for a while is restored.
    GiveBack,
    /// What an earlier apply had changed for a while, and left so when it was cut off or failed, is restored.
    RestoreLeft,
    /// The driver sees a new MAC address only when it is loaded anew.
    MacNeedsRebind,
    /// A driver that the spec names is not loaded.
    DriverNeedsModule,
    /// The PF must be up for what follows.
    PfMustBeUp,
    /// New VFs get the driver that the kernel would have given them.
    DefaultDriver,
    /// Pods must not be given VFs that go away.
    OutOfService,
    /// The device plugin finds devices only when it starts.
    PluginMustStart,
    /// What a part does is done by its pods.
    PodsMustRun,
    /// An object of vfctl's own that no document asks for any more.
    NoLongerAsked,
    /// What pods have written on their nodes must go with them.
    ClearsAway,
}

impl Reason {
    /// Returns whether the step is there for the sake of another property that is asked for.
    pub fn comes_with(self, property: Property) -> bool {
        self == Self::MacNeedsRebind && property == Property::Attribute(VfAttribute::MacAddress)
    }

    /// Returns whether the step gives VFs the driver that they would have had without the lane: it is done also where
    /// the lane is closed early.
    pub fn returns_drivers(self) -> bool {
        matches!(self, Self::MacNeedsRebind | Self::DefaultDriver | Self::RestoreLeft)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "the spec asks for it",
            Self::CountThroughZero => "the kernel changes a count only through 0",
            Self::WithholdDrivers => "temporary: no driver binds until the VFs are configured",
            Self::LetKernelChoose => "temporary: the kernel chooses a VF's driver only with it on",
            Self::GiveBack => "restored",
            Self::RestoreLeft => "restored: an earlier apply left it so",
            Self::MacNeedsRebind => "the VF's driver reads a new MAC address only when bound again",
            Self::DriverNeedsModule => "the driver is not loaded",
            Self::PfMustBeUp => "temporary: the PF must be up when VFs are created or removed",
            Self::DefaultDriver => "new VFs get the kernel's driver",
            Self::OutOfService => "temporary: pods must not be given VFs that are removed or rebound",
            Self::PluginMustStart => {
                "the device plugin reads its configuration and finds devices when it starts"
            }
            Self::PodsMustRun => "written again, and waited for: pods of it do not run",
            Self::NoLongerAsked => "no document asks for it any more",
            Self::ClearsAway => "its pods remove their configuration from the nodes when they end",
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
    /// The PF is set down, and its VFs lose their link.
    SetsDown,
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
            Self::SetsDown => "takes the PF down, and the link of its VFs",
            Self::Rebinds => "removes the VF's interface and its addresses",
            Self::Destroys => "destroys VFs",
        })
    }
}

/// Somebody whom a step disrupts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Victim {
    /// The VF; `None` where the PF itself is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vf: Option<VfIndex>,
    /// Who, for people.
    pub user: String,
    /// Who, for programs.
    pub holder: Holder,
    /// Whether it could not be looked, so that this is a mere possibility.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub perhaps: bool,
    /// Whether the kernel would wait without end, so that no consent helps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocks: bool,
}

impl Victim {
    /// Returns the user of a VF as a victim; `leaves` where the VF leaves its driver or the bus, for which the kernel
    /// waits until a vfio device is closed. Whatever else is set on a VF, it does not wait.
    pub(crate) fn of_vf(vf: VfIndex, user: &Use, leaves: bool) -> Self {
        let perhaps = matches!(user, Use::CouldNotLook { .. });
        Self {
            vf: Some(vf),
            user: user.to_string(),
            holder: Holder::from(user),
            perhaps,
            blocks: leaves && user.blocks_the_kernel(),
        }
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
            consequence: None,
            victims: Vec::new(),
            changes: Vec::new(),
            requires: Vec::new(),
            awaits: Vec::new(),
            ends: Vec::new(),
            settle_ms: 0,
            details: Vec::new(),
        }
    }

    /// Returns whether the step may only be performed with the user's consent: it destroys VFs, or disrupts their users.
    pub fn needs_consent(&self) -> bool {
        self.impact == Impact::Destroys || !self.victims.is_empty()
    }
}
