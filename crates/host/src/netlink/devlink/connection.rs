//! A socket for devlink, whose family is looked up once.

use netlink_packet_core::{DecodeError, NLM_F_ACK, NlasIterator, Parseable, ParseableParametrized};
use netlink_packet_generic::ctrl::nlas::GenlCtrlAttrs;
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlFamily, GenlMessage};
use nix::errno::Errno;
use vfctl_model::DeviceAddress;

use super::super::socket::{NetlinkError, Socket};
use super::super::wire::{Message, Received};
use super::message::{DevlinkAttribute, DevlinkMessage, handle_of};

/// Length of `struct genlmsghdr` (include/uapi/linux/genetlink.h).
const GENERIC_HEADER: usize = 4;
/// The controller, which knows the numbers of families.
const GENL_ID_CTRL: u16 = 16;
const CTRL_ATTR_FAMILY_ID: u16 = 1;

/// A socket for devlink.
#[derive(Debug)]
pub(crate) struct Devlink {
    pub(super) socket: Socket<'static>,
    /// The number that the kernel gave to the family.
    family: u16,
}

impl Devlink {
    /// Opens a socket and looks the family up; `None` where the kernel has no devlink.
    pub(crate) fn open() -> Result<Option<Self>, NetlinkError> {
        let mut socket = Socket::open_generic()?;
        let name = GenlCtrlAttrs::FamilyName(DevlinkMessage::family_name().to_owned());
        let request = GenlMessage::from_payload(GenlCtrl { cmd: GenlCtrlCmd::GetFamily, nlas: vec![name] });
        let mut family = Ok(None);
        let asked = socket.ask(Message::new(GENL_ID_CTRL, &request, NLM_F_ACK), |message| {
            family = family_in(message.payload())
        });
        match asked {
            Ok(()) => Ok(family?.map(|family| Self { socket, family })),
            Err(NetlinkError::Refused(Errno::ENOENT, _)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns a request about a device.
    pub(super) fn request(
        &self,
        command: u8,
        flags: u16,
        attributes: impl Into<Vec<DevlinkAttribute>>,
    ) -> Message {
        request(self.family, command, flags, attributes.into())
    }

    /// Asks one thing of a device, and returns the attributes of the reply.
    pub(super) fn ask(
        &mut self,
        command: u8,
        device: &DeviceAddress,
    ) -> Result<Vec<DevlinkAttribute>, NetlinkError> {
        let request = self.request(command, NLM_F_ACK, handle_of(device));
        let mut attributes = Ok(Vec::new());
        self.socket.ask(request, |message| attributes = attributes_of(message))?;
        Ok(attributes?)
    }
}

/// Returns the family's number in the controller's reply. Nothing else of it is decoded: the decoder fails for attributes
/// that it does not know, which kernels add now and then, and panics for some that are cut short.
fn family_in(reply: &[u8]) -> Result<Option<u16>, DecodeError> {
    for attribute in NlasIterator::new(reply.get(GENERIC_HEADER..).unwrap_or_default()) {
        let attribute = attribute?;
        if attribute.kind() != CTRL_ATTR_FAMILY_ID {
            continue;
        }
        if let GenlCtrlAttrs::FamilyId(number) = GenlCtrlAttrs::parse(&attribute)? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

pub(super) fn request(family: u16, command: u8, flags: u16, attributes: Vec<DevlinkAttribute>) -> Message {
    Message::new(family, &GenlMessage::from_payload(DevlinkMessage { command, attributes }), flags)
}

/// Returns the attributes of a reply's message. Its command is not looked at: kernels differ in it for one request
/// (Documentation/netlink/specs/devlink.yaml).
pub(super) fn attributes_of(message: &Received<'_>) -> Result<Vec<DevlinkAttribute>, DecodeError> {
    let message = GenlMessage::<DevlinkMessage>::parse_with_param(message.payload(), message.message_type())?;
    Ok(message.payload.attributes)
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
