//! By which process a run's pods are known, so that a later run tells those of a run that was killed from those of one that works.

use std::path::Path;

use vfctl_model::HostName;

/// A process of a host. Its number says something only to those who count processes as it does: on the same boot, in the same PID
/// namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunProcess {
    host: String,
    pid: u32,
    started: String,
    boot: String,
    pid_namespace: String,
}

impl RunProcess {
    /// Returns this process.
    pub(super) fn this(host: &HostName) -> Self {
        let pid = std::process::id();
        Self {
            host: host.to_string(),
            pid,
            started: started(pid).unwrap_or_default(),
            boot: boot().unwrap_or_default(),
            pid_namespace: pid_namespace().unwrap_or_default(),
        }
    }

    /// Returns the text of an annotation.
    pub(super) fn text(&self) -> String {
        let Self { host, pid, started, boot, pid_namespace } = self;
        format!("{host} {pid} {started} {boot} {pid_namespace}")
    }

    /// Reads such a text.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (host, pid, started) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        let (boot, pid_namespace) = (words.next()?, words.next()?);
        Some(Self {
            host: host.to_owned(),
            pid,
            started: started.to_owned(),
            boot: boot.to_owned(),
            pid_namespace: pid_namespace.to_owned(),
        })
    }

    /// Returns whether it is known to have ended. Of one of another host, another boot or another PID namespace nothing is known: a
    /// machine of the same name has another boot, too.
    pub(super) fn has_ended(&self, host: &HostName) -> bool {
        let is_counted_here = self.host == host.as_str()
            && boot().is_some_and(|boot| boot == self.boot)
            && pid_namespace().is_some_and(|namespace| namespace == self.pid_namespace);
        is_counted_here && started(self.pid).as_deref() != Some(self.started.as_str())
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

/// Returns which boot of the machine it is (random(4)).
fn boot() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

/// Returns the number of this process's PID namespace: that of `pid:[4026531836]` (namespaces(7)).
fn pid_namespace() -> Option<String> {
    let link = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let (_, number) = link.to_str()?.split_once('[')?;
    Some(number.trim_end_matches(']').to_owned())
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
        let ended = RunProcess { started: "1".to_owned(), ..this.clone() };
        assert!(ended.has_ended(&host));
        assert!(!ended.has_ended(&"b".parse().expect("a name")));
        assert!(!RunProcess { boot: "1".to_owned(), ..ended.clone() }.has_ended(&host));
        assert!(!RunProcess { pid_namespace: "1".to_owned(), ..ended.clone() }.has_ended(&host));
        assert_eq!(RunProcess::of("lab 7 1"), None);
        assert_eq!(this.run_name().len(), 6);
    }
}
