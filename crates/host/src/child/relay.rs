//! The relay's half: a child that has a netlink socket, sends what its parent says and tells what comes back; beside that
//! a thread of it reads.
//!
//! It knows nothing of what it sends. The kernel works a request off inside `sendmsg`, and each further part of a dump
//! inside `recvmsg`, both under the lock of all interfaces (`rtnl_lock`, net/core/rtnetlink.c), which a driver that waits
//! for its firmware may keep: this process can be left behind then.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::sched::{CloneFlags, setns};
use nix::sys::prctl::set_name;

use super::frames::{Answers, Frame};
use super::words::CHILD_NAME;
use super::work::read_all;
use crate::netlink::OwnSocket;

/// How much of an answer fits into the pipe, in bytes: a VF list of a thousand VFs (an ordinary user may have as much,
/// /proc/sys/fs/pipe-max-size).
const ROOM: i32 = 1 << 20;
/// What `/proc/*/comm` says of a relay that changes nothing.
const IDLE_NAME: &CStr = c"vfctl-relay";
/// How much is written at once, in bytes.
const BUFFER: usize = 256 << 10;

/// Relays until the parent ends.
pub(super) fn relay() -> ExitCode {
    match relay_all() {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody listens any more.
        Err(_) => ExitCode::FAILURE,
    }
}

fn relay_all() -> io::Result<()> {
    let output = io::stdout().lock();
    // To wake the parent for each part of an answer takes longer than to write it. Where so much is not allowed, it is woken
    // more often.
    let _ = fcntl(&output, FcntlArg::F_SETPIPE_SZ(ROOM));
    let (mut input, mut output) = (io::stdin().lock(), BufWriter::with_capacity(BUFFER, output));
    let mut socket = OwnSocket::open();
    let reads = start_reader()?;
    let _ = set_name(IDLE_NAME);
    while let Some(frame) = Frame::read(&mut input)? {
        let asked = match frame {
            // The reader answers by itself, on another way.
            Frame::Read(asked) => {
                drop(reads.send(asked));
                continue;
            }
            Frame::Enter(path) => {
                socket = enter(OsStr::from_bytes(&path));
                socket.as_ref().map(|_| ()).map_err(number_of)
            }
            Frame::Send(Answers::Whole, bytes) => {
                relay_one(&mut socket, &bytes, OwnSocket::receive, &mut output)?
            }
            Frame::Send(Answers::Acks, bytes) => {
                // A run that comes after this one was ended waits for what it was changing.
                let _ = set_name(CHILD_NAME);
                let relayed = relay_one(&mut socket, &bytes, OwnSocket::receive_short, &mut output)?;
                let _ = set_name(IDLE_NAME);
                relayed
            }
            Frame::Received(_) | Frame::Failed(_) | Frame::End => Err(Errno::EINVAL as i32),
        };
        if let Err(errno) = asked {
            Frame::Failed(errno).write(&mut output)?;
        }
        Frame::End.write(&mut output)?;
        output.flush()?;
    }
    Ok(())
}

/// Sends messages, and tells what comes back, and each error: one says that some datagrams were lost, and
/// the others can still be received.
fn relay_one(
    socket: &mut io::Result<OwnSocket>,
    bytes: &[u8],
    receive: impl Fn(&mut OwnSocket) -> io::Result<Option<&[u8]>>,
    output: &mut impl Write,
) -> io::Result<Result<(), i32>> {
    const OVERRUNS: u32 = 3;
    let socket = match socket {
        Ok(socket) => socket,
        Err(error) => return Ok(Err(number_of(error))),
    };
    if let Err(error) = socket.send(bytes) {
        return Ok(Err(number_of(&error)));
    }
    // Messages tell how long they are: those of several datagrams go as those of one.
    let mut received = Vec::new();
    let mut overruns = 0;
    loop {
        let ended = match receive(socket) {
            Ok(Some(datagram)) => {
                received.extend(datagram);
                received.resize(received.len().next_multiple_of(4), 0);
                continue;
            }
            Ok(None) => Ok(()),
            Err(error) => Err(number_of(&error)),
        };
        Frame::Received(std::mem::take(&mut received)).write(output)?;
        match ended {
            Err(failed) if failed == Errno::ENOBUFS as i32 && overruns < OVERRUNS => {
                overruns += 1;
                Frame::Failed(failed).write(output)?;
            }
            ended => return Ok(ended),
        }
    }
}

/// Starts the thread that reads what may have to wait for the lock of a device, which is none of netlink's, and says each
/// result on standard error.
fn start_reader() -> io::Result<Sender<Vec<String>>> {
    let (sender, receiver) = channel::<Vec<String>>();
    let read = move || {
        for asked in receiver {
            if read_all(asked.into_iter().map(OsString::from), &mut io::stderr()).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("reader".to_owned()).spawn(read)?;
    Ok(sender)
}

fn enter(path: &OsStr) -> io::Result<OwnSocket> {
    setns(File::open(path)?, CloneFlags::CLONE_NEWNET)?;
    OwnSocket::open()
}

fn number_of(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(Errno::EIO as i32)
}
