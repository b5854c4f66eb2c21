//! Why a port cannot have VFs, or its VFs cannot be used, and how to mend that.

use std::fmt;

use vfctl_port::{HostFacts, PfFacts};

/// One thing that stands in a port's way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle {
    /// What stands in the way.
    pub cause: String,
    /// How to mend it.
    pub fix: String,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, fix } = self;
        write!(f, "{cause}: {fix}")
    }
}

/// Returns what stands in the way of this port, gravest first; none where all is well.
pub fn obstacles(host: &HostFacts, pf: &PfFacts) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let mut add =
        |cause: &str, fix: &str| found.push(Obstacle { cause: cause.to_owned(), fix: fix.to_owned() });
    let on_pci = pf.class.is_some();
    if pf.driver.is_none() {
        add(
            "the PF has no driver",
            "load its driver; `lspci -k` names it. Without one the kernel makes no VFs",
        );
    } else if pf.total_vfs == 0 {
        add(
            "the driver offers no VFs",
            "turn SR-IOV on in the card's firmware and in the machine's, then reboot",
        );
    }
    if on_pci && pf.total_vfs > 0 && pf.driver.is_some() && pf.vf_default_driver.is_none() {
        add(
            "the kernel has no driver for its VFs",
            "install the module for them, or give them to vfio-pci by `driver`",
        );
    }
    if on_pci && host.system.iommu.groups == 0 {
        let fix = "for vfio-pci enable VT-d or AMD-Vi in firmware and boot with `intel_iommu=on iommu=pt` (AMD: `iommu=pt`)";
        add("the IOMMU is off", fix);
    }
    if let Some(mode) = &host.system.lockdown
        && mode != "none"
    {
        add(
            &format!("the kernel is locked down ({mode})"),
            "firmware tools cannot change the card while it is",
        );
    }
    found
}
