//! Pensando's ionic (drivers/net/ethernet/pensando/ionic).

use vfctl_model::{Toggle, VfAttribute, VfValue};

use super::row::{AttributeRow, DriverRules, Refusal, Starts, When};
use crate::errno::Errno;

/// ionic (ionic_lif.c): it shows what it was given, from zeros on (`ionic_vf_alloc`).
pub(crate) const IONIC: DriverRules = DriverRules {
    name: "ionic",
    attributes: &[
        AttributeRow::refusing(
            VfAttribute::Vlan,
            &[
                Refusal { when: When::Priority, errno: Errno::EINVAL },
                Refusal { when: When::ServiceTag, errno: Errno::EPROTONOSUPPORT },
            ],
        ),
        AttributeRow::starting(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off)),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::refusing(VfAttribute::Rate, &[Refusal { when: When::MinRate, errno: Errno::EINVAL }]),
    ],
    vf_driver: Some("ionic"),
    speed: Some(100_000),
    ..DriverRules::COMMON
};
