//! Sends values of VF attributes as messages that were built beforehand: what the kernel alone takes for them.
//!
//! `send_prebuilt INTERFACE FILE` takes the lines of a file for `ip -batch`, builds a message for each value, then
//! sends 128 of them in a call, reads every acknowledgement, and prints the seconds of sending and reading.
//! `send_prebuilt --check INTERFACE FILE` reads the VFs back and holds them against the file.
//! On purpose none of the crate's code is used: this is what it is measured and checked by.
#![allow(clippy::disallowed_methods, reason = "a program for measuring")]

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::{setsockopt, sockopt};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

// include/uapi/linux/{netlink,rtnetlink,if_link}.h
const RTM_GETLINK: u16 = 18;
const RTM_SETLINK: u16 = 19;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLMSG_ERROR: u16 = 2;
const IFLA_NUM_VF: u16 = 21;
const IFLA_VFINFO_LIST: u16 = 22;
const IFLA_EXT_MASK: u16 = 29;
const IFLA_VF_INFO: u16 = 1;
const IFLA_VF_MAC: u16 = 1;
const IFLA_VF_SPOOFCHK: u16 = 4;
const IFLA_VF_RATE: u16 = 6;
const IFLA_VF_TRUST: u16 = 9;
const IFLA_VF_VLAN_LIST: u16 = 12;
const IFLA_VF_VLAN_INFO: u16 = 1;
/// VFs, without their statistics (`RTEXT_FILTER_*`).
const VFS_WITHOUT_STATISTICS: u32 = 1 | 1 << 3;

/// How many messages go into one call.
const BATCH: usize = 128;
/// Room for the answers of a call, and for a link with a thousand VFs.
const BUFFER: usize = 8 << 20;

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("send_prebuilt: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--check", interface, file] => {
            let wanted = read_values(&std::fs::read_to_string(file)?)?;
            check(index_of(interface)?, &wanted)?;
            Ok(format!("{} values are as in {file}", wanted.len()))
        }
        [interface, file] => {
            let values = read_values(&std::fs::read_to_string(file)?)?;
            let index = index_of(interface)?;
            let messages: Vec<Vec<u8>> =
                values.iter().zip(1..).map(|(value, sequence)| value.message(index, sequence)).collect();
            let calls: Vec<Vec<u8>> = messages.chunks(BATCH).map(<[_]>::concat).collect();
            let socket = open()?;
            let began = Instant::now();
            send(&socket, &calls, messages.len())?;
            Ok(format!("{:.6}", began.elapsed().as_secs_f64()))
        }
        _ => Err("usage: send_prebuilt [--check] INTERFACE FILE".into()),
    }
}

/// One attribute of one VF with its value.
#[derive(Debug, Clone, PartialEq)]
struct AttributeValue {
    vf: u32,
    kind: u16,
    /// The attribute's payload after the VF's number.
    value: Vec<u8>,
}

impl AttributeValue {
    fn message(&self, index: u32, sequence: u32) -> Vec<u8> {
        let mut payload = [&self.vf.to_ne_bytes(), self.value.as_slice()].concat();
        if self.kind == IFLA_VF_VLAN_LIST {
            payload = attribute(IFLA_VF_VLAN_INFO, &payload);
        }
        let info = attribute(IFLA_VF_INFO, &attribute(self.kind, &payload));
        message(RTM_SETLINK, NLM_F_ACK, sequence, index, &attribute(IFLA_VFINFO_LIST, &info))
    }
}

/// Reads lines such as `link set dev eth0 vf 3 mac 02:00:00:00:00:01 trust on`.
fn read_values(text: &str) -> Result<Vec<AttributeValue>> {
    let mut values = Vec::new();
    for line in text.lines() {
        let wrong = || format!("not understood: {line}");
        let mut words = line.split_whitespace();
        if words.next() != Some("link") || words.next() != Some("set") || words.next() != Some("dev") {
            return Err(wrong().into());
        }
        let (Some("vf"), Some(vf)) = (words.nth(1), words.next()) else { return Err(wrong().into()) };
        let vf = vf.parse()?;
        while let Some(word) = words.next() {
            let mut next = || words.next().ok_or_else(wrong);
            let switch = |word: &str| u32::from(word == "on").to_ne_bytes().to_vec();
            let (kind, value) = match word {
                "mac" => (IFLA_VF_MAC, mac(next()?)?),
                "trust" => (IFLA_VF_TRUST, switch(next()?)),
                "spoofchk" => (IFLA_VF_SPOOFCHK, switch(next()?)),
                "vlan" => {
                    let id: u32 = next()?.parse()?;
                    let ("qos", qos) = (next()?, next()?.parse::<u32>()?) else { return Err(wrong().into()) };
                    let ("proto", "802.1Q") = (next()?, next()?) else { return Err(wrong().into()) };
                    (IFLA_VF_VLAN_LIST, [numbers(&[id, qos]), vec![0x81, 0, 0, 0]].concat())
                }
                "max_tx_rate" => {
                    let max: u32 = next()?.parse()?;
                    let ("min_tx_rate", min) = (next()?, next()?.parse()?) else {
                        return Err(wrong().into());
                    };
                    (IFLA_VF_RATE, numbers(&[min, max]))
                }
                _ => return Err(wrong().into()),
            };
            values.push(AttributeValue { vf, kind, value });
        }
    }
    Ok(values)
}

/// Returns the payload of an address: it has room for longer ones.
fn mac(text: &str) -> Result<Vec<u8>> {
    let mut bytes = text
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16))
        .collect::<std::result::Result<Vec<_>, _>>()?;
    bytes.resize(32, 0);
    Ok(bytes)
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

/// Returns an attribute, padded; a request's attributes are short.
fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 4).unwrap_or(u16::MAX);
    let mut bytes = [&length.to_ne_bytes(), &kind.to_ne_bytes(), payload].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Returns a message on an interface.
fn message(kind: u16, flags: u16, sequence: u32, index: u32, attributes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(32 + attributes.len()).unwrap_or(u32::MAX);
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((flags | NLM_F_REQUEST).to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(index.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(attributes);
    bytes
}

fn index_of(interface: &str) -> Result<u32> {
    Ok(std::fs::read_to_string(format!("/sys/class/net/{interface}/ifindex"))?.trim().parse()?)
}

/// Opens a socket that is like the crate's: short answers, with room for those of a whole call.
fn open() -> Result<Socket> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    setsockopt(&socket, sockopt::RcvBufForce, &BUFFER)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.set_ext_ack(true)?;
    socket.set_cap_ack(true)?;
    Ok(socket)
}

/// Sends what is in each call and reads an acknowledgement for each message before the next call.
fn send(socket: &Socket, calls: &[Vec<u8>], messages: usize) -> Result<()> {
    let mut buffer = Vec::with_capacity(32 << 10);
    let mut acknowledged = 0;
    for (call, number) in calls.iter().zip(1..) {
        socket.send(call, 0)?;
        while acknowledged < messages.min(number * BATCH) {
            buffer.clear();
            socket.recv(&mut buffer, 0)?;
            for (kind, payload) in split_messages(&buffer) {
                match (kind, number_at(payload, 0)) {
                    (NLMSG_ERROR, Some(0)) => acknowledged += 1,
                    (NLMSG_ERROR, Some(code)) => {
                        return Err(format!("refused with {}", code.cast_signed()).into());
                    }
                    other => return Err(format!("no acknowledgement: {other:?}").into()),
                }
            }
        }
    }
    Ok(())
}

/// Reads the VFs of an interface and compares.
fn check(index: u32, wanted: &[AttributeValue]) -> Result<()> {
    let socket = open()?;
    let mask = attribute(IFLA_EXT_MASK, &VFS_WITHOUT_STATISTICS.to_ne_bytes());
    socket.send(&message(RTM_GETLINK, 0, 1, index, &mask), 0)?;
    let mut buffer = Vec::with_capacity(BUFFER);
    socket.recv(&mut buffer, 0)?;
    let (_, link) = split_messages(&buffer).next().ok_or("no answer")?;
    let found = read_vfs(link.get(16..).unwrap_or_default())?;
    for AttributeValue { vf, kind, value } in wanted {
        let is = found.get(&(*vf, *kind)).ok_or_else(|| format!("vf {vf} has no attribute {kind}"))?;
        if is.get(..value.len()) != Some(value) {
            return Err(format!("vf {vf}, attribute {kind}: {is:02x?}, not {value:02x?}").into());
        }
    }
    Ok(())
}

/// Returns the payload of each attribute of each VF after the VF's number.
///
/// The length of the list of VFs wraps past some 222 of them; the entries are all there, one after another.
fn read_vfs(mut link: &[u8]) -> Result<BTreeMap<(u32, u16), &[u8]>> {
    let mut count = 0;
    let entries = loop {
        match kind_at(link) {
            Some(IFLA_VFINFO_LIST) => break link.get(4..).unwrap_or_default(),
            Some(IFLA_NUM_VF) => count = number_at(link, 4).unwrap_or(0),
            Some(_) => {}
            None => return Err("the link reports no VFs".into()),
        }
        take_attribute(&mut link).ok_or("the link's attributes are cut short")?;
    };
    let mut found = BTreeMap::new();
    let mut rest = entries;
    for _ in 0..count {
        let (kind, mut entry) = take_attribute(&mut rest).ok_or("the list of VFs is cut short")?;
        if kind != IFLA_VF_INFO {
            return Err("the list of VFs is short".into());
        }
        while let Some((kind, mut payload)) = take_attribute(&mut entry) {
            if kind == IFLA_VF_VLAN_LIST {
                (_, payload) = take_attribute(&mut payload).ok_or("an empty list of VLANs")?;
            }
            let vf = number_at(payload, 0).ok_or("an attribute without VF")?;
            found.insert((vf, kind), payload.get(4..).unwrap_or_default());
        }
    }
    Ok(found)
}

/// Walks the messages of an answer: kind and payload.
fn split_messages(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::try_from(number_at(bytes, 0)?).ok()?;
        let kind = u16::from_ne_bytes(bytes.get(4..)?.first_chunk().copied()?);
        let payload = bytes.get(16..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, payload))
    })
}

/// Takes the attribute that begins here off `bytes`: kind and payload.
fn take_attribute<'a>(bytes: &mut &'a [u8]) -> Option<(u16, &'a [u8])> {
    let length = usize::from(u16::from_ne_bytes(bytes.first_chunk().copied()?));
    let kind = kind_at(bytes)?;
    let payload = bytes.get(4..length)?;
    *bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((kind, payload))
}

/// Returns the kind of the attribute that begins here, without its flags.
fn kind_at(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(2..)?.first_chunk().copied()?) & 0x3fff)
}

fn number_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(offset..)?.first_chunk().copied()?))
}
