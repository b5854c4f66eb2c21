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

/// Makes a newtype over a text that passes `$valid`, which is shared and not copied; its schema has these keywords besides.
macro_rules! text_name {
    ($(#[$doc:meta])* $type:ident, $wanted:literal, $description:literal, $valid:expr
        $(, $keyword:literal: $rule:tt)* $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(std::sync::Arc<str>);

        impl $type {
            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let Self(name) = self;
                f.pad(name)
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::parse::ParseError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let valid: fn(&str) -> bool = $valid;
                let wrong = || crate::parse::ParseError::new(text, $wanted);
                valid(text).then(|| Self(text.into())).ok_or_else(wrong)
            }
        }

        crate::text::text_serde!($type, stringify!($type), $description $(, $keyword: $rule)*);
    };
}

pub(crate) use text_name;
pub(crate) use text_serde;
