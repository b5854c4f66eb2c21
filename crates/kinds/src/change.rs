//! Changes: one op each, with the value of before and the value of after.

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{JsonValue, VfIndex};
use vfctl_port::Op;

use crate::change_value::ChangeValue;
use crate::path::Origin;

/// One op with what it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The value of before; `None` where nobody knows.
    pub from: Option<ChangeValue>,
    /// The value of after.
    pub to: ChangeValue,
    /// The place in the spec that asks for it.
    pub origin: Option<Origin>,
    /// The op.
    pub op: Op,
}

impl Change {
    /// Returns the VF that is changed; `None` where it is the PF or the host.
    pub fn vf(&self) -> Option<VfIndex> {
        self.op.target.vf()
    }

    /// Returns the value of before for people.
    pub fn shown_from(&self) -> String {
        self.from.as_ref().map_or_else(|| "unknown".to_owned(), |value| self.show(value))
    }

    /// Returns the value of after for people.
    pub fn shown_to(&self) -> String {
        self.show(&self.to)
    }

    fn show(&self, value: &ChangeValue) -> String {
        value.show(self.op.action.changes(), &self.op.target.thing())
    }
}

/// A change as documents have it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ChangeText {
    /// The value of before; absent where it is not known.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    from: Option<JsonValue>,
    /// The value of after; `default` for the driver that the kernel chooses.
    to: JsonValue,
    /// The place in the spec that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    /// The command that does the same.
    command: String,
    /// The op.
    op: Op,
}

/// Reads a value that is there, also where it is null.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<JsonValue>, D::Error> {
    JsonValue::deserialize(deserializer).map(Some)
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { from, to, origin, op } = self;
        let (property, thing) = (op.action.changes(), op.target.thing());
        ChangeText {
            from: from.as_ref().map(|value| value.json(property, &thing)),
            to: to.json(property, &thing),
            origin: origin.clone(),
            command: op.to_string(),
            op: op.clone(),
        }
        .serialize(serializer)
    }
}

/// Reads a change whose command is that of its op: who reads the one is to know what the other does.
impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ChangeText { from, to, origin, command, op } = ChangeText::deserialize(deserializer)?;
        if command != op.to_string() {
            return Err(D::Error::custom(format!("the command `{command}` is not that of its op, `{op}`")));
        }
        let (property, thing) = (op.action.changes(), op.target.thing());
        let value = |value| ChangeValue::from_json(property, &thing, value).map_err(D::Error::custom);
        Ok(Self { from: from.as_ref().map(value).transpose()?, to: value(&to)?, origin, op })
    }
}

impl JsonSchema for Change {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Change".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ChangeText::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbers_switches_and_objects_and_read_as_they_are_written() {
        let vf = r#""pf":"pci/0000:01:00.0","interface":"eth0","vf":3"#;
        let function = r#""pf":"pci/0000:01:00.0","vf":3,"function":"0000:01:10.6""#;
        for (from, to, op, shown) in [
            (
                r#""from":0,"#,
                "8",
                r#"{"pf":"pci/0000:01:00.0","action":{"createVfs":8}}"#.to_owned(),
                "0 -> 8",
            ),
            (
                r#""from":true,"#,
                "false",
                r#"{"pf":"pci/0000:01:00.0","action":{"setDriversAutoprobe":"off"}}"#.to_owned(),
                "on -> off",
            ),
            (
                "",
                r#"{"id":7,"protocol":"802.1Q","qos":3}"#,
                format!(
                    r#"{{{vf},"action":{{"setVfAttribute":{{"attribute":"vlan","value":{{"id":7,"protocol":"802.1Q","qos":3}}}}}}}}"#
                ),
                "unknown -> 7 qos 3",
            ),
            (
                r#""from":"00:00:00:00:00:00","#,
                r#""02:00:00:00:00:01""#,
                format!(
                    r#"{{{vf},"action":{{"setVfAttribute":{{"attribute":"macAddress","value":"02:00:00:00:00:01"}}}}}}"#
                ),
                "none -> 02:00:00:00:00:01",
            ),
            (
                r#""from":"igbvf","#,
                "null",
                format!(r#"{{{function},"action":"unbindDriver"}}"#),
                "igbvf -> none",
            ),
            (
                r#""from":null,"#,
                r#""default""#,
                format!(r#"{{{function},"action":"probeDriver"}}"#),
                "none -> the kernel's choice",
            ),
            (
                r#""from":false,"#,
                "true",
                r#"{"module":"vfio_pci","action":"loadModule"}"#.to_owned(),
                "not loaded -> loaded",
            ),
            (
                r#""from":"down","#,
                r#""up""#,
                r#"{"pf":"pci/0000:01:00.0","interface":"eth0","action":{"setPfAdminState":"up"}}"#
                    .to_owned(),
                "down -> up",
            ),
        ] {
            let parsed: Op = serde_json::from_str(&op).expect("an op");
            let text = format!(r#"{{{from}"to":{to},"command":"{parsed}","op":{op}}}"#);
            let change: Change = serde_json::from_str(&text).expect("a change");
            assert_eq!(serde_json::to_string(&change).expect("JSON"), text);
            assert_eq!(format!("{} -> {}", change.shown_from(), change.shown_to()), shown);
            let other = text.replace(&format!(r#""command":"{parsed}""#), r#""command":"true""#);
            assert!(serde_json::from_str::<Change>(&other).is_err(), "a command that is not the op's");
        }
    }
}
