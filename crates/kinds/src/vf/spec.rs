//! The YAML of VF settings: a map that the model's table drives.
//!
//! How one attribute's value is written is said in `attribute_spec`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use vfctl_model::{DriverName, Mtu, VfAttribute, VfSet, VfValue};

use super::attribute_spec::{AttributeSeed, attribute_schema};
use super::mac_source::MacSource;
use crate::setting::{DEFAULT, Setting};

/// What a spec says of one VF or many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VfSettings {
    /// The attributes that the PF sets, by the table.
    pub attributes: BTreeMap<VfAttribute, AttributeSpec>,
    /// The driver.
    pub driver: Option<DriverSpec>,
    /// The MTU of the VF's own interface.
    pub mtu: Option<Setting<Mtu>>,
}

/// What a spec says of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeSpec {
    /// `default`: the factory value.
    Default,
    /// This value for each VF.
    Value(VfValue),
    /// A MAC address of its own for each VF.
    PerVf(MacSource),
}

/// What a spec says of a VF's driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriverSpec {
    /// `default`: whichever the kernel chooses.
    Default,
    /// `none`: no driver.
    None,
    /// The driver of this name.
    Named(DriverName),
}

/// Settings for some VFs of a PF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VfGroup {
    /// Which VFs.
    pub vfs: VfSet,
    /// What holds for them.
    pub settings: VfSettings,
}

/// A key of the map: a row of the table, or one of the kinds beside it.
#[derive(Clone, Copy)]
enum SettingKey {
    Attribute(VfAttribute),
    Driver,
    Mtu,
    Vfs,
}

const DRIVER: &str = "driver";
const MTU: &str = "mtu";
const VFS: &str = "vfs";

/// The keys of settings for all VFs.
static SETTINGS_KEYS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| VfAttribute::ALL.iter().map(|a| a.key()).chain([DRIVER, MTU]).collect());

/// The keys of a group.
static GROUP_KEYS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| [VFS].into_iter().chain(SETTINGS_KEYS.iter().copied()).collect());

/// Reads a key and refuses it right there, so that the mistake is at the key and not at the map.
struct KeySeed(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = SettingKey;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<SettingKey, D::Error> {
        let Self(allowed) = self;
        let text = String::deserialize(deserializer)?;
        if !allowed.contains(&text.as_str()) {
            return Err(D::Error::unknown_field(&text, allowed));
        }
        match text.as_str() {
            DRIVER => Ok(SettingKey::Driver),
            MTU => Ok(SettingKey::Mtu),
            VFS => Ok(SettingKey::Vfs),
            key => key.parse().map(SettingKey::Attribute).map_err(D::Error::custom),
        }
    }
}

/// Reads the map of settings, with the set of VFs where the keys allow one.
struct SettingsVisitor(&'static [&'static str]);

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = (Option<VfSet>, VfSettings);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of VF settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self(allowed) = self;
        let (mut vfs, mut settings) = (None, VfSettings::default());
        while let Some(key) = map.next_key_seed(KeySeed(allowed))? {
            match key {
                SettingKey::Attribute(attribute) => {
                    let value = map.next_value_seed(AttributeSeed(attribute))?;
                    settings.attributes.insert(attribute, value);
                }
                SettingKey::Driver => settings.driver = Some(map.next_value()?),
                SettingKey::Mtu => settings.mtu = Some(map.next_value()?),
                SettingKey::Vfs => vfs = Some(map.next_value()?),
            }
        }
        Ok((vfs, settings))
    }
}

impl<'de> Deserialize<'de> for VfSettings {
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

impl<'de> Deserialize<'de> for DriverSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            DEFAULT => Ok(Self::Default),
            "none" => Ok(Self::None),
            name => name.parse().map(Self::Named).map_err(D::Error::custom),
        }
    }
}

impl JsonSchema for DriverSpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DriverSpec".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The VF's driver by name, `none` for no driver, or `default` for whichever the kernel chooses.",
            "examples": ["vfio-pci", "none", "default"],
        })
    }
}

/// Returns the schema of every setting, by its key.
fn settings_properties(generator: &mut SchemaGenerator) -> serde_json::Map<String, serde_json::Value> {
    let mut properties: serde_json::Map<_, _> = VfAttribute::ALL
        .iter()
        .map(|attribute| (attribute.key().to_owned(), attribute_schema(*attribute, generator).to_value()))
        .collect();
    let mut mtu = generator.subschema_for::<Setting<Mtu>>();
    let doc = "MTU of the VF's own interface in bytes, or `default` (1500).";
    mtu.insert("description".to_owned(), doc.into());
    properties.insert(MTU.to_owned(), mtu.to_value());
    properties.insert(DRIVER.to_owned(), generator.subschema_for::<DriverSpec>().to_value());
    properties
}

impl JsonSchema for VfSettings {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VfSettings".into()
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
