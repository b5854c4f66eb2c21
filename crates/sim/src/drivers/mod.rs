//! What each PF driver does: one row of data per driver, read from the kernel's source.

mod accelerator;
mod broadcom;
mod chelsio;
mod cisco;
mod huawei;
mod intel;
mod mellanox;
mod netdevsim;
mod netronome;
mod nvme;
mod pensando;
mod qlogic;
mod row;
mod solarflare;
mod stub;
mod unknown;

pub(crate) use row::{Counts, DriverRules, EswitchRules, Interface, Keeps, LinkNow, MacEffect, MacShown};

use vfctl_model::DriverName;

/// Every row with a name.
const ROWS: &[&DriverRules] = &[
    &intel::IGB,
    &intel::IXGBE,
    &intel::I40E,
    &intel::ICE,
    &mellanox::MLX5_CORE,
    &broadcom::BNXT_EN,
    &netdevsim::NETDEVSIM,
    &nvme::NVME,
    &mellanox::MLX4_CORE,
    &netronome::NFP,
    &qlogic::QEDE,
    &solarflare::SFC,
    &solarflare::SFC_EF100,
    &solarflare::SFC_SIENA,
    &huawei::HINIC,
    &pensando::IONIC,
    &chelsio::CXGB4,
    &cisco::ENIC,
    &accelerator::QAT_4XXX,
    &accelerator::QAT_420XX,
    &accelerator::QAT_C3XXX,
    &accelerator::QAT_C6XX,
    &accelerator::QAT_DH895XCC,
    &accelerator::XE,
    &stub::PCI_PF_STUB,
    &stub::VFIO_PCI,
    &stub::UIO_PCI_GENERIC,
    &stub::IGB_UIO,
    &stub::PCI_STUB,
];

/// Returns the names of the drivers that have a row.
pub fn known_drivers() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
}

/// Returns the driver's row; a driver without one has the kernel's common rules.
pub(crate) fn row_of(driver: Option<&DriverName>) -> &'static DriverRules {
    ROWS.iter()
        .find(|row| driver.is_some_and(|driver| driver.as_str() == row.name))
        .copied()
        .unwrap_or(&unknown::UNKNOWN)
}

/// Returns the names of the drivers that VFs can have.
pub(crate) fn vf_drivers() -> impl Iterator<Item = &'static str> {
    ROWS.iter().filter_map(|row| row.vf_driver)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::row::Starts;
    use super::*;

    #[test]
    fn every_row_has_a_name_and_attributes_of_its_own_and_starts_in_shape() {
        let names: BTreeSet<_> = ROWS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ROWS.len());
        for row in ROWS {
            let attributes: BTreeSet<_> = row.attributes.iter().map(|a| a.attribute).collect();
            assert_eq!(attributes.len(), row.attributes.len(), "{}", row.name);
            for attribute in row.attributes {
                if let Starts::At(value) = attribute.starts {
                    assert_eq!(value.shape(), attribute.attribute.row().shape, "{}", row.name);
                }
            }
        }
    }
}
