//! Linting of other tools' documents: device plugin configs, networks of pods and their CNI configurations.
//!
//! What each tool reads is said in tables; which mistakes there are is one list, `row`. Nothing is converted, and what
//! no rule knows is left alone.

mod checked;
mod cni;
mod document;
mod embedded;
mod field;
mod finding;
mod hardware;
mod ids;
mod ipam;
mod json;
mod network;
mod plugin;
mod quotes;
mod rdma;
mod resource;
mod row;
mod selectors;
mod sriov;

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;

pub use checked::Checked;
pub(crate) use document::Reread;
pub(crate) use finding::Linter;
