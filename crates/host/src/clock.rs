//! Time, and the wish to stop.

use std::io;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};
use vfctl_port::Clock;

/// When the program first asked the time.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// Whether SIGINT, SIGTERM or SIGHUP has come.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

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
        INTERRUPTED.load(Ordering::Relaxed)
    }
}

/// Lets SIGINT, SIGTERM and SIGHUP, which comes where a connection is lost, be seen by [`SystemClock::interrupted`]
/// instead of ending the process. What is ignored, as under `nohup`, stays so.
///
/// To be called before any other thread is started: the signals are blocked for the calling thread, the threads
/// it starts and the processes they start, and one thread of its own waits for them.
///
/// # Errors
/// Where the signals could not be blocked or the thread not be started.
pub fn install_signal_handlers() -> io::Result<()> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGTERM);
    signals.add(Signal::SIGHUP);
    signals.thread_block()?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while signals.wait().is_ok() {
            INTERRUPTED.store(true, Ordering::Relaxed);
        }
    })?;
    Ok(())
}
