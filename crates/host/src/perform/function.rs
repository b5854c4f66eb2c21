//! Whether the function that an op names is still the VF that it means.

use vfctl_model::PciAddress;
use vfctl_port::{OpError, Target};

use crate::errno::own_refusal;
use crate::roots::Roots;
use crate::sysfs::files::link_name;

/// Compares the address of a VF that is reached by its own function with the PF's `virtfn` link: addresses are
/// computed before VFs exist, and offset and stride may change with their count (SR-IOV 1.1, 3.3.9 and 3.3.10). Any
/// other target passes.
///
/// # Errors
/// Where the function at this address is not this VF.
pub(super) fn check_address(roots: &Roots, target: &Target) -> Result<(), OpError> {
    let (Some(pf), Some(vf), Some(function)) = (target.pf(), target.vf(), target.function()) else {
        return Ok(());
    };
    let now: Option<PciAddress> = link_name(&roots.device(pf).join(format!("virtfn{vf}")));
    if now == Some(function) {
        return Ok(());
    }
    let found = now.map_or_else(|| "nowhere".to_owned(), |now| format!("at {now}"));
    Err(own_refusal(format!("vf {vf} of {pf} is {found}, not at {function}; run plan again")))
}
