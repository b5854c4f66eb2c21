//! YAML text from values: readable by every YAML reader, 1.1 and 1.2, as the same values.

use std::fmt::Display;

/// The widest line that a map or list is written on whole.
const WIDTH: usize = 100;

/// A value to write.
#[derive(Debug, Clone)]
pub(crate) enum Yaml {
    /// A number, or a word of the spec's own: it is written as it is.
    Bare(String),
    /// A text: in quotes only where a reader might take it for something else.
    Text(String),
    /// A list; on one line where there is room.
    List(Vec<Yaml>),
    /// A map: on one line where there is room and nothing but scalars and lists of them is in it, and not as an entry of
    /// a list.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// Returns a value that is written as it is.
    pub(crate) fn bare(value: impl Display) -> Self {
        Self::Bare(value.to_string())
    }

    /// Returns a text.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Returns the text of a whole document.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(0, &mut text);
        text
    }

    /// Returns the text of a scalar; `None` for anything else.
    fn scalar(&self) -> Option<String> {
        match self {
            Self::Bare(text) => Some(text.clone()),
            Self::Text(text) => Some(if is_plain(text) { text.clone() } else { quote(text) }),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Returns a scalar or a list of scalars on one line; `None` for anything else.
    fn flat(&self) -> Option<String> {
        match self {
            Self::List(items) => {
                let items: Option<Vec<String>> = items.iter().map(Self::scalar).collect();
                Some(format!("[{}]", items?.join(", ")))
            }
            Self::Bare(_) | Self::Text(_) | Self::Map(_) => self.scalar(),
        }
    }

    /// Returns the value of a field on one line, or `None` where it is to have several.
    fn one_line(&self) -> Option<String> {
        match self {
            Self::Map(fields) => {
                let fields: Option<Vec<String>> = fields
                    .iter()
                    .map(|(key, value)| Some(format!("{}: {}", key_text(key), value.flat()?)))
                    .collect();
                Some(format!("{{{}}}", fields?.join(", ")))
            }
            Self::Bare(_) | Self::Text(_) | Self::List(_) => self.flat(),
        }
    }

    /// Writes the value with this indentation, beginning at the start of a line.
    fn write(&self, indent: usize, out: &mut String) {
        let blanks = " ".repeat(indent);
        match self {
            Self::Bare(_) | Self::Text(_) => {
                out.push_str(&format!("{blanks}{}\n", self.scalar().unwrap_or_default()));
            }
            Self::List(items) if !items.is_empty() => {
                for item in items {
                    let mut text = String::new();
                    item.write(indent + 2, &mut text);
                    // The dash takes the place of the first line's last two blanks of indentation.
                    out.push_str(&format!("{blanks}- {}", text.get(indent + 2..).unwrap_or_default()));
                }
            }
            Self::Map(fields) if !fields.is_empty() => {
                for (key, value) in fields {
                    let key = key_text(key);
                    match value.one_line().filter(|line| indent + key.len() + line.len() < WIDTH) {
                        Some(line) => out.push_str(&format!("{blanks}{key}: {line}\n")),
                        None => {
                            out.push_str(&format!("{blanks}{key}:\n"));
                            value.write(indent + 2, out);
                        }
                    }
                }
            }
            Self::List(_) => out.push_str(&format!("{blanks}[]\n")),
            Self::Map(_) => out.push_str(&format!("{blanks}{{}}\n")),
        }
    }
}

fn key_text(key: &str) -> String {
    if is_plain(key) { key.to_owned() } else { quote(key) }
}

/// Returns whether a text needs no quotes: a word that no YAML reader takes for a number, a switch or nothing.
fn is_plain(text: &str) -> bool {
    let word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    let begins_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let meaning = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    word && begins_well && !meaning.contains(&text.to_ascii_lowercase().as_str())
}

/// Returns a text in double quotes (YAML 1.2.2, 7.3.1), with escapes for all that is not plainly printable.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            ' '..='~' => quoted.push(c),
            c if c.is_alphanumeric() => quoted.push(c),
            c => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_a_reader_may_take_for_something_else_are_quoted() {
        for text in ["ens1f0np0", "vfio-pci", "netdevsim/netdevsim1", "_x", "nope", "worker.example"] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "",
            "no",
            "Yes",
            "ON",
            "y",
            "true",
            "null",
            "~",
            "0123",
            "1e3",
            "0x10",
            "1_000",
            "52:54:00:12:34:56",
            "0000:3b:00.0",
            "10.0.0.0/16",
            "0-3",
            "2026-11-21",
            "worker-*",
            "a b",
            "a: b",
            "-",
            "- a",
            "#a",
            "ä",
            ".inf",
            "<<",
            "=",
            "@a",
            "!a",
            "&a",
            "[a]",
            "a,b",
            "a\n",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn quoted_texts_have_no_bare_control_code_or_mark() {
        assert_eq!(quote("a\"\\\n\u{feff}\u{1f980}é"), r#""a\"\\\U0000000A\U0000FEFF\U0001F980é""#);
    }
}
