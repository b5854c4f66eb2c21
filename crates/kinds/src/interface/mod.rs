//! The PF's own interface: up or down, and its MTU.

mod admin_state;
mod diff;
mod mtu;

pub use admin_state::PfAdminState;
pub use mtu::PfMtu;
