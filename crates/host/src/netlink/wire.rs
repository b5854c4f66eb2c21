//! Netlink messages as bytes: requests being built, datagrams being walked, and attributes of VFs.
//!
//! Headers, requests and typed attributes are those of the `netlink-packet` crates. By hand is what these do not have:
//! requests that get their sequence number when they are sent, so that they can be sent again, and attributes whose
//! stated length may have wrapped.

use netlink_packet_core::{Emitable, NLA_TYPE_MASK, NLM_F_REQUEST, NetlinkBuffer, NetlinkHeader};

/// Length of `struct nlattr`.
const ATTRIBUTE_HEADER: usize = 4;

/// A request being built.
#[derive(Debug, Clone)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    /// Returns a message of this type with this content and the flags beside `NLM_F_REQUEST`; sequence number 0.
    pub(crate) fn new(kind: u16, content: &impl Emitable, flags: u16) -> Self {
        let mut header = NetlinkHeader::default();
        header.message_type = kind;
        header.flags = flags | NLM_F_REQUEST;
        let mut bytes = vec![0; header.buffer_len() + content.buffer_len()];
        if let Some((start, rest)) = bytes.split_at_mut_checked(header.buffer_len()) {
            header.emit(start);
            content.emit(rest);
        }
        Self(bytes)
    }

    /// Adds bytes to an attribute's payload.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
    }

    /// Adds an attribute, padded.
    pub(crate) fn attribute(&mut self, kind: u16, payload: &[u8]) {
        self.nest(kind, |message| message.put(payload));
    }

    /// Adds an attribute whose payload `fill` writes, padded.
    pub(crate) fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.put(&[0, 0]);
        self.put(&kind.to_ne_bytes());
        fill(self);
        // A request has a few hundred bytes; saturating keeps an impossible one malformed instead of wrapped.
        let length = u16::try_from(self.0.len() - start).unwrap_or(u16::MAX);
        if let Some(stated) = self.0.get_mut(start..start + 2) {
            stated.copy_from_slice(&length.to_ne_bytes());
        }
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// Returns the bytes to send under this sequence number.
    pub(crate) fn finish(&self, sequence: u32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len());
        self.append_to(&mut bytes, sequence);
        bytes
    }

    /// Appends the bytes to send under this sequence number; messages are padded.
    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>, sequence: u32) {
        let start = bytes.len();
        bytes.extend_from_slice(&self.0);
        if let Some(message) = bytes.get_mut(start..) {
            let mut header = NetlinkBuffer::new(message);
            header.set_length(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
            header.set_sequence_number(sequence);
        }
    }
}

/// A message of a reply.
pub(crate) type Received<'a> = NetlinkBuffer<&'a [u8]>;

/// Walks the messages of one datagram; ends early where one is malformed.
pub(crate) fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Received<'_>> {
    std::iter::from_fn(move || {
        let message = NetlinkBuffer::new_checked(bytes).ok()?;
        let length = usize::try_from(message.length()).ok()?.next_multiple_of(4);
        bytes = bytes.get(length..).unwrap_or_default();
        Some(message)
    })
}

/// An attribute: its type without flags, and its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    pub(crate) kind: u16,
    pub(crate) payload: &'a [u8],
}

/// Returns type and stated length (header included) of the attribute that begins here.
pub(crate) fn attribute_header(bytes: &[u8]) -> Option<(u16, u16)> {
    let length = u16::from_ne_bytes(*bytes.first_chunk()?);
    let kind = u16::from_ne_bytes(*bytes.get(2..)?.first_chunk()?);
    Some((kind & NLA_TYPE_MASK, length))
}

/// Takes the attribute that begins here off `bytes`; `None` at the end, or where it is malformed.
pub(crate) fn take_attribute<'a>(bytes: &mut &'a [u8]) -> Option<Attribute<'a>> {
    let (kind, length) = attribute_header(bytes)?;
    let payload = bytes.get(ATTRIBUTE_HEADER..usize::from(length))?;
    *bytes = bytes.get(usize::from(length).next_multiple_of(4)..).unwrap_or_default();
    Some(Attribute { kind, payload })
}

/// Walks attributes; ends early where one is malformed.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    std::iter::from_fn(move || take_attribute(&mut bytes))
}

/// Returns the payload of the first attribute of this type.
pub(crate) fn find(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).find(|attribute| attribute.kind == kind).map(|attribute| attribute.payload)
}

/// Reads a number of the machine's byte order.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

#[cfg(test)]
pub(crate) mod tests {
    /// Returns a datagram with one message of sequence number 7.
    pub(crate) fn datagram(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + payload.len()).expect("short");
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend([kind.to_ne_bytes(), flags.to_ne_bytes()].concat());
        bytes.extend([7u32.to_ne_bytes(), 0u32.to_ne_bytes()].concat());
        bytes.extend(payload);
        bytes
    }

    /// Returns an attribute, padded.
    pub(crate) fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + payload.len()).expect("short");
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(payload);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    /// Returns the bytes that these hex digits say.
    pub(crate) fn hex(digits: &str) -> Vec<u8> {
        let digit =
            |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok()).expect("hex");
        digits.as_bytes().chunks(2).map(|pair| digit(&pair[0]) << 4 | digit(&pair[1])).collect()
    }
}
