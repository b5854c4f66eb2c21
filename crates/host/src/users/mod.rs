//! Who uses a VF.
//!
//! What is asked of the whole machine (other namespaces, open files) is asked once, and only where some VF
//! makes it necessary. "Could not look" is an answer of its own.

mod cni;
mod find;
mod interface;
mod kubelet;
mod namespaces;
mod open_files;
mod ssh;
mod vfio;

pub(crate) use find::find_users;
pub(crate) use namespaces::Namespaces;
pub(crate) use ssh::local_address;
pub(crate) use vfio::VfioWatch;
