//! Every way in which `plan` and `apply` can end: what a monitor sees that looks at the exit code alone, what a program reads
//! and what a person does. The table in the user guide is this one.

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
