//! The simulator of the device plugin: which device it offers in which pool, and for each that it leaves out why.
//!
//! It follows the plugin's source line by line, quirks included, and knows no document: a configuration, a release and the
//! devices of a host are all that it takes. What facts do not tell is unknown in its answer, too.

mod device;
mod entry;
mod judge;
mod simulate;

pub use device::{Device, Fact, Interface, Role};
pub(crate) use entry::pf_of;
pub use simulate::{Devices, LeftOut, Pool, Prediction, simulate};
