//! What the kernel logs while an operation is performed.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;

use nix::libc::O_NONBLOCK;
use vfctl_port::{Target, Thing};

use crate::roots::Roots;

/// No more lines than a person wants to read behind an error.
const LINES: usize = 3;

/// The kernel's log, open for what comes. Where it may not be read, it has nothing to say.
#[derive(Debug)]
pub(super) struct KernelLog(Option<File>);

impl KernelLog {
    /// Opens the log.
    pub(super) fn open(roots: &Roots) -> Self {
        Self(OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(roots.path("/dev/kmsg")).ok())
    }

    /// Forgets what came up to now.
    pub(super) fn skip_to_end(&mut self) {
        if let Some(file) = &mut self.0
            && file.seek(SeekFrom::End(0)).is_err()
        {
            self.0 = None;
        }
    }

    /// Returns what came since and names the target or its PF; `None` where nothing did.
    pub(super) fn new_lines_about(&mut self, target: &Target) -> Option<String> {
        let file = self.0.as_mut()?;
        let names = names_of(target);
        let mut lines: Vec<String> = Vec::new();
        let mut record = vec![0; 8192];
        loop {
            match file.read(&mut record) {
                Ok(length) if length > 0 => {
                    let text = String::from_utf8_lossy(record.get(..length).unwrap_or_default()).into_owned();
                    lines.extend(
                        message_of(&text).filter(|line| names.iter().any(|name| line.contains(name))),
                    );
                }
                // Old records were overwritten before they were read.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                Ok(_) | Err(_) => break,
            }
        }
        lines.dedup();
        let skipped = lines.len().saturating_sub(LINES);
        let last: Vec<String> = lines.into_iter().skip(skipped).collect();
        (!last.is_empty()).then(|| format!("kernel log: {}", last.join("; ")))
    }
}

/// Returns the message of a record `priority,sequence,time,flags;message\n KEY=value…`.
fn message_of(record: &str) -> Option<String> {
    let (_, message) = record.split_once(';')?;
    message.lines().next().map(str::to_owned)
}

/// Returns the names by which the kernel's log calls a target and its PF.
fn names_of(target: &Target) -> Vec<String> {
    let pf = target.pf().map(|pf| pf.to_string()).and_then(|pf| pf.split('/').nth(1).map(str::to_owned));
    let module = match target.thing() {
        Thing::Module(module) => Some(module.to_string()),
        Thing::System | Thing::Pf(_) | Thing::Vf(..) | Thing::Object(_) | Thing::Resource(..) => None,
    };
    target.function().map(|function| function.to_string()).into_iter().chain(pf).chain(module).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_gives_its_message_alone() {
        let record = "6,1234,5678,-;igb 0000:01:00.0: 7 VFs already enabled\n SUBSYSTEM=pci\n DEVICE=+pci:0000:01:00.0\n";
        assert_eq!(message_of(record).as_deref(), Some("igb 0000:01:00.0: 7 VFs already enabled"));
        assert_eq!(message_of("garbage"), None);
    }

    #[test]
    fn target_is_logged_by_its_function_its_pf_or_its_module() {
        let pf: vfctl_model::DeviceAddress = "pci/0000:01:00.0".parse().expect("an address");
        let interface = "eth0".parse().expect("a name");
        let vf = vfctl_model::VfIndex(3);
        let function = "0000:01:10.6".parse().expect("an address");
        for (target, names) in [
            (Target::Module("vfio_pci".parse().expect("a module")), &["vfio_pci"][..]),
            (Target::VfThroughPf(pf.clone(), interface, vf), &["0000:01:00.0"]),
            (Target::Function(pf, vf, function), &["0000:01:10.6", "0000:01:00.0"]),
            (Target::Pf("netdevsim/netdevsim7".parse().expect("an address")), &["netdevsim7"]),
        ] {
            assert_eq!(names_of(&target), names);
        }
    }
}
