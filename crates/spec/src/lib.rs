//! From YAML text to a checked spec with places, and back to text.
//!
//! What the fields are and which rules hold between them is said in `kinds`; files, folders and standard input
//! are the command line's. Nothing is ever read into an untyped value: each scalar keeps its text and style
//! until the field that takes it says what it wants.

mod diagnostic;
mod emit;
mod fix;
mod foreign;
mod host_values;
mod load;
mod read;
mod render;
mod schema;
mod source;
mod unsupported;
mod validate;
mod yaml;

pub use diagnostic::{Diagnostic, Place, Related};
pub use emit::{EmitError, emit};
pub use foreign::Checked;
pub use load::{Document, SpecSet, load, load_with};
pub use render::{Colour, render, render_warnings};
pub use schema::json_schema;
pub use source::{Source, is_yaml, spec_file_order};
pub use validate::{Validation, validate};
