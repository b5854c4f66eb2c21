//! What a program and its relay say to each other: frames of a length, a kind and bytes.

use std::io::{self, Read, Write};

/// A frame of one to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    /// To the relay: goes to the network namespace at this path, where it opens another socket.
    Enter(Vec<u8>),
    /// To the relay: sends these messages to the kernel.
    Send(Answers, Vec<u8>),
    /// To the relay: reads these beside what it sends, by the words that a child that reads is started with.
    Read(Vec<String>),
    /// From the relay: messages of the answer.
    Received(Vec<u8>),
    /// From the relay: the socket, or the way to it, failed with this error number.
    Failed(i32),
    /// From the relay: that was the whole answer.
    End,
}

/// What the kernel answers to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Whatever was asked for.
    Whole,
    /// Acknowledgements alone, which are short, of what was to be changed.
    Acks,
}

/// The words for the kinds.
const ENTER: u8 = b'n';
const SEND: u8 = b's';
const SEND_FOR_ACKS: u8 = b'a';
const READ: u8 = b'l';
const RECEIVED: u8 = b'r';
const FAILED: u8 = b'f';
const END: u8 = b'e';

/// Longer than any datagram or batch. A length past it is none, and no memory is taken for it.
const LONGEST: u32 = 64 << 20;

impl Frame {
    /// Writes the frame; the output is not flushed.
    pub(crate) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        let (number, words);
        let (kind, bytes) = match self {
            Self::Enter(path) => (ENTER, path.as_slice()),
            Self::Send(Answers::Whole, messages) => (SEND, messages.as_slice()),
            Self::Send(Answers::Acks, messages) => (SEND_FOR_ACKS, messages.as_slice()),
            Self::Read(asked) => {
                words = asked.join("\0").into_bytes();
                (READ, words.as_slice())
            }
            Self::Received(datagram) => (RECEIVED, datagram.as_slice()),
            Self::Failed(errno) => {
                number = errno.to_ne_bytes();
                (FAILED, number.as_slice())
            }
            Self::End => (END, &[][..]),
        };
        let length = u32::try_from(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        output.write_all(&length.to_ne_bytes())?;
        output.write_all(&[kind])?;
        output.write_all(bytes)
    }

    /// Reads the next frame; `None` where the other has ended before it.
    ///
    /// # Errors
    /// Where the other ended in the middle of one, or says what no frame is.
    pub(crate) fn read(input: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = [0; 5];
        let first = loop {
            match input.read(&mut head) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if first == 0 {
            return Ok(None);
        }
        input.read_exact(head.get_mut(first..).unwrap_or_default())?;
        let [length @ .., kind] = head;
        let length = u32::from_ne_bytes(length);
        let no_frame = || io::Error::from(io::ErrorKind::InvalidData);
        if length > LONGEST {
            return Err(no_frame());
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| no_frame())?];
        input.read_exact(&mut bytes)?;
        Ok(Some(match kind {
            ENTER => Self::Enter(bytes),
            SEND => Self::Send(Answers::Whole, bytes),
            SEND_FOR_ACKS => Self::Send(Answers::Acks, bytes),
            READ => {
                let words = String::from_utf8(bytes).map_err(|_| no_frame())?;
                Self::Read(words.split('\0').map(str::to_owned).collect())
            }
            RECEIVED => Self::Received(bytes),
            FAILED => Self::Failed(i32::from_ne_bytes(bytes.try_into().map_err(|_| no_frame())?)),
            END => Self::End,
            _ => return Err(no_frame()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_as_they_went() {
        let frames = [
            Frame::Enter(b"/proc/7/ns/net".to_vec()),
            Frame::Send(Answers::Whole, vec![1; 20_000]),
            Frame::Send(Answers::Acks, vec![2; 3]),
            Frame::Read(["line", "/sys/a", "eswitch", "pci/0000:01:00.0"].map(str::to_owned).into()),
            Frame::Received(Vec::new()),
            Frame::Failed(-105),
            Frame::End,
        ];
        let mut pipe = Vec::new();
        for frame in &frames {
            frame.write(&mut pipe).expect("written");
        }
        let mut pipe = pipe.as_slice();
        for frame in frames {
            assert_eq!(Frame::read(&mut pipe).expect("read"), Some(frame));
        }
        assert_eq!(Frame::read(&mut pipe).expect("read"), None);
    }

    #[test]
    fn what_is_cut_short_or_no_frame_is_an_error() {
        for bytes in [&b"\0\0"[..], b"\x02\0\0\0r1", b"\xff\xff\xff\xffr", b"\0\0\0\0?", b"\x02\0\0\0f12"] {
            assert!(Frame::read(&mut &*bytes).is_err(), "{bytes:?}");
        }
    }
}
