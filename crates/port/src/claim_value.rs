//! Values of properties, and how they are written.

use vfctl_model::{ParseError, VfAttribute, VfValue};

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
        }
    }
}
