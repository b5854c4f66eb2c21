//! devlink, a family of generic netlink: the embedded switch of a device, and the device's ports.
//!
//! Commands, attributes and their numbers: include/uapi/linux/devlink.h.

mod connection;
mod eswitch;
mod message;
mod port;
mod words;

pub(crate) use connection::Devlink;
pub(crate) use port::DevlinkPort;
pub(crate) use words::SwitchMode;
