//! A message of devlink and its typed attributes.

use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, Nla, NlaBuffer, NlasIterator, Parseable, ParseableParametrized,
    parse_string, parse_u8, parse_u16, parse_u32,
};
use netlink_packet_generic::{GenlFamily, GenlHeader};
use vfctl_model::DeviceAddress;

use super::words::{PortFlavour, SwitchEncapMode, SwitchInlineMode, SwitchMode};

/// `enum devlink_attr`.
const DEVLINK_ATTR_BUS_NAME: u16 = 1;
const DEVLINK_ATTR_DEV_NAME: u16 = 2;
const DEVLINK_ATTR_PORT_INDEX: u16 = 3;
const DEVLINK_ATTR_PORT_NETDEV_IFINDEX: u16 = 6;
const DEVLINK_ATTR_PORT_NETDEV_NAME: u16 = 7;
const DEVLINK_ATTR_ESWITCH_MODE: u16 = 25;
const DEVLINK_ATTR_ESWITCH_INLINE_MODE: u16 = 26;
const DEVLINK_ATTR_ESWITCH_ENCAP_MODE: u16 = 62;
const DEVLINK_ATTR_PORT_FLAVOUR: u16 = 77;
const DEVLINK_ATTR_PORT_PCI_PF_NUMBER: u16 = 127;
const DEVLINK_ATTR_PORT_PCI_VF_NUMBER: u16 = 128;
const DEVLINK_ATTR_PORT_EXTERNAL: u16 = 149;

/// A request, or a message of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DevlinkMessage {
    /// One of `enum devlink_command`.
    pub(super) command: u8,
    pub(super) attributes: Vec<DevlinkAttribute>,
}

/// An attribute; those that are not wanted are `Other`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DevlinkAttribute {
    BusName(String),
    DevName(String),
    PortIndex(u32),
    PortNetdevIfindex(u32),
    PortNetdevName(String),
    EswitchMode(SwitchMode),
    EswitchInlineMode(SwitchInlineMode),
    EswitchEncapMode(SwitchEncapMode),
    PortFlavour(PortFlavour),
    PortPciPfNumber(u16),
    PortPciVfNumber(u16),
    PortExternal(u8),
    Other(DefaultNla),
}

/// Returns the attributes that name a device.
pub(super) fn handle_of(device: &DeviceAddress) -> [DevlinkAttribute; 2] {
    let (bus, name) = match device {
        DeviceAddress::Pci(address) => ("pci", address.to_string()),
        DeviceAddress::Netdevsim(id) => ("netdevsim", format!("netdevsim{id}")),
    };
    [DevlinkAttribute::BusName(bus.to_owned()), DevlinkAttribute::DevName(name)]
}

impl GenlFamily for DevlinkMessage {
    fn family_name() -> &'static str {
        "devlink"
    }

    fn command(&self) -> u8 {
        self.command
    }

    /// `DEVLINK_GENL_VERSION`.
    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for DevlinkMessage {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for DevlinkMessage {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        let attributes = NlasIterator::new(bytes).map(|attribute| DevlinkAttribute::parse(&attribute?));
        Ok(Self { command: header.cmd, attributes: attributes.collect::<Result<_, _>>()? })
    }
}

impl DevlinkAttribute {
    /// Returns the payload.
    fn value(&self) -> Vec<u8> {
        match self {
            Self::BusName(text) | Self::DevName(text) | Self::PortNetdevName(text) => {
                [text.as_bytes(), &[0]].concat()
            }
            Self::PortIndex(number) | Self::PortNetdevIfindex(number) => number.to_ne_bytes().to_vec(),
            Self::EswitchMode(mode) => u16::from(*mode).to_ne_bytes().to_vec(),
            Self::EswitchInlineMode(mode) => vec![u8::from(*mode)],
            Self::EswitchEncapMode(mode) => vec![u8::from(*mode)],
            Self::PortFlavour(flavour) => u16::from(*flavour).to_ne_bytes().to_vec(),
            Self::PortPciPfNumber(number) | Self::PortPciVfNumber(number) => number.to_ne_bytes().to_vec(),
            Self::PortExternal(flag) => vec![*flag],
            Self::Other(attribute) => {
                let mut value = vec![0; attribute.value_len()];
                attribute.emit_value(&mut value);
                value
            }
        }
    }
}

impl Nla for DevlinkAttribute {
    fn kind(&self) -> u16 {
        match self {
            Self::BusName(_) => DEVLINK_ATTR_BUS_NAME,
            Self::DevName(_) => DEVLINK_ATTR_DEV_NAME,
            Self::PortIndex(_) => DEVLINK_ATTR_PORT_INDEX,
            Self::PortNetdevIfindex(_) => DEVLINK_ATTR_PORT_NETDEV_IFINDEX,
            Self::PortNetdevName(_) => DEVLINK_ATTR_PORT_NETDEV_NAME,
            Self::EswitchMode(_) => DEVLINK_ATTR_ESWITCH_MODE,
            Self::EswitchInlineMode(_) => DEVLINK_ATTR_ESWITCH_INLINE_MODE,
            Self::EswitchEncapMode(_) => DEVLINK_ATTR_ESWITCH_ENCAP_MODE,
            Self::PortFlavour(_) => DEVLINK_ATTR_PORT_FLAVOUR,
            Self::PortPciPfNumber(_) => DEVLINK_ATTR_PORT_PCI_PF_NUMBER,
            Self::PortPciVfNumber(_) => DEVLINK_ATTR_PORT_PCI_VF_NUMBER,
            Self::PortExternal(_) => DEVLINK_ATTR_PORT_EXTERNAL,
            Self::Other(attribute) => attribute.kind(),
        }
    }

    fn value_len(&self) -> usize {
        self.value().len()
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.value());
    }
}

impl Parseable<NlaBuffer<&[u8]>> for DevlinkAttribute {
    fn parse(attribute: &NlaBuffer<&[u8]>) -> Result<Self, DecodeError> {
        let value = attribute.value();
        Ok(match attribute.kind() {
            DEVLINK_ATTR_BUS_NAME => Self::BusName(parse_string(value)?),
            DEVLINK_ATTR_DEV_NAME => Self::DevName(parse_string(value)?),
            DEVLINK_ATTR_PORT_INDEX => Self::PortIndex(parse_u32(value)?),
            DEVLINK_ATTR_PORT_NETDEV_IFINDEX => Self::PortNetdevIfindex(parse_u32(value)?),
            DEVLINK_ATTR_PORT_NETDEV_NAME => Self::PortNetdevName(parse_string(value)?),
            DEVLINK_ATTR_ESWITCH_MODE => Self::EswitchMode(parse_u16(value)?.into()),
            DEVLINK_ATTR_ESWITCH_INLINE_MODE => Self::EswitchInlineMode(parse_u8(value)?.into()),
            DEVLINK_ATTR_ESWITCH_ENCAP_MODE => Self::EswitchEncapMode(parse_u8(value)?.into()),
            DEVLINK_ATTR_PORT_FLAVOUR => Self::PortFlavour(parse_u16(value)?.into()),
            DEVLINK_ATTR_PORT_PCI_PF_NUMBER => Self::PortPciPfNumber(parse_u16(value)?),
            DEVLINK_ATTR_PORT_PCI_VF_NUMBER => Self::PortPciVfNumber(parse_u16(value)?),
            DEVLINK_ATTR_PORT_EXTERNAL => Self::PortExternal(parse_u8(value)?),
            _ => Self::Other(DefaultNla::parse(attribute)?),
        })
    }
}
