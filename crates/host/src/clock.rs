//! Time, and the user's request to stop.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use nix::sys::signal::{SigSet, Signal, raise};
use vfctl_port::Clock;

/// When the program first asked the time.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// Whether SIGINT, SIGTERM or SIGHUP has come.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether anybody has asked for that, and so goes on to ask.
static ASKED: AtomicBool = AtomicBool::new(false);

/// The machine's monotonic clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        START.elapsed()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }

    fn interrupted(&self) -> bool {
        ASKED.store(true, Ordering::SeqCst);
        INTERRUPTED.load(Ordering::SeqCst)
    }
}

/// Lets SIGINT, SIGTERM and SIGHUP, which comes where a connection is lost, be seen by [`SystemClock::interrupted`]
/// instead of ending the process. They end it as ever until that is asked for the first time: who never asks, such as a
/// command that reads standard input, would not end at all. What is ignored, as SIGHUP is under `nohup`, stays so: it is left alone, since a
/// blocked signal is kept though it is ignored (`sig_ignored`, kernel/signal.c).
///
/// To be called before any other thread is started: the signals are blocked for the calling thread, the threads
/// it starts and the processes they start, and one thread of its own waits for them.
///
/// # Errors
/// Where the signals could not be blocked or the thread not be started.
pub fn install_signal_handlers() -> io::Result<()> {
    let ignored = ignored_signals(&fs::read_to_string("/proc/self/status").unwrap_or_default());
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        if ignored & bit(signal) == 0 {
            signals.add(signal);
        }
    }
    signals.thread_block()?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while let Ok(signal) = signals.wait() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            if !ASKED.load(Ordering::SeqCst) {
                // What nobody asks for does what it does by default. Where that fails, it is still noted.
                let _ = SigSet::from(signal).thread_unblock().and_then(|()| raise(signal));
            }
        }
    })?;
    Ok(())
}

/// Returns the signals that a process ignores, a bit for each, from its `/proc/PID/status` (`SigIgn`, proc_pid_status(5)).
fn ignored_signals(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Returns a signal's bit in such a mask.
fn bit(signal: Signal) -> u64 {
    1 << (signal as u64 - 1)
}
