//! Network interfaces as `RTM_NEWLINK` tells them.

use std::collections::BTreeSet;

use vfctl_model::{InterfaceName, MacAddress};

use super::wire::{Message, Received, attributes, find, kind, put_link_header, text, u32_at};

/// Link attributes (include/uapi/linux/if_link.h).
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
pub(crate) const IFLA_NUM_VF: u16 = 21;
const IFLA_EXT_MASK: u16 = 29;
const IFLA_CARRIER: u16 = 33;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_PHYS_PORT_NAME: u16 = 38;
const IFLA_MAX_MTU: u16 = 51;
const IFLA_PROP_LIST: u16 = 52;
const IFLA_ALT_IFNAME: u16 = 53;
const IFLA_PERM_ADDRESS: u16 = 54;
const IFLA_PARENT_DEV_NAME: u16 = 56;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_SLAVE_KIND: u16 = 4;

const IFF_UP: u32 = 1;

/// What a request for links asks beside the link itself (`IFLA_EXT_MASK`, include/uapi/linux/rtnetlink.h).
pub(crate) const RTEXT_FILTER_VF: u32 = 1;
pub(crate) const RTEXT_FILTER_SKIP_STATS: u32 = 1 << 3;

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
    /// Reads an `RTM_NEWLINK`; `None` for every other message, and for one without a usable name.
    pub(crate) fn read(message: &Received<'_>) -> Option<Self> {
        if message.kind != kind::RTM_NEWLINK {
            return None;
        }
        let index = u32_at(message.payload, 4)?;
        let flags = u32_at(message.payload, 8)?;
        let mut name = None;
        let (mut master, mut lower, mut elsewhere) = (None, None, None);
        let mut link = Self {
            index,
            name: "lo".parse().ok()?,
            altnames: BTreeSet::new(),
            mac: None,
            permanent_mac: None,
            mtu: 0,
            max_mtu: None,
            up: flags & IFF_UP != 0,
            carrier: false,
            master: None,
            lower: None,
            lower_elsewhere: None,
            kind: None,
            phys_port_name: None,
            parent: None,
        };
        let mut port_kind = None;
        for attribute in attributes(message.payload.get(16..)?) {
            let payload = attribute.payload;
            match attribute.kind {
                IFLA_ADDRESS => link.mac = mac(payload),
                IFLA_IFNAME => name = text(payload).and_then(|name| name.parse().ok()),
                IFLA_MTU => link.mtu = u32_at(payload, 0)?,
                // The kernel says 0 where the driver named no limit.
                IFLA_MAX_MTU => link.max_mtu = u32_at(payload, 0).filter(|max| *max != 0),
                IFLA_LINK => lower = u32_at(payload, 0).filter(|lower| *lower != 0),
                IFLA_LINK_NETNSID => elsewhere = u32_at(payload, 0).map(u32::cast_signed),
                IFLA_MASTER => master = u32_at(payload, 0),
                IFLA_CARRIER => link.carrier = payload.first() == Some(&1),
                IFLA_PHYS_PORT_NAME => link.phys_port_name = text(payload).map(str::to_owned),
                IFLA_PROP_LIST => {
                    link.altnames = attributes(payload)
                        .filter(|property| property.kind == IFLA_ALT_IFNAME)
                        .filter_map(|property| text(property.payload)?.parse().ok())
                        .collect();
                }
                IFLA_PERM_ADDRESS => link.permanent_mac = mac(payload),
                IFLA_PARENT_DEV_NAME => link.parent = text(payload).map(str::to_owned),
                IFLA_LINKINFO => {
                    let word = |kind| find(payload, kind).and_then(text).map(str::to_owned);
                    link.kind = word(IFLA_INFO_KIND);
                    port_kind = word(IFLA_INFO_SLAVE_KIND);
                }
                _ => {}
            }
        }
        link.name = name?;
        link.master = master.map(|master| (master, port_kind));
        link.lower = lower.filter(|lower| elsewhere.is_none() && *lower != index);
        // A veth stands on nothing: what it names is its other end (`veth_get_iflink`, drivers/net/veth.c).
        link.lower_elsewhere = lower
            .zip(elsewhere)
            .map(|(index, namespace)| Elsewhere { index, namespace })
            .filter(|_| link.kind.as_deref() != Some("veth"));
        Some(link)
    }
}

/// Returns a request for one link, or for all with `index` 0 and `NLM_F_DUMP`.
pub(crate) fn link_request(index: u32, flags: u16, filter: u32) -> Message {
    let mut request = Message::new(kind::RTM_GETLINK, flags);
    put_link_header(&mut request, index, 0, 0);
    request.attribute(IFLA_EXT_MASK, &filter.to_ne_bytes());
    request
}

/// Returns a request for the link of this name.
pub(crate) fn link_request_by_name(name: &InterfaceName) -> Message {
    let mut request = link_request(0, kind::NLM_F_ACK, RTEXT_FILTER_SKIP_STATS);
    let mut text = name.as_str().as_bytes().to_vec();
    text.push(0);
    request.attribute(IFLA_IFNAME, &text);
    request
}

fn mac(payload: &[u8]) -> Option<MacAddress> {
    <[u8; 6]>::try_from(payload).ok().map(MacAddress::new)
}
