//! What a plan says of pools: mistakes that only facts show, and which VFs a pool will have once the spec is applied.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has found something")]

use serde_json::{Value, json};
use vfctl_kinds::cluster::Parts;
use vfctl_kinds::document::{PlacedDocument, Selection, SriovConfig, plan_host};
use vfctl_kinds::finding::Findings;
use vfctl_kinds::lane::HostContext;
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_kinds::pool::{HostPrediction, predict_pools};
use vfctl_plan::{Options, check, plan};
use vfctl_port::World;

/// A host with ports of igb, i40e, mlx5, NVMe and an accelerator, some with VFs.
const LAB: &str = include_str!("../../kinds/tests/pools/lab.facts.json");

fn config(pfs: &Value, pools: &Value) -> SriovConfig {
    let spec = json!({
        "apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "doc"},
        "spec": {
            "components": {"devicePlugin": {"version": "v3.5.1"}},
            "physicalFunctions": pfs,
            "pools": pools,
        }
    });
    serde_json::from_value(spec).unwrap()
}

fn entry(name: &str, pci: &str, vfs: Value) -> Value {
    json!({"name": name, "match": {"pci": pci}, "vfs": vfs})
}

/// Returns what is said of the host as a whole, and what will be in which pool.
fn planned(pfs: Value, pools: Value) -> (Findings, HostPrediction) {
    let config = config(&pfs, &pools);
    let world: World = serde_json::from_str(LAB).unwrap();
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    let documents = [PlacedDocument { config: &config, place: &place }];
    let planned = plan(&documents, &world, Options::default());
    assert!(check(&planned).is_ok());
    let findings = planned.hosts.values().next().unwrap().findings.clone();
    let (name, host) = world.hosts.first_key_value().unwrap();
    let selection = Selection::of(&documents, name, None);
    let context = HostContext::new(&selection, host, &world, Parts::ALL);
    let draft = plan_host(&context);
    (findings, predict_pools(&context, &draft.pfs).expect("pools"))
}

fn takes(prediction: &HostPrediction, resource: &str) -> Vec<String> {
    let pools = prediction.prediction.pools.as_ref().expect("a plugin that runs");
    let pool = pools.iter().find(|pool| pool.resource == resource).expect("the pool");
    pool.takes.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn says(findings: &[vfctl_kinds::finding::Finding], message: &str) {
    assert!(findings.iter().any(|one| one.message.contains(message)), "{message:?} is not in {findings:#?}");
}

#[test]
fn vfs_that_the_spec_will_make_are_in_their_pools_with_their_drivers() {
    let vfs = json!({"count": 6, "groups": [{"vfs": "4-5", "driver": "vfio-pci"}]});
    let (findings, prediction) = planned(
        json!([entry("port", "0000:01:00.1", vfs)]),
        json!([
            {"resource": "intel.com/net", "from": [{"physicalFunction": "port", "vfs": "0-3"}]},
            {"resource": "intel.com/dpdk", "from": [{"physicalFunction": "port", "vfs": "4-5"}]},
        ]),
    );
    assert_eq!(findings.problems, []);
    says(&findings.notes, "no cluster was looked at");
    says(&findings.notes, "device plugin v3.5.1");
    let config = serde_json::to_value(&prediction.config).unwrap();
    assert_eq!(
        config,
        json!({"resourceList": [
            {"resourceName": "net", "resourcePrefix": "intel.com", "selectors": {"rootDevices": ["0000:01:00.1#0-3"]}},
            {"resourceName": "dpdk", "resourcePrefix": "intel.com", "selectors": {"rootDevices": ["0000:01:00.1#4-5"]}},
        ]})
    );
    // igb: offset 128, stride 2.
    assert_eq!(
        takes(&prediction, "intel.com/net"),
        ["0000:01:10.1", "0000:01:10.3", "0000:01:10.5", "0000:01:10.7"]
    );
    assert_eq!(takes(&prediction, "intel.com/dpdk"), ["0000:01:11.1", "0000:01:11.3"]);
}

#[test]
fn references_to_one_pf_are_one_entry() {
    let (_, prediction) = planned(
        json!([
            entry("a", "0000:5e:00.0", json!({"count": 4})),
            entry("b", "0000:01:00.1", json!({"count": 2}))
        ]),
        json!([{"resource": "intel.com/net", "from": [
            {"physicalFunction": "a", "vfs": "3"}, {"physicalFunction": "b"}, {"physicalFunction": "a", "vfs": "0-1"},
        ]}]),
    );
    let config = serde_json::to_value(&prediction.config).unwrap();
    let selectors = &config["resourceList"][0]["selectors"];
    assert_eq!(*selectors, json!({"rootDevices": ["0000:5e:00.0#0-1,3", "0000:01:00.1"]}));
}

#[test]
fn accelerators_are_named_one_by_one() {
    let (findings, prediction) = planned(
        json!([entry("fpga", "0000:66:00.0", json!({"count": 2}))]),
        json!([{"resource": "intel.com/fpga", "deviceType": "accelerator", "from": [{"physicalFunction": "fpga"}]}]),
    );
    let config = serde_json::to_value(&prediction.config).unwrap();
    let selectors = &config["resourceList"][0]["selectors"];
    assert_eq!(*selectors, json!({"pciAddresses": ["0000:66:00.1", "0000:66:00.2"]}));
    assert_eq!(takes(&prediction, "intel.com/fpga"), ["0000:66:00.1"]);
    says(
        &findings.notes,
        "vf 1 of `fpga`: the device plugin leaves it out of intel.com/fpga: no driver holds it",
    );
}

#[test]
fn mistakes_that_only_facts_show_are_problems() {
    let pool = |name: &str| json!([{"resource": "intel.com/x", "from": [{"physicalFunction": name}]}]);
    for (pfs, pools, message) in [
        (
            json!([entry("disk", "0000:02:00.0", json!({"count": 1}))]),
            pool("disk"),
            "`disk` is of PCI class 01 (storage, such as NVMe): the device plugin takes 02",
        ),
        (
            json!([entry("fpga", "0000:66:00.0", json!({"count": 2}))]),
            pool("fpga"),
            "`fpga` is of PCI class 12: the device plugin takes 02",
        ),
        (
            json!([entry("mixed", "0000:5e:00.0", json!({"count": 4}))]),
            pool("mixed"),
            "the devices of intel.com/x have different drivers",
        ),
        (
            json!([entry("dpdk", "0000:5e:00.0", json!({"count": 4}))]),
            json!([{"resource": "intel.com/x", "isRdma": true, "from": [{"physicalFunction": "dpdk", "vfs": "0-1"}]}]),
            "vf 0-1 of `dpdk`: the pool has `isRdma`",
        ),
        (
            json!([{"name": "few", "match": {"pci": "0000:5e:00.0"}}]),
            json!([{"resource": "intel.com/x", "from": [{"physicalFunction": "few", "vfs": "3-5"}]}]),
            "vf 4-5 will not exist: `few` will have 4 on this host",
        ),
        (
            json!([]),
            json!([{"resource": "intel.com/x", "selectors": {"drivers": ["igb"]}}]),
            "intel.com/x would hand whole PFs to pods: 0000:01:00.1",
        ),
        (
            json!([]),
            json!([{"resource": "intel.com/x", "selectors": {"pciAddresses": ["0000:02:00.1"]}}]),
            "`0000:02:00.1` is of PCI class 01",
        ),
    ] {
        let (findings, _) = planned(pfs, pools);
        says(&findings.problems, message);
    }
}

#[test]
fn what_is_good_to_know_is_a_note() {
    for (pfs, pools, message) in [
        (
            json!([]),
            json!([{"resource": "intel.com/x", "selectors": {"drivers": ["ixgbevf"]}}]),
            "intel.com/x is empty on this host",
        ),
        (
            json!([]),
            json!([{"resource": "intel.com/x", "selectors": {"pciAddresses": ["0000:01:00.1"]}}]),
            "intel.com/x hands whole PFs to pods: 0000:01:00.1",
        ),
        (
            json!([]),
            json!([{"resource": "intel.com/x", "selectors": {"drivers": ["e1000e"]}}]),
            "intel.com/x hands devices without SR-IOV to pods: 0000:00:04.0",
        ),
        (
            json!([]),
            json!([
                {"resource": "intel.com/a", "selectors": {"drivers": ["iavf"]}},
                {"resource": "intel.com/x", "selectors": {"devices": ["154c"], "drivers": ["iavf", "vfio-pci"]}},
            ]),
            "0000:5e:02.2, 0000:5e:02.3 would fit intel.com/x, but intel.com/a comes first and takes it",
        ),
        (
            json!([{"name": "gone", "match": {"pci": "0000:99:00.0"}, "optional": true}]),
            json!([{"resource": "intel.com/x", "from": [{"physicalFunction": "gone"}]}]),
            "intel.com/x is not offered on this host",
        ),
        (
            json!([entry("port", "0000:01:00.0", json!({"count": 4}))]),
            json!([{"resource": "intel.com/x", "from": [{"physicalFunction": "port", "vfs": "0-1"}]}]),
            "vf 1 of `port`: the device plugin leaves it out of intel.com/x: an IPv4 default route",
        ),
        (
            json!([entry("rdma", "0000:c1:00.0", json!({"count": 4}))]),
            json!([{"resource": "intel.com/x", "isRdma": true, "from": [{"physicalFunction": "rdma"}]}]),
            "which cannot be known: isRdma: whether the VF will have an RDMA device shows only then",
        ),
    ] {
        let (findings, _) = planned(pfs, pools);
        assert_eq!(findings.problems, [], "{message}");
        says(&findings.notes, message);
    }
}

#[test]
fn a_host_without_pools_is_told_nothing_of_them() {
    let config = config(&json!([entry("port", "0000:01:00.1", json!({"count": 2}))]), &json!([]));
    let world: World = serde_json::from_str(LAB).unwrap();
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    let planned = plan(&[PlacedDocument { config: &config, place: &place }], &world, Options::default());
    assert!(planned.hosts.values().all(|host| host.findings.notes.is_empty()), "{planned:#?}");
}
