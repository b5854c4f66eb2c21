//! Ops: one action on one target. An op is semantic; its text is the command a person would type.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{DeviceAddress, InterfaceName, ModuleName, PciAddress, Toggle, VfIndex};

use crate::action::{Action, TargetKind};
use crate::binding::Binding;
use crate::subject::Thing;

/// One operation within a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// What it is done to.
    pub target: Target,
    /// What is done.
    pub action: Action,
}

/// What an op is done to, with the handle by which the kernel knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A kernel module.
    Module(ModuleName),
    /// A PF by its device.
    Pf(DeviceAddress),
    /// A PF by its interface.
    PfInterface(DeviceAddress, InterfaceName),
    /// A VF through its PF's interface.
    VfThroughPf(DeviceAddress, InterfaceName, VfIndex),
    /// A VF by its own PCI function.
    Function(DeviceAddress, VfIndex, PciAddress),
}

impl Target {
    /// Returns which kind of target this is.
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Module(_) => TargetKind::Module,
            Self::Pf(_) => TargetKind::Pf,
            Self::PfInterface(..) => TargetKind::PfInterface,
            Self::VfThroughPf(..) => TargetKind::VfThroughPf,
            Self::Function(..) => TargetKind::Function,
        }
    }

    /// Returns the thing that this is.
    pub fn thing(&self) -> Thing {
        match self {
            Self::Module(module) => Thing::Module(module.clone()),
            Self::Pf(pf) | Self::PfInterface(pf, _) => Thing::Pf(pf.clone()),
            Self::VfThroughPf(pf, _, vf) | Self::Function(pf, vf, _) => Thing::Vf(pf.clone(), *vf),
        }
    }

    /// Returns the PF that this is, or that the VF belongs to.
    pub fn pf(&self) -> Option<&DeviceAddress> {
        match self {
            Self::Module(_) => None,
            Self::Pf(pf) | Self::PfInterface(pf, _) | Self::VfThroughPf(pf, ..) | Self::Function(pf, ..) => {
                Some(pf)
            }
        }
    }

    /// Returns the VF; `None` where the target is no VF.
    pub fn vf(&self) -> Option<VfIndex> {
        match self {
            Self::VfThroughPf(_, _, vf) | Self::Function(_, vf, _) => Some(*vf),
            Self::Module(_) | Self::Pf(_) | Self::PfInterface(..) => None,
        }
    }

    /// Returns the PF's interface, where the target is reached through it.
    pub fn interface(&self) -> Option<&InterfaceName> {
        match self {
            Self::PfInterface(_, interface) | Self::VfThroughPf(_, interface, _) => Some(interface),
            Self::Module(_) | Self::Pf(_) | Self::Function(..) => None,
        }
    }

    /// Returns the VF's PCI address, where the target is reached by it.
    pub fn function(&self) -> Option<PciAddress> {
        match self {
            Self::Function(_, _, function) => Some(*function),
            Self::Module(_) | Self::Pf(_) | Self::PfInterface(..) | Self::VfThroughPf(..) => None,
        }
    }
}

impl Op {
    /// Returns whether the action can be done to such a target.
    fn fits(&self) -> bool {
        self.action.kind().row().target == self.target.kind()
    }
}

/// The command that a person would type to the same effect.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DEVICES: &str = "/sys/bus/pci/devices";
        match (&self.action, &self.target) {
            (Action::LoadModule, Target::Module(module)) => write!(f, "modprobe {module}"),
            (Action::RemoveVfs, Target::Pf(pf)) => write!(f, "echo 0 > {}/sriov_numvfs", pf.sysfs()),
            (Action::CreateVfs(count), Target::Pf(pf)) => {
                write!(f, "echo {count} > {}/sriov_numvfs", pf.sysfs())
            }
            (Action::SetDriversAutoprobe(autoprobe), Target::Pf(pf)) => {
                let number = match autoprobe {
                    Toggle::On => 1,
                    Toggle::Off => 0,
                };
                write!(f, "echo {number} > {}/sriov_drivers_autoprobe", pf.sysfs())
            }
            (Action::SetVfAttribute(setting), Target::VfThroughPf(_, interface, vf)) => {
                write!(f, "ip link set dev {interface} vf {vf} {}", setting.ip_arguments())
            }
            (Action::SetEswitchMode(mode), Target::Pf(pf)) => {
                write!(f, "devlink dev eswitch set {pf} mode {mode}")
            }
            (Action::SetPfMtu(mtu), Target::PfInterface(_, interface)) => {
                write!(f, "ip link set dev {interface} mtu {mtu}")
            }
            (Action::SetPfAdminState(state), Target::PfInterface(_, interface)) => {
                write!(f, "ip link set dev {interface} {state}")
            }
            (Action::SetVfMtu(mtu), Target::Function(_, _, device)) => {
                write!(f, "ip link set dev \"$(ls {DEVICES}/{device}/net)\" mtu {mtu}")
            }
            (Action::UnbindDriver, Target::Function(_, _, device)) => {
                write!(f, "echo {device} > {DEVICES}/{device}/driver/unbind")
            }
            (Action::BindDriver(Binding { driver, override_after }), Target::Function(_, _, device)) => {
                let after = override_after.as_ref().map_or_else(String::new, |after| format!(" {after}"));
                write!(
                    f,
                    "echo {driver} > {DEVICES}/{device}/driver_override; \
                     echo {device} > /sys/bus/pci/drivers/{driver}/bind; \
                     echo{after} > {DEVICES}/{device}/driver_override"
                )
            }
            (Action::ProbeDriver, Target::Function(_, _, device)) => write!(
                f,
                "echo > {DEVICES}/{device}/driver_override; echo {device} > /sys/bus/pci/drivers_probe"
            ),
            // No document is read with such an op.
            (action, target) => write!(f, "{} on {}", action.kind(), target.thing()),
        }
    }
}

/// An op as documents have it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OpText<'a> {
    /// The kernel module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    module: Option<ModuleName>,
    /// The PF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pf: Option<DeviceAddress>,
    /// The PF's interface, where the target is reached through it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interface: Option<InterfaceName>,
    /// The VF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vf: Option<VfIndex>,
    /// The VF's PCI address, where the target is reached by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    function: Option<PciAddress>,
    /// What is done.
    action: std::borrow::Cow<'a, Action>,
}

impl Serialize for Op {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { target, action } = self;
        let module = match target {
            Target::Module(module) => Some(module.clone()),
            Target::Pf(_) | Target::PfInterface(..) | Target::VfThroughPf(..) | Target::Function(..) => None,
        };
        OpText {
            module,
            pf: target.pf().cloned(),
            interface: target.interface().cloned(),
            vf: target.vf(),
            function: target.function(),
            action: std::borrow::Cow::Borrowed(action),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Op {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let OpText { module, pf, interface, vf, function, action } = OpText::deserialize(deserializer)?;
        let target = match (module, pf, interface, vf, function) {
            (Some(module), None, None, None, None) => Target::Module(module),
            (None, Some(pf), None, None, None) => Target::Pf(pf),
            (None, Some(pf), Some(interface), None, None) => Target::PfInterface(pf, interface),
            (None, Some(pf), Some(interface), Some(vf), None) => Target::VfThroughPf(pf, interface, vf),
            (None, Some(pf), None, Some(vf), Some(function)) => Target::Function(pf, vf, function),
            _ => return Err(D::Error::custom("an op whose target is none of those that there are")),
        };
        let op = Self { target, action: action.into_owned() };
        if op.fits() {
            Ok(op)
        } else {
            Err(D::Error::custom(format!("{} has another target", op.action.kind())))
        }
    }
}

impl JsonSchema for Op {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Op".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        OpText::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_round_trip_and_an_action_on_another_target_is_refused() {
        for text in [
            r#"{"module":"vfio_pci","action":"loadModule"}"#,
            r#"{"pf":"pci/0000:01:00.0","action":{"createVfs":8}}"#,
            r#"{"pf":"pci/0000:01:00.0","interface":"eth0","action":{"setPfAdminState":"up"}}"#,
            r#"{"pf":"pci/0000:01:00.0","interface":"eth0","vf":"3","action":{"setVfAttribute":{"attribute":"vlan","value":"7"}}}"#,
            r#"{"pf":"pci/0000:01:00.0","vf":"3","function":"0000:01:10.6","action":{"bindDriver":{"driver":"vfio-pci"}}}"#,
        ] {
            let op: Op = serde_json::from_str(text).expect("an op");
            assert_eq!(serde_json::to_string(&op).expect("JSON"), text);
            assert!(!op.to_string().contains(" on "), "{op}");
        }
        for wrong in [
            r#"{"pf":"pci/0000:01:00.0","action":"loadModule"}"#,
            r#"{"pf":"pci/0000:01:00.0","vf":"3","action":"unbindDriver"}"#,
            r#"{"action":"loadModule"}"#,
        ] {
            assert!(serde_json::from_str::<Op>(wrong).is_err(), "{wrong}");
        }
    }
}
