//! The entries of lists and maps as serde takes them, each with the step that leads to it.

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess};

use super::deserialize::{Mistake, Step};
use super::node::{Entry, Node};

/// The entries of a list.
pub(super) struct Items<'de>(std::iter::Enumerate<std::slice::Iter<'de, Node>>);

impl<'de> Items<'de> {
    /// Returns the entries in order.
    pub(super) fn of(items: &'de [Node]) -> Self {
        Self(items.iter().enumerate())
    }
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        let Some((position, node)) = self.0.next() else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|mistake| mistake.within(Step::Item(position)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The entries of a map.
pub(super) struct Entries<'de> {
    /// The entry that comes before the others, until it was given.
    first: Option<(usize, &'de Entry)>,
    /// The position of the entry that was given first.
    given: Option<usize>,
    entries: std::iter::Enumerate<std::slice::Iter<'de, Entry>>,
    at: Option<(usize, &'de Node)>,
}

impl<'de> Entries<'de> {
    /// Returns the entries in order, but for the one of this key, which comes first.
    pub(super) fn of(entries: &'de [Entry], first: Option<&str>) -> Self {
        let all = entries.iter().enumerate();
        let first = first.and_then(|key| all.clone().find(|(_, entry)| entry.key == key));
        Self { first, given: None, entries: all, at: None }
    }

    fn next(&mut self) -> Option<(usize, &'de Entry)> {
        if let Some((position, entry)) = self.first.take() {
            self.given = Some(position);
            return Some((position, entry));
        }
        let Self { given, entries, .. } = self;
        entries.find(|(position, _)| Some(*position) != *given)
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        let Some((position, Entry { key, value, .. })) = self.next() else { return Ok(None) };
        self.at = Some((position, value));
        let key: StrDeserializer<'_, Mistake> = key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|mistake| mistake.within(Step::Key(position)))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Mistake> {
        let Some((position, node)) = self.at.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(node).map_err(|mistake| mistake.within(Step::Value(position)))
    }
}
