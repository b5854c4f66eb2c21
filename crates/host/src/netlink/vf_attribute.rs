//! VF attributes as netlink has them: one arm per attribute to write it, one to read it.
//!
//! A new row in the table of `vfctl-model` breaks the build at the two matches below, and nowhere else in this
//! crate. Structures: include/uapi/linux/if_link.h.

use vfctl_model::{
    AttributeMap, AttributeValue, MacAddress, Mbps, RateLimits, RawReading, Toggle, VfAttribute, VfIndex,
    VfLinkState, VfValue, VlanId, VlanProtocol, VlanQos, VlanTag,
};

use super::wire::{Message, attributes, find, u32_at};

/// The list of VFs among a link's attributes, and what it consists of.
pub(crate) const IFLA_VFINFO_LIST: u16 = 22;
pub(crate) const IFLA_VF_INFO: u16 = 1;

const IFLA_VF_MAC: u16 = 1;
const IFLA_VF_VLAN: u16 = 2;
const IFLA_VF_TX_RATE: u16 = 3;
const IFLA_VF_SPOOFCHK: u16 = 4;
const IFLA_VF_LINK_STATE: u16 = 5;
const IFLA_VF_RATE: u16 = 6;
const IFLA_VF_RSS_QUERY_EN: u16 = 7;
const IFLA_VF_TRUST: u16 = 9;
const IFLA_VF_VLAN_LIST: u16 = 12;
const IFLA_VF_VLAN_INFO: u16 = 1;

/// More than any of these numbers of a VF's attributes; what is beyond is not looked at.
const KINDS: usize = 32;

/// The VLAN id that is none (IEEE 802.1Q).
const RESERVED: u32 = 4095;

/// Adds a VF's setting to a change of its PF's interface.
pub(crate) fn write_setting(message: &mut Message, vf: VfIndex, setting: &AttributeValue) {
    let kind = match setting.attribute() {
        VfAttribute::MacAddress => IFLA_VF_MAC,
        VfAttribute::Vlan => IFLA_VF_VLAN_LIST,
        VfAttribute::Trust => IFLA_VF_TRUST,
        VfAttribute::SpoofCheck => IFLA_VF_SPOOFCHK,
        VfAttribute::LinkState => IFLA_VF_LINK_STATE,
        VfAttribute::QueryRss => IFLA_VF_RSS_QUERY_EN,
        VfAttribute::Rate => IFLA_VF_RATE,
    };
    message.nest(IFLA_VFINFO_LIST, |list| {
        list.nest(IFLA_VF_INFO, |info| info.nest(kind, |payload| write_value(payload, vf, setting.value())));
    });
}

/// Reads every attribute that a VF's entry has; `None` where it has one twice, as where a damaged length swallows the
/// entries behind it.
pub(crate) fn read_entry(entry: &[u8]) -> Option<AttributeMap> {
    let mut payloads = [None; KINDS];
    for attribute in attributes(entry) {
        if let Some(payload) = payloads.get_mut(usize::from(attribute.kind))
            && payload.replace(attribute.payload).is_some()
        {
            return None;
        }
    }
    let payload = |kind: u16| payloads.get(usize::from(kind)).copied().flatten();
    let readings = VfAttribute::ALL.iter().filter_map(|attribute| {
        let reading = match attribute {
            VfAttribute::MacAddress => read_mac(payload(IFLA_VF_MAC)?),
            VfAttribute::Vlan => read_vlan(payload(IFLA_VF_VLAN_LIST), payload(IFLA_VF_VLAN))?,
            VfAttribute::Trust => read_toggle(payload(IFLA_VF_TRUST)?),
            VfAttribute::SpoofCheck => read_toggle(payload(IFLA_VF_SPOOFCHK)?),
            VfAttribute::LinkState => read_link_state(payload(IFLA_VF_LINK_STATE)?),
            VfAttribute::QueryRss => read_toggle(payload(IFLA_VF_RSS_QUERY_EN)?),
            VfAttribute::Rate => read_rate(payload(IFLA_VF_RATE), payload(IFLA_VF_TX_RATE))?,
        };
        Some((*attribute, reading))
    });
    Some(AttributeMap(readings.collect()))
}

/// Returns the VF that an entry speaks of: each entry has `IFLA_VF_MAC`, whose first field it is.
pub(crate) fn entry_index(entry: &[u8]) -> Option<VfIndex> {
    let index = u32_at(find(entry, IFLA_VF_MAC)?, 0)?;
    u16::try_from(index).ok().map(VfIndex)
}

/// Writes the payload of one shape: the VF's number, then its fields.
fn write_value(payload: &mut Message, vf: VfIndex, value: VfValue) {
    let number = u32::from(vf.0);
    let mut put = |fields: &[u32]| {
        for field in fields {
            payload.put(&field.to_ne_bytes());
        }
    };
    match value {
        VfValue::Mac(mac) => {
            put(&[number]);
            payload.put(&mac.bytes());
            payload.put(&[0; 26]);
        }
        VfValue::Toggle(Toggle::Off) | VfValue::LinkState(VfLinkState::Auto) => put(&[number, 0]),
        VfValue::Toggle(Toggle::On) | VfValue::LinkState(VfLinkState::Enable) => put(&[number, 1]),
        VfValue::LinkState(VfLinkState::Disable) => put(&[number, 2]),
        VfValue::Rate(RateLimits { min, max }) => put(&[number, min.0, max.0]),
        VfValue::Vlan(VlanTag { id, qos, protocol }) => payload.nest(IFLA_VF_VLAN_INFO, |info| {
            for field in [number, u32::from(id.get()), u32::from(qos.get())] {
                info.put(&field.to_ne_bytes());
            }
            info.put(&protocol.ethertype().to_be_bytes());
            info.put(&[0; 2]);
        }),
    }
}

fn read_mac(payload: &[u8]) -> RawReading {
    match payload.get(4..).and_then(|mac| mac.first_chunk()) {
        Some(mac) => RawReading::Value(VfValue::Mac(MacAddress::new(*mac))),
        None => cut_short(),
    }
}

/// Reads `{vf, setting}`; the kernel presets the setting to -1 and drivers that know better overwrite it
/// (`rtnl_fill_vfinfo`, net/core/rtnetlink.c).
fn read_toggle(payload: &[u8]) -> RawReading {
    match u32_at(payload, 4) {
        Some(u32::MAX) => RawReading::NotReported,
        Some(setting) => RawReading::Value(VfValue::Toggle(Toggle::from(setting != 0))),
        None => cut_short(),
    }
}

fn read_link_state(payload: &[u8]) -> RawReading {
    let state = match u32_at(payload, 4) {
        Some(0) => VfLinkState::Auto,
        Some(1) => VfLinkState::Enable,
        Some(2) => VfLinkState::Disable,
        Some(other) => return RawReading::Unreadable(format!("unknown link state {other}")),
        None => return cut_short(),
    };
    RawReading::Value(VfValue::LinkState(state))
}

/// Reads lowest and highest rate; `single` is the attribute of kernels before 3.16, which had no lowest.
fn read_rate(both: Option<&[u8]>, single: Option<&[u8]>) -> Option<RawReading> {
    let (min, max) = match (both, single) {
        (Some(both), _) => (u32_at(both, 4), u32_at(both, 8)),
        (None, Some(single)) => (Some(0), u32_at(single, 4)),
        (None, None) => return None,
    };
    Some(match (min, max) {
        (Some(min), Some(max)) => {
            RawReading::Value(VfValue::Rate(RateLimits { min: Mbps(min), max: Mbps(max) }))
        }
        _ => cut_short(),
    })
}

/// Reads the VLAN; `single` is the attribute of kernels before 4.9, which had no protocol.
fn read_vlan(list: Option<&[u8]>, single: Option<&[u8]>) -> Option<RawReading> {
    let (id, qos, protocol) = match (list, single) {
        (Some(list), _) => {
            let mut tags = attributes(list).filter(|tag| tag.kind == IFLA_VF_VLAN_INFO);
            let Some(tag) = tags.next() else { return Some(cut_short()) };
            if tags.next().is_some() {
                return Some(RawReading::Unreadable("the VF has more than one VLAN".to_owned()));
            }
            let ethertype = tag.payload.get(12..).and_then(|bytes| bytes.first_chunk());
            (
                u32_at(tag.payload, 4),
                u32_at(tag.payload, 8),
                ethertype.map(|bytes| u16::from_be_bytes(*bytes)),
            )
        }
        (None, Some(single)) => (u32_at(single, 4), u32_at(single, 8), Some(0x8100)),
        (None, None) => return None,
    };
    let (Some(id), Some(qos), Some(ethertype)) = (id, qos, protocol) else { return Some(cut_short()) };
    // Without VLAN the protocol says nothing; there is one value for "none". 4095 is mlx4_core's word for it: the guest tags
    // as it likes (`MLX4_VGT`, include/linux/mlx4/device.h).
    if id == 0 && qos == 0 || id == RESERVED {
        return Some(RawReading::Value(VfValue::Vlan(VlanTag::NONE)));
    }
    let protocol =
        [VlanProtocol::Dot1Q, VlanProtocol::Dot1Ad].into_iter().find(|p| p.ethertype() == ethertype);
    let tag = VlanId::try_from(u64::from(id)).ok().zip(VlanQos::try_from(u64::from(qos)).ok()).zip(protocol);
    Some(match tag {
        Some(((id, qos), protocol)) => RawReading::Value(VfValue::Vlan(VlanTag { id, qos, protocol })),
        None => RawReading::Unreadable(format!(
            "VLAN {id} with priority {qos} and protocol 0x{ethertype:04x} is not one that can be set"
        )),
    })
}

fn cut_short() -> RawReading {
    RawReading::Unreadable("the kernel's message is truncated".to_owned())
}

#[cfg(test)]
#[path = "vf_attribute_tests.rs"]
mod tests;
