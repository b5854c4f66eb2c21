//! The PFs as they are, as entries of a document whose plan is empty.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{DeviceAddress, MacAddress, Reading, VfAttribute, VfIndex, VfSet, VfValue, VlanTag};
use vfctl_port::{HostFacts, PfFacts, VfFacts};

use super::entry_name::entry_name;
use super::matcher::Matcher;
use super::pci_match::PciMatch;
use crate::vf::{AttributeSpec, MacSource, VfGroup, made_up_mac};
use crate::{PfSpec, VfSpec};

/// Returns an entry for each PF. Values that a new VF has anyway are left out, and so are VFs that somebody else holds
/// in another network namespace.
pub(super) fn live(host: &HostFacts) -> Vec<PfSpec> {
    let mut names = BTreeSet::new();
    host.physical_functions.iter().map(|(address, facts)| live_pf(address, facts, &mut names)).collect()
}

/// Returns a name for an entry that is like the port's, and that no other entry has.
fn free_name(title: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = entry_name(title);
    let numbered = (2..).map(|number: u32| format!("{plain}-{number}"));
    let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !taken.contains(name));
    let name = free.unwrap_or(plain);
    taken.insert(name.clone());
    name
}

fn live_pf(address: &DeviceAddress, facts: &PfFacts, names: &mut BTreeSet<String>) -> PfSpec {
    let name = free_name(&facts.title(address), names);
    let matcher = Matcher { pci: Some(PciMatch(address.clone())), ..Matcher::default() };
    let has_vfs = facts.driver.is_some() || facts.vf_count > 0;
    PfSpec::live(name, matcher, facts, has_vfs.then(|| live_vfs(facts)))
}

/// Returns what holds for all VFs, and a group for each other set of VFs.
fn live_vfs(facts: &PfFacts) -> (VfSpec, Vec<VfGroup>) {
    let mut macs = BTreeMap::new();
    let mut layers: BTreeMap<VfSpec, VfSet> = BTreeMap::new();
    for (index, vf) in facts.vfs.iter().filter(|(_, vf)| !vf.is_in_other_namespace()) {
        for (attribute, value) in live_attributes(facts, vf) {
            if attribute == VfAttribute::MacAddress {
                // What an interface does not have is not how the host is.
                if made_up_mac(facts, vf).is_none() {
                    macs.insert(*index, value);
                }
            } else {
                let attributes = [(attribute, AttributeSpec::Value(value))].into();
                layers.entry(VfSpec { attributes, ..VfSpec::default() }).or_default().insert(*index);
            }
        }
        for spec in VfSpec::live_kinds(facts, vf) {
            layers.entry(spec).or_default().insert(*index);
        }
    }
    let mut sets: BTreeMap<VfSet, VfSpec> = BTreeMap::new();
    if let Some((set, source)) = mac_layer(&macs) {
        sets.entry(set).or_default().attributes.insert(VfAttribute::MacAddress, source);
    }
    for (spec, set) in layers {
        sets.entry(set).or_default().merge(spec);
    }
    let all = sets.remove(&VfSet::first(facts.vf_count)).unwrap_or_default();
    (all, sets.into_iter().map(|(vfs, settings)| VfGroup { vfs, settings }).collect())
}

/// Returns the attributes of a VF that a new one would not have.
fn live_attributes(facts: &PfFacts, vf: &VfFacts) -> Vec<(VfAttribute, VfValue)> {
    let attributes = VfAttribute::ALL.iter().copied().filter(|_| facts.netdev.is_some());
    let differing = attributes.filter_map(|attribute| match facts.attribute(vf, attribute) {
        Reading::Known(value) if facts.row().initial(attribute) != Some(value) && can_be_asked_for(value) => {
            Some((attribute, value))
        }
        Reading::Known(_) | Reading::Unsupported | Reading::Unreadable(_) => None,
    });
    differing.collect()
}

/// Returns whether a document may ask for the value: a priority without a VLAN, which some drivers take, is none.
fn can_be_asked_for(value: VfValue) -> bool {
    !matches!(value, VfValue::Vlan(tag) if tag.id.get() == 0 && tag != VlanTag::NONE)
}

/// Returns the VFs whose MAC address is theirs alone, and their addresses.
fn mac_layer(macs: &BTreeMap<VfIndex, VfValue>) -> Option<(VfSet, AttributeSpec)> {
    let mut seen: BTreeMap<VfValue, u32> = BTreeMap::new();
    for value in macs.values() {
        *seen.entry(*value).or_default() += 1;
    }
    let own: BTreeMap<VfIndex, MacAddress> = macs
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
    fn names_of_entries_are_each_given_once() {
        let mut taken = BTreeSet::new();
        let names = ["eth0", "a#b", "a+b", "A.b"].map(|title| free_name(title, &mut taken));
        assert_eq!(names, ["eth0", "a-b", "a-b-2", "a-b-3"]);
    }
}
