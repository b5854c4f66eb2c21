//! The child's half: doing the work, saying each result as it comes.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use nix::errno::Errno;
use vfctl_model::{DeviceAddress, EswitchSetting};

use super::relay::relay;
use super::words::{
    ALWAYS, CHILD_NAME, ESWITCH, FIRMWARE, HELD, OPEN, PART, READ, RELAY, STORE, SWITCH, Stored, Switched,
    TRAFFIC, WasRead, escaped,
};
use crate::errno::{chain, io_cause};
use crate::ethtool::firmware_version;
use crate::netlink::{Ack, Devlink, DevlinkPort, SwitchMode};
use crate::sysfs::files::optional_text;

/// Does a child's work where the arguments (without the program's name) are a child's, and returns its exit
/// code; `None` where they are not. To be called first of all in `main`.
pub fn run_store_child(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter();
    let work = arguments.next()?;
    if ![STORE, SWITCH, READ, RELAY, TRAFFIC].iter().any(|known| work == *known) {
        return None;
    }
    // So that a child that is left behind keeps no folder busy. Not by its parent, who would have to copy itself for it
    // (`posix_spawn` is not used then). Where it fails, that is all that comes of it.
    let _ = std::env::set_current_dir("/");
    if work == STORE {
        // Without its name only the search for stuck writes would miss it.
        let _ = nix::sys::prctl::set_name(CHILD_NAME);
        Some(store_all(arguments))
    } else if work == RELAY {
        Some(relay())
    } else if work == TRAFFIC {
        Some(crate::traffic::traffic(arguments))
    } else if work == SWITCH {
        let _ = nix::sys::prctl::set_name(CHILD_NAME);
        Some(switch(arguments))
    } else {
        let all = read_all(arguments, &mut io::stdout().lock());
        Some(if all.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn store_all(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let mut failed = false;
    while let (Some(when), Some(path), Some(value)) = (arguments.next(), arguments.next(), arguments.next()) {
        let result = if failed && when != ALWAYS {
            Stored::Skipped
        } else {
            match store(Path::new(&path), &value) {
                Ok(()) => Stored::Done,
                Err(error) => {
                    failed = true;
                    Stored::Failed(error.raw_os_error())
                }
            }
        };
        // Without a parent to hear it there is no need to stop: what is left may take something back.
        drop(say(&result.line()));
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Sets something on an embedded switch.
fn switch(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let mut word = || arguments.next().map(|word| word.to_string_lossy().into_owned());
    let (device, name, value) = (word(), word(), word());
    let setting = name.zip(value).and_then(|(name, value)| EswitchSetting::from_words(&name, &value).ok());
    let device = device.and_then(|device| device.parse().ok());
    let (Some(device), Some(setting)) = (device, setting) else { return ExitCode::FAILURE };
    let switched = match Devlink::open() {
        Ok(Some(mut devlink)) => match devlink.set_eswitch(&device, setting) {
            Ack::Accepted => Switched::Done,
            Ack::Refused(errno, words) => Switched::Refused(errno as i32, words),
            // Nobody knows: the parent hears nothing.
            Ack::Lost => return ExitCode::FAILURE,
        },
        Ok(None) => {
            Switched::Refused(Errno::EOPNOTSUPP as i32, Some("this kernel has no devlink".to_owned()))
        }
        Err(error) => Switched::Refused(Errno::EIO as i32, Some(chain(&error))),
    };
    drop(say(&switched.line()));
    ExitCode::SUCCESS
}

/// Writes in one call and makes no file where there is none: the kernel's attributes are made by the kernel.
fn store(path: &Path, value: &OsStr) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let written = file.write(value.as_encoded_bytes())?;
    if written == value.len() { Ok(()) } else { Err(io::Error::from(io::ErrorKind::WriteZero)) }
}

/// Reads one after the other and says each result.
pub(super) fn read_all(
    mut arguments: impl Iterator<Item = OsString>,
    output: &mut impl Write,
) -> io::Result<()> {
    let mut devlink = None;
    while let (Some(kind), Some(name)) = (arguments.next(), arguments.next()) {
        let result = if kind == ESWITCH {
            read_eswitch(devlink.get_or_insert_with(open_devlink), &name)
        } else if kind == FIRMWARE {
            firmware_version(&name).map_err(|error| io_cause(&error))
        } else if kind == OPEN {
            try_to_open(Path::new(&name))
        } else {
            read_line(Path::new(&name))
        };
        let result = match result {
            Ok(Some(text)) => WasRead::Text(text),
            Ok(None) => WasRead::Absent,
            Err(why) => WasRead::Failed(why),
        };
        say_to(output, &result.line())?;
    }
    Ok(())
}

fn read_line(path: &Path) -> Result<Option<String>, String> {
    let text = optional_text(path).map_err(|error| io_cause(&error))?;
    Ok(text.map(|text| text.lines().next().unwrap_or_default().to_owned()))
}

/// What comes of opening devlink, once for all devices; `None` where the kernel has none.
type OpenedDevlink = Result<Option<Devlink>, String>;

fn open_devlink() -> OpenedDevlink {
    Devlink::open().map_err(|error| chain(&error))
}

/// Reads the modes of a switch, and in switchdev mode its ports: a dump of all devices' on old kernels.
fn read_eswitch(devlink: &mut OpenedDevlink, device: &OsStr) -> Result<Option<String>, String> {
    let Some(devlink) = devlink.as_mut().map_err(|why| why.clone())? else { return Ok(None) };
    let device = device.to_string_lossy().parse().map_err(|error| format!("{error}"))?;
    let Some(eswitch) = devlink.eswitch(&device).map_err(|error| chain(&error))? else { return Ok(None) };
    let Some(mode) = eswitch.mode else { return Ok(None) };
    let inline = eswitch.inline_mode.map_or_else(String::new, |mode| mode.to_string());
    let encap = eswitch.encap_mode.map_or_else(String::new, |mode| mode.to_string());
    let mut read = format!("{mode}{PART}{inline}{PART}{encap}{PART}");
    if mode == SwitchMode::Switchdev {
        read.push_str(&read_representors(devlink, &device).unwrap_or_else(|why| format!("!{why}")));
    }
    Ok(Some(read))
}

fn read_representors(devlink: &mut Devlink, device: &DeviceAddress) -> Result<String, String> {
    let ports = devlink.ports(device).map_err(|error| chain(&error))?;
    let of_vf =
        |port: &DevlinkPort| Some(format!("{}={}", port.represented_vf()?.1, port.netdev.as_ref()?.name));
    let words: Vec<String> = ports.found.iter().filter_map(of_vf).collect();
    Ok(words.join(" "))
}

/// Opens a file and closes it again; says nothing of it where that works.
fn try_to_open(path: &Path) -> Result<Option<String>, String> {
    match OpenOptions::new().read(true).write(true).open(path) {
        Ok(_) => Ok(Some(String::new())),
        Err(error) if error.raw_os_error() == Some(Errno::EBUSY as i32) => Ok(Some(HELD.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_cause(&error)),
    }
}

fn say(result: &str) -> io::Result<()> {
    say_to(&mut io::stdout().lock(), result)
}

fn say_to(output: &mut impl Write, result: &str) -> io::Result<()> {
    // In one call, so that a line is there whole or not at all.
    output.write_all(format!("{}\n", escaped(result)).as_bytes())?;
    output.flush()
}
