//! One module for each command.

mod apply;
mod completions;
mod concern;
mod cut_off;
mod discover;
mod explain;
mod explain_pod;
mod fleet;
mod fleet_report;
mod init;
mod live_spec;
mod lock_wait;
mod man;
mod permission;
mod pictures;
mod plan;
mod plan_files;
mod plan_printer;
mod pod;
mod pools;
mod rbac;
mod rdma_shared;
mod record;
mod reviewed;
mod run;
mod schema;
mod show;
mod validate;
mod verify;

pub(crate) use run::run;
pub(crate) use verify::VerifyError;
