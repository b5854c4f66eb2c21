//! Drawings of hosts: what a plan does to each VF, which driver it has then, and how many there are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use serde_json::{Value, json};
use vfctl_kinds::document::{PlacedDocument, SriovConfig};
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_model::HostName;
use vfctl_plan::{Options, ScopePlan, plan};
use vfctl_port::World;
use vfctl_view::{Picture, Pool, Pools, svg};

/// Returns what is known of a port with these VFs, which have an address of the port's bus each.
fn port(bus: usize, total: usize, vfs: &[Value]) -> Value {
    let vf = |(index, more): (usize, &Value)| {
        let mut facts = json!({
            "pci": format!("0000:{bus:02x}:{:02x}.{}", 2 + index / 8, index % 8), "driver": "iavf",
            "attributes": {
                "macAddress": format!("02:00:00:00:{bus:02x}:{index:02x}"), "vlan": "none", "trust": "off",
                "spoofCheck": "on", "linkState": "auto", "queryRss": "not reported", "rate": "unlimited",
            },
        });
        facts.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (index.to_string(), facts)
    };
    let of_vfs: serde_json::Map<String, Value> = vfs.iter().enumerate().map(vf).collect();
    json!({
        "class": "0x020000", "driver": "i40e", "totalVfs": total, "vfCount": vfs.len(), "vfOffset": 16, "vfStride": 1,
        "vfDefaultDriver": "iavf", "vfs": of_vfs, "properties": {"driversAutoprobe": "on"},
        "netdev": {
            "name": format!("eth{bus}"), "mac": format!("02:00:00:00:00:{bus:02x}"), "mtu": 1500, "up": true,
            "carrier": true, "speed": 10000,
        },
    })
}

/// Returns the facts of a host with these ports, and the plan for it by what is wanted of the VFs of each.
fn planned(ports: &[(Value, Value)]) -> (World, HostName, ScopePlan) {
    let (mut of_host, mut wanted) = (serde_json::Map::new(), Vec::new());
    for (bus, (port, vfs)) in ports.iter().enumerate() {
        let address = format!("0000:{bus:02x}:00.0");
        wanted.push(json!({"name": format!("port-{bus}"), "match": {"pci": address}, "vfs": vfs}));
        of_host.insert(format!("pci/{address}"), port.clone());
    }
    let spec = json!({
        "apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "test"},
        "spec": {"physicalFunctions": wanted},
    });
    let facts = json!({"format": "vfctl.dev/facts/v1", "hosts": {"lab": {
        "system": {
            "kernel": "6.12.0", "arguments": [], "iommu": {"groups": 9, "kinds": ["identity"]},
            "modules": ["vfio_pci", "iavf"],
        },
        "physicalFunctions": of_host, "links": {},
    }}});
    let config: SriovConfig = serde_json::from_value(spec).unwrap();
    let world: World = serde_json::from_value(facts).unwrap();
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    let whole = plan(&[PlacedDocument { config: &config, place: &place }], &world, Options::default());
    let (name, plan) = whole.hosts.into_iter().next().expect("a plan");
    let problems: Vec<_> = plan.lanes().flat_map(|(_, lane)| &lane.findings.problems).collect();
    assert!(problems.is_empty() && !plan.is_blocked() && !plan.is_empty(), "{problems:#?}");
    (world, name, plan)
}

/// Draws a host once it is as planned.
fn drawn(ports: &[(Value, Value)]) -> String {
    let (world, name, plan) = planned(ports);
    let host = world.hosts.get(&name).expect("the host");
    svg(&[Picture::of(&name, host, Some(&plan), Pools::Known(Vec::new()))])
}

/// Returns what is said of each VF, in order.
fn said(drawing: &str) -> Vec<&str> {
    drawing.split("<title>VF ").skip(1).map(|part| part.split('<').next().unwrap_or_default()).collect()
}

#[test]
fn a_picture_says_what_a_plan_does_to_each_vf() {
    let none = || json!({});
    let used = || json!({"uses": [{"use": "namespace", "name": "tenant"}]});
    let changed = (
        port(0, 8, &[used(), none(), none(), json!({"driver": "vfio-pci"})]),
        json!({"groups": [{"vfs": "1", "trust": "on"}, {"vfs": "2", "driver": "vfio-pci"}, {"vfs": "3", "driver": "default"}]}),
    );
    let remade = (
        port(1, 8, &[used(), none(), none()]),
        json!({"count": 2, "groups": [{"vfs": "1", "driver": "vfio-pci"}]}),
    );
    let made = (port(2, 8, &[]), json!({"count": 1}));
    let drawing = drawn(&[changed, remade, made]);
    let expected = [
        "0: unchanged, driver iavf, in use",
        "1: changed, driver iavf",
        "2: changed, driver vfio-pci",
        "3: changed, driver iavf",
        "0: destroyed and made again, driver iavf, its user is disrupted",
        "1: destroyed and made again, driver vfio-pci",
        "2: removed, driver iavf",
        "0: new",
    ];
    assert_eq!(said(&drawing), expected, "{drawing}");
    for count in [
        "4 of 8 VFs",
        "3 → 2 of 8 VFs, 2 destroyed and made again, 1 removed, 1 user disrupted.",
        "0 → 1 of 8 VFs, 1 new.",
    ] {
        assert!(drawing.contains(count), "{count} is missing in\n{drawing}");
    }
}

#[test]
fn without_a_plan_every_vf_is_unchanged() {
    let (world, name, _) = planned(&[(port(0, 8, &[json!({}), json!({})]), json!({"count": 0}))]);
    let host = world.hosts.get(&name).expect("the host");
    let drawing = svg(&[Picture::of(&name, host, None, Pools::Known(Vec::new()))]);
    assert_eq!(said(&drawing), ["0: unchanged, driver iavf", "1: unchanged, driver iavf"]);
    assert!(drawing.contains("2 of 8 VFs.") && !drawing.contains("Pools cannot"), "{drawing}");
}

#[test]
fn the_description_counts_what_is_not_drawn() {
    let made = drawn(&[(port(0, 128, &[]), json!({"count": 128}))]);
    assert_eq!((said(&made).len(), made.contains("0 → 128 of 128 VFs, 128 new.")), (64, true), "{made}");
    let used: Vec<Value> =
        (0..20).map(|vf| json!({"uses": [{"use": "namespace", "name": format!("tenant-{vf}")}]})).collect();
    let removed = drawn(&[(port(0, 128, &used), json!({"count": 0}))]);
    assert!(removed.contains("20 → 0 of 128 VFs, 20 removed, 20 users disrupted."), "{removed}");
    assert!(removed.contains("… and 4 more users"), "{removed}");
}

#[test]
fn pools_that_cannot_be_predicted_are_a_note_and_not_none() {
    let (world, name, plan) = planned(&[(port(0, 8, &[]), json!({"count": 1}))]);
    let host = world.hosts.get(&name).expect("the host");
    let why = format!("the plugin ends: <b>{}", "x".repeat(900));
    let drawing = svg(&[Picture::of(&name, host, Some(&plan), Pools::Unknown(why))]);
    assert!(drawing.contains("Pools cannot be predicted: the plugin ends:"), "{drawing}");
    assert!(drawing.contains(">Pools cannot be predicted: the plugin</text>"), "{drawing}");
    assert!(!drawing.contains("<b>"), "{drawing}");
    let known = svg(&[Picture::of(&name, host, Some(&plan), Pools::Known(Vec::new()))]);
    assert!(!known.contains(">Pools") && !known.contains("Pools cannot"), "{known}");
}

#[test]
fn no_text_of_a_drawing_is_wider_than_its_box_whatever_others_call_things() {
    let long = format!("<b>\n|`{}", "w".repeat(300));
    let used = json!({"uses": [{"use": "namespace", "name": long}, {"use": "pod", "pod": long}]});
    let (world, _, plan) = planned(&[(port(0, 8, &[used]), json!({"count": 2}))]);
    let host = world.hosts.into_values().next().expect("the host");
    let name: HostName = "&".repeat(253).parse().expect("a name");
    let devices = ["0000:00:02.0".parse().expect("an address")].into();
    let pool = Pool { resource: long.clone(), devices, networks: vec![long.clone()] };
    for pools in [Pools::Known(vec![pool]), Pools::Unknown(long)] {
        let drawing = svg(&[Picture::of(&name, &host, Some(&plan), pools)]);
        for text in drawing.split("<text ").skip(1) {
            let (_, text) = text.split_once('>').expect("a text");
            let (text, _) = text.split_once("</text>").expect("its end");
            assert!(!text.contains(['<', '>', '"']), "{text}");
            let shown = text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
            assert!(shown.chars().count() <= 80, "{shown}");
        }
    }
}
