//! What all commands have in common: formats and files, what is written down of a host, and what a user is told.

#![allow(clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod closed;
mod colour;
mod files;
mod foreign;
mod format;
mod place;
mod rbac;
mod secrets;
mod user;
mod values;
