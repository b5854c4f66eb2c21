//! Reads specs and facts from files, folders and standard input.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use vfctl_kinds::document::PlacedDocument;
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_plan::{Plan, check};
use vfctl_port::World;
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
        if path.is_dir() {
            for file in folder(path)? {
                sources.push(source(&file, text_of(&file)?));
            }
        } else {
            sources.push(source(path, text_of(path)?));
        }
    }
    for source in &sources {
        if let Ok(Header { format }) = serde_json::from_str(&source.text) {
            return Err(CliError::NotASpec { path: source.name.clone(), format });
        }
    }
    Ok(sources)
}

fn source(path: &Path, text: String) -> vfctl_spec::Source {
    let name = if is_stdin(path) { "<stdin>".to_owned() } else { path.display().to_string() };
    vfctl_spec::Source { name, text }
}

/// Returns whether a path that is to be read stands for standard input.
fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Returns the text of a file, or of standard input.
fn text_of(path: &Path) -> Result<String, CliError> {
    let failed = |cause| CliError::Read { path: path.to_owned(), cause };
    let bytes = if is_stdin(path) {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    String::from_utf8(bytes.map_err(failed)?).map_err(|error| {
        let what = format!("it is no text: {}", error.utf8_error());
        failed(std::io::Error::new(std::io::ErrorKind::InvalidData, what))
    })
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
        return machine.world();
    }
    let mut all = World::empty();
    for path in files {
        let World { format: _, hosts, cluster } = document(path, &FACTS)?;
        if cluster.is_some() && all.cluster.is_some() {
            return Err(CliError::ClusterTwice { path: path.clone() });
        }
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
    proven(path, document(path, &PLAN)?)
}

/// What `apply` is given.
pub(crate) enum ApplyInput {
    /// A plan, which the user has seen.
    Plan(Plan),
    /// Specs, to plan from now.
    Specs(Specs),
}

/// Reads what is to be applied: a plan, which is told from a spec by what it says of itself, or specs.
pub(crate) fn plan_or_specs(paths: &[PathBuf]) -> Result<ApplyInput, CliError> {
    if let [path] = paths
        && !path.is_dir()
    {
        let text = text_of(path)?;
        let is_document = serde_json::from_str::<Header>(&text).is_ok();
        // One that was cut short says nothing of itself any more.
        let is_torn = path.extension().is_some_and(|extension| extension == "json")
            && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err();
        return if is_document || is_torn {
            Ok(ApplyInput::Plan(proven(path, parsed(path, &text, &PLAN)?)?))
        } else {
            Ok(ApplyInput::Specs(checked(vec![source(path, text)])))
        };
    }
    Ok(ApplyInput::Specs(specs(paths)?))
}

fn proven(path: &Path, plan: Plan) -> Result<Plan, CliError> {
    match check(&plan) {
        Ok(()) => Ok(plan),
        Err(flaws) => {
            let first = flaws.first().map(ToString::to_string).unwrap_or_default();
            let more = match flaws.len() {
                0 | 1 => String::new(),
                count => format!("; and {} more", count - 1),
            };
            Err(CliError::SpoiltPlan { path: path.to_owned(), flaws: format!("{first}{more}") })
        }
    }
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
    parsed(path, &text_of(path)?, kind)
}

fn parsed<T: serde::de::DeserializeOwned>(path: &Path, text: &str, kind: &Kind) -> Result<T, CliError> {
    let Kind { what, format, writer } = *kind;
    if let Err(cause) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        return Err(CliError::NoJson { path: path.to_owned(), what, writer, cause });
    }
    match serde_json::from_str::<Header>(text) {
        Ok(Header { format: found }) if found != format => {
            return Err(CliError::Format { path: path.to_owned(), what, found, known: format });
        }
        Ok(_) | Err(_) => {}
    }
    serde_json::from_str(text).map_err(|cause| CliError::Document { path: path.to_owned(), what, cause })
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
    spec_texts(paths).map(checked)
}

fn checked(sources: Vec<vfctl_spec::Source>) -> Specs {
    match vfctl_spec::load(&sources) {
        Ok(set) => Specs::Valid(set),
        Err(diagnostics) => Specs::Wrong(diagnostics, sources),
    }
}

/// Calls `work` with the documents as planning takes them.
pub(crate) fn with_places<T>(set: &SpecSet, work: impl FnOnce(&[PlacedDocument<'_>]) -> T) -> T {
    type Place<'a> = Box<dyn Fn(&SpecPath) -> Origin + 'a>;
    let places: Vec<Place<'_>> = set
        .documents
        .iter()
        .map(|document| -> Place<'_> {
            Box::new(move |path| {
                let place = document.place(path);
                Origin::new(place.file, u32::try_from(place.line).unwrap_or(u32::MAX), path)
            })
        })
        .collect();
    let documents: Vec<PlacedDocument<'_>> = set
        .documents
        .iter()
        .zip(&places)
        .map(|(document, place)| PlacedDocument { config: &document.config, place: place.as_ref() })
        .collect();
    work(&documents)
}
