//! Another setting for an embedded switch, in a child that can be left behind: drivers work within the request, and hold the
//! device's devlink lock for as long.

use std::time::Duration;

use nix::errno::Errno;
use vfctl_model::{DeviceAddress, EswitchSetting};
use vfctl_port::Outcome;

use crate::child::{Returned, Switched};
use crate::errno::{io_cause, own_refusal, refusal};
use crate::host::LinuxHost;

impl LinuxHost {
    /// Sets something; returns after `limit` at the latest.
    pub(super) fn switch(&self, device: &DeviceAddress, setting: EswitchSetting, limit: Duration) -> Outcome {
        match self.children.switch(device, setting, limit) {
            Ok(Returned::Whole(results)) => match results.into_iter().next() {
                Some(Switched::Done) => Outcome::Done,
                Some(Switched::Refused(errno, words)) => {
                    Outcome::Refused(refusal(Errno::from_raw(errno), words))
                }
                Some(Switched::Unclear(said)) => {
                    Outcome::Unknown(format!("the child that asks devlink said `{said}`"))
                }
                None => Outcome::Unknown("the child that asks devlink said nothing".to_owned()),
            },
            Ok(Returned::Left { pid, .. }) => Outcome::Unknown(format!(
                "after {} s pid {pid} is blocked in the kernel, setting the embedded switch",
                limit.as_secs()
            )),
            Ok(Returned::Dead(_)) => Outcome::Unknown("the kernel's answer was lost".to_owned()),
            Err(error) => {
                let cause = format!("start a child to ask devlink: {}", io_cause(&error));
                Outcome::Refused(own_refusal(cause))
            }
        }
    }
}
