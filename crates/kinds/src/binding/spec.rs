//! The YAML of a VF's driver.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{DriverName, ParseError, misread};

use crate::setting::DEFAULT;

/// What a spec says of a VF's driver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriverChoice {
    /// `default`: whichever the kernel chooses.
    Default,
    /// `none`: no driver.
    None,
    /// The driver of this name.
    Named(DriverName),
}

const NONE: &str = "none";

impl fmt::Display for DriverChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str(DEFAULT),
            Self::None => f.write_str(NONE),
            Self::Named(name) => name.fmt(f),
        }
    }
}

impl Serialize for DriverChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DriverChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| misread(&text, &error))
    }
}

impl FromStr for DriverChoice {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            DEFAULT => Ok(Self::Default),
            NONE => Ok(Self::None),
            name => name.parse().map(Self::Named),
        }
    }
}

impl JsonSchema for DriverChoice {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DriverChoice".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9A-Za-z._-]{1,63}$",
            "not": { "enum": [".", ".."] },
            "examples": ["vfio-pci", NONE, DEFAULT],
        })
    }
}
