//! QEMU's monitor: cutting a wire and joining it again, asking a silent guest.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// How long QEMU may take to answer.
const LIMIT: Duration = Duration::from_secs(20);

/// Why the monitor did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// The socket cannot be used.
    #[error("talk to QEMU's monitor")]
    Talk(#[from] io::Error),
    /// QEMU wrote no JSON.
    #[error("understand QEMU's monitor")]
    Understand(#[from] serde_json::Error),
    /// QEMU closed the monitor.
    #[error("talk to QEMU's monitor: it is closed")]
    Closed,
    /// QEMU refused.
    #[error("ask QEMU to {command}: {why}")]
    Refused {
        /// The monitor command.
        command: String,
        /// QEMU's reason.
        why: String,
    },
}

/// A wire's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// There is a carrier.
    Joined,
    /// There is none.
    Cut,
}

/// A connection to the monitor.
#[derive(Debug)]
pub struct Monitor {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Monitor {
    /// Connects and leaves the greeting behind.
    ///
    /// # Errors
    ///
    /// When QEMU does not answer as its protocol says.
    pub fn connect(socket: &Path) -> Result<Self, MonitorError> {
        let writer = UnixStream::connect(socket)?;
        writer.set_read_timeout(Some(LIMIT))?;
        let mut monitor = Self { reader: BufReader::new(writer.try_clone()?), writer };
        monitor.read()?;
        monitor.execute("qmp_capabilities", &json!({}))?;
        Ok(monitor)
    }

    /// Joins or cuts a network device's wire.
    ///
    /// # Errors
    ///
    /// When QEMU knows no such device or does not answer.
    pub fn set_wire(&mut self, device: &str, wire: Wire) -> Result<(), MonitorError> {
        self.execute("set_link", &json!({"name": device, "up": wire == Wire::Joined})).map(|_| ())
    }

    /// Gives a command as QEMU's console takes it; returns what that prints.
    ///
    /// # Errors
    ///
    /// When QEMU does not answer.
    pub fn console(&mut self, command: &str) -> Result<String, MonitorError> {
        let printed = self.execute("human-monitor-command", &json!({"command-line": command}))?;
        Ok(printed.as_str().unwrap_or_default().to_owned())
    }

    fn execute(&mut self, command: &str, arguments: &Value) -> Result<Value, MonitorError> {
        let request = json!({"execute": command, "arguments": arguments});
        self.writer.write_all(format!("{request}\n").as_bytes())?;
        loop {
            let answer = self.read()?;
            if let Some(value) = answer.get("return") {
                return Ok(value.clone());
            }
            if let Some(error) = answer.get("error") {
                let why = error.get("desc").and_then(Value::as_str).unwrap_or("no reason given").to_owned();
                return Err(MonitorError::Refused { command: command.to_owned(), why });
            }
            // Else an event, which nobody here waits for.
        }
    }

    fn read(&mut self) -> Result<Value, MonitorError> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(MonitorError::Closed);
        }
        Ok(serde_json::from_str(&line)?)
    }
}
