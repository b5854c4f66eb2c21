//! Standard output while somebody reads it.

use std::io::{self, ErrorKind, Write};

use crate::machine::Console;

/// Does this with a console whose reader may go away, as `head` does: it has seen enough, and the command ends as it
/// would have.
pub(crate) fn while_read<T>(console: &mut Console<'_>, work: impl FnOnce(&mut Console<'_>) -> T) -> T {
    let Console { out, err, can_ask, terminal } = console;
    let mut out = WhileRead { out: &mut **out, is_closed: false };
    work(&mut Console { out: &mut out, err: &mut **err, can_ask: *can_ask, terminal: *terminal })
}

/// Standard output as long as it is read.
struct WhileRead<'a> {
    out: &'a mut dyn Write,
    is_closed: bool,
}

impl WhileRead<'_> {
    /// Does this unless the reader is gone; returns `done` where it is.
    fn attempt<T>(&mut self, done: T, work: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
        if self.is_closed {
            return Ok(done);
        }
        match work(self.out) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(done)
            }
            result => result,
        }
    }
}

impl Write for WhileRead<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt((), |out| out.flush())
    }
}
