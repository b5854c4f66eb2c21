//! The host as an edge: its options, and reading all or one PF.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use vfctl_model::{DeviceAddress, HostName};
use vfctl_port::{EdgeError, HostFacts, Observe, OwnershipRecord, PfFacts, StuckStore};

use crate::child::Children;
use crate::errno::{chain, io_cause};
use crate::netlink::{Link, Network, Socket, VfList, read_vf_list};
use crate::processes::{Process, Processes};
use crate::roots::Roots;
use crate::stuck::find_stuck_stores;
use crate::sysfs::bounded::read_bounded;
use crate::sysfs::files::text;
use crate::sysfs::pf::{Catalogs, find_pfs, interfaces_of, read_pf, vfs_of};
use crate::sysfs::system::read_system;
use crate::users::{find_users, local_address};

/// How long to wait for a VF that the PF's driver does not tell of: as long as i40e waits for one that is being reset
/// before it sets something (drivers/net/ethernet/intel/i40e/i40e_virtchnl_pf.c). ice has waited by itself then.
const RESET: Duration = Duration::from_millis(300);

/// How the host is looked at.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// Where `/sys`, `/proc` and `/dev` are found.
    pub roots: Roots,
    /// This side's address of the SSH connection whose path must not be cut; `None` to take it from
    /// `SSH_CONNECTION` of this process or the nearest parent that has it.
    pub ssh_local: Option<IpAddr>,
    /// The executable to start for writes that can hang; its `main` calls [`crate::run_store_child`] first.
    pub executable: PathBuf,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self { roots: Roots::default(), ssh_local: None, executable: PathBuf::from("/proc/self/exe") }
    }
}

/// The host that this program runs on.
#[derive(Debug)]
pub struct LinuxHost {
    pub(crate) roots: Roots,
    pub(crate) children: Children,
    ssh_local: Option<IpAddr>,
    catalogs: Catalogs,
}

impl LinuxHost {
    /// Returns the host; nothing is read yet.
    pub fn new(options: HostOptions) -> Self {
        let HostOptions { roots, ssh_local, executable } = options;
        Self { roots, children: Children::new(executable), ssh_local, catalogs: Catalogs::default() }
    }

    fn ssh_interface(&self, network: &Network) -> Option<vfctl_model::InterfaceName> {
        let address = self.ssh_local.or_else(|| local_address(&self.roots))?;
        network.holder_of(address).map(|link| link.name.clone())
    }

    fn stuck_stores(&self, processes: &[Process]) -> Vec<StuckStore> {
        let mut stores = find_stuck_stores(&self.roots, processes);
        stores.retain(|store| !self.children.waits_for(store.pid));
        stores
    }
}

impl Observe for LinuxHost {
    fn observe_host(&self) -> Result<HostFacts, EdgeError> {
        let roots = &self.roots;
        let pfs =
            find_pfs(roots).map_err(|error| EdgeError::new("list the devices of /sys/bus/pci", error))?;
        let mut unread = Vec::new();
        let processes = Processes::list(roots);
        unread.extend(processes.hidden.iter().cloned());
        let mut socket = open_socket(&mut unread);
        let network = socket.as_mut().and_then(|socket| {
            Network::read(socket)
                .map_err(|error| unread.push(format!("network interfaces: {}", chain(&error))))
                .ok()
        });
        let nothing = Network::default();
        let interfaces = network.as_ref().unwrap_or(&nothing);
        let mut physical_functions = BTreeMap::new();
        for pf in pfs {
            let list = |link: &Link| {
                list_of(socket.as_mut(), link).completed(vfs_of(roots, &pf).len(), || {
                    thread::sleep(RESET);
                    list_of(socket.as_mut(), link)
                })
            };
            if let Some(facts) = read_pf(roots, &self.catalogs, interfaces, &pf, list) {
                physical_functions.insert(pf, facts);
            }
        }
        let mut system = read_system(roots, &processes.visible, &mut unread);
        system.ssh_interface = self.ssh_interface(interfaces);
        system.stuck_stores = self.stuck_stores(&processes.visible);
        let links = interfaces.standing();
        let record = OwnershipRecord::default();
        let mut host = HostFacts { system, physical_functions, links, record, unread };
        read_bounded(roots, &self.children, &mut host.physical_functions);
        find_users(roots, network.as_ref(), &processes, &mut host);
        Ok(host)
    }

    fn observe_pf(&self, pf: &DeviceAddress) -> Result<Option<PfFacts>, EdgeError> {
        let roots = &self.roots;
        if !roots.device(pf).is_dir() {
            return Ok(None);
        }
        let attempt = || format!("read {pf} by netlink");
        let mut socket = Socket::open().map_err(|error| EdgeError::new(attempt(), error))?;
        let network = Network::read_some(&mut socket, &interfaces_of(roots, pf))
            .map_err(|error| EdgeError::new(attempt(), error))?;
        let list = |link: &Link| list_of(Some(&mut socket), link);
        let mut facts = read_pf(roots, &self.catalogs, &network, pf, list);
        if let Some(facts) = &mut facts {
            read_bounded(roots, &self.children, [(pf, facts)]);
        }
        Ok(facts)
    }
}

fn open_socket(unread: &mut Vec<String>) -> Option<Socket> {
    Socket::open().map_err(|error| unread.push(format!("netlink socket: {}", io_cause(&error)))).ok()
}

/// Returns the VF list of a PF's interface; any trouble is a reason.
fn list_of(socket: Option<&mut Socket>, link: &Link) -> VfList {
    match socket.map(|socket| read_vf_list(socket, link.index)) {
        Some(Ok(list)) => list,
        Some(Err(error)) => VfList::Unreadable(chain(&error)),
        None => VfList::Unreadable("no netlink socket".to_owned()),
    }
}

/// Returns the name that the machine calls itself.
///
/// # Errors
/// Where it has none, or one that is no name.
pub fn host_name() -> Result<HostName, EdgeError> {
    let name = text(&Roots::of_this_machine().path("/proc/sys/kernel/hostname"));
    let attempt = "read the host's name";
    let name = name.map_err(|error: io::Error| EdgeError::new(attempt, error))?;
    name.parse().map_err(|error| EdgeError::new(attempt, error))
}
