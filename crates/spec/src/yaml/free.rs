//! A node that is read by what is written, for fields that do not say what they want.

use serde::de::{Deserializer, Visitor};

use super::deserialize::Mistake;
use super::node::{Node, Value};
use super::scalar::Meaning;

/// A node whose scalars tell numbers and switches from texts.
pub(super) struct Free<'de>(pub(super) &'de Node);

impl<'de> Deserializer<'de> for Free<'de> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let Self(node) = self;
        let Value::Scalar(scalar) = &node.value else { return node.deserialize_any(visitor) };
        match scalar.meaning()? {
            Meaning::Flag(flag) => visitor.visit_bool(flag),
            Meaning::Text(text) => visitor.visit_borrowed_str(text),
            Meaning::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;
    use vfctl_kinds::free_value::FreeValue;

    use super::super::{parse, yaml_of};

    /// Returns the value of a text, or `None` where it has none.
    fn read(text: &str) -> Option<FreeValue> {
        let (documents, faults) = parse(0, text);
        assert!(faults.is_empty(), "{text}: {faults:?}");
        FreeValue::deserialize(documents.first()?).ok()
    }

    #[test]
    fn free_value_is_what_is_written_and_is_written_as_it_is() {
        for (text, value) in [
            ("1", json!(1)),
            ("-1", json!(-1)),
            ("1.5e300", json!(1.5e300)),
            ("true", json!(true)),
            ("\"true\"", json!("true")),
            ("\"1\"", json!("1")),
            ("\" a  b \"", json!(" a  b ")),
            ("plain text", json!("plain text")),
            ("[]", json!([])),
            ("{}", json!({})),
            ("{a: [1, {b: \"2\"}], c d: false}", json!({"a": [1, {"b": "2"}], "c d": false})),
        ] {
            let read_value = read(text).expect(text);
            assert_eq!(read_value.json(), &value, "{text}");
            let written = yaml_of(&read_value).expect(text).to_text();
            assert_eq!(read(&written), Some(read_value), "{written}");
        }
    }

    #[test]
    fn what_says_nothing_or_two_things_is_no_free_value() {
        for text in ["{a: ~}", "{a: }", "{a: null}", "[yes]", "0x10", "[52:54:00:12:34:56]"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
