//! Who has which MAC address on a host: looked up for each VF that is to have one, and so put in order once.

use vfctl_model::{DeviceAddress, MacAddress, Reading, VfAttribute, VfIndex, VfValue};
use vfctl_port::{HostFacts, PfFacts, VfFacts};

/// A port, or a VF of it.
type Holder = (DeviceAddress, Option<VfIndex>);

/// The addresses that ports and VFs of a host have, in order; those of one address in the order of the facts.
#[derive(Debug, Default)]
pub(crate) struct Addresses(Vec<(MacAddress, Holder)>);

impl Addresses {
    /// Returns those of a host: of each port what it has and what it was made with.
    pub(crate) fn of(host: &HostFacts) -> Self {
        let mut held = Vec::new();
        for (device, pf) in &host.physical_functions {
            let vfs = pf.vfs.iter().filter_map(|(index, vf)| Some((address_of(pf, vf)?, Some(*index))));
            let netdev = pf.netdev.iter();
            let own = netdev.flat_map(|netdev| [Some(netdev.mac), netdev.permanent_mac]).flatten();
            let own = own.filter(|mac| *mac != MacAddress::ZERO).map(|mac| (mac, None));
            held.extend(vfs.chain(own).map(|(mac, vf)| (mac, (device.clone(), vf))));
        }
        held.sort_by_key(|(mac, _)| *mac);
        Self(held)
    }

    /// Returns who has an address besides the VFs of this PF.
    pub(crate) fn holder_beside_vfs_of(&self, pf: &DeviceAddress, mac: MacAddress) -> Option<&Holder> {
        let Self(held) = self;
        let first = held.partition_point(|(other, _)| *other < mac);
        let same = held.get(first..)?.iter().take_while(|(other, _)| *other == mac);
        same.map(|(_, holder)| holder).filter(|(device, vf)| vf.is_none() || device != pf).last()
    }
}

/// Returns the address that a VF has by its PF's report; none where it is that of all zeros.
pub(crate) fn address_of(pf: &PfFacts, vf: &VfFacts) -> Option<MacAddress> {
    match pf.attribute(vf, VfAttribute::MacAddress) {
        Reading::Known(VfValue::Mac(mac)) => Some(mac).filter(|mac| *mac != MacAddress::ZERO),
        Reading::Known(_) | Reading::Unsupported | Reading::Unreadable(_) => None,
    }
}
