//! serde into values to write: whatever the spec's types say of themselves becomes YAML, field by field.

use std::fmt::Display;

use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::write::Yaml;

/// Why a value cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WriteError(String);

impl ser::Error for WriteError {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Returns a value as it is to be written.
///
/// # Errors
/// Where the value has a shape that a spec has no use for, such as bytes or nothing at all.
pub(crate) fn yaml_of<T: Serialize + ?Sized>(value: &T) -> Result<Yaml, WriteError> {
    value.serialize(Writer)
}

struct Writer;

/// The entries of a list.
struct Items(Vec<Yaml>);

/// The fields of a map.
#[derive(Default)]
struct Fields {
    fields: Vec<(String, Yaml)>,
    key: Option<String>,
}

fn refused<T>(what: &str) -> Result<T, WriteError> {
    Err(WriteError(format!("a spec has no {what}")))
}

/// Returns the text of a fraction: with a dot and the sign of the exponent, without which YAML 1.1 reads a text.
fn fraction(number: &serde_json::Number) -> String {
    let text = number.to_string();
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let dot = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{digits}{dot}e{sign}{exponent}")
}

macro_rules! numbers {
    ($($method:ident $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Yaml, WriteError> {
            Ok(Yaml::bare(value))
        })*
    };
}

impl Serializer for Writer {
    type Ok = Yaml;
    type Error = WriteError;
    type SerializeSeq = Items;
    type SerializeTuple = Impossible<Yaml, WriteError>;
    type SerializeTupleStruct = Impossible<Yaml, WriteError>;
    type SerializeTupleVariant = Impossible<Yaml, WriteError>;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Impossible<Yaml, WriteError>;

    numbers! {
        serialize_bool bool,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
    }

    fn serialize_str(self, text: &str) -> Result<Yaml, WriteError> {
        Ok(Yaml::text(text))
    }

    /// A word of the spec's own: its reader takes it in either spelling of YAML, so that it needs no quotes.
    fn serialize_unit_variant(self, _: &'static str, _: u32, word: &'static str) -> Result<Yaml, WriteError> {
        Ok(Yaml::bare(word))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Yaml, WriteError> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Yaml, WriteError> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, WriteError> {
        Ok(Items(Vec::new()))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields, WriteError> {
        Ok(Fields::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, WriteError> {
        Ok(Fields::default())
    }

    fn serialize_f32(self, _: f32) -> Result<Yaml, WriteError> {
        refused("fractions")
    }

    fn serialize_f64(self, value: f64) -> Result<Yaml, WriteError> {
        let number = serde_json::Number::from_f64(value);
        number.map_or_else(|| refused("numbers without end"), |number| Ok(Yaml::bare(fraction(&number))))
    }

    fn serialize_char(self, character: char) -> Result<Yaml, WriteError> {
        self.serialize_str(&character.to_string())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Yaml, WriteError> {
        refused("bytes")
    }

    fn serialize_none(self) -> Result<Yaml, WriteError> {
        refused("field without a value")
    }

    fn serialize_unit(self) -> Result<Yaml, WriteError> {
        refused("field without a value")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Yaml, WriteError> {
        refused("field without a value")
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Yaml, WriteError> {
        refused("variant with a value")
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, WriteError> {
        refused("tuples")
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, WriteError> {
        refused("tuples")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, WriteError> {
        refused("tuples")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, WriteError> {
        refused("variant with fields")
    }
}

impl SerializeSeq for Items {
    type Ok = Yaml;
    type Error = WriteError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        self.0.push(yaml_of(value)?);
        Ok(())
    }

    fn end(self) -> Result<Yaml, WriteError> {
        Ok(Yaml::List(self.0))
    }
}

impl SerializeMap for Fields {
    type Ok = Yaml;
    type Error = WriteError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), WriteError> {
        match yaml_of(key)? {
            Yaml::Text(key) | Yaml::Bare(key) => {
                self.key = Some(key);
                Ok(())
            }
            Yaml::List(_) | Yaml::Map(_) => refused("keys that are lists or maps"),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        let Some(key) = self.key.take() else { return refused("values without a key") };
        self.fields.push((key, yaml_of(value)?));
        Ok(())
    }

    fn end(self) -> Result<Yaml, WriteError> {
        Ok(Yaml::Map(self.fields))
    }
}

impl SerializeStruct for Fields {
    type Ok = Yaml;
    type Error = WriteError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), WriteError> {
        self.fields.push((key.to_owned(), yaml_of(value)?));
        Ok(())
    }

    fn end(self) -> Result<Yaml, WriteError> {
        Ok(Yaml::Map(self.fields))
    }
}
