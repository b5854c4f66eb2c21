//! What a lane that was closed gives back, and what is left of that for a person.

use std::time::Duration;

use vfctl_model::Reading;
use vfctl_port::{
    Claim, ClaimValue, EdgeError, JournalEntry, Op, Outcome, Property, Scope, Subject, Verdict, World,
    with_causes,
};

use super::LaneRun;
use crate::loans::Releases;
use crate::perform::Performed;
use crate::report::OpReport;

/// How long what is given back may take to show.
const RETURN_PATIENCE: Duration = Duration::from_secs(5);

impl LaneRun<'_> {
    /// Gives back what a lane that was closed has changed for a while, and to VFs the driver that was withheld or taken
    /// from them on the way: nobody asked for VFs without one.
    pub(super) fn give_back(&mut self) {
        self.end_what_was_kept();
        let Releases { named, settings, chosen } = self.loans.clone().into_releases();
        self.release_drivers(named);
        self.release(settings);
        self.release_drivers(chosen);
        self.journal_what_is_owed();
    }

    /// Gives VFs their driver, unless something hangs that keeps their PF locked.
    fn release_drivers(&mut self, drivers: Vec<Op>) {
        if self.hangs {
            self.report.troubles.extend(drivers.iter().map(by_hand));
        } else {
            let drivers = self.those_of_vfs_that_exist(drivers);
            self.release(drivers);
        }
    }

    /// Ends what the phase that failed has given back and the kernel has kept: that is not given back twice.
    fn end_what_was_kept(&mut self) {
        let returned = std::mem::take(&mut self.returned);
        // What cannot be read is given back once more, and is reported if it cannot be read after that either.
        if returned.is_empty() || self.read_at.is_none() && self.read_again().is_err() {
            return;
        }
        for op in returned.iter().filter(|op| shows(op, self.scope, &self.seen.world)) {
            self.loans.end(op);
        }
    }

    /// Writes to the journal what could not be given back: by its outcomes alone, what the kernel accepted and did not
    /// keep would be owed no more.
    fn journal_what_is_owed(&mut self) {
        let owed = self.loans.owed();
        if owed.is_empty() {
            return;
        }
        let lane = self.lane.id(self.scope, self.stage);
        let began = JournalEntry::PhaseBegan {
            lane: lane.clone(),
            phase: None,
            ops: Vec::new(),
            found: Vec::new(),
            owed,
        };
        let ended = JournalEntry::PhaseEnded { lane, phase: None, outcomes: Vec::new() };
        let journal = self.edges.journal;
        if let Err(error) = journal.record(&began).and_then(|()| journal.record(&ended)) {
            self.report.troubles.push(format!("failed to {}", with_causes(&error)));
        }
    }

    /// Returns those of the ops whose VF exists. One that is gone, or that the kernel never made, needs no driver.
    fn those_of_vfs_that_exist(&mut self, drivers: Vec<Op>) -> Vec<Op> {
        if drivers.is_empty() {
            return drivers;
        }
        if self.read_again().is_err() {
            // Which VFs exist is not known. The read after these ops fails as well, and is reported.
            return drivers;
        }
        let is_gone = |op: &Op| {
            let subject = Subject { scope: self.scope.clone(), thing: op.target.thing() };
            Claim::is(subject, Property::Present, ClaimValue::Flag(false)).check(&self.seen.world)
                == Verdict::Holds
        };
        let (gone, there): (Vec<Op>, Vec<Op>) = drivers.into_iter().partition(is_gone);
        for op in gone {
            self.loans.end(&op);
            let because = Some("its VF does not exist".to_owned());
            self.report.ops.push(OpReport {
                phase: None,
                op,
                outcome: Outcome::NotTried,
                because,
                hint: None,
            });
        }
        there
    }

    /// Performs ops that give something back, and reads whether they have.
    fn release(&mut self, ops: Vec<Op>) {
        if ops.is_empty() {
            return;
        }
        let Performed { outcomes, .. } = self.perform(None, &ops);
        let done = ops.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Outcome::Done);
        let done: Vec<&Op> = done.map(|(op, _)| op).collect();
        let scope = self.scope;
        let lacking = |world: &World| done.iter().copied().filter(|op| !shows(op, scope, world)).collect();
        let read: Result<Vec<&Op>, EdgeError> = self.settle(lacking, RETURN_PATIENCE);
        if let Err(error) = &read {
            self.note_trouble(format!("failed to {}", with_causes(error)));
        }
        let is_read = read.is_ok();
        for (op, outcome) in ops.into_iter().zip(outcomes) {
            match (&outcome, is_read) {
                (Outcome::Done, true) if shows(&op, scope, &self.seen.world) => self.loans.end(&op),
                (Outcome::Done, false) => self.report.troubles.push(unproven(&op)),
                (Outcome::Done, true)
                | (Outcome::Refused(_) | Outcome::Unknown(_) | Outcome::NotTried, _) => {
                    self.report.troubles.push(by_hand(&op));
                }
            }
            self.report.ops.push(OpReport { phase: None, op, outcome, because: None, hint: None });
        }
    }
}

/// Returns whether the world shows what an op that gives something back ends in: where the kernel chooses, as of drivers,
/// that it has chosen one.
fn shows(op: &Op, scope: &Scope, world: &World) -> bool {
    let subject = Subject { scope: scope.clone(), thing: op.target.thing() };
    let property = op.action.changes();
    match op.action.after() {
        Some(expect) => Claim { subject, property, expect }.check(world) == Verdict::Holds,
        None => matches!(property.read(&subject, world), Some(Reading::Known(Some(_)))),
    }
}

/// Says that the kernel accepted what gives something back, and that nobody has seen it.
fn unproven(op: &Op) -> String {
    format!("a temporary change was restored, but could not be read again; the next plan checks it: `{op}`")
}

/// Says what is left for a person to do.
fn by_hand(op: &Op) -> String {
    format!("a temporary change could not be restored; restore it by hand: `{op}`")
}
