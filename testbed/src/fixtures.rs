//! The recorded lab that simulated worlds begin with.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::lab::{Lab, LabError};
use crate::roles::Roles;

const RECORD_LIMIT: Duration = Duration::from_secs(60);

/// Why a fixture cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// A file cannot be read or written.
    #[error("keep or read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The roles are not what this program writes.
    #[error("understand {path}")]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The guest broke.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// vfctl failed.
    #[error("record the lab's facts: {0}")]
    Record(String),
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The file with the lab's facts, as `vfctl record` prints them.
pub fn facts() -> PathBuf {
    folder().join("lab.facts.json")
}

/// What the recorded lab's devices are called.
///
/// # Errors
///
/// When the fixture is not there.
pub fn roles() -> Result<Roles, FixtureError> {
    let path = folder().join("lab.roles.json");
    let text =
        fs::read_to_string(&path).map_err(|source| FixtureError::File { path: path.clone(), source })?;
    serde_json::from_str(&text).map_err(|source| FixtureError::Json { path, source })
}

/// Records the facts and the roles of a fresh lab; returns the files written.
///
/// # Errors
///
/// When vfctl cannot record them.
pub fn write(lab: &mut Lab) -> Result<Vec<PathBuf>, FixtureError> {
    let recorded = lab.guest.run("exec vfctl record", "/", RECORD_LIMIT).map_err(LabError::from)?;
    if !recorded.is_success() {
        return Err(FixtureError::Record(recorded.stderr.trim().to_owned()));
    }
    let path = folder().join("lab.roles.json");
    let roles = serde_json::to_string_pretty(&lab.roles)
        .map_err(|source| FixtureError::Json { path: path.clone(), source })?;
    let files = vec![(path, roles + "\n"), (facts(), recorded.stdout)];
    for (path, text) in &files {
        fs::write(path, text).map_err(|source| FixtureError::File { path: path.clone(), source })?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}
