//! What must hold between the VF settings of one PF.

use std::collections::BTreeMap;

use vfctl_model::{
    MacAddress, Mbps, RateLimits, VfAttribute, VfIndex, VfSet, VfValue, VlanProtocol, VlanTag,
};

use super::mac_source::{DeriveFrom, MacSource};
use super::spec::{AttributeSpec, VfSettings};
use crate::path::{SpecPath, Violation, Violations};
use crate::pf::{CountSpec, VfsSpec};

/// Checks the VFs of one PF; `path` is that of `vfs`.
pub(crate) fn check(vfs: &VfsSpec, path: &SpecPath, violations: &mut Violations) {
    let VfsSpec { count, drivers_autoprobe: _, all, groups } = vfs;
    let most = most(*count);
    check_settings(all, &path.key("all"), most.map(usize::from), violations);
    for (position, group) in groups.iter().enumerate() {
        let group_path = path.key("groups").index(position);
        check_settings(&group.settings, &group_path, Some(group.vfs.len()), violations);
        check_reach(&group.vfs, &group_path.key("vfs"), most, &path.key("count"), violations);
    }
    check_overlaps(vfs, path, violations);
}

/// Returns how many VFs there can be at most, or `None` where the spec does not say.
pub(crate) fn most(count: Option<CountSpec>) -> Option<u16> {
    match count? {
        CountSpec::Number(count) => Some(count),
        CountSpec::Wish { want, at_most: _ } => Some(want),
    }
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
fn check_settings(settings: &VfSettings, path: &SpecPath, size: Option<usize>, violations: &mut Violations) {
    let VfSettings { attributes, driver: _, mtu: _ } = settings;
    for (attribute, spec) in attributes {
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

fn check_value(value: VfValue, path: &SpecPath, violations: &mut Violations) {
    match value {
        VfValue::Mac(mac) => check_address(mac, || path.clone(), violations),
        VfValue::Vlan(VlanTag { id, qos, protocol }) if id.get() == 0 => {
            // `ndo_set_vf_vlan`, include/linux/netdevice.h.
            let no_vlan = "id 0 means no VLAN";
            if qos.get() != 0 {
                violations.add(Violation::new(
                    path.clone(),
                    format!("priority {} has no VLAN to go with: {no_vlan}", qos.get()),
                    "give an id from 1 to 4094, or take `qos` away",
                ));
            }
            if protocol == VlanProtocol::Dot1Ad {
                violations.add(Violation::new(
                    path.clone(),
                    format!("802.1ad has no VLAN to go with: {no_vlan}"),
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
            "the address of all zeros is none: drivers take it as giving the address up",
            "write `default` to give the address up",
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
                        "counting up from {first} for {} VFs leaves the last three bytes",
                        u64::from(steps) + 1
                    ),
                    "begin lower, so that the vendor's three bytes stay as they are",
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

/// One setting of a group, to be compared with another's.
#[derive(PartialEq)]
enum Content<'a> {
    Attribute(&'a AttributeSpec),
    Driver(&'a super::spec::DriverSpec),
    Mtu(crate::setting::Setting<vfctl_model::Mtu>),
}

impl Content<'_> {
    /// Returns whether both give a VF that both hold the same.
    fn agrees(&self, other: &Self) -> bool {
        // The same source counts from another place in another set; a derived address knows no set.
        let counts = match self {
            Self::Attribute(AttributeSpec::PerVf(source)) => !matches!(source, MacSource::Derive { .. }),
            Self::Attribute(_) | Self::Driver(_) | Self::Mtu(_) => false,
        };
        self == other && !counts
    }
}

fn contents(settings: &VfSettings) -> Vec<(&'static str, Content<'_>)> {
    let VfSettings { attributes, driver, mtu } = settings;
    let mut contents: Vec<_> = attributes
        .iter()
        .map(|(attribute, spec)| (VfAttribute::key(*attribute), Content::Attribute(spec)))
        .collect();
    contents.extend(driver.as_ref().map(|driver| ("driver", Content::Driver(driver))));
    contents.extend(mtu.map(|mtu| ("mtu", Content::Mtu(mtu))));
    contents
}

/// Checks that of the groups that set one thing for one VF, one is the narrowest, or comes later with the same
/// set. Looks at each member of each group once.
fn check_overlaps(vfs: &VfsSpec, path: &SpecPath, violations: &mut Violations) {
    let VfsSpec { groups, .. } = vfs;
    let settings: Vec<_> = groups.iter().map(|group| (&group.vfs, contents(&group.settings))).collect();
    let content = |group: usize, key: &str| {
        let (_, contents) = settings.get(group)?;
        contents.iter().find(|(other, _)| *other == key).map(|(_, content)| content)
    };
    let set = |group: usize| settings.get(group).map(|(set, _)| *set);

    // The narrowest groups that set a key for a VF, by their number.
    let mut narrowest: BTreeMap<(&str, VfIndex), (usize, Vec<usize>)> = BTreeMap::new();
    for (number, (members, contents)) in settings.iter().enumerate() {
        for (key, _) in contents {
            for vf in members.iter() {
                let (size, groups) = narrowest.entry((key, vf)).or_insert((members.len(), Vec::new()));
                if members.len() < *size {
                    (*size, *groups) = (members.len(), Vec::new());
                }
                if members.len() == *size {
                    groups.push(number);
                }
            }
        }
    }
    let mut clashes: BTreeMap<(usize, usize, &str), VfSet> = BTreeMap::new();
    for ((key, vf), (_, groups)) in &narrowest {
        for pair in groups.windows(2) {
            let [one, other] = pair else { continue };
            let agree = match (content(*one, key), content(*other, key)) {
                (Some(one), Some(other)) => one.agrees(other),
                _ => true,
            };
            if !agree && set(*one) != set(*other) {
                clashes.entry((*one, *other, key)).or_default().insert(*vf);
            }
        }
    }
    let document = violations.document();
    for ((one, other, key), overlap) in clashes {
        let (Some(first), Some(second)) = (set(one), set(other)) else { continue };
        let at = |group: usize| path.key("groups").index(group).key(key);
        violations.add(
            Violation::new(
                at(other),
                format!("the groups \"{first}\" and \"{second}\" both set `{key}` for vf {overlap}, and neither is narrower"),
                format!("give \"{overlap}\" a group of its own, or take it out of one of the two"),
            )
            .with(document, at(one), "the other group"),
        );
    }
}
