//! Performs ops with the journal written before and after.

use std::time::Duration;

use vfctl_kinds::step::Step;
use vfctl_model::DeviceAddress;
use vfctl_port::{Claim, JournalEntry, Op, Outcome, PfFacts, Phase, with_causes};

use crate::edges::Edges;
use crate::report::{LaneReport, OpReport};
use crate::verify::unmet;

/// How long one op may take before it is given up. Creating 64 VFs takes minutes on some cards (ixgbe).
const OP_LIMIT: Duration = Duration::from_secs(300);

/// What became of ops.
pub(crate) struct Performed {
    /// Of each op, in order.
    pub(crate) outcomes: Vec<Outcome>,
    /// Whether the journal has all of it; nothing more may be written where it has not.
    pub(crate) journaled: bool,
}

/// Performs ops, with the journal written before and after; nothing is performed that it does not have.
pub(crate) fn perform(
    edges: &Edges<'_>,
    pf: Option<&DeviceAddress>,
    phase: Phase,
    ops: &[Op],
    before: Option<PfFacts>,
    troubles: &mut Vec<String>,
) -> Performed {
    let pf = pf.cloned();
    let before = before.map(Box::new);
    let begun = JournalEntry::PhaseBegan { pf: pf.clone(), phase, ops: ops.to_vec(), before };
    if let Err(error) = edges.journal.record(&begun) {
        troubles.push(format!("nothing more is written: failed to {}", with_causes(&error)));
        return Performed { outcomes: vec![Outcome::NotTried; ops.len()], journaled: false };
    }
    let began = edges.clock.now();
    let outcomes = edges.perform.perform(ops, OP_LIMIT);
    let seconds = edges.clock.now().saturating_sub(began).as_secs_f64();
    tracing::debug!(pf = ?pf.as_ref().map(ToString::to_string), %phase, ops = ops.len(), seconds, "performed");
    let ended = JournalEntry::PhaseEnded { pf, phase, outcomes: outcomes.clone() };
    let journaled = edges.journal.record(&ended);
    if let Err(error) = &journaled {
        troubles.push(format!("failed to {}", with_causes(error)));
    }
    Performed { outcomes, journaled: journaled.is_ok() }
}

/// Says what is left for a person to do.
pub(crate) fn by_hand(op: &Op) -> String {
    format!("what was borrowed could not be given back; do it by hand: `{op}`")
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
    let Performed { outcomes, .. } = perform(edges, None, phase, &ops, None, &mut report.troubles);
    report.ops = ops
        .into_iter()
        .zip(outcomes)
        .map(|(op, outcome)| OpReport { phase, op, outcome, because: None })
        .collect();
    let ends: Vec<&Claim> = steps.iter().flat_map(|step| &step.ends).collect();
    if report.is_clean() && !ends.is_empty() {
        match edges.observe.observe_host() {
            Ok(host) => report.unmet = unmet(&host, &ends, Some(phase)),
            Err(error) => report.troubles.push(format!("failed to {}", with_causes(&error))),
        }
    }
    report
}
