//! The modes of a device's embedded switch.

use netlink_packet_core::NLM_F_ACK;
use vfctl_model::{DeviceAddress, EswitchSetting};

use super::super::ack::Ack;
use super::super::batch::send_batch;
use super::super::socket::NetlinkError;
use super::connection::Devlink;
use super::message::{DevlinkAttribute, handle_of};
use super::words::{SwitchEncapMode, SwitchInlineMode, SwitchMode};

/// `enum devlink_command`.
const DEVLINK_CMD_GET: u8 = 1;
const DEVLINK_CMD_ESWITCH_GET: u8 = 29;
const DEVLINK_CMD_ESWITCH_SET: u8 = 30;

/// What the embedded switch is set to; `None` for what the driver does not report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Eswitch {
    pub(crate) mode: Option<SwitchMode>,
    pub(crate) inline_mode: Option<SwitchInlineMode>,
    pub(crate) encap_mode: Option<SwitchEncapMode>,
}

impl Devlink {
    /// Returns the modes of a device's embedded switch; `None` where the device has no such switch or no devlink.
    ///
    /// Takes the device's devlink lock, which a driver may hold for as long as it works on its firmware.
    pub(crate) fn eswitch(&mut self, device: &DeviceAddress) -> Result<Option<Eswitch>, NetlinkError> {
        match self.read_eswitch(device) {
            Ok(eswitch) => Ok(Some(eswitch)),
            Err(error) if error.is_absence() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets one thing on a device's embedded switch.
    ///
    /// The driver works within the call, which takes seconds where it makes representors or loads firmware.
    pub(crate) fn set_eswitch(&mut self, device: &DeviceAddress, setting: EswitchSetting) -> Ack {
        let request = self.request(DEVLINK_CMD_ESWITCH_SET, NLM_F_ACK, attributes_to_set(device, setting));
        send_batch(&mut self.socket, [&request]).ok().and_then(|mut acks| acks.pop()).unwrap_or(Ack::Lost)
    }

    fn read_eswitch(&mut self, device: &DeviceAddress) -> Result<Eswitch, NetlinkError> {
        // Everybody may ask whether the device is there; the switch's modes are told to administrators alone.
        self.ask(DEVLINK_CMD_GET, device)?;
        self.ask(DEVLINK_CMD_ESWITCH_GET, device).map(modes_in)
    }
}

fn attributes_to_set(device: &DeviceAddress, setting: EswitchSetting) -> Vec<DevlinkAttribute> {
    let mode = match setting {
        EswitchSetting::Mode(mode) => DevlinkAttribute::EswitchMode(mode.into()),
        EswitchSetting::InlineMode(mode) => DevlinkAttribute::EswitchInlineMode(mode.into()),
        EswitchSetting::EncapMode(mode) => DevlinkAttribute::EswitchEncapMode(mode.into()),
    };
    handle_of(device).into_iter().chain([mode]).collect()
}

fn modes_in(attributes: Vec<DevlinkAttribute>) -> Eswitch {
    let mut eswitch = Eswitch::default();
    for attribute in attributes {
        match attribute {
            DevlinkAttribute::EswitchMode(mode) => eswitch.mode = Some(mode),
            DevlinkAttribute::EswitchInlineMode(mode) => eswitch.inline_mode = Some(mode),
            DevlinkAttribute::EswitchEncapMode(mode) => eswitch.encap_mode = Some(mode),
            _ => {}
        }
    }
    eswitch
}

#[cfg(test)]
#[path = "eswitch_tests.rs"]
mod tests;
