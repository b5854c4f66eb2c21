//! Notes VFs whose wanted MAC address is a port's own: the network delivers its frames to one of the two.

use std::collections::BTreeMap;

use vfctl_model::{InterfaceName, MacAddress, VfSet, VfValue};

use crate::context::PfContext;
use crate::finding::{Finding, Findings};
use crate::setting::Setting;

/// How many VFs are named one by one.
const NAMED: usize = 4;

/// Adds a note where VFs are to have an address that a port of this host has now or was made with.
pub(super) fn note(context: &PfContext<'_>, findings: &mut Findings) {
    let netdevs = context.host.host.physical_functions.values().filter_map(|pf| pf.netdev.as_ref());
    let ports: BTreeMap<MacAddress, &InterfaceName> = netdevs
        .flat_map(|netdev| {
            [Some(netdev.mac), netdev.permanent_mac].into_iter().flatten().map(move |mac| (mac, &netdev.name))
        })
        .filter(|(mac, _)| *mac != MacAddress::ZERO)
        .collect();
    let (mut concerned, mut details, mut origin) = (VfSet::default(), Vec::new(), None);
    for (index, vf) in context.wanted_vfs() {
        for wanted in vf.attributes.values() {
            if let Setting::Value(VfValue::Mac(mac)) = wanted.value
                && let Some(port) = ports.get(&mac)
            {
                concerned.insert(index);
                origin.get_or_insert_with(|| wanted.origin.clone());
                details.push(format!("vf {index}: {mac} is the address of {port}"));
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
        message: format!("vf {concerned}: the MAC address is a port's own on this host"),
        details,
        help: Some("give each VF an address of its own: a network delivers to one holder only".to_owned()),
    });
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
