//! Boots emulated hardware, runs scenarios on it and brings back transcripts.
//!
//! It runs vfctl as a program and knows it only by its words and exit codes:
//! no crate of vfctl is used here.
#![allow(clippy::disallowed_methods, reason = "a test bed's business is processes, files and time")]

pub mod bad_days;
pub mod cluster;
pub mod commands;
pub mod fixtures;
pub mod guest;
pub mod image;
pub mod lab;
pub mod least_rights;
pub mod machine;
pub mod matrix;
pub mod patience;
pub mod place;
pub mod programs;
pub mod random;
pub mod report;
pub mod roles;
pub mod runner;
pub mod scenario;
pub mod topology;
pub mod transcript;
