//! Serialization of domain types as the text of their `Display` and `FromStr`, and nothing else.

/// Implements serde and JSON Schema for a type that has `Display` and `FromStr`. What the schema says besides its description,
/// such as a pattern, refuses nothing that `FromStr` takes.
macro_rules! text_serde {
    ($type:ty, $name:expr, $description:literal $(, $keyword:literal: $rule:tt)* $(,)?) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                let wrong = |error: crate::parse::ParseError| crate::parse::misread(&text, &error);
                text.parse().map_err(wrong)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $description $(, $keyword: $rule)* })
            }
        }
    };
}

pub(crate) use text_serde;
