//! Documents as YAML, for people who read that more easily than JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::CliError;

/// The most nodes of a document: a host with thousands of VFs has hundreds of thousands.
const MOST_NODES: usize = 10_000_000;

/// Returns the document as YAML.
pub(crate) fn text<T: Serialize>(document: &T) -> Result<String, CliError> {
    serde_saphyr::to_string(document).map_err(|error| CliError::Yaml(error.into()))
}

/// Returns the document in a YAML text.
pub(crate) fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, serde_saphyr::Error> {
    let budget = serde_saphyr::budget! { max_nodes: MOST_NODES, max_events: 2 * MOST_NODES };
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false, budget: budget };
    serde_saphyr::from_str_with_options(text, options)
}
