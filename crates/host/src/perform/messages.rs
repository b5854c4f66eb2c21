//! Sending messages to rtnetlink: many in one call, and again those that the driver has no time for.

use std::thread;
use std::time::{Duration, Instant};

use vfctl_port::{Bounds, Outcome};

use super::patience::{PAUSE, TRIES, is_busy};
use crate::errno::{chain, refusal};
use crate::netlink::{Ack, BATCH, Message, Relay, Socket, send_batch};

/// How long the kernel's lock of all interfaces may be kept by others.
const LOCK: Duration = Duration::from_secs(10);
/// How long a driver may take for one message: ice waits 800 ms for a VF that is being reset (`ice_check_vf_ready_for_cfg`,
/// drivers/net/ethernet/intel/ice/ice_vf_lib.c).
const EACH: Duration = Duration::from_secs(1);

/// Sends the messages, each of which has its place among these outcomes. After a batch with one that was refused no
/// further is sent, nor after the first where an outcome is a refusal already, nor after one that the kernel keeps, nor
/// once the user has asked to stop.
pub(super) fn send_all(
    relay: &Relay,
    messages: &[(usize, Message)],
    bounds: Bounds<'_>,
    outcomes: &mut [Outcome],
) {
    let limit = bounds.limit;
    for batch in messages.chunks(BATCH) {
        let of_each = EACH * u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let mut socket = Socket::relayed(relay, limit.min(LOCK + of_each));
        let mut unanswered = None;
        let send = |requests: &[&Message]| {
            send_batch(&mut socket, requests.iter().copied()).unwrap_or_else(|error| {
                unanswered = Some(chain(&error));
                requests.iter().map(|_| Ack::Lost).collect()
            })
        };
        for (place, result) in send_with_retries(batch, limit, send) {
            let outcome = match result {
                Ack::Accepted => Outcome::Done,
                Ack::Refused(errno, words) => Outcome::Refused(refusal(errno, words)),
                Ack::Lost => Outcome::Unknown(
                    unanswered.clone().unwrap_or_else(|| "the kernel's answer was lost".to_owned()),
                ),
            };
            set(outcomes, place, outcome);
        }
        if unanswered.is_some() || outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(_))) {
            break;
        }
        if (bounds.stop)() {
            break;
        }
    }
}

fn set(outcomes: &mut [Outcome], place: usize, outcome: Outcome) {
    if let Some(place) = outcomes.get_mut(place) {
        *place = outcome;
    }
}

/// Sends a batch, and again those of it that the driver has no time for. The time for that begins with the first
/// results: the kernel works within the call, where drivers wait for each VF that is being reset (i40e up to 300 ms,
/// ice 800 ms), so that a batch can take seconds until its first answer.
fn send_with_retries<R>(
    batch: &[(usize, R)],
    limit: Duration,
    mut send: impl FnMut(&[&R]) -> Vec<Ack>,
) -> Vec<(usize, Ack)> {
    let mut open: Vec<&(usize, R)> = batch.iter().collect();
    let mut closed = Vec::with_capacity(batch.len());
    let mut end = None;
    loop {
        let requests: Vec<&R> = open.iter().map(|(_, request)| request).collect();
        let results = send(&requests);
        let now = Instant::now();
        let may_retry = now < *end.get_or_insert_with(|| now + limit.min(PAUSE * TRIES));
        let mut again = Vec::new();
        for (request, result) in open.into_iter().zip(results) {
            match result {
                Ack::Refused(errno, _) if may_retry && is_busy(errno) => again.push(request),
                result => closed.push((request.0, result)),
            }
        }
        if again.is_empty() {
            return closed;
        }
        open = again;
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use nix::errno::Errno;

    use super::*;

    /// Returns the results on two requests, the second of which is busy so many times, and how often it was sent;
    /// each call takes that long.
    fn sent(busy: u32, limit: Duration, call: Duration) -> (Vec<(usize, Ack)>, u32) {
        let mut calls = 0;
        let results = send_with_retries(&[(3, "free"), (4, "busy")], limit, |requests| {
            thread::sleep(call);
            calls += 1;
            let result = |request: &&&str| match (**request, calls) {
                ("busy", call) if call <= busy => Ack::Refused(Errno::EAGAIN, None),
                _ => Ack::Accepted,
            };
            requests.iter().map(result).collect()
        });
        (results, calls)
    }

    #[test]
    fn time_for_retries_begins_after_the_first_results_however_long_they_took() {
        let accepted = vec![(3, Ack::Accepted), (4, Ack::Accepted)];
        let (limit, longer) = (Duration::from_millis(10), Duration::from_millis(20));
        assert_eq!(sent(1, limit, longer), (accepted.clone(), 2));
        assert_eq!(sent(2, Duration::from_secs(20), Duration::ZERO), (accepted, 3));
    }

    #[test]
    fn retries_end_with_the_last_refusal() {
        let refused = vec![(3, Ack::Accepted), (4, Ack::Refused(Errno::EAGAIN, None))];
        assert_eq!(sent(u32::MAX, Duration::from_millis(10), Duration::ZERO), (refused.clone(), 2));
        let (results, calls) = sent(u32::MAX, Duration::from_secs(20), Duration::ZERO);
        assert!(results == refused && (2..=TRIES + 1).contains(&calls), "{calls} {results:?}");
        assert_eq!(sent(u32::MAX, Duration::ZERO, Duration::ZERO), (refused, 1));
    }
}
