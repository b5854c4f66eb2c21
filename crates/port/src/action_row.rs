//! What the table of actions says of each.

use crate::action::ActionKind;
use crate::phase::Phase;

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
    /// An object of the cluster.
    Object,
}

/// The way an action takes to the kernel, or to the cluster.
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
    /// A request to the Kubernetes API.
    Api,
}

/// What must be so of an action's target for the kernel to accept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The PF has no VFs.
    NoVfs,
    /// The PF has no VFs, where the action stands in this phase.
    NoVfsIn(Phase),
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

impl Need {
    /// Returns whether it must be so where the action stands in this phase.
    pub fn applies_in(self, phase: Phase) -> bool {
        match self {
            Self::NoVfsIn(needed) => needed == phase,
            Self::NoVfs
            | Self::VfExists
            | Self::HasDriver
            | Self::NoDriver
            | Self::Autoprobe
            | Self::WithinPfMtu => true,
        }
    }
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

/// An op of an action, by which whatever works on every action is tried.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The op as a document.
    pub op: &'static str,
    /// The command that does the same.
    pub command: &'static str,
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
    /// The command that a person would type to the same effect. In braces stand words of the target (`module`, `pf`,
    /// `folder`, `interface`, `vf`, `function`, `function_folder`) and of the action's value (`Action::words`).
    pub command: &'static str,
    /// How it reaches the kernel.
    pub transport: Transport,
    /// Whether it can fail to come back, so that a child does it which can be left behind.
    pub may_hang: bool,
    /// What a process that waits in the kernel for it is seen to write, and has the PF locked: the file below the
    /// device's folder, or words for what is no file; `None` for what takes no such lock.
    pub holds: Option<&'static str>,
    /// Whether several may go in one call.
    pub may_batch: bool,
    /// Whether nothing after it is begun where it is refused: no further VF is to lose its users for a change that will
    /// not be made.
    pub stops_when_refused: bool,
    /// Whether it is tried again though it is no message: see [`Self::is_retried`].
    pub(crate) retried: bool,
    /// The phases in which it may stand.
    pub phases: &'static [Phase],
    /// What must be so before.
    pub needs: &'static [Need],
    /// What goes or comes with it.
    pub remakes: Remakes,
    /// What gives back what it has changed for a while.
    pub given_back: GivenBack,
    /// An op of it.
    pub sample: Sample,
}

impl ActionRow {
    /// Returns whether it is tried again, for a second, where it is refused with EAGAIN or EBUSY: a driver has no time for it
    /// while it resets its device. Messages are.
    pub fn is_retried(&self) -> bool {
        self.retried || self.transport == Transport::LinkMessage
    }
}
