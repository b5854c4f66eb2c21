//! Findings as a SARIF 2.1.0 log, for code scanning.

use serde::Serialize;
use vfctl_spec::{Diagnostic, Place, Related};

use super::findings::{Findings, Level, Region, file_name, message};

/// The standard's schema.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The rules, by their index: mistakes have no codes of their own, since each says in full what is wrong.
const RULES: [(Level, &str, &str); 2] = [
    (Level::Error, "mistake", "A document has a mistake, and is refused."),
    (Level::Warning, "warning", "A document has something without effect, or that is likely not meant."),
];

/// A log.
#[derive(Serialize)]
pub(super) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    invocations: [Invocation; 1],
    results: Vec<Result>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    /// Returns a message that says this and has no links: `[text](target)` is one in a plain text message (SARIF 2.1.0, 3.11.6).
    fn plain(text: &str) -> Self {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, '[' | ']' | '\\') {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        Self { text: escaped }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// Returns the log of what was found.
pub(super) fn log(findings: &Findings<'_>) -> Log {
    let results = findings.all().map(|(level, diagnostic)| result(level, diagnostic, findings)).collect();
    log_of(results, Vec::new())
}

/// Returns the log that says why nothing could be checked.
pub(super) fn failure(why: &str) -> Log {
    let message = Message::plain(why);
    log_of(Vec::new(), vec![Notification { level: word(Level::Error), message }])
}

fn log_of(results: Vec<Result>, notifications: Vec<Notification>) -> Log {
    let rules = RULES.map(|(level, id, text)| Rule {
        id,
        short_description: Message::plain(text),
        default_configuration: Configuration { level: word(level) },
    });
    let driver = Driver {
        name: "vfctl",
        version: env!("CARGO_PKG_VERSION"),
        information_uri: "https://vfctl.dev",
        rules: rules.into(),
    };
    let invocation = Invocation {
        execution_successful: notifications.is_empty(),
        tool_execution_notifications: notifications,
    };
    let run =
        Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", invocations: [invocation], results };
    Log { schema: SCHEMA, version: "2.1.0", runs: [run] }
}

fn result(level: Level, diagnostic: &Diagnostic, findings: &Findings<'_>) -> Result {
    let at = |place: &Place, message: Option<&str>| Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(&place.file) },
            region: findings.region(place),
        },
        message: message.map(Message::plain),
    };
    let related = diagnostic.related.iter();
    let index = RULES.iter().position(|(of, ..)| *of == level).unwrap_or_default();
    Result {
        rule_id: RULES.get(index).map_or("", |(_, id, _)| id),
        rule_index: index,
        level: word(level),
        message: Message::plain(&message(diagnostic)),
        locations: [at(&diagnostic.place, None)],
        related_locations: related.map(|Related { place, message }| at(place, Some(message))).collect(),
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

/// Returns a file's name as a URI, relative where the name is (RFC 3986).
fn uri(name: &str) -> String {
    let name = file_name(name);
    let scheme = if name.starts_with('/') { "file://" } else { "" };
    let mut uri = scheme.to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_message_is_a_link() {
        let text = "`[a](docs/b)`: C:\\d, pf[0]";
        assert_eq!(Message::plain(text).text, "`\\[a\\](docs/b)`: C:\\\\d, pf\\[0\\]");
    }

    #[test]
    fn names_of_files_are_uris() {
        for (name, expected) in [
            ("./specs/a.yaml", "specs/a.yaml"),
            ("/etc/vfctl/a b.yaml", "file:///etc/vfctl/a%20b.yaml"),
            ("c:d#é?.yaml", "c%3Ad%23%C3%A9%3F.yaml"),
            ("<stdin>", "%3Cstdin%3E"),
        ] {
            assert_eq!(uri(name), expected);
        }
    }
}
