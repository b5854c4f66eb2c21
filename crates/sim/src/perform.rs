//! Performs ops on the world: faults first, then the kernel's rules, one arm for each op.

use std::time::Duration;

use vfctl_port::{Op, OpError, Outcome, StuckStore};

use crate::errno::Errno;
use crate::fault::{Fault, strike};
use crate::rules::{attribute, binding, count, link, module};
use crate::stop::Stop;
use crate::world::SimWorld;

/// How often a VF's setting is tried again when it is answered EAGAIN or EBUSY, as the real edge does.
const RETRIES: u32 = 9;
/// How long is waited between tries.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How many messages the real edge sends in one call.
const BATCH: usize = 128;

/// Performs ops in order, with the faults that were asked for. What hangs keeps its PF locked, so that nothing
/// after it is begun; nor is anything after a refused unbind, and after a batch of messages with a refused one.
pub(crate) fn perform(world: &mut SimWorld, ops: &[Op], limit: Duration) -> Vec<Outcome> {
    let mut ended = false;
    let mut outcomes = Vec::with_capacity(ops.len());
    for run in ops.chunk_by(|one, next| one.is_message() && next.is_message()) {
        let mut refused = false;
        for batch in run.chunks(BATCH) {
            let left = ended || refused;
            for op in batch {
                let outcome = if left || ended { Outcome::NotTried } else { perform_one(world, op, limit) };
                refused |= matches!(outcome, Outcome::Refused(_));
                ended |= matches!(outcome, Outcome::Unknown(_));
                outcomes.push(outcome);
            }
        }
        ended |= refused && matches!(run, [Op::UnbindDriver { .. }]);
    }
    outcomes
}

fn perform_one(world: &mut SimWorld, op: &Op, limit: Duration) -> Outcome {
    let done = retried(world, op, |world| match strike(&mut world.injected, op) {
        None => obey(world, op, 0),
        Some(Fault::FewerVfs(fewer)) => obey(world, op, fewer),
        Some(Fault::Lie) => Ok(()),
        Some(Fault::Refuse(number)) => Err(Stop::Refused(Errno(number))),
        Some(Fault::Transient(_)) => Err(Stop::Refused(Errno::EAGAIN)),
        Some(Fault::Hang) => {
            stick(world, op);
            Err(Stop::Hangs)
        }
    });
    match done {
        Ok(()) => Outcome::Done,
        Err(stop @ (Stop::Refused(_) | Stop::ByEdge(_))) => Outcome::Refused(stop.told()),
        Err(Stop::Hangs) => {
            world.now = world.now.saturating_add(limit);
            Outcome::Unknown(format!("no answer within {} s", limit.as_secs()))
        }
    }
}

/// Does an op by hand: without faults.
///
/// # Errors
/// Where the kernel refuses or does not answer.
pub(crate) fn by_hand(world: &mut SimWorld, op: &Op) -> Result<(), OpError> {
    retried(world, op, |world| obey(world, op, 0)).map_err(Stop::told)
}

/// Tries a VF's setting again while the VF is being reset.
fn retried(
    world: &mut SimWorld,
    op: &Op,
    mut attempt: impl FnMut(&mut SimWorld) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let retries = if matches!(op, Op::SetVf { .. }) { RETRIES } else { 0 };
    for _ in 0..retries {
        match attempt(world) {
            Err(Stop::Refused(Errno::EAGAIN | Errno::EBUSY)) => {
                world.now = world.now.saturating_add(RETRY_PAUSE);
            }
            answer => return answer,
        }
    }
    attempt(world)
}

/// Does an op by the kernel's rules; `fewer` VFs than asked for come up.
pub(crate) fn obey(world: &mut SimWorld, op: &Op, fewer: u16) -> Result<(), Stop> {
    let done = match op {
        Op::LoadModule { module } => module::load(world, module),
        Op::SetVfCount { pf, count } => count::set(world, pf, *count, fewer),
        Op::SetDriversAutoprobe { pf, autoprobe } => binding::set_autoprobe(world, pf, *autoprobe),
        Op::SetVf { pf, interface, vf, setting } => attribute::set(world, pf, interface, *vf, *setting),
        Op::SetPfMtu { pf, interface, mtu } => link::set_mtu(world, pf, interface, *mtu),
        Op::SetPfAdminState { pf, interface, state } => link::set_admin_state(world, pf, interface, *state),
        Op::SetVfMtu { pf, vf, device, mtu } => link::set_vf_mtu(world, pf, *vf, *device, *mtu),
        Op::UnbindDriver { pf, vf, device } => binding::unbind(world, pf, *vf, *device),
        Op::BindDriver { pf, vf, device, driver, override_after } => {
            binding::bind(world, pf, *vf, *device, driver, override_after.as_ref())
        }
        Op::ProbeDriver { pf, vf, device } => binding::probe(world, pf, *vf, *device),
    };
    if done == Err(Stop::Hangs) {
        stick(world, op);
    }
    done
}

/// Leaves a store in the kernel, where it holds the PF's lock.
fn stick(world: &mut SimWorld, op: &Op) {
    let file = match op {
        Op::SetVfCount { .. } => "sriov_numvfs",
        Op::UnbindDriver { .. } => "driver/unbind",
        Op::BindDriver { .. } | Op::ProbeDriver { .. } => "drivers_probe",
        // These take no lock of the PF's device.
        Op::LoadModule { .. }
        | Op::SetDriversAutoprobe { .. }
        | Op::SetVf { .. }
        | Op::SetPfMtu { .. }
        | Op::SetPfAdminState { .. }
        | Op::SetVfMtu { .. } => return,
    };
    let Some(pf) = op.pf() else { return };
    if let Some(hidden) = world.hidden.get_mut(pf)
        && hidden.stuck.is_none()
    {
        hidden.stuck = Some(op.clone());
        let path = format!("{}/{file}", pf.sysfs());
        let earlier = u32::try_from(world.facts.system.stuck_stores.len()).unwrap_or(u32::MAX);
        let pid = 4000_u32.saturating_add(earlier);
        world.facts.system.stuck_stores.push(StuckStore { pid, device: pf.clone(), path });
    }
}

/// Lets the stores that sit in the kernel end, now that nothing holds them up.
pub(crate) fn release(world: &mut SimWorld) {
    world.facts.system.stuck_stores.clear();
    let stuck: Vec<Op> = world.hidden.values_mut().filter_map(|pf| pf.stuck.take()).collect();
    for op in stuck {
        // The store was accepted long ago; nobody reads its answer any more.
        let _unread = obey(world, &op, 0);
    }
}
