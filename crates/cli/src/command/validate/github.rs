//! Findings as workflow commands of GitHub Actions, a line each, which become annotations of a change.
//!
//! The syntax is `::error file=…,line=…::message`; what would end a property or the line is escaped, as GitHub's own toolkit
//! does. The commands are in the job's log as well, which a terminal may show.

use vfctl_view::harmless;

use super::findings::{Findings, Level, Region, file_name, message};

/// Returns a command for each finding.
pub(super) fn commands(findings: &Findings<'_>) -> String {
    let command_of = |(level, diagnostic): (Level, &vfctl_spec::Diagnostic)| {
        let Region { start_line, start_column, end_line, end_column } = findings.region(&diagnostic.place);
        let properties = [
            ("file", file_name(&diagnostic.place.file).to_owned()),
            ("line", start_line.to_string()),
            ("endLine", end_line.to_string()),
            ("col", start_column.to_string()),
            ("endColumn", end_column.to_string()),
        ];
        command(level, &properties, &message(diagnostic))
    };
    findings.all().map(command_of).collect()
}

/// Returns the command that says why nothing could be checked.
pub(super) fn failure(why: &str) -> String {
    command(Level::Error, &[], why)
}

fn command(level: Level, properties: &[(&str, String)], message: &str) -> String {
    let word = match level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let properties = [&[("title", "vfctl".to_owned())], properties].concat();
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    format!("::{word} {}::{}\n", properties.join(","), line(message))
}

/// Returns a text as the message of a command.
fn line(text: &str) -> String {
    harmless(text).replace('%', "%25").replace('\n', "%0A")
}

/// Returns a text as the value of a property.
fn property(text: &str) -> String {
    line(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_ends_its_property_or_its_line() {
        let hostile = "a,line=1::b%0A\r\n::error::c\u{1b}[2J";
        let written = command(Level::Warning, &[("file", hostile.to_owned())], hostile);
        assert_eq!(
            written,
            "::warning title=vfctl,file=a%2Cline=1%3A%3Ab%250A\\u{d}%0A%3A%3Aerror%3A%3Ac\\u{1b}[2J\
             ::a,line=1::b%250A\\u{d}%0A::error::c\\u{1b}[2J\n"
        );
        assert_eq!(failure("x"), "::error title=vfctl::x\n");
    }
}
