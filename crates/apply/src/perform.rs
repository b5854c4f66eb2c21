//! Performs ops with the journal written before and after.

use std::time::Duration;

use vfctl_model::Reading;
use vfctl_port::{Bounds, JournalEntry, LaneId, Op, Outcome, Phase, Scope, Subject, World, with_causes};

use crate::edges::Edges;

/// How long one op may take before it is given up. Creating 64 VFs takes minutes on some cards (ixgbe).
const OP_LIMIT: Duration = Duration::from_secs(300);

/// What became of ops.
pub(crate) struct Performed {
    /// Of each op, in order.
    pub(crate) outcomes: Vec<Outcome>,
    /// Whether the journal has all of it; nothing more may be written where it has not.
    pub(crate) journaled: bool,
}

/// A run of ops that is about to be performed.
pub(crate) struct Run<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) lane: LaneId,
    /// The phase; `None` where what was changed for a while is given back after a failure.
    pub(crate) phase: Option<Phase>,
    pub(crate) ops: &'a [Op],
    /// What gives back whatever is changed for a while once these ops have begun.
    pub(crate) owed: Vec<Op>,
}

/// Performs ops, with the journal written before and after; nothing is performed that it does not have.
pub(crate) fn perform(
    edges: &Edges<'_>,
    run: Run<'_>,
    before: &World,
    troubles: &mut Vec<String>,
) -> Performed {
    let Run { scope, lane, phase, ops, owed } = run;
    let found = ops.iter().map(|op| found(op, scope, before)).collect();
    let begun = JournalEntry::PhaseBegan { lane: lane.clone(), phase, ops: ops.to_vec(), found, owed };
    if let Err(error) = edges.journal.record(&begun) {
        troubles.push(format!("nothing more is written: failed to {}", with_causes(&error)));
        return Performed { outcomes: vec![Outcome::NotTried; ops.len()], journaled: false };
    }
    let began = edges.clock.now();
    // What was changed for a while is given back whatever the user does.
    let stop = || phase.is_some() && edges.clock.interrupted();
    let outcomes = edges.perform.perform(scope, ops, Bounds { limit: OP_LIMIT, stop: &stop });
    let seconds = edges.clock.now().saturating_sub(began).as_secs_f64();
    let title = &lane.thing;
    tracing::debug!(%scope, %title, ?phase, ops = ops.len(), seconds, "performed");
    let ended = JournalEntry::PhaseEnded { lane, phase, outcomes: outcomes.clone() };
    let journaled = edges.journal.record(&ended);
    if let Err(error) = &journaled {
        troubles.push(format!("failed to {}", with_causes(error)));
    }
    Performed { outcomes, journaled: journaled.is_ok() }
}

/// Returns what an op's property is before it; `None` where nobody knows.
fn found(op: &Op, scope: &Scope, before: &World) -> Option<String> {
    let (thing, property) = (op.target.thing(), op.action.changes());
    let subject = Subject { scope: scope.clone(), thing };
    match property.read(&subject, before)? {
        Reading::Known(Some(value)) => Some(property.show(&subject.thing, &value)),
        Reading::Known(None) => Some("none".to_owned()),
        Reading::Unsupported | Reading::Unreadable(_) => None,
    }
}
