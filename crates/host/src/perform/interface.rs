//! The numbers of interfaces, found by the device that they must belong to.

use vfctl_model::{DeviceAddress, InterfaceName, PciAddress, VfIndex};
use vfctl_port::OpError;

use crate::errno::own_refusal;
use crate::roots::Roots;
use crate::sysfs::files::{named, text};

/// Finds numbers of interfaces and keeps the last one: many ops in a row are about one interface.
#[derive(Debug)]
pub(super) struct Interfaces<'a> {
    roots: &'a Roots,
    last: Option<(DeviceAddress, InterfaceName, u32)>,
}

impl<'a> Interfaces<'a> {
    /// Returns the finder; nothing is read yet.
    pub(super) fn new(roots: &'a Roots) -> Self {
        Self { roots, last: None }
    }

    /// Returns the number of a device's interface. By way of the device's folder, so that an interface that took
    /// another's name is not mistaken for it.
    ///
    /// # Errors
    /// Where the device has no such interface in this network namespace.
    pub(super) fn index_of(
        &mut self,
        device: &DeviceAddress,
        interface: &InterfaceName,
    ) -> Result<u32, OpError> {
        if let Some((last_device, last_interface, index)) = &self.last
            && last_device == device
            && last_interface == interface
        {
            return Ok(*index);
        }
        let folder = self.roots.device(device).join("net");
        let index = text(&folder.join(interface.as_str()).join("ifindex")).ok();
        let index = index.and_then(|index| index.parse().ok()).ok_or_else(|| {
            let others: Vec<InterfaceName> = named(&folder);
            let others: Vec<&str> = others.iter().map(InterfaceName::as_str).collect();
            let has = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
            own_refusal(format!("{} has no interface {interface} now; it has {has}", device.sysfs()))
        })?;
        self.last = Some((device.clone(), interface.clone(), index));
        Ok(index)
    }

    /// Returns the number of the only interface of a VF, whatever it is called.
    ///
    /// # Errors
    /// Where the VF has none or several in this network namespace.
    pub(super) fn only_index_of(&mut self, vf: VfIndex, function: PciAddress) -> Result<u32, OpError> {
        let names: Vec<InterfaceName> = named(&self.roots.function(function).join("net"));
        let [name] = names.as_slice() else {
            let count = names.len();
            return Err(own_refusal(format!("VF {vf} at {function} has {count} interfaces here, not one")));
        };
        self.index_of(&DeviceAddress::Pci(function), name)
    }
}
