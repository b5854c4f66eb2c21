//! Performs one lane: phase by phase, each verified before the next, and what was borrowed given back.

use std::time::Duration;

use vfctl_kinds::step::{Reason, Step};
use vfctl_model::{DeviceAddress, VfIndex};
use vfctl_plan::{Lane, PhasePlan};
use vfctl_port::{Claim, HostFacts, JournalEntry, Op, Outcome, Phase};

use crate::engine::Edges;
use crate::report::{LaneReport, OpReport, Unmet};
use crate::verify::{chain, settle, unmet};

/// How long one op may take before it is given up. Creating 64 VFs takes minutes on some cards (ixgbe).
const OP_LIMIT: Duration = Duration::from_secs(300);

/// How long the goal may take to become true once every phase is verified.
const GOAL_PATIENCE: Duration = Duration::from_secs(5);

/// How long a carrier may take to come back.
const CARRIER_PATIENCE: Duration = Duration::from_secs(30);

/// One lane at work.
pub(crate) struct LaneRun<'a> {
    edges: &'a Edges<'a>,
    lane: &'a Lane,
    facts: HostFacts,
    report: LaneReport,
    lent: Vec<Op>,
    /// Ops, not performed yet, that give VFs the driver that was withheld or taken from them on the way.
    withheld: Vec<Op>,
}

/// Why a lane goes no further.
struct Closed(String);

impl<'a> LaneRun<'a> {
    /// Returns a lane that is about to begin, on the host's facts of now.
    pub(crate) fn new(edges: &'a Edges<'a>, lane: &'a Lane, facts: HostFacts) -> Self {
        let report = LaneReport::new(Some(lane.pf.clone()), lane.title());
        Self { edges, lane, facts, report, lent: Vec::new(), withheld: Vec::new() }
    }

    /// Performs the lane, or leaves it untried because of another's failure; returns what came of it.
    /// `afterwards` is what must be true before another PF of the same path is touched.
    pub(crate) fn run(mut self, closed_before: Option<String>, afterwards: Option<&Claim>) -> LaneReport {
        let mut closed = closed_before.map(Closed);
        for phase in &self.lane.phases {
            if closed.is_none() && self.edges.clock.interrupted() {
                closed = Some(Closed("the user stopped it".to_owned()));
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
            let goal: Vec<&Claim> = self.lane.goal.iter().chain(afterwards).collect();
            let patience = if afterwards.is_some() { CARRIER_PATIENCE } else { GOAL_PATIENCE };
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
        let requires: Vec<&Claim> = phase.steps.iter().flat_map(|step| &step.requires).collect();
        if !requires.is_empty() && !self.verify(&requires, Some(at), patience) {
            self.leave(phase, "what it needs is not so");
            return Err(Closed(format!("phase {at} could not begin")));
        }
        let ops: Vec<Op> = ops(&phase.steps).cloned().collect();
        self.edges.progress.phase(&self.report.title, at, ops.len());
        let begun = JournalEntry::PhaseBegan {
            pf: Some(self.lane.pf.clone()),
            phase: at,
            ops: ops.clone(),
            before: self.facts.physical_functions.get(&self.lane.pf).cloned().map(Box::new),
        };
        if let Err(error) = self.edges.journal.record(&begun) {
            self.report.troubles.push(format!("nothing more is written: failed to {}", chain(&error)));
            self.leave(phase, "the journal could not be written");
            return Err(Closed("the journal could not be written".to_owned()));
        }
        let began = self.edges.clock.now();
        let outcomes = self.edges.perform.perform(&ops, OP_LIMIT);
        let seconds = self.edges.clock.now().saturating_sub(began).as_secs_f64();
        tracing::debug!(lane = self.report.title, phase = %at, ops = ops.len(), seconds, "performed");
        self.lend(&phase.steps, &outcomes);
        let failed = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(_)));
        let hangs = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Unknown(_)));
        let journaled = self.edges.journal.record(&JournalEntry::PhaseEnded {
            pf: Some(self.lane.pf.clone()),
            phase: at,
            outcomes: outcomes.clone(),
        });
        self.report.ops.extend(ops.into_iter().zip(outcomes).map(|(op, outcome)| OpReport {
            phase: at,
            op,
            outcome,
            because: None,
        }));
        if let Err(error) = journaled {
            self.report.troubles.push(format!("failed to {}", chain(&error)));
            return Err(Closed("the journal could not be written".to_owned()));
        }
        if failed || hangs {
            return Err(Closed(format!("phase {at} failed")));
        }
        let ends: Vec<&Claim> = phase.steps.iter().flat_map(|step| &step.ends).collect();
        if !ends.is_empty() && !self.verify(&ends, Some(at), patience) {
            return Err(Closed(format!("the kernel accepted phase {at} and did not keep it")));
        }
        Ok(())
    }

    /// Holds claims against a fresh read; returns whether all hold, and reports those that do not.
    fn verify(&mut self, claims: &[&Claim], phase: Option<Phase>, patience: Duration) -> bool {
        let Edges { observe, clock, .. } = *self.edges;
        match settle(observe, clock, &mut self.facts, &self.lane.pf, claims, phase, patience) {
            Ok(unmet) if unmet.is_empty() => true,
            Ok(unmet) => {
                self.report.unmet.extend(unmet);
                false
            }
            Err(error) => {
                self.report.troubles.push(format!("failed to {}", chain(&error)));
                false
            }
        }
    }

    /// Keeps in mind what this phase has borrowed, and what it has given back.
    fn lend(&mut self, steps: &[Step], outcomes: &[Outcome]) {
        let mut outcomes = outcomes.iter();
        for step in steps {
            let begun: Vec<Option<VfIndex>> = step
                .changes
                .iter()
                .zip(outcomes.by_ref())
                .filter(|(_, outcome)| matches!(outcome, Outcome::Done | Outcome::Unknown(_)))
                .map(|(change, _)| change.vf)
                .collect();
            if begun.is_empty() {
                continue;
            }
            let kind = step.changes.first().map(|change| change.op.kind());
            self.lent.retain(|op| Some(op.kind()) != kind);
            self.lent.extend(step.give_back.clone());
            let gives_driver = |later: &&Step| match step.phase {
                Phase::CreateVfs => later.reason == Reason::DefaultDriver,
                Phase::Unbind => later.phase == Phase::Bind && later.reason == Reason::MacNeedsRebind,
                _ => false,
            };
            let later = self.lane.steps().filter(gives_driver).flat_map(|step| &step.changes);
            let taken = |vf: Option<VfIndex>| step.phase == Phase::CreateVfs || begun.contains(&vf);
            self.withheld.extend(later.filter(|change| taken(change.vf)).map(|change| change.op.clone()));
            let given: Vec<&Op> = step.changes.iter().map(|change| &change.op).collect();
            if step.phase == Phase::Bind {
                self.withheld.retain(|op| !given.contains(&op));
            }
        }
    }

    /// Gives back what a lane that was closed has borrowed, and to VFs the driver that was withheld or taken from
    /// them on the way: nobody asked for VFs without one.
    fn give_back(&mut self) {
        for ops in [std::mem::take(&mut self.lent), std::mem::take(&mut self.withheld)] {
            if !ops.is_empty() {
                self.release(ops);
            }
        }
    }

    fn release(&mut self, ops: Vec<Op>) {
        let (pf, phase) = (Some(self.lane.pf.clone()), Phase::Release);
        let begun = JournalEntry::PhaseBegan { pf: pf.clone(), phase, ops: ops.clone(), before: None };
        let outcomes = match self.edges.journal.record(&begun) {
            Ok(()) => self.edges.perform.perform(&ops, OP_LIMIT),
            Err(error) => {
                self.report.troubles.push(format!("failed to {}", chain(&error)));
                vec![Outcome::NotTried; ops.len()]
            }
        };
        let ended = JournalEntry::PhaseEnded { pf, phase, outcomes: outcomes.clone() };
        if let Err(error) = self.edges.journal.record(&ended) {
            self.report.troubles.push(format!("failed to {}", chain(&error)));
        }
        for (op, outcome) in ops.into_iter().zip(outcomes) {
            if outcome != Outcome::Done {
                self.report
                    .troubles
                    .push(format!("what was borrowed could not be given back; do it by hand: `{op}`"));
            }
            self.report.ops.push(OpReport { phase, op, outcome, because: None });
        }
    }

    /// Reports a phase as not tried.
    fn leave(&mut self, phase: &PhasePlan, because: &str) {
        // What is given back is reported as that.
        let given_back = |op: &&Op| self.withheld.contains(op);
        self.report.ops.extend(ops(&phase.steps).filter(|op| !given_back(op)).map(|op| OpReport {
            phase: phase.phase,
            op: op.clone(),
            outcome: Outcome::NotTried,
            because: Some(because.to_owned()),
        }));
    }
}

/// Returns the ops of these steps, in order.
pub(crate) fn ops(steps: &[Step]) -> impl Iterator<Item = &Op> {
    steps.iter().flat_map(|step| &step.changes).map(|change| &change.op)
}

/// Performs what is done for the host as a whole; returns what came of it.
pub(crate) fn prepare(edges: &Edges<'_>, steps: &[Step]) -> LaneReport {
    let mut report = LaneReport::new(None, "system".to_owned());
    let ops: Vec<Op> = ops(steps).cloned().collect();
    let phase = Phase::Quiesce;
    edges.progress.phase("system", phase, ops.len());
    let none: Option<DeviceAddress> = None;
    let begun = JournalEntry::PhaseBegan { pf: none.clone(), phase, ops: ops.clone(), before: None };
    let outcomes = match edges.journal.record(&begun) {
        Ok(()) => edges.perform.perform(&ops, OP_LIMIT),
        Err(error) => {
            report.troubles.push(format!("nothing is written: failed to {}", chain(&error)));
            vec![Outcome::NotTried; ops.len()]
        }
    };
    if let Err(error) =
        edges.journal.record(&JournalEntry::PhaseEnded { pf: none, phase, outcomes: outcomes.clone() })
    {
        report.troubles.push(format!("failed to {}", chain(&error)));
    }
    report.ops = ops
        .into_iter()
        .zip(outcomes)
        .map(|(op, outcome)| OpReport { phase, op, outcome, because: None })
        .collect();
    let ends: Vec<&Claim> = steps.iter().flat_map(|step| &step.ends).collect();
    if report.is_clean() && !ends.is_empty() {
        match edges.observe.observe_host() {
            Ok(host) => report.unmet = unmet(&host, &ends, Some(phase)),
            Err(error) => report.troubles.push(format!("failed to {}", chain(&error))),
        }
    }
    report
}

/// Returns what a basis claims that is not so.
pub(crate) fn broken(host: &HostFacts, claims: &[Claim]) -> Vec<Unmet> {
    unmet(host, &claims.iter().collect::<Vec<_>>(), None)
}
