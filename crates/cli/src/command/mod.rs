//! One module for each command.

mod apply;
mod concern;
mod cut_off;
mod discover;
mod explain;
mod explain_pod;
mod fleet;
mod live_spec;
mod permission;
mod plan;
mod plan_files;
mod pod;
mod pools;
mod rbac;
mod rdma_shared;
mod record;
mod run;
mod schema;
mod show;
mod validate;
mod verify;

pub(crate) use run::run;
pub(crate) use verify::VerifyError;
