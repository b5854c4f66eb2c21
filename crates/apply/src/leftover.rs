//! What an apply that was cut off or failed has left behind, from its journal and the facts of later.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use vfctl_model::{DeviceAddress, HostName, Reading, VfIndex};
use vfctl_port::{
    Action, Binding, ClaimValue, Expect, Found, JournalEntry, LaneId, Op, Outcome, Property, Remakes, Scope,
    Subject, Target, World,
};

/// Something that an apply had changed for a while and not restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The host; `None` for the cluster.
    pub host: Option<HostName>,
    /// The op that restores it.
    pub op: Op,
    /// What is there now, or why that could not be read.
    pub found: Result<String, String>,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host: _, op, found } = self;
        let (thing, property) = (op.target.thing(), op.action.changes());
        match found {
            Ok(found) => {
                write!(
                    f,
                    "{thing}: {property} is {found}, a temporary change that was not restored; `{op}` restores it"
                )
            }
            Err(why) => write!(
                f,
                "{thing}: {property} was changed temporarily and could not be read ({why}); `{op}` restores it"
            ),
        }
    }
}

/// Returns what the apply of this journal had changed for a while and not restored when it was cut off or failed; none
/// where it did all that it was to do, or where the machine was booted since.
///
/// `since` are facts of later moments, those of now first. Only what is so in all of them is left: what was right in
/// between has been restored, and is as somebody else wants it. What cannot be read is not known to be right.
pub fn leftovers(entries: &[JournalEntry], since: &[&World]) -> Vec<Leftover> {
    let mut lanes: BTreeMap<&LaneId, Left<'_>> = BTreeMap::new();
    let mut before = None;
    for entry in entries {
        match entry {
            JournalEntry::Began { before: world, documents: _ } => before = Some(world),
            JournalEntry::PhaseBegan { lane, ops, owed, phase: _, found: _ } => {
                lanes.entry(lane).or_default().begin(ops, owed);
            }
            JournalEntry::PhaseEnded { lane, outcomes, phase: _ } => {
                if let Some(left) = lanes.get_mut(lane) {
                    left.end(outcomes);
                }
            }
            JournalEntry::Ended { converged: true } => return Vec::new(),
            // It told what it could not restore, and not which VFs have no driver: both are owed as after a cut.
            JournalEntry::Ended { converged: false } => {}
        }
    }
    let boot = |world: &World, lane: &LaneId| world.hosts.get(lane.host.as_ref()?)?.system.boot_id.clone();
    let is_of_this_boot = |lane: &LaneId| {
        let then = before.and_then(|before| boot(before, lane));
        let now = since.first().and_then(|now| boot(now, lane));
        then.is_none() || now.is_none() || then == now
    };
    lanes.retain(|lane, _| is_of_this_boot(lane));
    lanes.into_iter().flat_map(|(lane, left)| left.still_there(lane, since)).collect()
}

/// What a lane may have left behind, as far as the journal knows.
#[derive(Default)]
struct Left<'a> {
    /// The ops of its last phase.
    begun: &'a [Op],
    /// The ops that restore what was changed for a while.
    owed: Vec<&'a Op>,
    /// The VFs that lost their driver on the way, or were made without the kernel's.
    bare: BTreeSet<(DeviceAddress, VfIndex)>,
}

impl<'a> Left<'a> {
    /// Notes the ops of a phase, which may have been done, and what is owed since.
    fn begin(&mut self, ops: &'a [Op], owed: &'a [Op]) {
        (self.begun, self.owed) = (ops, owed.iter().collect());
        if ops.is_empty() {
            // What could not be restored, whatever was answered.
            self.bare.extend(driverless(owed.iter()));
        }
        let withholds = owed.iter().any(|op| op.action.changes() == Property::DriversAutoprobe);
        for op in ops {
            let Some(pf) = op.target.pf() else { continue };
            match op.action.kind().row().remakes {
                Remakes::Vfs => {
                    let count = match op.action.after() {
                        Some(Expect::Is(ClaimValue::Number(count))) if withholds => count,
                        _ => 0,
                    };
                    let count = u16::try_from(count).unwrap_or(u16::MAX);
                    self.bare = (0..count).map(|index| (pf.clone(), VfIndex(index))).collect();
                }
                Remakes::TakesInterface => self.bare.extend(op.target.vf().map(|vf| (pf.clone(), vf))),
                Remakes::MakesInterface | Remakes::Nothing => {}
            }
        }
    }

    /// Notes what became of the last phase's ops.
    fn end(&mut self, outcomes: &[Outcome]) {
        let ops = std::mem::take(&mut self.begun);
        for (op, _) in ops.iter().zip(outcomes).filter(|(_, outcome)| **outcome == Outcome::Done) {
            self.owed.retain(|owed| *owed != op);
            if let (Remakes::MakesInterface, Some(pf), Some(vf)) =
                (op.action.kind().row().remakes, op.target.pf(), op.target.vf())
            {
                self.bare.remove(&(pf.clone(), vf));
            }
        }
    }

    /// Returns what is still so. A PF or VF that is gone took along what was changed of it.
    fn still_there(self, lane: &LaneId, since: &[&World]) -> Vec<Leftover> {
        let Self { begun, mut owed, bare } = self;
        let host: Option<&HostName> = lane.host.as_ref();
        let scope = host.map_or(Scope::Cluster, |host| Scope::Host(host.clone()));
        // A bind sets an override for its moment.
        let overrides: Vec<Op> = begun.iter().filter_map(override_restored_after).collect();
        let now = since.first().zip(host).and_then(|(now, host)| now.hosts.get(host));
        let given: BTreeSet<_> = driverless(owed.iter().copied()).collect();
        let by_kernel = |(pf, vf): &(DeviceAddress, VfIndex)| {
            let function = now?.physical_functions.get(pf)?.vfs.get(vf)?.pci?;
            let target = Target::Function(pf.clone(), *vf, function);
            Some(Op { target, action: Action::ProbeDriver })
        };
        let by_kernel: Vec<Op> = bare.difference(&given).filter_map(by_kernel).collect();
        owed.retain(|op| driverless(std::iter::once(*op)).all(|vf| bare.contains(&vf)));
        let all = owed.into_iter().chain(&overrides).chain(&by_kernel);
        all.filter_map(|op| {
            let found = still(op, &scope, since)?;
            Some(Leftover { host: host.cloned(), op: op.clone(), found })
        })
        .collect()
    }
}

/// Returns what is there in place of what this op restores, or why that could not be read; `None` where it was right at
/// one of these moments.
fn still(op: &Op, scope: &Scope, since: &[&World]) -> Option<Result<String, String>> {
    let (thing, property, after) = (op.target.thing(), op.action.changes(), op.action.after());
    let subject = Subject { scope: scope.clone(), thing };
    let found: Vec<Option<Found>> = since.iter().map(|world| property.read(&subject, world)).collect();
    let may_be_so = |found: &Option<Found>| {
        found.as_ref().is_some_and(|found| !is_restored(property, after.as_ref(), found))
    };
    if !found.iter().all(may_be_so) {
        return None;
    }
    Some(match found.into_iter().next().flatten()? {
        Reading::Known(Some(value)) => Ok(property.show(&subject.thing, &value)),
        Reading::Known(None) | Reading::Unsupported => Ok("none".to_owned()),
        Reading::Unreadable(why) => Err(why),
    })
}

/// Returns the op that restores the override which a bind sets for its moment; `None` for what is no bind.
fn override_restored_after(op: &Op) -> Option<Op> {
    match &op.action {
        Action::BindDriver(Binding { driver: _, override_after }) => {
            let action = Action::SetDriverOverride(override_after.clone());
            Some(Op { target: op.target.clone(), action })
        }
        _ => None,
    }
}

/// Returns the VFs that are owed a driver.
fn driverless<'o>(owed: impl Iterator<Item = &'o Op>) -> impl Iterator<Item = (DeviceAddress, VfIndex)> {
    owed.filter(|op| op.action.changes() == Property::Driver)
        .filter_map(|op| Some((op.target.pf()?.clone(), op.target.vf()?)))
}

/// Returns whether a reading shows that what was changed for a while has been restored, or is no more.
fn is_restored(property: Property, after: Option<&Expect>, found: &Found) -> bool {
    match (found, after) {
        (Reading::Unreadable(_), _) => false,
        // Any driver will do: somebody has given the VF one.
        (Reading::Known(driver), _) if property == Property::Driver => driver.is_some(),
        (Reading::Known(found), Some(Expect::Absent)) => found.is_none(),
        (Reading::Known(Some(value)), Some(Expect::Is(before))) => value == before,
        // What the device has lost is no loan any more.
        (Reading::Known(_) | Reading::Unsupported, _) => true,
    }
}
