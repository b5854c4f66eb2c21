//! The YAML of selectors in the device plugin's own terms.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{DevicePluginField, DriverName, PciAddress, PciId};

/// One object of selectors, or a list of them: a device is meant if it fits any one of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SelectorsSpec(pub Vec<SelectorSpec>);

/// Which devices are meant: all fields must fit, and any one entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SelectorSpec {
    /// PCI vendor ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vendors: Vec<PciId>,
    /// PCI device ids: those of the VF, which differ from its PF's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<PciId>,
    /// Drivers that hold the device, such as `iavf` or `vfio-pci`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drivers: Vec<DriverName>,
    /// Addresses of the devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pci_addresses: Vec<PciAddress>,
    /// ACPI indexes of the devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acpi_indexes: Vec<String>,
    /// Interfaces of PFs, each with or without `#` and a set of VFs, such as `ens1f0#0-3`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pf_names: Vec<String>,
    /// Addresses of PFs, each with or without `#` and a set of VFs, such as `0000:3b:00.0#0-3`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub root_devices: Vec<String>,
    /// Link types of the device's interface, such as `ether` or `infiniband`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link_types: Vec<String>,
    /// Names of the DDP profile that the device has loaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ddp_profiles: Vec<String>,
    /// Partition keys of an InfiniBand device.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub p_keys: Vec<String>,
    /// Types of auxiliary devices; only `sf` is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aux_types: Vec<String>,
}

impl SelectorsSpec {
    /// Returns whether there is no selector.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl SelectorSpec {
    /// Returns the fields that are used, with their entries as the plugin reads them.
    pub(crate) fn texts(&self) -> Vec<(DevicePluginField, Vec<String>)> {
        let Self {
            vendors,
            devices,
            drivers,
            pci_addresses,
            acpi_indexes,
            pf_names,
            root_devices,
            link_types,
            ddp_profiles,
            p_keys,
            aux_types,
        } = self;
        fn texts<T: fmt::Display>(entries: &[T]) -> Vec<String> {
            entries.iter().map(ToString::to_string).collect()
        }
        let all = [
            (DevicePluginField::Vendors, texts(vendors)),
            (DevicePluginField::Devices, texts(devices)),
            (DevicePluginField::Drivers, texts(drivers)),
            (DevicePluginField::PciAddresses, texts(pci_addresses)),
            (DevicePluginField::AcpiIndexes, texts(acpi_indexes)),
            (DevicePluginField::PfNames, texts(pf_names)),
            (DevicePluginField::RootDevices, texts(root_devices)),
            (DevicePluginField::LinkTypes, texts(link_types)),
            (DevicePluginField::DdpProfiles, texts(ddp_profiles)),
            (DevicePluginField::PKeys, texts(p_keys)),
            (DevicePluginField::AuxTypes, texts(aux_types)),
        ];
        all.into_iter().filter(|(_, entries)| !entries.is_empty()).collect()
    }
}

impl Serialize for SelectorsSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => only.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SelectorsSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = SelectorsSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of selectors, or a list of such maps")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SelectorsSpec, E> {
                Err(E::invalid_value(Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<SelectorsSpec, E> {
                Err(E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SelectorsSpec, A::Error> {
                let only = SelectorSpec::deserialize(MapAccessDeserializer::new(map))?;
                Ok(SelectorsSpec(vec![only]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SelectorsSpec, A::Error> {
                let mut selectors = Vec::new();
                while let Some(selector) = list.next_element()? {
                    selectors.push(selector);
                }
                Ok(SelectorsSpec(selectors))
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}

impl JsonSchema for SelectorsSpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Selectors".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<SelectorSpec>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}
