//! The YAML of VF settings: a map that the model's table and the list of kinds drive.
//!
//! How one attribute's value is written is said in `attribute_spec`.

use std::fmt;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{VfAttribute, VfSet, VfValue};

use super::attribute_spec::{AttributeSeed, attribute_schema};
use super::mac_source::MacSource;
use crate::VfSpec;

/// What a spec says of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttributeSpec {
    /// `default`: the factory value.
    Default,
    /// This value for each VF.
    Value(VfValue),
    /// A MAC address of its own for each VF.
    PerVf(MacSource),
}

/// Settings for some VFs of a PF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VfGroup {
    /// Which VFs.
    pub vfs: VfSet,
    /// What holds for them.
    pub settings: VfSpec,
}

const VFS: &str = "vfs";

/// The keys of settings for all VFs.
static SETTINGS_KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    VfAttribute::ALL.iter().map(|a| a.key()).chain(VfSpec::KIND_KEYS.iter().copied()).collect()
});

/// The keys of a group.
static GROUP_KEYS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| [VFS].into_iter().chain(SETTINGS_KEYS.iter().copied()).collect());

/// Reads a key and refuses it right there, so that the mistake is at the key and not at the map.
struct KeySeed(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        let Self(allowed) = self;
        let text = String::deserialize(deserializer)?;
        let key = allowed.iter().copied().find(|key| *key == text);
        key.ok_or_else(|| D::Error::unknown_field(&text, allowed))
    }
}

/// Reads the map of settings, with the set of VFs where the keys allow one.
struct SettingsVisitor(&'static [&'static str]);

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = (Option<VfSet>, VfSpec);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of VF settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self(allowed) = self;
        let (mut vfs, mut settings) = (None, VfSpec::default());
        while let Some(key) = map.next_key_seed(KeySeed(allowed))? {
            let attribute = VfAttribute::ALL.iter().copied().find(|attribute| attribute.key() == key);
            match attribute {
                Some(attribute) => {
                    let value = map.next_value_seed(AttributeSeed(attribute))?;
                    settings.attributes.insert(attribute, value);
                }
                None if key == VFS => vfs = Some(map.next_value()?),
                None => settings.read_kind(key, &mut map)?,
            }
        }
        Ok((vfs, settings))
    }
}

impl<'de> Deserialize<'de> for VfSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (_, settings) = deserializer.deserialize_map(SettingsVisitor(&SETTINGS_KEYS))?;
        Ok(settings)
    }
}

impl<'de> Deserialize<'de> for VfGroup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (vfs, settings) = deserializer.deserialize_map(SettingsVisitor(&GROUP_KEYS))?;
        let vfs = vfs.ok_or_else(|| D::Error::missing_field(VFS))?;
        Ok(Self { vfs, settings })
    }
}

/// Writes settings as entries of a map.
fn write<M: SerializeMap>(settings: &VfSpec, map: &mut M) -> Result<(), M::Error> {
    for (attribute, spec) in &settings.attributes {
        map.serialize_entry(attribute.key(), spec)?;
    }
    settings.write_kinds(map)
}

impl Serialize for VfSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write(self, &mut map)?;
        map.end()
    }
}

impl Serialize for VfGroup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { vfs, settings } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(VFS, vfs)?;
        write(settings, &mut map)?;
        map.end()
    }
}

/// Returns the schema of every setting, by its key.
fn settings_properties(generator: &mut SchemaGenerator) -> serde_json::Map<String, serde_json::Value> {
    let attributes: Vec<_> = VfAttribute::ALL
        .iter()
        .map(|attribute| (attribute.key(), attribute_schema(*attribute, generator)))
        .collect();
    let all = attributes.into_iter().chain(VfSpec::kind_schemas(generator));
    all.map(|(key, schema)| (key.to_owned(), schema.to_value())).collect()
}

impl JsonSchema for VfSpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VfSpec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let properties = settings_properties(generator);
        json_schema!({
            "type": "object",
            "description": "What holds for VFs. What is absent is left as it is; `default` asks for the factory value.",
            "additionalProperties": false,
            "properties": properties,
        })
    }
}

impl JsonSchema for VfGroup {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VfGroup".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = settings_properties(generator);
        properties.insert(VFS.to_owned(), generator.subschema_for::<VfSet>().to_value());
        json_schema!({
            "type": "object",
            "description": "What holds for some VFs; the later and narrower group wins.",
            "additionalProperties": false,
            "required": [VFS],
            "properties": properties,
        })
    }
}
