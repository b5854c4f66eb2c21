//! serde over a tree: each scalar is read as what its field asks for, from its own text, and a mistake knows the
//! way to the node that it is about.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, Unexpected, VariantAccess,
    Visitor,
};
use vfctl_kinds::free_value::FREE_VALUE;

use super::access::{Entries, Items};
use super::free::Free;
use super::node::{Node, Scalar, Style, Value};
use crate::diagnostic::quoted;

/// A mistake, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// What is wrong.
    pub(crate) problem: Problem,
    /// The way there from the top, innermost step first.
    pub(crate) steps: Vec<Step>,
}

/// One step down a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The key of a map's entry, by position.
    Key(usize),
    /// The value of a map's entry, by position.
    Value(usize),
    /// An entry of a list.
    Item(usize),
}

/// What a field wants that takes keys and values.
pub(crate) const A_MAP: &str = "a map of keys and values";

/// What a field wants that takes a list.
pub(crate) const A_LIST: &str = "a list";

/// What is wrong with a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Said by the field's own type, in words of its own.
    Said(String),
    /// Something else was wanted.
    Wanted {
        /// What was wanted.
        wanted: String,
        /// What stands there.
        found: String,
    },
    /// No such key.
    UnknownKey {
        /// The key.
        key: String,
        /// The keys there are.
        allowed: &'static [&'static str],
    },
    /// No such word.
    UnknownWord {
        /// The word.
        word: String,
        /// The words there are.
        allowed: &'static [&'static str],
    },
    /// A key is missing.
    MissingKey(&'static str),
    /// Nothing stands where a value should.
    NoValue,
    /// A MAC address without quotes.
    BareMac(String),
}

impl Mistake {
    pub(super) fn new(problem: Problem) -> Self {
        Self { problem, steps: Vec::new() }
    }

    pub(super) fn wanted(wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Problem::Wanted { wanted: wanted.into(), found: found.into() })
    }

    pub(super) fn within(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.problem)
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Problem::Said(message.to_string()))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wanted(in_words(expected), describe(unexpected))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wanted(in_words(expected), describe(unexpected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownWord { word: variant.to_owned(), allowed: expected })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownKey { key: field.to_owned(), allowed: expected })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::MissingKey(field))
    }
}

/// Returns what was expected in the words of YAML instead of Rust's.
fn in_words(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a sequence" => A_LIST.to_owned(),
        "a string" => "a text".to_owned(),
        other if other.starts_with("struct ") => A_MAP.to_owned(),
        noun if begins_with_a_noun(noun) => {
            let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u', 'I']) { "an" } else { "a" };
            format!("{article} {noun}")
        }
        _ => text,
    }
}

/// Returns whether a text needs an article: it has none, and is no literal word or choice.
fn begins_with_a_noun(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or_default();
    !matches!(first, "a" | "an" | "one" | "any" | "exactly") && !first.starts_with(['`', '{'])
}

fn describe(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Str(text) => describe_text(text),
        Unexpected::Unsigned(number) => format!("`{number}`"),
        Unexpected::Bool(flag) => format!("`{flag}`"),
        Unexpected::Other(words) => words.to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a map".to_owned(),
        other => other.to_string(),
    }
}

/// Returns what a node is, for messages.
fn describe_node(node: &Node) -> String {
    match &node.value {
        Value::Scalar(Scalar { text, .. }) => describe_text(text),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
    }
}

/// Returns a text that stands where something else was expected, for messages.
pub(super) fn describe_text(text: &str) -> String {
    if text.is_empty() { "an empty text".to_owned() } else { quoted(text) }
}

/// Returns the number of a field that takes those from `min` to `max`.
fn read_number(node: &Node, min: i128, max: i128) -> Result<u64, Mistake> {
    let wanted = || format!("a number from {min} to {max}");
    match &node.value {
        Value::Map(map) if map.is_hole => Ok(0),
        Value::Scalar(scalar) => {
            let text = scalar.checked()?;
            let number = scalar.number().filter(|number| (min..=max).contains(&i128::from(*number)));
            number.ok_or_else(|| Mistake::wanted(wanted(), describe_text(text)))
        }
        Value::List(_) | Value::Map(_) => Err(Mistake::wanted(wanted(), describe_node(node))),
    }
}

macro_rules! numbers {
    ($($method:ident $type:ty),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            visitor.visit_u64(read_number(self, i128::from(<$type>::MIN), i128::from(<$type>::MAX))?)
        })*
    };
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Scalar(scalar) => {
                let text = scalar.checked()?;
                match scalar.number() {
                    Some(number) => visitor.visit_u64(number),
                    None => visitor.visit_borrowed_str(text),
                }
            }
            Value::List(items) => visitor.visit_seq(Items::of(items)),
            Value::Map(map) => visitor.visit_map(Entries::of(&map.entries, None)),
        }
    }

    numbers! {
        deserialize_u8 u8, deserialize_u16 u16, deserialize_u32 u32, deserialize_u64 u64,
        deserialize_i8 i8, deserialize_i16 i16, deserialize_i32 i32, deserialize_i64 i64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        const WORDS: &[&str] = &["true", "false"];
        match &self.value {
            Value::Scalar(scalar) => match (scalar.checked()?, scalar.style) {
                ("true", Style::Plain) => visitor.visit_bool(true),
                ("false", Style::Plain) => visitor.visit_bool(false),
                (text, Style::Quoted) if WORDS.contains(&text) => {
                    Err(Mistake::wanted("`true` or `false` without quotes", format!("`\"{text}\"`")))
                }
                (text, _) => {
                    Err(Mistake::new(Problem::UnknownWord { word: text.to_owned(), allowed: WORDS }))
                }
            },
            Value::Map(map) if map.is_hole => visitor.visit_bool(false),
            Value::List(_) | Value::Map(_) => Err(Mistake::wanted("`true` or `false`", describe_node(self))),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Scalar(scalar) => visitor.visit_borrowed_str(scalar.checked()?),
            Value::Map(map) if map.is_hole => visitor.visit_borrowed_str(""),
            Value::List(_) | Value::Map(_) => Err(Mistake::wanted("a text", describe_node(self))),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        if name == FREE_VALUE {
            visitor.visit_newtype_struct(Free(self))
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::List(_) => self.deserialize_any(visitor),
            Value::Map(map) if map.is_hole => visitor.visit_seq(Items::of(&[])),
            Value::Scalar(scalar) => {
                let text = scalar.checked()?;
                Err(Mistake::wanted(A_LIST, describe_text(text)))
            }
            Value::Map(_) => Err(Mistake::wanted(A_LIST, "a map")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Map(_) => self.deserialize_any(visitor),
            Value::Scalar(scalar) => {
                let text = scalar.checked()?;
                Err(Mistake::wanted(A_MAP, describe_text(text)))
            }
            Value::List(_) => Err(Mistake::wanted(A_MAP, "a list")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match &self.value {
            // What else there is may follow from the field that the struct names first.
            Value::Map(map) => visitor.visit_map(Entries::of(&map.entries, fields.first().copied())),
            Value::Scalar(_) | Value::List(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Scalar(scalar) => visitor.visit_enum(Word(scalar.checked()?)),
            Value::Map(map) if map.is_hole => {
                visitor.visit_enum(Word(words.first().copied().unwrap_or_default()))
            }
            Value::List(_) | Value::Map(_) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                Err(Mistake::wanted(format!("one of {}", words.join(", ")), describe_node(self)))
            }
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct }
}

/// A word that names a variant.
struct Word<'de>(&'de str);

impl<'de> EnumAccess<'de> for Word<'de> {
    type Error = Mistake;
    type Variant = NoContent;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, NoContent), Mistake> {
        let Self(word) = self;
        let word: StrDeserializer<'_, Mistake> = word.into_deserializer();
        Ok((seed.deserialize(word)?, NoContent))
    }
}

/// The content of a variant that is only a word.
struct NoContent;

impl<'de> VariantAccess<'de> for NoContent {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, Mistake> {
        Err(Mistake::wanted(A_MAP, "a word"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, Mistake> {
        Err(Mistake::wanted(A_LIST, "a word"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Mistake> {
        Err(Mistake::wanted(A_MAP, "a word"))
    }
}
