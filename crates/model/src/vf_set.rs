//! VF numbers and sets of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::parse::{ParseError, misread};
use crate::text::text_serde;

/// The number of a VF within its PF, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VfIndex(pub u16);

impl fmt::Display for VfIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(index) = self;
        write!(f, "{index}")
    }
}

impl FromStr for VfIndex {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse_index(text).ok_or_else(|| ParseError::new(text, "VF number from 0 to 65534"))
    }
}

impl Serialize for VfIndex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

/// Reads a number, and the text that it is as the key of a map.
impl<'de> Deserialize<'de> for VfIndex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = VfIndex;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("VF number from 0 to 65534")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<VfIndex, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<VfIndex, E> {
                text.parse().map_err(|error| misread(text, &error))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

impl JsonSchema for VfIndex {
    fn schema_name() -> Cow<'static, str> {
        "VfIndex".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": 65534, "description": "A VF number from 0." })
    }
}

/// The pattern of a VF number, 0 to 65534.
macro_rules! index {
    () => {
        "0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-4])"
    };
}

/// The pattern of a part of a set.
macro_rules! part {
    () => {
        concat!(r"\s*", index!(), r"\s*(-\s*", index!(), r"\s*)?")
    };
}

/// A set of VF numbers, written `0,2-7,9`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VfSet(BTreeSet<VfIndex>);

impl VfSet {
    /// Returns the set of the first `count` VFs.
    pub fn first(count: u16) -> Self {
        (0..count).map(VfIndex).collect()
    }

    /// Returns whether `index` is in the set.
    pub fn contains(&self, index: VfIndex) -> bool {
        self.0.contains(&index)
    }

    /// Returns the members in order.
    pub fn iter(&self) -> impl Iterator<Item = VfIndex> {
        self.0.iter().copied()
    }

    /// Returns how many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the highest member, or `None` of an empty set.
    pub fn last(&self) -> Option<VfIndex> {
        self.0.last().copied()
    }

    /// Returns the members that both sets have.
    pub fn intersection(&self, other: &Self) -> Self {
        self.0.intersection(&other.0).copied().collect()
    }

    /// Adds a member.
    pub fn insert(&mut self, index: VfIndex) {
        self.0.insert(index);
    }
}

impl FromIterator<VfIndex> for VfSet {
    fn from_iter<I: IntoIterator<Item = VfIndex>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl fmt::Display for VfSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut members = self.iter().peekable();
        let mut separator = "";
        while let Some(VfIndex(start)) = members.next() {
            let mut end = start;
            while let Some(VfIndex(next)) = members.next_if(|VfIndex(next)| Some(*next) == end.checked_add(1))
            {
                end = next;
            }
            if start == end {
                write!(f, "{separator}{start}")?;
            } else {
                write!(f, "{separator}{start}-{end}")?;
            }
            separator = ",";
        }
        Ok(())
    }
}

impl FromStr for VfSet {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "set of VFs such as `0,2-7,9`");
        let mut members = BTreeSet::new();
        for part in text.split(',') {
            let (start, end) = part.split_once('-').unwrap_or((part, part));
            let (VfIndex(start), VfIndex(end)) =
                (parse_index(start.trim()).ok_or_else(wanted)?, parse_index(end.trim()).ok_or_else(wanted)?);
            if start > end {
                return Err(wanted());
            }
            members.extend((start..=end).map(VfIndex));
        }
        Ok(Self(members))
    }
}

text_serde!(
    VfSet,
    "VfSet",
    "A set of VF numbers such as `0,2-7,9`, always quoted.",
    "pattern": (concat!("^", part!(), "(,", part!(), ")*$")),
);

/// Returns a VF number, or `None` where the text is not plain digits below 65535.
fn parse_index(text: &str) -> Option<VfIndex> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse::<u16>().ok()).flatten().filter(|n| *n < u16::MAX).map(VfIndex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_reads_ranges_and_writes_them_collapsed() {
        for (text, written) in [("0,2-7,9", "0,2-7,9"), ("3,1,2", "1-3"), ("5", "5"), ("0 - 1, 4", "0-1,4")] {
            assert_eq!(text.parse::<VfSet>().map(|s| s.to_string()).as_deref(), Ok(written));
        }
        for text in ["", "1-", "-1", "7-2", "a", "1,,2", "65535", "0x1"] {
            assert!(text.parse::<VfSet>().is_err(), "{text}");
        }
    }
}
