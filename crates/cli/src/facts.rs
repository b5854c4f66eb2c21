//! Where facts come from: files, folders of them, and standard input.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use vfctl_port::{ClusterFacts, World};
use vfctl_spec::is_yaml;

use crate::document::{FACTS, parsed, yaml_parsed};
use crate::error::CliError;
use crate::input::{file_text, is_stdin, text_from};
use crate::machine::{Console, Machine};
use crate::spec_folder::must_be_file;
use crate::stream::Documents;

/// The endings of facts files in a folder.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// How many of the files that a folder's reading skips are named.
const NAMED: usize = 3;

/// Facts that are yet to be read: one document.
pub(crate) enum FactsSource {
    /// A file of YAML.
    Yaml(PathBuf),
    /// A document of a JSON file or of standard input.
    Json {
        /// What it is called in messages.
        name: PathBuf,
        /// Its text.
        text: Vec<u8>,
    },
    /// A document that was read already.
    Read {
        /// What it is called in messages.
        name: PathBuf,
        /// Its facts.
        world: Box<World>,
    },
}

impl FactsSource {
    /// Returns what the source is called in messages.
    pub(crate) fn name(&self) -> &Path {
        match self {
            Self::Yaml(path) => path,
            Self::Json { name, text: _ } | Self::Read { name, world: _ } => name,
        }
    }

    /// Reads the document.
    pub(crate) fn read(self) -> Result<World, CliError> {
        match self {
            Self::Yaml(path) => yaml_parsed(&path, &file_text(&path)?, &FACTS),
            Self::Json { name, text } => parsed(&name, &text_from(&name, text)?, &FACTS),
            Self::Read { name: _, world } => Ok(*world),
        }
    }

    /// Reads the document now; returns what it is called in messages, and its facts.
    pub(crate) fn read_now(self) -> Result<(PathBuf, Box<World>), CliError> {
        let name = self.name().to_owned();
        Ok((name, Box::new(self.read()?)))
    }
}

/// The first sources, which were read.
pub(crate) struct Beginning {
    /// They, in their order.
    pub(crate) sources: Vec<Result<FactsSource, CliError>>,
    /// Of how many hosts they are.
    pub(crate) hosts: usize,
    /// The facts of the cluster, where hosts are selected by them.
    pub(crate) cluster: Option<ClusterFacts>,
}

impl Beginning {
    /// Reads the first two sources: the facts of a host and those of its cluster may be two documents. Where nodes are selected by
    /// labels, no host is planned for before the cluster is known: then all is read up to its facts.
    pub(crate) fn read(
        sources: &mut impl Iterator<Item = Result<FactsSource, CliError>>,
        selects_by_labels: bool,
    ) -> Self {
        let mut beginning = Self { sources: Vec::new(), hosts: 0, cluster: None };
        let is_enough = |beginning: &Self| {
            beginning.sources.len() >= 2 && (!selects_by_labels || beginning.cluster.is_some())
        };
        while !is_enough(&beginning)
            && let Some(source) = sources.next()
        {
            let source = source.and_then(FactsSource::read_now).map(|(name, world)| {
                beginning.hosts += world.hosts.len();
                if selects_by_labels && beginning.cluster.is_none() {
                    beginning.cluster.clone_from(&world.cluster);
                }
                FactsSource::Read { name, world }
            });
            // What could not be read may be of a host, too.
            beginning.hosts += usize::from(source.is_err());
            beginning.sources.push(source);
        }
        beginning
    }
}

/// A JSON file or standard input, whose documents are sources of their own.
struct Stream {
    name: PathBuf,
    documents: Documents<Box<dyn BufRead + Send>>,
    taken: usize,
}

impl Stream {
    fn open(path: PathBuf) -> Result<Self, CliError> {
        let (name, reader): (_, Box<dyn BufRead + Send>) = if is_stdin(&path) {
            (PathBuf::from("<stdin>"), Box::new(BufReader::new(std::io::stdin())))
        } else {
            match File::open(&path) {
                Ok(file) => (path, Box::new(BufReader::new(file))),
                Err(cause) => return Err(CliError::Read { path, cause }),
            }
        };
        Ok(Self { name, documents: Documents::new(reader), taken: 0 })
    }

    /// Returns the next document; one without text where there is nothing at all, which is not even one document.
    fn next(&mut self) -> Option<Result<FactsSource, CliError>> {
        let text = match self.documents.next() {
            None if self.taken > 0 => return None,
            text => text.unwrap_or_else(|| Ok(Vec::new())),
        };
        self.taken += 1;
        let name = match self.taken {
            1 => self.name.clone(),
            number => PathBuf::from(format!("{}, document {number}", self.name.display())),
        };
        Some(match text {
            Ok(text) => Ok(FactsSource::Json { name, text }),
            Err(cause) => Err(CliError::Read { path: name, cause }),
        })
    }
}

/// The sources that a command was given, in their order; a folder stands for its files by name.
pub(crate) struct Sources {
    places: VecDeque<Result<PathBuf, CliError>>,
    stream: Option<Stream>,
}

impl Sources {
    /// Finds the sources of these paths, and says what is skipped in a folder.
    pub(crate) fn of(paths: &[PathBuf], console: &mut Console<'_>) -> Self {
        let mut places = VecDeque::new();
        let mut seen = BTreeSet::new();
        for path in paths {
            if !seen.insert(path) {
                places.push_back(Err(CliError::Twice { path: path.clone() }));
            } else if path.is_dir() {
                match folder(path) {
                    Ok((files, skipped)) => {
                        places.extend(files.into_iter().map(|file| must_be_file(&file).map(|_| file)));
                        console.say(&skipped_note(path, &skipped));
                    }
                    Err(error) => places.push_back(Err(error)),
                }
            } else {
                places.push_back(Ok(path.clone()));
            }
        }
        Self { places, stream: None }
    }
}

impl Iterator for Sources {
    type Item = Result<FactsSource, CliError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(source) = self.stream.as_mut().and_then(Stream::next) {
                if source.is_err() {
                    // What fails once fails again.
                    self.stream = None;
                }
                return Some(source);
            }
            self.stream = None;
            match self.places.pop_front()? {
                Ok(path) if is_yaml(&path) => return Some(Ok(FactsSource::Yaml(path))),
                Ok(path) => match Stream::open(path) {
                    Ok(stream) => self.stream = Some(stream),
                    Err(error) => return Some(Err(error)),
                },
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Returns the facts files of a folder by name, and the names of what is skipped. Hidden files are not looked at.
fn folder(path: &Path) -> Result<(Vec<PathBuf>, Vec<String>), CliError> {
    let failed = |cause| CliError::Read { path: path.to_owned(), cause };
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?.path();
        let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_facts = entry.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        if name.starts_with('.') {
            continue;
        }
        if is_facts && !entry.is_dir() {
            files.push(entry);
        } else {
            skipped.push(name);
        }
    }
    if files.is_empty() {
        return Err(CliError::NoFacts { path: path.to_owned() });
    }
    files.sort();
    skipped.sort();
    Ok((files, skipped))
}

/// Returns the note that says what of a folder is skipped; empty where nothing is.
fn skipped_note(path: &Path, skipped: &[String]) -> String {
    if skipped.is_empty() {
        return String::new();
    }
    let named = skipped.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = match skipped.len().saturating_sub(NAMED) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let path = path.display();
    format!("note: skipped in `{path}`: {named}{more}; a folder's *.json, *.yaml and *.yml files are read\n")
}

/// Returns the facts of these paths together, or of the machine where there is none.
pub(crate) fn world(
    paths: &[PathBuf],
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<World, CliError> {
    if paths.is_empty() {
        return machine.world();
    }
    let mut all = World::empty();
    for source in Sources::of(paths, console) {
        let source = source?;
        let path = source.name().to_owned();
        join(&mut all, source.read()?, &path)?;
    }
    Ok(all)
}

/// Adds the facts of a document to those of others.
fn join(all: &mut World, document: World, path: &Path) -> Result<(), CliError> {
    let World { format: _, hosts, cluster } = document;
    if cluster.is_some() && all.cluster.is_some() {
        return Err(CliError::ClusterTwice { path: path.to_owned() });
    }
    all.cluster = all.cluster.take().or(cluster);
    for (host, facts) in hosts {
        if all.hosts.insert(host.clone(), facts).is_some() {
            return Err(CliError::HostTwice { path: path.to_owned(), host: host.to_string() });
        }
    }
    Ok(())
}
