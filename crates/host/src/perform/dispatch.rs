//! In which order ops become work, what goes in one batch, what ends all, and what the kernel's log adds to a refusal.

use vfctl_port::{ActionRow, Bounds, Op, OpError, Outcome, Perform, Scope};

use super::action::work_of;
use super::interface::Interfaces;
use super::kernel_log::KernelLog;
use super::messages::send_all;
use super::patience::patiently;
use super::program::run_program;
use super::work::Work;
use crate::errno::own_refusal;
use crate::host::LinuxHost;
use crate::users::VfioWatch;

impl Perform for LinuxHost {
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        if !self.is_reached_by(scope) {
            let refused = own_refusal(format!("{scope} cannot be reached from here"));
            return ops.iter().map(|_| Outcome::Refused(refused.clone())).collect();
        }
        let mut log = KernelLog::open(&self.roots);
        let mut outcomes = Vec::with_capacity(ops.len());
        let mut watch = VfioWatch::new(&self.roots, &self.children);
        for run in ops.chunk_by(|one, next| row(one).may_batch && row(next).may_batch) {
            if outcomes.iter().zip(ops).any(|(outcome, op)| ends_all(op, outcome)) || (bounds.stop)() {
                outcomes.extend(run.iter().map(|_| Outcome::NotTried));
                continue;
            }
            log.skip_to_end();
            // To look through all processes is dear: once for as many ops on single functions as follow one another.
            if run.iter().any(|op| op.target.function().is_none()) {
                watch = VfioWatch::new(&self.roots, &self.children);
            }
            let mut done = self.perform_run(run, &watch, bounds);
            add_detail(&mut log, run, &mut done);
            outcomes.extend(done);
        }
        outcomes
    }
}

impl LinuxHost {
    /// Performs ops that may go in one batch, or a single one.
    fn perform_run(&self, ops: &[Op], watch: &VfioWatch<'_>, bounds: Bounds<'_>) -> Vec<Outcome> {
        let limit = bounds.limit;
        let mut interfaces = Interfaces::new(&self.roots);
        let mut messages = Vec::with_capacity(ops.len());
        let mut outcomes = Vec::with_capacity(ops.len());
        for (place, op) in ops.iter().enumerate() {
            outcomes.push(match work_of(&self.roots, &mut interfaces, op) {
                Ok(Work::Message(message)) => {
                    messages.push((place, message));
                    Outcome::NotTried
                }
                Ok(Work::Stores(stores)) if row(op).is_retried() => {
                    patiently(bounds.stop, || self.write(&stores, watch, limit))
                }
                Ok(Work::Stores(stores)) => self.write(&stores, watch, limit),
                Ok(Work::Switch(device, mode)) => self.switch(&device, mode, limit),
                Ok(Work::Program(program)) => run_program(program, limit),
                Err(error) => Outcome::Refused(error),
            });
        }
        send_all(&self.relay, &messages, bounds, &mut outcomes);
        outcomes
    }
}

fn row(op: &Op) -> &'static ActionRow {
    op.action.kind().row()
}

/// Returns whether nothing more is begun after an op that ended so. One that hangs keeps its PF locked: whatever came
/// after it would hang too.
fn ends_all(op: &Op, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Unknown(_) => row(op).may_hang,
        Outcome::Refused(_) => row(op).stops_when_refused,
        Outcome::Done | Outcome::NotTried => false,
    }
}

/// Adds what the kernel logged of the target to the one refusal that has no words yet. Of several refusals it cannot
/// be said which one a line is about.
fn add_detail(log: &mut KernelLog, ops: &[Op], outcomes: &mut [Outcome]) {
    let mut refused: Vec<(&Op, &mut OpError)> = ops
        .iter()
        .zip(outcomes)
        .filter_map(|(op, outcome)| match outcome {
            Outcome::Refused(error) => Some((op, error)),
            Outcome::Done | Outcome::Unknown(_) | Outcome::NotTried => None,
        })
        .collect();
    if let [(op, error)] = refused.as_mut_slice()
        && error.detail.is_none()
    {
        error.detail = log.new_lines_about(&op.target);
    }
}
