//! Files that commands write: whole or not at all, and over a file that is no document of vfctl's own only where that is asked for.
//!
//! They are written beside their place and renamed. Nothing waits for stable storage: a file that a power cut tears is
//! refused by whoever reads it.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use crate::document::{Header, Kind};
use crate::error::CliError;

/// How many names for the part are tried.
const TRIES: u32 = 100;

/// A file that is being written. It takes its place with [`put`](Self::put), and leaves no trace without.
pub(crate) struct NewFile {
    /// The place as the user named it.
    path: PathBuf,
    /// The part that is written and the file that it will be; `None` where the place is no file, such as a pipe.
    part: Option<Part>,
    /// The open file; `None` once it is complete.
    file: Option<BufWriter<File>>,
}

/// Which file may be at the place, and be replaced.
#[derive(Clone, Copy)]
pub(crate) enum Replaceable<'a> {
    /// None.
    Nothing,
    /// A document of this kind.
    Document(&'a Kind),
    /// Whichever it is.
    Anything,
}

/// What is written until it is complete.
struct Part {
    path: PathBuf,
    place: PathBuf,
    /// Whether the place must still be free when the part takes it.
    is_only_for_free_place: bool,
}

impl Part {
    fn put(&self) -> io::Result<()> {
        let Self { path, place, is_only_for_free_place } = self;
        if !is_only_for_free_place {
            return fs::rename(path, place);
        }
        // A rename would take the place of what came there meanwhile; the part's own name goes when it is dropped.
        match fs::hard_link(path, place) {
            // A file system without links, such as FAT.
            Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
                match place.symlink_metadata() {
                    Ok(_) => Err(ErrorKind::AlreadyExists.into()),
                    Err(_) => fs::rename(path, place),
                }
            }
            linked => linked,
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %self.path.display(), "a part of a file is left");
        }
    }
}

impl NewFile {
    /// Begins a file for a document of this kind.
    ///
    /// # Errors
    /// Where it cannot be made, or another file is there.
    pub(crate) fn begin(path: &Path, kind: &Kind) -> Result<Self, CliError> {
        Self::begin_over(path, Replaceable::Document(kind))
    }

    /// Begins a file where nothing is, or over a file that may be replaced.
    ///
    /// # Errors
    /// Where it cannot be made, or another file is there.
    pub(crate) fn begin_over(path: &Path, over: Replaceable<'_>) -> Result<Self, CliError> {
        let failed = |cause| CliError::Write { path: path.to_owned(), cause };
        let (part, file) = match replaceable(path, over)? {
            Replaces::Nothing => part(path, None).map(|(mut part, file)| {
                part.is_only_for_free_place = matches!(over, Replaceable::Nothing);
                (Some(part), file)
            }),
            // A link stays, and what it points to is replaced.
            Replaces::File(old) => path
                .canonicalize()
                .and_then(|place| part(&place, Some(&old)))
                .map(|(part, file)| (Some(part), file)),
            Replaces::NoFile => File::create(path).map(|file| (None, file)),
        }
        .map_err(failed)?;
        Ok(Self { path: path.to_owned(), part, file: Some(BufWriter::new(file)) })
    }

    /// Says that all is written, and closes the file.
    pub(crate) fn complete(&mut self) -> Result<(), CliError> {
        let flushed = self.file.take().map_or(Ok(()), |mut file| file.flush());
        flushed.map_err(|cause| CliError::Write { path: self.path.clone(), cause })
    }

    /// Puts the file in its place.
    pub(crate) fn put(mut self) -> Result<(), CliError> {
        self.complete()?;
        let Self { path, part, file: _ } = self;
        part.map_or(Ok(()), |part| part.put()).map_err(|cause| match cause.kind() {
            ErrorKind::AlreadyExists => CliError::Exists { path },
            _ => CliError::Write { path, cause },
        })
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or_else(|| Err(ErrorKind::BrokenPipe.into()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// What is at a place that is to be written to.
enum Replaces {
    /// Nothing yet.
    Nothing,
    /// A file that may go.
    File(Metadata),
    /// A pipe or a device.
    NoFile,
}

/// Refuses a place where a file is that is neither empty nor a document of this kind, of whichever version.
pub(crate) fn check_place(path: &Path, kind: &Kind) -> Result<(), CliError> {
    replaceable(path, Replaceable::Document(kind)).map(|_| ())
}

fn replaceable(path: &Path, over: Replaceable<'_>) -> Result<Replaces, CliError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Replaces::Nothing),
        Err(cause) => return Err(CliError::Write { path: path.to_owned(), cause }),
    };
    if matches!(over, Replaceable::Nothing) {
        return Err(CliError::Exists { path: path.to_owned() });
    }
    if metadata.is_dir() {
        return Err(CliError::Write { path: path.to_owned(), cause: ErrorKind::IsADirectory.into() });
    }
    if !metadata.is_file() {
        return Ok(Replaces::NoFile);
    }
    if let Replaceable::Document(kind) = over {
        let text = fs::read(path).map_err(|cause| CliError::Read { path: path.to_owned(), cause })?;
        if !text.is_empty() && !is_of(&text, kind) {
            return Err(CliError::Foreign { path: path.to_owned(), what: kind.what });
        }
    }
    Ok(Replaces::File(metadata))
}

/// Returns whether a text is a document of this kind, in any version of its format.
fn is_of(text: &[u8], kind: &Kind) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let header = serde_json::from_str::<Header>(text).ok().or_else(|| crate::yaml::parsed(text).ok());
    let family = |format: &str| format.rsplit_once('/').map(|(family, _)| family.to_owned());
    header.is_some_and(|header| family(&header.format) == family(kind.format))
}

/// Makes the file beside its place that becomes it; with owner and mode of the one that it replaces.
fn part(place: &Path, old: Option<&Metadata>) -> io::Result<(Part, File)> {
    let name = place.file_name().ok_or(ErrorKind::InvalidFilename)?;
    for number in 0..TRIES {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{number}.part", std::process::id()));
        let path = place.with_file_name(hidden);
        // Never one that is there: in a folder such as /tmp it may be a link of somebody else's.
        match File::create_new(&path) {
            Ok(file) => {
                let part = Part { path, place: place.to_owned(), is_only_for_free_place: false };
                if let Some(old) = old {
                    // Only root may give a file away; to others it is theirs from now on.
                    if let Err(error) = fchown(&file, Some(old.uid()), Some(old.gid())) {
                        tracing::debug!(%error, "the file changes its owner");
                    }
                    file.set_permissions(old.permissions())?;
                }
                return Ok((part, file));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}
