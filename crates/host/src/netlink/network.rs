//! All interfaces of this namespace with their addresses and default routes, found by name and number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use vfctl_model::{Cidr, InterfaceName};
use vfctl_port::{LinkFacts, Master};

use super::address::{address_request, read_address};
use super::link::{Link, RTEXT_FILTER_SKIP_STATS, link_request, link_request_by_name};
use super::route::{read_default_route, route_request};
use super::socket::{NetlinkError, Socket};
use super::wire::kind;

/// Kinds of interfaces that stand on others, even while they stand on none.
const MASTERS: [&str; 3] = ["bond", "bridge", "team"];

/// What netlink tells of this namespace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    links: Vec<Link>,
    by_name: HashMap<InterfaceName, usize>,
    by_index: HashMap<u32, usize>,
    addresses: BTreeMap<u32, BTreeSet<Cidr>>,
    default_routes: BTreeSet<u32>,
}

impl Network {
    /// Reads all by one dump each.
    pub(crate) fn read(socket: &mut Socket) -> Result<Self, NetlinkError> {
        let links = read_links(socket)?;
        Self::with_addresses(links, socket)
    }

    /// Reads only the interfaces of these names, and the bonds and bridges they are ports of; no addresses and no
    /// routes, of which a router has a million.
    pub(crate) fn read_some(socket: &mut Socket, names: &[InterfaceName]) -> Result<Self, NetlinkError> {
        let mut links = Vec::new();
        for name in names {
            // An interface that was renamed or moved just now is found at the next read.
            links.extend(read_one(socket, link_request_by_name(name))?);
        }
        let masters: BTreeSet<u32> =
            links.iter().filter_map(|link| link.master.as_ref()).map(|(master, _)| *master).collect();
        for master in masters {
            links.extend(read_one(socket, link_request(master, kind::NLM_F_ACK, RTEXT_FILTER_SKIP_STATS))?);
        }
        Ok(Self::new(links, Vec::new(), Vec::new()))
    }

    fn with_addresses(links: Vec<Link>, socket: &mut Socket) -> Result<Self, NetlinkError> {
        let addresses = socket.dump(&address_request(), read_address)?;
        let routes = socket.dump(&route_request(), read_default_route)?;
        Ok(Self::new(links, addresses, routes.into_iter().flatten()))
    }

    /// Puts together what was read.
    pub(crate) fn new(
        links: Vec<Link>,
        addresses: impl IntoIterator<Item = (u32, Cidr)>,
        default_routes: impl IntoIterator<Item = u32>,
    ) -> Self {
        let mut by_interface: BTreeMap<u32, BTreeSet<Cidr>> = BTreeMap::new();
        for (index, address) in addresses {
            by_interface.entry(index).or_default().insert(address);
        }
        Self {
            by_name: links.iter().enumerate().map(|(place, link)| (link.name.clone(), place)).collect(),
            by_index: links.iter().enumerate().map(|(place, link)| (link.index, place)).collect(),
            links,
            addresses: by_interface,
            default_routes: default_routes.into_iter().collect(),
        }
    }

    /// Returns the interface of this name; altnames are not looked at.
    pub(crate) fn link(&self, name: &InterfaceName) -> Option<&Link> {
        self.links.get(*self.by_name.get(name)?)
    }

    /// Returns the interface's addresses.
    pub(crate) fn addresses(&self, link: &Link) -> BTreeSet<Cidr> {
        self.addresses.get(&link.index).cloned().unwrap_or_default()
    }

    /// Returns whether a default route of the main table leads through the interface.
    pub(crate) fn has_default_route(&self, link: &Link) -> bool {
        self.default_routes.contains(&link.index)
    }

    /// Returns the bond or bridge that the interface is a port of.
    pub(crate) fn master(&self, link: &Link) -> Option<Master> {
        let (index, port_kind) = link.master.as_ref()?;
        let master = self.numbered(*index)?;
        let kind = port_kind.clone().or_else(|| master.kind.clone()).unwrap_or_else(|| "unknown".to_owned());
        Some(Master { name: master.name.clone(), kind })
    }

    /// Returns the interface that has this address.
    pub(crate) fn holder_of(&self, address: std::net::IpAddr) -> Option<&Link> {
        let (index, _) =
            self.addresses.iter().find(|(_, held)| held.iter().any(|cidr| cidr.address() == address))?;
        self.numbered(*index)
    }

    /// Returns every interface that stands on others: bonds, bridges, VLANs and the like.
    pub(crate) fn standing(&self) -> BTreeMap<InterfaceName, LinkFacts> {
        let mut lowers: BTreeMap<u32, BTreeSet<InterfaceName>> = BTreeMap::new();
        for link in &self.links {
            if let Some((master, _)) = link.master {
                lowers.entry(master).or_default().insert(link.name.clone());
            }
            // The two ends of a veth name each other; neither stands on the other.
            let lower = link.lower.filter(|_| link.kind.as_deref() != Some("veth"));
            if let Some(lower) = lower.and_then(|lower| self.numbered(lower)) {
                lowers.entry(link.index).or_default().insert(lower.name.clone());
            }
        }
        let standing = self.links.iter().filter_map(|link| {
            let kind = link.kind.clone()?;
            let lower = lowers.remove(&link.index).unwrap_or_default();
            let stands = !lower.is_empty() || MASTERS.contains(&kind.as_str());
            stands.then(|| {
                let facts = LinkFacts {
                    kind,
                    lower,
                    master: self.master(link).map(|master| master.name),
                    addresses: self.addresses(link),
                    default_route: self.has_default_route(link),
                };
                (link.name.clone(), facts)
            })
        });
        standing.collect()
    }

    fn numbered(&self, index: u32) -> Option<&Link> {
        self.links.get(*self.by_index.get(&index)?)
    }
}

/// Reads all interfaces of the socket's namespace.
pub(crate) fn read_links(socket: &mut Socket) -> Result<Vec<Link>, NetlinkError> {
    socket.dump(&link_request(0, kind::NLM_F_DUMP, RTEXT_FILTER_SKIP_STATS), Link::read)
}

/// Reads one interface; `None` where there is none such.
fn read_one(socket: &mut Socket, request: super::wire::Message) -> Result<Option<Link>, NetlinkError> {
    let mut found = None;
    match socket.ask(request, |message| found = Link::read(message).or_else(|| found.take())) {
        Ok(()) => Ok(found),
        Err(NetlinkError::Refused(nix::errno::Errno::ENODEV, _)) => Ok(None),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
#[path = "network_tests.rs"]
pub(crate) mod tests;
