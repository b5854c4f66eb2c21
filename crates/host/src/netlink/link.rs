//! Network interfaces as `RTM_NEWLINK` has them.
//!
//! Attributes are decoded one at a time, and only those that are wanted. The decoder of whole messages fails for one
//! attribute that it does not understand, and its reader of VF lists is not the one of this crate (see `vf_list`).

use std::collections::BTreeSet;

use netlink_packet_core::{
    DecodeError, NLM_F_ACK, NlasIterator, Parseable, ParseableParametrized, parse_string,
};
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkFlags, LinkHeader, LinkMessage, Prop};
use nix::libc::{RTM_GETLINK, RTM_NEWLINK, RTM_SETLINK};
use vfctl_model::{InterfaceName, MacAddress};

use super::dump::Unread;
use super::wire::{Message, Received};

/// Length of `struct ifinfomsg`.
pub(super) const LINK_HEADER: usize = 16;

/// Attributes of a link that are wanted, and of its `IFLA_LINKINFO` (include/uapi/linux/if_link.h).
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_CARRIER: u16 = 33;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_PHYS_PORT_NAME: u16 = 38;
const IFLA_MAX_MTU: u16 = 51;
const IFLA_PROP_LIST: u16 = 52;
const IFLA_PERM_ADDRESS: u16 = 54;
const IFLA_PARENT_DEV_NAME: u16 = 56;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_SLAVE_KIND: u16 = 4;

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its number in this namespace.
    pub(crate) index: u32,
    pub(crate) name: InterfaceName,
    pub(crate) altnames: BTreeSet<InterfaceName>,
    /// `None` where it has no address of 6 bytes, as on InfiniBand.
    pub(crate) mac: Option<MacAddress>,
    pub(crate) permanent_mac: Option<MacAddress>,
    pub(crate) mtu: u32,
    /// `None` where the driver names no limit.
    pub(crate) max_mtu: Option<u32>,
    pub(crate) up: bool,
    pub(crate) carrier: bool,
    /// The bond or bridge it is a port of, and what that is.
    pub(crate) master: Option<(u32, Option<String>)>,
    /// The interface of this namespace that it stands on.
    pub(crate) lower: Option<u32>,
    /// The interface of another namespace that it stands on.
    pub(crate) lower_elsewhere: Option<Elsewhere>,
    /// What it is, for software interfaces.
    pub(crate) kind: Option<String>,
    pub(crate) phys_port_name: Option<String>,
    /// The name of the device it belongs to, such as a PCI address.
    pub(crate) parent: Option<String>,
}

/// An interface of another namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// Its number there.
    pub(crate) index: u32,
    /// The number of that namespace, as this one counts.
    pub(crate) namespace: i32,
}

impl Link {
    /// Reads an `RTM_NEWLINK`; `None` for every other message.
    pub(crate) fn read(message: &Received<'_>) -> Option<Result<Self, Unread>> {
        if message.message_type() != RTM_NEWLINK {
            return None;
        }
        let attributes = message.payload().get(LINK_HEADER..).unwrap_or_default();
        let link = LinkHeader::parse(message.payload())
            .and_then(|header| Self::decode(&header, name_of(attributes)?, attributes));
        Some(link.map_err(|source| Unread::Link { interface: identity_of(message.payload()), source }))
    }

    fn decode(header: &LinkHeader, name: InterfaceName, attributes: &[u8]) -> Result<Self, DecodeError> {
        let mut link = Self {
            index: header.index,
            name,
            altnames: BTreeSet::new(),
            mac: None,
            permanent_mac: None,
            mtu: 0,
            max_mtu: None,
            up: header.flags.contains(LinkFlags::Up),
            carrier: false,
            master: None,
            lower: None,
            lower_elsewhere: None,
            kind: None,
            phys_port_name: None,
            parent: None,
        };
        let (mut master, mut port_kind, mut lower, mut elsewhere) = (None, None, None, None);
        for attribute in NlasIterator::new(attributes) {
            let attribute = attribute?;
            match attribute.kind() {
                IFLA_ADDRESS | IFLA_MTU | IFLA_LINK | IFLA_MASTER | IFLA_CARRIER | IFLA_LINK_NETNSID
                | IFLA_PHYS_PORT_NAME | IFLA_MAX_MTU | IFLA_PERM_ADDRESS | IFLA_PARENT_DEV_NAME => {}
                IFLA_LINKINFO => {
                    (link.kind, port_kind) = kinds_in(attribute.value())?;
                    continue;
                }
                IFLA_PROP_LIST => {
                    link.altnames = altnames_in(attribute.value());
                    continue;
                }
                _ => continue,
            }
            match LinkAttribute::parse_with_param(&attribute, header.interface_family)? {
                LinkAttribute::Address(bytes) => link.mac = mac(&bytes),
                LinkAttribute::PermAddress(bytes) => link.permanent_mac = mac(&bytes),
                LinkAttribute::Mtu(mtu) => link.mtu = mtu,
                // The kernel says 0 where the driver named no limit.
                LinkAttribute::MaxMtu(max) => link.max_mtu = (max != 0).then_some(max),
                LinkAttribute::Carrier(carrier) => link.carrier = carrier == 1,
                LinkAttribute::Controller(index) => master = Some(index),
                LinkAttribute::Link(index) => lower = (index != 0).then_some(index),
                LinkAttribute::LinkNetNsId(namespace) => elsewhere = Some(namespace),
                LinkAttribute::PhysPortName(name) => link.phys_port_name = Some(name),
                LinkAttribute::ParentDevName(name) => link.parent = Some(name),
                _ => {}
            }
        }
        link.master = master.map(|master| (master, port_kind));
        link.lower = lower.filter(|lower| elsewhere.is_none() && *lower != link.index);
        // A veth stands on nothing: what it names is its other end (`veth_get_iflink`, drivers/net/veth.c).
        link.lower_elsewhere = lower
            .zip(elsewhere)
            .map(|(index, namespace)| Elsewhere { index, namespace })
            .filter(|_| link.kind.as_deref() != Some("veth"));
        Ok(link)
    }
}

/// Returns a request for one link, or for all with `index` 0 and `NLM_F_DUMP`.
pub(crate) fn link_request(index: u32, flags: u16, filter: &[LinkExtentMask]) -> Message {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link.attributes.push(LinkAttribute::ExtMask(filter.to_vec()));
    Message::new(RTM_GETLINK, &link, flags)
}

/// Returns a request for the link of this name.
pub(crate) fn link_request_by_name(name: &InterfaceName) -> Message {
    let mut link = LinkMessage::default();
    link.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    link.attributes.push(LinkAttribute::IfName(name.to_string()));
    Message::new(RTM_GETLINK, &link, NLM_F_ACK)
}

/// Returns an `RTM_SETLINK` that changes one interface; `flags` are `ifi_flags`, all of them in `ifi_change`.
pub(crate) fn link_change(index: u32, flags: u32, change: u32) -> Message {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link.header.flags = LinkFlags::from_bits_retain(flags);
    link.header.change_mask = LinkFlags::from_bits_retain(change);
    Message::new(RTM_SETLINK, &link, NLM_F_ACK)
}

/// Returns the interface's name among its attributes, the first of which it is.
fn name_of(attributes: &[u8]) -> Result<InterfaceName, DecodeError> {
    let name = NlasIterator::new(attributes).flatten().find(|attribute| attribute.kind() == IFLA_IFNAME);
    let name = name.ok_or_else(|| DecodeError::from("it has no name"))?;
    parse_string(name.value())?.parse().map_err(|error| DecodeError::from(format!("{error}")))
}

/// Returns the interface's name, or else its number, for people.
fn identity_of(link: &[u8]) -> String {
    let name = name_of(link.get(LINK_HEADER..).unwrap_or_default());
    match (name, LinkHeader::parse(link)) {
        (Ok(name), _) => name.to_string(),
        (Err(_), Ok(header)) => format!("number {}", header.index),
        (Err(_), Err(_)) => "without a number".to_owned(),
    }
}

/// Returns what the interface is, and what it is a port of; what else these say of themselves is left alone.
fn kinds_in(link_info: &[u8]) -> Result<(Option<String>, Option<String>), DecodeError> {
    let (mut kind, mut port_kind) = (None, None);
    for attribute in NlasIterator::new(link_info) {
        let attribute = attribute?;
        match attribute.kind() {
            IFLA_INFO_KIND => kind = Some(parse_string(attribute.value())?),
            IFLA_INFO_SLAVE_KIND => port_kind = Some(parse_string(attribute.value())?),
            _ => {}
        }
    }
    Ok((kind, port_kind))
}

/// Returns the altnames among an interface's properties; one that is no name is left out.
fn altnames_in(properties: &[u8]) -> BTreeSet<InterfaceName> {
    let properties = NlasIterator::new(properties).flatten();
    let altnames = properties.filter_map(|property| match Prop::parse(&property) {
        Ok(Prop::AltIfName(name)) => name.parse().ok(),
        _ => None,
    });
    altnames.collect()
}

fn mac(bytes: &[u8]) -> Option<MacAddress> {
    <[u8; 6]>::try_from(bytes).ok().map(MacAddress::new)
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
