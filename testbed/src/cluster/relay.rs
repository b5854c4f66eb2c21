//! Carries connections from this machine's loopback into the network of a cluster that has one of its own.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};

use super::process::must_run;
use super::provider::{ClusterError, host};

/// How long `ip` may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Gives the calling thread, and all that it starts from now on, a network of its own, which goes with the last of them.
///
/// # Errors
///
/// When the system refuses, which it does without root.
pub fn leave_network() -> Result<(), ClusterError> {
    unshare(CloneFlags::CLONE_NEWNET)
        .map_err(|error| host("make a network of its own (this needs root)")(error.into()))?;
    must_run(Command::new("ip").args(["link", "set", "lo", "up"]), LIMIT, "ip link set lo up").map(|_| ())
}

/// Hands each connection of the listener on to the same port of loopback as the calling thread sees it, until this process ends.
///
/// A listener stays in the network in which it was made.
///
/// # Errors
///
/// When the listener does not know its port.
pub fn relay(listener: TcpListener) -> Result<(), ClusterError> {
    let port = listener.local_addr().map_err(host("find the port of the API server"))?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever connects hears of a failure by the end of the connection.
            thread::spawn(move || drop(carry(&stream, port)));
        }
    });
    Ok(())
}

fn carry(outside: &TcpStream, port: u16) -> io::Result<()> {
    let inside = TcpStream::connect(("127.0.0.1", port))?;
    let (outside_copy, inside_copy) = (outside.try_clone()?, inside.try_clone()?);
    let back = thread::spawn(move || copy(&inside_copy, &outside_copy));
    let there = copy(outside, &inside);
    // A panic there is one that has been printed.
    there.and(back.join().unwrap_or(Ok(())))
}

/// Copies what comes until its end, and passes that on.
fn copy(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let copied = io::copy(&mut from, &mut to).map(|_| ());
    copied.and(to.shutdown(Shutdown::Write))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn both_directions_are_carried_and_their_ends() {
        let inside = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = inside.local_addr().unwrap().port();
        let outside = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = outside.local_addr().unwrap();
        thread::spawn(move || carry(&outside.accept().unwrap().0, port));
        thread::spawn(move || {
            let (mut stream, _) = inside.accept().unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).unwrap();
            write!(stream, "heard {said}").unwrap();
        });
        let mut client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(9))).unwrap();
        client.write_all(b"this").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "heard this");
    }
}
