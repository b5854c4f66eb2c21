//! The report folder: a transcript per run, and all results in one file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::transcript::{RunResult, Transcript};

/// The file that the matrix is made from.
const RESULTS: &str = "results.json";

/// What came of all scenarios in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// `kernel` or `sim`.
    pub place: String,
    /// The runs, in their order.
    pub runs: Vec<Run>,
}

/// What came of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// The scenario's name.
    pub scenario: String,
    /// The role that `${pf}` stood for.
    pub role: Option<String>,
    /// That role's hardware.
    pub hardware: Option<String>,
    /// How it ended.
    pub verdict: RunResult,
    /// What must be equal in every place.
    pub essence: Vec<String>,
}

/// Why a report cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file system refuses.
    #[error("keep or read the report {path}")]
    File {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The results are not what this program writes.
    #[error("understand the report {path}")]
    Json {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> ReportError {
    let path = path.to_owned();
    |source| ReportError::File { path, source }
}

fn json(path: &Path) -> impl FnOnce(serde_json::Error) -> ReportError {
    let path = path.to_owned();
    |source| ReportError::Json { path, source }
}

impl Report {
    /// Reads the results in a report folder.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub fn read(folder: &Path) -> Result<Self, ReportError> {
        let path = folder.join(RESULTS);
        let text = fs::read_to_string(&path).map_err(file(&path))?;
        serde_json::from_str(&text).map_err(json(&path))
    }

    /// Writes the results into a report folder.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), ReportError> {
        let path = folder.join(RESULTS);
        let text = serde_json::to_string_pretty(self).map_err(json(&path))?;
        fs::write(&path, text + "\n").map_err(file(&path))
    }
}

/// Makes an empty report folder.
///
/// # Errors
///
/// When an old one cannot be removed or a new one made.
pub fn make_folder(folder: &Path) -> Result<(), ReportError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(file(folder)(error)),
        _ => {}
    }
    fs::create_dir_all(folder).map_err(file(folder))
}

/// Writes a transcript into a report folder; returns where.
///
/// # Errors
///
/// When it cannot be written.
pub fn keep(folder: &Path, name: &str, transcript: &Transcript) -> Result<PathBuf, ReportError> {
    let path = folder.join(format!("{name}.txt"));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(file(parent))?;
    }
    fs::write(&path, transcript.text()).map_err(file(&path))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_survive_the_way_through_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let report = Report {
            place: "sim".to_owned(),
            runs: vec![Run {
                scenario: "a".to_owned(),
                role: Some("pf0".to_owned()),
                hardware: Some("igb".to_owned()),
                verdict: RunResult::NotHere { why: "no carrier".to_owned() },
                essence: vec!["exit 0".to_owned()],
            }],
        };
        report.write(folder.path()).unwrap();
        assert_eq!(Report::read(folder.path()).unwrap(), report);
    }

    #[test]
    fn a_folder_without_results_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Report::read(folder.path()), Err(ReportError::File { .. })));
    }
}
