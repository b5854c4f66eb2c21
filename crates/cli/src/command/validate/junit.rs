//! Findings as a JUnit report: a test case for each file, which fails where the file has a mistake.
//!
//! GitLab and Jenkins show the text of one `failure` a test case, so all mistakes of a file are in it; warnings are its output.

use std::collections::BTreeSet;

use vfctl_spec::{Colour, Diagnostic, render, render_warnings};

use super::findings::{Findings, file_name};

/// Returns the report.
pub(super) fn report(findings: &Findings<'_>) -> String {
    let mut seen = BTreeSet::new();
    let names = findings.sources.iter().map(|source| source.name.as_str()).filter(|name| seen.insert(*name));
    let cases: Vec<Case> = names.map(|name| case(name, findings)).collect();
    document(&cases)
}

/// Returns the report that says why nothing could be checked.
pub(super) fn failure(why: &str) -> String {
    let name = "vfctl validate".to_owned();
    let summary = why.lines().next().unwrap_or_default().to_owned();
    document(&[Case {
        name,
        file: None,
        result: Some(("error", summary, why.to_owned())),
        output: String::new(),
    }])
}

/// A test case.
struct Case {
    name: String,
    file: Option<String>,
    /// The element that says that it did not pass, its message and its text.
    result: Option<(&'static str, String, String)>,
    output: String,
}

fn case(name: &str, findings: &Findings<'_>) -> Case {
    let of_file = |all: &[Diagnostic]| -> Vec<Diagnostic> {
        all.iter().filter(|diagnostic| diagnostic.place.file == name).cloned().collect()
    };
    let (mistakes, warnings) = (of_file(findings.mistakes), of_file(findings.warnings));
    let result = mistakes.first().map(|first| {
        let more = match mistakes.len() - 1 {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        let summary = format!("line {}: {}{more}", first.place.line, first.message);
        ("failure", summary, render(&mistakes, findings.sources, Colour::Never))
    });
    let output = render_warnings(&warnings, findings.sources, Colour::Never);
    Case { name: file_name(name).to_owned(), file: Some(file_name(name).to_owned()), result, output }
}

fn document(cases: &[Case]) -> String {
    let count = |wanted: &str| {
        cases
            .iter()
            .filter(|case| case.result.as_ref().is_some_and(|(element, ..)| *element == wanted))
            .count()
    };
    let counts =
        format!("tests=\"{}\" failures=\"{}\" errors=\"{}\"", cases.len(), count("failure"), count("error"));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"vfctl\" {counts}>\n  \
         <testsuite name=\"vfctl validate\" {counts}>\n"
    );
    for Case { name, file, result, output } in cases {
        let file = file.as_ref().map_or_else(String::new, |file| format!(" file=\"{}\"", escaped(file)));
        text.push_str(&format!(
            "    <testcase classname=\"vfctl validate\" name=\"{}\"{file}>\n",
            escaped(name)
        ));
        if let Some((element, summary, lines)) = result {
            let (summary, lines) = (escaped(summary), escaped(lines));
            text.push_str(&format!("      <{element} message=\"{summary}\">{lines}</{element}>\n"));
        }
        if !output.is_empty() {
            text.push_str(&format!("      <system-out>{}</system-out>\n", escaped(output)));
        }
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// Returns a text as XML 1.0 has it, in an element or in quotes; a character that no XML can have is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            // `]]>` may not stand in an element.
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_the_document_one_of_xml() {
        let hostile = "</failure>]]>\"&\u{1b}[31m\u{ffff}\ré";
        let kept = "&lt;/failure&gt;]]&gt;&quot;&amp;\u{fffd}[31m\u{fffd}&#13;é";
        assert_eq!(escaped(hostile), kept);
        let report = failure(hostile);
        assert!(report.contains(&format!(">{kept}</error>")) && report.contains(" errors=\"1\""), "{report}");
    }
}
