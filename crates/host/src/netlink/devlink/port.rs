//! The ports of a device's embedded switch, among them the representors of VFs.

use netlink_packet_core::{DecodeError, NLM_F_DUMP};
use vfctl_model::{DeviceAddress, InterfaceName, VfIndex};

use super::super::dump::{Dump, Unread};
use super::super::socket::NetlinkError;
use super::super::wire::Received;
use super::connection::{Devlink, attributes_of};
use super::message::{DevlinkAttribute, handle_of};
use super::words::PortFlavour;

/// `enum devlink_command`.
const DEVLINK_CMD_PORT_GET: u8 = 5;

/// A port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DevlinkPort {
    /// Its number on the device, such as the 128 of `netdevsim/netdevsim1/128`.
    pub(crate) index: u32,
    pub(crate) flavour: Option<PortFlavour>,
    /// `None` where it has no interface in the device's namespace, also while that is in another one.
    pub(crate) netdev: Option<PortNetdev>,
    /// The PF that it stands for, or whose VF it stands for.
    pub(crate) pf: Option<u16>,
    /// The VF that it stands for.
    pub(crate) vf: Option<VfIndex>,
    /// Whether that PF or VF belongs to another machine, as on a network card with a machine of its own.
    pub(crate) external: bool,
}

/// The interface of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PortNetdev {
    /// Its number in the device's namespace.
    pub(crate) index: u32,
    pub(crate) name: InterfaceName,
}

impl DevlinkPort {
    /// Returns the VF of this machine whose representor the port is, with the number of its PF.
    pub(crate) fn represented_vf(&self) -> Option<(u16, VfIndex)> {
        let is_representor = self.flavour == Some(PortFlavour::PciVf) && !self.external;
        self.pf.zip(self.vf).filter(|_| is_representor)
    }

    /// Reads a port of this device; `None` for those of other devices.
    fn read(message: &Received<'_>, device: &DeviceAddress) -> Option<Result<Self, Unread>> {
        let port = match attributes_of(message) {
            Ok(attributes) if !handle_of(device).iter().all(|name| attributes.contains(name)) => return None,
            Ok(attributes) => Self::of(attributes),
            Err(error) => Err(error),
        };
        Some(port.map_err(|source| Unread::DevlinkPort { source }))
    }

    fn of(attributes: Vec<DevlinkAttribute>) -> Result<Self, DecodeError> {
        let (mut index, mut netdev_index, mut netdev_name) = (None, None, None);
        let (mut flavour, mut pf, mut vf, mut external) = (None, None, None, false);
        for attribute in attributes {
            match attribute {
                DevlinkAttribute::PortIndex(number) => index = Some(number),
                DevlinkAttribute::PortNetdevIfindex(number) => netdev_index = Some(number),
                DevlinkAttribute::PortNetdevName(name) => netdev_name = Some(name),
                DevlinkAttribute::PortFlavour(word) => flavour = Some(word),
                DevlinkAttribute::PortPciPfNumber(number) => pf = Some(number),
                DevlinkAttribute::PortPciVfNumber(number) => vf = Some(VfIndex(number)),
                DevlinkAttribute::PortExternal(flag) => external = flag != 0,
                DevlinkAttribute::BusName(_)
                | DevlinkAttribute::DevName(_)
                | DevlinkAttribute::EswitchMode(_)
                | DevlinkAttribute::EswitchInlineMode(_)
                | DevlinkAttribute::EswitchEncapMode(_)
                | DevlinkAttribute::Other(_) => {}
            }
        }
        let netdev = match netdev_index.zip(netdev_name) {
            Some((index, name)) => Some(PortNetdev {
                index,
                name: name.parse().map_err(|error| DecodeError::from(format!("{error}")))?,
            }),
            None => None,
        };
        let index = index.ok_or_else(|| DecodeError::from("it has no number"))?;
        Ok(Self { index, flavour, netdev, pf, vf, external })
    }
}

impl Devlink {
    /// Returns all ports of a device; none where it has no devlink.
    ///
    /// Takes the device's devlink lock, which a driver may hold for as long as it works on its firmware. Kernels that do
    /// not heed the device's name in a dump take that of each device in turn and list the ports of all, so these are
    /// told apart here, too.
    pub(crate) fn ports(&mut self, device: &DeviceAddress) -> Result<Dump<DevlinkPort>, NetlinkError> {
        let request = self.request(DEVLINK_CMD_PORT_GET, NLM_F_DUMP, handle_of(device));
        match self.socket.dump(&request, |message| DevlinkPort::read(message, device)) {
            Err(error) if error.is_absence() => Ok(Dump::default()),
            ports => ports,
        }
    }
}

#[cfg(test)]
#[path = "port_tests.rs"]
mod tests;
