//! The parent's half: it starts the child, listens, and waits until all interfaces are back.

use std::io::{BufRead, BufReader};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use vfctl_port::{Bounds, EdgeError, TrafficSeen, TrafficTrial, TryTraffic};

use super::words::{Said, arguments};
use crate::host::LinuxHost;

/// How long one try may take at most: attempts until the first reply, and those that are measured.
const TRY: Duration = Duration::from_secs(20);
/// How long the child may take to give everything back.
const BACK: Duration = Duration::from_secs(15);
/// How often it is asked whether to stop.
const TICK: Duration = Duration::from_millis(100);

impl TryTraffic for LinuxHost {
    fn try_traffic(&self, trial: &TrafficTrial, bounds: Bounds<'_>) -> Result<TrafficSeen, EdgeError> {
        let attempt = "send packets between network namespaces";
        self.is_in_first_namespace().map_err(|why| EdgeError::new(attempt, why))?;
        let words = arguments(trial, bounds.limit);
        let mut child =
            self.children.start_traffic(&words).map_err(|error| EdgeError::new(attempt, error))?;
        let mut input = child.stdin.take();
        let (said, lines) = channel();
        let output = child.stdout.take();
        // It ends with the child.
        drop(thread::Builder::new().name("traffic".to_owned()).spawn(move || {
            for line in
                output.into_iter().flat_map(|output| BufReader::new(output).lines()).map_while(Result::ok)
            {
                if said.send(line).is_err() {
                    return;
                }
            }
        }));
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let whole = bounds.limit * count(trial.ends.len()) + TRY * count(trial.tries.len());
        let (mut end, mut seen, mut is_done) = (Instant::now() + whole, TrafficSeen::default(), false);
        loop {
            if input.is_some() && ((bounds.stop)() || Instant::now() >= end) {
                // The end of its input tells the child to give everything back.
                input = None;
                end = Instant::now() + BACK;
            }
            if input.is_none() && Instant::now() >= end {
                break;
            }
            match lines.recv_timeout(TICK) {
                Ok(line) => match Said::of(&line) {
                    Some(Said::Carrier(has)) => seen.carriers.push(has),
                    Some(Said::Tried(packets)) => seen.tries.push(packets),
                    Some(Said::Trouble(why)) => {
                        seen.troubles.push(why);
                        is_done = true;
                    }
                    Some(Said::Done) => is_done = true,
                    None => seen.troubles.push(format!("the child says `{line}`")),
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // The kernel gives back what a child that is killed still has.
        drop(child.kill());
        drop(child.wait());
        if !is_done {
            seen.troubles.push("the process that has the interfaces ended early".to_owned());
        }
        self.wait_for(trial);
        Ok(seen)
    }
}

impl LinuxHost {
    /// Says why interfaces of a process that is killed would not come back here.
    fn is_in_first_namespace(&self) -> Result<(), String> {
        let namespace = |process: &str| {
            let path = self.roots.path(format!("/proc/{process}/ns/net"));
            std::fs::read_link(&path).map_err(|error| format!("read {}: {error}", path.display()))
        };
        if namespace("1")? == namespace("self")? {
            return Ok(());
        }
        Err("this is not the network namespace of process 1, to which the kernel gives interfaces back; run it there".to_owned())
    }

    /// Waits until all interfaces are back; what is not is found when it is looked again.
    fn wait_for(&self, trial: &TrafficTrial) {
        let begin = Instant::now();
        let is_here = |name: &str| self.roots.path("/sys/class/net").join(name).exists();
        while begin.elapsed() < BACK && !trial.ends.iter().all(|(name, _)| is_here(name.as_str())) {
            thread::sleep(TICK);
        }
    }
}
