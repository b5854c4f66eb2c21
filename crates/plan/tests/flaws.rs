//! A check that passes every plan proves nothing: good plans are spoilt, one way after another, and each must be
//! found out.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has found something")]

use vfctl_kinds::document::{PlacedDocument, SriovConfig};
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_kinds::step::{Impact, Step};
use vfctl_model::{Toggle, VfIndex};
use vfctl_plan::{Lane, Options, Plan, check, plan};
use vfctl_port::{Action, Claim, ClaimValue, Expect, Phase, Property, Stage, Subject, Target, Thing, World};

/// New VFs of which half get another driver: settings changed for a while, initial values, drivers, an MTU.
const NEW: &str = r#"{
    "apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "new"},
    "spec": {"physicalFunctions": [{
        "name": "n3", "match": {"driver": "ice", "interface": "ens1f0np0"}, "mtu": 9000,
        "vfs": {
            "count": 8,
            "all": {"trust": "on", "spoofCheck": "on", "vlan": 7},
            "groups": [{"vfs": "0-3", "driver": "vfio-pci"}, {"vfs": "4-7", "driver": "default", "mtu": 9000}]
        }
    }]}
}"#;

/// VFs that are there and used, changed and destroyed.
const USED: &str = r#"{
    "apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "used"},
    "spec": {"physicalFunctions": [{
        "name": "pods", "match": {"interface": "ens6f0"},
        "vfs": {"count": 8, "all": {"vlan": 30}}
    }]}
}"#;

/// VFs that are there and change their drivers.
const THERE: &str = r#"{
    "apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "there"},
    "spec": {"physicalFunctions": [{
        "name": "test", "match": {"interface": "ens1f0np0"},
        "vfs": {"groups": [{"vfs": "0-1", "driver": "vfio-pci"}, {"vfs": "2-3", "driver": "default"}]}
    }]}
}"#;

/// VFs that are as they should be.
const IDLE: &str = r#"{
    "apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "idle"},
    "spec": {"physicalFunctions": [{"name": "port", "match": {"interface": "ens4f0"}, "mtu": 9000}]}
}"#;

fn planned(spec: &str, facts: &str) -> Plan {
    let config: SriovConfig = serde_json::from_str(spec).unwrap();
    let world: World = serde_json::from_str(facts).unwrap();
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    plan(&[PlacedDocument { config: &config, place: &place }], &world, Options::default())
}

/// Returns the lane of the first PF.
fn port(plan: &mut Plan) -> &mut Lane {
    let stages = plan.hosts.values_mut().flat_map(|host| &mut host.stages);
    stages.flat_map(|stage| &mut stage.lanes).find(|lane| lane.thing.pf().is_some()).unwrap()
}

fn new() -> Plan {
    planned(NEW, include_str!("../../../examples/dpdk-e810/facts.json"))
}

fn used() -> Plan {
    planned(USED, include_str!("../../../examples/grow-in-use/facts.json"))
}

fn there() -> Plan {
    planned(THERE, include_str!("../../../examples/to-vfio-and-back/facts.json"))
}

/// Spoils a plan; the check must then say something with these words.
#[track_caller]
fn finds(words: &str, good: Plan, spoil: impl FnOnce(&mut Lane)) {
    let mut spoilt = good.clone();
    assert_eq!(check(&good), Ok(()));
    spoil(port(&mut spoilt));
    assert_ne!(spoilt, good, "nothing was spoilt");
    found(words, &spoilt);
}

#[track_caller]
fn found(words: &str, spoilt: &Plan) {
    let flaws = check(spoilt).expect_err("a flaw");
    let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
    assert!(flaws.iter().any(|flaw| flaw.contains(words)), "{words:?} is not among {flaws:#?}");
}

fn drop_phase(lane: &mut Lane, phase: Phase) {
    lane.phases.retain(|planned| planned.phase != phase);
}

fn steps(lane: &mut Lane) -> impl Iterator<Item = &mut Step> {
    lane.phases.iter_mut().flat_map(|phase| &mut phase.steps)
}

fn step(lane: &mut Lane, phase: Phase, property: Property) -> &mut Step {
    steps(lane).find(|step| step.phase == phase && step.property == property).unwrap()
}

#[test]
fn count_that_does_not_go_through_zero_is_found() {
    finds("count is not 0", used(), |lane| drop_phase(lane, Phase::RemoveVfs));
}

#[test]
fn phases_out_of_order_are_found() {
    finds("comes after a later phase", new(), |lane| lane.phases.reverse());
}

#[test]
fn destruction_that_is_not_admitted_is_found() {
    finds("does not admit its impact", used(), |lane| {
        step(lane, Phase::RemoveVfs, Property::VfCount).impact = Impact::None;
    });
}

#[test]
fn user_who_is_not_named_is_found() {
    finds("names no user", there(), |lane| step(lane, Phase::Unbind, Property::Driver).victims.clear());
}

#[test]
fn use_that_is_not_in_the_basis_is_found() {
    finds("demands what nobody made true", there(), |lane| {
        lane.basis.retain(|claim| claim.property != Property::InUse);
    });
}

#[test]
fn goal_that_no_step_reaches_is_found() {
    finds("nothing makes the goal true", new(), |lane| drop_phase(lane, Phase::ConfigureVfs));
}

#[test]
fn initial_value_that_nobody_holds_against_new_vfs_is_found() {
    let spoof_check = Property::Attribute(vfctl_model::VfAttribute::SpoofCheck);
    finds("nothing makes the goal true", new(), |lane| {
        step(lane, Phase::CreateVfs, Property::VfCount).ends.retain(|claim| claim.property != spoof_check);
    });
}

#[test]
fn promise_that_no_op_keeps_is_found() {
    let vlan = Property::Attribute(vfctl_model::VfAttribute::Vlan);
    finds("promises what nothing in it makes true", new(), |lane| {
        let step = step(lane, Phase::ConfigureVfs, vlan);
        step.changes.retain(|change| change.vf() != Some(VfIndex(3)));
    });
}

/// Returns a PF's subject as the subject of one of its VFs.
fn vf_of(pf: &Subject, vf: u16) -> Subject {
    let pf_address = pf.thing.pf().unwrap().clone();
    Subject { scope: pf.scope.clone(), thing: Thing::Vf(pf_address, VfIndex(vf)) }
}

/// Adds a claim to what the step ends with that makes VFs; it is about the PF, or one of its VFs.
fn promise_with_vfs(lane: &mut Lane, vf: Option<u16>, property: Property, expect: Expect) {
    let ends = &mut step(lane, Phase::CreateVfs, Property::VfCount).ends;
    let pf = ends.iter().find(|claim| claim.property == Property::VfCount).unwrap().subject.clone();
    let subject = vf.map_or_else(|| pf.clone(), |vf| vf_of(&pf, vf));
    ends.push(Claim { subject, property, expect });
}

fn flag(value: bool) -> Expect {
    Expect::Is(ClaimValue::Flag(value))
}

#[test]
fn what_new_vfs_do_not_bring_is_found() {
    let nothing = "promises what nothing in it makes true";
    let address = || Expect::Is(ClaimValue::Name("0000:01:09.0".to_owned()));
    finds(nothing, new(), |lane| promise_with_vfs(lane, Some(8), Property::Address, address()));
    finds(nothing, new(), |lane| promise_with_vfs(lane, None, Property::Carrier, flag(true)));
    finds(nothing, new(), |lane| promise_with_vfs(lane, Some(1), Property::InUse, flag(false)));
    finds(nothing, new(), |lane| promise_with_vfs(lane, Some(1), Property::DriverOverride, Expect::Absent));
}

#[test]
fn interface_of_a_vf_that_no_driver_may_take_is_found() {
    finds("promises what does not follow", new(), |lane| {
        promise_with_vfs(lane, Some(5), Property::Interface, flag(true));
    });
}

#[test]
fn promise_that_an_op_on_the_same_vf_does_not_keep_is_found() {
    let vlan = Property::Attribute(vfctl_model::VfAttribute::Vlan);
    for (property, expect) in [
        (Property::DriverOverride, Expect::Absent),
        (Property::InUse, flag(false)),
        (Property::Carrier, flag(true)),
    ] {
        finds("promises what nothing in it makes true", new(), |lane| {
            let ends = &mut step(lane, Phase::ConfigureVfs, vlan).ends;
            let subject = ends.first().unwrap().subject.clone();
            ends.push(Claim { subject, property, expect });
        });
    }
}

#[test]
fn attribute_that_is_given_back_to_no_vf_or_set_to_another_value_is_found() {
    let give_back = |lane: &mut Lane, vf, attribute| {
        let pf = lane.basis.first().unwrap().subject.clone();
        let expect = Expect::AnyWhenFactory;
        lane.goal.push(Claim { subject: vf_of(&pf, vf), property: Property::Attribute(attribute), expect });
    };
    let mac = vfctl_model::VfAttribute::MacAddress;
    finds("the goal is not reached", new(), |lane| give_back(lane, 8, mac));
    finds("the goal is not reached", new(), |lane| give_back(lane, 3, vfctl_model::VfAttribute::Vlan));
    let mut idle = planned(IDLE, include_str!("../../../examples/nothing-to-do/facts.json"));
    assert_eq!(check(&idle), Ok(()));
    assert!(port(&mut idle).phases.is_empty());
    give_back(port(&mut idle), 99, mac);
    found("the goal is not reached", &idle);
}

#[test]
fn basis_that_contradicts_itself_is_found() {
    finds("contradicts another claim", there(), |lane| {
        let count = lane.basis.iter().find(|claim| claim.property == Property::VfCount).unwrap();
        let other = Claim { expect: Expect::Is(ClaimValue::Number(63)), ..count.clone() };
        lane.basis.insert(0, other);
    });
}

#[test]
fn wait_of_others_for_what_is_not_so_is_found() {
    finds("others would wait for what is not so", new(), |lane| {
        let count = lane.goal.iter().find(|claim| claim.property == Property::VfCount).unwrap();
        lane.afterwards.push(Claim { expect: Expect::Is(ClaimValue::Number(63)), ..count.clone() });
    });
}

#[test]
fn carrier_of_a_port_that_is_down_is_found() {
    finds("waits for what a PF that is down never has", new(), |lane| {
        let pf = lane.basis.first().unwrap().subject.clone();
        let down = Claim::is(pf.clone(), Property::AdminState, ClaimValue::Flag(false));
        lane.basis.retain(|claim| claim.property != Property::AdminState);
        lane.basis.push(down);
        let vlan = Property::Attribute(vfctl_model::VfAttribute::Vlan);
        let waits = step(lane, Phase::ConfigureVfs, vlan);
        waits.requires.push(Claim::is(pf, Property::Carrier, ClaimValue::Flag(true)));
        waits.settle_ms = 1000;
    });
}

#[test]
fn driver_that_is_still_there_is_found() {
    finds("the VF still has a driver", there(), |lane| drop_phase(lane, Phase::Unbind));
}

#[test]
fn driver_that_would_be_taken_before_its_time_is_found() {
    finds("driver", new(), |lane| {
        let withheld = step(lane, Phase::PreparePf, Property::DriversAutoprobe);
        withheld.changes.clear();
        withheld.ends.clear();
    });
}

#[test]
fn op_in_a_phase_where_it_has_no_place_is_found() {
    finds("has no place in this phase", new(), |lane| {
        let change = step(lane, Phase::PreparePf, Property::Mtu).changes.pop().unwrap();
        step(lane, Phase::CreateVfs, Property::VfCount).changes.push(change);
    });
}

#[test]
fn two_ops_for_one_value_are_found() {
    finds("writes what another op of the phase writes", new(), |lane| {
        let changes = &mut step(lane, Phase::PreparePf, Property::DriversAutoprobe).changes;
        let mut again = changes.first().unwrap().clone();
        again.op.action = Action::SetDriversAutoprobe(Toggle::On);
        changes.push(again);
    });
}

#[test]
fn device_that_is_another_vfs_is_found() {
    finds("will be at", new(), |lane| {
        let boot_disk = "0000:00:01.1".parse().unwrap();
        let bind = step(lane, Phase::Bind, Property::Driver);
        if let Some(Target::Function(_, _, device)) =
            bind.changes.first_mut().map(|change| &mut change.op.target)
        {
            *device = boot_disk;
        }
    });
}

#[test]
fn vf_that_does_not_exist_is_found() {
    finds("the VF's address is not known", new(), |lane| {
        let bind = step(lane, Phase::Bind, Property::Driver);
        if let Some(Target::Function(_, vf, _)) = bind.changes.first_mut().map(|change| &mut change.op.target)
        {
            *vf = VfIndex(8);
        }
    });
}

#[test]
fn mtu_above_the_pfs_is_found() {
    finds("the PF's MTU is 1500", new(), |lane| {
        let mtu = step(lane, Phase::PreparePf, Property::Mtu);
        mtu.changes.clear();
        mtu.ends.clear();
    });
}

#[test]
fn op_of_another_pf_is_found() {
    finds("belongs to another lane", used(), |lane| {
        lane.thing = "pci/0000:01:00.0".parse().expect("a thing")
    });
}

#[test]
fn op_through_another_interface_is_found() {
    let vlan = Property::Attribute(vfctl_model::VfAttribute::Vlan);
    finds("interface is not eth9", new(), |lane| {
        for change in &mut step(lane, Phase::ConfigureVfs, vlan).changes {
            let Target::VfThroughPf(_, interface, _) = &mut change.op.target else { panic!("{}", change.op) };
            *interface = "eth9".parse().unwrap();
        }
    });
}

#[test]
fn vf_past_the_count_is_found() {
    let vlan = Property::Attribute(vfctl_model::VfAttribute::Vlan);
    finds("there is no such VF", new(), |lane| {
        let change = step(lane, Phase::ConfigureVfs, vlan).changes.first_mut();
        if let Some(Target::VfThroughPf(_, _, vf)) = change.map(|change| &mut change.op.target) {
            *vf = VfIndex(8);
        }
    });
}

#[test]
fn op_of_a_port_in_the_lane_of_the_system_is_found() {
    let mut spoilt = new();
    let creates = step(port(&mut spoilt), Phase::CreateVfs, Property::VfCount).clone();
    let prepare = spoilt.hosts.values_mut().flat_map(|host| &mut host.stages);
    let prepare =
        prepare.filter(|stage| stage.stage == Stage::Prepare).flat_map(|stage| &mut stage.lanes).next();
    prepare.unwrap().phases.first_mut().unwrap().steps.push(creates);
    found("belongs to another lane", &spoilt);
}

#[test]
fn two_lanes_for_one_pf_are_found() {
    let mut spoilt = used();
    let stage = spoilt.hosts.values_mut().next().unwrap().stages.first_mut().unwrap();
    let lane = stage.lanes.first().unwrap().clone();
    stage.lanes.push(lane);
    found("there are two lanes", &spoilt);
}

#[test]
fn stages_out_of_order_are_found() {
    let mut spoilt = new();
    spoilt.hosts.values_mut().next().unwrap().stages.reverse();
    found("comes after a later stage", &spoilt);
}
