//! The lock: one writer at a time. The kernel gives it back when its holder ends, however that ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::process;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StateError;
use crate::folder;
use crate::holder::Holder;
use crate::timestamp;

/// How often a lock that somebody has is tried again, in case that was a look.
const LOOKS: u32 = 10;

/// How long a look may take.
const LOOK: Duration = Duration::from_millis(10);

/// The right to write, held as long as this value lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// What a holder writes into the lock's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HolderText {
    pid: u32,
    since: Timestamp,
}

impl Lock {
    /// Takes the lock of the state folder, which is made where it is not there. Does not wait
    /// for another writer.
    ///
    /// # Errors
    /// `Held` where somebody else has it; others where folder or file cannot be used.
    pub fn acquire(folder: &Path) -> Result<Self, StateError> {
        folder::create(folder)?;
        let path = folder::lock_file(folder);
        let failed = |source| StateError::Lock { path: path.clone(), source };
        let mut file = folder::open_options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let mut looks = LOOKS;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // Somebody who only looks has it for less than this.
                Err(TryLockError::WouldBlock) if looks > 0 => {
                    looks -= 1;
                    thread::sleep(LOOK);
                }
                Err(TryLockError::WouldBlock) => {
                    let holder = read_holder(&mut file).map_err(failed)?;
                    return Err(StateError::Held { path, holder });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        let lock = Self { file };
        lock.write_holder().map_err(failed)?;
        Ok(lock)
    }

    /// Returns who holds the lock of the state folder; `None` where nobody does. Does not wait, and makes no file.
    ///
    /// # Errors
    /// Where the lock's file is there and cannot be used.
    pub fn holder(folder: &Path) -> Result<Option<Holder>, StateError> {
        let path = folder::lock_file(folder);
        let failed = |source| StateError::Lock { path: path.clone(), source };
        let mut file = match folder::open_options().read(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        // The kernel says who holds a flock in no other way than by refusing it. Shared, it is in no other onlooker's
        // way, and it ends with the file, at once.
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => read_holder(&mut file).map(Some).map_err(failed),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Writes who holds the lock. Not synced: after a power cut nobody does.
    fn write_holder(&self) -> io::Result<()> {
        let holder = HolderText { pid: process::id(), since: timestamp::now() };
        let text = serde_json::to_string(&holder)?;
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(text.as_bytes())
    }
}

/// Reads who holds the lock; whoever has just taken it may not have written so yet.
fn read_holder(file: &mut File) -> io::Result<Holder> {
    let mut text = String::new();
    // A holder's text is short; another file in its place shall not fill the memory.
    file.take(4096).read_to_string(&mut text)?;
    let named = |HolderText { pid, since }| Holder::Process { pid, since };
    Ok(serde_json::from_str(&text).map_or(Holder::Unnamed, named))
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Only a courtesy to whoever looks into the file: the kernel gives the lock back when it is closed.
        drop(self.file.set_len(0));
    }
}
