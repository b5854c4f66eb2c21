//! `discover -o spec` is the host: as a backup it gives the same VFs with the same drivers again, whatever became of them.

use std::collections::BTreeMap;

use vfctl_cli::Exit;
use vfctl_model::VfIndex;
use vfctl_sim::{PfSeed, SimHost};

use crate::place::Place;

const PF: &str = "0000:01:00.0";

/// Returns a host with an igb and four VFs: of the kernel's driver, of vfio-pci, of none, and with a given address.
fn place() -> Place {
    let igb = PfSeed { vf_count: 4, ..PfSeed::new("igb".parse().unwrap(), 7) };
    let place = Place::new(SimHost::builder().module("igbvf".parse().unwrap()).pf(igb).build());
    place.sim.settle();
    place.spec(
        "spec.yaml",
        PF,
        "vfs: {count: 4, groups: [{vfs: \"1\", driver: vfio-pci}, {vfs: \"2\", driver: none}, \
         {vfs: \"3\", vlan: 10, macAddress: \"02:00:00:00:00:03\"}]}",
    );
    let said = place.vfctl("apply spec.yaml --yes --allow-disruption");
    assert_eq!(said.exit, Exit::Done, "{}{}", said.out, said.err);
    place
}

fn backup(place: &Place, options: &str) -> String {
    let text = place.vfctl(&format!("discover -o spec{options}")).out;
    std::fs::write(place.path("backup.yaml"), &text).unwrap();
    let same = place.vfctl("plan backup.yaml");
    assert_eq!(same.exit, Exit::Done, "{}{}\n{text}", same.out, same.err);
    text
}

fn drivers(place: &Place) -> BTreeMap<VfIndex, Option<String>> {
    let facts = place.sim.facts();
    let pf = facts.physical_functions.values().next().unwrap();
    pf.vfs.iter().map(|(index, vf)| (*index, vf.driver.as_ref().map(ToString::to_string))).collect()
}

#[test]
fn backup_of_a_host_gives_the_same_vfs_with_the_same_drivers_after_they_are_gone() {
    let place = place();
    let text = backup(&place, " --pin-macs");
    let before = drivers(&place);
    assert_eq!(before.values().flatten().count(), 3, "{before:?}");
    place.by_hand("count eth0 0");
    let said = place.vfctl("apply backup.yaml --yes");
    assert_eq!(said.exit, Exit::Done, "{}{}\n{text}", said.out, said.err);
    assert_eq!(drivers(&place), before, "{text}");
    let json = place.vfctl("discover -o json").out;
    assert!(json.contains("02:00:00:00:00:03"), "{json}");
    assert_eq!(place.vfctl("plan spec.yaml").exit, Exit::Done);
}

#[test]
fn backup_finds_a_vf_that_was_bound_to_another_driver_since() {
    for (hand, line) in [
        ("driver eth0 vf 0 vfio-pci", "vf 0: driver: vfio-pci -> none"),
        ("driver eth0 vf 1 default", "driver: none -> vfio-pci"),
    ] {
        let place = place();
        let before = drivers(&place);
        backup(&place, "");
        place.by_hand(hand);
        let found = place.vfctl("plan backup.yaml");
        assert_eq!(found.exit, Exit::Changes, "{}", found.out);
        assert!(found.out.contains(line), "{}", found.out);
        let said = place.vfctl("apply backup.yaml --yes --allow-disruption");
        assert_eq!(said.exit, Exit::Done, "{}{}", said.out, said.err);
        assert_eq!(drivers(&place), before, "{hand}");
    }
}

#[test]
fn address_that_may_be_random_is_a_comment_unless_it_is_pinned() {
    let place = place();
    let text = backup(&place, "");
    assert!(text.contains("#   vf 3: 02:00:00:00:00:03\n"), "{text}");
    let is_wanted =
        |text: &str| text.lines().any(|line| !line.starts_with('#') && line.contains("02:00:00:00:00:03"));
    assert!(!is_wanted(&text), "{text}");
    assert!(is_wanted(&backup(&place, " --pin-macs")));
}
