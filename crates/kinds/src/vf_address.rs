//! The JSON Schema of addresses for VFs, which is narrower than that of addresses in general.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use vfctl_model::HostName;

/// The schema of an address for a VF: no group address, which has the lowest bit of its first byte set, and not all zeros.
pub(crate) struct VfAddress;

impl JsonSchema for VfAddress {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VfAddress".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A MAC address for a VF, such as 02:00:00:00:00:01; quote it in YAML.",
            "pattern": "^[0-9a-fA-F][02468aceACE]([:-][0-9a-fA-F]{2}){5}$",
            "not": { "pattern": "^00([:-]00){5}$" },
        })
    }
}

/// The schema of the values of hosts: the addresses are for VFs.
pub(crate) type HostsSchema = BTreeMap<HostName, BTreeMap<String, Vec<VfAddress>>>;
