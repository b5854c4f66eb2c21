//! What `validate` says of documents of other tools, and what the other commands say of them.

use std::fs;

use crate::place::Place;

const CONFIG: &str =
    r#"{"resourceList": [{"resourceName": "sriov-net", "selectors": {"pfNames": ["ens1f0"]}}]}"#;

const NETWORK: &str = r#"apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {name: net, annotations: {k8s.v1.cni.cncf.io/resourceName: intel.com/net}}
spec:
  config: '{"cniVersion": "1.0.0", "name": "net", "type": "sriov"}'
"#;

fn place(files: &[(&str, &str)]) -> Place {
    let place = Place::new();
    for (name, text) in files {
        fs::write(place.path(name), text).expect("write a file");
    }
    place
}

#[test]
fn validate_names_what_it_checked_and_by_whose_rules() {
    let place = place(&[("config.json", CONFIG), ("net.yaml", NETWORK)]);
    let newest = "rules of sriov-network-device-plugin v3.11.0, the newest known";
    for (words, said) in [
        ("validate spec.yaml", "Valid: 1 document.\n".to_owned()),
        ("validate net.yaml", "Valid: 1 NetworkAttachmentDefinition.\n".to_owned()),
        ("validate config.json", format!("Valid: 1 device plugin config with 1 pool ({newest}).\n")),
        (
            "validate config.json --plugin-version v3.6.0",
            "Valid: 1 device plugin config with 1 pool (rules of sriov-network-device-plugin v3.6.0).\n"
                .to_owned(),
        ),
        (
            "validate spec.yaml config.json net.yaml --plugin-version v9.0.0",
            format!(
                "Valid: 1 document, 1 device plugin config with 1 pool, 1 NetworkAttachmentDefinition ({newest}).\n"
            ),
        ),
    ] {
        let ran = place.vfctl(words);
        assert_eq!((ran.code, ran.out, ran.err.as_str()), (0, said, ""), "{words}");
    }
    let old = place.vfctl("validate config.json --plugin-version v3.5.1");
    assert_eq!((old.code, old.out.as_str()), (1, ""));
    assert!(old.err.contains("v3.5.1 refuses the hyphen in `sriov-net`"), "{}", old.err);
    assert!(
        old.err.ends_with("\n1 mistake\nchecked by the rules of sriov-network-device-plugin v3.5.1\n"),
        "{}",
        old.err
    );
}

#[test]
fn warnings_are_shown_and_do_not_fail() {
    let config =
        CONFIG.replace("sriov-net", "net").replace("\"pfNames\"", "\"pKeys\": [\"0x8001\"], \"pfNames\"");
    let place = place(&[("config.json", &config)]);
    let ran = place.vfctl("validate config.json --plugin-version v3.5.1");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.starts_with("Valid: ") && ran.err.starts_with("warning: `pKeys` is of "),
        "{} {}",
        ran.out,
        ran.err
    );
    let ran = place.vfctl("validate config.json --plugin-version v3.5.1 --json");
    let said: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(said["errors"], serde_json::json!([]));
    assert_eq!(said["warnings"][0]["place"]["column"], 57);
}

#[test]
fn mistakes_are_of_the_same_format_as_those_of_specs() {
    let network = NETWORK
        .replace("\"sriov\"", "\"sriov\", \"vlann\": 5")
        .replace("\"1.0.0\", \"name\": \"net\", ", "\"1.0.0\", ");
    let place = place(&[("net.yaml", &network)]);
    let ran = place.vfctl("validate net.yaml --json");
    let said: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert_eq!(said["format"], "vfctl.dev/errors/v1");
    let error = &said["errors"][0];
    assert_eq!(error["message"], "sriov-cni has no field `vlann` here");
    assert_eq!((&error["place"]["line"], &error["place"]["column"]), (&5.into(), &53.into()), "{error}");
    assert_eq!(said["warnings"][0]["message"], "`name` is missing here");
}

#[test]
fn plan_and_apply_say_what_such_a_document_is_and_no_more() {
    let place = place(&[("net.yaml", &NETWORK.replace("1.0.0", "9.9.9"))]);
    for words in ["plan net.yaml --facts facts.json", "apply net.yaml --yes", "explain pf/a net.yaml"] {
        let ran = place.vfctl(words);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{words}");
        assert!(
            ran.err.starts_with("error: this is a NetworkAttachmentDefinition, not a spec of vfctl\n"),
            "{}",
            ran.err
        );
        assert!(ran.err.ends_with("\n1 mistake\n"), "{}", ran.err);
    }
}

#[test]
fn versions_without_known_rules_are_refused() {
    let place = place(&[("config.json", CONFIG)]);
    for (version, why) in [
        ("v3.4.0", "expected version from v3.5.1 on, found `v3.4.0`"),
        ("3.5.1", "expected version of the device plugin such as `v3.5.1`, found `3.5.1`"),
    ] {
        let ran = place.vfctl(&format!("validate config.json --plugin-version {version}"));
        assert_eq!((ran.code, ran.out.as_str()), (1, ""));
        assert!(ran.err.contains(why), "{}", ran.err);
    }
}
