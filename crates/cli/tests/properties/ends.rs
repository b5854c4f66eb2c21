//! Every way in which `plan` and `apply` can end: what a monitor sees that looks at the exit code alone, what a program reads
//! and what a person does. The table in the user guide is this one.

use serde_json::Value;
use vfctl_cli::Exit;
use vfctl_model::DeviceAddress;
use vfctl_port::ActionKind;
use vfctl_sim::{Fault, PfSeed, SimHost};

use crate::place::Place;

const PF: &str = "0000:01:00.0";

/// Returns a host with an igb and two VFs, of which the second is in a network namespace with another VLAN.
fn place() -> Place {
    let igb = PfSeed { vf_count: 2, ..PfSeed::new("igb".parse().unwrap(), 7) };
    let place = Place::new(SimHost::builder().pf(igb).build());
    place.sim.settle();
    place.spec("same.yaml", PF, "vfs: {count: 2}");
    place.spec("vlan.yaml", PF, "vfs: {groups: [{vfs: \"0\", vlan: 10}]}");
    place.spec("held.yaml", PF, "vfs: {groups: [{vfs: \"1\", vlan: 10}]}");
    place.spec("both.yaml", PF, "vfs: {all: {vlan: 10}}");
    place.spec("fewer.yaml", PF, "vfs: {count: 1}");
    place.spec("blocked.yaml", PF, "vfs: {count: 9}");
    let elsewhere = "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {name: a}\nspec:\n  nodes: {names: \
                     [localhots]}\n  physicalFunctions: [{name: p, match: {driver: igb}}]\n";
    std::fs::write(place.path("elsewhere.yaml"), elsewhere).unwrap();
    std::fs::write(place.path("wrong.yaml"), "apiVersion: 1\n").unwrap();
    place.by_hand("netns eth0 vf 1 guest");
    place
}

/// Runs a command; returns its exit code's meaning, and its text or JSON.
fn ends(words: &str, prepare: impl FnOnce(&Place)) -> (Exit, String) {
    let place = place();
    prepare(&place);
    let said = place.vfctl(words);
    (said.exit, said.out + &said.err)
}

fn refuse(place: &Place) {
    let pf: DeviceAddress = format!("pci/{PF}").parse().unwrap();
    place.sim.inject(ActionKind::SetVfAttribute, Some(pf), Fault::Refuse(5));
}

#[test]
fn plan_ends_with_what_is_to_be_done() {
    for (words, exit, text) in [
        ("plan same.yaml", Exit::Done, "No changes."),
        ("plan wrong.yaml", Exit::Failed, "mistake"),
        ("plan blocked.yaml", Exit::Failed, "Plan blocked by 1 error."),
        ("plan vlan.yaml", Exit::Changes, "Plan: 1 step, 1 change on 1 PF."),
        ("plan both.yaml", Exit::Changes, "1 difference left alone: others hold the VFs."),
        ("plan held.yaml", Exit::Held, "No changes. 1 difference left alone: others hold the VFs."),
        ("plan held.yaml --ignore-held", Exit::Done, "1 difference left alone"),
        ("plan elsewhere.yaml", Exit::Done, "warning: no document concerns this host"),
        (
            "plan elsewhere.yaml --require-host",
            Exit::Failed,
            "write `localhost` where `nodes.names` has `localhots`",
        ),
    ] {
        let (ended, said) = ends(words, |_| ());
        assert_eq!(ended, exit, "{words}: {said}");
        assert!(said.contains(text), "{words}: {said}");
    }
}

#[test]
fn apply_ends_with_what_was_done() {
    let nothing = |_: &Place| ();
    let stops = |place: &Place| place.sim.interrupt_after(0);
    type Row<'a> = (&'a str, &'a dyn Fn(&Place), Exit, &'a str, bool, &'a str);
    let rows: [Row<'_>; 11] = [
        ("same.yaml --yes", &nothing, Exit::Done, "converged", false, "No changes."),
        ("vlan.yaml --yes", &nothing, Exit::Done, "converged", true, "Applied: 1 of 1 changes, verified."),
        (
            "elsewhere.yaml --yes",
            &nothing,
            Exit::Done,
            "notConcerned",
            false,
            "warning: no document concerns",
        ),
        ("elsewhere.yaml --yes --require-host", &nothing, Exit::Failed, "refused", false, "--require-host"),
        ("held.yaml --yes", &nothing, Exit::Held, "held", false, "1 difference left alone"),
        ("held.yaml --yes --ignore-held", &nothing, Exit::Done, "held", false, "1 difference left alone"),
        ("both.yaml --yes", &nothing, Exit::Held, "held", true, "verified. 1 difference left alone"),
        ("blocked.yaml --yes", &nothing, Exit::Failed, "refused", false, "Nothing was changed."),
        ("fewer.yaml --yes", &nothing, Exit::Failed, "refused", false, "--allow-disruption"),
        ("vlan.yaml --yes", &refuse, Exit::Failed, "failed", false, "Not converged: 0 of 1 changes done"),
        ("vlan.yaml --yes", &stops, Exit::Interrupted, "refused", false, "Nothing was changed."),
    ];
    for (words, prepare, exit, result, changed, text) in rows {
        let (ended, said) = ends(&format!("apply {words}"), prepare);
        assert_eq!(ended, exit, "{words}: {said}");
        assert!(said.contains(text), "{words}: {said}");
        let (ended, said) = ends(&format!("apply {words} --json"), prepare);
        assert_eq!(ended, exit, "{words} --json: {said}");
        for (key, value) in [("result", format!("\"{result}\"")), ("changed", changed.to_string())] {
            assert!(said.contains(&format!("\"{key}\": {value}")), "{words} --json: {said}");
        }
    }
}

/// Returns what a command printed as JSON: the one document that standard output is.
fn json(words: &str, prepare: impl FnOnce(&Place)) -> Value {
    let place = place();
    prepare(&place);
    let said = place.vfctl(words);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{words}: {error}: {}", said.out))
}

#[test]
fn plan_says_at_a_glance_what_apply_would_do() {
    for (words, standing, changed, blocked, needs_consent) in [
        ("plan same.yaml --json", "same", false, false, false),
        ("plan blocked.yaml --json", "blocked", false, true, false),
        ("plan vlan.yaml --json", "changes", true, false, false),
        ("plan held.yaml --json", "held", false, false, false),
        ("plan fewer.yaml --json", "changes", true, false, true),
        ("plan elsewhere.yaml --json", "notConcerned", false, false, false),
    ] {
        let plan = json(words, |_| ());
        let of_host = &plan["hosts"]["localhost"]["summary"];
        assert_eq!(of_host["standing"], standing, "{words}");
        assert_eq!(plan["summary"]["hosts"][standing], 1, "{words}");
        for summary in [of_host, &plan["summary"]] {
            assert_eq!(summary["changed"], changed, "{words}");
            assert_eq!(summary["blocked"], blocked, "{words}");
            assert_eq!(summary["needsConsent"], needs_consent, "{words}");
        }
        let made = &plan["made"];
        assert_eq!(made["vfctl"], env!("CARGO_PKG_VERSION"), "{words}");
        assert!(made["time"].as_str().unwrap().ends_with('Z'), "{words}: {made}");
        assert_eq!(made["specs"][0]["sha256"].as_str().unwrap().len(), 64, "{words}: {made}");
    }
}

#[test]
fn values_and_victims_are_values() {
    let plan = json("plan vlan.yaml --json", |_| ());
    let change = &plan["hosts"]["localhost"]["stages"][0]["lanes"][0]["phases"][0]["steps"][0]["changes"][0];
    assert_eq!(change["from"]["id"], 0, "{change}");
    assert_eq!(change["to"], serde_json::json!({"id": 10, "qos": 0, "protocol": "802.1Q"}), "{change}");
    assert_eq!(change["command"], "ip link set dev eth0 vf 0 vlan 10 qos 0 proto 802.1Q", "{change}");
    let report = json("apply fewer.yaml --yes --json", |_| ());
    let disruption = &report["disruptions"][0];
    assert_eq!(disruption["impact"], "destroys", "{report:#}");
    let victim = serde_json::json!({
        "vf": 1, "user": "in network namespace guest", "holder": {"kind": "namespace", "namespace": "guest"}
    });
    assert_eq!(disruption["victims"][0], victim, "{report:#}");
}

#[test]
fn report_counts_and_has_what_blocks_and_what_needs_consent() {
    let blocked = json("apply blocked.yaml --yes --json", |_| ());
    assert_eq!(blocked["blocked"], true);
    let error = blocked["errors"][0]["message"].as_str().unwrap();
    assert!(error.starts_with("9 VFs are more than the 7"), "{error}");
    let refused = json("apply fewer.yaml --yes --json", |_| ());
    assert_eq!((&refused["blocked"], &refused["needsConsent"]), (&false.into(), &true.into()));
    let allowed = json("apply vlan.yaml --yes --json", |_| ());
    let counts = |planned: u32, done: u32, refused: u32| {
        serde_json::json!({
            "planned": planned, "done": done, "refused": refused, "unknown": 0, "notTried": 0, "unmet": 0
        })
    };
    assert_eq!(allowed["summary"], counts(1, 1, 0));
    let failed = json("apply vlan.yaml --yes --json", refuse);
    assert_eq!(
        (&failed["summary"]["planned"], &failed["summary"]["refused"]),
        (&1.into(), &1.into()),
        "{failed:#}"
    );
    let held = json("apply held.yaml --yes --json", |_| ());
    let message = held["held"][0]["message"].as_str().unwrap();
    assert!(message.contains("vf 1") && message.contains("guest"), "{message}");
    for report in [blocked, refused, allowed, failed, held] {
        assert_eq!(report["made"]["specs"].as_array().unwrap().len(), 1, "{report:#}");
    }
}

#[test]
fn every_failure_is_a_document_of_errors() {
    let lock = |place: &Place| std::fs::write(place.state(), "no folder").unwrap();
    let nothing = |_: &Place| ();
    type Row<'a> = (&'a str, &'a dyn Fn(&Place), &'a str);
    let rows: [Row<'_>; 6] = [
        ("validate wrong.yaml --json", &nothing, "apiVersion"),
        ("plan wrong.yaml --json", &nothing, "apiVersion"),
        ("plan missing.yaml --json", &nothing, "failed to read"),
        ("apply missing.yaml --yes --json", &nothing, "failed to read"),
        ("apply vlan.yaml --yes --json", &lock, "failed to use the state folder"),
        ("explain pf/nobody same.yaml --json", &nothing, "failed to explain"),
    ];
    for (words, prepare, message) in rows {
        let errors = json(words, prepare);
        assert_eq!(errors["format"], "vfctl.dev/errors/v1", "{words}");
        let texts: Vec<&str> = errors["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["message"].as_str().unwrap())
            .collect();
        assert!(texts.iter().any(|text| text.contains(message)), "{words}: {texts:?}");
    }
}

#[test]
fn plan_whose_summary_or_command_was_edited_is_refused() {
    for (written, edited) in [
        ("\"needsConsent\": true", "\"needsConsent\": false"),
        ("\"command\": \"echo 0 >", "\"command\": \"echo 2 >"),
    ] {
        let place = place();
        place.vfctl("plan fewer.yaml --out plan.json");
        let text = std::fs::read_to_string(place.path("plan.json")).unwrap();
        assert!(text.contains(written), "{text}");
        assert_eq!(place.vfctl("show plan.json").exit, Exit::Done);
        std::fs::write(place.path("plan.json"), text.replacen(written, edited, 1)).unwrap();
        let said = place.vfctl("apply plan.json --allow-disruption");
        assert_eq!(said.exit, Exit::Failed, "{}", said.out);
        assert!(said.err.contains("is not that of"), "{}", said.err);
    }
}
