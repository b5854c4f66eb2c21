//! The emulated machine: QEMU, its command line, its monitor, its console.
//!
//! What happens inside the guest is `guest`'s business.

pub mod accelerator;
pub mod arguments;
pub mod boot;
pub mod console;
pub mod monitor;

pub use accelerator::Accelerator;
pub use boot::{Machine, MachineError};
