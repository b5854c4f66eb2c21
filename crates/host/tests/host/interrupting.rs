//! Tests of signals.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::tree::executable;

#[test]
fn signal_is_a_request_to_stop_and_not_the_end() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // Whoever runs tests in the background has them ignore some.
        let mut program = Command::new("/usr/bin/env")
            .arg("--default-signal=INT,TERM,HUP")
            .arg(executable())
            .arg("interrupted")
            .stdout(Stdio::piped())
            .spawn()
            .expect("a program");
        let mut lines = BufReader::new(program.stdout.take().expect("its output")).lines();
        assert_eq!(lines.next().expect("a line").expect("a text"), "waiting");
        kill(Pid::from_raw(program.id().try_into().expect("a number")), signal).expect("sent");
        assert_eq!(lines.next().expect("a line").expect("a text"), "true", "{signal}");
        assert!(program.wait().expect("an end").success());
    }
}

#[test]
fn signal_ends_a_program_that_never_asks_for_it() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut program = Command::new("/usr/bin/env")
            .arg("--default-signal=INT,TERM,HUP")
            .arg(executable())
            .arg("deaf")
            .stdout(Stdio::piped())
            .spawn()
            .expect("a program");
        let mut lines = BufReader::new(program.stdout.take().expect("its output")).lines();
        assert_eq!(lines.next().expect("a line").expect("a text"), "waiting");
        kill(Pid::from_raw(program.id().try_into().expect("a number")), signal).expect("sent");
        assert_eq!(program.wait().expect("an end").signal(), Some(signal as i32));
    }
}

#[test]
fn signal_that_is_ignored_stays_so() {
    let ignoring = "trap '' HUP; exec \"$0\" interrupted";
    let mut program = Command::new("/bin/sh")
        .args(["-c", ignoring])
        .arg(executable())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a program");
    let mut lines = BufReader::new(program.stdout.take().expect("its output")).lines();
    assert_eq!(lines.next().expect("a line").expect("a text"), "waiting");
    kill(Pid::from_raw(program.id().try_into().expect("a number")), Signal::SIGHUP).expect("sent");
    assert_eq!(lines.next().expect("a line").expect("a text"), "false");
    assert!(program.wait().expect("an end").success());
}
