//! Whether the function that an op names is still the VF that it means.

use vfctl_model::{DeviceAddress, PciAddress, VfIndex};
use vfctl_port::OpError;

use crate::errno::own_refusal;
use crate::roots::Roots;
use crate::sysfs::files::link_name;

/// Holds a VF's address against the PF's `virtfn` link: addresses are computed before VFs exist, and offset and
/// stride may change with their count (SR-IOV 1.1, 3.3.9 and 3.3.10).
///
/// # Errors
/// Where the function at this address is not this VF.
pub(super) fn hold_address(
    roots: &Roots,
    pf: &DeviceAddress,
    vf: VfIndex,
    device: PciAddress,
) -> Result<(), OpError> {
    let now: Option<PciAddress> = link_name(&roots.device(pf).join(format!("virtfn{vf}")));
    if now == Some(device) {
        return Ok(());
    }
    let found = now.map_or_else(|| "nowhere".to_owned(), |now| format!("at {now}"));
    Err(own_refusal(format!("vf {vf} of {pf} is {found}, not at {device}; run plan again")))
}
