//! Tests of signals.

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::tree::executable;

/// Returns the program with no signal ignored: whoever runs tests in the background has them ignore some.
fn from_default_signals() -> Command {
    let mut program = Command::new("/usr/bin/env");
    program.arg("--default-signal=INT,TERM,HUP").arg(executable());
    program
}

/// Starts a program, and sends it a signal once it says that it waits; returns it with what else it says.
fn signalled(program: &mut Command, signal: Signal) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut program = program.stdout(Stdio::piped()).spawn().expect("a program");
    let mut lines = BufReader::new(program.stdout.take().expect("its output")).lines();
    assert_eq!(lines.next().expect("a line").expect("a text"), "waiting");
    kill(Pid::from_raw(program.id().try_into().expect("a number")), signal).expect("sent");
    (program, lines)
}

#[test]
fn signal_is_a_request_to_stop_and_not_the_end() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (mut program, mut lines) = signalled(from_default_signals().arg("interrupted"), signal);
        assert_eq!(lines.next().expect("a line").expect("a text"), "true", "{signal}");
        assert!(program.wait().expect("an end").success());
    }
}

#[test]
fn signal_ends_a_program_that_never_asks_for_it() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (mut program, _lines) = signalled(from_default_signals().arg("deaf"), signal);
        assert_eq!(program.wait().expect("an end").signal(), Some(signal as i32));
    }
}

#[test]
fn signal_that_is_ignored_stays_so() {
    let ignoring = "trap '' HUP; exec \"$0\" interrupted";
    let shell = &mut Command::new("/bin/sh");
    let (mut program, mut lines) = signalled(shell.args(["-c", ignoring]).arg(executable()), Signal::SIGHUP);
    assert_eq!(lines.next().expect("a line").expect("a text"), "false");
    assert!(program.wait().expect("an end").success());
}
