//! Values of properties, and how they are written.

use vfctl_model::{JsonValue, ParseError, VfAttribute, VfValue};

/// A value that a property can have; [`ClaimShape::show`] writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimValue {
    /// One of two words.
    Flag(bool),
    /// A count or a size.
    Number(u32),
    /// A name of the kernel's.
    Name(String),
    /// The value of a VF attribute.
    Vf(VfValue),
    /// What an object of the cluster says.
    Content(JsonValue),
}

impl ClaimValue {
    /// Returns whether what was found is what is wanted; of an object's content all that is wanted must be there, whatever
    /// else there is.
    pub(crate) fn meets(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Content(found), Self::Content(wanted)) => found.covers(wanted),
            _ => self == wanted,
        }
    }

    /// Returns as much of what was found as another value speaks of.
    pub fn narrowed(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Content(found), Self::Content(other)) => Self::Content(found.narrowed(other)),
            (found, _) => found,
        }
    }
}

/// How the value of a property is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimShape {
    /// One of two words: for no and for yes.
    Flag(&'static str, &'static str),
    /// A number in decimal digits.
    Number,
    /// A name of the kernel's.
    Name,
    /// The value of a VF attribute.
    Vf(VfAttribute),
    /// What an object of the cluster says.
    Content,
}

impl ClaimShape {
    /// Returns a value as it is written everywhere.
    pub fn show(self, value: &ClaimValue) -> String {
        match (value, self) {
            (ClaimValue::Flag(flag), Self::Flag(no, yes)) => if *flag { yes } else { no }.to_owned(),
            (ClaimValue::Flag(flag), _) => flag.to_string(),
            (ClaimValue::Number(number), _) => number.to_string(),
            (ClaimValue::Name(name), _) => name.clone(),
            (ClaimValue::Vf(value), _) => value.to_string(),
            (ClaimValue::Content(content), _) => content.to_text(),
        }
    }

    /// Returns a value as programs read it: a switch is a boolean, a choice of other words is the word.
    pub fn json(self, value: &ClaimValue) -> JsonValue {
        match (value, self) {
            (ClaimValue::Flag(flag), Self::Flag("no" | "off", _)) => JsonValue::Flag(*flag),
            (ClaimValue::Flag(_), _) => JsonValue::Text(self.show(value)),
            (ClaimValue::Number(number), _) => JsonValue::Number((*number).into()),
            (ClaimValue::Name(name), _) => JsonValue::Text(name.clone()),
            (ClaimValue::Vf(value), _) => value.json(),
            (ClaimValue::Content(content), _) => content.clone(),
        }
    }

    /// Reads a value as programs write it, and what `show` writes.
    pub(crate) fn parse_json(self, value: &JsonValue) -> Result<ClaimValue, ParseError> {
        match (self, value) {
            (Self::Vf(attribute), value) => {
                VfValue::from_json(attribute.row().shape, value).map(ClaimValue::Vf)
            }
            (_, JsonValue::Text(text)) => self.parse(text),
            (Self::Content, content) => Ok(ClaimValue::Content(content.clone())),
            (Self::Flag(..), JsonValue::Flag(flag)) => Ok(ClaimValue::Flag(*flag)),
            (Self::Number, JsonValue::Number(number)) => self.parse(&number.to_string()),
            _ => Err(ParseError::new(value.to_string(), "value of the property's shape")),
        }
    }

    /// Reads what `show` writes.
    pub(crate) fn parse(self, text: &str) -> Result<ClaimValue, ParseError> {
        match self {
            Self::Flag(no, _) if text == no => Ok(ClaimValue::Flag(false)),
            Self::Flag(_, yes) if text == yes => Ok(ClaimValue::Flag(true)),
            Self::Flag(..) => Err(ParseError::new(text, "one of the property's two words")),
            Self::Number => text.parse().map(ClaimValue::Number).map_err(|_| ParseError::new(text, "number")),
            Self::Name => Ok(ClaimValue::Name(text.to_owned())),
            Self::Vf(attribute) => VfValue::parse(attribute.row().shape, text).map(ClaimValue::Vf),
            Self::Content => JsonValue::from_text(text).map(ClaimValue::Content),
        }
    }
}
