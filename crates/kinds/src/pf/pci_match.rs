//! A device named in a document by its address.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{DeviceAddress, ParseError, PciAddress, misread};

/// A device by its address; a PCI address needs no bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PciMatch(pub DeviceAddress);

impl fmt::Display for PciMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(DeviceAddress::Pci(address)) => address.fmt(f),
            Self(other) => other.fmt(f),
        }
    }
}

impl Serialize for PciMatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PciMatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let pci = || text.parse::<PciAddress>().map(DeviceAddress::Pci);
        let wanted = "device address such as `0000:3b:00.0` or `netdevsim/netdevsim1`";
        text.parse().or_else(|_| pci()).map(Self).map_err(|_| misread(&text, &ParseError::new(&text, wanted)))
    }
}

impl JsonSchema for PciMatch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PciMatch".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (pci, any) =
            (generator.subschema_for::<PciAddress>(), generator.subschema_for::<DeviceAddress>());
        json_schema!({ "anyOf": [pci, any], "examples": ["0000:3b:00.0", "netdevsim/netdevsim1"] })
    }
}
