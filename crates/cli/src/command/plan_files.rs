//! Where `vfctl plan --facts -o` puts plans: one file for all hosts, or a folder with one for each.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use vfctl_model::HostName;

use crate::command::plan::host_file;
use crate::error::CliError;
use crate::plan_stream::PlanStream;

/// Where plans go.
pub(super) enum PlanFiles {
    /// Nowhere.
    Unwanted,
    /// Into one file, which is made once there is a plan to write.
    One {
        /// The file.
        path: PathBuf,
        /// The file, once it is begun.
        file: Option<BufWriter<File>>,
        /// How far it is written.
        stream: PlanStream,
    },
    /// Into a file for each host.
    Folder(PathBuf),
}

impl PlanFiles {
    /// Returns the place for plans that the user has named: a folder is one that is there. It must not be where the
    /// facts are.
    pub(super) fn at(path: Option<&Path>, facts: &[PathBuf]) -> Result<Self, CliError> {
        let Some(path) = path else { return Ok(Self::Unwanted) };
        if let Ok(place) = path.canonicalize() {
            let is_there =
                |facts: PathBuf| facts == place || facts.is_file() && facts.parent() == Some(&place);
            if facts.iter().filter_map(|facts| facts.canonicalize().ok()).any(is_there) {
                return Err(CliError::OverFacts { path: path.to_owned() });
            }
        }
        let path = path.to_owned();
        if path.is_dir() {
            return Ok(Self::Folder(path));
        }
        Ok(Self::One { path, file: None, stream: PlanStream::default() })
    }

    /// Returns whether plans are written to files at all.
    pub(super) fn are_wanted(&self) -> bool {
        !matches!(self, Self::Unwanted)
    }

    /// Writes the plan of a host.
    pub(super) fn host(&mut self, name: &HostName, plan: &str) -> Result<(), CliError> {
        match self {
            Self::Unwanted => Ok(()),
            Self::One { path, file, stream } => {
                let open = match file {
                    Some(open) => open,
                    None => file.insert(create(path)?),
                };
                stream.host(open, name, plan).map_err(|cause| CliError::Write { path: path.clone(), cause })
            }
            Self::Folder(folder) => {
                let path = host_file(folder, name);
                let (mut file, mut stream) = (create(&path)?, PlanStream::default());
                let written =
                    stream.host(&mut file, name, plan).and_then(|()| stream.finish(&mut file, None));
                written.and_then(|()| file.flush()).map_err(|cause| CliError::Write { path, cause })
            }
        }
    }

    /// Writes the end, with the plan of the cluster where there is one; the files of single hosts have none.
    pub(super) fn finish(self, cluster: Option<&str>) -> Result<(), CliError> {
        match self {
            Self::Unwanted | Self::Folder(_) | Self::One { file: None, .. } => Ok(()),
            Self::One { path, file: Some(mut file), stream } => {
                let written = stream.finish(&mut file, cluster).and_then(|()| file.flush());
                written.map_err(|cause| CliError::Write { path, cause })
            }
        }
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, CliError> {
    let file = File::create(path).map_err(|cause| CliError::Write { path: path.to_owned(), cause })?;
    Ok(BufWriter::new(file))
}
