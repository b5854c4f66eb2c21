//! Chelsio's cxgb4 (drivers/net/ethernet/chelsio/cxgb4).

use vfctl_model::VfAttribute;

use super::row::{AttributeRow, DriverRules, Interface, Refusal, Starts, When};
use crate::errno::Errno;

/// cxgb4 (cxgb4_main.c): `cxgb4_iov_configure` makes the interface for settings with the VFs and takes it away with them; each
/// VF begins with an address of the card's (`cxgb4_mgmt_fill_vf_station_mac_addr`).
pub(crate) const CXGB4: DriverRules = DriverRules {
    name: "cxgb4",
    attributes: &[
        AttributeRow::refusing(
            VfAttribute::MacAddress,
            &[Refusal { when: When::ZeroMac, errno: Errno::EINVAL }],
        ),
        AttributeRow::refusing(
            VfAttribute::Vlan,
            &[
                Refusal { when: When::ServiceTag, errno: Errno::EPROTONOSUPPORT },
                Refusal { when: When::Priority, errno: Errno::EPROTONOSUPPORT },
            ],
        ),
        AttributeRow::missing(VfAttribute::Trust, Starts::NotReported),
        AttributeRow::missing(VfAttribute::SpoofCheck, Starts::NotReported),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::refusing(
            VfAttribute::Rate,
            &[
                Refusal { when: When::MinRate, errno: Errno::EINVAL },
                Refusal { when: When::AboveKnownSpeed, errno: Errno::EINVAL },
            ],
        ),
    ],
    interface: Interface::WithVfs,
    vf_driver: Some("cxgb4vf"),
    speed: None,
    ..DriverRules::COMMON
};
