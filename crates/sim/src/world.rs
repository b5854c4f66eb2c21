//! The simulated host as a value that can be written to a file.
//!
//! `facts` is the host as it is once everything has settled; what is hidden from a reader, and until when, stands
//! beside it. What a reader sees at a given time is made in `view`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vfctl_model::{
    AttributeMap, DeviceAddress, MacAddress, RawReading, Toggle, VfAttribute, VfIndex, VfValue,
};
use vfctl_port::{HostFacts, JournalEntry, Op, PfFacts, Property, VfFacts};

use crate::drivers::{DriverRules, row_of};
use crate::errno::Errno;
use crate::fault::Injected;
use crate::naming;

/// A host in memory, with its time, its faults and what it hides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SimWorld {
    format: WorldFormat,
    /// Virtual time since the world was made.
    pub(crate) now: Duration,
    /// The host once everything has settled.
    pub(crate) facts: HostFacts,
    /// What a reader does not see, by PF.
    pub(crate) hidden: BTreeMap<DeviceAddress, HiddenPf>,
    /// PFs that were taken from the bus.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) removed: BTreeMap<DeviceAddress, PfFacts>,
    /// Until when a driver keeps the lock of all network interfaces, without which nothing of them can be read or set.
    #[serde(default, skip_serializing_if = "Duration::is_zero")]
    pub(crate) interfaces_held_until: Duration,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) injected: Vec<Injected>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) journal: Vec<JournalEntry>,
}

/// The versions of the file's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum WorldFormat {
    #[serde(rename = "vfctl.dev/sim/v1")]
    V1,
}

/// What a reader does not see of a PF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct HiddenPf {
    /// Whether the cable leads to a live partner.
    pub(crate) link: Toggle,
    /// Whether the embedded switch is in switchdev mode.
    pub(crate) switchdev: Toggle,
    /// The speed of that link in Mbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) speed: Option<u32>,
    /// When the carrier is back.
    pub(crate) carrier_from: Duration,
    /// The store that is blocked in the kernel and holds the PF's lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stuck: Option<Op>,
    /// How many MACs its VFs have made up so far.
    pub(crate) macs_drawn: u32,
    pub(crate) vfs: BTreeMap<VfIndex, HiddenVf>,
    /// Attributes that outlived their VFs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) kept: BTreeMap<VfIndex, AttributeMap>,
}

/// What a reader does not see of a VF.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct HiddenVf {
    /// When its `virtfn` link is there.
    pub(crate) linked_from: Duration,
    /// When its driver is there.
    pub(crate) driver_from: Duration,
    /// When its network interface is there.
    pub(crate) netdev_from: Duration,
    /// The MAC that the PF set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) admin_mac: Option<MacAddress>,
    /// How often the next attributes are refused with EAGAIN.
    #[serde(default)]
    pub(crate) again: u8,
}

/// Why a world could not be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The text is no world of this version.
    #[error("read the simulated host")]
    Load(#[source] serde_json::Error),
    /// The world could not be written as text.
    #[error("write the simulated host")]
    Save(#[source] serde_json::Error),
}

impl SimWorld {
    /// Returns the world that shows these facts.
    pub fn new(facts: HostFacts) -> Self {
        let hidden = facts
            .physical_functions
            .iter()
            .map(|(address, pf)| (address.clone(), HiddenPf::behind(pf)))
            .collect();
        Self {
            format: WorldFormat::V1,
            now: Duration::ZERO,
            facts,
            hidden,
            removed: BTreeMap::new(),
            interfaces_held_until: Duration::ZERO,
            injected: Vec::new(),
            journal: Vec::new(),
        }
    }

    /// Reads what `save` wrote.
    ///
    /// # Errors
    /// Where the text is no world of this version.
    pub fn load(json: &str) -> Result<Self, WorldError> {
        serde_json::from_str(json).map_err(WorldError::Load)
    }

    /// Returns the world as JSON.
    ///
    /// # Errors
    /// Where it cannot be written as JSON, which no world that was loaded or made here does.
    pub fn save(&self) -> Result<String, WorldError> {
        serde_json::to_string_pretty(self).map_err(WorldError::Save)
    }

    /// Lets time pass until nothing is on its way any more.
    pub fn settle(&mut self) {
        let moments = self.hidden.values().flat_map(|pf| {
            let of_vfs = pf.vfs.values().flat_map(|vf| [vf.linked_from, vf.driver_from, vf.netdev_from]);
            of_vfs.chain([pf.carrier_from])
        });
        self.now = moments.fold(self.now, Duration::max);
    }

    /// Waits for the lock of all network interfaces, no longer than `limit`; returns whether it is free.
    pub(crate) fn wait_for_interfaces(&mut self, limit: Duration) -> bool {
        let free = self.interfaces_held_until <= self.now.saturating_add(limit);
        if self.interfaces_held_until > self.now {
            self.now = self.interfaces_held_until.min(self.now.saturating_add(limit));
        }
        free
    }

    /// Returns a PF with what is hidden of it and its driver's row.
    pub(crate) fn pf(
        &self,
        address: &DeviceAddress,
    ) -> Result<(&PfFacts, &HiddenPf, &'static DriverRules), Errno> {
        let pf = self.facts.physical_functions.get(address).ok_or(Errno::ENODEV)?;
        let hidden = self.hidden.get(address).ok_or(Errno::ENODEV)?;
        Ok((pf, hidden, row_of(pf.driver.as_ref())))
    }

    /// Returns a PF with what is hidden of it and its driver's row, to be changed.
    pub(crate) fn pf_mut(
        &mut self,
        address: &DeviceAddress,
    ) -> Result<(&mut PfFacts, &mut HiddenPf, &'static DriverRules), Errno> {
        let pf = self.facts.physical_functions.get_mut(address).ok_or(Errno::ENODEV)?;
        let hidden = self.hidden.get_mut(address).ok_or(Errno::ENODEV)?;
        let row = row_of(pf.driver.as_ref());
        Ok((pf, hidden, row))
    }

    /// Returns a VF with what is hidden of it, to be changed.
    pub(crate) fn vf_mut(
        &mut self,
        address: &DeviceAddress,
        vf: VfIndex,
    ) -> Result<(&mut VfFacts, &mut HiddenVf), Errno> {
        let (pf, hidden, _) = self.pf_mut(address)?;
        let facts = pf.vfs.get_mut(&vf).ok_or(Errno::ENODEV)?;
        let hidden = hidden.vfs.entry(vf).or_default();
        Ok((facts, hidden))
    }

    /// Returns another MAC for a VF's driver to make up.
    pub(crate) fn draw_mac(&mut self, address: &DeviceAddress, vf: VfIndex) -> Result<MacAddress, Errno> {
        let (_, hidden, _) = self.pf_mut(address)?;
        hidden.macs_drawn = hidden.macs_drawn.saturating_add(1);
        Ok(naming::own_mac(address, vf, hidden.macs_drawn))
    }
}

impl HiddenPf {
    /// Returns what must be behind these facts.
    pub(crate) fn behind(pf: &PfFacts) -> Self {
        let netdev = pf.netdev.as_ref();
        let row = row_of(pf.driver.as_ref());
        // A port that is down does not show whether its cable is plugged in.
        let link = netdev.is_none_or(|n| n.carrier || (!n.up && !row.carrier_ends_with_down));
        Self {
            link: Toggle::from(link),
            switchdev: Toggle::from(pf.properties.name(Property::EswitchMode) == Some("switchdev")),
            speed: netdev.and_then(|n| n.speed).or(row.speed),
            carrier_from: Duration::ZERO,
            stuck: None,
            macs_drawn: 0,
            vfs: pf.vfs.iter().map(|(index, vf)| (*index, HiddenVf::behind(vf))).collect(),
            kept: BTreeMap::new(),
        }
    }
}

impl HiddenVf {
    /// Returns what must be behind these facts. Whether the PF set the MAC is nowhere to be read: it did where
    /// the VF's own interface does not have the one that the PF shows.
    fn behind(vf: &VfFacts) -> Self {
        let shown = match vf.attributes.0.get(VfAttribute::MacAddress) {
            Some(RawReading::Value(VfValue::Mac(mac))) if *mac != MacAddress::ZERO => Some(*mac),
            _ => None,
        };
        let own = vf.netdev.as_ref().map(|netdev| netdev.mac);
        Self { admin_mac: shown.filter(|_| own != shown), ..Self::default() }
    }
}
