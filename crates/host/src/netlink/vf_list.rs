//! The list of VFs in a link message, read whole also where its length has wrapped.
//!
//! An attribute's length has 16 bits. Past some 222 to 256 VFs the kernel's length of `IFLA_VFINFO_LIST` wraps
//! (`nla_nest_end`, include/net/netlink.h), while all entries are still in the message. Newer kernels answer
//! EMSGSIZE instead. Either way the answer here is all VFs or a reason, never fewer VFs.

use std::collections::BTreeMap;

use netlink_packet_core::NLM_F_ACK;
use netlink_packet_route::link::LinkExtentMask;
use nix::errno::Errno;
use nix::libc::RTM_NEWLINK;
use vfctl_model::{AttributeMap, VfIndex};

use super::link::{LINK_HEADER, link_request};
use super::socket::{NetlinkError, Socket};
use super::vf_attribute::{IFLA_VF_INFO, IFLA_VFINFO_LIST, entry_index, read_entry};
use super::wire::{attribute_header, take_attribute, u32_at};

/// The number of VFs among a link's attributes (include/uapi/linux/if_link.h).
const IFLA_NUM_VF: u16 = 21;

/// What a PF's interface reports of its VFs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VfList {
    /// The driver reports none: it has no `ndo_get_vf_config`, or there are no VFs.
    Silent,
    /// Each VF that the driver reports.
    Entries(BTreeMap<VfIndex, AttributeMap>),
    /// The list is there and could not be read.
    Unreadable(String),
}

impl VfList {
    /// Returns whether the list has fewer than these VFs. A driver leaves out a VF whose settings it refuses to read, as ice
    /// and i40e do while it is being reset.
    pub(crate) fn leaves_out_some_of(&self, count: usize) -> bool {
        match self {
            Self::Entries(entries) => entries.len() < count,
            Self::Silent | Self::Unreadable(_) => false,
        }
    }
}

/// Asks one interface for the list of its VFs, without their statistics.
pub(crate) fn read_vf_list(socket: &mut Socket<'_>, index: u32) -> Result<VfList, NetlinkError> {
    let mut list = VfList::Silent;
    let request = link_request(index, NLM_F_ACK, &[LinkExtentMask::Vf, LinkExtentMask::SkipStats]);
    let asked = socket.ask(request, |message| {
        if message.message_type() == RTM_NEWLINK {
            list = vf_list_of(message.payload().get(LINK_HEADER..).unwrap_or_default());
        }
    });
    match asked {
        Ok(()) => Ok(list),
        Err(NetlinkError::Refused(Errno::EMSGSIZE, _)) => Ok(VfList::Unreadable(
            "EMSGSIZE: this kernel cannot put so many VFs into one netlink attribute".to_owned(),
        )),
        Err(other) => Err(other),
    }
}

/// Finds and reads the list among a link's attributes.
pub(crate) fn vf_list_of(mut bytes: &[u8]) -> VfList {
    let mut count = 0;
    while let Some((kind, length)) = attribute_header(bytes) {
        if kind == IFLA_VFINFO_LIST {
            return read_entries(bytes, length, count).unwrap_or_else(VfList::Unreadable);
        }
        match take_attribute(&mut bytes) {
            // The kernel writes the count right before the list (`rtnl_fill_vf`, net/core/rtnetlink.c).
            Some(attribute) if attribute.kind == IFLA_NUM_VF => {
                count = u32_at(attribute.payload, 0).unwrap_or(0);
            }
            Some(_) => {}
            None => return VfList::Unreadable("the link's attributes are malformed".to_owned()),
        }
    }
    VfList::Silent
}

/// Reads up to `count` entries of the list that begins here, and holds their length against the stated one,
/// which is the true one modulo 65536.
fn read_entries(list: &[u8], stated: u16, count: u32) -> Result<VfList, String> {
    let mut rest = list.get(4..).unwrap_or_default();
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        // The driver may have left VFs out; then another link attribute follows.
        if attribute_header(rest).is_none_or(|(kind, _)| kind != IFLA_VF_INFO) {
            break;
        }
        let read = entries.len();
        let entry = take_attribute(&mut rest).ok_or_else(|| format!("entry {read} is truncated"))?.payload;
        let index = entry_index(entry).ok_or_else(|| format!("entry {read} names no VF"))?;
        if u32::from(index.0) >= count || entries.last_key_value().is_some_and(|(last, _)| *last >= index) {
            return Err(format!("entry {read} names VF {index}, out of order"));
        }
        let attributes = read_entry(entry).ok_or_else(|| format!("entry {read} has one attribute twice"))?;
        entries.insert(index, attributes);
    }
    let length = list.len() - rest.len();
    if length % (1 << 16) != usize::from(stated) {
        let read = entries.len();
        return Err(format!("{read} of {count} VFs have {length} bytes where the kernel states {stated}"));
    }
    Ok(VfList::Entries(entries))
}

#[cfg(test)]
#[path = "vf_list_tests.rs"]
mod tests;
