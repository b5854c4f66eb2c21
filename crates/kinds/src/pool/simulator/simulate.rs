//! Walks the pools in the order of the file, and lets each take what is left (`initServers`, cmd/sriovdp/manager.go).

use std::collections::BTreeMap;
use std::fmt;

use vfctl_model::{DevicePluginDeviceType, DevicePluginField, DevicePluginVersion, PciAddress};

use super::device::Device;
use super::judge::{Judgement, is_listed, judge};
use crate::pool::plugin::{Accepted, Ending, Loaded, PluginConfig, SelectorSet, accept};

/// The devices of a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Devices {
    /// Those that are known, each once, in the order of their addresses.
    pub known: Vec<Device>,
    /// Why there may be more, without SR-IOV; `None` where all are known.
    pub perhaps_more: Option<String>,
    /// Why there may be more VFs; `None` where all are known.
    pub hidden_vfs: Option<String>,
}

/// What the plugin will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// The release.
    pub version: DevicePluginVersion,
    /// What it offers in each pool, in the order of the file; or why it serves none.
    pub pools: Result<Vec<Pool>, Ending>,
}

/// Why a pool does not take a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// This term failed.
    Term(String),
    /// It fits, and this resource comes first in the file.
    TakenBy(String),
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(why) => f.write_str(why),
            Self::TakenBy(resource) => write!(f, "{resource} comes first and takes it"),
        }
    }
}

/// What becomes of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    /// The resource with its prefix.
    pub resource: String,
    /// Why the plugin goes on without it; `None` where it does not.
    pub dropped: Option<String>,
    /// The devices that it is made of. Without any the plugin does not offer the resource.
    pub takes: Vec<PciAddress>,
    /// The devices that it is perhaps made of, each with what is not known.
    pub perhaps: Vec<(PciAddress, String)>,
    /// The devices that it is not made of, each with why.
    pub left_out: Vec<(PciAddress, LeftOut)>,
    /// The fields that the release ignores, each with why.
    pub ignored: Vec<String>,
    /// Why the pool may be made of more devices than are known.
    pub perhaps_more: Option<String>,
}

/// Returns what a plugin of this version does with a configuration on a host with these devices.
pub fn simulate(config: &PluginConfig, version: DevicePluginVersion, devices: &Devices) -> Prediction {
    let pools = accept(config, version).map(|accepted| {
        let mut claims = Claims::default();
        accepted.into_iter().map(|resource| claims.fill(resource, version, devices)).collect()
    });
    Prediction { version, pools }
}

/// Which devices are taken, or perhaps, and by which resource.
#[derive(Default)]
struct Claims {
    taken: BTreeMap<PciAddress, String>,
    perhaps: BTreeMap<PciAddress, String>,
}

impl Claims {
    fn fill(&mut self, accepted: Accepted<'_>, version: DevicePluginVersion, devices: &Devices) -> Pool {
        let Accepted { resource, kind, loaded, ignored } = accepted;
        let mut pool = Pool { resource: resource.full_name(), ignored, ..Pool::default() };
        let sets = match loaded {
            Loaded::Dropped(why) => {
                pool.dropped = Some(why);
                return pool;
            }
            Loaded::Sets(sets) => sets,
        };
        if kind == DevicePluginDeviceType::AuxNetDevice {
            pool.perhaps_more = Some("the facts do not tell of subfunctions".to_owned());
            return pool;
        }
        let is_open = sets.iter().any(|set| is_open(set, kind, version));
        pool.perhaps_more = devices.hidden_vfs.clone().or(devices.perhaps_more.clone().filter(|_| is_open));
        for device in &devices.known {
            let address = device.address;
            let judgement = match is_listed(device, kind, version) {
                Judgement::Fits => any_of(device, &sets, kind, version),
                // What is perhaps on the list still has to fit.
                Judgement::Unknown(why) => match any_of(device, &sets, kind, version) {
                    Judgement::Fits | Judgement::Unknown(_) => Judgement::Unknown(why),
                    fails @ Judgement::Fails(_) => fails,
                },
                fails @ Judgement::Fails(_) => fails,
            };
            match (judgement, self.taken.get(&address), self.perhaps.get(&address)) {
                (Judgement::Fails(why), _, _) => pool.left_out.push((address, LeftOut::Term(why))),
                (_, Some(other), _) => {
                    pool.left_out.push((address, LeftOut::TakenBy(other.clone())));
                }
                (_, None, Some(other)) => {
                    pool.perhaps.push((address, format!("{other} comes first and may take it")));
                }
                (Judgement::Fits, None, None) => {
                    self.taken.insert(address, pool.resource.clone());
                    pool.takes.push(address);
                }
                (Judgement::Unknown(why), None, None) => {
                    self.perhaps.insert(address, pool.resource.clone());
                    pool.perhaps.push((address, why));
                }
            }
        }
        pool
    }
}

/// Returns whether an object of selectors may mean devices that are neither PFs nor VFs.
fn is_open(set: &SelectorSet, kind: DevicePluginDeviceType, version: DevicePluginVersion) -> bool {
    let by_pf = [DevicePluginField::PfNames, DevicePluginField::RootDevices];
    let used = set.used();
    !by_pf.iter().any(|field| used.contains(field) && field.is_taken(version, kind))
}

/// Returns the judgement of a device by objects of selectors, any one of which must fit.
fn any_of(
    device: &Device,
    sets: &[&SelectorSet],
    kind: DevicePluginDeviceType,
    version: DevicePluginVersion,
) -> Judgement {
    let (mut unknown, mut fails) = (None, Vec::new());
    for set in sets {
        match judge(device, set, kind, version) {
            Judgement::Fits => return Judgement::Fits,
            Judgement::Unknown(why) => {
                unknown.get_or_insert(why);
            }
            Judgement::Fails(why) => fails.push(why),
        }
    }
    unknown.map_or_else(|| Judgement::Fails(fails.join("; or ")), Judgement::Unknown)
}
