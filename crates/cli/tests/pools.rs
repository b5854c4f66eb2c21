//! `vfctl pools` on a spec, on a configuration of the device plugin, and on what is neither.
#![allow(clippy::expect_used, clippy::disallowed_methods, clippy::indexing_slicing, reason = "tests")]

use std::process::{Command, Output};

use serde_json::{Value, json};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/pools-x710");

fn vfctl(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    command.args(arguments).env("NO_COLOR", "1").env_remove("VFCTL_STATE_DIR");
    command.output().expect("run vfctl")
}

/// Returns what `vfctl pools` says on the example's facts, and how it ends.
fn pools(input: &str, more: &[&str]) -> (i32, String, String) {
    let facts = format!("{EXAMPLE}/facts.json");
    let ran = vfctl(&[&["pools", input, "--facts", &facts], more].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (ran.status.code().expect("an exit code"), text(ran.stdout), text(ran.stderr))
}

/// Returns a file with this text, in a folder that goes with it.
fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn json_has_the_addresses_of_each_resource_that_is_offered() {
    let (code, out, err) = pools(&format!("{EXAMPLE}/spec.yaml"), &["-o", "json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(document["format"], "vfctl.dev/pools/v1");
    let host = &document["hosts"]["node-7"];
    assert_eq!(
        host["resources"],
        json!({
            "intel.com/dpdk": ["0000:5e:02.0", "0000:5e:02.1"],
            "intel.com/net": ["0000:5e:02.2", "0000:5e:02.3"],
        })
    );
    assert_eq!((&host["devicePlugin"], &host["wasRun"]), (&json!("v3.5.1"), &json!(true)));
    let rest = &host["pools"][2];
    assert_eq!((&rest["resource"], &rest["devices"]), (&json!("intel.com/rest"), &json!([])));
    let left_out = rest["leftOut"].as_array().expect("a list");
    assert!(left_out.iter().any(|one| one["takenBy"] == "intel.com/net"), "{rest:#}");
}

#[test]
fn configuration_of_the_plugin_is_taken_as_its_release_takes_it() {
    let config = r#"{"resourceList": [
        {"resourceName": "list", "selectors": [{"drivers": ["iavf"]}]},
        {"resourceName": "all", "selectors": {"drivers": ["iavf", "vfio-pci"]}}
    ]}"#;
    let (_folder, path) = file("config.json", config);
    let (code, out, _) = pools(&path, &["--plugin-version", "v3.5.1"]);
    assert_eq!(code, 1);
    assert!(out.contains("intel.com/list: dropped by the plugin"), "{out}");
    assert!(out.contains("intel.com/all: 4 devices"), "{out}");
    let (code, out, _) = pools(&path, &[]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("(read in its source, not run)"), "{out}");
    assert!(out.contains("intel.com/list: 2 devices"), "{out}");
    assert!(out.contains("0000:5e:02.2, 0000:5e:02.3: intel.com/list comes first and takes it"), "{out}");
}

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/rdma-shared-connectx6");

#[test]
fn json_has_the_configuration_of_the_plugin_that_shares_rdma_devices() {
    let (spec, facts) = (format!("{SHARED}/spec.yaml"), format!("{SHARED}/facts.json"));
    let ran = vfctl(&["pools", &spec, "--facts", &facts, "-o", "json"]);
    assert_eq!(ran.status.code(), Some(0));
    let document: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    assert_eq!(document["hosts"], json!({}), "no pool of the SR-IOV device plugin");
    let resource = |name: &str, max: u32, ports: &[&str]| json!({"resourceName": name, "rdmaHcaMax": max, "selectors": {"ifNames": ports}});
    let list =
        [resource("storage", 63, &["ens2f0np0"]), resource("training", 16, &["ens2f0np0", "ens2f1np1"])];
    let config = json!({"periodicUpdateInterval": 300, "configList": list});
    assert_eq!(document["rdmaShared"], json!({"ml-03": {"config": config}}));
}

#[test]
fn text_of_shared_rdma_devices_is_the_file_of_the_plugin() {
    let (spec, facts) = (format!("{SHARED}/spec.yaml"), format!("{SHARED}/facts.json"));
    let ran = vfctl(&["pools", &spec, "--facts", &facts]);
    let text = String::from_utf8(ran.stdout).expect("text");
    let (first, config) = text.split_once('\n').expect("lines");
    assert_eq!(first, "host ml-03: config.json of k8s-rdma-shared-dev-plugin");
    let config: Value = serde_json::from_str(config).expect("JSON");
    assert_eq!(config["configList"][1]["rdmaHcaMax"], 16);
}

#[test]
fn port_that_cannot_be_shared_is_an_error() {
    let spec = "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {name: a}\nspec:
  physicalFunctions:
    - {name: fast, match: {pci: \"0000:c1:00.0\"}}
    - {name: none, match: {driver: ice}, optional: true}
  rdmaSharedPools:
    - {resource: rdma/hca, rdmaHcaMax: 1, from: [{physicalFunction: fast}]}
    - {resource: rdma/none, rdmaHcaMax: 1, from: [{physicalFunction: none}]}\n";
    let (folder, spec) = file("spec.yaml", spec);
    let facts = std::fs::read_to_string(format!("{SHARED}/facts.json")).expect("facts");
    let mut facts: Value = serde_json::from_str(&facts).expect("JSON");
    let port = &mut facts["hosts"]["ml-03"]["physicalFunctions"]["pci/0000:c1:00.0"];
    port["driver"] = json!("vfio-pci");
    port.as_object_mut().expect("a port").remove("netdev");
    let path = folder.path().join("facts.json").display().to_string();
    std::fs::write(&path, facts.to_string()).expect("facts");
    let ran = vfctl(&["pools", &spec, "--facts", &path]);
    assert_eq!(ran.status.code(), Some(1));
    let text = String::from_utf8(ran.stdout).expect("text");
    let wanted = "host ml-03: config.json of k8s-rdma-shared-dev-plugin
  error: `fast`: its driver hands it to user space, so that it has no interface and no RDMA device, and k8s-rdma-shared-dev-plugin knows a port by its interface
  note: rdma/hca is left out: the host has no port of it
  note: rdma/none is left out: the host has no port of it
  note: no resource is left, and the plugin does not start without any
";
    assert_eq!(text, wanted);
}

#[test]
fn what_is_no_configuration_and_no_spec_is_refused() {
    for (name, text, more, why) in [
        ("config.json", "{\"resourceList\": [", &[][..], "as a configuration of the device plugin"),
        ("config.json", "{\"resourceList\": {}}", &[][..], "as a configuration of the device plugin"),
        ("spec.yaml", "spec: {}\n", &[][..], "`apiVersion` is missing here"),
        ("config.json", "{\"resourceList\": [{\"resourceName\": \"a\"}]}", &[][..], "the plugin crashes"),
        ("config.json", "{\"resourceList\": []}", &["--plugin-version", "3.5.1"][..], "expected version"),
    ] {
        let (_folder, path) = file(name, text);
        let (code, out, err) = pools(&path, more);
        assert_ne!(code, 0, "{text}");
        assert!(format!("{out}{err}").contains(why), "{text}: {out}{err}");
    }
    let (code, _, err) = pools(&format!("{EXAMPLE}/spec.yaml"), &["--plugin-version", "v3.5.1"]);
    assert_eq!(code, 1);
    assert!(err.contains("a spec declares the release itself"), "{err}");
}
