//! All interfaces of this namespace with their addresses and default routes, found by name and number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP};
use netlink_packet_route::link::LinkExtentMask;
use nix::errno::Errno;
use vfctl_model::{Cidr, InterfaceName};
use vfctl_port::{LinkFacts, Master, REPRESENTOR};

use super::address::{address_request, read_address};
use super::dump::Dump;
use super::link::{Link, link_request, link_request_by_name};
use super::route::{DefaultRoute, read_default_route, route_request};
use super::socket::{NetlinkError, Socket};
use super::wire::Message;
use crate::errno::chain;

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
    ipv4_default_routes: BTreeSet<u32>,
    unread: Vec<String>,
}

impl Network {
    /// Reads all by one dump each.
    pub(crate) fn read(socket: &mut Socket<'_>) -> Result<Self, NetlinkError> {
        let links = read_links(socket)?;
        let addresses = socket.dump(&address_request(), read_address)?;
        let routes = socket.dump(&route_request(), read_default_route)?;
        Ok(Self::of_dumps(links, addresses, routes))
    }

    /// Reads only the interfaces of these names, and the bonds and bridges they are ports of; no addresses and no
    /// routes, of which a router has a million.
    pub(crate) fn read_some(socket: &mut Socket<'_>, names: &[InterfaceName]) -> Result<Self, NetlinkError> {
        let mut links = Dump::default();
        for name in names {
            // An interface that was renamed or moved just now is found at the next read.
            links.append(read_one(socket, &link_request_by_name(name))?);
        }
        let masters: BTreeSet<u32> =
            links.found.iter().filter_map(|link| link.master.as_ref()).map(|(master, _)| *master).collect();
        for master in masters {
            links.append(read_one(socket, &link_request(master, NLM_F_ACK, &[LinkExtentMask::SkipStats]))?);
        }
        Ok(Self::of_dumps(links, Dump::default(), Dump::default()))
    }

    fn of_dumps(links: Dump<Link>, addresses: Dump<(u32, Cidr)>, routes: Dump<DefaultRoute>) -> Self {
        let unread = links.unread.iter().chain(&addresses.unread).chain(&routes.unread);
        let interfaces = routes.found.iter().flat_map(|route| route.interfaces.iter().copied());
        Self {
            unread: unread.map(|unread| chain(unread)).collect(),
            ipv4_default_routes: routes.found.iter().filter_map(|route| route.ipv4).collect(),
            ..Self::new(links.found, addresses.found, interfaces)
        }
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
            ipv4_default_routes: BTreeSet::new(),
            unread: Vec::new(),
        }
    }

    /// Returns what could not be read, and why.
    pub(crate) fn unread(&self) -> &[String] {
        &self.unread
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

    /// Returns the interfaces that an IPv4 default route of the main table names as its own.
    pub(crate) fn ipv4_default_routes(&self) -> BTreeSet<InterfaceName> {
        let links = self.ipv4_default_routes.iter().filter_map(|index| self.numbered(*index));
        links.map(|link| link.name.clone()).collect()
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

    /// Returns every interface that stands on others: bonds, bridges, VLANs and the like; and each representor that carries
    /// addresses or a default route, since it is known by its name alone elsewhere.
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
            let is_used = || self.has_default_route(link) || !self.addresses(link).is_empty();
            let represents = || is_representor(link) && is_used();
            let kind = link.kind.clone().or_else(|| represents().then(|| REPRESENTOR.to_owned()))?;
            let lower = lowers.remove(&link.index).unwrap_or_default();
            let stands = !lower.is_empty() || MASTERS.contains(&kind.as_str()) || kind == REPRESENTOR;
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

/// Returns whether an interface stands for a VF: its port is `pf0vf3`, or `c1pf0vf3` on another controller
/// (`__devlink_port_phys_port_name_get`, net/devlink/port.c).
fn is_representor(link: &Link) -> bool {
    link.phys_port_name.as_ref().and_then(|port| port.rsplit_once("vf")).is_some_and(|(pf, vf)| {
        pf.contains("pf") && !vf.is_empty() && vf.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// Reads all interfaces of the socket's namespace.
pub(crate) fn read_links(socket: &mut Socket<'_>) -> Result<Dump<Link>, NetlinkError> {
    socket.dump(&link_request(0, NLM_F_DUMP, &[LinkExtentMask::SkipStats]), Link::read)
}

/// Reads one interface; nothing where there is none such.
fn read_one(socket: &mut Socket<'_>, request: &Message) -> Result<Dump<Link>, NetlinkError> {
    match socket.dump(request, Link::read) {
        Err(NetlinkError::Refused(Errno::ENODEV, _)) => Ok(Dump::default()),
        other => other,
    }
}

#[cfg(test)]
#[path = "network_tests.rs"]
pub(crate) mod tests;
