//! Which VFs of a host send packets to which others, and what their packets show.

use std::collections::BTreeMap;
use std::time::Duration;

use vfctl_model::{DeviceAddress, DriverName, Reading, VfAttribute, VfIndex, VfValue};
use vfctl_port::{
    EdgeError, HostFacts, Packets, PfFacts, TrafficSeen, TrafficTrial, VfFacts, VfNetdev, with_causes,
};

use super::row::{Comparison, ProbeRow};
use crate::DesiredPf;
use crate::setting::Setting;

/// A VF that sends and answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialEnd {
    /// The PF.
    pub pf: DeviceAddress,
    /// Its number there.
    pub index: VfIndex,
    /// How it is called: `eth0 vf 1`.
    pub name: String,
    /// Its interface as it was before.
    pub netdev: VfNetdev,
    /// The VLAN that it is to be in; 0 is none.
    pub vlan: u16,
}

/// The trial of one PF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PfTrial {
    /// How the PF is called.
    pub name: String,
    /// The VFs.
    pub ends: Vec<TrialEnd>,
    /// Who sends to whom, and whether it is to be reached.
    pub tries: Vec<(usize, usize, bool)>,
}

/// What can be tried on a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostTrials {
    /// The trials, one of each PF.
    pub trials: Vec<PfTrial>,
    /// The PFs without a trial, each with the reason.
    pub untried: Vec<(String, String)>,
    /// The VFs that are left out, each with the reason.
    pub skipped: Vec<(String, String)>,
}

/// Returns the trials of a host's PFs that the spec names. Of each VLAN two VFs take part, and of two VLANs one sends to the other.
pub fn trials_of(host: &HostFacts, pfs: &BTreeMap<DeviceAddress, DesiredPf>) -> HostTrials {
    let HostTrials { mut trials, mut untried, mut skipped } = HostTrials::default();
    for (address, desired) in pfs {
        let Some(pf) = host.physical_functions.get(address) else {
            untried.push((address.to_string(), "it was not found on this host".to_owned()));
            continue;
        };
        let name = pf.title(address);
        let mut by_vlan: BTreeMap<u16, Vec<TrialEnd>> = BTreeMap::new();
        for (index, vf) in &pf.vfs {
            let called = format!("{name} vf {index}");
            match usable(pf, desired, *index, vf) {
                Ok((netdev, vlan)) => {
                    let end = TrialEnd { pf: address.clone(), index: *index, name: called, netdev, vlan };
                    by_vlan.entry(vlan).or_default().push(end);
                }
                Err(why) => skipped.push((called, why)),
            }
        }
        let mut trial = PfTrial { name, ends: Vec::new(), tries: Vec::new() };
        let mut last: Option<usize> = None;
        for mut ends in by_vlan.into_values() {
            for end in ends.split_off(ends.len().min(2)) {
                skipped.push((end.name, format!("two other VFs of VLAN {} are tested", end.vlan)));
            }
            let first = trial.ends.len();
            if ends.len() == 2 {
                trial.tries.extend([(first, first + 1, true), (first + 1, first, true)]);
            }
            trial.tries.extend(last.map(|last| (last, first, false)));
            last = Some(first);
            trial.ends.extend(ends);
        }
        if trial.tries.is_empty() {
            let why = if pf.vfs.is_empty() { "it has no VFs" } else { "no two of its VFs are free" };
            untried.push((trial.name, why.to_owned()));
            let alone = trial.ends.iter();
            skipped.extend(
                alone.map(|end| (end.name.clone(), "no other VF of its PF can be tested".to_owned())),
            );
        } else {
            trials.push(trial);
        }
    }
    HostTrials { trials, untried, skipped }
}

/// Returns a VF's interface and VLAN, or why it is skipped.
fn usable(
    pf: &PfFacts,
    desired: &DesiredPf,
    index: VfIndex,
    vf: &VfFacts,
) -> Result<(VfNetdev, u16), String> {
    if let Some(user) = vf.uses.first() {
        return Err(user.to_string());
    }
    if let Some(resource) = &vf.offered_as {
        return Err(format!("offered to pods as {resource}; try it with --pod"));
    }
    let Some(netdev) = &vf.netdev else {
        return Err(match &vf.driver {
            Some(driver) if DriverName::is_for_user_space(driver) => {
                format!("driver {driver} is for user space")
            }
            Some(driver) => format!("driver {driver} made no interface"),
            None => "it has no driver".to_owned(),
        });
    };
    // It may have a listener without an address of its own, such as a packet socket or IPv6 with the address of the link alone.
    if netdev.up {
        let name = &netdev.name;
        return Err(format!(
            "its interface {name} is up; if it is not in use, run `ip link set {name} down`"
        ));
    }
    let wanted = desired.vfs.get(&index).and_then(|vf| vf.attributes.get(VfAttribute::Vlan));
    let wanted = wanted.map(|wanted| wanted.value);
    let vlan = match (wanted, pf.attribute(vf, VfAttribute::Vlan)) {
        (Some(Setting::Value(VfValue::Vlan(tag))), _) | (None, Reading::Known(VfValue::Vlan(tag))) => {
            tag.id.get()
        }
        (_, Reading::Unreadable(why)) => return Err(format!("its VLAN could not be read: {why}")),
        _ => 0,
    };
    Ok((netdev.clone(), vlan))
}

impl PfTrial {
    /// Returns what the host is asked to do.
    pub fn asked(&self) -> TrafficTrial {
        TrafficTrial {
            ends: self.ends.iter().map(|end| (end.netdev.name.clone(), end.netdev.up)).collect(),
            tries: self.tries.clone(),
        }
    }

    /// Returns a row for each try.
    pub fn rows(&self, seen: Result<&TrafficSeen, &EdgeError>) -> Vec<ProbeRow> {
        let subject = format!("traffic {}", self.name);
        let row = |(number, (from, to, is_to_reach)): (usize, &(usize, usize, bool))| {
            let (Some(from_end), Some(to_end)) = (self.ends.get(*from), self.ends.get(*to)) else {
                return None;
            };
            let property = format!("{} to {}", vlan_named(from_end), vlan_named(to_end));
            let expected = if *is_to_reach { "reached" } else { "not reached" };
            let seen = match &seen {
                Ok(seen) => seen,
                Err(why) => {
                    return Some(ProbeRow::not_compared(&subject, &property, expected, with_causes(*why)));
                }
            };
            let Some(packets) = seen.tries.get(number) else {
                let why = if seen.troubles.is_empty() {
                    "it was not tried".to_owned()
                } else {
                    seen.troubles.join("; ")
                };
                return Some(ProbeRow::not_compared(&subject, &property, expected, why));
            };
            let without = [(*from, from_end), (*to, to_end)];
            let without = without.iter().find(|(place, _)| seen.carriers.get(*place) != Some(&true));
            if let Some((_, end)) = without.filter(|_| packets.received == 0) {
                let why = format!("{} has no carrier", end.name);
                return Some(ProbeRow::not_compared(&subject, &property, expected, why));
            }
            if let Some(why) =
                self.unproven(seen, *from, *to).filter(|_| !is_to_reach && packets.received == 0)
            {
                return Some(ProbeRow::not_compared(&subject, &property, expected, why));
            }
            let is_right = packets.sent > 0 && (packets.received > 0) == *is_to_reach;
            let comparison = if is_right { Comparison::Same } else { Comparison::Different };
            Some(ProbeRow::judged(&subject, &property, expected, figures(packets), comparison))
        };
        self.tries.iter().enumerate().filter_map(row).collect()
    }

    /// Says why silence between two ends shows nothing: an end that never reached another may be deaf. `None` where both have.
    fn unproven(&self, seen: &TrafficSeen, from: usize, to: usize) -> Option<String> {
        let has_reached = |place: usize| {
            self.tries
                .iter()
                .zip(&seen.tries)
                .any(|((from, to, _), packets)| packets.received > 0 && (*from == place || *to == place))
        };
        let name = |place: usize| self.ends.get(place).map_or("a VF", |end| end.name.as_str());
        match (has_reached(from), has_reached(to)) {
            (true, true) => None,
            (false, false) => Some("neither VF reached any other".to_owned()),
            (false, true) => Some(format!("{} reached no other VF", name(from))),
            (true, false) => Some(format!("{} reached no other VF", name(to))),
        }
    }

    /// Returns a row for each VF that took part: its interface is to be as it was before.
    pub fn rows_afterwards(&self, host: &HostFacts) -> Vec<ProbeRow> {
        let row = |end: &TrialEnd| {
            let vf = host.physical_functions.get(&end.pf).and_then(|pf| pf.vfs.get(&end.index));
            let now = vf.and_then(|vf| vf.netdev.as_ref());
            let found = now.map_or_else(|| "no interface".to_owned(), described);
            ProbeRow::of(&format!("given back {}", self.name), &end.name, described(&end.netdev), found)
        };
        self.ends.iter().map(row).collect()
    }
}

fn vlan_named(end: &TrialEnd) -> String {
    if end.vlan == 0 { end.name.clone() } else { format!("{} (VLAN {})", end.name, end.vlan) }
}

fn described(netdev: &VfNetdev) -> String {
    let VfNetdev { name, altnames: _, mac, mtu, up } = netdev;
    format!("{name} {mac} mtu {mtu} {}", if *up { "up" } else { "down" })
}

fn figures(packets: &Packets) -> String {
    let Packets { sent, received, mean } = *packets;
    let said = if received > 0 { "reached" } else { "not reached" };
    let time = if mean == Duration::ZERO {
        String::new()
    } else {
        format!(", {}.{:03} ms on average", mean.as_micros() / 1000, mean.as_micros() % 1000)
    };
    format!("{said}: {received} of {sent} replies, {} lost{time}", sent.saturating_sub(received))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::path::{Origin, SpecPath};

    /// Returns a PF with four VFs of these VLANs.
    fn host(vlans: &[u16]) -> HostFacts {
        let vf = |(index, vlan): (usize, &u16)| {
            let netdev = json!({"name": format!("v{index}"), "mac": format!("02:00:00:00:00:0{index}"), "mtu": 1500, "up": false});
            let attributes = json!({"vlan": vlan.to_string()});
            (
                index.to_string(),
                json!({"pci": format!("0000:01:10.{index}"), "driver": "igbvf", "netdev": netdev, "attributes": attributes}),
            )
        };
        let vfs: serde_json::Map<String, serde_json::Value> = vlans.iter().enumerate().map(vf).collect();
        let netdev =
            json!({"name": "eth0", "mac": "02:00:00:00:01:00", "mtu": 1500, "up": true, "carrier": true});
        let mut host = crate::sample::host();
        let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
        pf["vfCount"] = json!(vlans.len());
        pf["netdev"] = netdev;
        pf["vfs"] = vfs.into();
        serde_json::from_value(host).expect("facts")
    }

    fn desired() -> BTreeMap<DeviceAddress, DesiredPf> {
        let address: DeviceAddress = "pci/0000:01:00.0".parse().expect("an address");
        let origin = Origin::new("spec.yaml", 1, &SpecPath::spec());
        [(address.clone(), DesiredPf::new("a/b".to_owned(), address, origin))].into()
    }

    #[test]
    fn two_of_each_vlan_try_and_one_of_each_tries_the_next() {
        let HostTrials { trials, untried, skipped } = trials_of(&host(&[7, 7, 7, 9]), &desired());
        assert_eq!((trials.len(), untried), (1, Vec::new()));
        assert_eq!(trials[0].tries, [(0, 1, true), (1, 0, true), (0, 2, false)]);
        assert_eq!(skipped, [("eth0 vf 2".to_owned(), "two other VFs of VLAN 7 are tested".to_owned())]);
    }

    #[test]
    fn lone_or_used_vfs_are_skipped() {
        let mut host = host(&[7, 7]);
        let vfs = host.physical_functions.values_mut().flat_map(|pf| pf.vfs.values_mut());
        for vf in vfs.take(1) {
            vf.offered_as = Some("x.y/z".to_owned());
        }
        let HostTrials { trials, untried, skipped } = trials_of(&host, &desired());
        assert!(trials.is_empty());
        assert_eq!(untried, [("eth0".to_owned(), "no two of its VFs are free".to_owned())]);
        assert_eq!(skipped.len(), 2, "{skipped:?}");
    }

    #[test]
    fn vf_that_is_up_is_left_out() {
        let mut host = host(&[7, 7, 7]);
        let vfs = host.physical_functions.values_mut().flat_map(|pf| pf.vfs.values_mut());
        vfs.take(1).filter_map(|vf| vf.netdev.as_mut()).for_each(|netdev| netdev.up = true);
        let HostTrials { trials, skipped, .. } = trials_of(&host, &desired());
        let ends: Vec<&str> = trials[0].ends.iter().map(|end| end.name.as_str()).collect();
        assert_eq!(ends, ["eth0 vf 1", "eth0 vf 2"]);
        assert!(skipped[0].1.contains("ip link set v0 down"), "{skipped:?}");
    }

    #[test]
    fn pf_without_a_trial_is_named_beside_one_that_has() {
        let mut pfs = desired();
        let address: DeviceAddress = "pci/0000:09:00.0".parse().expect("an address");
        let origin = Origin::new("spec.yaml", 1, &SpecPath::spec());
        pfs.insert(address.clone(), DesiredPf::new("a/c".to_owned(), address, origin));
        let found = trials_of(&host(&[7, 7]), &pfs);
        assert_eq!(found.trials.len(), 1);
        assert_eq!(
            found.untried,
            [("pci/0000:09:00.0".to_owned(), "it was not found on this host".to_owned())]
        );
    }

    #[test]
    fn silence_shows_nothing_without_a_carrier_or_with_an_end_that_is_deaf() {
        let (same, not_compared) =
            ((Comparison::Same, None), |why: &str| (Comparison::NotCompared, Some(why.to_owned())));
        // The last of the tries is the one of two VLANs.
        let last = |vlans: &[u16], carriers: &[bool], received: &[u32]| {
            let packets =
                |received: &u32| Packets { sent: 3, received: *received, mean: Duration::from_micros(700) };
            let seen = TrafficSeen {
                carriers: carriers.to_vec(),
                tries: received.iter().map(packets).collect(),
                troubles: Vec::new(),
            };
            let HostTrials { trials, .. } = trials_of(&host(vlans), &desired());
            let row = trials[0]
                .rows(Ok(&seen))
                .into_iter()
                .find(|row| row.expected == "not reached")
                .expect("a row");
            (row.comparison, row.why)
        };
        let four = [7, 7, 9, 9];
        let up = [true; 4];
        // Within VLAN 7 there and back, between VLANs is the fifth: 9 there, 9 back come before it.
        assert_eq!(last(&four, &up, &[3, 3, 3, 3, 0]), same);
        assert_eq!(last(&four, &up, &[3, 3, 0, 0, 0]), not_compared("eth0 vf 2 reached no other VF"));
        assert_eq!(last(&four, &up, &[0, 0, 3, 3, 0]), not_compared("eth0 vf 0 reached no other VF"));
        assert_eq!(
            last(&four, &[true, true, false, true], &[3, 3, 0, 0, 0]),
            not_compared("eth0 vf 2 has no carrier")
        );
        assert_eq!(last(&[7, 9], &up, &[0]), not_compared("neither VF reached any other"));
        assert_eq!(last(&[7, 9], &up, &[3]), (Comparison::Different, None));
    }
}
