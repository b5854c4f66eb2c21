//! Netlink by hand: one private socket per use, messages built and walked as bytes.
//!
//! Written against include/uapi/linux/{netlink,rtnetlink,if_link}.h of Linux 6.12. By hand, since what matters
//! here is what general libraries hide: `-1` for "not reported", a list whose length wraps, several
//! messages in one call, and the kernel's words beside an error number.

mod address;
mod answer;
mod batch;
mod devlink;
mod link;
mod namespace;
mod network;
mod route;
mod socket;
mod vf_attribute;
mod vf_list;
mod wire;

pub(crate) use batch::{BATCH, Verdict, send_batch};
pub(crate) use devlink::eswitch_mode;
#[cfg(test)]
pub(crate) use link::Elsewhere;
pub(crate) use link::Link;
pub(crate) use namespace::number_of;
pub(crate) use network::{Network, read_links};
pub(crate) use socket::Socket;
pub(crate) use vf_attribute::write_setting;
pub(crate) use vf_list::{VfList, read_vf_list};
pub(crate) use wire::{Message, link_change};

#[cfg(test)]
pub(crate) use network::tests::link as test_link;
#[cfg(test)]
pub(crate) use socket::NetlinkError;
