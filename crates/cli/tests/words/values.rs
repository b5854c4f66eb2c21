//! Values of hosts that are given beside the spec.

use std::fs;

use crate::place::Place;

const SPEC: &str = r#"apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: guests}
spec:
  physicalFunctions:
    - name: primary
      match: {defaultRoute: true}
      vfs:
        count: 2
        all: {macAddress: {list: {fromHost: vnicMacs}}}
"#;

/// Returns a place with a spec that takes its addresses from values, those, and facts of the host `kvm-1`.
fn place() -> Place {
    let place = Place::new();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/cloud-host-macs/facts.json");
    fs::copy(example, place.path("cloud.json")).expect("facts");
    fs::write(place.path("guests.yaml"), SPEC).expect("a spec");
    let values = r#"{"kvm-1": {"vnicMacs": ["02:00:17:0a:5c:21", "02:00:17:0a:5c:22"]}}"#;
    fs::write(place.path("macs.json"), values).expect("values");
    place
}

const PLAN: &str = "plan guests.yaml --facts cloud.json";

#[test]
fn plan_takes_addresses_from_values_and_names_them_where_there_are_none() {
    let place = place();
    let ran = place.vfctl(&format!("{PLAN} --host-values macs.json"));
    assert_eq!((ran.code, ran.err.as_str()), (2, ""), "{}", ran.out);
    assert!(ran.out.contains("vf 1: macAddress: none -> 02:00:17:0a:5c:22"), "{}", ran.out);
    assert_eq!(place.vfctl("validate guests.yaml --host-values macs.json").code, 0);
    let without = place.vfctl(PLAN);
    assert_eq!(without.code, 1);
    assert!(without.err.contains("--host-values FILE"), "{}", without.err);
}

#[test]
fn values_of_another_host_are_named_by_the_plan() {
    let place = place();
    let values = r#"{"kvm-1.lab": {"vnicMacs": ["02:00:17:0a:5c:21", "02:00:17:0a:5c:22"]}}"#;
    fs::write(place.path("macs.json"), values).expect("values");
    let ran = place.vfctl(&format!("{PLAN} --host-values macs.json"));
    assert_eq!(ran.code, 1);
    let fix = "did you mean the values of `kvm-1.lab`?";
    assert!(ran.out.contains("host kvm-1 has no list `vnicMacs`") && ran.out.contains(fix), "{}", ran.out);
}

#[test]
fn unused_value_is_a_warning_and_in_json_too() {
    let place = place();
    let spec = SPEC.replace("spec:\n", "spec:\n  nodes: {names: [kvm-1]}\n");
    fs::write(place.path("guests.yaml"), spec).expect("a spec");
    let macs = r#"{"kvm-1": {"vnicMacs": ["02:00:17:0a:5c:21", "02:00:17:0a:5c:22"]}, "kvm-l": {}}"#;
    fs::write(place.path("macs.json"), macs).expect("values");
    let ran = place.vfctl(&format!("{PLAN} --host-values macs.json"));
    assert_eq!(ran.code, 2);
    let warning = "warning: these values are not used: no document concerns host `kvm-l`\n --> macs.json:1:";
    assert!(ran.err.starts_with(warning) && ran.err.contains("did you mean `kvm-1`"), "{}", ran.err);
    let ran = place.vfctl("validate guests.yaml --json --host-values macs.json");
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(
        (json["errors"].as_array().map(Vec::len), json["warnings"].as_array().map(Vec::len)),
        (Some(0), Some(1))
    );
}

#[test]
fn what_cannot_be_read_twice_or_is_no_use_is_refused_with_a_fix() {
    let place = place();
    let plan = place.vfctl(&format!("{PLAN} --host-values macs.json --out plan.json"));
    assert_eq!(plan.code, 2, "{}", plan.err);
    for (words, said) in [
        ("validate - --host-values -", "it is given for the spec and for --host-values"),
        ("plan guests.yaml --facts - --host-values -", "it is given for --host-values and for --facts"),
        ("plan - --facts -", "it is given for the spec and for --facts"),
        ("apply --yes - --host-values -", "it is given for the spec and for --host-values"),
        ("apply --yes plan.json --host-values macs.json", "it is a plan, which has its values already"),
    ] {
        let ran = place.vfctl(words);
        assert_eq!(ran.code, 1, "{words}");
        assert!(ran.err.contains(said) && ran.err.contains("\n  fix: "), "{words}: {}", ran.err);
    }
    for words in [
        "validate guests.yaml --host-values macs.json --host-values macs.json",
        "validate guests.yaml --host-values none.json",
    ] {
        assert_eq!(place.vfctl(words).code, 1, "{words}");
    }
}
