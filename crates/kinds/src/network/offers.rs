//! What networks need of the pools that offer their resource, and of the VFs that these are made of.
//!
//! Only what documents say is looked at, so that no host is needed: a pool whose selectors mean devices in the device
//! plugin's own terms is known to offer its resource, and no more.

use std::collections::BTreeMap;

use vfctl_model::{DevicePluginDeviceType, ResourceName, VfAttribute, VfIndex, VfSet, VfValue, VlanTag};

use super::rules::entry_path;
use super::shared_rdma::{report_shared, shared_resources};
use super::spec::NetworkSpec;
use super::vf_values::NetworkVlan;
use crate::binding::DriverChoice;
use crate::document::SriovConfig;
use crate::path::{SpecPath, Violation, Violations};
use crate::pool::{PoolSpec, VfReference};
use crate::suggest::did_you_mean;
use crate::vf::{AttributeSpec, Entry, effective};
use crate::{EffectiveVf, VfsSpec};

/// A pool, and the document that it stands in.
struct Offer<'a> {
    document: usize,
    config: &'a SriovConfig,
    /// The pool's place in the list.
    number: usize,
    pool: &'a PoolSpec,
}

/// VFs of one entry that have something in common, and where that is said.
struct Group {
    document: usize,
    /// The document's name for their PF.
    pf: String,
    vfs: VfSet,
    path: SpecPath,
}

/// Checks that each network has a pool of VFs that offers its resource, where there are pools at all, and that its VFs fit.
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    let mut offers: BTreeMap<&ResourceName, Vec<Offer<'_>>> = BTreeMap::new();
    for (document, config) in documents.iter().enumerate() {
        for (number, pool) in config.spec.pools.iter().enumerate() {
            offers.entry(&pool.resource).or_default().push(Offer { document, config, number, pool });
        }
    }
    let shared = shared_resources(documents);
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        for (number, network) in document.spec.networks.iter().enumerate() {
            let path = entry_path(number);
            match (offers.get(&network.resource), shared.get(&network.resource)) {
                (None, Some(shared)) => report_shared(network, shared, &path, violations),
                // Somebody else makes them.
                (None, None) if offers.is_empty() => {}
                (None, None) => report_no_offer(network, &offers, &path, violations),
                (Some(offers), _) => {
                    check_kinds(network, offers, &path, violations);
                    check_drivers(network, offers, &path, violations);
                    check_vlans(network, offers, &path, violations);
                }
            }
        }
    }
}

fn report_no_offer(
    network: &NetworkSpec,
    offers: &BTreeMap<&ResourceName, Vec<Offer<'_>>>,
    path: &SpecPath,
    violations: &mut Violations,
) {
    let names: Vec<String> = offers.keys().map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let help = match did_you_mean(&network.resource.to_string(), &names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("add a pool with this resource; there are {}", names.join(", ")),
    };
    let message = format!("no pool offers `{}`: pods of this network would not start", network.resource);
    violations.add(Violation::new(path.key("resource"), message, help));
}

/// Checks that the resource is not made of subfunctions: sriov-cni looks for a VF at the PCI address that it is given, and an
/// auxiliary device has none (`LoadConf`, pkg/config/config.go).
fn check_kinds(network: &NetworkSpec, offers: &[Offer<'_>], path: &SpecPath, violations: &mut Violations) {
    let is_of_subfunctions =
        |offer: &&Offer<'_>| offer.pool.device_type == DevicePluginDeviceType::AuxNetDevice;
    if let Some(Offer { document, number, .. }) = offers.iter().find(is_of_subfunctions) {
        let message =
            format!("`{}` is made of subfunctions, and sriov-cni needs a VF for each pod", network.resource);
        let help = "write a resource that is made of VFs; pods of subfunctions have another CNI plugin";
        let pool = SpecPath::spec().key("pools").index(*number).key("deviceType");
        let violation = Violation::new(path.key("resource"), message, help);
        violations.add(violation.with(*document, pool, "the pool's devices"));
    }
}

/// Checks that VFs which pods are to have addresses on are not held by a driver for user space: sriov-cni gives the pod no
/// interface of such a VF and does not run the IPAM plugin (`cmdAdd`, cmd/sriov/main.go).
fn check_drivers(network: &NetworkSpec, offers: &[Offer<'_>], path: &SpecPath, violations: &mut Violations) {
    if network.ipam.is_none() {
        return;
    }
    let is_for_user_space = |vf: &EffectiveVf<'_>| {
        let chosen = vf.driver.as_ref()?;
        matches!(chosen.value, DriverChoice::Named(driver) if driver.is_for_user_space())
            .then_some(chosen.entry)
    };
    for Group { document, pf, vfs, path: driver } in groups(offers, "driver", is_for_user_space) {
        let message = format!(
            "vf {vfs} of `{pf}` have a driver for user space: pods get no interface of them, and `ipam` has no effect"
        );
        let help = "remove `ipam`, or take a resource whose VFs have a driver of the kernel";
        let violation = Violation::new(path.key("ipam"), message, help);
        violations.add(violation.with(document, driver, "their driver"));
    }
}

/// Checks that a VLAN of the network is not another than the one that its VFs have from a document: the VF would leave the
/// one for the other with each pod.
fn check_vlans(network: &NetworkSpec, offers: &[Offer<'_>], path: &SpecPath, violations: &mut Violations) {
    let Some(NetworkVlan(tag)) = network.vlan else { return };
    let has_other = |vf: &EffectiveVf<'_>| {
        let chosen = vf.attributes.get(VfAttribute::Vlan)?;
        let AttributeSpec::Value(VfValue::Vlan(own)) = chosen.value else { return None };
        (*own != tag && *own != VlanTag::NONE).then_some(chosen.entry)
    };
    for Group { document, pf, vfs, path: own } in groups(offers, VfAttribute::Vlan.key(), has_other) {
        let message = format!(
            "vf {vfs} of `{pf}` have another VLAN in the spec, which each pod of this network would change"
        );
        let help = "set the VLAN in one place: for everything that uses the VFs, or for pods of this network";
        let violation = Violation::new(path.key("vlan"), message, help);
        violations.add(violation.with(document, own, "the VLAN of the VFs"));
    }
}

/// Returns the VFs of pools for which `found` returns the entry of the spec that says so, by that entry; `key` is the field
/// there.
fn groups(offers: &[Offer<'_>], key: &str, found: impl Fn(&EffectiveVf<'_>) -> Option<Entry>) -> Vec<Group> {
    let mut groups = Vec::new();
    for Offer { document, config, number: _, pool } in offers {
        for reference in &pool.from {
            let entries = config.spec.physical_functions.iter().enumerate();
            let mut named = entries.filter(|(_, entry)| entry.name == reference.physical_function);
            let Some((number, vfs)) = named.find_map(|(number, entry)| Some((number, entry.vfs.as_ref()?)))
            else {
                continue;
            };
            let mut by_entry: BTreeMap<Entry, VfSet> = BTreeMap::new();
            let is_meant = |index: VfIndex| reference.vfs.as_ref().is_none_or(|vfs| vfs.contains(index));
            for (index, vf) in
                effective(vfs, reach(vfs, reference), |_| true).filter(|(index, _)| is_meant(*index))
            {
                if let Some(entry) = found(&vf) {
                    by_entry.entry(entry).or_default().insert(index);
                }
            }
            let path = SpecPath::spec().key("physicalFunctions").index(number).key("vfs");
            groups.extend(by_entry.into_iter().map(|(entry, vfs)| Group {
                document: *document,
                pf: reference.physical_function.clone(),
                vfs,
                path: entry.path(&path).key(key),
            }));
        }
    }
    groups
}

/// Returns how many VFs a document speaks of: those up to its count, or to the last that a group or the pool names.
fn reach(vfs: &VfsSpec, reference: &VfReference) -> u16 {
    let sets = vfs.groups.iter().map(|group| &group.vfs).chain(&reference.vfs);
    let last = sets.flat_map(VfSet::iter).max();
    let named = last.map_or(0, |VfIndex(last)| last.saturating_add(1));
    vfs.count.map_or(named, crate::count::CountSpec::most)
}
