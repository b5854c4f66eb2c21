//! The values of properties as programs read and write them.

use vfctl_model::{JsonValue, ParseError};

use crate::claim_value::{ClaimShape, ClaimValue};
use crate::property::Property;
use crate::subject::Thing;

impl Property {
    /// Returns a value of this property of a thing as programs read it.
    pub fn json(self, thing: &Thing, value: &ClaimValue) -> JsonValue {
        self.shape(thing).unwrap_or(ClaimShape::Name).json(value)
    }

    /// Reads a value of this property of a thing, as documents have it.
    ///
    /// # Errors
    /// Where it is no such value, or the thing has no such property.
    pub fn value_from(self, thing: &Thing, value: &JsonValue) -> Result<ClaimValue, ParseError> {
        let none = || ParseError::new(value.to_string(), "value of a property that such a thing has");
        self.shape(thing).ok_or_else(none)?.parse_json(value)
    }
}
