//! Netlink: one private socket per use, messages and attributes by the `netlink-packet` crates.
//!
//! Written against include/uapi/linux/{netlink,rtnetlink,if_link}.h of Linux 6.12. By hand is what these crates hide
//! or get wrong: `-1` for "not reported", a VF list whose length wraps, several messages in one call, replies longer
//! than any buffer, and the kernel's words beside an error number.

mod ack;
mod address;
mod batch;
mod devlink;
mod dump;
mod link;
mod namespace;
mod network;
mod own;
mod relay;
mod route;
mod socket;
mod vf_attribute;
mod vf_list;
mod wire;

pub(crate) use ack::Ack;
pub(crate) use batch::{BATCH, send_batch};
pub(crate) use devlink::{Devlink, DevlinkPort, SwitchMode};
pub(crate) use dump::Dump;
#[cfg(test)]
pub(crate) use link::Elsewhere;
pub(crate) use link::{Link, link_change, link_request_by_name};
pub(crate) use namespace::number_of;
pub(crate) use network::{Network, read_links};
pub(crate) use own::OwnSocket;
pub(crate) use relay::Relay;
pub(crate) use socket::{NetlinkError, Socket};
pub(crate) use vf_attribute::write_setting;
pub(crate) use vf_list::{VfList, read_vf_list};
pub(crate) use wire::Message;

#[cfg(test)]
pub(crate) use network::tests::link as test_link;
