//! Reads a configuration file as Go's encoding/json reads it for the plugin: keys in any case of their letters, the last of
//! two alike wins, `null` is no value, and unknown keys are no mistake. They are kept, so that a linter can name them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use vfctl_model::{DevicePluginField, DevicePluginLevel, DevicePluginShape};

use super::config::{PluginConfig, PluginResource, PluginSelectors, SelectorSet};

/// Why a text is no configuration: the plugin ends, with exit code 0.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no JSON.
    #[error("read it as JSON")]
    Json(#[source] serde_json::Error),
    /// It is no object with a list of resources.
    #[error("read it as an object with `resourceList`")]
    Shape(#[source] serde_json::Error),
}

/// Reads a configuration.
///
/// # Errors
/// Where the text is no JSON, or its top is not what the plugin reads.
pub fn read(text: &str) -> Result<PluginConfig, ReadError> {
    serde_json::from_str::<IgnoredAny>(text).map_err(ReadError::Json)?;
    serde_json::from_str(text).map_err(ReadError::Shape)
}

/// Returns whether a text is meant to be a configuration: a JSON object with `resourceList`.
pub fn is_config(text: &str) -> bool {
    let top = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text);
    top.is_ok_and(|top| top.keys().any(|key| key.eq_ignore_ascii_case("resourceList")))
}

impl<'de> Deserialize<'de> for PluginConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Top;
        impl<'de> Visitor<'de> for Top {
            type Value = PluginConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `resourceList`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PluginConfig, A::Error> {
                let mut config = PluginConfig::default();
                while let Some(key) = map.next_key::<String>()? {
                    if key.eq_ignore_ascii_case("resourceList") {
                        config.resources = map.next_value::<Option<_>>()?.unwrap_or_default();
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(config)
            }
        }
        deserializer.deserialize_map(Top)
    }
}

impl<'de> Deserialize<'de> for PluginResource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = PluginResource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object for each resource")
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<PluginResource, E> {
                Ok(PluginResource::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PluginResource, A::Error> {
                let mut resource = PluginResource::default();
                while let Some(key) = map.next_key::<String>()? {
                    match DevicePluginField::read(DevicePluginLevel::Resource, &key) {
                        Some(DevicePluginField::Selectors) => resource.selectors = map.next_value()?,
                        Some(field) => resource.take(field, map.next_value()?),
                        None => {
                            map.next_value::<IgnoredAny>()?;
                            resource.unknown.push(key);
                        }
                    }
                }
                Ok(resource)
            }
        }
        deserializer.deserialize_any(Entry)
    }
}

impl PluginResource {
    /// Takes the value of a field other than `selectors`.
    fn take(&mut self, field: DevicePluginField, value: Value) {
        let read = match (field, value) {
            (_, Value::Null) => Ok(()),
            (DevicePluginField::ResourceName, Value::String(text)) => {
                self.name = text;
                Ok(())
            }
            // An empty text is as good as none.
            (DevicePluginField::ResourcePrefix, Value::String(text)) => {
                self.prefix = Some(text).filter(|text| !text.is_empty());
                Ok(())
            }
            (DevicePluginField::DeviceType, Value::String(text)) => {
                self.device_type = Some(text).filter(|text| !text.is_empty());
                Ok(())
            }
            (DevicePluginField::ExcludeTopology, Value::Bool(flag)) => {
                self.exclude_topology = flag;
                Ok(())
            }
            (DevicePluginField::AdditionalInfo, value) => {
                serde_json::from_value(value).map(|info| self.additional_info = info).map_err(|_| ())
            }
            _ => Err(()),
        };
        if read.is_err() {
            self.misread.insert(field, wanted(field));
        }
    }
}

impl<'de> Deserialize<'de> for PluginSelectors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Selectors;
        impl<'de> Visitor<'de> for Selectors {
            type Value = PluginSelectors;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of selectors, or a list of them")
            }

            fn visit_unit<E>(self) -> Result<PluginSelectors, E> {
                Ok(PluginSelectors::Missing)
            }

            fn visit_bool<E>(self, _: bool) -> Result<PluginSelectors, E> {
                Ok(misread())
            }

            fn visit_u64<E>(self, _: u64) -> Result<PluginSelectors, E> {
                Ok(misread())
            }

            fn visit_i64<E>(self, _: i64) -> Result<PluginSelectors, E> {
                Ok(misread())
            }

            fn visit_f64<E>(self, _: f64) -> Result<PluginSelectors, E> {
                Ok(misread())
            }

            fn visit_str<E>(self, _: &str) -> Result<PluginSelectors, E> {
                Ok(misread())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PluginSelectors, A::Error> {
                SelectorSet::read(map).map(PluginSelectors::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PluginSelectors, A::Error> {
                let (mut sets, mut is_misread) = (Vec::new(), false);
                while let Some(entry) = list.next_element::<PluginSelectors>()? {
                    match entry {
                        PluginSelectors::One(set) => sets.push(set),
                        // `null` is an object without fields.
                        PluginSelectors::Missing => sets.push(SelectorSet::default()),
                        PluginSelectors::Misread(_) | PluginSelectors::List(_) => is_misread = true,
                    }
                }
                Ok(if is_misread { misread() } else { PluginSelectors::List(sets) })
            }
        }
        deserializer.deserialize_any(Selectors)
    }
}

fn misread() -> PluginSelectors {
    PluginSelectors::Misread(wanted(DevicePluginField::Selectors))
}

impl SelectorSet {
    fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut set = Self::default();
        while let Some(key) = map.next_key::<String>()? {
            match DevicePluginField::read(DevicePluginLevel::Selectors, &key) {
                Some(field) => set.take(field, map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                    set.unknown.push(key);
                }
            }
        }
        Ok(set)
    }

    fn take(&mut self, field: DevicePluginField, value: Value) {
        match (field, value) {
            (_, Value::Null) => {}
            (DevicePluginField::IsRdma, Value::Bool(flag)) => self.is_rdma = flag,
            (DevicePluginField::NeedVhostNet, Value::Bool(flag)) => self.need_vhost_net = flag,
            (DevicePluginField::VdpaType, Value::String(text)) => {
                self.vdpa_type = Some(text).filter(|text| !text.is_empty());
            }
            (field, Value::Array(entries)) if field.row().shape == DevicePluginShape::Texts => {
                let texts = entries.into_iter().map(|entry| match entry {
                    Value::String(text) => Some(text),
                    Value::Null => Some(String::new()),
                    _ => None,
                });
                match texts.collect::<Option<Vec<String>>>() {
                    Some(texts) if texts.is_empty() => {
                        self.texts.remove(&field);
                    }
                    Some(texts) => {
                        self.texts.insert(field, texts);
                    }
                    None => {
                        self.misread.insert(field, wanted(field));
                    }
                }
            }
            (field, _) => {
                self.misread.insert(field, wanted(field));
            }
        }
    }
}

/// Returns what a field should hold.
fn wanted(field: DevicePluginField) -> String {
    let shape = match field.row().shape {
        DevicePluginShape::Text => "a text",
        DevicePluginShape::Flag => "true or false",
        DevicePluginShape::Texts => "a list of texts",
        DevicePluginShape::Selectors => "an object of selectors, or a list of them",
        DevicePluginShape::Info => "objects of texts by address",
    };
    format!("`{field}` must be {shape}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_any_case_and_the_last_of_two_wins() {
        let config = read(
            r#"{"RESOURCELIST": [{"resourcename": "a", "ResourceName": "b", "isRdma": true,
                "Selectors": {"Vendors": ["8086"], "vendors": null, "ISRDMA": true, "vendor": "x"}}]}"#,
        );
        let config = config.expect("a configuration");
        let resource = config.resources.first().expect("a resource");
        assert_eq!((resource.name.as_str(), resource.unknown.as_slice()), ("b", &["isRdma".to_owned()][..]));
        let PluginSelectors::One(set) = &resource.selectors else { panic!("{resource:?}") };
        assert!(set.is_rdma && set.texts.contains_key(&DevicePluginField::Vendors));
        assert_eq!(set.unknown, ["vendor"]);
    }

    #[test]
    fn values_of_another_shape_are_noted_where_they_stand() {
        let config = read(
            r#"{"resourceList": [
                {"resourceName": "a", "excludeTopology": "yes", "selectors": {"vendors": "8086"}},
                {"resourceName": "b", "selectors": "all"},
                {"resourceName": "c", "selectors": [{}, 1]},
                {"resourceName": "d"},
                null
            ]}"#,
        );
        let config = config.expect("a configuration");
        let selectors: Vec<_> = config.resources.iter().map(|resource| &resource.selectors).collect();
        let is_misread = |at: usize| matches!(selectors[at], PluginSelectors::Misread(_));
        assert!(matches!(selectors[0], PluginSelectors::One(set) if set.misread.len() == 1));
        assert!(is_misread(1) && is_misread(2));
        assert_eq!([selectors[3], selectors[4]], [&PluginSelectors::Missing; 2]);
        assert_eq!(config.resources[0].misread.len(), 1);
        for text in ["", "[]", "{", r#"{"resourceList": {}}"#, r#"{"resourceList": [1]}"#] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("{}").is_ok_and(|config| config.resources.is_empty()));
    }
}
