//! What an error number usually means for an op, and what to do about it.

use crate::op::{Op, OpKind};
use crate::outcome::OpError;

/// Linux's error numbers that have a usual cause here (include/uapi/asm-generic/errno-base.h and errno.h).
mod errno {
    pub(super) const EPERM: i32 = 1;
    pub(super) const ENOENT: i32 = 2;
    pub(super) const EAGAIN: i32 = 11;
    pub(super) const ENOMEM: i32 = 12;
    pub(super) const EACCES: i32 = 13;
    pub(super) const EBUSY: i32 = 16;
    pub(super) const ENODEV: i32 = 19;
    pub(super) const EINVAL: i32 = 22;
    pub(super) const ENOSPC: i32 = 28;
    pub(super) const ERANGE: i32 = 34;
    pub(super) const EOPNOTSUPP: i32 = 95;
    pub(super) const EPROTONOSUPPORT: i32 = 93;
}

/// Returns the usual cause and the fix of this refusal; `None` where there is no usual one.
pub fn hint(op: &Op, error: &OpError) -> Option<&'static str> {
    use OpKind::{BindDriver, LoadModule, ProbeDriver, SetPfMtu, SetVf, SetVfCount, SetVfMtu, UnbindDriver};
    if op.kind() == LoadModule {
        return Some("the module is not installed for this kernel, is barred, or is refused by its lockdown");
    }
    let for_vfio = matches!(op, Op::BindDriver { driver, .. } if driver.is_vfio());
    Some(match (op.kind(), error.errno?) {
        (_, errno::EPERM | errno::EACCES) => {
            "run as root, outside of containers and user namespaces; if you are, the driver holds VFs that a virtual machine was given, or the kernel is locked down"
        }
        (SetVfCount, errno::ENOENT) => {
            "the PF has no driver, or its driver has no SR-IOV support; load or bind it"
        }
        (SetVfCount, errno::EBUSY) => "somebody made VFs in the meantime; run plan again",
        (SetVfCount, errno::ERANGE) => "more than the driver allows now; sriov_totalvfs says how many",
        (SetVfCount, errno::ENOMEM) => {
            "no room for the VFs' memory or bus numbers; enable MMIO above 4 GiB in firmware, or boot with pci=realloc"
        }
        (SetVfCount, errno::ENOSPC) => "the device ran out of interrupt vectors; ask for fewer VFs",
        (BindDriver, errno::EINVAL) if for_vfio => {
            "vfio needs an IOMMU group; enable the IOMMU in firmware and on the kernel's command line"
        }
        (BindDriver | ProbeDriver, errno::ENODEV) => {
            "no such driver is loaded, or it does not take this device"
        }
        (UnbindDriver, errno::ENODEV) => "the VF had left its driver already; run plan again",
        (SetVf, errno::EINVAL) => {
            "drivers refuse so what they cannot do: a rate without carrier or above the link's speed, a minimum rate"
        }
        (SetVf, errno::EOPNOTSUPP | errno::EPROTONOSUPPORT) => {
            "the driver has no such attribute or value; take it out of the spec or set onUnsupported: warn"
        }
        (SetVf, errno::EAGAIN | errno::EBUSY) => "the VF is still being reset; try again",
        (SetPfMtu | SetVfMtu, errno::EINVAL) => "outside of what the driver takes; `ip -d link` shows maxmtu",
        _ => return None,
    })
}
