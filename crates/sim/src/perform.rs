//! Performs ops on the world: faults first, then the kernel's rules, one arm for each action.

use std::time::Duration;

use vfctl_port::{Action, Bounds, Op, Outcome, StuckStore, Target, Transport};

use crate::errno::Errno;
use crate::fault::{Fault, next_fault};
use crate::rules::{attribute, binding, count, eswitch, link, module};
use crate::stop::Stop;
use crate::world::SimWorld;

/// How often an op is tried again when it is refused with EAGAIN or EBUSY, as the real edge does.
const RETRIES: u32 = 9;
/// How long is waited between tries.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How many messages the real edge sends in one call.
const BATCH: usize = 128;

/// Performs ops in order, with the faults that were asked for. What hangs keeps its PF locked, so that nothing
/// after it is begun; nor is anything after a refused action that stops the rest, and of messages none after a batch
/// with a refused one. `begun` hears of each that is begun.
pub(crate) fn perform(
    world: &mut SimWorld,
    ops: &[Op],
    bounds: Bounds<'_>,
    begun: &dyn Fn(),
) -> Vec<Outcome> {
    let may_batch = |op: &Op| op.action.kind().row().may_batch;
    let mut ended = false;
    let mut outcomes = Vec::with_capacity(ops.len());
    for run in ops.chunk_by(|one, next| may_batch(one) && may_batch(next)) {
        let mut refused = false;
        for batch in run.chunks(BATCH) {
            let left = refused || ended || (bounds.stop)();
            for op in batch {
                let outcome = if left || ended {
                    Outcome::NotTried
                } else {
                    begun();
                    perform_one(world, op, bounds.limit)
                };
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
    let needs_interfaces = op.action.kind().row().transport == Transport::LinkMessage;
    if needs_interfaces && !world.wait_for_interfaces(limit) {
        return Outcome::Unknown(format!("no answer within {} s", limit.as_secs()));
    }
    let done = retried(world, op, |world| match next_fault(&mut world.injected, op) {
        None => obey(world, op, 0),
        Some(Fault::FewerVfs(fewer)) => obey(world, op, fewer),
        Some(Fault::NoAnswer) => obey(world, op, 0).and_then(|()| unanswered(world, op)),
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

/// Tries again what is refused while a device is being reset, where the action's row says so.
fn retried(
    world: &mut SimWorld,
    op: &Op,
    mut attempt: impl FnMut(&mut SimWorld) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let retries = if op.action.kind().row().is_retried() { RETRIES } else { 0 };
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
    let done = obey_row(world, op, fewer);
    if done == Err(Stop::Hangs) {
        stick(world, op);
    }
    done
}

/// Lets the VF of an op have an address that its driver made up.
fn unanswered(world: &mut SimWorld, op: &Op) -> Result<(), Stop> {
    match (op.target.pf(), op.target.vf()) {
        (Some(pf), Some(vf)) => attribute::make_mac_up(world, pf, vf),
        _ => Ok(()),
    }
}

/// Does what the action's row says.
fn obey_row(world: &mut SimWorld, op: &Op, fewer: u16) -> Result<(), Stop> {
    let Op { target, action } = op;
    let misfit = || Stop::ByEdge(format!("{} cannot be done to {}", action.kind(), target.thing()));
    if action.kind().row().target != target.kind() {
        return Err(misfit());
    }
    let pf = || target.pf().ok_or_else(misfit);
    let interface = || target.interface().ok_or_else(misfit);
    let vf = || target.vf().ok_or_else(misfit);
    let function = || target.function().ok_or_else(misfit);
    match action {
        Action::LoadModule => module::load(world, target.module().ok_or_else(misfit)?),
        Action::RemoveVfs => count::set(world, pf()?, 0, 0),
        Action::CreateVfs(count) => count::set(world, pf()?, *count, fewer),
        Action::SetDriversAutoprobe(autoprobe) => binding::set_autoprobe(world, pf()?, *autoprobe),
        Action::SetVfAttribute(value) => attribute::set(world, pf()?, interface()?, vf()?, *value),
        Action::SetEswitch(setting) => eswitch::set(world, pf()?, *setting),
        Action::SetPfMtu(mtu) => link::set_mtu(world, pf()?, interface()?, *mtu),
        Action::SetPfAdminState(state) => link::set_admin_state(world, pf()?, interface()?, *state),
        Action::SetVfMtu(mtu) => link::set_vf_mtu(world, pf()?, vf()?, function()?, *mtu),
        Action::UnbindDriver => binding::unbind(world, pf()?, vf()?, function()?),
        Action::BindDriver(binding) => binding::bind(world, pf()?, vf()?, function()?, binding),
        Action::SetDriverOverride(driver) => {
            binding::set_override(world, pf()?, vf()?, function()?, driver.clone())
        }
        Action::ProbeDriver => binding::probe(world, pf()?, vf()?, function()?),
        Action::ApplyObject(_) | Action::DeleteObject(_) => {
            Err(Stop::ByEdge("an object of the cluster is not on a host".to_owned()))
        }
    }
}

/// Leaves a store in the kernel, where it holds the PF's lock.
fn stick(world: &mut SimWorld, op: &Op) {
    let row = op.action.kind().row();
    let (Some(held), Some(pf)) = (row.holds, op.target.pf()) else { return };
    if let Some(hidden) = world.hidden.get_mut(pf)
        && hidden.stuck.is_none()
    {
        hidden.stuck = Some(op.clone());
        let path = match row.transport {
            Transport::Store => format!("{}/{held}", pf.sysfs()),
            Transport::Devlink | Transport::LinkMessage | Transport::Program | Transport::Api => {
                held.to_owned()
            }
        };
        let earlier = u32::try_from(world.facts.system.stuck_stores.len()).unwrap_or(u32::MAX);
        let pid = 4000_u32.saturating_add(earlier);
        world.facts.system.stuck_stores.push(StuckStore { pid, device: pf.clone(), path });
    }
}

/// Lets the stores that are blocked in the kernel end, now that nothing holds them up.
pub(crate) fn release(world: &mut SimWorld) {
    world.facts.system.stuck_stores.clear();
    let stuck: Vec<Op> = world.hidden.values_mut().filter_map(|pf| pf.stuck.take()).collect();
    for op in stuck {
        // The store was accepted long ago; its result goes unread.
        let _unread = obey(world, &op, 0);
    }
}
