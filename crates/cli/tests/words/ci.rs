//! What `validate` prints for CI systems: nothing of a document or of a file's name may end its place in the format.

use std::fs;

use serde_json::Value;

use crate::place::{Place, Ran};

/// A document whose values try to leave the format that they are printed in.
const HOSTILE: &str = r#"apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: a}
spec:
  "]]></failure><x y=\"é%0A\r\n::error file=b::c[a](d)\e[2J": 1
"#;

/// A name of a file that does the same.
const NAME: &str = "a,b:c%0A<d>&\"é\u{1b}[2J.yaml";

fn hostile(format: &str) -> Ran {
    let place = Place::new();
    fs::write(place.path(NAME), HOSTILE).expect("a spec");
    let ran = place.vfctl(&format!("validate {NAME} spec.yaml -o {format}"));
    assert_eq!(ran.code, 1, "{}", ran.err);
    ran
}

#[test]
fn github_gets_one_command_for_each_finding_whatever_it_says() {
    let ran = hostile("github");
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!((lines.len(), ran.err.as_str()), (1, ""), "{}", ran.out);
    let start =
        "::error title=vfctl,file=a%2Cb%3Ac%250A<d>&\"é\\u{1b}[2J.yaml,line=5,endLine=5,col=3,endColumn=61::";
    assert!(ran.out.starts_with(start) && ran.out.contains("%0Ahelp: "), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "a terminal that shows the job's log would obey it: {:?}", ran.out);
    assert!(
        !ran.out.replace("%25", "").replace("%0A", "").replace("%2C", "").replace("%3A", "").contains('%')
    );
}

#[test]
fn the_name_of_a_file_is_one_line_of_text_for_people() {
    let place = Place::new();
    let name = "a\n::error::x\u{1b}[31m.yaml";
    fs::write(place.path(name), HOSTILE).expect("a spec");
    for format in ["text", "junit", "sarif"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vfctl"));
        command.current_dir(place.folder.path()).args(["validate", name, "-o", format]);
        let ran = command.output().expect("run vfctl");
        let said = String::from_utf8(ran.stderr).expect("text");
        assert!(said.contains("--> a\\u{a}::error::x\\u{1b}[31m.yaml:5:3\n"), "{format}: {said}");
        assert!(!said.contains('\u{1b}') && !said.contains("\n::"), "{format}: {said}");
    }
}

#[test]
fn sarif_log_has_what_the_standard_demands() {
    let ran = hostile("sarif");
    let log: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(
        (driver["name"].as_str(), run["invocations"][0]["executionSuccessful"].as_bool()),
        (Some("vfctl"), Some(true))
    );
    let rules = driver["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 1, "{}", ran.out);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["level"], "error");
        let text = result["message"]["text"].as_str().expect("a text");
        assert!(
            text.contains("help: ") && text.contains(r"\[a\](d)"),
            "what looks like a link is text: {text}"
        );
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%2Cb%3Ac%250A%3Cd%3E%26%22%C3%A9%1B%5B2J.yaml");
        let region = serde_json::json!({"startLine": 5, "startColumn": 3, "endLine": 5, "endColumn": 61});
        assert_eq!(place["region"], region);
    }
}

#[test]
fn junit_report_has_a_case_for_each_file_and_is_one_document() {
    let ran = hostile("junit");
    let name = "a,b:c%0A&lt;d&gt;&amp;&quot;é\u{fffd}[2J.yaml";
    let count = |text: &str| ran.out.matches(text).count();
    assert_eq!(
        (count("<testcase "), count("<failure "), count("</failure>"), count("<x ")),
        (2, 1, 1, 0),
        "{}",
        ran.out
    );
    assert!(ran.out.contains(&format!(" name=\"{name}\" file=\"{name}\">")), "{}", ran.out);
    assert!(ran.out.contains(" tests=\"2\" failures=\"1\" errors=\"0\">"), "{}", ran.out);
    assert!(ran.err.ends_with("\n1 mistake\n"), "the log of a job shows the mistake, too: {}", ran.err);
}

#[test]
fn warnings_are_no_failures() {
    let place = Place::new();
    let config =
        r#"{"resourceList": [{"resourceName": "net", "selectors": {"pfNames": ["a"], "pKeys": ["0x1"]}}]}"#;
    fs::write(place.path("config.json"), config).expect("a config");
    let run =
        |format: &str| place.vfctl(&format!("validate config.json --plugin-version v3.5.1 -o {format}"));
    let (github, sarif, junit) = (run("github"), run("sarif"), run("junit"));
    assert_eq!((github.code, sarif.code, junit.code), (0, 0, 0), "{}", junit.err);
    assert!(github.out.starts_with("::warning title=vfctl,file=config.json,line=1,"), "{}", github.out);
    let log: Value = serde_json::from_str(&sarif.out).expect("JSON");
    assert_eq!(log["runs"][0]["results"][0]["level"], "warning");
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "warning");
    assert!(junit.out.contains("<system-out>warning: ") && !junit.out.contains("<failure"), "{}", junit.out);
}

#[test]
fn documents_that_cannot_be_read_are_in_the_report() {
    let place = Place::new();
    let run = |format: &str| place.vfctl(&format!("validate none.yaml -o {format}"));
    let (github, sarif, junit) = (run("github"), run("sarif"), run("junit"));
    assert_eq!((github.code, sarif.code, junit.code), (1, 1, 1));
    assert!(github.out.starts_with("::error title=vfctl::failed to read `none.yaml`: "), "{}", github.out);
    let log: Value = serde_json::from_str(&sarif.out).expect("JSON");
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["level"], "error");
    assert!(junit.out.contains("<error message=\"failed to read `none.yaml`: "), "{}", junit.out);
    for ran in [sarif, junit] {
        assert!(ran.err.starts_with("error: failed to read `none.yaml`: "), "{}", ran.err);
    }
}
