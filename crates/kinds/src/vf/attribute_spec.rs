//! How the value of one VF attribute is written in a spec: by its shape, so that a new row of the model's
//! table needs nothing here.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, DeserializeSeed, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{
    Mbps, ParseError, RateLimits, Shape, Toggle, VfAttribute, VfValue, VlanId, VlanProtocol, VlanQos,
    VlanTag, misread,
};

use super::mac_source::MacSource;
use super::spec::AttributeSpec;
use crate::setting::DEFAULT;
use crate::vf_address::VfAddress;

/// Reads the value of this attribute.
pub(super) struct AttributeSeed(pub(super) VfAttribute);

/// The words that a switch takes.
const TOGGLE_WORDS: &[&str] = &["on", "off", "true", "false", DEFAULT];

/// The words that a link state takes.
const LINK_STATE_WORDS: &[&str] = &["auto", "enable", "disable", DEFAULT];

impl<'de> DeserializeSeed<'de> for AttributeSeed {
    type Value = AttributeSpec;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<AttributeSpec, D::Error> {
        let Self(attribute) = self;
        deserializer.deserialize_any(ShapeVisitor(attribute.row().shape))
    }
}

/// Reads a value of this shape, or `default`.
struct ShapeVisitor(Shape);

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = AttributeSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(shape) = self;
        f.write_str(match shape {
            Shape::Mac => {
                "a quoted MAC address, `{first: …}`, `{list: […]}`, `{list: {fromHost: …}}`, `{derive: …}` or `default`"
            }
            Shape::Vlan => "a VLAN id from 0 to 4094, `{id: …, qos: …, protocol: …}` or `default`",
            Shape::Rate => "`{min: …, max: …}` in Mbit/s or `default`",
            Shape::Toggle => "`on`, `off` or `default`",
            Shape::LinkState => "`auto`, `enable`, `disable` or `default`",
        })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<AttributeSpec, E> {
        if text == DEFAULT {
            return Ok(AttributeSpec::Default);
        }
        let Self(shape) = &self;
        let value = match shape {
            Shape::Mac => VfValue::Mac(text.parse().map_err(|error| misread(text, &error))?),
            Shape::Vlan | Shape::Rate => return Err(E::invalid_value(Unexpected::Str(text), &self)),
            Shape::Toggle => {
                let toggle =
                    Toggle::from_spelling(text).ok_or_else(|| E::unknown_variant(text, TOGGLE_WORDS))?;
                VfValue::Toggle(toggle)
            }
            Shape::LinkState => {
                let state = text.parse().map_err(|_| E::unknown_variant(text, LINK_STATE_WORDS))?;
                VfValue::LinkState(state)
            }
        };
        Ok(AttributeSpec::Value(value))
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<AttributeSpec, E> {
        match self {
            Self(Shape::Toggle) => Ok(AttributeSpec::Value(VfValue::Toggle(on.into()))),
            Self(Shape::Mac | Shape::Vlan | Shape::Rate | Shape::LinkState) => {
                Err(E::invalid_type(Unexpected::Bool(on), &self))
            }
        }
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<AttributeSpec, E> {
        match self {
            Self(Shape::Vlan) => {
                let id = VlanId::try_from(number).map_err(|error| out_of_range(number, &error))?;
                Ok(AttributeSpec::Value(VfValue::Vlan(VlanTag { id, ..VlanTag::NONE })))
            }
            Self(Shape::Mac | Shape::Rate | Shape::Toggle | Shape::LinkState) => {
                Err(E::invalid_type(Unexpected::Unsigned(number), &self))
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AttributeSpec, A::Error> {
        let entries = MapAccessDeserializer::new(map);
        match self {
            Self(Shape::Mac) => MacSource::deserialize(entries).map(AttributeSpec::PerVf),
            Self(Shape::Vlan) => {
                let map = VlanMap::deserialize(entries)?;
                Ok(AttributeSpec::Value(VfValue::Vlan(map.into())))
            }
            Self(Shape::Rate) => match RateMap::deserialize(entries)? {
                RateMap { min: None, max: None } => {
                    Err(de::Error::invalid_value(Unexpected::Other("no rate"), &"`min`, `max` or both"))
                }
                RateMap { min, max } => {
                    let (min, max) = (Mbps(min.unwrap_or(0)), Mbps(max.unwrap_or(0)));
                    Ok(AttributeSpec::Value(VfValue::Rate(RateLimits { min, max })))
                }
            },
            Self(Shape::Toggle | Shape::LinkState) => Err(de::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

/// A VLAN as documents have it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VlanMap {
    /// The id, 0 to 4094; 0 is no VLAN.
    #[serde(serialize_with = "write_number", deserialize_with = "number")]
    #[schemars(with = "u16", range(max = 4094))]
    id: VlanId,
    /// The priority, 0 to 7.
    #[serde(
        default,
        serialize_with = "write_number",
        deserialize_with = "number",
        skip_serializing_if = "crate::kind::is_default"
    )]
    #[schemars(with = "u8", range(max = 7))]
    qos: VlanQos,
    /// The tag protocol.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    #[schemars(extend("enum" = ["802.1Q", "802.1ad"]))]
    protocol: VlanProtocol,
}

impl From<VlanTag> for VlanMap {
    fn from(VlanTag { id, qos, protocol }: VlanTag) -> Self {
        Self { id, qos, protocol }
    }
}

impl From<VlanMap> for VlanTag {
    fn from(VlanMap { id, qos, protocol }: VlanMap) -> Self {
        Self { id, qos, protocol }
    }
}

/// Rates as documents have them.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
struct RateMap {
    /// The guaranteed rate in Mbit/s; absent or 0, none is guaranteed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 4_294_967_295_u32))]
    min: Option<u32>,
    /// The highest rate in Mbit/s; absent or 0, unlimited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 4_294_967_295_u32))]
    max: Option<u32>,
}

/// Returns the error of a number out of its range.
fn out_of_range<E: de::Error>(number: u64, error: &ParseError) -> E {
    E::invalid_value(Unexpected::Unsigned(number), &error.wanted)
}

/// Writes a number with a range of its own.
fn write_number<T: Copy + Into<u64>, S: Serializer>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64((*number).into())
}

impl Serialize for AttributeSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Default => serializer.serialize_str(DEFAULT),
            Self::PerVf(source) => source.serialize(serializer),
            Self::Value(VfValue::Mac(mac)) => mac.serialize(serializer),
            Self::Value(VfValue::Vlan(tag)) => VlanMap::from(*tag).serialize(serializer),
            Self::Value(VfValue::Rate(RateLimits { min: Mbps(min), max: Mbps(max) })) => {
                RateMap { min: (*min != 0).then_some(*min), max: Some(*max) }.serialize(serializer)
            }
            Self::Value(VfValue::Toggle(toggle)) => toggle.serialize(serializer),
            Self::Value(VfValue::LinkState(state)) => state.serialize(serializer),
        }
    }
}

/// Reads a number with a range of its own.
fn number<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64, Error = ParseError>,
{
    struct Number<T>(PhantomData<T>);
    impl<T: TryFrom<u64, Error = ParseError>> Visitor<'_> for Number<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match T::try_from(u64::MAX) {
                Err(ParseError { wanted, .. }) => write!(f, "a {wanted}"),
                Ok(_) => f.write_str("a number"),
            }
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
            T::try_from(number).map_err(|error| out_of_range(number, &error))
        }
    }
    deserializer.deserialize_any(Number(PhantomData))
}

/// Returns the schema of an attribute's value.
pub(super) fn attribute_schema(attribute: VfAttribute, generator: &mut SchemaGenerator) -> Schema {
    let row = attribute.row();
    let default = json_schema!({ "const": DEFAULT });
    let mut schema = match row.shape {
        Shape::Mac => {
            let (one, source) =
                (generator.subschema_for::<VfAddress>(), generator.subschema_for::<MacSource>());
            json_schema!({ "anyOf": [one, source, default] })
        }
        Shape::Vlan => {
            let map = generator.subschema_for::<VlanMap>();
            let id = json_schema!({ "type": "integer", "minimum": 0, "maximum": 4094 });
            json_schema!({ "anyOf": [id, map, default] })
        }
        Shape::Rate => {
            let map = generator.subschema_for::<RateMap>();
            json_schema!({ "anyOf": [map, default] })
        }
        Shape::Toggle => Toggle::schema_with(&[DEFAULT]),
        Shape::LinkState => json_schema!({ "enum": LINK_STATE_WORDS }),
    };
    schema.insert("description".to_owned(), row.doc.into());
    schema
}
