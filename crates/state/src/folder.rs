//! The folder and the names in it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, AtFlags, OFlag};
use nix::unistd::{AccessFlags, Uid, faccessat};

use crate::error::StateError;

/// The bits of a mode that let group and others write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

const JOURNAL: &str = "journal-";
const ENDING: &str = ".jsonl";

/// Makes the folder where it is not there: for its owner alone, and on stable storage.
pub(crate) fn create(path: &Path) -> Result<(), StateError> {
    let attempt = || {
        if path.is_dir() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        sync(path)?;
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync)
    };
    attempt().map_err(|source| StateError::Folder { path: path.to_owned(), source })?;
    check_owner(path)
}

/// Checks, and writes nothing, that a writer could use the folder, or make it where it is not there.
///
/// # Errors
/// Where it could not.
pub fn check_usable(path: &Path) -> Result<(), StateError> {
    let failed = |source: io::Error| StateError::Folder { path: path.to_owned(), source };
    let is_there = match fs::metadata(path) {
        Ok(found) if found.is_dir() => true,
        Ok(_) => return Err(failed(io::ErrorKind::NotADirectory.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    let first = if is_there { Some(path) } else { path.ancestors().skip(1).find(|above| above.is_dir()) };
    // A relative path is in the folder of now.
    let first = first.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let may_write = AccessFlags::W_OK | AccessFlags::X_OK;
    faccessat(AT_FDCWD, first, may_write, AtFlags::AT_EACCESS).map_err(|errno| failed(errno.into()))?;
    if is_there { check_owner(path) } else { Ok(()) }
}

/// Checks that only root and this user can have written what is in the folder: a plan restores what journals there say is
/// owed.
fn check_owner(path: &Path) -> Result<(), StateError> {
    let found = fs::metadata(path).map_err(|source| StateError::Folder { path: path.to_owned(), source })?;
    let (owner, mode) = (Uid::from_raw(found.uid()), found.mode() & 0o7777);
    let is_ours = owner.is_root() || owner == Uid::effective();
    if is_ours && mode & WRITABLE_BY_OTHERS == 0 {
        return Ok(());
    }
    Err(StateError::OpenToOthers { path: path.to_owned(), owner, mode })
}

/// Puts the folder's names on stable storage.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Returns how files here are opened: for their owner alone, and never through a link that somebody laid.
pub(crate) fn open_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits());
    options
}

/// Returns the path of the lock's file.
pub(crate) fn lock_file(folder: &Path) -> PathBuf {
    folder.join("lock")
}

/// Returns the path of the journal with this number.
pub(crate) fn journal_file(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{JOURNAL}{number:04}{ENDING}"))
}

/// Returns the numbers of the journals that are there, in order.
pub(crate) fn journals(folder: &Path) -> Result<Vec<u32>, StateError> {
    let failed = |source| StateError::Folder { path: folder.to_owned(), source };
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(JOURNAL)?.strip_suffix(ENDING));
        numbers.extend(number.and_then(|number| number.parse::<u32>().ok()));
    }
    if !numbers.is_empty() {
        check_owner(folder)?;
    }
    numbers.sort_unstable();
    Ok(numbers)
}
