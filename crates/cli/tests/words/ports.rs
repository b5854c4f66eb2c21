//! `discover` of some ports, and its table on a terminal.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::place::Place;

/// Returns a place with the facts of these examples.
fn place(examples: &[&str]) -> Place {
    let place = Place::new();
    for name in examples {
        let facts =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name).join("facts.json");
        fs::copy(facts, place.path(&format!("{name}.json"))).expect("copy the facts");
    }
    place
}

/// Returns the addresses of the ports that are shown.
fn shown(place: &Place, words: &str) -> Vec<String> {
    let ran = place.vfctl(&format!("discover {words} -o json"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{words}");
    let facts: Value = serde_json::from_str(&ran.out).expect("facts");
    let hosts = facts["hosts"].as_object().expect("hosts").values();
    hosts.flat_map(|host| host["physicalFunctions"].as_object().expect("ports").keys().cloned()).collect()
}

#[test]
fn ports_are_chosen_by_interface_address_or_driver() {
    let place = place(&["bond-x710", "dpdk-e810"]);
    let facts = "--facts bond-x710.json --facts dpdk-e810.json";
    let (first, second) = ("pci/0000:5e:00.0", "pci/0000:5e:00.1");
    let (third, fourth) = ("pci/0000:17:00.0", "pci/0000:17:00.1");
    for (words, ports) in [
        ("", &[first, second, third, fourth][..]),
        ("ens4f0", &[first]),
        ("0000:5e:00.1", &[second]),
        ("5e:00.1 pci/0000:17:00.0", &[second, third]),
        ("ens4f1 ens1f0np0", &[second, third]),
        ("i40e", &[first, second]),
        ("ice", &[third, fourth]),
        ("i40e ens4f0", &[first, second]),
    ] {
        let mut found = shown(&place, format!("{words} {facts}").trim_start());
        found.sort();
        let mut ports: Vec<&str> = ports.to_vec();
        ports.sort_unstable();
        assert_eq!(found, ports, "{words}");
    }
    let table = place.vfctl(&format!("discover ice {facts}")).out;
    assert!(table.starts_with("host upf-1: ") && !table.contains("ens4f0"), "{table}");
    let spec = place.vfctl(&format!("discover ens4f0 {facts} -o spec")).out;
    assert!(spec.contains("0000:5e:00.0") && !spec.contains("0000:5e:00.1"), "{spec}");
}

#[test]
fn port_that_is_not_there_is_an_error_with_those_that_are() {
    let place = place(&["bond-x710"]);
    let ran = place.vfctl("discover ens4f7 --facts bond-x710.json");
    let said = "error: failed to find the port `ens4f7`: the ports that can have VFs are ens4f0, ens4f1\n  fix: did you mean `ens4f";
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.starts_with(said), "{}", ran.err);
}

#[test]
fn wide_table_has_ids_addresses_and_bonds() {
    let place = place(&["bond-x710", "switchdev-e810"]);
    let usual = place.vfctl("discover --facts bond-x710.json").out;
    let wide = place.vfctl("discover --facts bond-x710.json -o wide").out;
    for (heading, cell) in [("IDS", "8086:1572"), ("PORT OF", "bond bond0"), ("MAC", ":")] {
        assert!(
            wide.contains(heading) && wide.contains(cell) && !usual.contains(heading),
            "{heading}: {wide}"
        );
    }
    let wide = place.vfctl("discover --facts switchdev-e810.json -o wide").out;
    assert_eq!(wide.lines().nth(1).map(|line| line.matches("ESWITCH").count()), Some(1), "{wide}");
}

#[test]
fn table_fits_the_terminal_and_is_whole_elsewhere() {
    let place = place(&["bond-x710", "held-by-a-vm"]);
    for facts in ["bond-x710", "held-by-a-vm"] {
        let words = format!("discover -o wide --color never --facts {facts}.json");
        let whole = place.vfctl(&words).out;
        assert!(whole.lines().any(|line| line.chars().count() > 100), "{whole}");
        let script = format!("stty cols 80 rows 24; {} {words}", env!("CARGO_BIN_EXE_vfctl"));
        let mut command = Command::new("script");
        let ran = command.args(["-qec", &script, "/dev/null"]).current_dir(place.folder.path()).output();
        let ran = ran.expect("run script, of util-linux");
        let text = String::from_utf8(ran.stdout).expect("text").replace('\r', "");
        assert!(ran.status.success(), "{text}");
        let (tables, notes): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| !line.contains(": ") || line.chars().count() <= 80);
        assert!(tables.iter().all(|line| line.chars().count() <= 80), "{text}");
        assert!(notes.iter().all(|line| whole.contains(line)), "{text}");
        let words = |text: &str| {
            let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            words.sort();
            words.dedup();
            words
        };
        assert_eq!(words(&text), words(&whole), "nothing is lost");
    }
}
