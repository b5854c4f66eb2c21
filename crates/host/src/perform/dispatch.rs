//! Which way each operation goes, and what the kernel's log adds to a refusal.

use std::time::Duration;

use vfctl_port::{Op, OpError, Outcome, Perform};

use super::kernel_log::KernelLog;
use super::link_ops;
use crate::host::LinuxHost;
use crate::users::VfioWatch;

impl Perform for LinuxHost {
    fn perform(&self, ops: &[Op], limit: Duration) -> Vec<Outcome> {
        let mut log = KernelLog::open(&self.roots);
        let mut outcomes = Vec::with_capacity(ops.len());
        let mut watch = VfioWatch::new(&self.roots, &self.children);
        for run in ops.chunk_by(|one, next| one.is_message() && next.is_message()) {
            if outcomes.iter().zip(ops).any(|(outcome, op)| ends_all(op, outcome)) {
                outcomes.extend(run.iter().map(|_| Outcome::NotTried));
                continue;
            }
            log.skip_to_end();
            // To look through all processes is dear: once for as many unbinds as follow one another.
            if !matches!(run, [Op::UnbindDriver { .. }]) {
                watch = VfioWatch::new(&self.roots, &self.children);
            }
            let mut done = match run {
                [op] if !op.is_message() => vec![self.store_op(op, &watch, limit)],
                messages => link_ops::perform(&self.roots, messages, limit),
            };
            add_detail(&mut log, run, &mut done);
            outcomes.extend(done);
        }
        outcomes
    }
}

/// Returns whether nothing more is begun after an op that ended so. A write that hangs keeps its PF locked: whatever came
/// after it would hang too. One that takes a VF from its driver in vain is the last to do so: no further VF is to lose
/// its users for a change that will not be made.
fn ends_all(op: &Op, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Unknown(_) => !op.is_message(),
        Outcome::Refused(_) => matches!(op, Op::UnbindDriver { .. }),
        Outcome::Done | Outcome::NotTried => false,
    }
}

/// Adds what the kernel logged of the device to the one refusal that has no words yet. Of several refusals
/// nobody could say which one a line is about.
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
        error.detail = log.new_lines_about(op);
    }
}
