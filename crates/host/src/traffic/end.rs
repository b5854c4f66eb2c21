//! One end: a thread in a network namespace of its own, an interface with an address, and somebody who answers there.

use std::io;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use netlink_packet_core::{NLM_F_ACK, NLM_F_CREATE};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use nix::libc::{IFF_UP, RTM_NEWADDR};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::gettid;
use vfctl_model::InterfaceName;
use vfctl_port::Packets;

use crate::errno::chain;
use crate::netlink::{Link, Message, Socket, link_change, link_request_by_name};

/// Where an end answers.
const PORT: u16 = 40_198;
/// How many packets are measured.
const MEASURED: u32 = 3;
/// How long to wait for a reply.
const REPLY: Duration = Duration::from_secs(1);
/// How often it is tried until the first reply.
const TRIES: u32 = 10;
/// Attributes by which an interface goes to another network namespace (include/uapi/linux/if_link.h).
const IFLA_NET_NS_PID: u16 = 19;
const IFLA_NET_NS_FD: u16 = 28;

/// What an end is told.
enum Order {
    Begin { interface: InterfaceName, limit: Duration },
    Try { to: Ipv4Addr, is_to_reach: bool },
    GiveBack { interface: InterfaceName, origin: RawFd },
}

/// What an end answers.
enum EndReply {
    Carrier(bool),
    Tried(Packets),
    GivenBack,
}

/// What an end could not do, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct EndError(String);

impl EndError {
    /// Returns the error of an attempt.
    fn of(attempt: impl std::fmt::Display, cause: impl std::fmt::Display) -> Self {
        Self(format!("{attempt}: {cause}"))
    }

    /// Returns the error of an end that has gone, or says what it was not asked.
    fn gone() -> Self {
        Self("an end of the trial is gone".to_owned())
    }
}

/// An end.
pub(super) struct End {
    /// The thread, by which the kernel knows its network namespace.
    thread: u32,
    /// Its address.
    pub(super) address: Ipv4Addr,
    orders: Sender<Order>,
    answers: Receiver<Result<EndReply, EndError>>,
}

impl End {
    /// Starts an end; `number` makes its address, of 198.18.0.0/15, which is kept for such measurements (RFC 2544). Once `is_over` is
    /// set, it waits for nothing more.
    pub(super) fn start(number: usize, is_over: &Arc<AtomicBool>) -> Result<Self, EndError> {
        let host = u8::try_from(number + 1).map_err(|error| EndError::of("number an end", error))?;
        let address = Ipv4Addr::new(198, 18, 198, host);
        let (orders, of_orders) = channel();
        let (of_answers, answers) = channel();
        let (of_thread, thread) = channel();
        let is_over = Arc::clone(is_over);
        let body = move || {
            let begun = unshare(CloneFlags::CLONE_NEWNET).map(|()| gettid().as_raw());
            let is_begun = begun.is_ok();
            let begun = begun.map_err(|errno| EndError::of("make a network namespace", errno));
            if of_thread.send(begun).is_ok() && is_begun {
                serve(address, &is_over, &of_orders, &of_answers);
            }
        };
        thread::Builder::new()
            .name("end".to_owned())
            .spawn(body)
            .map_err(|error| EndError::of("start a thread", error))?;
        let thread = thread.recv().map_err(|_| EndError::gone())??;
        let thread = u32::try_from(thread).map_err(|error| EndError::of("number a thread", error))?;
        Ok(Self { thread, address, orders, answers })
    }

    /// Moves an interface of the socket's network namespace to the end's.
    pub(super) fn take(&self, socket: &mut Socket<'_>, interface: &InterfaceName) -> Result<(), EndError> {
        let index = number_of(socket, interface)?;
        let mut message = link_change(index, 0, 0);
        message.attribute(IFLA_NET_NS_PID, &self.thread.to_ne_bytes());
        socket.ask(message, |_| {}).map_err(|error| EndError::of(format!("move {interface}"), chain(&error)))
    }

    /// Sets the interface up with the end's address, and returns whether it has a carrier within `limit`.
    pub(super) fn begin(&self, interface: &InterfaceName, limit: Duration) -> Result<bool, EndError> {
        match self.ask(Order::Begin { interface: interface.clone(), limit })? {
            EndReply::Carrier(has) => Ok(has),
            EndReply::Tried(_) | EndReply::GivenBack => Err(EndError::gone()),
        }
    }

    /// Sends packets to another end.
    pub(super) fn send_to(&self, to: Ipv4Addr, is_to_reach: bool) -> Result<Packets, EndError> {
        match self.ask(Order::Try { to, is_to_reach })? {
            EndReply::Tried(packets) => Ok(packets),
            EndReply::Carrier(_) | EndReply::GivenBack => Err(EndError::gone()),
        }
    }

    /// Moves the interface to the network namespace of a file.
    pub(super) fn give_back(&self, interface: &InterfaceName, origin: RawFd) -> Result<(), EndError> {
        self.ask(Order::GiveBack { interface: interface.clone(), origin }).map(|_| ())
    }

    fn ask(&self, order: Order) -> Result<EndReply, EndError> {
        self.orders.send(order).map_err(|_| EndError::gone())?;
        self.answers.recv().map_err(|_| EndError::gone())?
    }
}

/// Returns the number of an interface in the socket's network namespace.
pub(super) fn number_of(socket: &mut Socket<'_>, interface: &InterfaceName) -> Result<u32, EndError> {
    link_of(socket, interface).map(|link| link.index)
}

fn link_of(socket: &mut Socket<'_>, interface: &InterfaceName) -> Result<Link, EndError> {
    let mut found = None;
    let asked = socket.ask(link_request_by_name(interface), |message| {
        found = Link::read(message).and_then(Result::ok).or(found.take());
    });
    asked.map_err(|error| EndError::of(format!("find {interface}"), chain(&error)))?;
    found.ok_or_else(|| EndError::of(format!("find {interface}"), "the kernel did not describe it"))
}

/// Sets an interface up.
pub(super) fn set_up(socket: &mut Socket<'_>, interface: &InterfaceName) -> Result<(), EndError> {
    let index = number_of(socket, interface)?;
    let up = u32::try_from(IFF_UP).unwrap_or(1);
    let asked = socket.ask(link_change(index, up, up), |_| {});
    asked.map_err(|error| EndError::of(format!("set {interface} up"), chain(&error)))
}

/// Obeys until nobody orders any more.
fn serve(
    address: Ipv4Addr,
    is_over: &AtomicBool,
    orders: &Receiver<Order>,
    answers: &Sender<Result<EndReply, EndError>>,
) {
    while let Ok(order) = orders.recv() {
        let answer = match order {
            Order::Begin { interface, limit } => {
                begin(address, is_over, &interface, limit).map(EndReply::Carrier)
            }
            Order::Try { to, is_to_reach } => send(address, is_over, to, is_to_reach)
                .map(EndReply::Tried)
                .map_err(|error| EndError::of("send packets", error)),
            Order::GiveBack { interface, origin } => {
                give_back(&interface, origin).map(|()| EndReply::GivenBack)
            }
        };
        if answers.send(answer).is_err() {
            return;
        }
    }
}

fn begin(
    address: Ipv4Addr,
    is_over: &AtomicBool,
    interface: &InterfaceName,
    limit: Duration,
) -> Result<bool, EndError> {
    let mut socket = Socket::open().map_err(|error| EndError::of("open netlink", error))?;
    set_up(&mut socket, interface)?;
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.prefix_len = 24;
    message.header.index = number_of(&mut socket, interface)?;
    message.attributes.push(AddressAttribute::Local(IpAddr::V4(address)));
    message.attributes.push(AddressAttribute::Address(IpAddr::V4(address)));
    let message = Message::new(RTM_NEWADDR, &message, NLM_F_ACK | NLM_F_CREATE);
    socket
        .ask(message, |_| {})
        .map_err(|error| EndError::of(format!("give {interface} an address"), chain(&error)))?;
    let answering = UdpSocket::bind((address, PORT))
        .map_err(|error| EndError::of(format!("answer on {interface}"), error))?;
    // It ends with the process.
    drop(thread::Builder::new().name("answer".to_owned()).spawn(move || answer(&answering)));
    wait_for_carrier(is_over, limit, || Ok(link_of(&mut socket, interface)?.carrier))
}

/// Returns whether there is a carrier within `limit`; does not wait for it once all is over.
fn wait_for_carrier(
    is_over: &AtomicBool,
    limit: Duration,
    mut has_carrier: impl FnMut() -> Result<bool, EndError>,
) -> Result<bool, EndError> {
    let begin = Instant::now();
    loop {
        if has_carrier()? {
            return Ok(true);
        }
        if is_over.load(Ordering::Relaxed) || begin.elapsed() >= limit {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Sends back whatever comes.
fn answer(socket: &UdpSocket) {
    let mut buffer = [0; 64];
    loop {
        if let Ok((length, from)) = socket.recv_from(&mut buffer)
            && let Some(packet) = buffer.get(..length)
        {
            // Whoever waits for it counts what is lost.
            let _ = socket.send_to(packet, from);
        }
    }
}

/// Sends packets to the one who answers at an address, and counts the replies; no more once all is over.
fn send(own: Ipv4Addr, is_over: &AtomicBool, to: Ipv4Addr, is_to_reach: bool) -> io::Result<Packets> {
    let socket = UdpSocket::bind((own, 0))?;
    let mut number = 0_u32;
    // A switch learns, and neighbours are found, with the first packets.
    for _ in 0..if is_to_reach { TRIES } else { 0 } {
        number += 1;
        if is_over.load(Ordering::Relaxed) || exchange(&socket, to, number)?.is_some() {
            break;
        }
    }
    let mut packets = Packets::default();
    let mut total = Duration::ZERO;
    for _ in 0..MEASURED {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        number += 1;
        packets.sent += 1;
        if let Some(time) = exchange(&socket, to, number)? {
            packets.received += 1;
            total += time;
        }
    }
    packets.mean = total.checked_div(packets.received).unwrap_or_default();
    Ok(packets)
}

/// Sends one packet; returns how long its reply took, `None` where none came.
fn exchange(socket: &UdpSocket, to: Ipv4Addr, number: u32) -> io::Result<Option<Duration>> {
    let begin = Instant::now();
    // An error says that the neighbour was not found, at once or for the packet before.
    let _ = socket.send_to(&number.to_ne_bytes(), (to, PORT));
    let mut buffer = [0; 64];
    while let Some(left) = REPLY.checked_sub(begin.elapsed()).filter(|left| !left.is_zero()) {
        socket.set_read_timeout(Some(left))?;
        match socket.recv_from(&mut buffer) {
            Ok((length, from))
                if from.ip() == IpAddr::V4(to) && buffer.get(..length) == Some(&number.to_ne_bytes()) =>
            {
                return Ok(Some(begin.elapsed()));
            }
            Ok(_) => {}
            // The neighbour was not found: the time is over, or is waited for.
            Err(_) => thread::sleep(Duration::from_millis(10).min(left)),
        }
    }
    Ok(None)
}

fn give_back(interface: &InterfaceName, origin: RawFd) -> Result<(), EndError> {
    let mut socket = Socket::open().map_err(|error| EndError::of("open netlink", error))?;
    let mut message = link_change(number_of(&mut socket, interface)?, 0, 0);
    message.attribute(IFLA_NET_NS_FD, &origin.to_ne_bytes());
    socket.ask(message, |_| {}).map_err(|error| EndError::of(format!("give {interface} back"), chain(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_waited_for_once_all_is_over() {
        let begin = Instant::now();
        let long = Duration::from_secs(60);
        let is_over = AtomicBool::new(true);
        assert!(!wait_for_carrier(&is_over, long, || Ok(false)).expect("no error"));
        assert!(wait_for_carrier(&is_over, long, || Ok(true)).expect("no error"));
        let loopback = Ipv4Addr::LOCALHOST;
        let packets = send(loopback, &is_over, loopback, true).expect("no error");
        assert_eq!(packets, Packets::default());
        assert!(begin.elapsed() < Duration::from_secs(1));
        let short = Duration::from_millis(1);
        assert!(!wait_for_carrier(&AtomicBool::new(false), short, || Ok(false)).expect("no error"));
    }
}
