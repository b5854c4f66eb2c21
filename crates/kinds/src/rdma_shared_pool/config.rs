//! The configuration of the plugin, as it is written and read (`UserConfigList`, pkg/types/types.go).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{DriverName, InterfaceName, PciId};

/// The plugin's `config.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RdmaSharedConfig {
    /// How often the plugin looks for devices, in seconds; 0: only when it starts. Absent, every 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periodic_update_interval: Option<u32>,
    /// The resources; the plugin does not start without any.
    pub config_list: Vec<RdmaSharedResource>,
}

/// A resource of the plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RdmaSharedResource {
    /// Its name without a prefix.
    pub resource_name: String,
    /// Its prefix; absent, `rdma`. Releases that do not know the field use that for every resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_prefix: Option<String>,
    /// How many of it a node offers.
    pub rdma_hca_max: u32,
    /// Which devices it is made of.
    pub selectors: RdmaSharedSelectors,
}

/// Which devices are meant: all fields must fit, and any one entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RdmaSharedSelectors {
    /// PCI vendor ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vendors: Vec<PciId>,
    /// PCI device ids.
    #[serde(rename = "deviceIDs", default, skip_serializing_if = "Vec::is_empty")]
    pub device_ids: Vec<PciId>,
    /// Drivers of the PCI functions, such as `mlx5_core`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drivers: Vec<DriverName>,
    /// Names of the devices' interfaces, such as `ens1f0np0` or `ib0`; altnames are no names to the plugin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_names: Vec<InterfaceName>,
    /// Link types of the devices' interfaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link_types: Vec<LinkType>,
}

/// The link type of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkType {
    /// Ethernet, over which RDMA is RoCE or iWARP.
    Ether,
    /// InfiniBand.
    Infiniband,
}

impl LinkType {
    /// The words for them.
    pub const WORDS: &'static [&'static str] = &["ether", "infiniband"];
}

impl RdmaSharedConfig {
    /// Returns the text of the file: the same for the same configuration.
    ///
    /// # Errors
    /// Where it cannot be written as JSON, which is a defect.
    pub fn to_text(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

/// Returns whether the plugin takes the name of a resource (`validResourceName`, pkg/resources/resources_manager.go).
pub fn takes_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn config_is_written_as_the_plugin_reads_it() {
        let config = RdmaSharedConfig {
            periodic_update_interval: Some(0),
            config_list: vec![RdmaSharedResource {
                resource_name: "hca_shared".to_owned(),
                resource_prefix: Some("example.org".to_owned()),
                rdma_hca_max: 63,
                selectors: RdmaSharedSelectors {
                    vendors: vec![PciId(0x15b3)],
                    device_ids: vec![PciId(0x101d)],
                    drivers: vec!["mlx5_core".parse().expect("a driver")],
                    if_names: vec!["ib0".parse().expect("an interface")],
                    link_types: vec![LinkType::Ether, LinkType::Infiniband],
                },
            }],
        };
        let text = config.to_text().expect("a text");
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(
            plain,
            concat!(
                r#"{"periodicUpdateInterval":0,"configList":[{"resourceName":"hca_shared","#,
                r#""resourcePrefix":"example.org","rdmaHcaMax":63,"selectors":{"vendors":["15b3"],"#,
                r#""deviceIDs":["101d"],"drivers":["mlx5_core"],"ifNames":["ib0"],"#,
                r#""linkTypes":["ether","infiniband"]}}]}"#
            )
        );
        assert_eq!(serde_json::from_str::<RdmaSharedConfig>(&text).expect("a configuration"), config);
    }

    #[test]
    fn words_of_link_types_are_those_that_are_read() {
        let read = |word: &&str| serde_json::from_str::<LinkType>(&format!("\"{word}\"")).is_ok();
        assert!(LinkType::WORDS.iter().all(read));
    }

    #[test]
    fn names_are_of_letters_digits_and_underscores() {
        for (name, is_taken) in
            [("hca_shared_1", true), ("HCA", true), ("", false), ("a-b", false), ("a.b", false)]
        {
            assert_eq!(takes_name(name), is_taken, "{name}");
        }
    }
}
