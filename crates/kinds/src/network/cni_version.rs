//! Versions of the CNI specification.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{ParseError, misread};

/// A version of the CNI specification. The default is the newest that multus 4 and sriov-cni both speak: the CNI library
/// 1.1 that multus 4.0 is built with knows none above 1.0.0, and 1.1.0 adds nothing that a pod's interface needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum CniVersion {
    /// The first.
    V0_1_0,
    /// 0.2.0.
    V0_2_0,
    /// The first with chains of plugins.
    V0_3_0,
    /// The newest that sriov-cni of version 2.1 speaks.
    V0_3_1,
    /// 0.4.0.
    V0_4_0,
    /// 1.0.0.
    #[default]
    V1_0_0,
    /// The newest there is: for plugins built with version 1.2 or newer of the CNI library.
    V1_1_0,
}

impl CniVersion {
    /// All versions, the oldest first.
    pub const ALL: [Self; 7] =
        [Self::V0_1_0, Self::V0_2_0, Self::V0_3_0, Self::V0_3_1, Self::V0_4_0, Self::V1_0_0, Self::V1_1_0];

    /// Returns the version as configurations have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V0_1_0 => "0.1.0",
            Self::V0_2_0 => "0.2.0",
            Self::V0_3_0 => "0.3.0",
            Self::V0_3_1 => "0.3.1",
            Self::V0_4_0 => "0.4.0",
            Self::V1_0_0 => "1.0.0",
            Self::V1_1_0 => "1.1.0",
        }
    }
}

impl fmt::Display for CniVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CniVersion {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = "version of the CNI specification: `0.1.0`, `0.2.0`, `0.3.0`, `0.3.1`, `0.4.0`, `1.0.0` or `1.1.0`";
        let version = Self::ALL.into_iter().find(|version| version.as_str() == text);
        version.ok_or_else(|| ParseError::new(text, wanted))
    }
}

impl Serialize for CniVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CniVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|error| misread(&text, &error))
    }
}

impl JsonSchema for CniVersion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CniVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": Self::ALL.map(Self::as_str) })
    }
}
