//! Works on many things at once, and takes the results in the order of the things.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// How many things each core may be ahead of the result that is taken next: more would only take memory.
const AHEAD: usize = 4;

/// Calls `work` with each job, on all cores, and `take` with each result, here and in the order of the jobs.
///
/// No more than a few jobs are out at a time, however many there are. A single one is done here.
///
/// # Errors
/// The first error of `take`; the jobs that are out then are done in vain.
pub(crate) fn in_order<J: Send, R: Send, E>(
    jobs: impl Iterator<Item = J>,
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
        let workers: Vec<Worker<J, R>> = (0..cores).map(|_| Worker::start(scope, &work)).collect();
        let mut out = VecDeque::new();
        for (job, worker) in std::iter::once(first).chain(jobs).zip(workers.iter().cycle()) {
            if out.len() == AHEAD * cores {
                take_next(&mut out, &mut take)?;
            }
            // A worker that is gone has panicked, which the scope passes on.
            if worker.jobs.send(job).is_err() {
                break;
            }
            out.push_back(&worker.results);
        }
        while !out.is_empty() {
            take_next(&mut out, &mut take)?;
        }
        Ok(())
    })
}

/// Takes the result whose turn it is.
fn take_next<R, E>(
    out: &mut VecDeque<&Receiver<R>>,
    take: &mut impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    match out.pop_front().map(Receiver::recv) {
        Some(Ok(result)) => take(result),
        Some(Err(_)) | None => Ok(()),
    }
}

/// A thread that does jobs one after the other.
struct Worker<J, R> {
    jobs: Sender<J>,
    results: Receiver<R>,
}

impl<J: Send, R: Send> Worker<J, R> {
    fn start<'scope, 'env: 'scope>(
        scope: &'scope thread::Scope<'scope, 'env>,
        work: &'scope (impl Fn(J) -> R + Sync),
    ) -> Self
    where
        J: 'scope,
        R: 'scope,
    {
        let (jobs, todo) = channel();
        let (done, results) = channel();
        scope.spawn(move || {
            for job in todo {
                if done.send(work(job)).is_err() {
                    break;
                }
            }
        });
        Self { jobs, results }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

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
    fn the_first_error_ends_it() {
        let taken = in_order(0.., |job: usize| job, |result| if result == 3 { Err(result) } else { Ok(()) });
        assert_eq!(taken, Err(3));
        assert_eq!(in_order(0..1, |job: usize| job, Err), Err(0));
    }
}
