//! Reading the whole host, what concerns one PF of it, the machine alone, or one PF.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use vfctl_model::{DeviceAddress, InterfaceName};
use vfctl_port::{
    EdgeError, HostFacts, Observe, Observed, OwnershipRecord, PfFacts, Scope, StuckStore, SystemFacts, What,
};

use crate::errno::chain;
use crate::host::LinuxHost;
use crate::netlink::{Link, NetlinkError, Network, Relay, Socket, VfList, read_vf_list};
use crate::processes::{Process, Processes};
use crate::roots::Roots;
use crate::stuck::{Orphans, find_stuck_stores, wait_for_orphans};
use crate::sysfs::bounded::BoundedReads;
use crate::sysfs::files::names;
use crate::sysfs::functions::read_functions;
use crate::sysfs::pf::{Catalogs, find_pfs, give_later_attributes, interfaces_of, read_pf, vfs_of};
use crate::sysfs::system::read_system;
use crate::users::{Namespaces, find_users, local_address};

/// How long to wait for a VF that the PF's driver leaves out of its report: as long as i40e waits for one that is being
/// reset before it sets something (drivers/net/ethernet/intel/i40e/i40e_virtchnl_pf.c). ice has waited by itself then.
const RESET: Duration = Duration::from_millis(300);

/// How long to wait for what an earlier run has begun: a count of VFs takes some seconds.
const ORPHANS: Duration = Duration::from_secs(3);

/// How long to wait for one answer about interfaces: some drivers ask their firmware for each VF (bnxt_en, ice), which
/// takes a second at most.
const ANSWER: Duration = Duration::from_secs(10);

impl Observe for LinuxHost {
    /// Starts the relay, which takes milliseconds.
    fn prepare(&self) {
        let relay = Arc::clone(&self.relay);
        // Where no thread can be had, the look itself starts it.
        drop(thread::Builder::new().name("relay".to_owned()).spawn(move || relay.start()));
    }

    fn observe(&self, scope: &Scope, what: &What, limit: Duration) -> Result<Observed, EdgeError> {
        if !self.is_reached_by(scope) {
            return Err(EdgeError::out_of_reach(scope));
        }
        Ok(match what {
            What::Whole => Observed::Host(Box::new(self.read_host(|_| true, limit)?)),
            What::OnlyPf(only) => {
                Observed::Host(Box::new(self.read_host(|pf| Some(pf) == only.as_ref(), limit)?))
            }
            What::System => Observed::System(Box::new(self.read_machine(limit)?)),
            What::Pf(pf) => Observed::Pf(pf.clone(), self.read_one_pf(pf, limit)?.map(Box::new)),
            What::OfHost(_) | What::Pod(_) | What::Objects(_) | What::Labelled { .. } => {
                return Err(EdgeError::out_of_reach(&Scope::Cluster));
            }
        })
    }
}

impl LinuxHost {
    /// Reads the whole host, but of its PFs only those that are wanted.
    fn read_host(
        &self,
        wanted: impl Fn(&DeviceAddress) -> bool,
        limit: Duration,
    ) -> Result<HostFacts, EdgeError> {
        let roots = &self.roots;
        let found = thread::scope(|threads| {
            threads.spawn(|| self.relay.start());
            find_pfs(roots)
        });
        let mut pfs = found.map_err(|error| EdgeError::new("list the devices of /sys/bus/pci", error))?;
        pfs.retain(wanted);
        let look = || {
            thread::scope(|threads| {
                let bounded = threads.spawn(|| BoundedReads::begin(roots, &self.children, &pfs));
                let (mut host, had_orphans) = self.read_beside(&pfs, limit)?;
                joined(bounded).finish(limit, &mut host.physical_functions);
                Ok((host, had_orphans))
            })
        };
        let (host, had_orphans) = look()?;
        Ok(if had_orphans { look()?.0 } else { host })
    }

    /// Reads the whole host with these PFs, but for what a child reads. Netlink is asked beside the walk over processes:
    /// on a machine with many of either these take the longest. Returns also whether somebody was found at work who may have
    /// changed what was read before, and who is waited for.
    ///
    /// # Errors
    /// Where the kernel does not answer: then it answers no question about interfaces, and whatever is changed waits, too.
    fn read_beside(&self, pfs: &[DeviceAddress], limit: Duration) -> Result<(HostFacts, bool), EdgeError> {
        let roots = &self.roots;
        let limit = limit.min(ANSWER);
        thread::scope(|threads| {
            let machine = threads.spawn(|| MachineLook::take(roots, &self.catalogs, &self.visitor, limit));
            let mut unread = Vec::new();
            let mut socket = Socket::relayed(&self.relay, limit);
            let network = match Network::read(&mut socket) {
                Ok(network) => Some(network),
                Err(error @ (NetlinkError::Unanswered(_) | NetlinkError::RelayEnded)) => {
                    return Err(EdgeError::new("read the network interfaces", error));
                }
                Err(error) => {
                    unread.push(format!("network interfaces: {}", chain(&error)));
                    None
                }
            };
            let nothing = Network::default();
            let interfaces = network.as_ref().unwrap_or(&nothing);
            unread.extend(interfaces.unread().iter().cloned());
            let physical_functions = self.read_pfs(pfs, interfaces, &mut socket);
            let MachineLook { processes, namespaces, mut system, unread: of_machine, orphans } =
                joined(machine);
            if let Orphans::Sends(pid) = orphans {
                let why = format!(
                    "pid {pid}, which an earlier run has left behind, still changes settings of VFs; wait until it ends"
                );
                return Err(EdgeError::new("read the host", why));
            }
            system.ssh_interface = self.ssh_address().and_then(|address| holder_of(interfaces, address));
            system.stuck_stores = self.stuck_stores(&processes.visible);
            // Without interfaces and routes they would say less than they seem to.
            let pci_functions = network
                .as_ref()
                .map(|network| read_functions(roots, network, &physical_functions, &mut unread));
            let unread = processes.hidden.iter().cloned().chain(unread).chain(of_machine).collect();
            let (links, record) = (interfaces.standing(), OwnershipRecord::default());
            let mut host = HostFacts { system, physical_functions, links, pci_functions, record, unread };
            find_users(roots, network.as_ref(), &processes, &namespaces, &mut host);
            Ok((host, orphans != Orphans::None))
        })
    }

    /// Reads PFs and their VFs, but for what a child reads and for who uses them. VFs that their PF's driver leaves out are
    /// looked at again, those of all PFs after one wait.
    fn read_pfs(
        &self,
        pfs: &[DeviceAddress],
        interfaces: &Network,
        socket: &mut Socket<'_>,
    ) -> BTreeMap<DeviceAddress, PfFacts> {
        let mut found = BTreeMap::new();
        let mut incomplete = Vec::new();
        for pf in pfs {
            let count = vfs_of(&self.roots, pf).len();
            let list = |link: &Link| {
                let list = list_of(socket, link);
                if list.leaves_out_some_of(count) {
                    incomplete.push((pf, link.clone()));
                }
                list
            };
            if let Some(facts) = read_pf(&self.roots, &self.catalogs, interfaces, pf, list) {
                found.insert(pf.clone(), facts);
            }
        }
        if !incomplete.is_empty() {
            thread::sleep(RESET);
        }
        for (pf, link) in incomplete {
            if let Some(facts) = found.get_mut(pf) {
                give_later_attributes(&mut facts.vfs, list_of(socket, &link));
            }
        }
        found
    }

    /// Reads the machine's facts. Processes are looked at by their names alone, and interfaces only where an SSH
    /// connection must be found.
    fn read_machine(&self, limit: Duration) -> Result<SystemFacts, EdgeError> {
        let roots = &self.roots;
        names(&roots.path("/sys/bus")).map_err(|error| EdgeError::new("list /sys/bus", error))?;
        let processes = Processes::list(roots).visible;
        // What could not be read is listed where the whole host is; these facts have no place for it.
        let mut system = read_system(roots, &self.catalogs, &processes, &mut Vec::new());
        system.stuck_stores = self.stuck_stores(&processes);
        if let Some(address) = self.ssh_address() {
            // Without an error here a connection would be taken for one that no interface carries.
            let attempt = "find the interface of the SSH connection";
            let mut socket = Socket::relayed(&self.relay, limit.min(ANSWER));
            let network = Network::read(&mut socket).map_err(|error| EdgeError::new(attempt, error))?;
            system.ssh_interface = holder_of(&network, address);
        }
        Ok(system)
    }

    fn read_one_pf(&self, pf: &DeviceAddress, limit: Duration) -> Result<Option<PfFacts>, EdgeError> {
        let roots = &self.roots;
        if !roots.device(pf).is_dir() {
            return Ok(None);
        }
        thread::scope(|threads| {
            let pfs = std::slice::from_ref(pf);
            let bounded = threads.spawn(move || BoundedReads::begin(roots, &self.children, pfs));
            let mut facts = self.read_pf_beside(pf, limit)?;
            joined(bounded).finish(limit, facts.as_mut().map(|facts| (pf, facts)));
            Ok(facts)
        })
    }

    /// Reads one PF, but for what a child reads.
    fn read_pf_beside(&self, pf: &DeviceAddress, limit: Duration) -> Result<Option<PfFacts>, EdgeError> {
        let roots = &self.roots;
        let attempt = || format!("read {pf} by netlink");
        let mut socket = Socket::relayed(&self.relay, limit.min(ANSWER));
        let network = Network::read_some(&mut socket, &interfaces_of(roots, pf))
            .map_err(|error| EdgeError::new(attempt(), error))?;
        let list = |link: &Link| list_of(&mut socket, link);
        let mut facts = read_pf(roots, &self.catalogs, &network, pf, list);
        if let Some(facts) = &mut facts {
            facts.unread.extend(network.unread().iter().cloned());
        }
        Ok(facts)
    }

    /// Returns this side's address of the SSH connection that the program was started from.
    fn ssh_address(&self) -> Option<IpAddr> {
        self.ssh_local.or_else(|| local_address(&self.roots))
    }

    fn stuck_stores(&self, processes: &[Process]) -> Vec<StuckStore> {
        let mut stores = find_stuck_stores(&self.roots, processes);
        stores.retain(|store| !self.children.waits_for(store.pid));
        stores
    }
}

/// What is read of a machine without looking at its PFs.
struct MachineLook {
    processes: Processes,
    namespaces: Namespaces,
    system: SystemFacts,
    unread: Vec<String>,
    /// Whether a child of an earlier run was at work, or is.
    orphans: Orphans,
}

impl MachineLook {
    fn take(roots: &Roots, catalogs: &Catalogs, visitor: &Relay, limit: Duration) -> Self {
        let processes = Processes::list(roots);
        let orphans = wait_for_orphans(roots, &processes.visible, ORPHANS);
        let mut unread = Vec::new();
        let system = read_system(roots, catalogs, &processes.visible, &mut unread);
        let namespaces = Namespaces::search(roots, &processes, visitor, limit);
        Self { processes, namespaces, system, unread, orphans }
    }
}

/// Returns what a thread has begun beside the others: a child's start takes milliseconds. Its panic goes on here.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn holder_of(network: &Network, address: IpAddr) -> Option<InterfaceName> {
    network.holder_of(address).map(|link| link.name.clone())
}

/// Returns the VF list of a PF's interface; any trouble is a reason.
fn list_of(socket: &mut Socket<'_>, link: &Link) -> VfList {
    read_vf_list(socket, link.index).unwrap_or_else(|error| VfList::Unreadable(chain(&error)))
}
