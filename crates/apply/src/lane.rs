//! Performs one lane: phase by phase, each verified before the next, and what was borrowed given back.

use std::time::Duration;

use vfctl_plan::{Lane, PhasePlan};
use vfctl_port::{Claim, HostFacts, Op, Outcome, Phase, Property, with_causes};

use crate::edges::Edges;
use crate::loans::Loans;
use crate::look::Look;
use crate::perform::{Performed, by_hand, ops, perform};
use crate::report::{LaneReport, OpReport, Unmet};
use crate::verify::{facts_of, settle, unmet};

/// How long the goal may take to become true once every phase is verified.
const GOAL_PATIENCE: Duration = Duration::from_secs(5);

/// How long a carrier may take to come back.
const CARRIER_PATIENCE: Duration = Duration::from_secs(30);

/// Why nothing more is done.
const UNWRITTEN_JOURNAL: &str = "the journal could not be written";

/// Why a lane is left where the user asked to stop.
pub(crate) const INTERRUPTED: &str = "the user stopped it";

/// One lane at work.
pub(crate) struct LaneRun<'a> {
    edges: &'a Edges<'a>,
    lane: &'a Lane,
    /// The last look at who uses what; the PF itself is as it was read last.
    seen: Look,
    report: LaneReport,
    loans: Loans,
    /// Whether a write to a file has not come back: what else needs the PF's lock would not, either.
    hangs: bool,
}

/// Why a lane goes no further.
struct Closed(String);

impl<'a> LaneRun<'a> {
    /// Returns a lane that is about to begin after this look.
    pub(crate) fn new(edges: &'a Edges<'a>, lane: &'a Lane, before: &Look) -> Self {
        let report = LaneReport::new(Some(lane.pf.clone()), lane.title());
        let seen = Look { host: facts_of(&before.host, lane), at: before.at };
        Self { edges, lane, seen, report, loans: Loans::default(), hangs: false }
    }

    /// Performs the lane, or leaves it untried because of another's failure; returns what came of it.
    pub(crate) fn run(mut self, closed_before: Option<String>) -> LaneReport {
        let mut closed = closed_before.map(Closed);
        if closed.is_none() && !self.still_stands() {
            closed = Some(Closed("what the plan rests on is not so any more".to_owned()));
        }
        for phase in &self.lane.phases {
            if closed.is_none() && self.edges.clock.interrupted() {
                closed = Some(Closed(INTERRUPTED.to_owned()));
            }
            match &closed {
                None => closed = self.phase(phase).err(),
                Some(Closed(because)) => {
                    let because = because.clone();
                    self.leave(phase, &because);
                }
            }
        }
        if closed.is_some() {
            self.give_back();
        } else {
            let afterwards = &self.lane.afterwards;
            let goal: Vec<&Claim> = self.lane.goal.iter().chain(afterwards).collect();
            let patience = if afterwards.is_empty() { GOAL_PATIENCE } else { CARRIER_PATIENCE };
            if !goal.is_empty() {
                self.verify(&goal, None, patience);
            }
        }
        self.report
    }

    /// Performs one phase.
    fn phase(&mut self, phase: &PhasePlan) -> Result<(), Closed> {
        let at = phase.phase;
        let longest = phase.steps.iter().map(|step| step.settle_ms).max().unwrap_or(0);
        let patience = Duration::from_millis(u64::from(longest));
        if !self.is_ready(phase, patience) {
            self.leave(phase, "what it needs is not so");
            return Err(Closed(format!("phase {at} could not begin")));
        }
        let ops: Vec<Op> = ops(&phase.steps).cloned().collect();
        self.edges.progress.phase(&self.report.title, at, ops.len());
        let pf = &self.lane.pf;
        let before = self.seen.host.physical_functions.get(pf).cloned();
        let troubles = &mut self.report.troubles;
        let Performed { outcomes, journaled } = perform(self.edges, Some(pf), at, &ops, before, troubles);
        self.loans.note(self.lane, &phase.steps, &outcomes);
        // An answer that was lost is no failure yet: what the op ends in is read again below.
        let went_on = |(op, outcome): (&Op, &Outcome)| match outcome {
            Outcome::Done => true,
            Outcome::Unknown(_) => op.is_message(),
            Outcome::Refused(_) | Outcome::NotTried => false,
        };
        let went_on = ops.iter().zip(&outcomes).all(went_on);
        self.hangs |= ops
            .iter()
            .zip(&outcomes)
            .any(|(op, outcome)| matches!(outcome, Outcome::Unknown(_)) && !op.is_message());
        let first = self.report.ops.len();
        self.report.ops.extend(ops.into_iter().zip(outcomes).map(|(op, outcome)| {
            let why = if journaled { "an op before it failed" } else { UNWRITTEN_JOURNAL };
            let because = (outcome == Outcome::NotTried).then(|| why.to_owned());
            OpReport { phase: at, op, outcome, because }
        }));
        if !journaled {
            return Err(Closed(UNWRITTEN_JOURNAL.to_owned()));
        }
        if !went_on {
            return Err(Closed(format!("phase {at} failed")));
        }
        let ends: Vec<&Claim> = phase.steps.iter().flat_map(|step| &step.ends).collect();
        if ends.is_empty() {
            return Ok(());
        }
        if !self.verify(&ends, Some(at), patience) {
            // Nobody wrote with what new VFs begin.
            return Err(Closed(match at {
                Phase::CreateVfs => {
                    "new VFs are not as was expected; the next plan takes them as they are".to_owned()
                }
                at => format!("the kernel accepted phase {at} and did not keep it"),
            }));
        }
        for op in self.report.ops.iter_mut().skip(first) {
            op.outcome = Outcome::Done;
        }
        Ok(())
    }

    /// Holds the lane's basis again where it has waited for others; returns whether it still stands.
    fn still_stands(&mut self) -> bool {
        let has_waited = !self.lane.phases.is_empty() && self.seen.is_old(self.edges.clock);
        !has_waited || self.hold(&self.lane.basis.iter().collect::<Vec<_>>(), None)
    }

    /// Awaits what a phase needs; returns whether all of it is so.
    fn is_ready(&mut self, phase: &PhasePlan, patience: Duration) -> bool {
        let at = Some(phase.phase);
        let requires = phase.steps.iter().flat_map(|step| &step.requires);
        let (of_users, others): (Vec<&Claim>, Vec<&Claim>) =
            requires.partition(|claim| matches!(claim.property, Property::InUse | Property::Lent));
        self.hold(&of_users, at)
            && (others.is_empty() || self.verify(&others, at, patience))
            // A carrier may have been waited for.
            && self.hold(&of_users, at)
    }

    /// Holds claims, such as on who uses what, against a look that is young enough; returns whether all hold. They are not
    /// waited for.
    fn hold(&mut self, claims: &[&Claim], phase: Option<Phase>) -> bool {
        if claims.is_empty() {
            return true;
        }
        if self.seen.is_old(self.edges.clock) && !self.look() {
            return false;
        }
        let broken = unmet(&self.seen.host, claims, phase);
        self.report.unmet.extend(broken.iter().cloned());
        broken.is_empty()
    }

    /// Reads the whole host; returns whether it could be read.
    fn look(&mut self) -> bool {
        match Look::take(self.edges.observe, self.edges.clock) {
            Ok(Look { host, at }) => {
                self.seen = Look { host: facts_of(&host, self.lane), at };
                true
            }
            Err(error) => {
                self.report.troubles.push(format!("failed to {}", with_causes(&error)));
                false
            }
        }
    }

    /// Holds claims against a fresh read; returns whether all hold, and reports those that do not.
    fn verify(&mut self, claims: &[&Claim], phase: Option<Phase>, patience: Duration) -> bool {
        let Edges { observe, clock, .. } = *self.edges;
        match settle(observe, clock, &mut self.seen.host, &self.lane.pf, claims, phase, patience) {
            Ok(unmet) if unmet.is_empty() => true,
            Ok(unmet) => {
                self.report.unmet.extend(unmet);
                false
            }
            Err(error) => {
                self.report.troubles.push(format!("failed to {}", with_causes(&error)));
                false
            }
        }
    }

    /// Gives back what a lane that was closed has borrowed, and to VFs the driver that was withheld or taken from
    /// them on the way: nobody asked for VFs without one.
    fn give_back(&mut self) {
        let (settings, drivers) = std::mem::take(&mut self.loans).into_releases();
        self.release(settings);
        if self.hangs {
            let by_hand = drivers.iter().map(by_hand);
            self.report.troubles.extend(by_hand);
        } else {
            self.release(drivers);
        }
    }

    fn release(&mut self, ops: Vec<Op>) {
        if ops.is_empty() {
            return;
        }
        let (pf, phase) = (Some(&self.lane.pf), Phase::Release);
        let Performed { outcomes, .. } =
            perform(self.edges, pf, phase, &ops, None, &mut self.report.troubles);
        for (op, outcome) in ops.into_iter().zip(outcomes) {
            if outcome != Outcome::Done {
                self.report.troubles.push(by_hand(&op));
            }
            self.report.ops.push(OpReport { phase, op, outcome, because: None });
        }
    }

    /// Reports a phase as not tried.
    fn leave(&mut self, phase: &PhasePlan, because: &str) {
        // What is given back is reported as that.
        let given_back = |op: &&Op| self.loans.withholds(op);
        self.report.ops.extend(ops(&phase.steps).filter(|op| !given_back(op)).map(|op| OpReport {
            phase: phase.phase,
            op: op.clone(),
            outcome: Outcome::NotTried,
            because: Some(because.to_owned()),
        }));
    }
}

/// Returns what a basis claims that is not so.
pub(crate) fn broken(host: &HostFacts, claims: &[Claim]) -> Vec<Unmet> {
    unmet(host, &claims.iter().collect::<Vec<_>>(), None)
}
