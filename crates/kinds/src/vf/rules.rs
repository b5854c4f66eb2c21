//! What must hold between the VF settings of one PF.

use vfctl_model::{MacAddress, Mbps, RateLimits, VfIndex, VfSet, VfValue, VlanProtocol, VlanTag};

use super::mac_source::{DeriveFrom, MacSource};
use super::overlaps::check_overlaps;
use super::spec::AttributeSpec;
use crate::count::CountSpec;
use crate::path::{SpecPath, Violation, Violations};
use crate::{VfSpec, VfsSpec};

/// Checks the VFs of one PF; `path` is that of `vfs`.
pub(crate) fn check(vfs: &VfsSpec, path: &SpecPath, violations: &mut Violations) {
    let VfsSpec { all, groups, .. } = vfs;
    let most = vfs.count.map(CountSpec::most);
    check_settings(all, &path.key("all"), most.map(usize::from), violations);
    for (position, group) in groups.iter().enumerate() {
        let group_path = path.key("groups").index(position);
        check_settings(&group.settings, &group_path, Some(group.vfs.len()), violations);
        check_reach(&group.vfs, &group_path.key("vfs"), most, &path.key("count"), violations);
    }
    check_overlaps(vfs, path, violations);
}

/// Checks that a set holds VFs that can exist.
fn check_reach(
    vfs: &VfSet,
    path: &SpecPath,
    most: Option<u16>,
    count: &SpecPath,
    violations: &mut Violations,
) {
    let document = violations.document();
    let Some(VfIndex(last)) = vfs.last() else {
        violations.add(Violation::new(path.clone(), "the set has no VF", "write VFs such as \"0-3\""));
        return;
    };
    match most {
        Some(0) => violations.add(
            Violation::new(
                path.clone(),
                "there is no VF for this group",
                "raise `count`, or take the group out",
            )
            .with(document, count.clone(), "no VFs are asked for"),
        ),
        Some(most) if last >= most => violations.add(
            Violation::new(
                path.clone(),
                format!("the set reaches vf {last}, and the last VF is {}", most - 1),
                format!("raise `count` to {}, or end the set at {}", u32::from(last) + 1, most - 1),
            )
            .with(
                document,
                count.clone(),
                format!("VFs are numbered from 0: the last of {most} is {}", most - 1),
            ),
        ),
        Some(_) | None => {}
    }
}

/// Checks each value of one entry for `size` VFs, `None` where their number is open.
fn check_settings(settings: &VfSpec, path: &SpecPath, size: Option<usize>, violations: &mut Violations) {
    for (attribute, spec) in &settings.attributes {
        let path = path.key(attribute.key());
        match spec {
            AttributeSpec::Default => {}
            AttributeSpec::Value(value) => {
                check_value(*value, &path, violations);
                if !attribute.row().shareable && !matches!(size, Some(0 | 1)) {
                    let whom = size.map_or("all VFs".to_owned(), |size| format!("{size} VFs"));
                    let help = format!(
                        "write `{{first: …}}`, `{{list: […]}}` or `{{derive: …}}`, so that each VF gets its own {attribute}"
                    );
                    violations.add(Violation::new(path, format!("{whom} would share one {attribute}"), help));
                }
            }
            AttributeSpec::PerVf(source) => check_source(source, &path, size, violations),
        }
    }
}

/// Checks one value, wherever it is asked for.
pub(crate) fn check_value(value: VfValue, path: &SpecPath, violations: &mut Violations) {
    match value {
        VfValue::Mac(mac) => check_address(mac, || path.clone(), violations),
        VfValue::Vlan(VlanTag { id, qos, protocol }) if id.get() == 0 => {
            // `ndo_set_vf_vlan`, include/linux/netdevice.h.
            let no_vlan = "id 0 means no VLAN";
            if qos.get() != 0 {
                violations.add(Violation::new(
                    path.clone(),
                    format!("priority {} needs a VLAN: {no_vlan}", qos.get()),
                    "give an id from 1 to 4094, or take `qos` away",
                ));
            }
            if protocol == VlanProtocol::Dot1Ad {
                violations.add(Violation::new(
                    path.clone(),
                    format!("802.1ad needs a VLAN: {no_vlan}"),
                    "give an id from 1 to 4094, or take `protocol` away",
                ));
            }
        }
        VfValue::Rate(RateLimits { min: Mbps(min), max: Mbps(max) }) if max != 0 && min > max => {
            // `rtnl_set_vf_rate`, net/core/rtnetlink.c, refuses it for every driver.
            violations.add(Violation::new(
                path.clone(),
                format!(
                    "the guaranteed rate {min} is above the highest rate {max}, which the kernel refuses"
                ),
                "lower `min`, raise `max`, or take `max` away for no limit",
            ));
        }
        VfValue::Vlan(_) | VfValue::Rate(_) | VfValue::Toggle(_) | VfValue::LinkState(_) => {}
    }
}

/// Checks an address that a VF is to have; its path is asked for only where something is wrong. A group address has
/// the first bit on the wire set (IEEE 802; `is_multicast_ether_addr`, include/linux/etherdevice.h).
pub(crate) fn check_address(mac: MacAddress, path: impl FnOnce() -> SpecPath, violations: &mut Violations) {
    if mac == MacAddress::ZERO {
        violations.add(Violation::new(
            path(),
            "all zeros is not a valid address: drivers take it as a request to drop the address",
            "write `default` to drop the address",
        ));
    } else if mac.is_multicast() {
        let [first, ..] = mac.bytes();
        violations.add(Violation::new(
            path(),
            format!("{mac} is a group address, which drivers refuse for a VF (IEEE 802)"),
            format!("make the first byte even, such as {:02x}", first & 0xfe | 0x02),
        ));
    }
}

fn check_source(source: &MacSource, path: &SpecPath, size: Option<usize>, violations: &mut Violations) {
    match source {
        MacSource::First(first) => {
            let path = path.key("first");
            check_address(*first, || path.clone(), violations);
            let last = size.and_then(|size| u32::try_from(size.checked_sub(1)?).ok());
            if let Some(steps) = last.filter(|steps| first.offset_by(*steps).is_none()) {
                violations.add(Violation::new(
                    path,
                    format!(
                        "counting up from {first} for {} VFs runs past the last three bytes",
                        u64::from(steps) + 1
                    ),
                    "begin lower, so that the first three bytes, the vendor's, do not change",
                ));
            }
        }
        MacSource::List(list) => {
            let path = path.key("list");
            for (position, mac) in list.iter().enumerate() {
                check_address(*mac, || path.index(position), violations);
            }
            if let Some(size) = size.filter(|size| list.len() < *size) {
                violations.add(Violation::new(
                    path,
                    format!("{} addresses for {size} VFs", list.len()),
                    "give each VF of the set one, or make the set smaller",
                ));
            }
        }
        MacSource::FromHost(_) => {}
        MacSource::Shared(mac) => {
            let path = path.key("shared");
            check_address(*mac, || path.clone(), violations);
            if size != Some(1) {
                violations.add(Violation::new(
                    path,
                    "a shared address is for one VF of each port, and this set has several VFs",
                    "make the set a single VF",
                ));
            }
        }
        MacSource::Derive { prefix, from } => {
            let path = path.key("derive");
            let first = prefix.first().copied().unwrap_or(0);
            if first & 1 == 1 {
                violations.add(Violation::new(
                    path.key("prefix"),
                    format!("every address under {first:02x} is a group address, which drivers refuse for a VF (IEEE 802)"),
                    format!("use a locally administered prefix such as {:02x}", first & 0xfe | 0x02),
                ));
            }
            if !from.contains(&DeriveFrom::Index) && !matches!(size, Some(0 | 1)) {
                violations.add(Violation::new(
                    path.key("from"),
                    "without `index`, all VFs of the PF would get the same address",
                    "add `index`",
                ));
            }
        }
    }
}
