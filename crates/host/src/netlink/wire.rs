//! Bytes of netlink: building messages, walking messages and attributes.
//!
//! What a message means lives with the kind of message.

/// Message types and flags (include/uapi/linux/netlink.h, rtnetlink.h).
pub(crate) mod kind {
    pub(crate) const NLMSG_ERROR: u16 = 2;
    pub(crate) const NLMSG_DONE: u16 = 3;
    pub(crate) const RTM_NEWLINK: u16 = 16;
    pub(crate) const RTM_GETLINK: u16 = 18;
    pub(crate) const RTM_SETLINK: u16 = 19;
    pub(crate) const RTM_NEWADDR: u16 = 20;
    pub(crate) const RTM_GETADDR: u16 = 22;
    pub(crate) const RTM_NEWROUTE: u16 = 24;
    pub(crate) const RTM_GETROUTE: u16 = 26;
    pub(crate) const RTM_NEWNSID: u16 = 88;
    pub(crate) const RTM_GETNSID: u16 = 90;

    pub(crate) const NLM_F_REQUEST: u16 = 0x1;
    pub(crate) const NLM_F_ACK: u16 = 0x4;
    pub(crate) const NLM_F_DUMP_INTR: u16 = 0x10;
    pub(crate) const NLM_F_CAPPED: u16 = 0x100;
    pub(crate) const NLM_F_ACK_TLVS: u16 = 0x200;
    pub(crate) const NLM_F_DUMP: u16 = 0x300;
}

/// Length of `struct nlmsghdr`.
const MESSAGE_HEADER: usize = 16;
/// Length of `struct nlattr`.
const ATTRIBUTE_HEADER: usize = 4;
/// Takes `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER` off an attribute's type.
const TYPE_MASK: u16 = 0x3fff;

/// A request being built.
#[derive(Debug, Clone)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    /// Returns a message of this type with the flags beside `NLM_F_REQUEST`; sequence number 0.
    pub(crate) fn new(kind: u16, flags: u16) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend(0u32.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend((flags | kind::NLM_F_REQUEST).to_ne_bytes());
        bytes.extend([0; 8]);
        Self(bytes)
    }

    /// Adds bytes of the fixed part.
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
        overwrite(&mut self.0, start, &length.to_ne_bytes());
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
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        overwrite(bytes, start, &length.to_ne_bytes());
        overwrite(bytes, start + 8, &sequence.to_ne_bytes());
    }
}

/// Writes over the bytes that begin at `start`, which are there.
fn overwrite(target: &mut [u8], start: usize, bytes: &[u8]) {
    if let Some(target) = target.get_mut(start..start + bytes.len()) {
        target.copy_from_slice(bytes);
    }
}

/// Returns an `RTM_SETLINK` that changes one interface; `flags` are `ifi_flags`, all of them in `ifi_change`.
pub(crate) fn link_change(index: u32, flags: u32, change: u32) -> Message {
    let mut message = Message::new(kind::RTM_SETLINK, kind::NLM_F_ACK);
    put_link_header(&mut message, index, flags, change);
    message
}

/// Adds `struct ifinfomsg`.
pub(crate) fn put_link_header(message: &mut Message, index: u32, flags: u32, change: u32) {
    message.put(&[0; 4]);
    message.put(&index.to_ne_bytes());
    message.put(&flags.to_ne_bytes());
    message.put(&change.to_ne_bytes());
}

/// A message of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    pub(crate) payload: &'a [u8],
}

/// Walks the messages of one datagram; ends early where one is malformed.
pub(crate) fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Received<'_>> {
    std::iter::from_fn(move || {
        let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
        let message = bytes.get(..length)?;
        let received = Received {
            kind: u16_at(message, 4)?,
            flags: u16_at(message, 6)?,
            sequence: u32_at(message, 8)?,
            payload: message.get(MESSAGE_HEADER..)?,
        };
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(received)
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
    Some((u16_at(bytes, 2)? & TYPE_MASK, u16_at(bytes, 0)?))
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
pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

/// Reads a number of the machine's byte order.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

/// Reads a text that may end in a null byte.
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes.split(|byte| *byte == 0).next()?).ok()
}
