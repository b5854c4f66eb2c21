//! Plans of many hosts for people who review them: equal plans once, some hosts only, a comment for a merge request, and the
//! exit code that stops a pipeline.

use std::path::Path;

use serde_json::Value;

use crate::{Ran, example, vfctl_in};

/// Returns facts of one host of an example under these names, a document each.
fn facts(case: &str, host: &str, names: &[&str]) -> String {
    let text = std::fs::read_to_string(example(case).join("facts.json")).expect("facts");
    let whole: Value = serde_json::from_str(&text).expect("JSON");
    let document = |name: &&str| {
        let hosts: serde_json::Map<String, Value> =
            [((*name).to_owned(), whole["hosts"][host].clone())].into_iter().collect();
        serde_json::json!({"format": "vfctl.dev/facts/v1", "hosts": hosts}).to_string() + "\n"
    };
    names.iter().map(document).collect()
}

/// Plans by the spec of an example for facts on standard input.
fn plan(case: &str, facts: &str, options: &[&str]) -> Ran {
    plan_in(&example(case), facts, options)
}

/// Plans by the spec of a folder for facts on standard input.
fn plan_in(folder: &Path, facts: &str, options: &[&str]) -> Ran {
    vfctl_in(folder, &[&["plan", "spec.yaml", "--facts", "-"], options].concat(), facts)
}

/// Returns facts of workers with changes and of others without, and of hosts that are not concerned.
fn rack() -> String {
    let drifted: Vec<String> = (1..=12).map(|number| format!("worker-{number}")).collect();
    let drifted: Vec<&str> = drifted.iter().map(String::as_str).collect();
    facts("fleet", "worker-1", &drifted)
        + &facts("fleet", "worker-2", &["worker-good-1", "worker-good-2"])
        + &facts("fleet", "control-1", &["control-1"])
}

#[test]
fn text_shows_a_plan_that_hosts_share_once_and_names_them() {
    let ran = plan("fleet", &rack(), &[]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    assert_eq!(ran.out.matches("create VFs").count(), 1, "{}", ran.out);
    let end = "\
host control-1: no document
No document concerns this host.

12 hosts like worker-1: worker-1, worker-2, worker-3, worker-4, worker-5, worker-6, worker-7,
    worker-8, worker-9, worker-10, and 2 more
2 hosts like worker-good-1: worker-good-1, worker-good-2

15 hosts: 12 with changes, 2 without changes, 1 not concerned.
";
    assert!(ran.out.ends_with(end), "{}", ran.out);
    let verbose = plan("fleet", &rack(), &["-v"]);
    assert!(verbose.out.contains("worker-12\n") && !verbose.out.contains("more"), "{}", verbose.out);
    // Each host has its own plan in JSON.
    let json = plan("fleet", &rack(), &["--json"]);
    let whole: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(whole["hosts"].as_object().map(serde_json::Map::len), Some(15));
}

#[test]
fn limit_plans_for_some_hosts_and_a_name_of_none_is_an_error() {
    let only = plan("fleet", &rack(), &["--limit", "worker-3,control-*"]);
    assert_eq!((only.code, only.err.as_str()), (2, ""));
    assert!(only.out.starts_with("host worker-3: workers\n"), "{}", only.out);
    assert!(only.out.ends_with("\n2 hosts: 1 with changes, 1 not concerned.\n"), "{}", only.out);
    assert_eq!(plan("fleet", &rack(), &["--limit", "worker-good-*"]).code, 0);
    let missing = plan("fleet", &rack(), &["--limit", "worker-good-1,worker-99"]);
    assert_eq!(missing.code, 1);
    let said = "error: failed to find the hosts of --limit: no host matches `worker-99`; hosts: \
                control-1, worker-1, worker-10, worker-11, worker-12 and 10 more\n  fix: ";
    assert!(missing.err.starts_with(said), "{}", missing.err);
    assert!(missing.out.starts_with("host worker-good-1: workers\nNo changes.\n"), "{}", missing.out);
    let json = plan("fleet", &rack(), &["--limit", "worker-99", "--json"]);
    let error: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((json.code, &error["format"]), (1, &"vfctl.dev/errors/v1".into()));
    for wrong in ["!worker-1", "worker-1:worker-2", "", "worker-1,,worker-2"] {
        let ran = plan("fleet", &rack(), &["--limit", wrong]);
        assert!(ran.code == 1 && ran.err.contains("write names of hosts with commas between"), "{}", ran.err);
    }
}

#[test]
fn quiet_prints_nothing_of_hosts_that_are_not_blocked() {
    let ran = plan("fleet", &rack(), &["-q"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (2, "", ""));
}

#[test]
fn a_host_that_no_document_concerns_is_a_warning_where_it_is_the_only_one_and_a_failure_where_asked_for() {
    let only = ["--limit", "control-1"];
    let ran = plan("fleet", &rack(), &only);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let said = "warning: no document concerns this host: its name is `control-1`, and `nodes.names` has `worker-*`\n  fix: ";
    assert!(ran.err.starts_with(said), "{}", ran.err);
    for limit in ["control-1", "control-1,worker-1"] {
        let ran = plan("fleet", &rack(), &["--require-host", "--limit", limit]);
        assert!(ran.code == 1 && ran.err.starts_with(said), "{limit}: {}", ran.err);
    }
    assert_eq!(plan("fleet", &rack(), &["--require-host", "--limit", "worker-good-*"]).code, 0);
}

#[test]
fn standard_output_is_one_document() {
    for format in ["markdown", "html"] {
        let ran = plan("fleet", &rack(), &["--out", "-", "-o", format]);
        let is_error = ran.out.contains("vfctl.dev/errors/v1") && ran.err.contains("--out FILE");
        assert!(ran.code == 1 && is_error, "{}{}", ran.out, ran.err);
    }
    assert_eq!(plan("fleet", &rack(), &["--out", "-"]).out, plan("fleet", &rack(), &["-o", "json"]).out);
}

#[test]
fn a_plan_that_disrupts_ends_with_a_code_of_its_own_where_asked_to() {
    let disrupting = facts("grow-in-use", "node-b", &["node-b"]);
    assert_eq!(plan("grow-in-use", &disrupting, &[]).code, 2);
    for format in ["text", "json", "markdown"] {
        let ran = plan("grow-in-use", &disrupting, &["--fail-on", "disruption", "-o", format]);
        assert_eq!(ran.code, 5, "{}", ran.out);
        assert!(ran.err.contains("--fail-on disruption"), "{}", ran.err);
    }
    let harmless = plan("fleet", &rack(), &["--fail-on", "disruption"]);
    assert_eq!((harmless.code, harmless.err.as_str()), (2, ""));
    // What blocks a plan comes first.
    let broken = disrupting + "oops\n";
    assert_eq!(plan("grow-in-use", &broken, &["--fail-on", "disruption"]).code, 1);
}

#[test]
fn markdown_has_one_entry_for_equal_plans_and_those_first_who_are_disrupted() {
    let ran = plan("fleet", &(rack() + "oops\n"), &["-o", "markdown"]);
    assert_eq!(ran.code, 1);
    for part in [
        "**16 hosts: 12 with changes, 2 without changes, 1 not concerned, 1 with errors.**",
        "| 12 hosts like <code>worker-1</code> | Plan: 3 steps, 5 changes on 1 PF. | <code>workers</code> |",
        "\n### Errors\n\n```diff\nerror: failed to read `<stdin>, document 16`",
        "<details><summary>12 hosts like <code>worker-1</code>: Plan: 3 steps",
        "\n+     count: 0 -> 2\n",
    ] {
        assert!(ran.out.contains(part), "{part} is missing in\n{}", ran.out);
    }
    assert_eq!(ran.out.matches("create VFs").count(), 1);
}

#[test]
fn markdown_stays_within_its_bound_whatever_hosts_are_called() {
    let hostile = "<details>|<script>`````@all[x](y)\u{202e}";
    let names: Vec<String> = (0..400).map(|number| format!("worker-{hostile}{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Each has a port of its own name, so that no plan is that of another.
    let text = facts("fleet", "worker-1", &names);
    let lines = text.lines().enumerate();
    let text: String =
        lines.map(|(number, line)| line.replace("ens1f0np0", &format!("e{number}<b>`|*")) + "\n").collect();
    let ran = plan("fleet", &text, &["-o", "markdown"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.out.chars().count() <= 60_000, "{}", ran.out.chars().count());
    assert!(ran.out.contains("… and the details of "), "{}", ran.out);
    for markup in ["<script", "\u{202e}", "[x]"] {
        assert!(!ran.out.contains(markup), "{markup}");
    }
    let cells = |line: &str| line.matches(" | ").count();
    assert!(ran.out.lines().filter(|line| line.starts_with('|')).all(|line| cells(line) <= 2));
}

#[test]
fn the_command_that_a_review_names_for_what_it_cuts_shows_it() {
    let names: Vec<String> = (0..200).map(|number| format!("worker-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Each has a port of its own name, so that no plan is that of another.
    let text = facts("fleet", "worker-1", &names);
    let text: String = text
        .lines()
        .enumerate()
        .map(|(number, line)| line.replace("ens1f0np0", &format!("e{number}")) + "\n")
        .collect();
    let review = plan("fleet", &text, &["-v", "-o", "markdown"]);
    let named = |line: &str| {
        let command = line.split_once("the text of <code>vfctl plan --facts &#8230; ")?.1;
        command.strip_suffix("</code> shows all.").map(str::to_owned)
    };
    let options: Vec<String> = review.out.lines().filter_map(named).collect();
    assert!(!options.is_empty(), "{}", review.out);
    for options in options.iter().take(3) {
        let options: Vec<&str> = options.split(' ').collect();
        let ran = plan("fleet", &text, &options);
        assert_eq!((ran.code, ran.err.as_str()), (2, ""), "{options:?}");
        let host = options.last().expect("a name");
        assert!(ran.out.starts_with(&format!("host {host}: workers\n")), "{}", ran.out);
    }
}

#[test]
fn a_picture_has_the_pools_of_the_parts_that_are_planned_or_says_why_it_has_none() {
    let case = "cluster-two-nics";
    let text = std::fs::read_to_string(example(case).join("facts.json")).expect("facts");
    let pages =
        [&["-o", "html"][..], &["-o", "html", "--only", "host"], &["-o", "html", "--only", "node,host"]]
            .map(|options| plan(case, &text, options).out);
    let [whole, host, node] = &pages;
    let of_pool = "<title>VF 0: new, pool intel.com/left</title>";
    assert!(whole.contains(of_pool) && whole.contains("→ left in default"), "{whole}");
    assert!(host.contains("<title>VF 0: new</title>") && !host.contains("intel.com"), "{host}");
    assert!(node.contains(of_pool), "{node}");
    // Which documents concern the host is not known without its labels, and so are its pools.
    let folder = tempfile::tempdir().expect("a folder");
    let spec = std::fs::read_to_string(example(case).join("spec.yaml")).expect("a spec");
    let spec = spec.replace("spec:\n", "spec:\n  nodes: {labels: {matchLabels: {role: worker}}}\n");
    std::fs::write(folder.path().join("spec.yaml"), spec).expect("write the spec");
    let ran = plan_in(folder.path(), &facts(case, "hv-14", &["hv-14"]), &["-o", "html"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let note = "Pools cannot be predicted: it is not known which documents concern the host.";
    assert!(ran.out.contains(note) && ran.out.contains("<h2>Blocked plans</h2>"), "{}", ran.out);
}

/// What a review says besides the plans, whoever reads it in a merge request: all of standard error.
#[test]
fn a_review_says_what_standard_error_says() {
    let mistaken = tempfile::tempdir().expect("a folder");
    std::fs::write(mistaken.path().join("spec.yaml"), "format: vfctl.dev/v9\n").expect("write");
    let run = |folder: &Path, facts: &str, options: &[&str], format: &str| {
        plan_in(folder, facts, &[options, &["-o", format]].concat())
    };
    let fleet = example("fleet");
    let concerns_nobody = facts("fleet", "control-1", &["control-1", "control-2"]);
    let cases: [(&str, &Path, &str, &[&str], bool); 6] = [
        ("a mistake in the spec", mistaken.path(), "", &[], true),
        ("facts that are none", &fleet, "oops", &[], true),
        ("one host of several has no facts", &fleet, &(rack() + "oops\n"), &[], false),
        ("a name of no host", &fleet, &rack(), &["--limit", "worker-99"], true),
        ("hosts that no document concerns", &fleet, &concerns_nobody, &[], false),
        ("a host that no document concerns", &fleet, &rack(), &["--require-host"], false),
    ];
    for (what, folder, facts, options, is_failed) in cases {
        let (comment, page) = (run(folder, facts, options, "markdown"), run(folder, facts, options, "html"));
        for ran in [&comment, &page] {
            assert!(ran.code == 1 && !ran.err.is_empty(), "{what}: {} {}", ran.code, ran.err);
            assert_eq!(ran.out.contains("Planning failed."), is_failed, "{what}: {}", ran.out);
            let line = ran.err.lines().next().expect("a line").split('`').next().expect("its begin");
            assert_eq!(ran.out.matches(line).count(), 1, "{what}, {line}: {}", ran.out);
        }
        assert!(comment.out.starts_with("## vfctl plan\n\n**"), "{what}: {}", comment.out);
        assert!(page.out.ends_with("</html>\n"), "{what}: {}", page.out);
    }
}
