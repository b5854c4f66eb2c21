//! A text of bounded size, to which parts are added while they fit.

/// How many characters are kept free to say what did not fit.
const NOTE: usize = 120;

/// A text and how much room it has.
pub(crate) struct Budget {
    text: String,
    room: usize,
}

impl Budget {
    /// Returns a text that begins so and has at most this many characters, with the note on what did not fit.
    pub(crate) fn new(begin: &str, most: usize) -> Self {
        let room = most.saturating_sub(NOTE + begin.chars().count());
        Self { text: begin.to_owned(), room }
    }

    /// Adds a part; returns whether it fits.
    pub(crate) fn add(&mut self, part: &str) -> bool {
        let Some(room) = self.room.checked_sub(part.chars().count()) else { return false };
        self.room = room;
        self.text.push_str(part);
        true
    }

    /// Returns how much each of so many parts may have, where all are to fit; at least so much as makes sense.
    pub(crate) fn share(&self, parts: usize, least: usize) -> usize {
        self.room.checked_div(parts).unwrap_or(0).max(least).min(self.room)
    }

    /// Returns the text; with the note where so many did not fit.
    pub(crate) fn end(mut self, left: usize, note: &str) -> String {
        if left > 0 {
            self.text.push_str(note);
        }
        self.text
    }
}
