//! The virtual function as its PF sees it: the attributes of the model's table, for all VFs and for groups.

mod attribute_spec;
mod diff;
mod effective;
mod held_address;
mod interface_mac;
mod kernel_age;
mod left_alone;
mod mac_address;
mod mac_holders;
mod mac_reach;
mod mac_source;
mod need;
mod order;
mod overlaps;
mod rate;
mod rules;
mod spec;
mod unaddressed;
mod unsettable;

pub(crate) use attribute_spec::VlanMap;
pub(crate) use diff::{asked, diff, writes_mac};
pub(crate) use effective::effective;
pub use effective::{Chosen, Entry};
pub use interface_mac::made_up_mac;
pub(crate) use interface_mac::{has_other_interface_mac, interface_mac_claim, pf_answers};
pub(crate) use mac_address::{MacError, MacOwner};
pub use mac_reach::host_lists;
pub(crate) use mac_reach::{DocumentEntries, check as check_macs};
pub use mac_source::{DeriveFrom, MacSource};
pub(crate) use rules::{check, check_value};
pub use spec::{AttributeSpec, VfGroup};
pub use unsettable::unsettable;
