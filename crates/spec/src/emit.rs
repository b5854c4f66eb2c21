//! A document as YAML text that people edit and that loads as the same document.

use vfctl_kinds::document::SriovConfig;

use crate::yaml::{WriteError, yaml_of};

/// Why a document has no text: a kind has a value of a shape that YAML as specs use it does not have.
#[derive(Debug, thiserror::Error)]
#[error("write the document as YAML")]
pub struct EmitError(#[source] WriteError);

/// Returns the document as YAML, as its types say; all that another reader might take for something else is quoted, and
/// what has the value that an absent field has is left out.
///
/// # Errors
/// Where a kind has a value that a spec has no use for, which is a defect of vfctl.
pub fn emit(config: &SriovConfig) -> Result<String, EmitError> {
    yaml_of(config).map(|yaml| yaml.to_text()).map_err(EmitError)
}
