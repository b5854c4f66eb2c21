//! Documents as YAML, for people who read that more easily than JSON.

use crate::error::CliError;

/// Returns the document as YAML.
pub(crate) fn text<T: serde::Serialize>(document: &T) -> Result<String, CliError> {
    serde_saphyr::to_string(document).map_err(|error| CliError::Yaml(error.into()))
}
