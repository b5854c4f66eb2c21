//! Where `vfctl plan --facts --out` puts plans: one file for all hosts, or a folder with one for each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use vfctl_model::HostName;
use vfctl_plan::{Made, PlanSummary, Summary, Tally};

use crate::command::plan::host_file;
use crate::document::PLAN;
use crate::error::CliError;
use crate::limit::Limit;
use crate::new_file::{NewFile, check_place};
use crate::plan_stream::{PlanEnd, PlanStream};

/// Where plans go.
pub(super) enum PlanFiles {
    /// Nowhere.
    Unwanted,
    /// Into one file, which is made once there is a plan to write.
    One {
        /// The file.
        path: PathBuf,
        /// The file, once it is begun.
        file: Option<NewFile>,
        /// How far it is written.
        stream: PlanStream,
    },
    /// Into a file for each host.
    Folder {
        /// The folder.
        path: PathBuf,
        /// By what the plans are made.
        made: Made,
        /// The files that are written and not yet in their places.
        written: BTreeMap<PathBuf, NewFile>,
    },
}

/// As much of a plan file as tells whose plans it holds.
#[derive(serde::Deserialize)]
struct Holds {
    format: String,
    hosts: BTreeMap<String, IgnoredAny>,
}

impl PlanFiles {
    /// Returns the place for plans that the user has named: a folder is one that is there. It must not be where the
    /// facts are, nor a file that is no plan.
    pub(super) fn at(path: Option<&Path>, facts: &[PathBuf], made: &Made) -> Result<Self, CliError> {
        let Some(path) = path else { return Ok(Self::Unwanted) };
        if let Ok(place) = place(path) {
            let is_there = |facts: PathBuf| {
                let (in_place, in_facts) = (facts.parent() == Some(&place), place.parent() == Some(&facts));
                facts == place || facts.is_file() && in_place || !place.is_dir() && in_facts
            };
            if facts.iter().filter_map(|facts| facts.canonicalize().ok()).any(is_there) {
                return Err(CliError::OverFacts { path: path.to_owned() });
            }
        }
        let path = path.to_owned();
        if path.is_dir() {
            return Ok(Self::Folder { path, made: made.clone(), written: BTreeMap::new() });
        }
        check_place(&path, &PLAN)?;
        Ok(Self::One { path, file: None, stream: PlanStream::new(Some(made.clone())) })
    }

    /// Returns whether plans are written to files at all.
    pub(super) fn are_wanted(&self) -> bool {
        !matches!(self, Self::Unwanted)
    }

    /// Writes the plan of a host.
    pub(super) fn host(&mut self, name: &HostName, plan: &str, summary: &Summary) -> Result<(), CliError> {
        match self {
            Self::Unwanted => Ok(()),
            Self::One { path, file, stream } => {
                let open = match file {
                    Some(open) => open,
                    None => file.insert(NewFile::begin(path, &PLAN)?),
                };
                stream.host(open, name, plan).map_err(|cause| CliError::Write { path: path.clone(), cause })
            }
            Self::Folder { path: folder, made, written: files } => {
                let path = host_file(folder, name);
                let (mut file, mut stream) =
                    (NewFile::begin(&path, &PLAN)?, PlanStream::new(Some(made.clone())));
                let mut tally = Tally::default();
                tally.count(summary);
                let end = PlanEnd { cluster: None, errors: &[], summary: PlanSummary::of(tally, None) };
                stream
                    .host(&mut file, name, plan)
                    .and_then(|()| stream.finish(&mut file, &end))
                    .map_err(|cause| CliError::Write { path: path.clone(), cause })?;
                file.complete()?;
                files.insert(path, file);
                Ok(())
            }
        }
    }

    /// Gives up what is written so far: nothing of it takes its place.
    pub(super) fn discard(&mut self) {
        match self {
            Self::Unwanted => {}
            Self::One { path: _, file, stream } => {
                *file = None;
                stream.restart();
            }
            Self::Folder { path: _, made: _, written } => written.clear(),
        }
    }

    /// Removes the plans of an earlier run that a failed one has left there, and returns where they were: they would be
    /// taken for its own. Of a folder these are the files which such a run had written for hosts that this one was to plan for.
    pub(super) fn remove_stale(&self, limit: &Limit) -> Result<Vec<PathBuf>, CliError> {
        let stale = match self {
            Self::Unwanted | Self::One { file: Some(_), .. } => Vec::new(),
            Self::One { path, file: None, .. } => Vec::from_iter(held(path).map(|_| path.clone())),
            Self::Folder { path, made: _, written } => {
                let failed = |cause| CliError::Read { path: path.clone(), cause };
                let files = fs::read_dir(path).map_err(failed)?.filter_map(|entry| Some(entry.ok()?.path()));
                let is_stale = |file: &PathBuf| {
                    !written.contains_key(file) && host_of_file(file).is_some_and(|host| limit.allows(&host))
                };
                files.filter(is_stale).collect()
            }
        };
        for path in &stale {
            fs::remove_file(path).map_err(|cause| CliError::Remove { path: path.clone(), cause })?;
        }
        Ok(stale)
    }

    /// Writes the end, with the plan of the cluster where there is one, and puts all files in their places. The files
    /// of single hosts have no cluster.
    pub(super) fn finish(self, end: &PlanEnd<'_>) -> Result<(), CliError> {
        match self {
            Self::Unwanted | Self::One { file: None, .. } => Ok(()),
            Self::Folder { path: _, made: _, written } => written.into_values().try_for_each(NewFile::put),
            Self::One { path, file: Some(mut file), stream } => {
                stream.finish(&mut file, end).map_err(|cause| CliError::Write { path, cause })?;
                file.put()
            }
        }
    }
}

/// Returns the one name of a file or folder, whether or not it is there yet.
fn place(path: &Path) -> std::io::Result<PathBuf> {
    path.canonicalize().or_else(|error| {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(error) };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        Ok(parent.canonicalize()?.join(name))
    })
}

/// Returns the host after which a file is named, if it holds the plan of that one.
fn host_of_file(path: &Path) -> Option<HostName> {
    let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
    held(path).filter(|hosts| hosts.keys().eq([name]))?;
    name.parse().ok()
}

/// Returns the hosts whose plans a file holds; `None` where it is no plan file.
fn held(path: &Path) -> Option<BTreeMap<String, IgnoredAny>> {
    // What is no file has no end, or waits for somebody.
    if !path.is_file() {
        return None;
    }
    let Holds { format, hosts } = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (format == PLAN.format).then_some(hosts)
}
