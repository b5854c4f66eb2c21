//! The processes that `/proc` shows.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::errno::io_cause;
use crate::roots::Roots;
use crate::sysfs::files::{names, read_short};

/// The first process namespace has this inode (`PROC_PID_INIT_INO`, include/linux/proc_ns.h).
const FIRST_PID_NAMESPACE: u64 = 0xefff_fffc;

/// More bytes than `/proc/*/comm` has, of kernel threads too (`proc_task_name`, fs/proc/array.c).
const COMM: usize = 128;

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

    /// Returns its parent; `None` where it has ended.
    pub(crate) fn parent(&self, roots: &Roots) -> Option<u32> {
        self.status(roots, "PPid:")?.trim().parse().ok()
    }

    /// Returns whether it is root's, or this user's own. Name and arguments are whatever a process says of itself, and its
    /// folder is root's as soon as it may not be dumped (proc_pid(5)): only its user ids tell.
    pub(crate) fn is_trusted(&self, roots: &Roots) -> bool {
        let own = nix::unistd::geteuid().as_raw();
        let trusted = |id: &str| id.parse().is_ok_and(|id: u32| id == 0 || id == own);
        self.status(roots, "Uid:").is_some_and(|ids| ids.split_whitespace().all(trusted))
    }

    /// Returns what its status says after this word; `None` where it has ended.
    fn status(&self, roots: &Roots, word: &str) -> Option<String> {
        let status = fs::read_to_string(self.folder(roots).join("status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix(word)).map(str::to_owned)
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

/// Processes of which something could not be read, though they are there.
#[derive(Debug, Default)]
pub(crate) struct Unreadable {
    count: usize,
    /// Why the first could not be read.
    why: String,
}

impl Unreadable {
    /// Counts a process, unless it ended meanwhile: then its files are gone (ENOENT), or are of no process any more
    /// (ESRCH). Security modules deny the files of others to root, too.
    pub(crate) fn add(&mut self, error: &io::Error) {
        let has_ended =
            error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(Errno::ESRCH as i32);
        if !has_ended {
            if self.count == 0 {
                self.why = io_cause(error);
            }
            self.count += 1;
        }
    }

    /// Says how many they are and why the first is one; `None` where there are none.
    pub(crate) fn summary(self, what: &str) -> Option<String> {
        let Self { count, why } = self;
        let processes = if count == 1 { "process" } else { "processes" };
        (count > 0).then(|| format!("{what} {count} {processes} are not readable ({why}); run as root"))
    }
}

/// The processes that are visible, and why there may be others.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    pub(crate) visible: Vec<Process>,
    /// Threads of the kernel, of which a server has thousands, and the helpers that it starts: all in the first network
    /// namespace, and none a program that somebody uses. Their names are not read.
    pub(crate) kernel_threads: Vec<u32>,
    /// Why some are not; empty where all are.
    pub(crate) hidden: Vec<String>,
}

impl Processes {
    /// Lists every process that is there; one that ends under way is left out.
    pub(crate) fn list(roots: &Roots) -> Self {
        let folder = roots.path("/proc");
        let names = match names(&folder) {
            Ok(names) => names,
            Err(error) => {
                let hidden = vec![format!("processes could not be listed: {}", io_cause(&error))];
                return Self { hidden, ..Self::default() };
            }
        };
        let namespace = fs::metadata(folder.join("self/ns/pid")).map(|metadata| metadata.ino());
        let is_contained = namespace.is_ok_and(|inode| inode != FIRST_PID_NAMESPACE);
        let of_kernel = if is_contained { BTreeSet::new() } else { children_of_kthreadd(&folder) };
        let (mut visible, mut kernel_threads) = (Vec::new(), Vec::new());
        let mut unreadable = Unreadable::default();
        for name in names {
            let Ok(pid) = name.parse() else { continue };
            if of_kernel.contains(&pid) {
                kernel_threads.push(pid);
                continue;
            }
            match read_short::<COMM>(&folder.join(&name).join("comm")) {
                // A name is cut at 15 bytes, in the middle of a letter too.
                Ok(comm) => {
                    visible.push(Process { pid, name: String::from_utf8_lossy(&comm).trim_end().to_owned() })
                }
                Err(error) => unreadable.add(&error),
            }
        }
        visible.sort_unstable_by_key(|process| process.pid);
        let mut hidden: Vec<String> = unreadable.summary("the names of").into_iter().collect();
        if is_contained {
            hidden.push("processes outside this container are not visible".to_owned());
        }
        // With `hidepid` a user sees only processes of their own (Documentation/filesystems/proc.rst).
        if visible.first().is_none_or(|process| process.pid != 1) {
            hidden.push("processes of other users are not visible".to_owned());
        }
        Self { visible, kernel_threads, hidden }
    }
}

/// Returns the children of `kthreadd`, which is process 2 of the first namespace (`rest_init`, init/main.c).
fn children_of_kthreadd(folder: &Path) -> BTreeSet<u32> {
    let parent = folder.join("2");
    let is_kthreadd = read_short::<COMM>(&parent.join("comm")).is_ok_and(|name| name == b"kthreadd\n");
    // Not all kernels have this file (CONFIG_PROC_CHILDREN).
    let children = fs::read_to_string(parent.join("task/2/children")).ok().filter(|_| is_kthreadd);
    children.iter().flat_map(|list| list.split_whitespace()).filter_map(|pid| pid.parse().ok()).collect()
}
