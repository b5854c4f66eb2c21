//! What a host should look like in the end, by the case alone: the planner is not asked.

use std::collections::BTreeMap;
use std::fmt::Debug;

use vfctl_kinds::binding::DriverChoice;
use vfctl_model::{
    DeviceAddress, DriverName, MacAddress, RateLimits, RawReading, Toggle, VfAttribute, VfIndex, VfLinkState,
    VfValue, VlanProtocol,
};
use vfctl_port::{AdminState, HostFacts, PfFacts, Property, VfFacts};

use crate::case::{Case, PfCase};
use crate::request::{SEEDED_MACS, VfRequest};

/// Compares every PF of the case with what was asked of it; what was not asked for stays as it was.
pub(crate) fn compare(case: &Case, before: &HostFacts, after: &HostFacts) -> Result<(), String> {
    for (number, (pf, address)) in case.pfs.iter().zip(case.addresses(before)).enumerate() {
        let of = |host: &HostFacts| host.physical_functions.get(&address).cloned();
        let was = of(before).ok_or_else(|| format!("{address} was not there"))?;
        let is = of(after).ok_or_else(|| format!("{address} is gone"))?;
        compare_pf(pf, number, &was, &is).map_err(|why| format!("{}: {why}", named(pf, &address)))?;
    }
    Ok(())
}

/// Returns the VFs whose driver nobody asks to change, and that lack the one that they should have all the same: the one
/// that they had, or the kernel's where they are new and `was` is `None`.
pub(crate) fn without_wanted_driver<'a>(
    pf: &PfCase,
    was: Option<&BTreeMap<VfIndex, VfFacts>>,
    is: &'a PfFacts,
) -> Vec<(VfIndex, &'a VfFacts)> {
    let lacks = |(index, vf): &(&VfIndex, &VfFacts)| {
        let asked = Asked::of(pf, 0, index.0);
        let wanted = asked.driver_at_end(pf, was.and_then(|vfs| vfs.get(index)), is);
        asked.driver.is_none() && wanted.is_some() && wanted != vf.driver.as_ref().map(DriverName::as_str)
    };
    is.vfs.iter().filter(lacks).map(|(index, vf)| (*index, vf)).collect()
}

fn named(pf: &PfCase, address: &DeviceAddress) -> String {
    format!("{address} ({})", pf.driver)
}

fn eswitch_mode(pf: &PfFacts) -> Option<String> {
    pf.properties.name(Property::EswitchMode).map(str::to_owned)
}

fn compare_pf(pf: &PfCase, number: usize, was: &PfFacts, is: &PfFacts) -> Result<(), String> {
    let count = pf.request.count.unwrap_or(was.vf_count);
    same("count", &count, &is.vf_count)?;
    same("VFs", &usize::from(count), &is.vfs.len())?;
    same("driversAutoprobe", &pf.request.autoprobe.or(was.drivers_autoprobe()), &is.drivers_autoprobe())?;
    // netdevsim leaves switchdev mode with its VFs, and no case begins in it.
    let mode = pf.request.eswitch.map(|mode| mode.to_string()).or_else(|| eswitch_mode(was));
    same("eswitch mode", &mode, &eswitch_mode(is))?;
    let represented = is.vfs.values().filter(|vf| vf.representor.is_some()).count();
    let is_switchdev = mode.as_deref() == Some("switchdev");
    same("representors", &if is_switchdev { is.vfs.len() } else { 0 }, &represented)?;
    if let (Some(netdev), Some(netdev_was)) = (&is.netdev, &was.netdev) {
        let up = pf.request.admin.map_or(netdev_was.up, |admin| admin == AdminState::Up);
        same("up", &up, &netdev.up)?;
        same("mtu", &pf.request.mtu.unwrap_or(netdev_was.mtu), &netdev.mtu)?;
    }
    let is_kept = count == was.vf_count;
    for (index, vf) in (0..count).zip(is.vfs.values()) {
        let was_vf = was.vfs.get(&VfIndex(index)).filter(|_| is_kept);
        let asked = Asked::of(pf, number, index);
        asked.compare(pf, was_vf, is, vf).map_err(|why| format!("vf {index}: {why}"))?;
    }
    Ok(())
}

/// What is asked of one VF.
struct Asked {
    /// The attributes but the MAC address; `None` is `default`.
    attributes: BTreeMap<VfAttribute, Option<VfValue>>,
    mac: Option<MacAddress>,
    driver: Option<DriverChoice>,
    mtu: Option<u32>,
}

impl Asked {
    /// Lays what is asked of the VF's group over what is asked of all, in a way of its own.
    fn of(pf: &PfCase, number: usize, index: u16) -> Self {
        let all = &pf.request.all;
        let group: Option<(&VfRequest, u8, u16)> = match index {
            0..=1 => Some((&pf.request.low, 1, index)),
            2..=3 => Some((&pf.request.high, 2, index - 2)),
            _ => None,
        };
        let nth = |first: MacAddress, ordinal: u16| {
            let [a, b, c, d, e, last] = first.bytes();
            MacAddress::new([a, b, c, d, e, last + u8::try_from(ordinal).unwrap()])
        };
        let of_all = all.first_mac(number, 0).map(|first| nth(first, index));
        let of_group =
            group.and_then(|(group, base, ordinal)| Some(nth(group.first_mac(number, base)?, ordinal)));
        let mut attributes = all.attributes.clone();
        let group = group.map(|(group, ..)| group);
        attributes.extend(group.map(|group| group.attributes.clone()).unwrap_or_default());
        Self {
            attributes,
            mac: of_group.or(of_all),
            driver: group.and_then(|group| group.driver.clone()).or_else(|| all.driver.clone()),
            mtu: group.and_then(|group| group.mtu).or(all.mtu),
        }
    }

    /// Compares a VF of a PF; `was` is what it was where it has stayed.
    fn compare(
        &self,
        pf: &PfCase,
        was: Option<&VfFacts>,
        is_pf: &PfFacts,
        is: &VfFacts,
    ) -> Result<(), String> {
        same("driver", &self.driver_at_end(pf, was, is_pf), &is.driver.as_ref().map(DriverName::as_str))?;
        same("driver_override", &None::<()>, &is.driver_override)?;
        for attribute in VfAttribute::ALL.iter().copied() {
            let read = is.attributes.0.get(attribute);
            let read_before = was.and_then(|was| was.attributes.0.get(attribute));
            match self.value(attribute) {
                Some(value) if takes(pf.driver, attribute, value) => {
                    same(attribute.key(), &Some(&RawReading::Value(value)), &read)?;
                }
                // A driver shows anew the address that the VF has chosen.
                None if attribute == VfAttribute::MacAddress && !read_before.is_some_and(is_seeded_mac) => {}
                Some(_) | None if was.is_some() => same(attribute.key(), &read_before, &read)?,
                Some(_) | None => {}
            }
        }
        let Some(netdev) = &is.netdev else { return Ok(()) };
        if let Some(mtu) = self.mtu {
            same("its interface's mtu", &mtu, &netdev.mtu)?;
        }
        let is_up = is_pf.netdev.as_ref().is_some_and(|netdev| netdev.up);
        if let Some(mac) = self.mac.filter(|_| is_up && shows_its_mac(pf.driver)) {
            same("its interface's address", &mac, &netdev.mac)?;
        }
        Ok(())
    }

    /// Returns the value that is asked for, the factory's where that is `default`.
    fn value(&self, attribute: VfAttribute) -> Option<VfValue> {
        match attribute {
            VfAttribute::MacAddress => self.mac.map(VfValue::Mac),
            _ => self.attributes.get(&attribute).map(|value| value.unwrap_or(attribute.factory())),
        }
    }

    /// Returns the name of the driver that the VF has in the end.
    fn driver_at_end<'a>(
        &'a self,
        pf: &PfCase,
        was: Option<&'a VfFacts>,
        is_pf: &'a PfFacts,
    ) -> Option<&'a str> {
        // No driver takes the VFs of an NVMe controller as it makes them.
        let default = is_pf.vf_default_driver.as_ref().filter(|_| pf.has_interface());
        let driver = match (&self.driver, was) {
            (Some(DriverChoice::Named(driver)), _) => Some(driver),
            (Some(DriverChoice::None), _) => None,
            (Some(DriverChoice::Default), _) => default,
            (None, Some(was)) => was.driver.as_ref(),
            (None, None) => default.filter(|_| is_pf.drivers_autoprobe() == Some(Toggle::On)),
        };
        driver.map(DriverName::as_str)
    }
}

/// Returns whether the simulated driver takes this value and shows it, and vfctl knows it. What it does not take is left
/// out with a note.
fn takes(driver: &str, attribute: VfAttribute, value: VfValue) -> bool {
    let lacks = match (driver, attribute) {
        ("nvme", _) | ("igb", VfAttribute::LinkState) => true,
        // The simulator's devices have the id of an 82576, on which vfctl knows no query of ixgbe's.
        (driver, VfAttribute::QueryRss) => driver != "netdevsim",
        _ => false,
    };
    let refuses = match value {
        VfValue::Vlan(tag) => tag.protocol == VlanProtocol::Dot1Ad && driver != "netdevsim",
        VfValue::Rate(RateLimits { min, max }) => match driver {
            "igb" | "i40e" => min.0 > 0,
            "ixgbe" => min.0 > 0 || (1..=10).contains(&max.0),
            _ => false,
        },
        VfValue::LinkState(VfLinkState::Enable) => driver == "ixgbe",
        VfValue::LinkState(_) | VfValue::Mac(_) | VfValue::Toggle(_) => false,
    };
    !lacks && !refuses
}

/// Returns whether a VF's interface has the address that its PF gave it, as far as the simulator knows: its bnxt_en takes
/// one only when it is loaded.
fn shows_its_mac(driver: &str) -> bool {
    driver != "bnxt_en"
}

/// Returns whether a VF has an address that the case's host began with.
fn is_seeded_mac(read: &RawReading) -> bool {
    let RawReading::Value(VfValue::Mac(mac)) = read else { return false };
    mac.bytes().starts_with(&SEEDED_MACS)
}

fn same(what: &str, wanted: &dyn Debug, found: &dyn Debug) -> Result<(), String> {
    let (wanted, found) = (format!("{wanted:?}"), format!("{found:?}"));
    if wanted == found { Ok(()) } else { Err(format!("{what} should be {wanted} and is {found}")) }
}
