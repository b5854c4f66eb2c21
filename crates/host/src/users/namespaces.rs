//! Interfaces in other network namespaces.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vfctl_model::{InterfaceName, MacAddress, PciAddress, RawReading, VfAttribute, VfValue};
use vfctl_port::{Use, VfFacts};

use crate::errno::{chain, io_cause};
use crate::netlink::{Dump, Link, NetlinkError, Relay, Socket, number_of, read_links};
use crate::processes::{Processes, Unreadable};
use crate::roots::Roots;
use crate::sysfs::files::names;

/// Where programs keep namespaces that they gave a name.
const NAMED: [&str; 2] = ["/run/netns", "/run/docker/netns"];

/// The interfaces of all namespaces but one's own.
#[derive(Debug, Default)]
pub(crate) struct Namespaces {
    /// The namespace, by the name of the device that the interface belongs to.
    by_device: BTreeMap<String, String>,
    /// The namespace, by address; only of interfaces whose device the kernel does not report (before 5.14).
    by_mac: BTreeMap<MacAddress, String>,
    /// What stands on interfaces of this namespace, by their numbers here.
    standing: BTreeMap<u32, Vec<Upper>>,
    /// Namespaces that could not be looked into; those that only a process leads to are one entry.
    unread: Vec<String>,
}

/// An interface of another namespace that stands on one of this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upper {
    /// Its name there.
    pub(crate) name: InterfaceName,
    /// What it is, such as `macvlan`.
    pub(crate) kind: String,
    /// The namespace.
    pub(crate) namespace: String,
}

impl Namespaces {
    /// Looks into every namespace that has a name or a process.
    pub(crate) fn search(roots: &Roots, processes: &Processes, visitor: &Relay, limit: Duration) -> Self {
        let mut found = Self { unread: processes.hidden.clone(), ..Self::default() };
        let own = roots.path("/proc/self/ns/net");
        let mut seen: BTreeSet<(u64, u64)> = identity(&own).into_iter().collect();
        let mut unreadable = Unreadable::default();
        for Candidate { path, name, way } in candidates(roots, processes) {
            let looked = match identity(&path) {
                Ok(namespace) if !seen.insert(namespace) => continue,
                Ok(_) => links_within(&path, visitor, limit),
                Err(error) => Err(error.into()),
            };
            match looked {
                Ok(Dump { found: links, unread }) => {
                    found.add(links, &name);
                    let causes =
                        unread.iter().map(|unread| format!("network namespace of {name}: {}", chain(unread)));
                    found.unread.extend(causes);
                }
                // A process that ended takes nothing along that is not seen elsewhere.
                Err(NetlinkError::Socket(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(NetlinkError::Socket(error)) if matches!(way, Way::Process) => unreadable.add(&error),
                Err(error) => {
                    let why = match &error {
                        NetlinkError::Socket(error) => io_cause(error),
                        other => chain(other),
                    };
                    found.unread.push(format!("network namespace of {name}: {why}"));
                }
            }
        }
        visitor.end();
        found.unread.extend(unreadable.summary("the network namespaces of"));
        found
    }

    /// Returns which namespaces could not be looked into.
    pub(crate) fn unread(&self) -> &[String] {
        &self.unread
    }

    /// Returns the use of a VF whose interface is in none of this namespace.
    pub(crate) fn use_of(&self, address: PciAddress, vf: &VfFacts) -> Use {
        let mac = match vf.attributes.0.get(VfAttribute::MacAddress) {
            Some(RawReading::Value(VfValue::Mac(mac))) if *mac != MacAddress::ZERO => Some(mac),
            _ => None,
        };
        let by_mac = || mac.and_then(|mac| self.by_mac.get(mac));
        match self.by_device.get(&address.to_string()).or_else(by_mac) {
            Some(name) => Use::Namespace { name: name.clone() },
            None if self.unread.is_empty() => {
                Use::Namespace { name: "that has neither name nor visible process".to_owned() }
            }
            None => Use::Namespace {
                name: format!(
                    "that could not be found, since not all could be looked into ({})",
                    self.unread.first().map_or("", String::as_str)
                ),
            },
        }
    }

    /// Returns what stands on the interface of this number.
    pub(crate) fn standing_on(&self, index: u32) -> &[Upper] {
        self.standing.get(&index).map_or(&[], Vec::as_slice)
    }

    /// Adds what is in a namespace.
    pub(super) fn add(&mut self, links: Vec<Link>, name: &str) {
        for link in links {
            if let (Some(lower), Some(kind)) = (link.lower_elsewhere, &link.kind) {
                let upper = Upper { name: link.name.clone(), kind: kind.clone(), namespace: name.to_owned() };
                self.standing.entry(lower.index).or_default().push(upper);
            }
            if let Some(device) = link.parent {
                self.by_device.insert(device, name.to_owned());
            } else if let Some(mac) = link.permanent_mac.or(link.mac).filter(|_| link.kind.is_none()) {
                self.by_mac.insert(mac, name.to_owned());
            }
        }
    }
}

/// A way into a namespace.
struct Candidate {
    path: PathBuf,
    /// The name to call it by.
    name: String,
    way: Way,
}

/// What leads into a namespace.
enum Way {
    /// A name that somebody gave it.
    Name,
    /// A process in it.
    Process,
}

/// Returns every way into a namespace, names given by people first.
fn candidates(roots: &Roots, processes: &Processes) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for folder in NAMED {
        let folder = roots.path(folder);
        let named = names(&folder).unwrap_or_default().into_iter();
        candidates.extend(named.map(|name| Candidate { path: folder.join(&name), name, way: Way::Name }));
    }
    for process in &processes.visible {
        let path = process.folder(roots).join("ns/net");
        candidates.push(Candidate { path, name: process.to_string(), way: Way::Process });
    }
    candidates
}

/// Returns what distinguishes one namespace from another.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Reads the interfaces of the namespace at `path`. Of what they stand on elsewhere, only what is in this process's is
/// kept: interfaces of a third namespace have the same small numbers.
fn links_within(path: &Path, visitor: &Relay, limit: Duration) -> Result<Dump<Link>, NetlinkError> {
    visitor.enter(path, limit)?;
    let mut socket = Socket::relayed(visitor, limit);
    let mut links = read_links(&mut socket)?;
    // Where this is not answered, any may stand on ours.
    if let Ok(number) = number_of(&mut socket, std::process::id()) {
        for link in &mut links.found {
            link.lower_elsewhere.take_if(|lower| Some(lower.namespace) != number);
        }
    }
    Ok(links)
}
