//! The table of actions: everything that edges can do, one row each.
//!
//! Three places match on actions besides this table: what a person would type (`Op`'s text), how a real edge does it,
//! and how the simulator does it. All else (order, batches, what a plan may rest on, what is given back when a lane
//! fails) follows from the rows.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{AttributeValue, EswitchMode, Mtu, ParseError, Toggle, VfAttribute};

use crate::admin_state::AdminState;
use crate::binding::Binding;
use crate::claim::Expect;
use crate::claim_value::ClaimValue;
use crate::phase::Phase;
use crate::property::Property;

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A kernel module.
    Module,
    /// A PF by its device.
    Pf,
    /// A PF by its interface.
    PfInterface,
    /// A VF through its PF's interface.
    VfThroughPf,
    /// A VF by its own PCI function.
    Function,
}

/// The way an action takes to the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A message to rtnetlink: it is done when its sender goes on, answered or not.
    LinkMessage,
    /// A request to devlink: the driver works within it, as long as its firmware takes.
    Devlink,
    /// A store into a file of sysfs.
    Store,
    /// A program that is run.
    Program,
}

/// What must be so of an action's target for the kernel to accept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The PF has no VFs.
    NoVfs,
    /// The VF exists.
    VfExists,
    /// The VF has a driver.
    HasDriver,
    /// The VF has no driver.
    NoDriver,
    /// The kernel may choose drivers for VFs.
    Autoprobe,
    /// The value is not above the PF's MTU.
    WithinPfMtu,
}

/// What an action takes away or makes anew besides the property that it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remakes {
    /// Nothing.
    Nothing,
    /// Every VF of the PF, and all that was set on them.
    Vfs,
    /// The VF's interface goes.
    TakesInterface,
    /// The VF's interface comes anew.
    MakesInterface,
}

/// What returns the value of before where a lane that has changed it for a while is closed early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    /// Nothing does: what was done stays, and is reported.
    Never,
    /// The last action of this kind that the lane has planned for the same target.
    BySameAction,
    /// The action that gives a VF the driver which it would have had without the lane.
    ByDriver,
}

/// What the table says of one kind of action.
#[derive(Debug, Clone, Copy)]
pub struct ActionRow {
    /// The kind.
    pub kind: ActionKind,
    /// Its word in documents and scenarios.
    pub word: &'static str,
    /// What it is done to.
    pub target: TargetKind,
    /// How it reaches the kernel.
    pub transport: Transport,
    /// Whether it can fail to come back, so that a child does it which can be left behind.
    pub may_hang: bool,
    /// Whether several may go in one call.
    pub may_batch: bool,
    /// Whether nothing after it is begun where it is refused: no further VF is to lose its users for a change that will
    /// not be made.
    pub stops_when_refused: bool,
    /// The phases in which it may stand.
    pub phases: &'static [Phase],
    /// What must be so before.
    pub needs: &'static [Need],
    /// What goes or comes with it.
    pub remakes: Remakes,
    /// What gives back what it has changed for a while.
    pub given_back: GivenBack,
}

/// Makes the enums and their table from one row each.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $word:literal $(($value:ident: $payload:ty))? {
        changes: $changes:expr,
        after: $after:expr,
        $($column:ident: $cell:expr),* $(,)?
    })*) => {
        /// One thing that an edge can do to a target.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub enum Action {
            $($(#[$doc])* $name $(($payload))?,)*
        }

        /// The kinds of actions, without their values.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ActionKind {
            $($(#[$doc])* $name,)*
        }

        impl ActionKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the kind's row.
            pub fn row(self) -> &'static ActionRow {
                match self {
                    $(Self::$name => {
                        const ROW: ActionRow = ActionRow { kind: ActionKind::$name, word: $word, $($column: $cell),* };
                        &ROW
                    })*
                }
            }
        }

        impl Action {
            /// Returns the kind.
            pub fn kind(&self) -> ActionKind {
                match self { $(Self::$name { .. } => ActionKind::$name,)* }
            }

            /// Returns the property of its target that it changes.
            #[allow(unused_variables, reason = "few rows look at the value")]
            pub fn changes(&self) -> Property {
                match self { $(Self::$name $(($value))? => $changes,)* }
            }

            /// Returns what is true of that property afterwards; `None` where the kernel or the driver decides.
            #[allow(unused_variables, reason = "few rows look at the value")]
            pub fn after(&self) -> Option<Expect> {
                match self { $(Self::$name $(($value))? => $after,)* }
            }
        }
    };
}

// The order is that in which `plan` and reports count them; it means nothing else.
actions! {
    /// Loads a kernel module with what it needs.
    LoadModule "loadModule" {
        changes: Property::Loaded,
        after: flag(true),
        target: TargetKind::Module,
        transport: Transport::Program,
        may_hang: true,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::LoadModules],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
    }
    /// Destroys all VFs of a PF.
    RemoveVfs "removeVfs" {
        changes: Property::VfCount,
        after: number(0),
        target: TargetKind::Pf,
        transport: Transport::Store,
        may_hang: true,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::RemoveVfs],
        needs: &[],
        remakes: Remakes::Vfs,
        given_back: GivenBack::Never,
    }
    /// Creates so many VFs on a PF without any: the kernel changes a count only from or to 0
    /// (`sriov_numvfs_store`, drivers/pci/iov.c).
    CreateVfs "createVfs" (count: u16) {
        changes: Property::VfCount,
        after: number(u32::from(*count)),
        target: TargetKind::Pf,
        transport: Transport::Store,
        may_hang: true,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::CreateVfs],
        needs: &[Need::NoVfs],
        remakes: Remakes::Vfs,
        given_back: GivenBack::ByDriver,
    }
    /// Says whether the kernel binds new VFs to a driver (`sriov_drivers_autoprobe`).
    SetDriversAutoprobe "setDriversAutoprobe" (autoprobe: Toggle) {
        changes: Property::DriversAutoprobe,
        after: flag(*autoprobe == Toggle::On),
        target: TargetKind::Pf,
        transport: Transport::Store,
        may_hang: true,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::PreparePf, Phase::AllowDrivers, Phase::FinishPf],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::BySameAction,
    }
    /// Gives an attribute of a VF a value, through the PF's interface (`IFLA_VFINFO_LIST`).
    SetVfAttribute "setVfAttribute" (setting: AttributeValue) {
        changes: Property::Attribute(setting.attribute()),
        // What the factory value reads as is for the driver to say.
        after: (setting.value() != VfAttribute::factory(setting.attribute()))
            .then_some(Expect::Is(ClaimValue::Vf(setting.value()))),
        target: TargetKind::VfThroughPf,
        transport: Transport::LinkMessage,
        may_hang: false,
        may_batch: true,
        stops_when_refused: false,
        phases: &[Phase::ConfigureVfs],
        needs: &[Need::VfExists],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
    }
    /// Sets the mode of a PF's embedded switch (`DEVLINK_CMD_ESWITCH_SET`).
    SetEswitchMode "setEswitchMode" (mode: EswitchMode) {
        changes: Property::EswitchMode,
        after: Some(Expect::Is(ClaimValue::Name(mode.to_string()))),
        target: TargetKind::Pf,
        transport: Transport::Devlink,
        may_hang: true,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::SwitchEmpty, Phase::SwitchPopulated],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
    }
    /// Sets the MTU of a PF's interface.
    SetPfMtu "setPfMtu" (mtu: Mtu) {
        changes: Property::Mtu,
        after: number(mtu.get()),
        target: TargetKind::PfInterface,
        transport: Transport::LinkMessage,
        may_hang: false,
        may_batch: true,
        stops_when_refused: false,
        phases: &[Phase::PreparePf, Phase::FinishPf],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
    }
    /// Sets a PF's interface up or down (`IFF_UP`).
    SetPfAdminState "setPfAdminState" (state: AdminState) {
        changes: Property::AdminState,
        after: flag(*state == AdminState::Up),
        target: TargetKind::PfInterface,
        transport: Transport::LinkMessage,
        may_hang: false,
        may_batch: true,
        stops_when_refused: false,
        phases: &[Phase::SetPfUp, Phase::PreparePf, Phase::FinishPf],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::BySameAction,
    }
    /// Sets the MTU of a VF's interface, whatever that is called.
    SetVfMtu "setVfMtu" (mtu: Mtu) {
        changes: Property::Mtu,
        after: number(mtu.get()),
        target: TargetKind::Function,
        transport: Transport::LinkMessage,
        may_hang: false,
        may_batch: true,
        stops_when_refused: false,
        phases: &[Phase::ConfigureInterfaces],
        needs: &[Need::VfExists, Need::WithinPfMtu],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
    }
    /// Takes a VF from its driver.
    UnbindDriver "unbindDriver" {
        changes: Property::Driver,
        after: Some(Expect::Absent),
        target: TargetKind::Function,
        transport: Transport::Store,
        may_hang: true,
        may_batch: false,
        stops_when_refused: true,
        phases: &[Phase::Unbind],
        needs: &[Need::VfExists, Need::HasDriver],
        remakes: Remakes::TakesInterface,
        given_back: GivenBack::ByDriver,
    }
    /// Gives a VF without driver to the named one: override, bind, and the override given back also on failure.
    BindDriver "bindDriver" (binding: Binding) {
        changes: Property::Driver,
        after: Some(Expect::Is(ClaimValue::Name(binding.driver.to_string()))),
        target: TargetKind::Function,
        transport: Transport::Store,
        may_hang: true,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::Bind],
        needs: &[Need::VfExists, Need::NoDriver],
        remakes: Remakes::MakesInterface,
        given_back: GivenBack::Never,
    }
    /// Clears a VF's override and lets the kernel choose its driver. With autoprobe off the kernel says yes and binds
    /// nothing (`pci_device_can_probe`, drivers/pci/pci-driver.c; `drivers_probe_store`, drivers/base/bus.c).
    ProbeDriver "probeDriver" {
        changes: Property::Driver,
        after: None,
        target: TargetKind::Function,
        transport: Transport::Store,
        may_hang: true,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::Bind],
        needs: &[Need::VfExists, Need::NoDriver, Need::Autoprobe],
        remakes: Remakes::MakesInterface,
        given_back: GivenBack::Never,
    }
}

fn flag(value: bool) -> Option<Expect> {
    Some(Expect::Is(ClaimValue::Flag(value)))
}

fn number(value: u32) -> Option<Expect> {
    Some(Expect::Is(ClaimValue::Number(value)))
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.row().word)
    }
}

impl FromStr for ActionKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.iter().copied().find(|kind| kind.row().word.eq_ignore_ascii_case(text));
        found.ok_or_else(|| ParseError::new(text, "kind of action such as `createVfs`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_of_each_action_is_its_name_in_documents() {
        for kind in ActionKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(*kind));
            assert_eq!(kind.row().kind, *kind);
            assert!(kind.row().word.eq_ignore_ascii_case(&format!("{kind:?}")), "{kind:?}");
        }
        let json = |action: &Action| serde_json::to_string(action).expect("JSON");
        assert_eq!(json(&Action::CreateVfs(8)), r#"{"createVfs":8}"#);
        assert_eq!(json(&Action::RemoveVfs), r#""removeVfs""#);
    }

    #[test]
    fn only_messages_go_in_batches_and_only_they_never_hang() {
        for row in ActionKind::ALL.iter().map(|kind| kind.row()) {
            assert!(!row.phases.is_empty(), "{}", row.word);
            assert!(!row.may_batch || row.transport == Transport::LinkMessage, "{}", row.word);
            assert_eq!(row.may_hang, row.transport != Transport::LinkMessage, "{}", row.word);
        }
    }
}
