//! Tests that hold each need of each action against a world in which it is not met.

use std::borrow::Cow;

use vfctl_port::{ActionKind, Claim, ClaimValue, Expect, Op, Phase, Property, Scope, Subject};

use super::super::knowledge::Knowledge;
use super::{demand, perform};
use crate::document::Lane;

/// The PF of all ops.
const PF: &str = "pci/0000:01:00.0";

/// What is so where all needs of all ops are met, but for that the VF is without driver for some and has one for
/// others.
const MET: [(&str, Property, Value); 6] = [
    (PF, Property::VfCount, Value::Number(4)),
    (PF, Property::DriversAutoprobe, Value::Flag(true)),
    (PF, Property::Interface, Value::Name("eth0")),
    (PF, Property::Mtu, Value::Number(9000)),
    ("pci/0000:01:00.0 vf 3", Property::Address, Value::Name("0000:01:10.6")),
    ("pci/0000:01:00.0 vf 3", Property::Mtu, Value::Number(1500)),
];

#[derive(Debug, Clone, Copy)]
enum Value {
    Number(u32),
    Flag(bool),
    Name(&'static str),
    Absent,
}

impl Value {
    fn expect(self) -> Expect {
        match self {
            Self::Number(number) => Expect::Is(ClaimValue::Number(number)),
            Self::Flag(flag) => Expect::Is(ClaimValue::Flag(flag)),
            Self::Name(name) => Expect::Is(ClaimValue::Name(name.to_owned())),
            Self::Absent => Expect::Absent,
        }
    }
}

/// Returns an op on the PF, its interface, its VF 3 or that VF's function.
fn op(target: &str, action: &str) -> Op {
    let target = match target {
        "pf" => "",
        "interface" => r#""interface": "eth0", "#,
        "vf" => r#""interface": "eth0", "vf": "3", "#,
        _ => r#""vf": "3", "function": "0000:01:10.6", "#,
    };
    serde_json::from_str(&format!(r#"{{"pf": "{PF}", {target}"action": {action}}}"#)).expect(action)
}

fn lane() -> Lane {
    let lane =
        serde_json::json!({ "thing": PF, "title": "eth0", "heading": "eth0", "queue": 0, "phases": [] });
    serde_json::from_value(lane).expect("a lane")
}

fn subject(scope: &Scope, thing: &str) -> Subject {
    Subject { scope: scope.clone(), thing: thing.parse().expect(thing) }
}

/// Returns why the kernel would refuse an op where all is met but what `other` says.
fn refusal(op: &Op, phase: Phase, other: &[(&str, Property, Value)]) -> Option<String> {
    let scope = Scope::Host("lab".parse().expect("a name"));
    let lane = lane();
    let mut known = Knowledge::new(&scope, lane.thing.pf());
    for (thing, property, value) in MET.iter().chain(other) {
        known.set(&subject(&scope, thing), *property, Cow::Owned(value.expect()));
    }
    demand(op, &lane, phase, &known).err().map(|refusal| refusal.to_string())
}

#[test]
fn each_need_of_each_action_is_demanded() {
    let vf = "pci/0000:01:00.0 vf 3";
    let none = (PF, Property::VfCount, Value::Number(0));
    let two = (PF, Property::VfCount, Value::Number(2));
    let manual = (PF, Property::DriversAutoprobe, Value::Flag(false));
    let small = (PF, Property::Mtu, Value::Number(1500));
    let bare = (vf, Property::Driver, Value::Absent);
    let held = (vf, Property::Driver, Value::Name("igbvf"));
    let attribute = r#"{"setVfAttribute": {"attribute": "vlan", "value": "7"}}"#;
    let bind = r#"{"bindDriver": {"driver": "vfio-pci"}}"#;
    let mode = r#"{"setEswitch": {"mode": "switchdev"}}"#;
    let mtu = r#"{"setVfMtu": 9000}"#;
    for (target, action, phase, met, unmet, why) in [
        ("pf", r#"{"createVfs": 4}"#, Phase::CreateVfs, none, two, "count is not 0"),
        ("pf", mode, Phase::SwitchEmpty, none, two, "count is not 0"),
        ("vf", attribute, Phase::ConfigureVfs, bare, two, "there is no such VF"),
        ("function", mtu, Phase::ConfigureInterfaces, held, two, "there is no such VF"),
        ("function", mtu, Phase::ConfigureInterfaces, held, small, "the PF's MTU is 1500"),
        ("function", r#""unbindDriver""#, Phase::Unbind, held, two, "there is no such VF"),
        ("function", r#""unbindDriver""#, Phase::Unbind, held, bare, "the VF has no driver"),
        ("function", bind, Phase::Bind, bare, two, "there is no such VF"),
        ("function", bind, Phase::Bind, bare, held, "the VF still has a driver"),
        ("function", r#""probeDriver""#, Phase::Bind, bare, two, "there is no such VF"),
        ("function", r#""probeDriver""#, Phase::Bind, bare, held, "the VF still has a driver"),
        ("function", r#""probeDriver""#, Phase::Bind, bare, manual, "driversAutoprobe is not on"),
    ] {
        let op = op(target, action);
        assert_eq!(refusal(&op, phase, &[met]), None, "{op}");
        assert_eq!(refusal(&op, phase, &[met, unmet]).as_deref(), Some(why), "{op}");
    }
    assert_eq!(refusal(&op("pf", mode), Phase::SwitchPopulated, &[two]), None);
}

#[test]
fn what_an_action_takes_or_makes_anew_is_not_known_any_more() {
    let vf = "pci/0000:01:00.0 vf 3";
    let scope = Scope::Host("lab".parse().expect("a name"));
    let pf = PF.parse().expect("a PF");
    let unused = Claim {
        subject: subject(&scope, vf),
        property: Property::InUse,
        expect: Value::Flag(false).expect(),
    };
    for action in [r#""unbindDriver""#, r#"{"bindDriver": {"driver": "vfio-pci"}}"#, r#""probeDriver""#] {
        let op = op("function", action);
        let mut known = Knowledge::new(&scope, Some(&pf));
        known.learn(&unused);
        assert_eq!(known.follows(&unused), Some(true));
        perform(&op, &mut known);
        assert_eq!(known.follows(&unused), None, "{op}");
    }
    let kinds = ActionKind::ALL.iter().filter(|kind| kind.row().target == vfctl_port::TargetKind::Function);
    // An MTU and an override take and make nothing.
    assert_eq!(kinds.count(), 5, "a new action on functions belongs here, too");
}

#[test]
fn what_an_action_unsettles_is_not_known_any_more() {
    let scope = Scope::Host("lab".parse().expect("a name"));
    let pf = PF.parse().expect("a PF");
    let mode = r#"{"setEswitch": {"mode": "switchdev"}}"#;
    let inline = r#"{"setEswitch": {"inlineMode": "link"}}"#;
    for (action, property, value, follows) in [
        (r#""removeVfs""#, Property::EswitchMode, "switchdev", None),
        (mode, Property::EswitchInlineMode, "none", None),
        (mode, Property::EswitchEncapMode, "none", None),
        (inline, Property::EswitchEncapMode, "none", Some(true)),
    ] {
        let claim = Claim { subject: subject(&scope, PF), property, expect: Value::Name(value).expect() };
        let mut known = Knowledge::new(&scope, Some(&pf));
        known.learn(&claim);
        perform(&op("pf", action), &mut known);
        assert_eq!(known.follows(&claim), follows, "{action} {property}");
    }
}
