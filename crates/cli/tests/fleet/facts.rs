//! `vfctl plan --facts` for many hosts: folders, streams, what is wrong with some of them, and where plans go.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::{Ran, example, vfctl_in};

/// A folder to work in, with the spec and the facts of the example of a fleet.
struct Fleet {
    folder: TempDir,
    whole: PathBuf,
}

impl Fleet {
    fn new() -> Self {
        let example = example("fleet");
        let folder = tempfile::tempdir().expect("a folder");
        fs::copy(example.join("spec.yaml"), folder.path().join("spec.yaml")).expect("copy the spec");
        fs::create_dir(folder.path().join("hosts")).expect("a folder");
        Self { folder, whole: example.join("facts.json") }
    }

    /// Returns the example with a facts file for each host in `hosts`.
    fn split() -> Self {
        let fleet = Self::new();
        for (name, text) in fleet.documents() {
            fleet.write(&format!("hosts/{name}.json"), &text);
        }
        fleet
    }

    /// Returns a document for each host of the example, by the host's name.
    fn documents(&self) -> Vec<(String, String)> {
        let whole: Value = serde_json::from_str(&self.whole_text()).expect("JSON");
        let hosts = whole.get("hosts").and_then(Value::as_object).expect("hosts");
        let document = |facts: (&String, &Value)| {
            let hosts: serde_json::Map<String, Value> =
                [(facts.0.clone(), facts.1.clone())].into_iter().collect();
            let document = serde_json::json!({"format": "vfctl.dev/facts/v1", "hosts": hosts});
            (facts.0.clone(), document.to_string())
        };
        hosts.iter().map(document).collect()
    }

    fn whole_text(&self) -> String {
        fs::read_to_string(&self.whole).expect("facts")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("write a file");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect("read a file")
    }

    /// Plans for these facts.
    fn plan(&self, facts: &[&str], options: &[&str]) -> Ran {
        self.vfctl(&[&["plan", "spec.yaml"], &with_flag(facts)[..], options].concat(), "")
    }

    fn vfctl(&self, arguments: &[&str], input: &str) -> Ran {
        vfctl_in(self.folder.path(), arguments, input)
    }

    /// Plans for the example's one file.
    fn plan_whole(&self, options: &[&str]) -> Ran {
        self.plan(&[self.whole.to_str().expect("a path")], options)
    }
}

fn with_flag<'a>(facts: &[&'a str]) -> Vec<&'a str> {
    facts.iter().flat_map(|facts| ["--facts", facts]).collect()
}

#[test]
fn a_folder_a_stream_and_one_file_of_the_same_hosts_have_the_same_plan() {
    let fleet = Fleet::split();
    let lines = fleet.documents().into_iter().map(|(_, text)| text + "\n").collect::<String>();
    fleet.write("hosts.jsonl", &lines);
    for options in [&[][..], &["--verbose"], &["--json"], &["--out", "-"]] {
        let mut one = fleet.plan_whole(options);
        assert_eq!((one.code, one.out.is_empty()), (2, false), "{one:?}");
        assert_eq!(one, fleet.plan(&["hosts"], options));
        assert_eq!(one, fleet.plan(&["hosts.jsonl"], options));
        let stream = [&["plan", "spec.yaml", "--facts", "-"], options].concat();
        assert_eq!(one, fleet.vfctl(&stream, &lines));
        let named = ["hosts/control-1.json", "hosts/worker-1.json", "hosts/worker-2.json"];
        assert_eq!(one, fleet.plan(&named, options));
        let summary = "3 hosts: 1 with changes, 1 without changes, 1 not concerned.\n";
        let said =
            if options.contains(&"--json") || options.contains(&"-") { &mut one.err } else { &mut one.out };
        assert!(said.ends_with(summary), "{said}");
    }
}

#[test]
fn facts_as_yaml_have_the_same_plan_as_json() {
    let fleet = Fleet::new();
    let yaml = fleet.vfctl(&["discover", "-o", "yaml", "--facts", fleet.whole.to_str().expect("a path")], "");
    fleet.write("hosts/fleet.yaml", &yaml.out);
    assert_eq!(fleet.plan(&["hosts"], &[]), fleet.plan_whole(&[]));
    fleet.write("hosts/fleet.yaml", &yaml.out.replace("totalVfs: 128", "totalVfs: many"));
    let ran = fleet.plan(&["hosts"], &[]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("`hosts/fleet.yaml`") && ran.err.contains("line"), "{}", ran.err);
}

#[test]
fn what_is_wrong_with_some_facts_keeps_no_other_from_its_plan() {
    let fleet = Fleet::split();
    let good = fleet.plan(&["hosts"], &[]);
    fleet.write("hosts/a.json", "{\"format\": \"vfctl.dev/facts/v1\",\n \"hosts\": 3}");
    fleet.write("hosts/b.json", "{\"format\": ");
    fleet.write("hosts/c.json", "");
    fleet.write("hosts/d.json", "{\"format\": \"vfctl.dev/plan/v1\", \"hosts\": {}}");
    fleet.write("hosts/e.yaml", "apiVersion: vfctl.dev/v1alpha1\n");
    fs::write(fleet.folder.path().join("hosts/f.json"), [b'{', 0xff]).expect("write a file");
    fleet.write("hosts/x.json", &fleet.read("hosts/worker-1.json"));
    fs::create_dir(fleet.folder.path().join("hosts/old")).expect("a folder");
    fleet.write("hosts/README.md", "");
    fleet.write("hosts/.swap.json", "");
    let ran = fleet.plan(&["hosts", "nowhere.json"], &[]);
    let summary = "11 hosts: 1 with changes, 1 without changes, 1 not concerned, 8 with errors.\n";
    let plans = good.out.rsplit_once("\n\n").expect("a summary").0;
    assert_eq!((ran.code, ran.out), (1, format!("{plans}\n\n{summary}")));
    let said = [
        "note: skipped in `hosts`: README.md, old; a folder's *.json, *.yaml and *.yml files are read",
        "error: failed to parse `hosts/a.json` as a facts file: invalid type: integer `3`, expected a map at line 2 column 11",
        "error: failed to read `hosts/b.json`: a facts file is JSON, and this is not; `vfctl record` writes it: EOF while parsing a value at line 1 column 11",
        "error: failed to read `hosts/c.json`: a facts file is JSON",
        "error: failed to read `hosts/d.json`: its format is vfctl.dev/plan/v1, but this version reads a facts file",
        "error: failed to parse `hosts/e.yaml` as a facts file: unknown field `apiVersion`",
        "error: failed to read `hosts/f.json`: it is not text",
        "error: failed to read `hosts/x.json`: host worker-1 is in another facts file, too\n  fix: keep one facts file for each host",
        "error: failed to read `nowhere.json`: No such file or directory",
    ];
    let mut rest = ran.err.as_str();
    for said in said {
        let at = rest.find(said).unwrap_or_else(|| panic!("{said} is not in order in\n{}", ran.err));
        rest = rest.get(at + said.len()..).unwrap_or_default();
    }
    // What is planned is the same document as without the others.
    let json = fleet.plan(&["hosts", "nowhere.json"], &["--json"]);
    let whole = |text: &str| -> serde_json::Value { serde_json::from_str(text).expect("a plan") };
    let (mut planned, mut good) = (whole(&json.out), whole(&fleet.plan_whole(&["--json"]).out));
    let errors = planned["errors"].take();
    let messages: Vec<_> =
        errors.as_array().expect("errors").iter().map(|error| error["message"].as_str()).collect();
    assert_eq!((json.code, messages.len()), (1, 8), "{messages:?}");
    assert!(messages.iter().flatten().all(|text| text.starts_with("failed to ")), "{messages:?}");
    assert_eq!(planned["summary"]["hosts"]["errors"].take(), 8);
    good["summary"]["hosts"]["errors"].take();
    assert_eq!((&planned["hosts"], &planned["summary"]), (&good["hosts"], &good["summary"]));
}

#[test]
fn a_folder_without_facts_is_an_error_and_so_is_what_is_named_twice() {
    let fleet = Fleet::split();
    fs::create_dir(fleet.folder.path().join("empty")).expect("a folder");
    for facts in [&["empty"][..], &["empty", "hosts"]] {
        let ran = fleet.plan(facts, &[]);
        assert_eq!(ran.code, 1);
        assert!(
            ran.err.contains("find facts in `empty`: there is no *.json, *.yaml or *.yml file"),
            "{ran:?}"
        );
        assert_eq!(ran.out.contains("host worker-1"), facts.len() == 2);
    }
    let twice = fleet.plan(&["hosts", "hosts"], &[]);
    assert!(twice.code == 1 && twice.err.contains("`hosts`: it is given twice"), "{twice:?}");
    let nothing = fleet.vfctl(&["plan", "spec.yaml", "--facts", "-"], "");
    assert!(nothing.code == 1 && nothing.err.contains("`<stdin>`: a facts file is JSON"), "{nothing:?}");
}

#[test]
fn a_document_of_a_stream_that_is_wrong_is_named_by_its_number() {
    let fleet = Fleet::split();
    let lines = fleet.documents().into_iter().map(|(_, text)| text + "\noops\n").collect::<String>();
    let ran = fleet.vfctl(&["plan", "spec.yaml", "--facts", "-"], &lines);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.ends_with("6 hosts: 1 with changes, 1 without changes, 1 not concerned, 3 with errors.\n")
    );
    for number in [2, 4, 6] {
        assert!(ran.err.contains(&format!("failed to read `<stdin>, document {number}`:")), "{}", ran.err);
    }
    // The same bytes in a file are read as well.
    fleet.write("hosts.jsonl", &lines);
    let err = ran.err.replace("<stdin>", "hosts.jsonl");
    assert_eq!(fleet.plan(&["hosts.jsonl"], &[]), Ran { err, ..ran });
}

#[test]
fn a_document_that_names_no_hosts_is_not_for_a_fleet() {
    let fleet = Fleet::split();
    let spec = fleet.read("spec.yaml");
    fleet.write("spec.yaml", &spec.replace("  nodes:\n    names: [\"worker-*\"]\n", ""));
    let one = fleet.plan(&["hosts/worker-1.json"], &[]);
    assert_eq!((one.code, one.err.as_str()), (2, ""), "{one:?}");
    for facts in
        [&["hosts"][..], &["hosts/worker-1.json", "hosts/worker-2.json"], &[fleet.whole.to_str().unwrap()]]
    {
        let ran = fleet.plan(facts, &[]);
        assert_eq!(ran.code, 1);
        assert!(ran.out.contains("facts of several hosts"), "{}", ran.out);
    }
}

#[test]
fn plans_go_to_one_file_for_all_or_into_a_folder_with_one_for_each() {
    let fleet = Fleet::split();
    let printed = fleet.plan(&["hosts"], &[]);
    assert_eq!(fleet.plan(&["hosts"], &["--out", "plan.json"]), printed);
    assert_eq!(fleet.read("plan.json"), fleet.plan(&["hosts"], &["--json"]).out);
    fs::create_dir(fleet.folder.path().join("plans")).expect("a folder");
    assert_eq!(fleet.plan(&["hosts"], &["--out", "plans"]), printed);
    for host in ["control-1", "worker-1", "worker-2"] {
        let facts = format!("hosts/{host}.json");
        assert_eq!(fleet.read(&format!("plans/{host}.json")), fleet.plan(&[&facts], &["--json"]).out);
        let shown = fleet.vfctl(&["show", &format!("plans/{host}.json")], "");
        assert_eq!(shown.out, fleet.plan(&[&facts], &[]).out);
    }
}

#[test]
fn plans_are_never_written_over_the_facts() {
    let fleet = Fleet::split();
    let before = fleet.read("hosts/worker-1.json");
    for (facts, output) in [
        ("hosts", "hosts"),
        ("hosts", "./hosts/"),
        ("hosts/worker-1.json", "hosts"),
        ("hosts/worker-1.json", "hosts/worker-1.json"),
        ("hosts", "hosts/plan.json"),
    ] {
        let ran = fleet.plan(&[facts], &["--out", output]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{facts} {output}");
        assert!(ran.err.contains("the facts are read from there\n  fix: name another"), "{}", ran.err);
    }
    assert_eq!(fleet.read("hosts/worker-1.json"), before);
    assert_eq!(fleet.plan(&["hosts"], &["--out", "."]).code, 2, "beside them is no harm");
}

#[test]
fn no_plan_of_an_earlier_run_is_left_where_one_fails() {
    let fleet = Fleet::split();
    fs::create_dir(fleet.folder.path().join("plans")).expect("a folder");
    fleet.write("plans/notes.json", "{}");
    fleet.write("bad.json", "oops");
    let is_there = |name: &str| fleet.folder.path().join(name).exists();
    for facts in [&["bad.json"][..], &["bad.json", "nowhere.json"]] {
        for (output, plan) in [("plan.json", "plan.json"), ("plans", "plans/worker-1.json")] {
            assert_eq!(fleet.plan(&["hosts"], &["--out", output]).code, 2);
            assert!(is_there(plan));
            let ran = fleet.plan(facts, &["--out", output]);
            assert_eq!(ran.code, 1, "{ran:?}");
            assert!(
                ran.err.contains(&format!("removed the plan of an earlier run, `{plan}`")),
                "{}",
                ran.err
            );
            assert!(!is_there(plan), "{plan}");
        }
    }
    assert!(is_there("plans/notes.json"), "it is no plan");
    assert_eq!(fleet.plan(&["bad.json"], &["--out", "plans/notes.json"]).code, 1);
    assert!(is_there("plans/notes.json"), "nor is it one if it is named");
    assert_eq!(fleet.plan(&["hosts"], &["--out", "plan.json"]).code, 2);
    fleet.write("none.json", r#"{"format": "vfctl.dev/facts/v1", "hosts": {}}"#);
    fleet.plan(&["none.json"], &["--out", "plan.json"]);
    assert!(!is_there("plan.json"), "facts of no host have no plan");
    // Of the hosts that are planned for, the plans are written.
    fleet.plan(&["hosts"], &["--out", "plans"]);
    assert_eq!(fleet.plan(&["hosts/worker-1.json", "bad.json"], &["--out", "plans"]).code, 1);
    assert!(is_there("plans/worker-1.json") && !is_there("plans/worker-2.json"));
    // Of the hosts that were not to be planned for, nothing is removed.
    fleet.plan(&["hosts"], &["--out", "plans"]);
    for limit in ["worker-9", "wroker-1"] {
        assert_eq!(fleet.plan(&["hosts"], &["--out", "plans", "--limit", limit]).code, 1);
        assert!(is_there("plans/worker-1.json") && is_there("plans/worker-2.json"), "{limit}");
    }
    let both = &["hosts/worker-1.json", "bad.json"];
    assert_eq!(fleet.plan(both, &["--out", "plans", "--limit", "worker-1"]).code, 1);
    assert!(is_there("plans/worker-2.json"));
}

#[test]
fn what_a_plan_file_says_of_hosts_without_a_plan_is_shown() {
    let fleet = Fleet::split();
    fleet.write("hosts/worker-9.json", "oops");
    let planned = fleet.plan(&["hosts"], &["--out", "plan.json"]);
    let shown = fleet.vfctl(&["show", "plan.json"], "");
    assert_eq!((planned.code, shown.code), (1, 0), "{}", shown.err);
    let reason = planned.err.lines().next().expect("an error");
    assert!(reason.contains("hosts/worker-9.json") && shown.out.contains(reason), "{}", shown.out);
    let sum = planned.out.lines().last().expect("a sum");
    assert!(sum.contains("1 with errors") && shown.out.ends_with(&format!("{sum}\n")), "{}", shown.out);
}

#[test]
fn plan_is_never_written_over_its_spec() {
    let fleet = Fleet::split();
    let before = fleet.read("spec.yaml");
    let refused = fleet.plan(&["hosts"], &["--out", "spec.yaml"]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("the spec is read from there"), "{}", refused.err);
    assert_eq!(fleet.read("spec.yaml"), before);
}

#[test]
fn no_plan_of_a_fleet_is_put_in_its_place_where_one_place_is_taken() {
    let fleet = Fleet::split();
    fs::create_dir(fleet.folder.path().join("plans")).expect("a folder");
    fleet.write("plans/worker-2.json", "{}");
    let refused = fleet.plan(&["hosts"], &["--out", "plans"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("failed to write `plans/worker-2.json`: the file exists"),
        "{}",
        refused.err
    );
    let names: Vec<_> = fs::read_dir(fleet.folder.path().join("plans"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["worker-2.json"], "neither the plans of the others nor parts of them");
}

#[test]
fn what_is_no_file_in_a_folder_of_facts_is_an_error_and_nothing_waits_for_it() {
    let fleet = Fleet::split();
    let fifo = fleet.folder.path().join("hosts/worker-9.json");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    let ran = fleet.plan(&["hosts"], &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let said = "error: failed to read `hosts/worker-9.json`: it is no regular file";
    assert!(ran.err.contains(said) && ran.out.contains("1 with errors"), "{}{}", ran.out, ran.err);
}

#[test]
fn parts_that_are_not_asked_for_are_not_planned_and_a_cluster_without_facts_is_an_error() {
    let plan = |case: &str, part: &str| {
        let arguments = ["plan", "--only", part, "--facts", "facts.json", "spec.yaml"];
        let Ran { code, out, err } = vfctl_in(&example(case), &arguments, "");
        (code, out, err)
    };
    let (code, out, err) = plan("cluster-eight-vfs", "shared");
    assert_eq!(code, 2, "{err}");
    assert!(
        !out.contains("host worker-1")
            && out.contains("default/tenant-a")
            && !out.contains("start device plugin"),
        "{out}"
    );
    // Its VFs are not there yet.
    let (code, out, _) = plan("cluster-eight-vfs", "node");
    assert_eq!(code, 1, "{out}");
    assert!(
        !out.contains("host worker-1") && out.contains("worker-1 is not yet as its documents ask"),
        "{out}"
    );
    let (code, _, err) = plan("dpdk-e810", "shared");
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("the facts have none") && err.contains("record --cluster"), "{err}");
}
