//! The parent's half: starting children, and waiting for them as long as may be.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use vfctl_model::{DeviceAddress, EswitchMode};

use super::words::{
    ALWAYS, ESWITCH, LINE, OPEN, READ, REPRESENTORS, Read, Returned, STORE, SWITCH, Store, Stored, Switched,
    THEN, WasRead, When,
};

/// Starts children and knows those that are waited for.
#[derive(Debug)]
pub(crate) struct Children {
    executable: PathBuf,
    waited_for: Mutex<BTreeSet<u32>>,
}

impl Children {
    /// Returns the starter of children that are this executable.
    pub(crate) fn new(executable: PathBuf) -> Self {
        Self { executable, waited_for: Mutex::default() }
    }

    /// Returns whether somebody in this process waits for the child.
    pub(crate) fn waits_for(&self, pid: u32) -> bool {
        self.waited_for.lock().is_ok_and(|pids| pids.contains(&pid))
    }

    /// Writes in order; returns after `limit` at the latest.
    pub(crate) fn store(&self, stores: &[Store], limit: Duration) -> io::Result<Returned<Stored>> {
        let arguments = stores.iter().flat_map(|store| {
            let when = match store.when {
                When::ThenOnly => THEN,
                When::Always => ALWAYS,
            };
            [OsStr::new(when), store.path.as_os_str(), OsStr::new(&store.value)]
        });
        let returned = self.run(STORE, arguments, limit)?;
        Ok(returned.each(stores.len(), |line| match line {
            "ok" => Stored::Done,
            "skipped" => Stored::Skipped,
            number => Stored::Failed(number.parse().ok()),
        }))
    }

    /// Reads in order; returns after `limit` at the latest.
    pub(crate) fn read(&self, reads: &[Read], limit: Duration) -> io::Result<Returned<WasRead>> {
        let arguments = reads.iter().flat_map(|read| match read {
            Read::FirstLine(path) => [OsStr::new(LINE), path.as_os_str()],
            Read::EswitchMode(device) => [OsStr::new(ESWITCH), OsStr::new(device)],
            Read::Representors(device) => [OsStr::new(REPRESENTORS), OsStr::new(device)],
            Read::Opens(path) => [OsStr::new(OPEN), path.as_os_str()],
        });
        let returned = self.run(READ, arguments, limit)?;
        Ok(returned.each(reads.len(), |line| match line.split_at_checked(1) {
            Some(("=", text)) => WasRead::Text(text.to_owned()),
            Some(("!", why)) => WasRead::Failed(why.to_owned()),
            _ => WasRead::Absent,
        }))
    }

    /// Sets the mode of a device's embedded switch; returns after `limit` at the latest, with the error number and what
    /// the kernel says besides where it is refused.
    pub(crate) fn switch(
        &self,
        device: &DeviceAddress,
        mode: EswitchMode,
        limit: Duration,
    ) -> io::Result<Returned<Switched>> {
        let arguments = [device.to_string(), mode.to_string()];
        let returned = self.run(SWITCH, arguments.iter().map(OsStr::new), limit)?;
        Ok(returned.each(1, |line| {
            let (number, words) = line.split_once(' ').unwrap_or((line, ""));
            match number.parse() {
                Ok(errno) => Switched::Refused(errno, (!words.is_empty()).then(|| words.to_owned())),
                Err(_) => Switched::Done,
            }
        }))
    }

    fn run<'a>(
        &self,
        work: &str,
        arguments: impl Iterator<Item = &'a OsStr>,
        limit: Duration,
    ) -> io::Result<Raw> {
        let end = Instant::now() + limit;
        let mut child = Command::new(&self.executable)
            .arg(work)
            .args(arguments)
            .env_clear()
            .current_dir("/")
            // Ctrl-C is for the parent to handle.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let pid = child.id();
        let _waiting = Waiting::new(&self.waited_for, pid);
        let mut output = Vec::new();
        let ended = match child.stdout.take() {
            Some(stdout) => read_until(stdout, end, &mut output)?,
            None => true,
        };
        if ended {
            child.wait()?;
        }
        Ok(Raw { output: String::from_utf8_lossy(&output).into_owned(), ended, pid })
    }
}

/// A child that is waited for, as long as this lives.
struct Waiting<'a> {
    pids: &'a Mutex<BTreeSet<u32>>,
    pid: u32,
}

impl<'a> Waiting<'a> {
    fn new(pids: &'a Mutex<BTreeSet<u32>>, pid: u32) -> Self {
        if let Ok(mut pids) = pids.lock() {
            pids.insert(pid);
        }
        Self { pids, pid }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Ok(mut pids) = self.pids.lock() {
            pids.remove(&self.pid);
        }
    }
}

/// What a child wrote, and whether it came to its end.
struct Raw {
    output: String,
    ended: bool,
    pid: u32,
}

impl Raw {
    fn each<T>(self, wanted: usize, read: impl Fn(&str) -> T) -> Returned<T> {
        let whole_lines = self.output.rsplit_once('\n').map_or("", |(lines, _)| lines);
        let results: Vec<T> = match whole_lines {
            "" => Vec::new(),
            lines => lines.split('\n').map(read).collect(),
        };
        match (self.ended, results.len() == wanted) {
            (_, true) => Returned::Whole(results),
            (true, false) => Returned::Dead(results),
            (false, false) => Returned::Left { results, pid: self.pid },
        }
    }
}

/// Reads until the other end closes; returns false where that did not come in time.
fn read_until(mut pipe: impl io::Read + AsFd, end: Instant, output: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 4096];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        // Round up, so as not to turn in circles within the last millisecond.
        let timeout = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(0) if left.is_zero() => return Ok(false),
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => match pipe.read(&mut buffer)? {
                0 => return Ok(true),
                length => output.extend(buffer.get(..length).unwrap_or_default()),
            },
            Err(errno) => return Err(errno.into()),
        }
    }
}
