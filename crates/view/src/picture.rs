//! What a host looks like: ports, their VFs, the pools that these are in, networks on them and who uses them; and what a plan
//! does to them. What is drawn of it is elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::change::Change;
use vfctl_kinds::change_value::ChangeValue;
use vfctl_kinds::pf::pf_columns;
use vfctl_kinds::step::Step;
use vfctl_model::{DeviceAddress, HostName, PciAddress, VfIndex};
use vfctl_plan::ScopePlan;
use vfctl_port::{ClaimValue, HostFacts, PfFacts, Property, Remakes, VfFacts};

/// How many VFs of a port are drawn one by one.
const SHOWN_VFS: usize = 64;

/// How many users of a port and its VFs are named.
const SHOWN_USERS: usize = 16;

/// A host with its ports and pools.
#[derive(Debug, Clone)]
pub struct Picture {
    pub(crate) host: String,
    pub(crate) ports: Vec<Port>,
    pub(crate) pools: Pools,
}

/// The pools of a host.
#[derive(Debug, Clone)]
pub enum Pools {
    /// These; there may be none.
    Known(Vec<Pool>),
    /// They cannot be predicted, for this reason.
    Unknown(String),
}

/// A resource that a device plugin offers, and the networks whose pods get it.
#[derive(Debug, Clone)]
pub struct Pool {
    /// The resource with its prefix.
    pub resource: String,
    /// Its devices.
    pub devices: BTreeSet<PciAddress>,
    /// The networks on it.
    pub networks: Vec<String>,
}

/// A port that can have VFs.
#[derive(Debug, Clone)]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) about: String,
    /// How many VFs there are, and how many there can be.
    pub(crate) count: String,
    pub(crate) tiles: Vec<Tile>,
    /// How many VFs are not drawn.
    pub(crate) more: usize,
    /// What becomes of how many VFs, drawn or not.
    pub(crate) fates: BTreeMap<Fate, usize>,
    pub(crate) users: Vec<User>,
    /// How many users are not named.
    pub(crate) more_users: usize,
    /// How many users are disrupted, named or not.
    pub(crate) disrupted: usize,
}

/// A VF.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    pub(crate) vf: VfIndex,
    pub(crate) fate: Fate,
    /// The number of its pool.
    pub(crate) pool: Option<usize>,
    /// The driver that it has, or that the plan gives it; `None` for none, and where that is not known.
    pub(crate) driver: Option<String>,
    pub(crate) is_used: bool,
    pub(crate) is_disrupted: bool,
}

/// Who uses a port or one of its VFs.
#[derive(Debug, Clone)]
pub(crate) struct User {
    /// The VF; `None` for the port itself.
    pub(crate) vf: Option<VfIndex>,
    pub(crate) who: String,
    pub(crate) is_disrupted: bool,
}

/// What becomes of a VF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It stays as it is.
    Kept,
    /// It is made.
    Created,
    /// Something is set on it.
    Changed,
    /// It is destroyed, and made again.
    Recreated,
    /// It is destroyed.
    Removed,
}

/// What a plan does to a port.
#[derive(Default)]
struct Work {
    removes: bool,
    creates: Option<u16>,
    changes: BTreeSet<VfIndex>,
    /// The driver that VFs are given; `None` for none, and where the kernel chooses.
    drivers: BTreeMap<VfIndex, Option<String>>,
    /// Whose users are disrupted: a VF's, or the port's own.
    disrupts: BTreeSet<Option<VfIndex>>,
}

impl Picture {
    /// Returns a host as it is; with a plan, as it is when the plan is applied.
    pub fn of(name: &HostName, host: &HostFacts, plan: Option<&ScopePlan>, pools: Pools) -> Self {
        let mut work: BTreeMap<&DeviceAddress, Work> = BTreeMap::new();
        for (_, lane) in plan.filter(|plan| !plan.is_blocked()).into_iter().flat_map(ScopePlan::lanes) {
            if let Some(pf) = lane.thing.pf() {
                lane.steps().for_each(|step| work.entry(pf).or_default().add(step));
            }
        }
        let nothing = Work::default();
        let of_device: BTreeMap<PciAddress, usize> = pools
            .known()
            .iter()
            .enumerate()
            .flat_map(|(number, pool)| pool.devices.iter().map(move |device| (*device, number)))
            .collect();
        let port = |(address, pf): (&DeviceAddress, &PfFacts)| {
            Port::of(host, address, pf, work.get(address).unwrap_or(&nothing), &of_device)
        };
        let ports = host.physical_functions.iter().map(port).collect();
        Self { host: name.to_string(), ports, pools }
    }
}

impl Pools {
    /// Returns the pools that are known.
    pub(crate) fn known(&self) -> &[Pool] {
        match self {
            Self::Known(pools) => pools,
            Self::Unknown(_) => &[],
        }
    }
}

impl Work {
    fn add(&mut self, step: &Step) {
        for change in &step.changes {
            match change.op.action.kind().row().remakes {
                Remakes::Vfs => match count_after(change) {
                    Some(count) if count > 0 => self.creates = Some(count),
                    Some(_) | None => self.removes = true,
                },
                Remakes::Nothing | Remakes::TakesInterface | Remakes::MakesInterface => {
                    let Some(vf) = change.vf() else { continue };
                    self.changes.insert(vf);
                    if change.op.action.changes() == Property::Driver {
                        self.drivers.insert(vf, driver_after(change));
                    }
                }
            }
        }
        self.disrupts.extend(step.victims.iter().map(|victim| victim.vf));
    }

    /// Returns the driver of a VF; `None` for none, and where it is not known.
    fn driver(&self, vf: VfIndex, fate: Fate, facts: &VfFacts) -> Option<String> {
        let found = || facts.driver.as_ref().map(ToString::to_string);
        let given = self.drivers.get(&vf);
        match fate {
            // It is drawn as what goes.
            Fate::Removed => found(),
            Fate::Kept | Fate::Changed => given.cloned().unwrap_or_else(found),
            // Which driver takes a new VF, the kernel decides.
            Fate::Created | Fate::Recreated => given.cloned().flatten(),
        }
    }

    /// Returns what becomes of a VF; `None` where it neither is there nor will be.
    fn fate(&self, vf: VfIndex, exists: bool) -> Option<Fate> {
        let is_made = self.creates.is_some_and(|count| vf.0 < count);
        match (exists, self.removes, is_made) {
            (false, _, true) => Some(Fate::Created),
            (false, _, false) => None,
            (true, true, true) => Some(Fate::Recreated),
            (true, true, false) => Some(Fate::Removed),
            (true, false, _) if self.changes.contains(&vf) => Some(Fate::Changed),
            (true, false, _) => Some(Fate::Kept),
        }
    }
}

impl Port {
    fn of(
        host: &HostFacts,
        address: &DeviceAddress,
        pf: &PfFacts,
        work: &Work,
        pools: &BTreeMap<PciAddress, usize>,
    ) -> Self {
        let past = pf.vfs.keys().next_back().map_or(0, |last| last.0.saturating_add(1));
        let none = VfFacts::default();
        let tile = |vf: VfIndex| {
            let facts = pf.vfs.get(&vf);
            let fate = work.fate(vf, facts.is_some())?;
            let facts = facts.unwrap_or(&none);
            let pool = pf.vf_address(address.pci(), vf).and_then(|device| pools.get(&device).copied());
            Some(Tile {
                vf,
                fate,
                pool,
                driver: work.driver(vf, fate, facts),
                is_used: !facts.uses.is_empty(),
                is_disrupted: work.disrupts.contains(&Some(vf)),
            })
        };
        let mut tiles: Vec<Tile> =
            (0..past.max(work.creates.unwrap_or(0))).map(VfIndex).filter_map(tile).collect();
        let mut fates = BTreeMap::new();
        tiles.iter().for_each(|tile| *fates.entry(tile.fate).or_default() += 1);
        let more = tiles.len().saturating_sub(SHOWN_VFS);
        tiles.truncate(SHOWN_VFS);
        let mut users = users(host, pf, work);
        let disrupted = users.iter().filter(|user| user.is_disrupted).count();
        let more_users = users.len().saturating_sub(SHOWN_USERS);
        users.truncate(SHOWN_USERS);
        let after = match (work.creates, work.removes) {
            (Some(count), _) => count,
            (None, true) => 0,
            (None, false) => pf.vf_count,
        };
        Self {
            name: pf.title(address),
            about: about(address, pf),
            count: count(pf, after),
            tiles,
            more,
            fates,
            users,
            more_users,
            disrupted,
        }
    }
}

/// Returns how many VFs there are after a change; `None` where it does not say.
fn count_after(change: &Change) -> Option<u16> {
    match &change.to {
        ChangeValue::Is(ClaimValue::Number(count)) => u16::try_from(*count).ok(),
        ChangeValue::Is(_) | ChangeValue::Nothing | ChangeValue::KernelsChoice => None,
    }
}

/// Returns the driver after a change; `None` for none, and where the kernel chooses.
fn driver_after(change: &Change) -> Option<String> {
    match &change.to {
        ChangeValue::Is(ClaimValue::Name(driver)) => Some(driver.clone()),
        ChangeValue::Is(_) | ChangeValue::Nothing | ChangeValue::KernelsChoice => None,
    }
}

/// Returns how many VFs there are and will be, of those that there can be.
fn count(pf: &PfFacts, after: u16) -> String {
    let now = if after == pf.vf_count { String::new() } else { format!("{} → ", pf.vf_count) };
    let total = pf.total_vfs.map_or_else(|| "?".to_owned(), |total| total.to_string());
    format!("{now}{after} of {total} VFs")
}

/// Returns address, driver and link of a port, in the words of `discover`.
fn about(address: &DeviceAddress, pf: &PfFacts) -> String {
    let columns = pf_columns();
    let cell = |heading: &str| {
        let column = columns.iter().find(|column| column.heading == heading)?;
        (column.cell)(pf)
    };
    let driver = cell("DRIVER").map(|driver| format!("driver {driver}"));
    let link = cell("LINK").map(|link| format!("link {link}"));
    [Some(address.to_string()), driver, link].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Returns who uses a port and its VFs, those first who are disrupted.
fn users(host: &HostFacts, pf: &PfFacts, work: &Work) -> Vec<User> {
    let user = |vf: Option<VfIndex>, who: String| User { vf, who, is_disrupted: work.disrupts.contains(&vf) };
    let of_port = host.users_of(pf).into_iter().map(|one| user(None, one.to_string()));
    let of_vfs =
        pf.vfs.iter().flat_map(|(vf, facts)| facts.uses.iter().map(|one| user(Some(*vf), one.to_string())));
    let mut users: Vec<User> = of_port.chain(of_vfs).collect();
    users.sort_by_key(|user| !user.is_disrupted);
    users
}
