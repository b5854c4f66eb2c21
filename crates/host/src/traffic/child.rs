//! The child's half: it takes the interfaces, lets the ends try, and gives all back, whatever happened.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write, stdin, stdout};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use vfctl_model::InterfaceName;
use vfctl_port::TrafficTrial;

use super::end::{End, EndError, set_up};
use super::words::{Said, trial};
use crate::netlink::Socket;

/// Does what the arguments say. It ends with its parent, who may be killed.
pub(crate) fn traffic(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    // Where it fails, the end of standard input says that the parent is gone.
    let _ = set_pdeathsig(Signal::SIGKILL);
    let words = arguments.map(|word| word.to_string_lossy().into_owned());
    let Some((trial, limit)) = trial(words) else { return ExitCode::FAILURE };
    let is_over = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&is_over);
    let listener = thread::Builder::new().name("parent".to_owned()).spawn(move || {
        let mut rest = Vec::new();
        drop(stdin().read_to_end(&mut rest));
        heard.store(true, Ordering::Relaxed);
    });
    drop(listener);
    match work(&trial, limit, &is_over) {
        Ok(()) => say(&Said::Done),
        Err(why) => say(&Said::Trouble(why)),
    }
    ExitCode::SUCCESS
}

fn say(said: &Said) {
    // Without a parent to hear it, all is given back nevertheless.
    let mut output = stdout().lock();
    let _ = output.write_all(format!("{}\n", said.line()).as_bytes()).and_then(|()| output.flush());
}

fn work(trial: &TrafficTrial, limit: Duration, is_over: &Arc<AtomicBool>) -> Result<(), String> {
    let origin =
        File::open("/proc/self/ns/net").map_err(|error| format!("open /proc/self/ns/net: {error}"))?;
    let mut socket = Socket::open().map_err(|error| format!("open netlink: {error}"))?;
    let ends =
        (0..trial.ends.len()).map(|number| End::start(number, is_over)).collect::<Result<Vec<End>, _>>();
    let ends = ends.map_err(|error| error.to_string())?;
    let mut taken = Vec::new();
    let tried = take_and_try(trial, limit, is_over, &ends, &mut socket, &mut taken);
    let mut troubles: Vec<String> = tried.err().map(|error| error.to_string()).into_iter().collect();
    for (end, interface, up) in taken {
        let back = end.give_back(interface, origin.as_raw_fd());
        let back = back.and_then(|()| if up { set_up(&mut socket, interface) } else { Ok(()) });
        troubles.extend(back.err().map(|error| error.to_string()));
    }
    if troubles.is_empty() { Ok(()) } else { Err(troubles.join("; ")) }
}

fn take_and_try<'a>(
    trial: &'a TrafficTrial,
    limit: Duration,
    is_over: &AtomicBool,
    ends: &'a [End],
    socket: &mut Socket<'_>,
    taken: &mut Vec<(&'a End, &'a InterfaceName, bool)>,
) -> Result<(), EndError> {
    for (end, (interface, up)) in ends.iter().zip(&trial.ends) {
        end.take(socket, interface)?;
        taken.push((end, interface, *up));
    }
    for (end, interface, _) in taken.iter() {
        let has = end.begin(interface, limit)?;
        if is_over.load(Ordering::Relaxed) {
            return Ok(());
        }
        say(&Said::Carrier(has));
    }
    for (from, to, is_to_reach) in &trial.tries {
        let (Some(from), Some(to)) = (ends.get(*from), ends.get(*to)) else { continue };
        let packets = from.send_to(to.address, *is_to_reach)?;
        // What was broken off shows nothing.
        if is_over.load(Ordering::Relaxed) {
            return Ok(());
        }
        say(&Said::Tried(packets));
    }
    Ok(())
}
