//! The processes that `/proc` shows.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::roots::Roots;
use crate::sysfs::files::{names, text};

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// Its name, cut by the kernel at 15 letters (`/proc/*/comm`).
    pub(crate) name: String,
}

impl Process {
    /// Returns its folder.
    pub(crate) fn folder(&self, roots: &Roots) -> PathBuf {
        roots.path(format!("/proc/{}", self.pid))
    }

    /// Returns its arguments. Not for every process: the kernel may have to wait for one that changes its memory.
    pub(crate) fn arguments(&self, roots: &Roots) -> io::Result<Vec<String>> {
        let bytes = fs::read(self.folder(roots).join("cmdline"))?;
        Ok(bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect())
    }
}

/// Written `pid 123 (qemu-system-x86)`.
impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pid, name } = self;
        write!(f, "pid {pid} ({name})")
    }
}

/// Returns every process that is there; one that ends under way is left out.
///
/// # Errors
/// Where `/proc` could not be listed.
pub(crate) fn list_processes(roots: &Roots) -> io::Result<Vec<Process>> {
    let folder = roots.path("/proc");
    let mut processes: Vec<Process> = names(&folder)?
        .iter()
        .filter_map(|name| {
            let pid = name.parse().ok()?;
            Some(Process { pid, name: text(&folder.join(name).join("comm")).ok()? })
        })
        .collect();
    processes.sort_unstable_by_key(|process| process.pid);
    Ok(processes)
}
