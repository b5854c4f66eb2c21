//! The host as it is, as a document whose plan is empty: how one starts.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{
    DeviceAddress, HostName, Mtu, Reading, Toggle, VfAttribute, VfIndex, VfSet, VfValue, VlanTag,
};
use vfctl_port::{AdminState, HostFacts, PfFacts};

use super::spec::{API_VERSION, Body, KIND, Metadata, NodeSelector, SriovConfig};
use crate::driver::DriverRow;
use crate::pf::{CountSpec, Matcher, PciMatch, PfSpec, VfsSpec};
use crate::setting::Setting;
use crate::vf::{self, AttributeSpec, DriverSpec, MacSource, VfGroup, VfSettings};

/// Returns the document that says what the host is now. Values that a new VF has anyway are left out, and so are
/// VFs that somebody else holds in another network namespace.
///
/// `only_on` is the host that the document is to concern; `None` for whichever it is run on.
pub fn live(name: &str, only_on: Option<&HostName>, host: &HostFacts) -> SriovConfig {
    let nodes = only_on.map(|host| NodeSelector { names: vec![host.to_string()] });
    let mut names = BTreeSet::new();
    let pfs = host.physical_functions.iter().map(|(address, facts)| live_pf(address, facts, &mut names));
    let pfs = pfs.collect();
    SriovConfig {
        api_version: API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        metadata: Metadata { name: name.to_owned() },
        spec: Body { nodes, hosts: BTreeMap::new(), system: None, physical_functions: pfs },
    }
}

/// Returns a name for an entry that is like the interface's, and that no other entry has.
fn entry_name(text: &str, taken: &mut BTreeSet<String>) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let plain = if plain.starts_with('-') { format!("pf{plain}") } else { plain };
    let numbered = (2..).map(|number: u32| format!("{plain}-{number}"));
    let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !taken.contains(name));
    let name = free.unwrap_or(plain);
    taken.insert(name.clone());
    name
}

fn live_pf(address: &DeviceAddress, facts: &PfFacts, names: &mut BTreeSet<String>) -> PfSpec {
    let netdev = facts.netdev.as_ref();
    let name = netdev.map_or_else(|| address.to_string(), |netdev| netdev.name.to_string());
    let name = entry_name(&name, names);
    PfSpec {
        name,
        matcher: Matcher { pci: Some(PciMatch(address.clone())), ..Matcher::default() },
        expect: Default::default(),
        optional: false,
        on_unsupported: Default::default(),
        admin_state: netdev.map(|netdev| if netdev.up { AdminState::Up } else { AdminState::Down }),
        mtu: netdev.and_then(|netdev| Mtu::try_from(netdev.mtu).ok()).map(Setting::Value),
        vfs: (facts.driver.is_some() || facts.vf_count > 0).then(|| live_vfs(facts)),
    }
}

fn live_vfs(facts: &PfFacts) -> VfsSpec {
    let row = DriverRow::of(facts.driver.as_ref());
    let mut layers = Layers { every: VfSet::first(facts.vf_count), ..Layers::default() };
    for (index, vf) in facts.vfs.iter().filter(|(_, vf)| !vf.is_lent()) {
        for attribute in VfAttribute::ALL.iter().copied().filter(|_| facts.netdev.is_some()) {
            if let Reading::Known(value) = vf::read(vf, attribute, row, facts.device)
                && row.initial(attribute) != Some(value)
                && can_be_asked_for(value)
            {
                if attribute == VfAttribute::MacAddress {
                    layers.macs.insert(*index, value);
                } else {
                    layers.attributes.entry((attribute, value)).or_default().insert(*index);
                }
            }
        }
        if let Some(driver) = vf.driver.as_ref().filter(|driver| driver.is_vfio()) {
            layers.drivers.entry(Some(driver.clone())).or_default().insert(*index);
        } else if vf.driver.is_none() && facts.vf_default_driver.is_some() {
            layers.drivers.entry(None).or_default().insert(*index);
        }
        // One above the PF's is no value that a document may ask for.
        let of_pf = facts.netdev.as_ref().map_or(u32::MAX, |netdev| netdev.mtu);
        let mtu = vf.netdev.as_ref().map(|netdev| netdev.mtu);
        let mtu = mtu.filter(|mtu| *mtu != crate::context::ETHERNET_MTU && *mtu <= of_pf);
        if let Some(mtu) = mtu.and_then(|mtu| Mtu::try_from(mtu).ok()) {
            layers.mtus.entry(mtu).or_default().insert(*index);
        }
    }
    let (all, groups) = layers.into_settings();
    VfsSpec {
        count: Some(CountSpec::Number(facts.vf_count)),
        drivers_autoprobe: facts.drivers_autoprobe.filter(|autoprobe| *autoprobe == Toggle::Off),
        all,
        groups,
    }
}

/// Returns whether a document may ask for the value: a priority without a VLAN, which some drivers take, is none.
fn can_be_asked_for(value: VfValue) -> bool {
    !matches!(value, VfValue::Vlan(tag) if tag.id.get() == 0 && tag != VlanTag::NONE)
}

/// Which VFs have which value.
#[derive(Default)]
struct Layers {
    every: VfSet,
    macs: BTreeMap<VfIndex, VfValue>,
    attributes: BTreeMap<(VfAttribute, VfValue), VfSet>,
    drivers: BTreeMap<Option<vfctl_model::DriverName>, VfSet>,
    mtus: BTreeMap<Mtu, VfSet>,
}

impl Layers {
    /// Returns what holds for all VFs, and one group for each other set of VFs.
    fn into_settings(self) -> (VfSettings, Vec<VfGroup>) {
        let Self { every, macs, attributes, drivers, mtus } = self;
        let mut sets: BTreeMap<VfSet, VfSettings> = BTreeMap::new();
        if let Some((set, source)) = mac_layer(&macs) {
            let settings = sets.entry(set).or_default();
            settings.attributes.insert(VfAttribute::MacAddress, source);
        }
        for ((attribute, value), set) in attributes {
            sets.entry(set).or_default().attributes.insert(attribute, AttributeSpec::Value(value));
        }
        for (driver, set) in drivers {
            let spec = driver.map_or(DriverSpec::None, DriverSpec::Named);
            sets.entry(set).or_default().driver = Some(spec);
        }
        for (mtu, set) in mtus {
            sets.entry(set).or_default().mtu = Some(Setting::Value(mtu));
        }
        let all = sets.remove(&every).unwrap_or_default();
        (all, sets.into_iter().map(|(vfs, settings)| VfGroup { vfs, settings }).collect())
    }
}

/// Returns the VFs whose MAC address is theirs alone, and their addresses.
fn mac_layer(macs: &BTreeMap<VfIndex, VfValue>) -> Option<(VfSet, AttributeSpec)> {
    let mut seen: BTreeMap<VfValue, u32> = BTreeMap::new();
    for value in macs.values() {
        *seen.entry(*value).or_default() += 1;
    }
    let own: BTreeMap<VfIndex, vfctl_model::MacAddress> = macs
        .iter()
        .filter(|(_, value)| seen.get(value) == Some(&1) && **value != VfAttribute::MacAddress.factory())
        .filter_map(|(index, value)| match value {
            VfValue::Mac(mac) => Some((*index, *mac)),
            _ => None,
        })
        .collect();
    let first = *own.values().next()?;
    let counts_up = (0..).zip(own.values()).all(|(steps, mac)| first.offset_by(steps) == Some(*mac));
    let source = match (own.len(), counts_up) {
        (1, _) => AttributeSpec::Value(VfValue::Mac(first)),
        (_, true) => AttributeSpec::PerVf(MacSource::First(first)),
        (_, false) => AttributeSpec::PerVf(MacSource::List(own.values().copied().collect())),
    };
    Some((own.keys().copied().collect(), source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_entries_are_valid_and_each_is_given_once() {
        let mut taken = BTreeSet::new();
        let names =
            ["eth0", "_up2", "a#b", "a+b", "pci/0000:01:00.0"].map(|name| entry_name(name, &mut taken));
        assert_eq!(names, ["eth0", "pf-up2", "a-b", "a-b-2", "pci-0000-01-00-0"]);
        assert!(names.iter().all(|name| crate::pf::is_name(name)));
    }
}
