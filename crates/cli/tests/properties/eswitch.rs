//! The embedded switch of a card that has all three modes, which no emulated one has.

use vfctl_cli::Exit;
use vfctl_port::{ActionKind, HostFacts, Property};
use vfctl_sim::{Fault, PfSeed, SimHost};

use crate::place::Place;
use crate::run::world;

/// The PF.
const PF: &str = "0000:01:00.0";
/// What is asked: the card would choose an inline mode of its own with the mode.
const SPEC: &str = "eswitch: {mode: switchdev, inlineMode: none, encapMode: none}";

fn place() -> Place {
    let place = Place::new(SimHost::builder().pf(PfSeed::new("mlx5_core".parse().unwrap(), 8)).build());
    place.spec("a.yaml", PF, SPEC);
    place
}

/// Returns mode, inline mode and encap mode.
fn modes(place: &Place) -> [String; 3] {
    let world = world(&place.sim);
    let host: &HostFacts = world.hosts.values().next().unwrap();
    let pf = host.physical_functions.values().next().unwrap();
    [Property::EswitchMode, Property::EswitchInlineMode, Property::EswitchEncapMode]
        .map(|property| pf.properties.name(property).unwrap().to_owned())
}

#[test]
fn all_three_modes_are_as_asked_and_a_second_plan_is_empty() {
    let place = place();
    let applied = place.vfctl("apply a.yaml --yes");
    assert_eq!(applied.exit, Exit::Done, "{}{}", applied.out, applied.err);
    assert_eq!(modes(&place), ["switchdev", "none", "none"]);
    let planned = place.vfctl("plan a.yaml");
    assert!(planned.out.ends_with("No changes.\n"), "{}", planned.out);
    let explained = place.vfctl("explain pf/fast/eswitchInlineMode a.yaml").out;
    assert!(explained.contains("none, from devlink"), "{explained}");
}

#[test]
fn nothing_is_set_on_a_switch_whose_mode_was_refused() {
    let place = place();
    place.sim.inject(ActionKind::SetEswitch, None, Fault::Refuse(16));
    let applied = place.vfctl("apply a.yaml --yes");
    assert_eq!(applied.exit, Exit::Failed, "{}", applied.out);
    assert_eq!(applied.out.matches("EBUSY").count(), 1, "{}", applied.out);
    assert_eq!(modes(&place), ["legacy", "none", "basic"]);
}

#[test]
fn setting_that_is_accepted_and_not_kept_is_no_success() {
    let place = place();
    place.sim.inject(ActionKind::SetEswitch, None, Fault::Lie);
    let applied = place.vfctl("apply a.yaml --yes");
    assert_eq!(applied.exit, Exit::Failed, "{}", applied.out);
}
