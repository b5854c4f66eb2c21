//! Reads specs and plans from files, folders and standard input.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use vfctl_kinds::document::PlacedDocument;
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_kinds::pool::plugin::is_config;
use vfctl_plan::{Plan, check};
use vfctl_spec::{Diagnostic, Source, SpecSet};

use crate::args::SpecPaths;
use crate::document::{Header, PLAN, parsed};
use crate::error::CliError;
use crate::spec_folder::files_of;

/// Returns the texts of these files, folders (`*.yaml`, `*.yml`, sorted) and standard input (`-`).
pub(crate) fn spec_texts(paths: &[PathBuf]) -> Result<Vec<Source>, CliError> {
    let mut sources = Vec::new();
    once(paths)?;
    for path in paths {
        if path.is_dir() {
            for file in files_of(path)? {
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

/// Returns the texts with values of hosts.
fn value_texts(paths: &[PathBuf]) -> Result<Vec<Source>, CliError> {
    once(paths)?;
    paths.iter().map(|path| Ok(source(path, text_of(path)?))).collect()
}

/// Refuses standard input for two things, each a word with its paths.
fn stdin_once(uses: &[(&'static str, &[PathBuf])]) -> Result<(), CliError> {
    let mut of_stdin = uses.iter().filter(|(_, paths)| paths.iter().any(|path| is_stdin(path)));
    match (of_stdin.next(), of_stdin.next()) {
        (Some((one, _)), Some((other, _))) => Err(CliError::StdinTwice { one, other }),
        _ => Ok(()),
    }
}

/// Refuses a path that is given twice.
fn once(paths: &[PathBuf]) -> Result<(), CliError> {
    let mut seen = BTreeSet::new();
    match paths.iter().find(|path| !seen.insert(*path)) {
        Some(path) => Err(CliError::Twice { path: path.clone() }),
        None => Ok(()),
    }
}

fn source(path: &Path, text: String) -> Source {
    let name = if is_stdin(path) { "<stdin>".to_owned() } else { path.display().to_string() };
    Source { name, text }
}

/// Returns whether a path that is to be read stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Returns the text of a file, or of standard input.
fn text_of(path: &Path) -> Result<String, CliError> {
    if !is_stdin(path) {
        return file_text(path);
    }
    let mut bytes = Vec::new();
    match std::io::stdin().read_to_end(&mut bytes) {
        Ok(_) => text_from(path, bytes),
        Err(cause) => Err(CliError::Read { path: path.to_owned(), cause }),
    }
}

/// Returns the text of a file.
pub(crate) fn file_text(path: &Path) -> Result<String, CliError> {
    let bytes = std::fs::read(path).map_err(|cause| CliError::Read { path: path.to_owned(), cause })?;
    text_from(path, bytes)
}

/// Returns what was read from a file as text.
pub(crate) fn text_from(path: &Path, bytes: Vec<u8>) -> Result<String, CliError> {
    String::from_utf8(bytes).map_err(|error| {
        let what = format!("it is not text: {}", error.utf8_error());
        let cause = std::io::Error::new(std::io::ErrorKind::InvalidData, what);
        CliError::Read { path: path.to_owned(), cause }
    })
}

/// Returns the plan of this file, proven for each of its hosts: somebody may have edited it.
pub(crate) fn plan_file(path: &Path) -> Result<Plan, CliError> {
    proven(path, parsed(path, &text_of(path)?, &PLAN)?)
}

/// What `apply` is given.
pub(crate) enum ApplyInput {
    /// A plan, which the user has seen.
    Plan(Plan),
    /// Specs, to plan from now.
    Specs(Specs),
}

/// Reads what is to be applied: a plan, which is told from a spec by what it says of itself, or specs.
pub(crate) fn plan_or_specs(paths: &[PathBuf], host_values: &[PathBuf]) -> Result<ApplyInput, CliError> {
    stdin_once(&[("the spec", paths), ("--host-values", host_values)])?;
    let values = value_texts(host_values)?;
    if let [path] = paths
        && !path.is_dir()
    {
        let text = text_of(path)?;
        let is_document = serde_json::from_str::<Header>(&text).is_ok();
        // One that was cut short says nothing of itself any more.
        let is_torn = path.extension().is_some_and(|extension| extension == "json")
            && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err();
        return if is_document || is_torn {
            if !host_values.is_empty() {
                return Err(CliError::ValuesForPlan { path: path.clone() });
            }
            Ok(ApplyInput::Plan(proven(path, parsed(path, &text, &PLAN)?)?))
        } else {
            Ok(ApplyInput::Specs(checked(vec![source(path, text)], values)))
        };
    }
    Ok(ApplyInput::Specs(checked(spec_texts(paths)?, values)))
}

/// What `pools` is given.
pub(crate) enum ConfigOrSpecs {
    /// A configuration of the device plugin: its file, and its text.
    Config(PathBuf, String),
    /// Specs.
    Specs(Specs),
}

/// Reads what has pools: a configuration of the device plugin, which is told from a spec by what it says, or specs.
pub(crate) fn config_or_specs(
    paths: &[PathBuf],
    host_values: &[PathBuf],
    facts: &[PathBuf],
) -> Result<ConfigOrSpecs, CliError> {
    stdin_once(&[("the spec", paths), ("--host-values", host_values), ("--facts", facts)])?;
    let values = value_texts(host_values)?;
    if let [path] = paths
        && !path.is_dir()
    {
        let text = text_of(path)?;
        let is_torn = path.extension().is_some_and(|extension| extension == "json")
            && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err();
        return Ok(if is_config(&text) || is_torn {
            ConfigOrSpecs::Config(path.clone(), text)
        } else {
            ConfigOrSpecs::Specs(checked(vec![source(path, text)], values))
        });
    }
    Ok(ConfigOrSpecs::Specs(checked(spec_texts(paths)?, values)))
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

/// Specs that were read: either all is well, or every mistake; with the texts that they are in.
pub(crate) enum Specs {
    /// All is well.
    Valid(SpecSet, Vec<Source>),
    /// Every mistake.
    Wrong(Vec<Diagnostic>, Vec<Source>),
}

/// Reads and validates specs, beside which facts are read from these paths.
pub(crate) fn specs(paths: &SpecPaths, facts: &[PathBuf]) -> Result<Specs, CliError> {
    let (sources, values) = spec_sources(paths, facts)?;
    Ok(checked(sources, values))
}

/// Returns the texts of specs and those with values of hosts, beside which facts are read from these paths.
pub(crate) fn spec_sources(
    paths: &SpecPaths,
    facts: &[PathBuf],
) -> Result<(Vec<Source>, Vec<Source>), CliError> {
    let SpecPaths { specs, host_values } = paths;
    stdin_once(&[("the spec", specs), ("--host-values", host_values), ("--facts", facts)])?;
    let values = value_texts(host_values)?;
    Ok((spec_texts(specs)?, values))
}

fn checked(mut sources: Vec<Source>, mut values: Vec<Source>) -> Specs {
    let loaded = vfctl_spec::load_with(&sources, &values);
    sources.append(&mut values);
    match loaded {
        Ok(set) => Specs::Valid(set, sources),
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
