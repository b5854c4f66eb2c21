//! Which hosts have equal plans: those whose changes are equal in full, however much of them is shown.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has found something")]

use serde_json::{Value, json};
use vfctl_kinds::document::{PlacedDocument, SriovConfig};
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_plan::{Detail, Groups, Options, Plan, ScopeRows, plan, render};
use vfctl_port::{Scope, World};

/// How many VFs each host has.
const VFS: usize = 64;

/// Returns what is known of a host whose VFs have these attributes.
fn host(attributes: impl Fn(usize) -> Value) -> Value {
    let vf = |index: usize| {
        let mut all = json!({
            "macAddress": format!("02:00:00:00:01:{index:02x}"), "vlan": "none", "trust": "on", "spoofCheck": "on",
            "linkState": "auto", "queryRss": "not reported", "rate": "unlimited",
        });
        all.as_object_mut().unwrap().extend(attributes(index).as_object().unwrap().clone());
        let (device, function) = (2 + index / 8, index % 8);
        let facts =
            json!({"pci": format!("0000:01:{device:02x}.{function}"), "driver": "iavf", "attributes": all});
        (index.to_string(), facts)
    };
    let vfs: serde_json::Map<String, Value> = (0..VFS).map(vf).collect();
    json!({
        "system": {"kernel": "6.12.0", "arguments": [], "iommu": {"groups": 1, "kinds": []}, "modules": []},
        "physicalFunctions": {"pci/0000:01:00.0": {
            "class": "0x020000", "driver": "i40e", "totalVfs": 64, "vfCount": VFS, "vfOffset": 16, "vfStride": 1, "vfs": vfs,
            "vfDefaultDriver": "iavf",
            "netdev": {
                "name": "eth0", "mac": "02:00:00:00:00:01", "mtu": 1500, "up": true, "carrier": true, "speed": 10000,
            },
        }},
        "links": {},
    })
}

/// Returns the plan for hosts by their names, each by what is wanted of its VFs.
fn planned(hosts: &[(&str, Value, &Value)]) -> Plan {
    let spec = |(name, _, vfs): &(&str, Value, &Value)| {
        let spec = json!({
            "apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "test"},
            "spec": {
                "nodes": {"names": [name]},
                "physicalFunctions": [{"name": "port", "match": {"pci": "0000:01:00.0"}, "vfs": vfs}],
            },
        });
        serde_json::from_value(spec).unwrap()
    };
    let configs: Vec<SriovConfig> = hosts.iter().map(spec).collect();
    let hosts: serde_json::Map<String, Value> =
        hosts.iter().map(|(name, host, _)| ((*name).to_owned(), host.clone())).collect();
    let world: World =
        serde_json::from_value(json!({"format": "vfctl.dev/facts/v1", "hosts": hosts})).unwrap();
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    let documents: Vec<PlacedDocument<'_>> =
        configs.iter().map(|config| PlacedDocument { config, place: &place }).collect();
    plan(&documents, &world, Options::default())
}

/// Returns the rows of each host's plan, and how many groups the hosts are.
fn grouped(plan: &Plan, detail: Detail) -> (Vec<Vec<String>>, usize) {
    let mut groups = Groups::default();
    let rows = plan.hosts.iter().map(|(name, plan)| {
        let rows = ScopeRows::of(&Scope::Host(name.clone()), plan, detail);
        groups.add(name, &rows);
        rows.rows.iter().map(vfctl_plan::Row::text).collect()
    });
    (rows.collect(), groups.iter().count())
}

/// Checks that hosts whose plans are shown alike in short are still told apart.
#[track_caller]
fn are_told_apart((a, of_a): (Value, &Value), (b, of_b): (Value, &Value)) {
    let plan = planned(&[("a", a.clone(), of_a), ("b", b, of_b), ("c", a, of_a)]);
    let (rows, groups) = grouped(&plan, Detail::Short);
    assert_eq!(rows.first(), rows.get(1), "shown alike");
    let is_short = |row: &String| row.contains('…') || row.contains("different");
    assert!(rows.iter().flatten().any(is_short), "{rows:#?}");
    assert_eq!((groups, grouped(&plan, Detail::Verbose).1), (2, 2), "{rows:#?}");
    let text = render(&plan, Detail::Short);
    assert!(text.contains("\n2 hosts like a: a, c\n") && text.contains("\nhost b: test\n"), "{text}");
}

#[test]
fn sets_of_vfs_that_differ_in_the_middle_are_different_plans() {
    let drifted = |odd: usize| {
        host(move |index| json!({"trust": if index % 2 == 0 || index == odd { "off" } else { "on" }}))
    };
    let wish = json!({"all": {"trust": "on"}});
    are_told_apart((drifted(33), &wish), (drifted(35), &wish));
}

#[test]
fn old_values_that_differ_in_the_middle_are_different_plans() {
    let tagged = |middle: usize| {
        host(move |index| json!({"vlan": if index == 30 { middle } else { 100 + index }.to_string()}))
    };
    let wish = json!({"all": {"vlan": 5}});
    are_told_apart((tagged(130), &wish), (tagged(999), &wish));
}

#[test]
fn new_values_that_differ_in_the_middle_are_different_plans() {
    let wish = |middle: usize| {
        let vlan = |vf: usize| if vf == 30 { middle } else { 100 + vf };
        let groups: Vec<Value> =
            (0..VFS).map(|vf| json!({"vfs": vf.to_string(), "vlan": vlan(vf)})).collect();
        json!({"groups": groups})
    };
    are_told_apart((host(|_| json!({})), &wish(130)), (host(|_| json!({})), &wish(999)));
}

#[test]
fn hosts_with_equal_changes_are_one_group_in_every_detail() {
    let drifted = || host(|index| json!({"trust": if index % 3 == 0 { "off" } else { "on" }}));
    let wish = json!({"all": {"trust": "on"}});
    let plan = planned(&["a", "b", "c"].map(|name| (name, drifted(), &wish)));
    for detail in [Detail::Short, Detail::Allowed, Detail::Verbose] {
        assert_eq!(grouped(&plan, detail).1, 1);
    }
}
