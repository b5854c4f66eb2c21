//! What facts tell of a property: the values that the rows of the table read.

use std::fmt;

use vfctl_model::Reading;

use crate::claim_value::ClaimValue;
use crate::facts::PfFacts;

/// What facts tell of a property: `Known(None)` where its subject is there and has no such thing, such as no driver.
pub type Found = Reading<Option<ClaimValue>>;

/// Returns a switch that was read.
pub(crate) fn flag(value: bool) -> Found {
    Reading::Known(Some(ClaimValue::Flag(value)))
}

/// Returns a number that was read; `None`, there is none.
pub(crate) fn number(value: Option<u32>) -> Found {
    Reading::Known(value.map(ClaimValue::Number))
}

/// Returns how many VFs device and driver offer.
pub(crate) fn total_vfs(pf: &PfFacts) -> Found {
    let unread = || Reading::Unreadable("how many VFs the device offers could not be read".to_owned());
    pf.total_vfs.map_or_else(unread, |total| number(Some(total.into())))
}

/// Returns a name that was read; `None`, there is none.
pub(crate) fn name<T: fmt::Display>(value: Option<&T>) -> Found {
    Reading::Known(value.map(|value| ClaimValue::Name(value.to_string())))
}

/// Returns what was found of a PF's interface: one that is missing although the driver has made it was not seen, since
/// it is in another network namespace or netlink could not be read. That is not the same as there being none.
pub(crate) fn of_netdev(pf: &PfFacts, found: Found) -> Found {
    if pf.netdev.is_none() && pf.hides_netdev() {
        return Reading::Unreadable("the PF's interface cannot be seen from here".to_owned());
    }
    found
}
