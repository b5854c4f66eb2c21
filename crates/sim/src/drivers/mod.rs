//! What each PF driver does: one row of data per driver, read from the kernel's source.

mod broadcom;
mod intel;
mod mellanox;
mod netdevsim;
mod nvme;
mod row;
mod unknown;

pub(crate) use row::{DriverRules, EswitchRules, Keeps, LinkNow, MacEffect, MacShown};

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
];

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
