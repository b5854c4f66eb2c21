//! The virtual function as its PF sees it: the attributes of the model's table.

mod attribute_spec;
mod diff;
mod effective;
mod mac_address;
mod mac_source;
mod port_address;
mod rate;
mod read;
mod rules;
mod spec;

pub(crate) use diff::{diff, writes_mac};
pub use effective::{Chosen, EffectiveVf, Entry, effective};
pub use mac_address::{MacError, MacOwner};
pub use mac_source::{DeriveFrom, MacSource};
pub use read::read;
pub(crate) use rules::{check, check_address, most};
pub use spec::{AttributeSpec, DriverSpec, VfGroup, VfSettings};
