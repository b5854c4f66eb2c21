//! Guests as workers: addresses, shares, boot.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::control_plane::{GATEWAY, node_files};
use super::folder::Folder;
use super::provider::{ClusterError, WorkerAccess, host};
use super::supervisor;
use crate::guest::Guest;
use crate::image;
use crate::lab;
use crate::machine::arguments::Console;
use crate::machine::boot::{Machine, Order};
use crate::programs;
use crate::topology::Topology;

/// The port of a kubelet, for logs and exec.
const KUBELET_PORT: u16 = 10250;
/// What workers are given besides what every guest gets.
const SCRIPTS: [(&str, &str); 1] = [("kubelet-restart.sh", include_str!("kubelet-restart.sh"))];

/// The name of the worker with this number, from 1.
pub fn name(number: u8) -> String {
    format!("worker-{number}")
}

/// A worker that has been booted; dropping it ends it.
#[derive(Debug)]
pub struct BootedWorker {
    /// The machine.
    pub machine: Machine,
    /// The ways into it.
    pub access: WorkerAccess,
}

/// Boots one worker of several and prepares its devices. Its kubelet starts meanwhile.
///
/// # Errors
///
/// When any of it fails.
pub fn boot(
    number: u8,
    cluster: &supervisor::Order,
    address: &str,
    image: &Path,
) -> Result<BootedWorker, ClusterError> {
    let supervisor::Order { folder, workers: of, is_bare, parts, .. } = cluster;
    let name = name(number);
    let topology =
        Topology::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("topologies/{name}.toml")))
            .map_err(|error| ClusterError::Lab(error.into()))?;
    let share = share(folder, &name, address, number, *is_bare)?;
    node_files(parts, folder, &name, &share.join("kubernetes"))?;
    let console = folder.logs().join(format!("{name}.log"));
    let order = Order {
        topology: &topology,
        image,
        share: &share,
        programs: &folder.file("programs"),
        console: Console::Log(console.clone()),
        cache: &image::cache()?,
        more: network(number, *of, address, folder),
    };
    let mut guest = Guest::boot(&order)?;
    lab::prepare(&mut guest, &topology)?;
    let roles = lab::find_roles(&mut guest, &topology)?;
    let machine = guest.leave()?;
    let access = WorkerAccess {
        name,
        address: address.to_owned(),
        agent_socket: machine.agent_socket.clone(),
        monitor_socket: machine.monitor_socket().to_owned(),
        share,
        console,
        roles,
        world: Vec::new(),
    };
    Ok(BootedWorker { machine, access })
}

/// The folder that the worker shares with this machine, with what it starts from.
fn share(
    folder: &Folder,
    name: &str,
    address: &str,
    number: u8,
    is_bare: bool,
) -> Result<PathBuf, ClusterError> {
    let share = folder.file(name);
    fs::create_dir_all(&share).map_err(host(format!("make {}", share.display())))?;
    lab::fill_share(&share)?;
    for (script, text) in SCRIPTS {
        let path = share.join(script);
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o755)))
            .map_err(host(format!("put {script} into the share")))?;
    }
    let bare = if is_bare { "yes" } else { "no" };
    let environment = format!(
        "NODE={name}\nADDRESS={address}\nGATEWAY={GATEWAY}\nPODS=10.244.{number}.0/24\nBARE={bare}\n"
    );
    fs::write(share.join("worker.env"), environment).map_err(host("write a worker's environment"))?;
    Ok(share)
}

/// Puts a program where all workers find it as vfctl.
///
/// # Errors
///
/// When it cannot be copied.
pub fn put_vfctl(vfctl: &Path, programs: &Path) -> Result<(), ClusterError> {
    let (new, path) = (programs.join("vfctl.new"), programs.join("vfctl"));
    // The whole program or the one from before.
    programs::copy_stripped(vfctl, &new)
        .and_then(|()| fs::rename(&new, &path))
        .map_err(host(format!("put {} into the share", vfctl.display())))
}

/// The way to the control plane, and the wire between the workers' hubs.
fn network(number: u8, of: u8, address: &str, folder: &Folder) -> Vec<String> {
    let mut words = vec![
        "-netdev".to_owned(),
        format!("user,id=control,ipv6=off,hostfwd=tcp:{address}:{KUBELET_PORT}-{address}:{KUBELET_PORT}"),
        "-device".to_owned(),
        // Not among the ports: their bus numbers stay as they are.
        "virtio-net-pci,netdev=control,bus=pcie.0,romfile=".to_owned(),
    ];
    if of > 1 {
        let server = if number == 1 { "on" } else { "off" };
        let socket = folder.file("wire");
        words.extend([
            "-netdev".to_owned(),
            format!("stream,id=between,server={server},addr.type=unix,addr.path={}", socket.display()),
            "-netdev".to_owned(),
            "hubport,id=between-hub,hubid=1,netdev=between".to_owned(),
        ]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_worker_that_can_be_asked_for_has_a_topology_of_its_own() {
        let mut macs = std::collections::BTreeSet::new();
        for number in 1..=2 {
            let path =
                Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("topologies/{}.toml", name(number)));
            for port in Topology::read(&path).unwrap().igb {
                assert!(macs.insert(port.mac.clone()), "{} is there twice", port.mac);
            }
        }
    }

    #[test]
    fn one_worker_has_no_wire_to_others() {
        let folder = Folder::choose(Some(Path::new("/c"))).unwrap();
        assert!(!network(1, 1, "10.0.2.15", &folder).join(" ").contains("stream"));
        assert!(network(1, 2, "10.0.2.15", &folder).join(" ").contains("server=on"));
        assert!(network(2, 2, "10.0.2.16", &folder).join(" ").contains("server=off"));
    }
}
