//! YAML text as trees that keep each scalar's text, style and place, and text from values. The only place that
//! knows the parser.

mod access;
mod deserialize;
mod free;
mod node;
mod parse;
mod scalar;
mod serialize;
mod write;

pub(crate) use deserialize::{A_LIST, A_MAP, Mistake, Problem, Step};
pub(crate) use node::{Entry, Map, Node, Span, Value};
pub(crate) use parse::parse;
pub(crate) use serialize::{WriteError, yaml_of};
