//! A hash of texts: what tells apart plans that are not kept. It is a cryptographic one: a host cannot make its plan pass for
//! another's.

use std::fmt;

use hmac_sha256::Hash;

/// A hash of texts while it grows. Where one text ends and the next begins counts.
pub(crate) struct Hasher(Hash);

/// The hash of some texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextHash([u8; 32]);

impl Hasher {
    /// Returns the hash of no texts.
    pub(crate) fn new() -> Self {
        Self(Hash::new())
    }

    /// Adds a text.
    pub(crate) fn add(&mut self, text: &str) {
        self.0.update(text.len().to_le_bytes());
        self.0.update(text);
    }

    /// Adds the texts that another hash is of, as one.
    pub(crate) fn add_hash(&mut self, TextHash(hash): TextHash) {
        self.0.update(hash);
    }

    /// Returns the hash.
    pub(crate) fn end(self) -> TextHash {
        TextHash(self.0.finalize())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

impl Default for TextHash {
    fn default() -> Self {
        Hasher::new().end()
    }
}
