//! The parent's half: it starts the child, listens, and waits until all interfaces are back.

use std::io::{BufRead, BufReader};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use vfctl_port::{Bounds, EdgeError, TrafficSeen, TrafficTrial, TryTraffic};

use super::words::{Said, arguments};
use crate::host::LinuxHost;
use crate::roots::Roots;

/// How long one try may take at most: attempts until the first reply, and those that are measured.
const TRY: Duration = Duration::from_secs(20);
/// How long the child may take to give everything back.
const BACK: Duration = Duration::from_secs(15);
/// The machine's own PID namespace (`PROC_PID_INIT_INO`, include/linux/proc_ns.h).
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";
/// How often it is asked whether to stop.
const TICK: Duration = Duration::from_millis(100);

impl TryTraffic for LinuxHost {
    fn try_traffic(&self, trial: &TrafficTrial, bounds: Bounds<'_>) -> Result<TrafficSeen, EdgeError> {
        let attempt = "send packets between network namespaces";
        is_in_first_namespace(&self.roots).map_err(|why| EdgeError::new(attempt, why))?;
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
                    None => seen.troubles.push(format!("unexpected line from the child process: `{line}`")),
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // The kernel gives back what a child that is killed still has.
        drop(child.kill());
        // A process that waits in the kernel outlives the kill.
        if !within(BACK, || !matches!(child.try_wait(), Ok(None))) {
            let (pid, limit) = (child.id(), BACK.as_secs());
            seen.troubles.push(format!(
                "process {pid}, which has the interfaces, did not end {limit} s after it was killed"
            ));
        }
        if !is_done {
            seen.troubles.push("the process that has the interfaces ended early".to_owned());
        }
        self.wait_for(trial);
        Ok(seen)
    }
}

impl LinuxHost {
    /// Waits until all interfaces are back; what is not is found when it is looked again.
    fn wait_for(&self, trial: &TrafficTrial) {
        let is_here = |name: &str| self.roots.path("/sys/class/net").join(name).exists();
        within(BACK, || trial.ends.iter().all(|(name, _)| is_here(name.as_str())));
    }
}

/// Says why interfaces of a process that is killed would not come back here. Process 1 tells the first network namespace only where
/// it is the machine's own and not a container's.
fn is_in_first_namespace(roots: &Roots) -> Result<(), String> {
    let namespace = |process: &str, kind: &str| {
        let path = roots.path(format!("/proc/{process}/ns/{kind}"));
        std::fs::read_link(&path).map_err(|error| format!("read {}: {error}", path.display()))
    };
    if namespace("self", "pid")?.as_os_str() != FIRST_PID_NAMESPACE {
        return Err("this is a PID namespace of a container, from which the first network namespace cannot be told; run it on the host".to_owned());
    }
    if namespace("1", "net")? == namespace("self", "net")? {
        return Ok(());
    }
    Err("this is not the network namespace of process 1, to which the kernel gives interfaces back; run it there".to_owned())
}

/// Waits until something is so; returns whether it was within `limit`.
fn within(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if begin.elapsed() >= limit {
            return false;
        }
        thread::sleep(TICK);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::create_dir_all;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn container_with_a_process_1_of_its_own_is_no_first_namespace() {
        let checked = |pid: &str, net: &str| {
            let folder = tempfile::tempdir().expect("a folder");
            for (process, pid, net) in [("1", pid, "net:[7]"), ("self", pid, net)] {
                let namespaces = folder.path().join("proc").join(process).join("ns");
                create_dir_all(&namespaces).expect("folders");
                symlink(pid, namespaces.join("pid")).expect("a link");
                symlink(net, namespaces.join("net")).expect("a link");
            }
            is_in_first_namespace(&Roots::under(folder.path()))
        };
        assert_eq!(checked("pid:[4026531836]", "net:[7]"), Ok(()));
        assert!(checked("pid:[4026532500]", "net:[7]").is_err_and(|why| why.contains("container")));
        assert!(checked("pid:[4026531836]", "net:[8]").is_err_and(|why| why.contains("process 1")));
    }

    #[test]
    fn what_never_comes_is_waited_for_no_longer_than_the_limit() {
        assert!(!within(Duration::from_millis(1), || false));
        let mut looks = 0;
        let second = || {
            looks += 1;
            looks == 2
        };
        assert!(within(Duration::from_secs(60), second));
    }
}
