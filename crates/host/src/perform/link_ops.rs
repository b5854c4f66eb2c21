//! Operations on interfaces: one netlink message per op, many in one call.

use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use vfctl_model::{DeviceAddress, InterfaceName, Mtu};
use vfctl_port::{AdminState, Op, OpError, Outcome};

use super::function::hold_address;
use crate::errno::{io_cause, own_refusal, refusal};
use crate::netlink::{BATCH, Message, Socket, Verdict, link_change, send_batch, write_setting};
use crate::roots::Roots;
use crate::sysfs::files::{named, text};

const IFLA_MTU: u16 = 4;
const IFF_UP: u32 = 1;

/// How often an op is tried that the driver has no time for now (i40e: EAGAIN while a VF is reset).
const TRIES: u32 = 10;
/// How long to wait between.
const PAUSE: Duration = Duration::from_millis(100);

/// Performs ops that are messages. After a batch with one that was refused no further is sent.
pub(crate) fn perform(roots: &Roots, ops: &[Op], limit: Duration) -> Vec<Outcome> {
    let mut socket = match Socket::open() {
        Ok(socket) => socket,
        Err(error) => {
            let refused = own_refusal(format!("netlink socket: {}", io_cause(&error)));
            return ops.iter().map(|_| Outcome::Refused(refused.clone())).collect();
        }
    };
    let mut resolver = Resolver { roots, last: None };
    let mut outcomes = vec![Outcome::NotTried; ops.len()];
    let mut requests = Vec::with_capacity(ops.len());
    for ((place, op), outcome) in ops.iter().enumerate().zip(&mut outcomes) {
        match resolver.request(op) {
            Ok(request) => requests.push((place, request)),
            Err(error) => *outcome = Outcome::Refused(error),
        }
    }
    for batch in requests.chunks(BATCH) {
        let send = |requests: &[&Message]| send_batch(&mut socket, requests.iter().copied());
        for (place, verdict) in send_patiently(batch, limit, send) {
            if let Some(outcome) = outcomes.get_mut(place) {
                *outcome = match verdict {
                    Verdict::Accepted => Outcome::Done,
                    Verdict::Refused(errno, words) => Outcome::Refused(refusal(errno, words)),
                    Verdict::Lost => Outcome::Unknown("the kernel's answer was lost".to_owned()),
                };
            }
        }
        if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(_))) {
            break;
        }
    }
    outcomes
}

/// Sends a batch, and again those of it that the driver has no time for. Patience begins with the first verdicts:
/// the kernel works within the call, where drivers wait for each VF that is being reset (i40e up to 300 ms, ice
/// 800 ms), so that a batch can take seconds until its first answer.
fn send_patiently<R>(
    batch: &[(usize, R)],
    limit: Duration,
    mut send: impl FnMut(&[&R]) -> Vec<Verdict>,
) -> Vec<(usize, Verdict)> {
    let mut open: Vec<&(usize, R)> = batch.iter().collect();
    let mut closed = Vec::with_capacity(batch.len());
    let mut end = None;
    loop {
        let requests: Vec<&R> = open.iter().map(|(_, request)| request).collect();
        let verdicts = send(&requests);
        let now = Instant::now();
        let patient = now < *end.get_or_insert_with(|| now + limit.min(PAUSE * TRIES));
        let mut again = Vec::new();
        for (request, verdict) in open.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Refused(Errno::EAGAIN | Errno::EBUSY, _) if patient => again.push(request),
                verdict => closed.push((request.0, verdict)),
            }
        }
        if again.is_empty() {
            return closed;
        }
        open = again;
        thread::sleep(PAUSE);
    }
}

/// Finds interfaces by the device that they must belong to.
struct Resolver<'a> {
    roots: &'a Roots,
    /// The interface that was found last, with its number.
    last: Option<(DeviceAddress, InterfaceName, u32)>,
}

impl Resolver<'_> {
    /// Returns the message of an op.
    fn request(&mut self, op: &Op) -> Result<Message, OpError> {
        match op {
            Op::SetVf { pf, interface, vf, setting } => {
                let mut request = link_change(self.index_of(pf, interface)?, 0, 0);
                write_setting(&mut request, *vf, setting);
                Ok(request)
            }
            Op::SetPfMtu { pf, interface, mtu } => Ok(mtu_change(self.index_of(pf, interface)?, *mtu)),
            Op::SetPfAdminState { pf, interface, state } => {
                let flags = match state {
                    AdminState::Up => IFF_UP,
                    AdminState::Down => 0,
                };
                Ok(link_change(self.index_of(pf, interface)?, flags, IFF_UP))
            }
            Op::SetVfMtu { pf, vf, device, mtu } => {
                hold_address(self.roots, pf, *vf, *device)?;
                let folder = self.roots.function(*device);
                let names: Vec<InterfaceName> = named(&folder.join("net"));
                let [name] = names.as_slice() else {
                    let count = names.len();
                    return Err(own_refusal(format!(
                        "VF {vf} at {device} has {count} interfaces here, not one"
                    )));
                };
                Ok(mtu_change(self.index_of(&DeviceAddress::Pci(*device), name)?, *mtu))
            }
            Op::LoadModule { .. }
            | Op::SetVfCount { .. }
            | Op::SetDriversAutoprobe { .. }
            | Op::UnbindDriver { .. }
            | Op::BindDriver { .. }
            | Op::ProbeDriver { .. } => Err(own_refusal("no message does this")),
        }
    }

    /// Returns the number of a device's interface. By way of the device's folder, so that an interface that
    /// took another's name is not mistaken for it.
    fn index_of(&mut self, device: &DeviceAddress, interface: &InterfaceName) -> Result<u32, OpError> {
        if let Some((last_device, last_interface, index)) = &self.last
            && last_device == device
            && last_interface == interface
        {
            return Ok(*index);
        }
        let folder = self.roots.device(device).join("net");
        let index = text(&folder.join(interface.as_str()).join("ifindex")).ok();
        let index = index.and_then(|index| index.parse().ok()).ok_or_else(|| {
            let others: Vec<InterfaceName> = named(&folder);
            let others: Vec<&str> = others.iter().map(InterfaceName::as_str).collect();
            let has = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
            own_refusal(format!("{} has no interface {interface} now; it has {has}", device.sysfs()))
        })?;
        self.last = Some((device.clone(), interface.clone(), index));
        Ok(index)
    }
}

fn mtu_change(index: u32, mtu: Mtu) -> Message {
    let mut request = link_change(index, 0, 0);
    request.attribute(IFLA_MTU, &mtu.get().to_ne_bytes());
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the verdicts on two requests, the second of which is busy so many times, and how often it was sent;
    /// each call takes that long.
    fn sent(busy: u32, limit: Duration, call: Duration) -> (Vec<(usize, Verdict)>, u32) {
        let mut calls = 0;
        let verdicts = send_patiently(&[(3, "free"), (4, "busy")], limit, |requests| {
            thread::sleep(call);
            calls += 1;
            let verdict = |request: &&&str| match (**request, calls) {
                ("busy", call) if call <= busy => Verdict::Refused(Errno::EAGAIN, None),
                _ => Verdict::Accepted,
            };
            requests.iter().map(verdict).collect()
        });
        (verdicts, calls)
    }

    #[test]
    fn patience_begins_after_the_first_verdicts_however_long_they_took() {
        let accepted = vec![(3, Verdict::Accepted), (4, Verdict::Accepted)];
        let (limit, longer) = (Duration::from_millis(10), Duration::from_millis(20));
        assert_eq!(sent(1, limit, longer), (accepted.clone(), 2));
        assert_eq!(sent(2, Duration::from_secs(20), Duration::ZERO), (accepted, 3));
    }

    #[test]
    fn patience_ends_with_the_last_refusal() {
        let refused = vec![(3, Verdict::Accepted), (4, Verdict::Refused(Errno::EAGAIN, None))];
        assert_eq!(sent(u32::MAX, Duration::from_millis(10), Duration::ZERO), (refused.clone(), 2));
        let (verdicts, calls) = sent(u32::MAX, Duration::from_secs(20), Duration::ZERO);
        assert!(verdicts == refused && (2..=TRIES + 1).contains(&calls), "{calls} {verdicts:?}");
        assert_eq!(sent(u32::MAX, Duration::ZERO, Duration::ZERO), (refused, 1));
    }
}
