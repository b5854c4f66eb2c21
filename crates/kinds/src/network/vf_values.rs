//! What a network asks of the VF that a pod is given: its VLAN and its rates, spelled as for VFs of the host.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{VlanId, VlanTag};

use crate::vf::VlanMap;

/// A VLAN: a number, or id, priority and protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkVlan(pub VlanTag);

impl Serialize for NetworkVlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(tag) = self;
        VlanMap::from(*tag).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NetworkVlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tag;
        impl<'de> Visitor<'de> for Tag {
            type Value = NetworkVlan;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a VLAN id from 0 to 4094 or `{id: …, qos: …, protocol: …}`")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<NetworkVlan, E> {
                let id = VlanId::try_from(number)
                    .map_err(|error| E::invalid_value(Unexpected::Unsigned(number), &error.wanted))?;
                Ok(NetworkVlan(VlanTag { id, ..VlanTag::NONE }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NetworkVlan, A::Error> {
                let map = VlanMap::deserialize(MapAccessDeserializer::new(map))?;
                Ok(NetworkVlan(map.into()))
            }
        }
        deserializer.deserialize_any(Tag)
    }
}

impl JsonSchema for NetworkVlan {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NetworkVlan".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<VlanMap>();
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 4094 }, map] })
    }
}

/// Rates in Mbit/s; what is absent is left as the VF has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct NetworkRate {
    /// The guaranteed rate in Mbit/s; 0, none is guaranteed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 4_294_967_295_u32))]
    pub min: Option<u32>,
    /// The highest rate in Mbit/s; 0, unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 4_294_967_295_u32))]
    pub max: Option<u32>,
}
