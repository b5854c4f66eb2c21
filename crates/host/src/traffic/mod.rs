//! Packets between interfaces of this host, each in a network namespace of its own.
//!
//! A child takes the interfaces there and gives them back. Where it is killed, the kernel gives them back by itself: what is left of
//! a network namespace are its physical interfaces, which go to the first one (`default_device_exit_net`, net/core/dev.c).

mod child;
mod end;
mod parent;
mod words;

pub(crate) use child::traffic;
