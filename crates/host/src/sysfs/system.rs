//! Facts of the machine itself.

use std::io;

use vfctl_model::{DriverName, ModuleName};
use vfctl_port::{LinkManager, SystemFacts};

use super::depmod::file_of;
use super::files::{named, optional_text, text};
use super::iommu::read_iommu;
use super::loadable::read_loadable;
use super::pf::Catalogs;
use crate::errno::io_cause;
use crate::processes::Process;
use crate::roots::Roots;

/// Programs that take new interfaces of their own accord, by what `/proc/*/comm` says (cut at 15 letters),
/// and how to keep them off VFs: in a way that spares PFs, which some cards drive by the same driver (mlx5_core,
/// bnxt_en). A VF is what has a `physfn` (Documentation/ABI/testing/sysfs-bus-pci).
const LINK_MANAGERS: [(&str, &str, &str); 5] = [
    (
        "NetworkManager",
        "NetworkManager",
        "in /etc/udev/rules.d, for every VF: SUBSYSTEM==\"net\", TEST==\"device/physfn\", ENV{NM_UNMANAGED}=\"1\"",
    ),
    (
        "systemd-network",
        "systemd-networkd",
        "in /etc/systemd/network: a .network file with [Match] Name= of the VFs and [Link] Unmanaged=yes",
    ),
    ("dhcpcd", "dhcpcd", "in /etc/dhcpcd.conf: denyinterfaces with the VFs' names"),
    ("dhclient", "dhclient", "start it with the names of the interfaces that it should manage"),
    ("connmand", "ConnMan", "in /etc/connman/main.conf: NetworkInterfaceBlacklist with the VFs' names"),
];

/// Returns the kernel's release, as `uname -r` prints it.
///
/// # Errors
/// Where `/proc` could not be read.
pub(crate) fn kernel_release(roots: &Roots) -> io::Result<String> {
    text(&roots.path("/proc/sys/kernel/osrelease"))
}

/// Reads the machine's facts but for the SSH connection and writes that are stuck.
pub(crate) fn read_system(
    roots: &Roots,
    catalogs: &Catalogs,
    processes: &[Process],
    unread: &mut Vec<String>,
) -> SystemFacts {
    let mut noted = |what: &str, read: io::Result<String>| {
        read.unwrap_or_else(|error| {
            unread.push(format!("{what}: {}", io_cause(&error)));
            String::new()
        })
    };
    let arguments = noted("kernel arguments", text(&roots.path("/proc/cmdline")));
    let kernel = noted("kernel release", kernel_release(roots));
    let loadable = catalogs.loadable.get_or_init(|| read_loadable(roots, &kernel, &catalogs.aliases)).clone();
    let modules = named(&roots.path("/sys/module")).into_iter().chain(built_in(roots, &kernel)).collect();
    SystemFacts {
        kernel,
        boot_id: text(&roots.path("/proc/sys/kernel/random/boot_id")).ok(),
        arguments: arguments.split_whitespace().map(str::to_owned).collect(),
        iommu: read_iommu(roots),
        modules,
        drivers: named::<DriverName>(&roots.path("/sys/bus/pci/drivers")).into_iter().collect(),
        loadable,
        lockdown: read_lockdown(roots, unread),
        link_managers: link_managers(processes),
        ssh_interface: None,
        stuck_stores: Vec::new(),
    }
}

/// Returns the modules that are part of the kernel itself, by `modules.builtin`, whose lines are paths
/// (Documentation/kbuild/kbuild.rst): `/sys/module` has only those of them with a version or parameters
/// (`param_sysfs_builtin`, kernel/params.c). Without that file none is known.
fn built_in(roots: &Roots, kernel: &str) -> Vec<ModuleName> {
    let list = file_of(roots, kernel, "modules.builtin").and_then(|file| text(&file)).ok();
    let names = list.iter().flat_map(|list| list.lines()).filter_map(|line| line.rsplit('/').next());
    names.filter_map(|name| name.split('.').next()?.parse().ok()).collect()
}

/// Returns the mode in brackets, unless it is `none`.
fn read_lockdown(roots: &Roots, unread: &mut Vec<String>) -> Option<String> {
    match optional_text(&roots.path("/sys/kernel/security/lockdown")) {
        Ok(modes) => {
            let modes = modes?;
            let (_, rest) = modes.split_once('[')?;
            let (mode, _) = rest.split_once(']')?;
            (mode != "none").then(|| mode.to_owned())
        }
        Err(error) => {
            unread.push(format!("lockdown mode: {}", io_cause(&error)));
            None
        }
    }
}

/// Returns the programs that run and take new interfaces, each once.
fn link_managers(processes: &[Process]) -> Vec<LinkManager> {
    LINK_MANAGERS
        .iter()
        .filter(|(comm, _, _)| processes.iter().any(|process| process.name == *comm))
        .map(|(_, name, remedy)| LinkManager { name: (*name).to_owned(), remedy: (*remedy).to_owned() })
        .collect()
}
