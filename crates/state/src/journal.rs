//! The journal of one apply, which says what was begun before it is begun.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use vfctl_port::{EdgeError, Journal, JournalEntry};

use crate::error::StateError;
use crate::folder;
use crate::line;

/// How many journals are kept, the one being written included.
pub const KEPT_JOURNALS: usize = 10;

/// A journal that is being written: `journal-NNNN.jsonl`, one entry a line.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    tail: Mutex<Tail>,
}

/// Where the next line goes.
#[derive(Debug)]
struct Tail {
    file: File,
    /// How many bytes of whole lines there are.
    length: u64,
    lines: u64,
    /// Set when half a line could not be taken back: a line after it would be damage, not a torn end.
    broken: bool,
}

impl FileJournal {
    /// Begins the next journal of the state folder and takes the oldest away. The earlier ones are left as they
    /// are: what a crash tore stays as it was torn. One that never got a whole line says nothing: it is taken away,
    /// too, and pushes out none that says something.
    ///
    /// # Errors
    /// Where the folder cannot be used, or the file not be made and put on stable storage.
    pub fn begin(folder: &Path) -> Result<Self, StateError> {
        folder::create(folder)?;
        let numbers = folder::journals(folder)?;
        let number = numbers.last().map_or(1, |last| last.saturating_add(1));
        let path = folder::journal_file(folder, number);
        let failed = |action| {
            let path = path.clone();
            move |source| StateError::Journal { action, path, source }
        };
        let file =
            folder::open_options().append(true).create_new(true).open(&path).map_err(failed("begin"))?;
        file.sync_all().map_err(failed("sync"))?;
        folder::sync(folder).map_err(failed("sync"))?;
        let mut kept = 1;
        for old in numbers.into_iter().rev() {
            let path = folder::journal_file(folder, old);
            if kept < KEPT_JOURNALS && has_a_line(&path) {
                kept += 1;
                continue;
            }
            fs::remove_file(&path).map_err(|source| StateError::Journal {
                action: "remove",
                path,
                source,
            })?;
        }
        Ok(Self { path, tail: Mutex::new(Tail { file, length: 0, lines: 0, broken: false }) })
    }

    /// Returns the journal's file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Journal for FileJournal {
    fn record(&self, entry: &JournalEntry) -> Result<(), EdgeError> {
        // A panic within a write leaves a tail that knows how long it was.
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.append(entry)
            .map_err(|cause| EdgeError::new(format!("write to the journal `{}`", self.path.display()), cause))
    }
}

/// Returns whether a journal has a line that came to its end. One that cannot be read may have.
fn has_a_line(path: &Path) -> bool {
    let first_line = || -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let file = folder::open_options().read(true).open(path)?;
        BufReader::new(file).read_until(b'\n', &mut line)?;
        Ok(line)
    };
    first_line().map_or(true, |line| line.ends_with(b"\n"))
}

impl Tail {
    /// Appends a line and returns once it is on stable storage; half a line is taken back.
    fn append(&mut self, entry: &JournalEntry) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier line was left half written"));
        }
        let text = line::encode(self.lines.saturating_add(1), entry)?;
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.broken = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length = self.length.saturating_add(u64::try_from(text.len()).map_err(io::Error::other)?);
        self.lines = self.lines.saturating_add(1);
        Ok(())
    }
}
