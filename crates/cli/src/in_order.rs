//! Works on many things at once, and takes the results in the order of the things.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

/// How many things each core may be ahead of the result that is taken next: more would only take memory.
const AHEAD: usize = 4;

/// Calls `work` with each job, on all cores, and `take` with each result, here and in the order of the jobs.
///
/// The jobs come from a thread of their own: a result is taken as soon as it is there, however long the next job lets
/// itself be waited for. No more than a few jobs are out at a time, however many there are. A single one is done here.
///
/// # Errors
/// The first error of `take`; the jobs that are out then are done in vain.
pub(crate) fn in_order<J: Send, R: Send, E>(
    jobs: impl Iterator<Item = J> + Send,
    work: impl Fn(J) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let mut jobs = jobs.peekable();
    let Some(first) = jobs.next() else { return Ok(()) };
    if jobs.peek().is_none() {
        return take(work(first));
    }
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let (workers, results): (Vec<_>, Vec<_>) = (0..cores).map(|_| worker(scope, &work)).unzip();
        let (out, turns) = sync_channel(AHEAD * cores);
        scope.spawn(move || {
            for (job, worker) in std::iter::once(first).chain(jobs).zip(workers.iter().cycle()) {
                // Nobody takes results after an error; a worker that is gone has panicked, which the scope passes on.
                if out.send(()).is_err() || worker.send(job).is_err() {
                    break;
                }
            }
        });
        for ((), results) in turns.into_iter().zip(results.iter().cycle()) {
            if let Ok(result) = results.recv() {
                take(result)?;
            }
        }
        Ok(())
    })
}

/// Starts a thread that does jobs one after the other; returns where they go in and where their results come out.
fn worker<'scope, 'env: 'scope, J: Send + 'scope, R: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, 'env>,
    work: &'scope (impl Fn(J) -> R + Sync),
) -> (Sender<J>, Receiver<R>) {
    let (jobs, todo) = channel();
    let (done, results) = channel();
    scope.spawn(move || {
        for job in todo {
            if done.send(work(job)).is_err() {
                break;
            }
        }
    });
    (jobs, results)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_order_and_only_a_few_jobs_are_out() {
        let (begun, mut taken) = (AtomicUsize::new(0), Vec::new());
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let work = |job: usize| {
            begun.fetch_add(1, Ordering::SeqCst);
            // Uneven, so that threads overtake one another.
            (0..job % 7 * 1000).fold(job, |sum, next| std::hint::black_box(sum ^ next ^ next))
        };
        let done: Result<(), ()> = in_order(0..1000, work, |result| {
            taken.push(result);
            let ahead = begun.load(Ordering::SeqCst) - taken.len();
            assert!(ahead <= AHEAD * cores, "{ahead} jobs are out");
            Ok(())
        });
        assert_eq!((done, taken), (Ok(()), (0..1000).collect()));
    }

    #[test]
    fn a_result_is_taken_while_the_next_job_is_waited_for() {
        let (take, is_taken) = channel();
        let may_come = move |job: &usize| *job < 2 || is_taken.recv_timeout(Duration::from_secs(10)).is_ok();
        let mut taken = Vec::new();
        let done: Result<(), ()> = in_order(
            (0..4).filter(may_come),
            |job| job,
            |result| {
                taken.push(result);
                take.send(()).ok();
                Ok(())
            },
        );
        assert_eq!((done, taken), (Ok(()), vec![0, 1, 2, 3]));
    }

    #[test]
    fn the_first_error_ends_it() {
        let taken = in_order(0.., |job: usize| job, |result| if result == 3 { Err(result) } else { Ok(()) });
        assert_eq!(taken, Err(3));
        assert_eq!(in_order(0..1, |job: usize| job, Err), Err(0));
    }
}
