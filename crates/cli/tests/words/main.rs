//! What all commands have in common: formats and files, what is written down of a host, and what a user is told.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod apply;
mod ci;
mod closed;
mod colour;
mod files;
mod foreign;
mod format;
mod hands;
mod lock;
mod place;
mod ports;
mod rbac;
mod secrets;
mod shell;
mod user;
mod values;
mod without_proc;
