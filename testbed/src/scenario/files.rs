//! Scenario files: found in folders, read, named.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::parser::parse;
use super::script::Scenario;

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file or folder cannot be read.
    #[error("read the scenario {path}")]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line says nothing that is known.
    #[error("understand {path}:{line}: {why}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The head lacks something, or contradicts the steps.
    #[error("understand {path}: {why}")]
    Head {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// What a scenario needs to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A guest or the simulator.
    NoCluster,
    /// A cluster.
    Cluster,
}

/// The scenarios with these needs of files and folders, folders with all below them, in the
/// order of their paths.
///
/// # Errors
///
/// When one cannot be read or understood.
pub fn read_all(paths: &[PathBuf], needs: Needs) -> Result<Vec<Scenario>, ScenarioError> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    files.sort();
    files.dedup();
    let mut scenarios = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    scenarios.retain(|scenario| scenario.cluster.is_some() == (needs == Needs::Cluster));
    Ok(scenarios)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), ScenarioError> {
    let failed = |source| ScenarioError::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?.path();
        if entry.is_dir() || entry.extension().is_some_and(|ending| ending == "scenario") {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Scenario, ScenarioError> {
    let text =
        fs::read_to_string(path).map_err(|source| ScenarioError::Read { path: path.to_owned(), source })?;
    parse(&text, path)
}

/// The path below the folder `scenarios`, without the ending: two folders may
/// have a scenario of the same name.
pub(super) fn name_of(path: &Path) -> String {
    let path = path.with_extension("");
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let below =
        parts.iter().rposition(|part| part == "scenarios").map_or(parts.len().saturating_sub(1), |at| at + 1);
    parts.get(below..).unwrap_or_default().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_path_below_the_scenarios() {
        assert_eq!(name_of(Path::new("a/scenarios/counts/nvme.scenario")), "counts/nvme");
        assert_eq!(name_of(Path::new("some/where/nvme.scenario")), "nvme");
    }
}
