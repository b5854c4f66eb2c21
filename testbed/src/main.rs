//! The `testbed` program: arguments, output, exit codes.
#![allow(clippy::disallowed_methods, reason = "a test bed's business is processes, files and time")]

use std::process::ExitCode;

use clap::Parser;
use testbed::commands::{self, Arguments};

fn main() -> ExitCode {
    match commands::run_command(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("testbed: failed to {error:#}");
            ExitCode::FAILURE
        }
    }
}
