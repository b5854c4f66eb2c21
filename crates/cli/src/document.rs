//! Reads the documents that vfctl writes: facts and plans.

use std::path::Path;

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::error::CliError;

/// A kind of document that vfctl writes and reads.
pub(crate) struct Kind {
    /// What it is.
    pub(crate) what: &'static str,
    /// The format that is read.
    pub(crate) format: &'static str,
    /// What writes it.
    pub(crate) writer: &'static str,
}

/// What `record` writes.
pub(crate) const FACTS: Kind =
    Kind { what: "a facts file", format: "vfctl.dev/facts/v1", writer: "vfctl record" };

/// What `plan --out` writes.
pub(crate) const PLAN: Kind =
    Kind { what: "a plan file", format: "vfctl.dev/plan/v1", writer: "vfctl plan --out" };

/// The one thing that every version of every document has.
#[derive(serde::Deserialize)]
pub(crate) struct Header {
    /// The format, with its version.
    pub(crate) format: String,
}

/// Returns the one document in a JSON text.
pub(crate) fn parsed<T: DeserializeOwned>(path: &Path, text: &str, kind: &Kind) -> Result<T, CliError> {
    serde_json::from_str(text).map_err(|cause| match serde_json::from_str::<IgnoredAny>(text) {
        Err(cause) => no_json(path, kind, cause),
        Ok(_) => misread(path, kind, serde_json::from_str(text).ok(), cause),
    })
}

/// Returns the document in a YAML text.
pub(crate) fn yaml_parsed<T: DeserializeOwned>(path: &Path, text: &str, kind: &Kind) -> Result<T, CliError> {
    crate::yaml::parsed(text)
        .map_err(|cause| misread(path, kind, crate::yaml::parsed::<Header>(text).ok(), cause))
}

fn no_json(path: &Path, kind: &Kind, cause: serde_json::Error) -> CliError {
    CliError::NoJson { path: path.to_owned(), what: kind.what, writer: kind.writer, cause }
}

/// Returns why a document is not what it should be; its version is the first thing that is said.
fn misread(
    path: &Path,
    kind: &Kind,
    header: Option<Header>,
    cause: impl std::error::Error + Send + Sync + 'static,
) -> CliError {
    let Kind { what, format, writer: _ } = *kind;
    match header {
        Some(Header { format: found }) if found != format => {
            CliError::Format { path: path.to_owned(), what, found, known: format }
        }
        Some(_) | None => CliError::Document { path: path.to_owned(), what, cause: Box::new(cause) },
    }
}
