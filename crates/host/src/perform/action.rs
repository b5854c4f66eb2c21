//! What each action is for Linux: the only place of this crate that matches on actions.
//!
//! To add an action, give it a row in the table of `vfctl-port` and an arm in [`work_of`]: the message that is sent,
//! the files that are written, or the program that is run. The property that it changes is read in this crate, too:
//! by `sysfs` or `netlink`, into the facts of its target. All else follows: batches and what ends after a refusal
//! from the row, the check of a VF's address and the search in the kernel's log from the target, limits and the
//! check of who has a function open from the work.

use nix::errno::Errno;
use vfctl_model::{DeviceAddress, DriverName, ModuleName, Mtu, PciAddress, Toggle};
use vfctl_port::{Action, AdminState, Binding, Op, OpError};

use super::function::check_address;
use super::interface::Interfaces;
use super::work::{Binds, Program, Stores, Work, always, then};
use crate::errno::{own_refusal, refusal};
use crate::netlink::{Message, link_change, write_setting};
use crate::roots::Roots;
use crate::sysfs::pf::vfs_of;

const IFLA_MTU: u16 = 4;
const IFF_UP: u32 = 1;

/// What clears `driver_override`: an empty line (`driver_set_override`, drivers/base/driver.c).
const NO_OVERRIDE: &str = "\n";

/// Where distributions keep `modprobe`. Not searched by `PATH`: what runs as root is named in full.
const MODPROBE: [&str; 3] = ["/sbin/modprobe", "/usr/sbin/modprobe", "/usr/bin/modprobe"];

/// Returns the work that an op is now.
///
/// # Errors
/// Where its target is not what the op means, or lacks what the work needs.
pub(super) fn work_of(roots: &Roots, interfaces: &mut Interfaces<'_>, op: &Op) -> Result<Work, OpError> {
    let Op { target, action } = op;
    let misfit = || own_refusal(format!("{} cannot be done to {}", action.kind(), target.thing()));
    if action.kind().row().target != target.kind() {
        return Err(misfit());
    }
    check_address(roots, target)?;
    let pf = || target.pf().ok_or_else(misfit);
    let vf = || target.vf().ok_or_else(misfit);
    let function = || target.function().ok_or_else(misfit);
    let mut pf_interface = || interfaces.index_of(pf()?, target.interface().ok_or_else(misfit)?);
    Ok(match action {
        Action::LoadModule => Work::Program(modprobe(roots, target.module().ok_or_else(misfit)?)?),
        Action::RemoveVfs => Work::Stores(set_vf_count(roots, pf()?, 0)),
        Action::CreateVfs(count) => Work::Stores(set_vf_count(roots, pf()?, *count)),
        Action::SetDriversAutoprobe(autoprobe) => {
            let value = match autoprobe {
                Toggle::On => "1",
                Toggle::Off => "0",
            };
            Work::Stores(Stores::one(roots.device(pf()?).join("sriov_drivers_autoprobe"), value))
        }
        Action::SetVfAttribute(value) => {
            let mut message = link_change(pf_interface()?, 0, 0);
            write_setting(&mut message, vf()?, value);
            Work::Message(message)
        }
        Action::SetEswitch(setting) => Work::Switch(pf()?.clone(), *setting),
        Action::SetPfMtu(mtu) => Work::Message(mtu_change(pf_interface()?, *mtu)),
        Action::SetPfAdminState(state) => {
            let flags = match state {
                AdminState::Up => IFF_UP,
                AdminState::Down => 0,
            };
            Work::Message(link_change(pf_interface()?, flags, IFF_UP))
        }
        Action::SetVfMtu(mtu) => {
            Work::Message(mtu_change(interfaces.only_index_of(vf()?, function()?)?, *mtu))
        }
        Action::UnbindDriver => Work::Stores(unbind(roots, function()?)),
        Action::BindDriver(binding) => Work::Stores(bind(roots, function()?, binding)?),
        Action::SetDriverOverride(driver) => {
            let path = roots.function(function()?).join("driver_override");
            Work::Stores(Stores::one(path, override_text(driver.as_ref())))
        }
        Action::ProbeDriver => Work::Stores(probe(roots, function()?)),
        Action::ApplyObject(_) | Action::DeleteObject(_) => {
            return Err(own_refusal("an object of the cluster is not on a host"));
        }
    })
}

fn modprobe(roots: &Roots, module: &ModuleName) -> Result<Program, OpError> {
    let executable = MODPROBE.iter().map(|place| roots.path(place)).find(|place| place.is_file());
    let executable =
        executable.ok_or_else(|| own_refusal(format!("{}: no such program", MODPROBE.join(", "))))?;
    let arguments = vec!["--".to_owned(), module.to_string()];
    Ok(Program { executable, arguments, purpose: format!("modprobe of {module}") })
}

fn set_vf_count(roots: &Roots, pf: &DeviceAddress, count: u16) -> Stores {
    let vfs = vfs_of(roots, pf);
    // The kernel does nothing for the count that there is (`sriov_numvfs_store`, drivers/pci/iov.c).
    let releases = if vfs.len() == usize::from(count) { Vec::new() } else { vfs };
    let path = roots.device(pf).join("sriov_numvfs");
    Stores { releases, ..Stores::one(path, &count.to_string()) }
}

fn mtu_change(index: u32, mtu: Mtu) -> Message {
    let mut message = link_change(index, 0, 0);
    message.attribute(IFLA_MTU, &mtu.get().to_ne_bytes());
    message
}

fn unbind(roots: &Roots, function: PciAddress) -> Stores {
    let path = roots.function(function).join("driver/unbind");
    Stores { releases: vec![function], ..Stores::one(path, &function.to_string()) }
}

/// Binds by the driver's own `bind`, which tells why its probe failed; `drivers_probe` reports success then
/// (`device_driver_attach`, drivers/base/dd.c).
fn bind(roots: &Roots, function: PciAddress, binding: &Binding) -> Result<Stores, OpError> {
    let Binding { driver, override_after } = binding;
    let folder = roots.function(function);
    let driver_folder = roots.path("/sys/bus/pci/drivers").join(driver.as_str());
    if !folder.is_dir() {
        return Err(refusal(Errno::ENODEV, Some(format!("no device at {function}"))));
    }
    if !driver_folder.is_dir() {
        let cause = format!("no driver {driver} is registered; load module {}", driver.module());
        return Err(own_refusal(cause));
    }
    let driver_override = folder.join("driver_override");
    let stores = vec![
        then(driver_override.clone(), driver.as_str()),
        then(driver_folder.join("bind"), &function.to_string()),
        always(driver_override, override_text(override_after.as_ref())),
    ];
    let binds = Some(Binds { function, driver: Some(driver.clone()) });
    Ok(Stores { stores, releases: Vec::new(), binds })
}

/// Returns what is written to say that this driver alone may take a VF, or that any may.
fn override_text(driver: Option<&DriverName>) -> &str {
    driver.map_or(NO_OVERRIDE, DriverName::as_str)
}

fn probe(roots: &Roots, function: PciAddress) -> Stores {
    let stores = vec![
        then(roots.function(function).join("driver_override"), NO_OVERRIDE),
        then(roots.path("/sys/bus/pci/drivers_probe"), &function.to_string()),
    ];
    Stores { stores, releases: Vec::new(), binds: Some(Binds { function, driver: None }) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use vfctl_port::{ActionKind, Transport};

    use super::*;

    /// Returns an op of each kind.
    fn samples() -> impl Iterator<Item = Op> {
        let of_host = ActionKind::ALL.iter().filter(|kind| kind.row().transport != Transport::Api);
        of_host.map(|kind| serde_json::from_str(kind.row().sample.op).expect("an op"))
    }

    /// Returns a machine on which each of the ops is work.
    fn machine() -> (tempfile::TempDir, Roots) {
        let folder = tempfile::tempdir().expect("a folder");
        let roots = Roots::under(folder.path());
        let devices = "/sys/bus/pci/devices";
        for path in [
            format!("{devices}/0000:01:00.0/net/eth0/ifindex"),
            format!("{devices}/0000:01:10.6/net/eth1/ifindex"),
            "/sys/bus/pci/drivers/vfio-pci/bind".to_owned(),
            "/sbin/modprobe".to_owned(),
        ] {
            let path = roots.path(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "7\n").expect("a file");
        }
        let link = roots.path(format!("{devices}/0000:01:00.0/virtfn3"));
        std::os::unix::fs::symlink("../0000:01:10.6", link).expect("a link");
        (folder, roots)
    }

    #[test]
    fn work_of_each_action_is_of_the_transport_that_its_row_says() {
        let (_folder, roots) = machine();
        for op in samples() {
            let work = work_of(&roots, &mut Interfaces::new(&roots), &op).expect("work");
            let transport = match work {
                Work::Message(_) => Transport::LinkMessage,
                Work::Stores(_) => Transport::Store,
                Work::Switch(..) => Transport::Devlink,
                Work::Program(_) => Transport::Program,
            };
            assert_eq!(transport, op.action.kind().row().transport, "{op}");
        }
    }

    #[test]
    fn action_on_a_target_of_another_kind_is_refused() {
        let (_folder, roots) = machine();
        for Op { action, .. } in samples() {
            for Op { target, .. } in samples() {
                let action = action.clone();
                let fits = action.kind().row().target == target.kind();
                let op = Op { target, action };
                let work = work_of(&roots, &mut Interfaces::new(&roots), &op);
                assert_eq!(work.is_ok(), fits, "{op:?}");
                if let Err(error) = work {
                    assert!(error.cause.contains(" cannot be done to "), "{error}");
                }
            }
        }
    }
}
