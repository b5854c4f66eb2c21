//! Reads specs and facts from files, folders and standard input.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use vfctl_plan::{Plan, Source, check};
use vfctl_port::{FactsFormat, World};
use vfctl_spec::{Diagnostic, SpecSet};

use crate::error::CliError;
use crate::machine::Machine;

/// Returns the texts of these files, folders (`*.yaml`, `*.yml`, sorted) and standard input (`-`).
pub(crate) fn spec_texts(paths: &[PathBuf]) -> Result<Vec<vfctl_spec::Source>, CliError> {
    let mut sources = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if !seen.insert(path) {
            return Err(CliError::Twice { path: path.clone() });
        }
        if path.as_os_str() == "-" {
            let text = read_stdin().map_err(|cause| CliError::Read { path: path.clone(), cause })?;
            sources.push(vfctl_spec::Source { name: "<stdin>".to_owned(), text });
        } else if path.is_dir() {
            for file in folder(path)? {
                sources.push(file_text(&file)?);
            }
        } else {
            sources.push(file_text(path)?);
        }
    }
    for source in &sources {
        if let Ok(Header { format }) = serde_json::from_str(&source.text) {
            return Err(CliError::NotASpec { path: source.name.clone(), format });
        }
    }
    Ok(sources)
}

fn file_text(path: &Path) -> Result<vfctl_spec::Source, CliError> {
    let bytes = std::fs::read(path).map_err(|cause| CliError::Read { path: path.to_owned(), cause })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let what = format!("it is no text: {}", error.utf8_error());
        let cause = std::io::Error::new(std::io::ErrorKind::InvalidData, what);
        CliError::Read { path: path.to_owned(), cause }
    })?;
    Ok(vfctl_spec::Source { name: path.display().to_string(), text })
}

/// Returns the specs of a folder, in their order.
fn folder(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |cause| CliError::Read { path: path.to_owned(), cause };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_file() {
            names.extend(entry.file_name().to_str().map(str::to_owned));
        }
    }
    let files: Vec<PathBuf> =
        vfctl_spec::spec_file_order(names).into_iter().map(|name| path.join(name)).collect();
    if files.is_empty() {
        return Err(CliError::NoSpec { path: path.to_owned() });
    }
    Ok(files)
}

/// Returns the facts of these files, or of the machine where there is none.
pub(crate) fn world(files: &[PathBuf], machine: &Machine<'_>) -> Result<World, CliError> {
    if files.is_empty() {
        return Ok(World::of_host(machine.name.clone(), machine.observe.observe_host()?));
    }
    let mut all = World { format: FactsFormat::V1, hosts: Default::default(), cluster: None };
    for path in files {
        let World { format: _, hosts, cluster } = document(path, &FACTS)?;
        all.cluster = all.cluster.or(cluster);
        for (host, facts) in hosts {
            if all.hosts.insert(host.clone(), facts).is_some() {
                return Err(CliError::HostTwice { path: path.clone(), host: host.to_string() });
            }
        }
    }
    Ok(all)
}

/// Returns the plan of this file, proven for each of its hosts: somebody may have edited it.
pub(crate) fn plan_file(path: &Path) -> Result<Plan, CliError> {
    let plan: Plan = document(path, &PLAN)?;
    for host in plan.hosts.values() {
        check(host).map_err(|flaws| {
            let first = flaws.first().map(ToString::to_string).unwrap_or_default();
            let more = match flaws.len() {
                0 | 1 => String::new(),
                count => format!("; and {} more", count - 1),
            };
            CliError::SpoiltPlan { path: path.to_owned(), flaws: format!("{first}{more}") }
        })?;
    }
    Ok(plan)
}

/// A kind of JSON document that vfctl writes and reads.
struct Kind {
    /// What it is.
    what: &'static str,
    /// The format that is read.
    format: &'static str,
    /// What writes it.
    writer: &'static str,
}

/// What `record` writes.
const FACTS: Kind = Kind { what: "a facts file", format: "vfctl.dev/facts/v1", writer: "vfctl record" };

/// What `plan -o` writes.
const PLAN: Kind = Kind { what: "a plan file", format: "vfctl.dev/plan/v1", writer: "vfctl plan -o" };

/// The one thing that every version of every document has.
#[derive(serde::Deserialize)]
struct Header {
    format: String,
}

/// Returns a JSON document of vfctl's; `-` is standard input. Its version is looked at before anything else.
fn document<T: serde::de::DeserializeOwned>(path: &Path, kind: &Kind) -> Result<T, CliError> {
    let Kind { what, format, writer } = *kind;
    let read = if path.as_os_str() == "-" { read_stdin() } else { std::fs::read_to_string(path) };
    let text = read.map_err(|cause| CliError::Read { path: path.to_owned(), cause })?;
    if let Err(cause) = serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        return Err(CliError::NoJson { path: path.to_owned(), what, writer, cause });
    }
    match serde_json::from_str::<Header>(&text) {
        Ok(Header { format: found }) if found != format => {
            return Err(CliError::Format { path: path.to_owned(), found, known: format });
        }
        Ok(_) | Err(_) => {}
    }
    serde_json::from_str(&text).map_err(|cause| CliError::Document { path: path.to_owned(), what, cause })
}

fn read_stdin() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// Specs that were read: either all is well, or every mistake.
pub(crate) enum Specs {
    /// All is well.
    Valid(SpecSet),
    /// Every mistake, and the texts they are in.
    Wrong(Vec<Diagnostic>, Vec<vfctl_spec::Source>),
}

/// Reads and validates specs.
pub(crate) fn specs(paths: &[PathBuf]) -> Result<Specs, CliError> {
    let sources = spec_texts(paths)?;
    Ok(match vfctl_spec::load(&sources) {
        Ok(set) => Specs::Valid(set),
        Err(diagnostics) => Specs::Wrong(diagnostics, sources),
    })
}

/// Calls `work` with the documents as planning takes them.
pub(crate) fn with_sources<T>(set: &SpecSet, work: impl FnOnce(&[Source<'_>]) -> T) -> T {
    type Place<'a> = Box<dyn Fn(&vfctl_kinds::path::SpecPath) -> String + 'a>;
    let places: Vec<Place<'_>> = set
        .documents
        .iter()
        .map(|document| -> Place<'_> {
            Box::new(move |path| {
                let place = document.place(path);
                format!("{}:{}: {path}", place.file, place.line)
            })
        })
        .collect();
    let sources: Vec<Source<'_>> = set
        .documents
        .iter()
        .zip(&places)
        .map(|(document, place)| Source { config: &document.config, place: place.as_ref() })
        .collect();
    work(&sources)
}
