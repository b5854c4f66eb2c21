//! Ops: one action on one target. An op is semantic; its text is the command a person would type.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{DeviceAddress, InterfaceName, ModuleName, ObjectRef, PciAddress, VfIndex};

use crate::action::Action;
use crate::action_row::TargetKind;
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
    /// An object of the cluster.
    Object(ObjectRef),
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
            Self::Object(_) => TargetKind::Object,
        }
    }

    /// Returns the thing that this is.
    pub fn thing(&self) -> Thing {
        match self {
            Self::Module(module) => Thing::Module(module.clone()),
            Self::Pf(pf) | Self::PfInterface(pf, _) => Thing::Pf(pf.clone()),
            Self::VfThroughPf(pf, _, vf) | Self::Function(pf, vf, _) => Thing::Vf(pf.clone(), *vf),
            Self::Object(object) => Thing::Object(object.clone()),
        }
    }

    /// Returns the kernel module; `None` where the target is none.
    pub fn module(&self) -> Option<&ModuleName> {
        match self {
            Self::Module(module) => Some(module),
            Self::Pf(_)
            | Self::PfInterface(..)
            | Self::VfThroughPf(..)
            | Self::Function(..)
            | Self::Object(_) => None,
        }
    }

    /// Returns the object of the cluster; `None` where the target is none.
    pub fn object(&self) -> Option<&ObjectRef> {
        match self {
            Self::Object(object) => Some(object),
            Self::Module(_)
            | Self::Pf(_)
            | Self::PfInterface(..)
            | Self::VfThroughPf(..)
            | Self::Function(..) => None,
        }
    }

    /// Returns the PF that this is, or that the VF belongs to.
    pub fn pf(&self) -> Option<&DeviceAddress> {
        match self {
            Self::Module(_) | Self::Object(_) => None,
            Self::Pf(pf) | Self::PfInterface(pf, _) | Self::VfThroughPf(pf, ..) | Self::Function(pf, ..) => {
                Some(pf)
            }
        }
    }

    /// Returns the VF; `None` where the target is no VF.
    pub fn vf(&self) -> Option<VfIndex> {
        match self {
            Self::VfThroughPf(_, _, vf) | Self::Function(_, vf, _) => Some(*vf),
            Self::Module(_) | Self::Pf(_) | Self::PfInterface(..) | Self::Object(_) => None,
        }
    }

    /// Returns the PF's interface, where the target is reached through it.
    pub fn interface(&self) -> Option<&InterfaceName> {
        match self {
            Self::PfInterface(_, interface) | Self::VfThroughPf(_, interface, _) => Some(interface),
            Self::Module(_) | Self::Pf(_) | Self::Function(..) | Self::Object(_) => None,
        }
    }

    /// Returns the word of this name that it puts into an action's command; `None` where it has none.
    fn word(&self, name: &str) -> Option<String> {
        Some(match name {
            "module" => self.module()?.to_string(),
            "pf" => self.pf()?.to_string(),
            "folder" => self.pf()?.sysfs(),
            "interface" => self.interface()?.to_string(),
            "vf" => self.vf()?.to_string(),
            "function" => self.function()?.to_string(),
            "object" => {
                let object = self.object()?;
                let row = object.kind().row();
                let group = if row.group.is_empty() { "" } else { "." };
                let kind = format!("{}{group}{}", row.plural, row.group);
                let namespace = object.namespace().map_or_else(String::new, |name| format!(" -n {name}"));
                format!("{kind} {}{namespace}", object.name())
            }
            "function_folder" => format!("/sys/bus/pci/devices/{}", self.function()?),
            _ => return None,
        })
    }

    /// Returns the VF's PCI address, where the target is reached by it.
    pub fn function(&self) -> Option<PciAddress> {
        match self {
            Self::Function(_, _, function) => Some(*function),
            Self::Module(_)
            | Self::Pf(_)
            | Self::PfInterface(..)
            | Self::VfThroughPf(..)
            | Self::Object(_) => None,
        }
    }
}

impl Op {
    /// Returns what stands for a name in braces in the action's command.
    fn word(&self, words: &[(&str, String)], name: &str) -> Option<String> {
        if let ("manifest", Target::Object(object), Action::ApplyObject(manifest)) =
            (name, &self.target, &self.action)
        {
            // A shell ends a quoted text at the quote.
            return Some(manifest.json(object).replace('\'', r"'\''"));
        }
        let own = words.iter().find(|(word, _)| *word == name).map(|(_, text)| text.clone());
        own.or_else(|| self.target.word(name))
    }

    /// Returns whether the action can be done to such a target.
    fn fits(&self) -> bool {
        self.action.kind().row().target == self.target.kind()
    }
}

/// The command that a person would type to the same effect.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.action.words();
        let mut rest = self.action.kind().row().command;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            f.write_str(before)?;
            f.write_str(&self.word(&words, name).unwrap_or_default())?;
            rest = after;
        }
        f.write_str(rest)
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
    /// The object of the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<ObjectRef>,
    /// What is done.
    action: std::borrow::Cow<'a, Action>,
}

impl Serialize for Op {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { target, action } = self;
        OpText {
            module: target.module().cloned(),
            pf: target.pf().cloned(),
            interface: target.interface().cloned(),
            vf: target.vf(),
            function: target.function(),
            object: target.object().cloned(),
            action: std::borrow::Cow::Borrowed(action),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Op {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let OpText { module, pf, interface, vf, function, object, action } =
            OpText::deserialize(deserializer)?;
        let target = match (module, pf, interface, vf, function, object) {
            (Some(module), None, None, None, None, None) => Target::Module(module),
            (None, Some(pf), None, None, None, None) => Target::Pf(pf),
            (None, Some(pf), Some(interface), None, None, None) => Target::PfInterface(pf, interface),
            (None, Some(pf), Some(interface), Some(vf), None, None) => Target::VfThroughPf(pf, interface, vf),
            (None, Some(pf), None, Some(vf), Some(function), None) => Target::Function(pf, vf, function),
            (None, None, None, None, None, Some(object)) => Target::Object(object),
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
#[path = "op_tests.rs"]
mod tests;
