//! Why a port cannot have VFs, or its VFs cannot be used, and how to mend that.

use vfctl_port::{HostFacts, NoInterface, PfFacts};

use crate::obstacle::{Obstacle, hidden_interface};

/// Returns what stands in the way of every port of the host; none where all is well.
pub fn host_obstacles(host: &HostFacts) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let on_pci = host.physical_functions.values().any(|pf| pf.class.is_some());
    if on_pci && host.system.iommu.groups == 0 {
        let fix = "for vfio-pci enable VT-d or AMD-Vi in firmware and boot with `intel_iommu=on iommu=pt` (AMD: `iommu=pt`)";
        found.push(Obstacle::new("the IOMMU is off", fix));
    }
    if let Some(mode) = &host.system.lockdown {
        let fix = "firmware tools cannot change a card while it is";
        found.push(Obstacle::new(format!("the kernel is locked down ({mode})"), fix));
    }
    found
}

/// Returns what stands in the way of this port, gravest first; none where all is well.
pub fn obstacles(pf: &PfFacts) -> Vec<Obstacle> {
    let mut found = Vec::new();
    if matches!(pf.no_interface(), Some(NoInterface::Hidden)) {
        found.push(hidden_interface());
    }
    let on_pci = pf.class.is_some();
    if pf.driver.is_none() {
        let fix = "load its driver; `lspci -k` names it. Without one the kernel cannot create VFs";
        found.push(Obstacle::new("the PF has no driver", fix));
    } else if pf.total_vfs == Some(0) {
        let fix = "turn SR-IOV on in the card's firmware and in the machine's, then reboot";
        found.push(Obstacle::new("device and driver offer no VFs", fix));
    }
    if on_pci
        && pf.total_vfs.is_some_and(|total| total > 0)
        && pf.driver.is_some()
        && pf.vf_default_driver.is_none()
        && !pf.vf_default_driver_unread
    {
        let fix =
            "install the module for them, or allow it in modprobe.d, or give them to vfio-pci by `driver`";
        found.push(Obstacle::new("the kernel has no driver for its VFs", fix));
    }
    found
}
