//! Huawei's hinic (drivers/net/ethernet/huawei/hinic).

use vfctl_model::{Toggle, VfAttribute, VfValue};

use super::row::{AttributeRow, DriverRules, Refusal, Starts, When};
use crate::errno::Errno;

/// hinic with firmware that takes a guaranteed rate (hinic_sriov.c): "Reload the VF driver to make this change effective".
pub(crate) const HINIC: DriverRules = DriverRules {
    name: "hinic",
    attributes: &[
        AttributeRow::refusing(
            VfAttribute::MacAddress,
            &[Refusal { when: When::ZeroMac, errno: Errno::EINVAL }],
        ),
        AttributeRow::refusing(
            VfAttribute::Vlan,
            &[Refusal { when: When::ServiceTag, errno: Errno::EPROTONOSUPPORT }],
        ),
        AttributeRow::starting(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off)),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::refusing(
            VfAttribute::Rate,
            &[
                Refusal { when: When::NoCarrier, errno: Errno::EPERM },
                Refusal { when: When::AboveSpeed, errno: Errno::EINVAL },
            ],
        ),
    ],
    vf_driver: Some("hinic"),
    speed: Some(25_000),
    ..DriverRules::COMMON
};
