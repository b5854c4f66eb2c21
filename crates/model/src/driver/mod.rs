//! What is known of each PF driver: which VF attributes it has, and what it needs. One row a driver.
//!
//! A driver without a row is planned for as if it had everything, and said to be unknown: the kernel decides.
//! The simulator has rows of its own and never looks at these: one that shares the planner's beliefs proves nothing.
//! Sources are the drivers' `net_device_ops` and `.sriov_configure` in Linux 6.12.

mod network;
mod others;
mod rdma;
mod row;

pub use rdma::pci_driver_below;
pub use row::{CheckWithoutAddress, CountWay, DriverRow, Guarantees, MtuChange, VlanPriority};
