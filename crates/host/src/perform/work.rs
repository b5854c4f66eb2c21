//! What there is to do for an op: a message, writes or a program.

use std::path::PathBuf;

use vfctl_model::{DeviceAddress, DriverName, EswitchSetting, PciAddress};

use crate::child::{Store, When};
use crate::netlink::Message;

/// The work that an op is.
#[derive(Debug)]
pub(super) enum Work {
    /// A message to rtnetlink.
    Message(Message),
    /// Writes into sysfs.
    Stores(Stores),
    /// A request to devlink to set something on the embedded switch.
    Switch(DeviceAddress, EswitchSetting),
    /// A program that is run to its end.
    Program(Program),
}

/// Writes into sysfs, and what is checked before and after them.
#[derive(Debug, Default)]
pub(super) struct Stores {
    /// The writes, in order.
    pub(super) stores: Vec<Store>,
    /// Functions that lose their driver by it. None of them may be open through vfio or vdpa: the kernel would wait
    /// without end, with the PF locked.
    pub(super) releases: Vec<PciAddress>,
    /// The function that gets a driver by it.
    pub(super) binds: Option<Binds>,
}

/// A function that gets a driver.
#[derive(Debug)]
pub(super) struct Binds {
    /// The function.
    pub(super) function: PciAddress,
    /// The driver; `None` where the kernel chooses.
    pub(super) driver: Option<DriverName>,
}

/// A program with its arguments.
#[derive(Debug)]
pub(super) struct Program {
    /// The executable.
    pub(super) executable: PathBuf,
    /// Its arguments.
    pub(super) arguments: Vec<String>,
    /// What it does, for error texts: `modprobe of vfio_pci`.
    pub(super) purpose: String,
}

impl Stores {
    /// Returns a single write.
    pub(super) fn one(path: PathBuf, value: &str) -> Self {
        Self { stores: vec![then(path, value)], ..Self::default() }
    }
}

/// Returns a write that is done if all before it went well.
pub(super) fn then(path: PathBuf, value: &str) -> Store {
    Store { path, value: value.to_owned(), when: When::ThenOnly }
}

/// Returns a write that is done in any case, to undo an earlier one.
pub(super) fn always(path: PathBuf, value: &str) -> Store {
    Store { path, value: value.to_owned(), when: When::Always }
}
