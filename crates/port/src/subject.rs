//! What claims and ops are about: a thing, and the scope that it is in.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{
    DeviceAddress, HostName, ModuleName, ObjectName, ObjectRef, ParseError, ResourceName, VfIndex,
};

/// Where a thing is: on one host, or in the cluster that the hosts are nodes of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A host.
    Host(HostName),
    /// The cluster.
    Cluster,
}

impl Scope {
    /// Returns the host, or `None` for the cluster.
    pub fn host(&self) -> Option<&HostName> {
        match self {
            Self::Host(host) => Some(host),
            Self::Cluster => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(f, "host {host}"),
            Self::Cluster => f.write_str("cluster"),
        }
    }
}

/// A thing within its scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// The machine as a whole.
    System,
    /// A kernel module.
    Module(ModuleName),
    /// A PF.
    Pf(DeviceAddress),
    /// A VF of a PF.
    Vf(DeviceAddress, VfIndex),
    /// An object of the cluster.
    Object(ObjectRef),
    /// A resource that a node offers to pods.
    Resource(ObjectName, ResourceName),
}

/// What stands between a node and one of its resources.
const RESOURCE: &str = " resource ";

impl Thing {
    /// Returns the VF's number; `None` for anything but a VF.
    pub fn vf(&self) -> Option<VfIndex> {
        match self {
            Self::Vf(_, vf) => Some(*vf),
            Self::System | Self::Module(_) | Self::Pf(_) | Self::Object(_) | Self::Resource(..) => None,
        }
    }

    /// Returns the PF that this is, or that a VF belongs to.
    pub fn pf(&self) -> Option<&DeviceAddress> {
        match self {
            Self::Pf(pf) | Self::Vf(pf, _) => Some(pf),
            Self::System | Self::Module(_) | Self::Object(_) | Self::Resource(..) => None,
        }
    }

    /// Returns the object that this is, or that a resource belongs to.
    pub fn object(&self) -> Option<ObjectRef> {
        match self {
            Self::Object(object) => Some(object.clone()),
            Self::Resource(node, _) => Some(ObjectRef::node(node.clone())),
            Self::System | Self::Module(_) | Self::Pf(_) | Self::Vf(..) => None,
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Module(module) => write!(f, "module {module}"),
            Self::Pf(pf) => pf.fmt(f),
            Self::Vf(pf, vf) => write!(f, "{pf} vf {vf}"),
            Self::Object(object) => object.fmt(f),
            Self::Resource(node, resource) => write!(f, "node {node}{RESOURCE}{resource}"),
        }
    }
}

impl FromStr for Thing {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if text == "system" {
            return Ok(Self::System);
        }
        if let Some(module) = text.strip_prefix("module ") {
            return module.parse().map(Self::Module);
        }
        if let Some((node, resource)) = text.strip_prefix("node ").and_then(|rest| rest.split_once(RESOURCE))
        {
            return Ok(Self::Resource(node.parse()?, resource.parse()?));
        }
        if let Ok(object) = text.parse() {
            return Ok(Self::Object(object));
        }
        match text.split_once(" vf ") {
            Some((pf, vf)) => Ok(Self::Vf(pf.parse()?, vf.parse()?)),
            None => text.parse().map(Self::Pf),
        }
    }
}

impl Serialize for Thing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Thing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Thing {
    fn schema_name() -> Cow<'static, str> {
        "Thing".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A thing such as pci/0000:3b:00.0 or system." })
    }
}

/// What a claim speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Where it is.
    pub scope: Scope,
    /// What it is.
    pub thing: Thing,
}

/// Writes the thing alone: whoever shows it has named the scope.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope: _, thing } = self;
        thing.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_read_as_they_are_written() {
        for text in [
            "system",
            "module vfio_pci",
            "pci/0000:01:00.0",
            "netdevsim/netdevsim1 vf 3",
            "node worker-1",
            "configmap kube-system/x",
            "node worker-1 resource intel.com/net",
        ] {
            let thing: Thing = serde_json::from_value(text.into()).expect(text);
            assert_eq!(serde_json::to_value(&thing).expect("JSON"), text);
        }
        for wrong in ["", "module", "pci/0000:01:00.0 vf", "pci/0000:01:00.0 vf x"] {
            assert!(wrong.parse::<Thing>().is_err(), "{wrong}");
        }
    }
}
