//! Performs one lane: phase by phase, each verified before the next, and what was changed for a while given back.

mod explain;
mod give_back;

use std::time::Duration;

use vfctl_plan::{Lane, PhasePlan};
use vfctl_port::{
    Claim, EdgeError, GONE, Op, Outcome, Phase, Scope, Stage, Transport, Verdict, World, with_causes,
};

use crate::basis::{broken_meanwhile, stale};
use crate::edges::Edges;
use crate::loans::{Loans, Returns, left_before};
use crate::look::{Before, Look, is_old};
use crate::perform::{Performed, Run, perform};
use crate::report::{LaneReport, OpReport};
use crate::verify::{Settled, facts_of, settle, unmet};

/// How long the goal may take to become true once every phase is verified.
const GOAL_PATIENCE: Duration = Duration::from_secs(5);

/// How long a carrier may take to come back.
const CARRIER_PATIENCE: Duration = Duration::from_secs(30);

/// How long what may not come at all is waited for, such as the carrier of a port that was down.
const HOPEFUL_PATIENCE: Duration = Duration::from_secs(8);

/// Why nothing more is done.
const UNWRITTEN_JOURNAL: &str = "the journal could not be written";

/// Why a lane is left where the user asked to stop.
pub(crate) const INTERRUPTED: &str = "apply was interrupted";

/// One lane at work.
pub(crate) struct LaneRun<'a> {
    edges: &'a Edges<'a>,
    scope: &'a Scope,
    stage: Stage,
    lane: &'a Lane,
    /// The last look at who uses what; the lane's own thing is as it was read last.
    seen: Look,
    /// Whether vfctl itself has done something since that look which may concern the lane, before the lane began.
    is_outdated: bool,
    /// When the lane's own thing was read last, if nothing was done to it since.
    read_at: Option<Duration>,
    report: LaneReport,
    /// The lane's ops that give something back.
    returns: Returns<'a>,
    loans: Loans,
    /// What the lane owes once it begins, from an earlier apply.
    left: Vec<&'a Op>,
    /// What a phase that is not verified yet has given back, by its answers alone.
    returned: Vec<Op>,
    /// Whether the last ops have one that was not answered.
    unanswered: bool,
    /// Whether an op that can hang has not come back: what else needs the same lock would not, either.
    hangs: bool,
}

/// Why a lane goes no further.
struct Closed(String);

impl<'a> LaneRun<'a> {
    /// Returns a lane that is about to begin after this look.
    pub(crate) fn new(
        edges: &'a Edges<'a>,
        scope: &'a Scope,
        stage: Stage,
        lane: &'a Lane,
        before: Before<'_>,
    ) -> Self {
        let report = LaneReport::new(scope, stage, lane);
        let Before { look, is_outdated } = before;
        let seen = Look { world: facts_of(&look.world, scope, lane), at: look.at };
        let read_at = (!is_outdated).then_some(look.at);
        let (returns, loans, returned) = (Returns::of(lane), Loans::default(), Vec::new());
        Self {
            edges,
            scope,
            stage,
            lane,
            seen,
            is_outdated,
            read_at,
            report,
            returns,
            loans,
            left: left_before(lane).collect(),
            returned,
            unanswered: false,
            hangs: false,
        }
    }

    /// Performs the lane, or leaves it untried because of another's failure; returns what came of it.
    pub(crate) fn run(mut self, closed_before: Option<String>) -> LaneReport {
        let mut closed = closed_before.map(Closed);
        if closed.is_none() && !self.still_stands() {
            closed = Some(Closed("the plan is stale".to_owned()));
        }
        for phase in &self.lane.phases {
            if closed.is_none() && self.edges.clock.interrupted() {
                closed = Some(Closed(INTERRUPTED.to_owned()));
            }
            match &closed {
                None => {
                    self.loans.inherit(std::mem::take(&mut self.left));
                    closed = self.phase(phase).err();
                }
                Some(Closed(because)) => {
                    let because = because.clone();
                    self.leave(phase, &because);
                }
            }
        }
        if closed.is_some() {
            self.give_back();
            self.explain_refusals();
        } else if !self.lane.phases.is_empty() {
            let afterwards = &self.lane.afterwards;
            let goal: Vec<&Claim> = self.lane.goal.iter().chain(afterwards).collect();
            let patience = if afterwards.is_empty() { GOAL_PATIENCE } else { CARRIER_PATIENCE };
            self.verify(&goal, None, patience);
        }
        self.edges.progress.lane_ended(&self.report.title);
        self.report
    }

    /// Performs one phase.
    fn phase(&mut self, phase: &PhasePlan) -> Result<(), Closed> {
        let at = phase.phase;
        let longest = phase.steps.iter().map(|step| step.settle_ms).max().unwrap_or(0);
        let patience = Duration::from_millis(u64::from(longest));
        if !self.is_ready(phase, patience) {
            self.leave(phase, "its preconditions do not hold");
            return Err(Closed(format!("phase {at} could not begin")));
        }
        let ops: Vec<Op> = ops(phase).cloned().collect();
        self.edges.progress.phase(&self.report.title, at, ops.len());
        let before = self.loans.clone();
        self.begin_loans(at, ops.iter());
        let Performed { outcomes, journaled } = self.perform(Some(at), &ops);
        self.loans = before;
        let begun = ops.iter().zip(&outcomes);
        let begun = begun.filter(|(_, outcome)| matches!(outcome, Outcome::Done | Outcome::Unknown(_)));
        self.begin_loans(at, begun.map(|(op, _)| op));
        // An answer that was lost is no failure yet: what the op ends in is read again below.
        let goes_on = |(op, outcome): &(&Op, &Outcome)| match outcome {
            Outcome::Done => true,
            Outcome::Unknown(_) => is_message(op),
            Outcome::Refused(_) | Outcome::NotTried => false,
        };
        let answered: Vec<&Op> = ops.iter().zip(&outcomes).filter(goes_on).map(|(op, _)| op).collect();
        let went_on = answered.len() == ops.len();
        self.returned = answered.into_iter().filter(|op| self.loans.has(op)).cloned().collect();
        let first = self.report.ops.len();
        let failed = outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Done | Outcome::NotTried));
        let stopped = journaled && !went_on && !failed && self.edges.clock.interrupted();
        let why = match (journaled, stopped) {
            (false, _) => UNWRITTEN_JOURNAL,
            (true, true) => INTERRUPTED,
            (true, false) => "an earlier operation failed",
        };
        self.report.ops.extend(ops.into_iter().zip(outcomes).map(|(op, outcome)| {
            let because = (outcome == Outcome::NotTried).then(|| why.to_owned());
            OpReport { phase: Some(at), op, outcome, because, hint: None }
        }));
        if !journaled {
            return Err(Closed(UNWRITTEN_JOURNAL.to_owned()));
        }
        if stopped {
            return Err(Closed(INTERRUPTED.to_owned()));
        }
        if !went_on {
            return Err(Closed(format!("phase {at} failed")));
        }
        let ends: Vec<&Claim> = phase.steps.iter().flat_map(|step| &step.ends).collect();
        if !self.verify(&ends, Some(at), patience) {
            return Err(self.not_verified(at, &ends));
        }
        for op in self.report.ops.iter_mut().skip(first) {
            op.outcome = Outcome::Done;
        }
        for op in std::mem::take(&mut self.returned) {
            self.loans.end(&op);
        }
        Ok(())
    }

    /// Returns why a phase whose ends do not all hold closes the lane. That the kernel did not keep what it accepted is said
    /// only where that was read.
    fn not_verified(&self, phase: Phase, ends: &[&Claim]) -> Closed {
        let verdicts: Vec<Verdict> = ends.iter().map(|claim| claim.check(&self.seen.world)).collect();
        let is_gone = |verdict: &&Verdict| matches!(verdict, Verdict::Broken { found } if found == GONE);
        let broken = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Broken { .. })).count();
        let gone = verdicts.iter().filter(is_gone).count();
        Closed(match phase {
            _ if self.read_at.is_none() || broken == 0 => {
                format!("the result of phase {phase} could not be read")
            }
            _ if gone == broken => format!("what phase {phase} changed is gone"),
            // Nobody wrote with what new VFs begin.
            Phase::CreateVfs => "the new VFs are not as expected; run plan again".to_owned(),
            Phase::StartPlugin => {
                "the node does not offer what was predicted; run plan to see which VFs are missing".to_owned()
            }
            Phase::TakeOutOfService => "the node still offers what was to be taken out of service".to_owned(),
            phase => match self.scope {
                Scope::Host(_) => format!("the kernel accepted phase {phase}, but the values did not change"),
                Scope::Cluster => {
                    format!("the API server accepted phase {phase}, but the objects did not change")
                }
            },
        })
    }

    /// Performs ops of the lane with the journal around them; notes where one hangs.
    fn perform(&mut self, phase: Option<Phase>, ops: &[Op]) -> Performed {
        let lane = self.lane.id(self.scope, self.stage);
        let run = Run { scope: self.scope, lane, phase, ops, owed: self.loans.owed() };
        self.read_at = None;
        let performed = perform(self.edges, run, &self.seen.world, &mut self.report.troubles);
        let mut pairs = ops.iter().zip(&performed.outcomes);
        self.hangs |= pairs.any(|(op, outcome)| matches!(outcome, Outcome::Unknown(_)) && !is_message(op));
        self.unanswered = performed.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Unknown(_)));
        performed
    }

    /// Notes that these ops of a phase are begun.
    fn begin_loans<'o>(&mut self, phase: Phase, ops: impl Iterator<Item = &'o Op>) {
        for op in ops {
            self.loans.begin(&self.returns, phase, op);
        }
    }

    /// Returns whether what is known of who uses what is too old to rely upon.
    fn is_old(&self) -> bool {
        self.is_outdated || is_old(self.seen.at, self.edges.clock)
    }

    /// Holds the lane's basis again where it has waited for others; returns whether it still stands.
    fn still_stands(&mut self) -> bool {
        let has_waited = !self.lane.phases.is_empty() && self.is_old();
        if !has_waited {
            return true;
        }
        if !self.look() {
            return false;
        }
        let broken = broken_meanwhile(self.scope, self.lane, &self.seen.world);
        self.report.troubles.extend(broken.iter().map(|broken| stale(broken)));
        broken.is_empty()
    }

    /// Awaits what a phase needs; returns whether all of it is so.
    fn is_ready(&mut self, phase: &PhasePlan, patience: Duration) -> bool {
        let at = Some(phase.phase);
        let requires = phase.steps.iter().flat_map(|step| &step.requires);
        let (of_users, others): (Vec<&Claim>, Vec<&Claim>) =
            requires.partition(|claim| claim.property.row().needs_whole_look);
        let awaits: Vec<&Claim> = phase.steps.iter().flat_map(|step| &step.awaits).collect();
        self.confirm(&of_users, at)
            && self.verify(&others, at, patience)
            && self.await_if_it_comes(&awaits, at)
            // A carrier may have been waited for.
            && (others.is_empty() && awaits.is_empty() || self.confirm(&of_users, at))
    }

    /// Awaits what may come or not; returns whether it could be read.
    fn await_if_it_comes(&mut self, claims: &[&Claim], phase: Option<Phase>) -> bool {
        if self.shows_already(claims, phase) {
            return true;
        }
        let waited = self.settle(|world| unmet(world, claims.iter().copied(), phase), HOPEFUL_PATIENCE);
        if let Err(error) = &waited {
            self.note_trouble(format!("failed to {}", with_causes(error)));
        }
        waited.is_ok()
    }

    /// Holds claims, such as on who uses what, against a look that is young enough; returns whether all hold. They are not
    /// waited for.
    fn confirm(&mut self, claims: &[&Claim], phase: Option<Phase>) -> bool {
        if claims.is_empty() {
            return true;
        }
        if self.is_old() && !self.look() {
            return false;
        }
        let broken = unmet(&self.seen.world, claims.iter().copied(), phase);
        self.report.unmet.extend(broken.iter().cloned());
        broken.is_empty()
    }

    /// Reads what concerns the lane; returns whether it could be read.
    fn look(&mut self) -> bool {
        match Look::around(self.scope, self.lane, self.edges) {
            Ok(seen) => {
                self.read_at = Some(seen.at);
                (self.seen, self.is_outdated) = (seen, false);
                true
            }
            Err(error) => {
                self.note_trouble(format!("failed to {}", with_causes(&error)));
                false
            }
        }
    }

    /// Returns whether what was read just now, after the last op, shows all of these claims.
    fn shows_already(&self, claims: &[&Claim], phase: Option<Phase>) -> bool {
        let is_fresh = self.read_at.is_some_and(|at| !is_old(at, self.edges.clock));
        claims.is_empty() || is_fresh && unmet(&self.seen.world, claims.iter().copied(), phase).is_empty()
    }

    /// Holds claims against a fresh read; returns whether all hold, and reports those that do not. What shows
    /// already is not read again.
    fn verify(&mut self, claims: &[&Claim], phase: Option<Phase>, patience: Duration) -> bool {
        if self.shows_already(claims, phase) {
            return true;
        }
        match self.settle(|world| unmet(world, claims.iter().copied(), phase), patience) {
            Ok(unmet) => {
                let holds = unmet.is_empty();
                self.report.unmet.extend(unmet);
                if !holds {
                    self.explain_pods(claims);
                }
                holds
            }
            Err(error) => {
                // Nor does anything else that needs the kernel's lock come back.
                self.hangs |= self.unanswered;
                self.note_trouble(format!("failed to {}", with_causes(&error)));
                false
            }
        }
    }

    /// Reads the lane's own thing until all is so, by `unmet` of what was read, at most `patience`; returns what is not.
    fn settle<T>(
        &mut self,
        unmet: impl Fn(&World) -> Vec<T>,
        patience: Duration,
    ) -> Result<Vec<T>, EdgeError> {
        let Settled { unmet, at } =
            settle(self.edges, self.scope, self.lane, &mut self.seen.world, unmet, patience)?;
        self.read_at = Some(at);
        Ok(unmet)
    }

    /// Notes what went wrong, once: what cannot be read is asked for again by each step of giving back.
    fn note_trouble(&mut self, trouble: String) {
        if !self.report.troubles.contains(&trouble) {
            self.report.troubles.push(trouble);
        }
    }

    /// Reads the lane's own thing once.
    fn read_again(&mut self) -> Result<(), EdgeError> {
        self.settle(|_| Vec::<Op>::new(), Duration::ZERO).map(drop)
    }

    /// Reports a phase as not tried.
    fn leave(&mut self, phase: &PhasePlan, because: &str) {
        // What is given back is reported as that.
        let given_back = |op: &&Op| self.loans.has(op);
        self.report.ops.extend(ops(phase).filter(|op| !given_back(op)).map(|op| OpReport {
            phase: Some(phase.phase),
            op: op.clone(),
            outcome: Outcome::NotTried,
            because: Some(because.to_owned()),
            hint: None,
        }));
    }
}

/// Returns whether an op is a message or a request, which is done when its sender goes on, answered or not.
fn is_message(op: &Op) -> bool {
    matches!(op.action.kind().row().transport, Transport::LinkMessage | Transport::Api)
}

/// Returns the ops of a phase, in order.
fn ops(phase: &PhasePlan) -> impl Iterator<Item = &Op> {
    phase.steps.iter().flat_map(|step| &step.changes).map(|change| &change.op)
}
