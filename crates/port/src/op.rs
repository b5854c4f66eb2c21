//! The closed set of things that edges can do. An op is semantic; its text is the command a person would type.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{
    DeviceAddress, DriverName, InterfaceName, ModuleName, Mtu, PciAddress, Toggle, VfIndex, VfSetting,
};

/// One operation on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "op", rename_all = "camelCase")]
pub enum Op {
    /// Loads a kernel module with what it needs.
    LoadModule {
        /// The module.
        module: ModuleName,
    },
    /// Writes the count of VFs; the kernel takes it only from or to 0 (drivers/pci/iov.c, `sriov_numvfs_store`).
    SetVfCount {
        /// The PF.
        pf: DeviceAddress,
        /// The count; 0 destroys all.
        count: u16,
    },
    /// Says whether the kernel binds new VFs to a driver (`sriov_drivers_autoprobe`).
    SetDriversAutoprobe {
        /// The PF.
        pf: DeviceAddress,
        /// On or off.
        autoprobe: Toggle,
    },
    /// Gives a VF's attribute a value through the PF's interface (`IFLA_VFINFO_LIST`).
    SetVf {
        /// The PF.
        pf: DeviceAddress,
        /// The PF's interface.
        interface: InterfaceName,
        /// The VF.
        vf: VfIndex,
        /// The attribute and its value.
        setting: VfSetting,
    },
    /// Sets the MTU of the PF's interface.
    SetPfMtu {
        /// The PF.
        pf: DeviceAddress,
        /// The PF's interface.
        interface: InterfaceName,
        /// The MTU in bytes.
        mtu: Mtu,
    },
    /// Sets the PF's interface up or down (`IFF_UP`).
    SetPfAdminState {
        /// The PF.
        pf: DeviceAddress,
        /// The PF's interface.
        interface: InterfaceName,
        /// Up or down.
        state: AdminState,
    },
    /// Sets the MTU of a VF's interface, whatever that is called.
    SetVfMtu {
        /// The PF.
        pf: DeviceAddress,
        /// The VF.
        vf: VfIndex,
        /// The VF's PCI address.
        device: PciAddress,
        /// The MTU in bytes.
        mtu: Mtu,
    },
    /// Takes a VF from its driver.
    UnbindDriver {
        /// The PF.
        pf: DeviceAddress,
        /// The VF.
        vf: VfIndex,
        /// The VF's PCI address.
        device: PciAddress,
    },
    /// Gives a VF without driver to the named one: override, bind, and the override given back also on failure.
    BindDriver {
        /// The PF.
        pf: DeviceAddress,
        /// The VF.
        vf: VfIndex,
        /// The VF's PCI address.
        device: PciAddress,
        /// The driver.
        driver: DriverName,
        /// The override that was found and is left, such as driverctl's; absent where it is cleared.
        #[serde(default, rename = "overrideAfter", skip_serializing_if = "Option::is_none")]
        override_after: Option<DriverName>,
    },
    /// Clears a VF's override and lets the kernel choose its driver. With autoprobe off the kernel says yes and
    /// binds nothing (`pci_device_can_probe`, drivers/pci/pci-driver.c; `drivers_probe_store`, drivers/base/bus.c).
    ProbeDriver {
        /// The PF.
        pf: DeviceAddress,
        /// The VF.
        vf: VfIndex,
        /// The VF's PCI address.
        device: PciAddress,
    },
}

/// The kinds of ops, without their fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the op of the same name")]
pub enum OpKind {
    LoadModule,
    SetVfCount,
    SetDriversAutoprobe,
    SetVf,
    SetPfMtu,
    SetPfAdminState,
    SetVfMtu,
    UnbindDriver,
    BindDriver,
    ProbeDriver,
}

impl OpKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::LoadModule,
        Self::SetVfCount,
        Self::SetDriversAutoprobe,
        Self::SetVf,
        Self::SetPfMtu,
        Self::SetPfAdminState,
        Self::SetVfMtu,
        Self::UnbindDriver,
        Self::BindDriver,
        Self::ProbeDriver,
    ];
}

impl Op {
    /// Returns the kind.
    pub fn kind(&self) -> OpKind {
        match self {
            Self::LoadModule { .. } => OpKind::LoadModule,
            Self::SetVfCount { .. } => OpKind::SetVfCount,
            Self::SetDriversAutoprobe { .. } => OpKind::SetDriversAutoprobe,
            Self::SetVf { .. } => OpKind::SetVf,
            Self::SetPfMtu { .. } => OpKind::SetPfMtu,
            Self::SetPfAdminState { .. } => OpKind::SetPfAdminState,
            Self::SetVfMtu { .. } => OpKind::SetVfMtu,
            Self::UnbindDriver { .. } => OpKind::UnbindDriver,
            Self::BindDriver { .. } => OpKind::BindDriver,
            Self::ProbeDriver { .. } => OpKind::ProbeDriver,
        }
    }

    /// Returns whether the op is a netlink message, which is done when its sender goes on, answered or not. All others
    /// are writes to files, which may hang.
    pub fn is_message(&self) -> bool {
        match self {
            Self::SetVf { .. }
            | Self::SetPfMtu { .. }
            | Self::SetPfAdminState { .. }
            | Self::SetVfMtu { .. } => true,
            Self::LoadModule { .. }
            | Self::SetVfCount { .. }
            | Self::SetDriversAutoprobe { .. }
            | Self::UnbindDriver { .. }
            | Self::BindDriver { .. }
            | Self::ProbeDriver { .. } => false,
        }
    }

    /// Returns the PF concerned; `None` where the op concerns the whole host.
    pub fn pf(&self) -> Option<&DeviceAddress> {
        match self {
            Self::LoadModule { module: _ } => None,
            Self::SetVfCount { pf, .. }
            | Self::SetDriversAutoprobe { pf, .. }
            | Self::SetVf { pf, .. }
            | Self::SetPfMtu { pf, .. }
            | Self::SetPfAdminState { pf, .. }
            | Self::SetVfMtu { pf, .. }
            | Self::UnbindDriver { pf, .. }
            | Self::BindDriver { pf, .. }
            | Self::ProbeDriver { pf, .. } => Some(pf),
        }
    }

    /// Returns the VF's PCI address as the op has it; `None` where it needs none.
    pub fn device(&self) -> Option<PciAddress> {
        match self {
            Self::SetVfMtu { device, .. }
            | Self::UnbindDriver { device, .. }
            | Self::BindDriver { device, .. }
            | Self::ProbeDriver { device, .. } => Some(*device),
            Self::LoadModule { .. }
            | Self::SetVfCount { .. }
            | Self::SetDriversAutoprobe { .. }
            | Self::SetVf { .. }
            | Self::SetPfMtu { .. }
            | Self::SetPfAdminState { .. } => None,
        }
    }

    /// Returns the PF's interface as the op has it; `None` where it needs none.
    pub fn interface(&self) -> Option<&InterfaceName> {
        match self {
            Self::SetVf { interface, .. }
            | Self::SetPfMtu { interface, .. }
            | Self::SetPfAdminState { interface, .. } => Some(interface),
            Self::LoadModule { .. }
            | Self::SetVfCount { .. }
            | Self::SetDriversAutoprobe { .. }
            | Self::SetVfMtu { .. }
            | Self::UnbindDriver { .. }
            | Self::BindDriver { .. }
            | Self::ProbeDriver { .. } => None,
        }
    }

    /// Returns the VF concerned; `None` where the op concerns the whole PF or host.
    pub fn vf(&self) -> Option<VfIndex> {
        match self {
            Self::SetVf { vf, .. }
            | Self::SetVfMtu { vf, .. }
            | Self::UnbindDriver { vf, .. }
            | Self::BindDriver { vf, .. }
            | Self::ProbeDriver { vf, .. } => Some(*vf),
            Self::LoadModule { .. }
            | Self::SetVfCount { .. }
            | Self::SetDriversAutoprobe { .. }
            | Self::SetPfMtu { .. }
            | Self::SetPfAdminState { .. } => None,
        }
    }
}

/// The command that a person would type to the same effect.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DEVICES: &str = "/sys/bus/pci/devices";
        match self {
            Self::LoadModule { module } => write!(f, "modprobe {module}"),
            Self::SetVfCount { pf, count } => write!(f, "echo {count} > {}/sriov_numvfs", pf.sysfs()),
            Self::SetDriversAutoprobe { pf, autoprobe } => {
                let number = match autoprobe {
                    Toggle::On => 1,
                    Toggle::Off => 0,
                };
                write!(f, "echo {number} > {}/sriov_drivers_autoprobe", pf.sysfs())
            }
            Self::SetVf { pf: _, interface, vf, setting } => {
                write!(f, "ip link set dev {interface} vf {vf} {}", setting.ip_arguments())
            }
            Self::SetPfMtu { pf: _, interface, mtu } => write!(f, "ip link set dev {interface} mtu {mtu}"),
            Self::SetPfAdminState { pf: _, interface, state } => {
                write!(f, "ip link set dev {interface} {state}")
            }
            Self::SetVfMtu { pf: _, vf: _, device, mtu } => {
                write!(f, "ip link set dev \"$(ls {DEVICES}/{device}/net)\" mtu {mtu}")
            }
            Self::UnbindDriver { pf: _, vf: _, device } => {
                write!(f, "echo {device} > {DEVICES}/{device}/driver/unbind")
            }
            Self::BindDriver { pf: _, vf: _, device, driver, override_after } => {
                let after = override_after.as_ref().map_or_else(String::new, |after| format!(" {after}"));
                write!(
                    f,
                    "echo {driver} > {DEVICES}/{device}/driver_override; \
                     echo {device} > /sys/bus/pci/drivers/{driver}/bind; \
                     echo{after} > {DEVICES}/{device}/driver_override"
                )
            }
            Self::ProbeDriver { pf: _, vf: _, device } => write!(
                f,
                "echo > {DEVICES}/{device}/driver_override; echo {device} > /sys/bus/pci/drivers_probe"
            ),
        }
    }
}

/// Whether an interface is set up or down by its administrator (`IFF_UP`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AdminState {
    /// Set up.
    Up,
    /// Set down.
    Down,
}

impl fmt::Display for AdminState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}
