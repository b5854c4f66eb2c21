//! Writes of earlier runs that are blocked in the kernel.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use vfctl_model::{DeviceAddress, PciAddress};
use vfctl_port::{ActionKind, StuckStore};

use crate::child::{CHILD_NAME, RELAY, STORE, SWITCH};
use crate::processes::Process;
use crate::roots::Roots;

/// How long is waited between two looks at a child.
const PAUSE: Duration = Duration::from_millis(20);

/// Returns every write that a child of this program has begun and not ended; but not those of an apply that still runs,
/// which may well be right in the middle of its work, and not what another user's process says of itself: that would let
/// any user block every plan.
pub(crate) fn find_stuck_stores(roots: &Roots, processes: &[Process]) -> Vec<StuckStore> {
    children_left(roots, processes)
        .filter_map(|child| {
            let arguments = child.arguments(roots).ok()?;
            let (device, path) = store_in(&arguments).or_else(|| switch_in(&arguments))?;
            Some(StuckStore { pid: child.pid, device, path })
        })
        .collect()
}

/// The children of runs that have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Orphans {
    /// There was none.
    None,
    /// There was one, which may have changed what was read before.
    Waited,
    /// This one still sends what it was to send: settings of VFs may change at any moment.
    Sends(u32),
}

/// Waits until no child of a run that has ended is at work any more, at most `limit`. What it does shows in the middle of a
/// look, or after it.
pub(crate) fn wait_for_orphans(roots: &Roots, processes: &[Process], limit: Duration) -> Orphans {
    let own = std::process::id();
    let orphans: Vec<&Process> =
        children_left(roots, processes).filter(|child| child.parent(roots) != Some(own)).collect();
    let end = Instant::now() + limit;
    while Instant::now() < end && orphans.iter().any(|orphan| orphan.folder(roots).exists()) {
        sleep(PAUSE);
    }
    let sends = |orphan: &&&Process| {
        let still = orphan.folder(roots).exists();
        still && orphan.arguments(roots).is_ok_and(|words| words.iter().any(|word| word == RELAY))
    };
    match orphans.iter().find(sends) {
        Some(orphan) => Orphans::Sends(orphan.pid),
        None if orphans.is_empty() => Orphans::None,
        None => Orphans::Waited,
    }
}

/// Returns the children of this program that are at work, but not those of another run that goes on, nor what another
/// user's process says of itself.
fn children_left<'p>(roots: &'p Roots, processes: &'p [Process]) -> impl Iterator<Item = &'p Process> {
    let children = processes.iter().filter(|process| process.name.as_bytes() == CHILD_NAME.to_bytes());
    children.filter(|child| child.is_trusted(roots) && !belongs_to_another_run(roots, child))
}

/// Returns whether the child's parent is another process of this program. Who has left a child behind and ended is its
/// parent no more.
fn belongs_to_another_run(roots: &Roots, child: &Process) -> bool {
    let executable = |pid: u32| {
        let file = fs::metadata(roots.path(format!("/proc/{pid}/exe"))).ok()?;
        Some((file.dev(), file.ino()))
    };
    let parent = child.parent(roots).filter(|parent| *parent != std::process::id());
    parent.and_then(executable).is_some_and(|parent| Some(parent) == executable(child.pid))
}

/// Returns device and file of the write that a child was started for, from its arguments
/// `… __store (WHEN PATH VALUE)…`: the last that is not there to take something back.
fn store_in(arguments: &[String]) -> Option<(DeviceAddress, String)> {
    let start = arguments.iter().position(|argument| argument == STORE)?;
    let stores: Vec<_> = arguments.get(start + 1..)?.chunks_exact(3).collect();
    let device = stores.iter().find_map(|store| device_in(store));
    let purpose = stores.iter().rev().find(|store| store.first().is_some_and(|when| when == "then"))?;
    Some((device?, purpose.get(1)?.clone()))
}

/// Returns the device whose embedded switch a child was started for, from its arguments `… __switch DEVICE WORD VALUE`,
/// and what it sets.
fn switch_in(arguments: &[String]) -> Option<(DeviceAddress, String)> {
    let start = arguments.iter().position(|argument| argument == SWITCH)?;
    let device = arguments.get(start + 1)?.parse().ok()?;
    Some((device, ActionKind::SetEswitch.row().holds?.to_owned()))
}

/// Returns the device that a write's path or value names.
fn device_in(store: &[String]) -> Option<DeviceAddress> {
    store.iter().flat_map(|word| word.split('/').rev()).find_map(|part| {
        let simulated = part.strip_prefix("netdevsim").and_then(|id| id.parse().ok());
        simulated
            .map(DeviceAddress::Netdevsim)
            .or_else(|| part.parse::<PciAddress>().ok().map(DeviceAddress::Pci))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuck_store_names_the_device_whose_file_it_writes() {
        for (path, device) in [
            ("/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs", Some("pci/0000:01:00.0")),
            ("/sys/bus/pci/devices/0000:01:10.2/driver/unbind", Some("pci/0000:01:10.2")),
            ("/sys/bus/netdevsim/devices/netdevsim7/sriov_numvfs", Some("netdevsim/netdevsim7")),
            ("/sys/bus/pci/drivers_probe", None),
        ] {
            let arguments = ["/proc/self/exe", "__store", "then", path, "0", ""].map(str::to_owned);
            let found = store_in(&arguments).map(|(device, _)| device.to_string());
            assert_eq!(found.as_deref(), device, "{path}");
        }
    }

    #[test]
    fn stuck_switch_names_the_device_whose_mode_it_sets() {
        let arguments =
            ["/proc/self/exe", "__switch", "pci/0000:01:00.0", "mode", "switchdev", ""].map(str::to_owned);
        let found = switch_in(&arguments).map(|(device, what)| format!("{device} {what}"));
        assert_eq!(found.as_deref(), Some("pci/0000:01:00.0 the embedded switch"));
        assert_eq!(switch_in(&["__store".to_owned(), "then".to_owned()]), None);
    }

    #[test]
    fn stuck_store_among_several_is_the_one_they_are_for() {
        let folder = "/sys/bus/pci/devices/0000:01:10.2/driver_override";
        let bind = "/sys/bus/pci/drivers/vfio-pci/bind";
        let arguments = [
            "exe",
            "__store",
            "then",
            folder,
            "vfio-pci",
            "then",
            bind,
            "0000:01:10.2",
            "always",
            folder,
            "\n",
            "",
        ]
        .map(str::to_owned);
        let found = store_in(&arguments).map(|(device, path)| (device.to_string(), path));
        assert_eq!(found, Some(("pci/0000:01:10.2".to_owned(), bind.to_owned())));
    }
}
