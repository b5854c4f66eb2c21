//! VFs whose wanted MAC address somebody else on this host has: the network delivers its frames to one of the two.

use std::collections::BTreeMap;

use vfctl_model::{MacAddress, VfAttribute, VfIndex, VfSet, VfValue};

use crate::addresses::address_of;
use crate::context::PfContext;
use crate::finding::{Finding, Findings};
use crate::setting::Setting;

/// How many VFs are named one by one.
const NAMED: usize = 4;

/// What to do about an address that two have.
const ONE_EACH: &str = "give each VF an address of its own: a network delivers frames to only one of them";

/// Reports VFs that are to have the address of another VF of their PF which keeps it, and notes those that are to have the
/// address of a port of this host or of a VF of another port.
pub(super) fn check(context: &PfContext<'_>, findings: &mut Findings) {
    let kept = kept_by_vfs(context);
    let (mut concerned, mut details, mut origin) = (VfSet::default(), Vec::new(), None);
    for (index, vf) in context.wanted_vfs() {
        for wanted in vf.attributes.values() {
            let Setting::Value(VfValue::Mac(mac)) = wanted.value else { continue };
            if let Some(holder) = kept.get(&mac).filter(|holder| **holder != index) {
                let message = format!("vf {index}: {mac} is the address of vf {holder}, which keeps it");
                let fix = format!("give vf {holder} another address in the same spec, or vf {index}");
                findings.problem(Some(&wanted.origin), message, fix);
            }
            if let Some(holder) = held_elsewhere(context, mac) {
                concerned.insert(index);
                origin.get_or_insert_with(|| wanted.origin.clone());
                details.push(format!("vf {index}: {mac} is the address of {holder}"));
            }
        }
    }
    if details.is_empty() {
        return;
    }
    let more = details.len().saturating_sub(NAMED);
    details.truncate(NAMED);
    details.extend((more > 0).then(|| format!("and {more} more")));
    findings.notes.push(Finding {
        origin,
        message: format!("vf {concerned}: the MAC address is already in use on this host"),
        details,
        help: Some(ONE_EACH.to_owned()),
    });
}

/// Returns the addresses that VFs of this PF have and that the spec does not change.
fn kept_by_vfs(context: &PfContext<'_>) -> BTreeMap<MacAddress, VfIndex> {
    let is_changed = |index: &VfIndex| {
        let wanted = context.desired.vfs.get(index);
        wanted.is_some_and(|vf| vf.attributes.contains(VfAttribute::MacAddress))
    };
    let kept = context.facts.vfs.iter().filter(|_| !context.renews_vfs);
    let kept = kept.filter(|(index, _)| !is_changed(index));
    kept.filter_map(|(index, vf)| Some((address_of(context.facts, vf)?, *index))).collect()
}

/// Returns who has an address besides the VFs of this PF, for people.
fn held_elsewhere(context: &PfContext<'_>, mac: MacAddress) -> Option<String> {
    let (device, vf) = context.host.addresses().holder_beside_vfs_of(&context.desired.address, mac)?;
    let pf = context.host.host.physical_functions.get(device);
    let netdev = pf.and_then(|pf| pf.netdev.as_ref());
    let name = netdev.map_or_else(|| device.to_string(), |netdev| netdev.name.to_string());
    Some(vf.map_or_else(|| name.clone(), |vf| format!("vf {vf} of {name}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_model::{AttributeValue, VfAttribute, VfValue};

    use crate::sample::{self, Sample};

    #[test]
    fn address_of_a_port_is_told_and_any_other_is_not() {
        let notes = |mac: &str| {
            let mut host = sample::host();
            host["physicalFunctions"]["pci/0000:01:00.0"]["netdev"] = json!({
                "name": "eth0", "mac": "02:00:00:00:00:01", "permanentMac": "52:54:00:00:00:01", "mtu": 1500,
                "up": true, "carrier": true,
            });
            let mac = VfValue::Mac(mac.parse().unwrap());
            let attribute = AttributeValue::new(VfAttribute::MacAddress, mac);
            let wanted = Sample { attribute, ..Sample::default() };
            let notes = sample::diff(host, wanted).findings.notes;
            notes.into_iter().flat_map(|note| note.details).collect::<Vec<_>>()
        };
        assert_eq!(notes("02:00:00:00:00:01"), ["vf 0: 02:00:00:00:00:01 is the address of eth0"]);
        assert_eq!(notes("52:54:00:00:00:01"), ["vf 0: 52:54:00:00:00:01 is the address of eth0"]);
        assert_eq!(notes("02:00:00:00:00:02"), [""; 0]);
    }
}
