//! What an error number usually means for an action, and what to do about it: one row each, the first that fits.

use vfctl_model::VfAttribute;

use crate::action::{Action, ActionKind};
use crate::api_hint::api_hint;
use crate::binding::Binding;
use crate::op::Op;
use crate::outcome::OpError;

use ActionKind::{
    BindDriver, CreateVfs, LoadModule, ProbeDriver, RemoveVfs, SetPfMtu, SetVfAttribute, SetVfMtu,
    UnbindDriver,
};

/// Linux's error numbers that have a usual cause here (include/uapi/asm-generic/errno-base.h and errno.h).
mod errno {
    pub(super) const EPERM: i32 = 1;
    pub(super) const ENOENT: i32 = 2;
    pub(super) const EIO: i32 = 5;
    pub(super) const EAGAIN: i32 = 11;
    pub(super) const ENOMEM: i32 = 12;
    pub(super) const EACCES: i32 = 13;
    pub(super) const EBUSY: i32 = 16;
    pub(super) const ENODEV: i32 = 19;
    pub(super) const EINVAL: i32 = 22;
    pub(super) const ENOSPC: i32 = 28;
    pub(super) const EROFS: i32 = 30;
    pub(super) const ERANGE: i32 = 34;
    pub(super) const EOPNOTSUPP: i32 = 95;
    pub(super) const EPROTONOSUPPORT: i32 = 93;
}

/// Which refusals a hint is for.
struct Row {
    /// The kinds of actions; empty for all.
    kinds: &'static [ActionKind],
    /// The error numbers; empty for all, also for an error that is not the kernel's.
    errnos: &'static [i32],
    hint: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        kinds: &[LoadModule],
        errnos: &[],
        hint: "the module is not installed for this kernel, is blacklisted, or is refused because the kernel is locked down",
    },
    Row {
        kinds: &[],
        errnos: &[errno::EPERM, errno::EACCES],
        hint: "run as root, outside of containers and user namespaces; if you already do, VFs are assigned to a virtual machine, or the kernel is locked down",
    },
    Row {
        kinds: &[],
        errnos: &[errno::EROFS],
        hint: "/sys is mounted read-only, most likely because vfctl runs in a container; run it on the host, or in a privileged container with the host's /sys",
    },
    Row {
        kinds: &[CreateVfs, RemoveVfs],
        errnos: &[errno::ENOENT],
        hint: "the PF has no driver, or its driver has no SR-IOV support; load or bind it",
    },
    // That there are VFs by now is another cause, see `busy`.
    Row {
        kinds: &[CreateVfs, RemoveVfs],
        errnos: &[errno::EBUSY],
        hint: "the driver is busy or is recovering from a reset; see the kernel log and try again",
    },
    Row {
        kinds: &[CreateVfs, RemoveVfs],
        errnos: &[errno::EAGAIN],
        hint: "the driver is being reset; see the kernel log and try again",
    },
    Row {
        kinds: &[CreateVfs],
        errnos: &[errno::EOPNOTSUPP],
        hint: "the driver cannot create VFs in its current mode, such as ice's safe mode without its DDP package; see the kernel log",
    },
    Row {
        kinds: &[CreateVfs],
        errnos: &[errno::EINVAL, errno::EIO],
        hint: "the firmware or the machine's PCI setup does not allow that many VFs; see the kernel log",
    },
    Row {
        kinds: &[CreateVfs],
        errnos: &[errno::ERANGE],
        hint: "more VFs than the driver allows now; see sriov_totalvfs",
    },
    Row {
        kinds: &[CreateVfs],
        errnos: &[errno::ENOMEM],
        hint: "no room for the VFs' memory or bus numbers; enable MMIO above 4 GiB in firmware, or boot with pci=realloc",
    },
    Row {
        kinds: &[CreateVfs],
        errnos: &[errno::ENOSPC],
        hint: "the device ran out of interrupt vectors; ask for fewer VFs",
    },
    Row {
        kinds: &[BindDriver, ProbeDriver],
        errnos: &[errno::ENODEV],
        hint: "no such driver is loaded, or it does not support this device",
    },
    Row {
        kinds: &[UnbindDriver],
        errnos: &[errno::ENODEV],
        hint: "the VF had no driver any more; run plan again",
    },
    Row {
        kinds: &[SetVfAttribute],
        errnos: &[errno::EINVAL],
        hint: "the driver rejects this value, most likely because it cannot set it",
    },
    Row {
        kinds: &[SetVfAttribute],
        errnos: &[errno::EOPNOTSUPP, errno::EPROTONOSUPPORT],
        hint: "the driver does not support this attribute or value; remove it from the spec, or set onUnsupported: warn",
    },
    Row {
        kinds: &[SetVfAttribute],
        errnos: &[errno::EAGAIN, errno::EBUSY],
        hint: "the VF is still being reset; try again",
    },
    Row {
        kinds: &[SetPfMtu, SetVfMtu],
        errnos: &[errno::EINVAL],
        hint: "outside the driver's limits; `ip -d link` shows them as minmtu and maxmtu",
    },
];

/// What drivers refuse of an attribute with EINVAL.
const fn invalid(attribute: VfAttribute) -> Option<&'static str> {
    match attribute {
        VfAttribute::Rate => Some(
            "possible causes: no carrier, a rate above the link's speed, a driver without minimum rates, or minimum rates that add up to more than the link's speed",
        ),
        VfAttribute::Vlan => {
            Some("the driver, kernel or firmware may not support this VLAN priority or protocol")
        }
        VfAttribute::MacAddress => Some("another function of the card may already have this address"),
        _ => None,
    }
}

/// What a refused bind to a vfio driver lacks.
const NO_IOMMU: &str =
    "vfio needs an IOMMU group; enable the IOMMU in firmware and on the kernel command line";

/// What was read after a count was refused with EBUSY, which has two causes: the kernel makes VFs only where there are none
/// (`sriov_numvfs_store`, drivers/pci/pci-sysfs.c), and drivers refuse while they are being reset.
fn busy(kind: ActionKind, vf_count: Option<u16>) -> Option<&'static str> {
    match (kind, vf_count) {
        (CreateVfs, Some(1..)) => Some("another program created VFs in the meantime; run plan again"),
        (CreateVfs | RemoveVfs, None) => Some(
            "the driver is busy or is recovering from a reset (see the kernel log), or another program created VFs in the meantime; run plan again",
        ),
        _ => None,
    }
}

/// Returns the usual cause and the fix of this refusal; `None` where there is no usual one. `vf_count` is how many VFs the
/// PF was read to have after it; `None` where that is not known.
pub fn hint(op: &Op, error: &OpError, vf_count: Option<u16>) -> Option<&'static str> {
    if op.target.object().is_some() {
        return api_hint(&error.to_string());
    }
    if error.errno == Some(errno::EBUSY)
        && let Some(hint) = busy(op.action.kind(), vf_count)
    {
        return Some(hint);
    }
    let for_vfio = matches!(&op.action, Action::BindDriver(Binding { driver, .. }) if driver.is_vfio());
    if for_vfio && error.errno == Some(errno::EINVAL) {
        return Some(NO_IOMMU);
    }
    if let (Action::SetVfAttribute(setting), Some(errno::EINVAL)) = (&op.action, error.errno)
        && let Some(hint) = invalid(setting.attribute())
    {
        return Some(hint);
    }
    let kind = op.action.kind();
    let fits = |row: &&Row| {
        let of_kind = row.kinds.is_empty() || row.kinds.contains(&kind);
        of_kind && (row.errnos.is_empty() || error.errno.is_some_and(|number| row.errnos.contains(&number)))
    };
    ROWS.iter().find(fits).map(|row| row.hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Target;

    #[test]
    fn refusals_that_containers_get_say_so() {
        for op in [
            r#"{"pf":"pci/0000:01:00.0","action":{"createVfs":8}}"#,
            r#"{"pf":"pci/0000:01:00.0","interface":"eth0","action":{"setPfMtu":9000}}"#,
            r#"{"pf":"pci/0000:01:00.0","vf":3,"function":"0000:01:10.6","action":"unbindDriver"}"#,
        ] {
            let op: Op = serde_json::from_str(op).expect("an op");
            for number in [errno::EROFS, errno::EPERM, errno::EACCES] {
                let error = OpError { errno: Some(number), cause: String::new(), detail: None };
                let hint = hint(&op, &error, None).expect("a hint");
                assert!(hint.contains("container"), "{op}: {hint}");
            }
        }
    }

    #[test]
    fn busy_has_the_cause_that_the_count_tells() {
        let op = |action| Op { target: Target::Pf("pci/0000:01:00.0".parse().expect("a PF")), action };
        let busy = OpError { errno: Some(errno::EBUSY), cause: "EBUSY".to_owned(), detail: None };
        let hint = |action, vf_count| hint(&op(action), &busy, vf_count).expect("a hint");
        let create = || Action::CreateVfs(4);
        assert_eq!(hint(create(), Some(2)), "another program created VFs in the meantime; run plan again");
        assert!(!hint(create(), Some(0)).contains("another program"), "nobody did");
        assert!(hint(create(), None).contains("or another program created VFs"));
        assert!(!hint(Action::RemoveVfs, Some(2)).contains("another program"));
    }
}
