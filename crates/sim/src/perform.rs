//! Performs ops on the world: faults first, then the kernel's rules, one arm for each action.

use std::time::Duration;

use vfctl_port::{Action, ActionKind, Op, Outcome, StuckStore, Target, TargetKind, Transport};

use crate::errno::Errno;
use crate::fault::{Fault, next_fault};
use crate::rules::{attribute, binding, count, eswitch, link, module};
use crate::stop::Stop;
use crate::world::SimWorld;

/// How often a VF's attribute is tried again when it is refused with EAGAIN or EBUSY, as the real edge does.
const RETRIES: u32 = 9;
/// How long is waited between tries.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How many messages the real edge sends in one call.
const BATCH: usize = 128;

/// Performs ops in order, with the faults that were asked for. What hangs keeps its PF locked, so that nothing
/// after it is begun; nor is anything after a refused action that stops the rest, and of messages none after a batch
/// with a refused one.
pub(crate) fn perform(world: &mut SimWorld, ops: &[Op], limit: Duration) -> Vec<Outcome> {
    let may_batch = |op: &Op| op.action.kind().row().may_batch;
    let mut ended = false;
    let mut outcomes = Vec::with_capacity(ops.len());
    for run in ops.chunk_by(|one, next| may_batch(one) && may_batch(next)) {
        let mut refused = false;
        for batch in run.chunks(BATCH) {
            let left = refused;
            for op in batch {
                let outcome = if left || ended { Outcome::NotTried } else { perform_one(world, op, limit) };
                if matches!(outcome, Outcome::Refused(_)) {
                    refused = true;
                    ended |= op.action.kind().row().stops_when_refused;
                }
                ended |= matches!(outcome, Outcome::Unknown(_));
                outcomes.push(outcome);
            }
        }
    }
    outcomes
}

/// Refuses every op for the same reason.
pub(crate) fn refuse_all(ops: &[Op], stop: &Stop) -> Vec<Outcome> {
    ops.iter().map(|_| Outcome::Refused(stop.clone().into())).collect()
}

fn perform_one(world: &mut SimWorld, op: &Op, limit: Duration) -> Outcome {
    let done = retried(world, op, |world| match next_fault(&mut world.injected, op) {
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
        Err(stop @ (Stop::Refused(_) | Stop::ByEdge(_))) => Outcome::Refused(stop.into()),
        Err(Stop::Hangs) => {
            world.now = world.now.saturating_add(limit);
            Outcome::Unknown(format!("no answer within {} s", limit.as_secs()))
        }
    }
}

/// Does something by hand: without faults.
///
/// # Errors
/// Where the kernel refuses or does not come back.
pub(crate) fn by_hand(world: &mut SimWorld, target: Target, action: Action) -> Result<(), Stop> {
    let op = Op { target, action };
    retried(world, &op, |world| obey(world, &op, 0))
}

/// Tries again what is sent to a VF through its PF while the VF is being reset.
fn retried(
    world: &mut SimWorld,
    op: &Op,
    mut attempt: impl FnMut(&mut SimWorld) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let row = op.action.kind().row();
    let may_be_in_reset = row.transport == Transport::LinkMessage && row.target == TargetKind::VfThroughPf;
    let retries = if may_be_in_reset { RETRIES } else { 0 };
    for _ in 0..retries {
        match attempt(world) {
            Err(Stop::Refused(Errno::EAGAIN | Errno::EBUSY)) => {
                world.now = world.now.saturating_add(RETRY_PAUSE);
            }
            done => return done,
        }
    }
    attempt(world)
}

/// Does an op by the kernel's rules; `fewer` VFs than asked for come up.
fn obey(world: &mut SimWorld, op: &Op, fewer: u16) -> Result<(), Stop> {
    let done = match (&op.action, &op.target) {
        (Action::LoadModule, Target::Module(module)) => module::load(world, module),
        (Action::RemoveVfs, Target::Pf(pf)) => count::set(world, pf, 0, 0),
        (Action::CreateVfs(count), Target::Pf(pf)) => count::set(world, pf, *count, fewer),
        (Action::SetDriversAutoprobe(autoprobe), Target::Pf(pf)) => {
            binding::set_autoprobe(world, pf, *autoprobe)
        }
        (Action::SetVfAttribute(value), Target::VfThroughPf(pf, interface, vf)) => {
            attribute::set(world, pf, interface, *vf, *value)
        }
        (Action::SetEswitchMode(mode), Target::Pf(pf)) => eswitch::set(world, pf, *mode),
        (Action::SetPfMtu(mtu), Target::PfInterface(pf, interface)) => {
            link::set_mtu(world, pf, interface, *mtu)
        }
        (Action::SetPfAdminState(state), Target::PfInterface(pf, interface)) => {
            link::set_admin_state(world, pf, interface, *state)
        }
        (Action::SetVfMtu(mtu), Target::Function(pf, vf, device)) => {
            link::set_vf_mtu(world, pf, *vf, *device, *mtu)
        }
        (Action::UnbindDriver, Target::Function(pf, vf, device)) => binding::unbind(world, pf, *vf, *device),
        (Action::BindDriver(binding), Target::Function(pf, vf, device)) => {
            binding::bind(world, pf, *vf, *device, binding)
        }
        (Action::ProbeDriver, Target::Function(pf, vf, device)) => binding::probe(world, pf, *vf, *device),
        (action, target) => {
            Err(Stop::ByEdge(format!("{} cannot be done to {}", action.kind(), target.thing())))
        }
    };
    if done == Err(Stop::Hangs) {
        stick(world, op);
    }
    done
}

/// Leaves a store in the kernel, where it holds the PF's lock.
fn stick(world: &mut SimWorld, op: &Op) {
    let (Some(file), Some(pf)) = (locking_file(op.action.kind()), op.target.pf()) else { return };
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

/// Returns the file whose store takes the lock of the PF's device; `None` for what takes no such lock.
fn locking_file(kind: ActionKind) -> Option<&'static str> {
    match kind {
        ActionKind::RemoveVfs | ActionKind::CreateVfs => Some("sriov_numvfs"),
        ActionKind::UnbindDriver => Some("driver/unbind"),
        ActionKind::BindDriver | ActionKind::ProbeDriver => Some("drivers_probe"),
        ActionKind::LoadModule
        | ActionKind::SetDriversAutoprobe
        | ActionKind::SetEswitchMode
        | ActionKind::SetVfAttribute
        | ActionKind::SetPfMtu
        | ActionKind::SetPfAdminState
        | ActionKind::SetVfMtu => None,
    }
}

/// Lets the stores that sit in the kernel end, now that nothing holds them up.
pub(crate) fn release(world: &mut SimWorld) {
    world.facts.system.stuck_stores.clear();
    let stuck: Vec<Op> = world.hidden.values_mut().filter_map(|pf| pf.stuck.take()).collect();
    for op in stuck {
        // The store was accepted long ago; its result goes unread.
        let _unread = obey(world, &op, 0);
    }
}
