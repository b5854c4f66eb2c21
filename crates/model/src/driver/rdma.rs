//! Drivers of RDMA devices, which people name where the driver of the PCI function is meant.

/// Each with a driver of the PCI function below it (Linux drivers/infiniband/hw).
const RDMA_DRIVERS: &[(&str, &str)] = &[
    ("mlx5_ib", "mlx5_core"),
    ("mlx4_ib", "mlx4_core"),
    ("irdma", "iavf"),
    ("i40iw", "iavf"),
    ("bnxt_re", "bnxt_en"),
    ("qedr", "qede"),
];

/// Returns a driver of the PCI functions below the RDMA devices that this one drives; `None` where it drives none. No PCI
/// function has such a driver itself.
pub fn pci_driver_below(driver: &str) -> Option<&'static str> {
    RDMA_DRIVERS.iter().find(|(rdma, _)| *rdma == driver).map(|(_, pci)| *pci)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_of_rdma_devices_are_none_of_pci_functions() {
        for (rdma, pci) in RDMA_DRIVERS {
            assert_eq!(pci_driver_below(rdma), Some(*pci));
            assert_eq!(pci_driver_below(pci), None);
        }
    }
}
