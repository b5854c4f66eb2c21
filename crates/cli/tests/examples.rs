//! Every folder under `examples/` is documentation and golden at once: the program prints what stands there.
//!
//! `VFCTL_BLESS=1` writes the goldens anew instead of comparing them; review them like code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]
#![allow(clippy::indexing_slicing, reason = "JSON of the program's own")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The folder whose spec is wrong on purpose and has neither facts nor plan.
const MISTAKES: &str = "mistakes";

/// The widest line that a terminal of 100 columns shows whole.
const WIDTH: usize = 100;

/// How many lines a plan may have that is to be read at a glance.
const LINES: usize = 40;

/// The case whose plan installs everything and names each object, and how many lines that takes at most.
const LARGEST: (&str, usize) = ("cluster-from-nothing", 90);

/// The cases that have a review as well: changes of some hosts, users who are disrupted, errors.
const REVIEWED: [&str; 3] = ["fleet", "grow-in-use", "blocked"];

/// The cases that have pictures: VFs that are destroyed under their users; pools and networks.
const PICTURED: [&str; 2] = ["grow-in-use", "cluster-two-nics"];

/// What a program printed, and how it ended.
#[derive(PartialEq, Eq, Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Returns the root of the examples.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().expect("the examples")
}

/// Returns the folders of all cases but the one with mistakes, sorted.
fn cases() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(root())
        .expect("the examples")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir() && !path.ends_with(MISTAKES))
        .collect();
    folders.sort();
    assert!(folders.len() >= 12, "only {} examples are left", folders.len());
    folders
}

/// Runs vfctl in a case's folder, whatever the environment says.
fn vfctl(case: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    command.current_dir(case).args(arguments).env_clear().env("SOURCE_DATE_EPOCH", "1700000000");
    let ran = command.output().unwrap_or_else(|error| panic!("run {command:?}: {error}"));
    Ran {
        code: ran.status.code().unwrap_or_else(|| panic!("{command:?} was killed: {}", ran.status)),
        out: String::from_utf8(ran.stdout).expect("output is UTF-8"),
        err: String::from_utf8(ran.stderr).expect("diagnostics are UTF-8"),
    }
}

fn plan(case: &Path, options: &[&str]) -> Ran {
    vfctl(case, &[&["plan", "spec.yaml", "--facts", "facts.json"], options].concat())
}

fn text(case: &Path, file: &str) -> String {
    let path = case.join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// Returns the names of the hosts that the case has facts of, sorted.
fn recorded_hosts(case: &Path) -> Vec<String> {
    let facts: Value = serde_json::from_str(&text(case, "facts.json")).expect("facts");
    facts["hosts"].as_object().expect("hosts").keys().cloned().collect()
}

/// Compares what was printed with the golden, or writes it anew where that is asked for.
fn compare(case: &Path, file: &str, printed: &str) {
    if std::env::var_os("VFCTL_BLESS").is_some_and(|value| value == "1") {
        fs::write(case.join(file), printed).expect("write the golden");
        return;
    }
    let golden = text(case, file);
    let path = case.join(file);
    let differ = format!("{} says\n{golden}\nand vfctl prints\n{printed}", path.display());
    assert!(printed == golden, "{differ}\nVFCTL_BLESS=1 writes it anew");
}

/// Returns the exit code that the case's README promises, in its line `Exit code: N, …`.
fn promised_code(case: &Path) -> i32 {
    let readme = text(case, "README.md");
    let promise = readme.lines().find_map(|line| line.strip_prefix("Exit code: ")?.split(',').next());
    let code = promise.and_then(|code| code.parse().ok());
    code.unwrap_or_else(|| panic!("{}/README.md has no line `Exit code: N, …`", case.display()))
}

/// Asserts that an example's plan is printed as its golden has it, and ends as its README says.
#[track_caller]
fn compare_plan(case: &Path, options: &[&str], golden: &str) {
    let ran = plan(case, options);
    compare(case, golden, &ran.out);
    assert_eq!((ran.code, ran.err.as_str()), (promised_code(case), ""), "{}", case.display());
}

#[test]
fn every_example_prints_its_plan_and_ends_as_its_readme_says() {
    for case in cases() {
        compare_plan(&case, &[], "plan.txt");
    }
}

#[test]
fn examples_of_what_a_reviewer_sees_print_it_as_markdown() {
    for case in REVIEWED.map(|name| root().join(name)) {
        compare_plan(&case, &["-o", "markdown"], "plan.md");
    }
}

#[test]
fn examples_with_pictures_print_them() {
    for case in PICTURED.map(|name| root().join(name)) {
        compare_plan(&case, &["-o", "html"], "page.html");
        let drawn = vfctl(&case, &["discover", "--facts", "facts.json", "-o", "svg"]);
        compare(&case, "hosts.svg", &drawn.out);
        assert_eq!((drawn.code, drawn.err.as_str()), (0, ""), "{}", case.display());
    }
}

#[test]
fn every_example_is_valid_without_a_host() {
    for case in cases() {
        let ran = vfctl(&case, &["validate", "spec.yaml"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", case.display());
    }
}

#[test]
fn plan_twice_gives_the_same_bytes() {
    for case in cases() {
        for options in [&[][..], &["--verbose"], &["--json"]] {
            assert_eq!(plan(&case, options), plan(&case, options), "{} {options:?}", case.display());
        }
    }
}

#[test]
fn plan_says_when_it_was_made_and_from_what() {
    let case = root().join("drift-one-vlan");
    let planned: Value = serde_json::from_str(&plan(&case, &["--json"]).out).expect("a plan");
    assert_eq!(planned["made"]["time"], "2023-11-14T22:13:20Z");
    assert_eq!(planned["made"]["specs"][0]["file"], "spec.yaml");
}

#[test]
fn plan_works_where_the_host_has_no_port_at_all() {
    let world = |host: &str| {
        let system =
            r#"{"kernel": "6.12.0", "arguments": [], "iommu": {"groups": 0, "kinds": []}, "modules": []}"#;
        let facts = format!(r#"{{"system": {system}, "physicalFunctions": {{}}, "links": {{}}}}"#);
        format!(r#"{{"format": "vfctl.dev/facts/v1", "hosts": {{"{host}": {facts}}}}}"#)
    };
    let folder = tempfile::tempdir().expect("a folder");
    for case in cases() {
        let host = recorded_hosts(&case).pop().expect("a host");
        let bare = folder.path().join("bare.json");
        fs::write(&bare, world(&host)).expect("write facts");
        let ran = vfctl(&case, &["plan", "spec.yaml", "--facts", bare.to_str().expect("a path")]);
        let reported = if ran.code == 0 { "this host has none" } else { "this host has no PF at all" };
        assert!(
            ran.code != 2 && ran.out.contains(reported) && ran.err.is_empty(),
            "{}: {ran:?}",
            case.display()
        );
    }
}

#[test]
fn every_plan_is_readable_on_a_terminal() {
    for case in cases() {
        let plan = text(&case, "plan.txt");
        let lines = if case.ends_with(LARGEST.0) { LARGEST.1 } else { LINES };
        assert!(plan.lines().count() <= lines, "{}: more than {lines} lines", case.display());
        for line in plan.lines() {
            assert!(line.chars().count() <= WIDTH, "{}: {line}", case.display());
            assert_eq!(line, line.trim_end(), "{}: blanks at the end", case.display());
        }
    }
}

#[test]
fn facts_are_as_vfctl_writes_them() {
    for case in cases() {
        let ran = vfctl(&case, &["discover", "--json", "--facts", "facts.json"]);
        assert_eq!(ran.out, text(&case, "facts.json"), "{}", case.display());
    }
}

#[test]
fn the_live_host_as_a_spec_has_an_empty_plan() {
    for case in cases() {
        let live = vfctl(&case, &["discover", "-o", "spec", "--facts", "facts.json"]);
        let folder = tempfile::tempdir().expect("a folder");
        let spec = folder.path().join("live.yaml");
        fs::write(&spec, &live.out).expect("write the spec");
        let ran = vfctl(&case, &["plan", spec.to_str().expect("a path"), "--facts", "facts.json"]);
        assert_eq!(ran.code, 0, "{}: {ran:?}", case.display());
    }
}

/// Returns the lanes of a planned host, as JSON.
fn lanes(host: &Value) -> impl Iterator<Item = &Value> {
    let stages = host["stages"].as_array().expect("stages").iter();
    stages.flat_map(|stage| stage["lanes"].as_array().expect("lanes"))
}

/// Returns the names of the entries of a case's spec that its plan has a lane for, each once.
fn planned_entries(case: &Path) -> BTreeSet<String> {
    let planned: Value = serde_json::from_str(&plan(case, &["--json"]).out).expect("a plan");
    let hosts = planned["hosts"].as_object().expect("hosts").values();
    let of_pfs = hosts.flat_map(lanes).filter(|lane| lane["thing"] != "system");
    let headings = of_pfs.map(|lane| lane["heading"].as_str().expect("a heading"));
    let names = headings.map(|heading| heading.rsplit_once(" as ").expect("a name").1);
    names.map(|name| name.rsplit('/').next().expect("a name").to_owned()).collect()
}

#[test]
fn explain_speaks_in_the_words_of_the_spec() {
    let mut explained = String::new();
    for case in cases() {
        for name in planned_entries(&case) {
            let address = format!("pf/{name}");
            let ran = vfctl(&case, &["explain", &address, "spec.yaml", "--facts", "facts.json"]);
            let says_nothing = ran.err.contains("the specs do not mention it");
            assert_eq!(ran.code, i32::from(says_nothing), "{} {address}: {ran:?}", case.display());
            for word in ["vfCount", " up\n  spec", "up is", "is yes", "is no\n", "pci pci/"] {
                assert!(!ran.out.contains(word), "{} {address} says `{word}`:\n{}", case.display(), ran.out);
            }
            explained.push_str(&ran.out);
        }
    }
    for line in [" count is 8\n", " adminState is up\n", "by pci 0000:"] {
        assert!(explained.contains(line), "`{line}` is nowhere in\n{explained}");
    }
}

#[test]
fn explain_shows_every_port_that_an_entry_means() {
    let case = root().join("bond-x710");
    let ran = vfctl(&case, &["explain", "pf/uplink/count", "spec.yaml", "--facts", "facts.json"]);
    let selected: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("  selected ")).collect();
    let ports = ["ens4f0 (pci/0000:5e:00.0)", "ens4f1 (pci/0000:5e:00.1)"];
    assert_eq!(selected.len(), ports.len(), "{}", ran.out);
    for (line, port) in selected.iter().zip(ports) {
        assert!(line.contains(port), "{line}");
    }
}

/// The routing id of a PCI address, counted here by hand: bus, device and function.
fn routing_id(address: &str) -> u32 {
    let (_, rest) = address.split_once(':').expect("a domain");
    let (bus, rest) = rest.split_once(':').expect("a bus");
    let (device, function) = rest.split_once('.').expect("a function");
    let hex = |digits| u32::from_str_radix(digits, 16).expect("hex digits");
    hex(bus) * 256 + hex(device) * 8 + hex(function)
}

/// Returns the PCI addresses that a planned host's step which creates a PF's VFs claims of them, by their numbers.
fn predicted_addresses(host: &Value, pf: &str) -> Vec<(String, String)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let phases = lanes(host).filter(|lane| lane["thing"] == pf).flat_map(|lane| list(&lane["phases"]));
    let steps = phases.filter(|phase| phase["phase"] == "createVfs").flat_map(|phase| list(&phase["steps"]));
    let claims = steps.flat_map(|step| list(&step["ends"])).filter(|claim| claim["property"] == "address");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    claims.map(|claim| (claim["vf"].to_string(), text(&claim["is"]))).collect()
}

#[test]
fn addresses_of_vfs_follow_from_offset_and_stride() {
    let mut checked = 0;
    for case in cases() {
        let facts: Value = serde_json::from_str(&text(&case, "facts.json")).expect("facts");
        let planned: Value = serde_json::from_str(&plan(&case, &["--json"]).out).expect("a plan");
        for (host, facts) in facts["hosts"].as_object().expect("hosts") {
            for (pf, facts) in facts["physicalFunctions"].as_object().expect("PFs") {
                let Some(address) = pf.strip_prefix("pci/") else { continue };
                let number = |key: &str| u32::try_from(facts[key].as_u64().expect(key)).expect(key);
                let expected = |vf: &str| {
                    let index: u32 = vf.parse().expect("a VF's number");
                    routing_id(address) + number("vfOffset") + number("vfStride") * index
                };
                for (vf, facts) in facts["vfs"].as_object().expect("VFs") {
                    let recorded = facts["pci"].as_str().expect("an address");
                    assert_eq!(routing_id(recorded), expected(vf), "{}: {host} {pf} {vf}", case.display());
                }
                for (vf, predicted) in predicted_addresses(&planned["hosts"][host], pf) {
                    assert_eq!(routing_id(&predicted), expected(&vf), "{}: {host} {pf} {vf}", case.display());
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 40, "only {checked} addresses were checked");
}

#[test]
fn twelve_mistakes_are_reported_at_once_each_with_place_cause_and_fix() {
    let case = root().join(MISTAKES);
    let ran = vfctl(&case, &["validate", "spec.yaml"]);
    compare(&case, "diagnostics.txt", &ran.err);
    assert_eq!((ran.code, ran.out.as_str()), (promised_code(&case), ""));
    assert!(ran.err.ends_with("\n12 mistakes\n"), "{}", ran.err);
    let reported = ran.err.split("\n\n").filter(|part| part.starts_with("error: "));
    for part in reported {
        for piece in ["--> spec.yaml:", " | ", "= help: "] {
            assert!(part.contains(piece), "without `{piece}`:\n{part}");
        }
    }
    let json = vfctl(&case, &["validate", "spec.yaml", "--json"]);
    let mistakes: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(mistakes["format"], "vfctl.dev/errors/v1");
    let count = mistakes["errors"].as_array().map(Vec::len);
    assert_eq!((count, json.code, json.err.as_str()), (Some(12), 1, ""));
    for words in [&["plan", "spec.yaml", "--facts", "facts.json"][..], &["explain", "pf/a", "spec.yaml"]] {
        let ran = vfctl(&case, &[words, &["-o", "json"]].concat());
        assert_eq!(ran, json, "{words:?}");
    }
    let good = root().join("nothing-to-do");
    let none = vfctl(&good, &["validate", "spec.yaml", "--json"]);
    assert_eq!(none.code, 0, "{}", none.err);
    let none: Value = serde_json::from_str(&none.out).expect("JSON");
    assert_eq!(none, serde_json::json!({"format": "vfctl.dev/errors/v1", "errors": []}));
}

#[test]
fn mistakes_are_printed_for_ci_systems() {
    let case = root().join(MISTAKES);
    for (format, golden) in [("github", "github.txt"), ("sarif", "sarif.json"), ("junit", "junit.xml")] {
        let ran = vfctl(&case, &["validate", "spec.yaml", "-o", format]);
        compare(&case, golden, &ran.out);
        let said = if format == "github" { String::new() } else { text(&case, "diagnostics.txt") };
        assert_eq!((ran.code, ran.err), (1, said), "{format}");
    }
}

#[test]
fn every_example_says_what_it_shows_and_is_listed() {
    let listed = text(&root(), "README.md");
    for case in cases().into_iter().chain([root().join(MISTAKES)]) {
        let name = case.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        assert!(listed.contains(&format!("| [{name}]({name}) |")), "examples/README.md does not list {name}");
        assert!(text(&case, "spec.yaml").starts_with("# "), "{name}/spec.yaml does not say what it shows");
        let readme = text(&case, "README.md");
        let lines = readme.lines().filter(|line| !line.is_empty()).count();
        assert!(readme.starts_with("# ") && (3..=6).contains(&lines), "{name}/README.md has {lines} lines");
    }
}
