//! The mode of a device's embedded switch, from devlink (include/uapi/linux/{genetlink,devlink}.h).

use nix::errno::Errno;

use super::socket::{NetlinkError, Socket};
use super::wire::{Message, find, kind, u16_at};

/// The controller, which knows the numbers of families.
const GENL_ID_CTRL: u16 = 16;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;

const DEVLINK_CMD_GET: u8 = 1;
const DEVLINK_CMD_ESWITCH_GET: u8 = 29;
const DEVLINK_ATTR_BUS_NAME: u16 = 1;
const DEVLINK_ATTR_DEV_NAME: u16 = 2;
const DEVLINK_ATTR_ESWITCH_MODE: u16 = 25;

/// Length of `struct genlmsghdr`.
const GENERIC_HEADER: usize = 4;

/// Returns the mode as `devlink` prints it; `None` where the device has no embedded switch or no devlink.
/// `device` is bus and name, as `pci/0000:3b:00.0`.
///
/// Takes the device's devlink lock, which a driver may hold for as long as it works on its firmware.
pub(crate) fn eswitch_mode(device: &str) -> Result<Option<String>, NetlinkError> {
    let Some((bus, name)) = device.split_once('/') else { return Ok(None) };
    let mut socket = Socket::open_generic()?;
    let absent = |error| match error {
        NetlinkError::Refused(Errno::ENOENT | Errno::ENODEV | Errno::EOPNOTSUPP, _) => Ok(None),
        other => Err(other),
    };
    let family = match family(&mut socket) {
        Ok(Some(family)) => family,
        Ok(None) => return Ok(None),
        Err(error) => return absent(error),
    };
    // Everybody may ask whether the device is there; the switch's mode is told to administrators alone.
    if let Err(error) = socket.ask(request(family, DEVLINK_CMD_GET, bus, name), |_| {}) {
        return absent(error);
    }
    let mut mode = None;
    let asked = socket.ask(request(family, DEVLINK_CMD_ESWITCH_GET, bus, name), |message| {
        let attributes = message.payload.get(GENERIC_HEADER..).unwrap_or_default();
        mode = find(attributes, DEVLINK_ATTR_ESWITCH_MODE).and_then(|payload| u16_at(payload, 0));
    });
    match asked {
        Ok(()) => Ok(mode.map(mode_name)),
        Err(error) => absent(error),
    }
}

/// Returns the number of devlink's family; `None` where the kernel does not tell.
fn family(socket: &mut Socket) -> Result<Option<u16>, NetlinkError> {
    let mut family = None;
    let mut request = Message::new(GENL_ID_CTRL, kind::NLM_F_ACK);
    request.put(&[CTRL_CMD_GETFAMILY, 1, 0, 0]);
    request.attribute(CTRL_ATTR_FAMILY_NAME, b"devlink\0");
    socket.ask(request, |message| {
        let attributes = message.payload.get(GENERIC_HEADER..).unwrap_or_default();
        family = find(attributes, CTRL_ATTR_FAMILY_ID).and_then(|payload| u16_at(payload, 0));
    })?;
    Ok(family)
}

fn request(family: u16, command: u8, bus: &str, name: &str) -> Message {
    let mut request = Message::new(family, kind::NLM_F_ACK);
    request.put(&[command, 1, 0, 0]);
    for (attribute, word) in [(DEVLINK_ATTR_BUS_NAME, bus), (DEVLINK_ATTR_DEV_NAME, name)] {
        request.nest(attribute, |payload| {
            payload.put(word.as_bytes());
            payload.put(&[0]);
        });
    }
    request
}

/// Returns the word for a mode (`enum devlink_eswitch_mode`).
fn mode_name(mode: u16) -> String {
    match mode {
        0 => "legacy".to_owned(),
        1 => "switchdev".to_owned(),
        other => format!("mode {other}"),
    }
}
