//! By which process a run's pods are known, so that a later run tells those of a run that was killed from those of one that works.

use std::path::Path;

use vfctl_model::HostName;

/// A process of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunProcess {
    host: String,
    pid: u32,
    started: String,
}

impl RunProcess {
    /// Returns this process.
    pub(super) fn this(host: &HostName) -> Self {
        let pid = std::process::id();
        Self { host: host.to_string(), pid, started: started(pid).unwrap_or_default() }
    }

    /// Returns the text of an annotation.
    pub(super) fn text(&self) -> String {
        format!("{} {} {}", self.host, self.pid, self.started)
    }

    /// Reads such a text.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (host, pid, started) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        Some(Self { host: host.to_owned(), pid, started: started.to_owned() })
    }

    /// Returns whether it is known to have ended; of another host's nothing is known.
    pub(super) fn has_ended(&self, host: &HostName) -> bool {
        self.host == host.as_str() && started(self.pid).as_deref() != Some(self.started.as_str())
    }

    /// Returns a name for a run of this process: short, of lower-case letters and digits, and another one each time.
    pub(super) fn run_name(&self) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let mut number = now.as_secs().wrapping_mul(1_000_000_007);
        number ^= u64::from(now.subsec_nanos()) ^ (u64::from(self.pid) << 40);
        let digits: Vec<char> = ('a'..='z').chain('0'..='9').collect();
        let mut name = String::new();
        for _ in 0..6 {
            let digit = usize::try_from(number % 36).unwrap_or_default();
            name.extend(digits.get(digit));
            number /= 36;
        }
        name
    }
}

/// Returns when a process was started, in ticks since boot: field 22 of `/proc/PID/stat`, counted behind the program's name, which
/// may have blanks (proc_pid_stat(5)).
fn started(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_that_runs_is_told_from_one_that_ended() {
        let host: HostName = "lab".parse().expect("a name");
        let this = RunProcess::this(&host);
        assert_eq!(RunProcess::of(&this.text()).as_ref(), Some(&this));
        assert!(!this.has_ended(&host));
        assert!(RunProcess { started: "1".to_owned(), ..this.clone() }.has_ended(&host));
        assert!(
            !RunProcess { started: "1".to_owned(), ..this.clone() }.has_ended(&"b".parse().expect("a name"))
        );
        assert_eq!(this.run_name().len(), 6);
    }
}
