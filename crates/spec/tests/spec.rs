//! Specs as people write them: what is refused and in which words, and what is taken.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

#[path = "spec/documents.rs"]
mod documents;
#[path = "spec/generate.rs"]
mod generate;
#[path = "spec/generate_networks.rs"]
mod generate_networks;
#[path = "spec/generate_rdma_shared.rs"]
mod generate_rdma_shared;
#[path = "spec/host_values.rs"]
mod host_values;
#[path = "spec/lint.rs"]
mod lint;
#[path = "spec/mistakes.rs"]
mod mistakes;
#[path = "spec/networks.rs"]
mod networks;
#[path = "spec/on_host.rs"]
mod on_host;
#[path = "spec/properties.rs"]
mod properties;
#[path = "spec/rdma_shared.rs"]
mod rdma_shared;
#[path = "spec/schema.rs"]
mod schema;
#[path = "spec/schema_values.rs"]
mod schema_values;
#[path = "spec/subfunctions.rs"]
mod subfunctions;
#[path = "spec/traps.rs"]
mod traps;
#[path = "spec/validator.rs"]
mod validator;
