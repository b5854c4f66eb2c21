//! What an apply that was cut off or failed has left: learned from the journals before a plan is made, so that the plan
//! restores it, and reported on standard error as far as it does not. And an apply that runs now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use vfctl_apply::{Leftover, leftovers};
use vfctl_model::{DeviceAddress, VfSet};
use vfctl_plan::{Lane, Plan};
use vfctl_port::{JournalEntry, Property, Remakes, Scope, Subject, World, with_causes};
use vfctl_state::{Holder, JournalRead, Lock, StateError, all_converged, kept_journals};

use crate::machine::Console;

/// What earlier applies have left.
#[derive(Default)]
pub(super) struct CutOff {
    /// What is to be said whatever the plan does.
    notes: String,
    /// The journals of applies that have left something, newest first.
    journals: Vec<Left>,
}

/// What one apply has left.
struct Left {
    path: PathBuf,
    was_cut_off: bool,
    leftovers: Vec<Leftover>,
}

impl CutOff {
    /// Learns what is left, for whoever only looks. While an apply runs, its journal has no end and what it has changed
    /// for a while is as it should be.
    pub(super) fn learn_by_looking(folder: &Path, world: &mut World) -> Self {
        // Asked before and after the journals are read: one of an apply that begins or ends meanwhile has no end either.
        let mut cut_off = Self::default();
        let holder = match Lock::holder(folder) {
            Ok(None) => {
                cut_off = Self::read(folder, world);
                Lock::holder(folder)
            }
            held => held,
        };
        match holder {
            Ok(Some(Holder::Process { pid, since })) => {
                return Self::saying(format!("note: an apply is running (process {pid}, since {since})\n"));
            }
            Ok(Some(Holder::Unnamed)) => return Self::saying("note: an apply is running\n".to_owned()),
            Ok(None) => {}
            Err(error) => cut_off.notes.insert_str(0, &unreadable(&error)),
        }
        cut_off.note_in(world);
        cut_off
    }

    /// Learns what is left, for whoever holds the lock.
    pub(super) fn learn(folder: &Path, world: &mut World) -> Self {
        let cut_off = Self::read(folder, world);
        cut_off.note_in(world);
        cut_off
    }

    fn saying(notes: String) -> Self {
        Self { notes, journals: Vec::new() }
    }

    /// Reads the journals. What a later apply has left as well is said of the later one.
    fn read(folder: &Path, now: &World) -> Self {
        match all_converged(folder) {
            Ok(true) => return Self::default(),
            Ok(false) => {}
            Err(error) => return Self::saying(unreadable(&error)),
        }
        let journals = match kept_journals(folder) {
            Ok(journals) => journals,
            Err(error) => return Self::saying(unreadable(&error)),
        };
        let mut cut_off = Self::default();
        let mut later: Vec<Box<World>> = Vec::new();
        let mut said = BTreeSet::new();
        for journal in journals {
            let journal = match journal {
                Ok(journal) => journal,
                Err(error) => {
                    cut_off.notes.push_str(&unreadable(&error));
                    continue;
                }
            };
            let since: Vec<&World> = std::iter::once(now).chain(later.iter().map(AsRef::as_ref)).collect();
            let mut leftovers = leftovers(&journal.entries, &since);
            let key = |left: &Leftover| (left.host.clone(), left.op.target.thing(), left.op.action.changes());
            leftovers.retain(|left| said.insert(key(left)));
            if !leftovers.is_empty() {
                let (path, was_cut_off) = (journal.path.clone(), !journal.has_ended());
                cut_off.journals.push(Left { path, was_cut_off, leftovers });
            }
            later.extend(before(journal));
        }
        cut_off
    }

    /// Notes in the facts of each host what is owed there.
    fn note_in(&self, world: &mut World) {
        for left in self.journals.iter().flat_map(|journal| &journal.leftovers) {
            let host = left.host.as_ref().and_then(|host| world.hosts.get_mut(host));
            if let Some(host) = host.filter(|_| left.found.is_ok()) {
                host.record.owed.push(left.op.clone());
            }
        }
    }

    /// Says what is left as far as a plan neither restores it nor changes it otherwise.
    pub(super) fn report(&self, plan: Option<&Plan>, console: &mut Console<'_>) {
        let mut text = self.notes.clone();
        for Left { path, was_cut_off, leftovers } in &self.journals {
            let what = if *was_cut_off { "did not finish" } else { "failed to restore a temporary change" };
            let (settled, rest): (Vec<&Leftover>, Vec<&Leftover>) =
                leftovers.iter().partition(|left| plan.is_some_and(|plan| settles(plan, left)));
            text.push_str(&format!("note: an apply {what}; its journal is {}\n", path.display()));
            if !settled.is_empty() {
                text.push_str("  the plan restores its temporary changes\n");
            }
            text.extend(lines(&rest).into_iter().map(|line| format!("  {line}\n")));
        }
        console.say(&text);
    }
}

/// Returns whether a plan restores this, or does something else about it: the spec asks for it, or the VF goes.
fn settles(plan: &Plan, left: &Leftover) -> bool {
    let Some((host, of_host)) = left.host.as_ref().and_then(|host| Some((host, plan.hosts.get(host)?)))
    else {
        return false;
    };
    let property = left.op.action.changes();
    let subject = Subject { scope: Scope::Host(host.clone()), thing: left.op.target.thing() };
    let in_lane = |lane: &Lane| {
        let mut ops = lane.steps().flat_map(|step| &step.changes).map(|change| &change.op);
        let is_asked = lane.basis.iter().chain(&lane.goal);
        let mut is_asked = is_asked.filter(|_| !lane.findings.block());
        ops.any(|op| {
            let same = op.target.thing() == subject.thing && op.action.changes() == property;
            let goes = op.action.kind().row().remakes == Remakes::Vfs && subject.thing.vf().is_some();
            same || goes
        }) || is_asked.any(|claim| claim.subject == subject && claim.property == property)
    };
    of_host.lanes().any(|(_, lane)| lane.thing.pf() == subject.thing.pf() && in_lane(lane))
}

/// Returns a line for each thing that is left; VFs without driver of one PF come together.
fn lines(left: &[&Leftover]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut driverless: BTreeMap<&DeviceAddress, VfSet> = BTreeMap::new();
    for left in left {
        let target = &left.op.target;
        match (target.pf(), target.vf()) {
            (Some(pf), Some(vf)) if left.op.action.changes() == Property::Driver && left.found.is_ok() => {
                driverless.entry(pf).or_default().insert(vf);
            }
            _ => lines.push(left.to_string()),
        }
    }
    lines.extend(driverless.into_iter().map(|(pf, vfs)| {
        format!(
            "vf {vfs} of {pf} has no driver, a temporary change; apply a spec that names the PF to bind it again"
        )
    }));
    lines
}

/// Returns the facts of before the apply.
fn before(journal: JournalRead) -> Option<Box<World>> {
    journal.entries.into_iter().find_map(|entry| match entry {
        JournalEntry::Began { before, documents: _ } => Some(before),
        JournalEntry::PhaseBegan { .. } | JournalEntry::PhaseEnded { .. } | JournalEntry::Ended { .. } => {
            None
        }
    })
}

/// Returns what is to be said of what could not be read: nothing to an ordinary user who may not read it, since
/// such a user's plan is no worse for it.
fn unreadable(error: &StateError) -> String {
    if error.is_for_root_alone() {
        tracing::debug!(%error, "no permission to read the state folder");
        return String::new();
    }
    let causes = with_causes(error);
    format!("note: failed to {causes}; temporary changes of an earlier apply may not be reported\n")
}
