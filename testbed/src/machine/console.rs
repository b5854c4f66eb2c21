//! The guest's console log: how far the boot is, and what went wrong.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The first line of PID 1.
pub const USERSPACE: &str = "testbed: userspace";

/// How a kernel begins its answer to the keyboard's questions.
pub const HEARD: &str = "sysrq: ";

/// Words with which a kernel says that its state is no longer sound.
const TROUBLE: [&str; 8] = [
    "Kernel panic",
    "BUG:",
    "Oops",
    "WARNING: CPU",
    "blocked for more than",
    "UBSAN:",
    // VFs that are there and do not work: their BARs lie above 4 GiB.
    "PF still in reset state",
    "testbed: the agent ended",
];

/// A console log that QEMU writes and we follow.
#[derive(Debug)]
pub struct ConsoleLog {
    path: PathBuf,
    read: u64,
    rest: String,
}

/// What a console line says about the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// PID 1 runs.
    Userspace,
    /// The guest cannot be trusted any more.
    Trouble(String),
}

impl ConsoleLog {
    /// Follows a log from its beginning.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), read: 0, rest: String::new() }
    }

    /// The signs in the lines that came since the last call.
    ///
    /// # Errors
    ///
    /// When the log is there and cannot be read.
    pub fn signs(&mut self) -> io::Result<Vec<Sign>> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        self.read += file.read_to_end(&mut bytes)? as u64;
        self.rest.push_str(&String::from_utf8_lossy(&bytes));
        let whole = self.rest.rfind('\n').map_or(0, |end| end + 1);
        let lines: String = self.rest.drain(..whole).collect();
        Ok(lines.lines().filter_map(sign).collect())
    }

    /// The last lines of the log, for a person.
    pub fn tail(&self, lines: usize) -> String {
        let text = std::fs::read(&self.path)
            .map_or_else(|error| error.to_string(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
        let all: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let skipped = all.len().saturating_sub(lines);
        all.into_iter().skip(skipped).collect::<Vec<_>>().join("\n")
    }
}

fn sign(line: &str) -> Option<Sign> {
    let line = line.trim();
    if line.contains(USERSPACE) {
        return Some(Sign::Userspace);
    }
    TROUBLE.iter().any(|words| line.contains(words)).then(|| Sign::Trouble(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn signs_come_once_and_only_from_whole_lines() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut log = ConsoleLog::new(file.path());
        assert_eq!(log.signs().unwrap(), []);
        write!(file, "\r\ntestbed: userspace\r\n[ 1.0] Kernel pa").unwrap();
        assert_eq!(log.signs().unwrap(), [Sign::Userspace]);
        writeln!(file, "nic - not syncing").unwrap();
        assert_eq!(log.signs().unwrap(), [Sign::Trouble("[ 1.0] Kernel panic - not syncing".to_owned())]);
        assert_eq!(log.signs().unwrap(), []);
    }

    #[test]
    fn a_log_that_is_not_there_yet_has_no_signs() {
        assert_eq!(ConsoleLog::new(Path::new("/nonexistent/log")).signs().unwrap(), []);
    }

    #[test]
    fn the_tail_leaves_out_empty_lines() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "a\n\nb\n\nc\n").unwrap();
        assert_eq!(ConsoleLog::new(file.path()).tail(2), "b\nc");
    }
}
