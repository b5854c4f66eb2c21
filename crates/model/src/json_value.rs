//! Values as programs read them: numbers, switches, lists and objects instead of texts that would have to be taken apart.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::parse::ParseError;

/// A value of any property, as documents have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum JsonValue {
    /// There is no such thing, such as no driver.
    #[default]
    Null,
    /// A switch.
    Flag(bool),
    /// A number.
    Number(u64),
    /// A number below zero or with a fraction, as JSON writes it.
    Decimal(String),
    /// A name or an address.
    Text(String),
    /// Several values in order, such as the containers of a pod.
    List(Vec<JsonValue>),
    /// A value of several parts, such as a VLAN.
    Fields(BTreeMap<String, JsonValue>),
}

impl JsonValue {
    /// Returns a value of several parts.
    pub fn of<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::Fields(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Reads a text of JSON.
    ///
    /// # Errors
    /// Where it is none.
    pub fn from_text(text: &str) -> Result<Self, ParseError> {
        serde_json::from_str(text).map_err(|_| ParseError::new(text, "JSON"))
    }

    /// Returns the value as JSON in one line, with the fields in the order of their names.
    pub fn to_text(&self) -> String {
        // A value that was read or made is always written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the number in a field.
    pub(crate) fn number_in(&self, field: &'static str) -> Result<u64, ParseError> {
        match self.field(field) {
            Some(Self::Number(number)) => Ok(*number),
            _ => Err(ParseError::new(self.to_string(), field)),
        }
    }

    /// Returns the text in a field.
    pub(crate) fn text_in(&self, field: &'static str) -> Result<&str, ParseError> {
        match self.field(field) {
            Some(Self::Text(text)) => Ok(text),
            _ => Err(ParseError::new(self.to_string(), field)),
        }
    }

    /// Returns the value of a field; `None` where there is none.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Fields(fields) => fields.get(name),
            Self::Null
            | Self::Flag(_)
            | Self::Number(_)
            | Self::Decimal(_)
            | Self::Text(_)
            | Self::List(_) => None,
        }
    }

    /// Returns the value at the end of a path of fields; `None` where there is none.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, name| value.field(name))
    }

    /// Returns the members of the list at a path; none where there is no list.
    pub fn members_at(&self, path: &[&str]) -> &[Self] {
        self.at(path).map_or(&[], Self::members)
    }

    /// Returns the text; `None` where it is none.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the fields; none where it has none.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        let fields = match self {
            Self::Fields(fields) => Some(fields),
            _ => None,
        };
        fields.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    /// Returns the members of a list; none where it is no list.
    pub fn members(&self) -> &[Self] {
        match self {
            Self::List(members) => members,
            _ => &[],
        }
    }

    /// Returns as much of this value as `wanted` speaks of: of an object the fields that it names, `null` for those that are
    /// missing; of lists of one length the members one by one. Everything else is returned whole.
    pub fn narrowed(&self, wanted: &Self) -> Self {
        match (self, wanted) {
            (Self::Fields(found), Self::Fields(wanted)) => {
                let field = |(name, wanted): (&String, &Self)| {
                    let found = found.get(name).map_or(Self::Null, |found| found.narrowed(wanted));
                    (name.clone(), found)
                };
                Self::Fields(wanted.iter().map(field).collect())
            }
            (Self::List(found), Self::List(wanted)) => match paired(found, wanted) {
                Some(pairs) => Self::List(pairs.map(|(found, wanted)| found.narrowed(wanted)).collect()),
                None => self.clone(),
            },
            _ => self.clone(),
        }
    }

    /// Returns whether all that `wanted` speaks of is so, whatever else there is; `null` wants that there is nothing.
    pub fn covers(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            // Nothing has no fields.
            (Self::Fields(_) | Self::Null, Self::Fields(wanted)) => {
                wanted.iter().all(|(name, wanted)| self.field(name).unwrap_or(&NOTHING).covers(wanted))
            }
            (Self::List(found), Self::List(wanted)) => paired(found, wanted)
                .is_some_and(|mut pairs| pairs.all(|(found, wanted)| found.covers(wanted))),
            _ => self == wanted,
        }
    }

    /// Returns whether all that is there of what `wanted` speaks of is as wanted; what is missing is no contradiction.
    pub fn agrees(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Null, _) => true,
            (Self::Fields(found), Self::Fields(wanted)) => {
                wanted.iter().all(|(name, wanted)| found.get(name).is_none_or(|found| found.agrees(wanted)))
            }
            _ => self.covers(wanted),
        }
    }

    /// Returns the value without fields that are `null`.
    pub fn without_nulls(&self) -> Self {
        match self {
            Self::Fields(fields) => {
                let there = fields.iter().filter(|(_, value)| **value != Self::Null);
                Self::Fields(there.map(|(name, value)| (name.clone(), value.without_nulls())).collect())
            }
            Self::List(members) => Self::List(members.iter().map(Self::without_nulls).collect()),
            _ => self.clone(),
        }
    }

    /// Returns where this value differs from `wanted`: the path of each place, what is there and what is wanted; nothing for
    /// what `wanted` does not speak of.
    pub fn differences<'a>(&'a self, wanted: &'a Self) -> Vec<(String, &'a Self, &'a Self)> {
        let mut found = Vec::new();
        self.compare(wanted, String::new(), &mut found);
        found
    }

    fn compare<'a>(
        &'a self,
        wanted: &'a Self,
        path: String,
        differences: &mut Vec<(String, &'a Self, &'a Self)>,
    ) {
        match (self, wanted) {
            // Nothing has no fields.
            (Self::Fields(_) | Self::Null, Self::Fields(wanted)) => {
                for (name, wanted) in wanted {
                    let is_plain = !name.is_empty()
                        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
                    let path = match (path.is_empty(), is_plain) {
                        (true, true) => name.clone(),
                        (false, true) => format!("{path}.{name}"),
                        (_, false) => format!("{path}[{name}]"),
                    };
                    self.field(name).unwrap_or(&NOTHING).compare(wanted, path, differences);
                }
            }
            (Self::List(found), Self::List(wanted)) if paired(found, wanted).is_some() => {
                for (position, (found, wanted)) in paired(found, wanted).into_iter().flatten().enumerate() {
                    found.compare(wanted, format!("{path}[{position}]"), differences);
                }
            }
            _ if self.covers(wanted) => {}
            _ => differences.push((path, self, wanted)),
        }
    }
}

/// What there is where there is nothing.
static NOTHING: JsonValue = JsonValue::Null;

/// Returns each member that is wanted with the one that was found in its place: by their `name` where all have one, as the API
/// server merges such lists, and otherwise one by one; `None` where the lists are not of one length.
fn paired<'a>(
    found: &'a [JsonValue],
    wanted: &'a [JsonValue],
) -> Option<impl Iterator<Item = (&'a JsonValue, &'a JsonValue)>> {
    let is_named = |member: &JsonValue| member.field("name").is_some();
    let by_name = !wanted.is_empty() && wanted.iter().chain(found).all(is_named);
    let at = move |(position, wanted): (usize, &'a JsonValue)| {
        let named = || found.iter().find(|found| found.field("name") == wanted.field("name"));
        let found = if by_name { named() } else { found.get(position) };
        (found.unwrap_or(&NOTHING), wanted)
    };
    (by_name || found.len() == wanted.len()).then(|| wanted.iter().enumerate().map(at))
}

/// Writes the value for people, who look at it in a message.
impl fmt::Display for JsonValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Decimal(text) | Self::Text(text) => f.write_str(text),
            Self::List(members) => f.debug_list().entries(members).finish(),
            Self::Fields(fields) => f.debug_map().entries(fields).finish(),
        }
    }
}

impl Serialize for JsonValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Decimal(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(number), _) => serializer.serialize_i64(number),
                (_, Ok(number)) => serializer.serialize_f64(number),
                (Err(_), Err(error)) => Err(serde::ser::Error::custom(error)),
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(members) => serializer.collect_seq(members),
            Self::Fields(fields) => serializer.collect_map(fields),
        }
    }
}

impl<'de> Deserialize<'de> for JsonValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = JsonValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value: null, a switch, a number, a text, a list or an object of these")
            }

            fn visit_unit<E: Error>(self) -> Result<JsonValue, E> {
                Ok(JsonValue::Null)
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<JsonValue, E> {
                Ok(JsonValue::Flag(flag))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<JsonValue, E> {
                Ok(JsonValue::Number(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<JsonValue, E> {
                let natural = u64::try_from(number).map(JsonValue::Number);
                Ok(natural.unwrap_or_else(|_| JsonValue::Decimal(number.to_string())))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<JsonValue, E> {
                Ok(JsonValue::Decimal(format!("{number:?}")))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<JsonValue, E> {
                Ok(JsonValue::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<JsonValue, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = items.next_element()? {
                    members.push(member);
                }
                Ok(JsonValue::List(members))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonValue, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry()? {
                    fields.insert(name, value);
                }
                Ok(JsonValue::Fields(fields))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl schemars::JsonSchema for JsonValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A value by its property: a boolean for a switch, a number for a count or an MTU, a text for a \
                            name or an address, `{id, qos, protocol}` for a VLAN, `{min, max}` in Mbit/s for a rate, an \
                            object for what an object of a cluster says; null where there is no such thing, such as no \
                            driver.",
            "type": ["null", "boolean", "number", "string", "array", "object"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> JsonValue {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn values_are_written_as_they_are_read() {
        for text in [r#"{"a":[1,-2,0.5,1e300,"x",null,true,{"b":{}}]}"#, "-1", "18446744073709551615", "[]"] {
            let written: serde_json::Value = serde_json::to_value(value(text)).expect("JSON");
            assert_eq!(written, serde_json::from_str::<serde_json::Value>(text).expect("JSON"), "{text}");
        }
    }

    #[test]
    fn found_covers_what_is_wanted_whatever_else_there_is() {
        let found = value(
            r#"{"a": 1, "more": 2, "list": [{"name": "x", "default": 1}],
            "named": [{"name": "a"}, {"name": "b"}], "texts": ["a", "b"]}"#,
        );
        for (wanted, covers) in [
            (r#"{"a": 1}"#, true),
            (r#"{"a": 2}"#, false),
            (r#"{"b": 1}"#, false),
            (r#"{"b": null}"#, true),
            (r#"{"b": {"c": null}}"#, true),
            (r#"{"a": null}"#, false),
            (r#"{"list": [{"name": "x"}]}"#, true),
            (r#"{"list": [{"name": "y"}]}"#, false),
            (r#"{"list": []}"#, false),
            (r#"{"list": [{"name": "x"}, {"name": "y"}]}"#, false),
            (r#"{"named": [{"name": "b"}]}"#, true),
            (r#"{"texts": ["a"]}"#, false),
        ] {
            let wanted = value(wanted);
            assert_eq!(found.covers(&wanted), covers, "{wanted}");
            assert_eq!(
                found.narrowed(&wanted) == wanted || wanted == value(r#"{"b": {"c": null}}"#),
                covers,
                "{wanted}"
            );
            assert_eq!(found.differences(&wanted).is_empty(), covers, "{wanted}");
        }
    }

    #[test]
    fn differences_name_the_place() {
        let found = value(r#"{"a": {"b/c": 1, "d": [1, 2]}}"#);
        let wanted = value(r#"{"a": {"b/c": 2, "d": [1, 3], "e": "new"}}"#);
        let differences = found.differences(&wanted);
        let paths: Vec<&str> = differences.iter().map(|(path, ..)| path.as_str()).collect();
        assert_eq!(paths, ["a[b/c]", "a.d[1]", "a.e"]);
    }
}
