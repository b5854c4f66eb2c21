//! What an apply that was cut off may have left behind, from its journal and the facts of later.
//!
//! This version reports and does not restore.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{DeviceAddress, HostName, Reading, VfIndex, VfSet};
use vfctl_port::{
    ClaimValue, Expect, Found, JournalEntry, LaneId, Op, Outcome, Property, Remakes, Scope, Subject, Thing,
    World,
};

/// Returns what the apply of this journal had changed for a while and not restored when it was cut off or failed, each
/// with what does so; none where it did all that it was to do.
///
/// `since` are facts of later moments, those of now first. Only what is so in all of them is reported: what was right in
/// between has been restored, and is as somebody else wants it. What cannot be read is not known to be right.
pub fn leftovers(entries: &[JournalEntry], since: &[&World]) -> Vec<String> {
    let mut lanes: BTreeMap<&LaneId, Left<'_>> = BTreeMap::new();
    for entry in entries {
        match entry {
            JournalEntry::Began { .. } => {}
            JournalEntry::PhaseBegan { lane, ops, owed, phase: _, found: _ } => {
                lanes.entry(lane).or_default().begin(ops, owed);
            }
            JournalEntry::PhaseEnded { lane, outcomes, phase: _ } => {
                if let Some(left) = lanes.get_mut(lane) {
                    left.end(outcomes);
                }
            }
            JournalEntry::Ended { converged: true } => return Vec::new(),
            JournalEntry::Ended { converged: false } => lanes.values_mut().for_each(Left::fail),
        }
    }
    lanes.into_iter().flat_map(|(lane, left)| left.report(lane, since)).collect()
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

    /// Notes that the apply failed, and reported what it left: a VF is to get a driver back only where it is owed one.
    fn fail(&mut self) {
        let vfs: BTreeSet<_> = driverless(self.owed.iter().copied()).collect();
        self.bare.retain(|vf| vfs.contains(vf));
    }

    /// Reports what is still so. A PF or VF that is gone took along what was changed of it.
    fn report(self, lane: &LaneId, since: &[&World]) -> Vec<String> {
        let Self { begun: _, owed, bare } = self;
        let host: Option<&HostName> = lane.host.as_ref();
        let scope = host.map_or(Scope::Cluster, |host| Scope::Host(host.clone()));
        let subject = |thing| Subject { scope: scope.clone(), thing };
        let still = |subject: &Subject, property: Property, after: Option<&Expect>| {
            let found: Vec<Option<Found>> = since.iter().map(|world| property.read(subject, world)).collect();
            let may_be_so = |found: &Option<Found>| {
                found.as_ref().is_some_and(|found| !is_restored(property, after, found))
            };
            if found.iter().all(may_be_so) { found.into_iter().next().flatten() } else { None }
        };
        let mut reported = Vec::new();
        // What is owed of drivers is among the bare.
        for op in owed.into_iter().filter(|op| op.action.changes() != Property::Driver) {
            let (subject, property) = (subject(op.target.thing()), op.action.changes());
            let thing = &subject.thing;
            match still(&subject, property, op.action.after().as_ref()) {
                Some(Reading::Known(Some(value))) => {
                    let value = property.show(thing, &value);
                    reported.push(format!(
                        "{thing}: {property} is {value}, which was for a while only; `{op}` restores it"
                    ));
                }
                Some(Reading::Unreadable(why)) => reported.push(format!(
                    "{thing}: {property} was changed for a while and could not be read ({why}); `{op}` restores it"
                )),
                Some(Reading::Known(None) | Reading::Unsupported) | None => {}
            }
        }
        let mut by_pf: BTreeMap<DeviceAddress, VfSet> = BTreeMap::new();
        let mut unread: BTreeMap<(DeviceAddress, String), VfSet> = BTreeMap::new();
        for (pf, vf) in bare {
            match still(&subject(Thing::Vf(pf.clone(), vf)), Property::Driver, None) {
                Some(Reading::Unreadable(why)) => unread.entry((pf, why)).or_default().insert(vf),
                Some(Reading::Known(_) | Reading::Unsupported) => by_pf.entry(pf).or_default().insert(vf),
                None => continue,
            };
        }
        reported.extend(by_pf.into_iter().map(|(pf, vfs)| {
            format!(
                "VFs {vfs} of {pf} have no driver; where the spec names none, say `driver: default` to give them one"
            )
        }));
        reported.extend(unread.into_iter().map(|((pf, why), vfs)| {
            format!(
                "VFs {vfs} of {pf}: whether they have a driver could not be read ({why}); where they have none and the \
                 spec names none, say `driver: default` to give them one"
            )
        }));
        reported
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
        (Reading::Known(Some(value)), Some(Expect::Is(before))) => value == before,
        (Reading::Known(_) | Reading::Unsupported, _) => true,
    }
}
