//! What is said of ports that are no common network cards, one kind after another: each with its own fix, and without a link
//! none that could go down.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has found something")]

use serde_json::{Value, json};
use vfctl_kinds::document::{PlacedDocument, SriovConfig};
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_kinds::step::Impact;
use vfctl_plan::{Options, Plan, check, plan};
use vfctl_port::{Property, World};

/// Returns the plan for one port, by what is wanted of its VFs and what is known of it.
fn planned(vfs: &Value, port: Value) -> Plan {
    planned_for(json!({"pci": "0000:01:00.0"}), vfs, port)
}

/// Returns the plan for the port that these terms match.
fn planned_for(terms: Value, vfs: &Value, port: Value) -> Plan {
    let spec = json!({
        "apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "test"},
        "spec": {"physicalFunctions": [{"name": "port", "match": terms, "vfs": vfs}]}
    });
    let mut facts = json!({"totalVfs": 8, "vfCount": 0, "vfOffset": 16, "vfStride": 1, "vfs": {}});
    facts.as_object_mut().unwrap().extend(port.as_object().unwrap().clone());
    let world = json!({"format": "vfctl.dev/facts/v1", "hosts": {"lab": {
        "system": {"kernel": "6.12.0", "arguments": [], "iommu": {"groups": 1, "kinds": []}, "modules": []},
        "physicalFunctions": {"pci/0000:01:00.0": facts},
        "links": {}
    }}});
    let config: SriovConfig = serde_json::from_value(spec).unwrap();
    let world: World = serde_json::from_value(world).unwrap();
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    plan(&[PlacedDocument { config: &config, place: &place }], &world, Options::default())
}

/// Returns every problem of a plan with its fix.
fn problems(plan: &Plan) -> Vec<(String, String)> {
    let lanes = plan.hosts.values().flat_map(|host| host.lanes());
    let problems = lanes.flat_map(|(_, lane)| &lane.findings.problems);
    problems.map(|problem| (problem.message.clone(), problem.help.clone().unwrap_or_default())).collect()
}

#[track_caller]
fn says(plan: &Plan, message: &str, fix: &str) {
    let problems = problems(plan);
    let is_said = |(said, help): &(String, String)| said.contains(message) && help.contains(fix);
    assert!(problems.iter().any(is_said), "{message:?}, {fix:?} are not among {problems:#?}");
}

/// One VF that is there.
fn with_vf(class: &str, driver: Option<&str>, attributes: Value) -> Value {
    let vf = json!({"pci": "0000:01:02.0", "attributes": attributes});
    json!({"class": class, "driver": driver, "vfCount": 1, "vfs": {"0": vf}})
}

fn interface(name: &str) -> Value {
    json!({"name": name, "mac": "02:00:00:00:00:01", "mtu": 1500, "up": true, "carrier": true, "speed": 25000})
}

#[test]
fn each_reason_for_no_interface_has_words_and_a_fix_of_its_own() {
    let cases = [
        ("020000", None, "has no driver", "bind the PF to its network driver"),
        ("020000", Some("igb"), "cannot be seen from here", "ip netns exec"),
        ("030000", Some("i915"), "is not a network card (PCI class 0x030000)", "take the VF attributes out"),
        ("030000", Some("xe"), "is not a network card (PCI class 0x030000)", "take the VF attributes out"),
        ("0b4000", Some("4xxx"), "is not a network card (PCI class 0x0b4000)", "take the VF attributes out"),
        (
            "120000",
            Some("acc100"),
            "is not a network card (PCI class 0x120000)",
            "take the VF attributes out",
        ),
        ("010802", Some("nvme"), "is not a network card (PCI class 0x010802)", "take the VF attributes out"),
        ("020700", Some("mlx5_core"), "is an InfiniBand port", "set the port to Ethernet"),
        ("020000", Some("vfio-pci"), "driven from user space, by vfio-pci", "to its network driver"),
        ("020000", Some("uio_pci_generic"), "driven from user space, by uio_pci_generic", "to its network"),
        ("020000", Some("igb_uio"), "driven from user space, by igb_uio", "to its network driver"),
        ("020000", Some("pci-pf-stub"), "driven from user space, by pci-pf-stub", "to its network driver"),
    ];
    let wish = json!({"groups": [{"vfs": "0", "vlan": 5}]});
    for (class, driver, message, fix) in cases {
        let plan = planned(&wish, with_vf(class, driver, json!({})));
        says(&plan, message, fix);
        assert_eq!(problems(&plan).len(), 1, "{class} {driver:?}: {:#?}", problems(&plan));
    }
}

#[test]
fn interface_that_comes_with_vfs_is_not_looked_for_elsewhere() {
    let wish = json!({"count": 2, "all": {"vlan": 5}});
    let plan = planned(&wish, json!({"class": "020000", "driver": "cxgb4"}));
    says(&plan, "cxgb4 creates one with the first VFs", "apply the count without the VF attributes first");
    let there = planned(&json!({"count": 2}), json!({"class": "020000", "driver": "cxgb4"}));
    assert_eq!((problems(&there), check(&there)), (Vec::new(), Ok(())));
}

#[test]
fn device_without_a_link_has_none_that_could_go_down() {
    let cases = [
        ("030000", "i915"),
        ("0b4000", "somebodys_driver"),
        ("120000", "acc100"),
        ("010802", "nvme"),
        ("020700", "ib_driver"),
        ("020000", "pci-pf-stub"),
    ];
    for (class, driver) in cases {
        for (count, now) in [(8, 0), (0, 1)] {
            let port = match now {
                0 => json!({"class": class, "driver": driver}),
                _ => with_vf(class, Some(driver), json!({})),
            };
            let plan = planned(&json!({"count": count}), port);
            assert_eq!((problems(&plan), check(&plan)), (Vec::new(), Ok(())), "{class} {driver}");
            let steps: Vec<_> = plan.hosts.values().flat_map(|host| host.steps()).collect();
            assert!(!steps.is_empty(), "{class} {driver}");
            for step in steps {
                let of_link = [Property::Carrier, Property::AdminState, Property::Mtu];
                assert!(!of_link.contains(&step.property), "{class} {driver}: {step:?}");
                assert!(step.requires.iter().all(|claim| !of_link.contains(&claim.property)), "{driver}");
                assert!(step.impact != Impact::FlapsLink && step.victims.is_empty(), "{driver}: {step:?}");
            }
        }
    }
}

#[test]
fn driver_that_makes_vfs_otherwise_than_asked_is_told_with_what_helps() {
    let cases = [
        ("0b4000", "c6xx", "creates either all 8 VFs of the device or none", "ask for 8"),
        ("020000", "mlx4_core", "by the parameter num_vfs", "options mlx4_core num_vfs=3"),
        ("020000", "sfc_siena", "by the parameter max_vfs", "options sfc_siena max_vfs=3"),
        ("020000", "enic", "as many as the card's settings say", "with the vendor's tool"),
        ("020000", "uio_pci_generic", "uio_pci_generic, cannot create VFs", "vfio-pci with enable_sriov=1"),
        ("020000", "igb_uio", "igb_uio, cannot create VFs", "pci-pf-stub"),
    ];
    for (class, driver, message, fix) in cases {
        says(&planned(&json!({"count": 3}), json!({"class": class, "driver": driver})), message, fix);
    }
    let all = planned(&json!({"count": 8}), json!({"class": "0b4000", "driver": "c6xx"}));
    assert_eq!((problems(&all), check(&all)), (Vec::new(), Ok(())));
}

#[test]
fn what_a_driver_would_drop_or_never_show_is_refused() {
    let cases = [
        ("qede", json!({"vlan": {"id": 5, "qos": 3}}), "does not support VLAN priorities"),
        ("sfc", json!({"vlan": {"id": 5, "qos": 3}}), "does not support VLAN priorities"),
        ("ionic", json!({"vlan": {"id": 5, "qos": 3}}), "does not support VLAN priorities"),
        ("bnxt_en", json!({"vlan": {"id": 0, "qos": 3}}), "only together with a VLAN id"),
        ("qede", json!({"rate": {"max": 0}}), "cannot take a limit away again"),
        ("nfp", json!({"rate": {"max": 65535}}), "supports only rates below 65535 Mbit/s"),
        ("netdevsim", json!({"rate": {"max": 70000}}), "supports only rates below 65536 Mbit/s"),
        ("mlx4_core", json!({"rate": {"min": 5, "max": 10}}), "has no guaranteed rate"),
        ("sfc", json!({"spoofCheck": "on"}), "the driver does not report spoofCheck"),
        ("sfc", json!({"spoofCheck": "off"}), "the driver does not report spoofCheck"),
        ("enic", json!({"macAddress": "02:00:00:00:00:09"}), "the driver does not report macAddress"),
        ("sfc_ef100", json!({"vlan": 5}), "does not support it"),
    ];
    for (driver, attributes, message) in cases {
        let mut port = with_vf("020000", Some(driver), json!({}));
        port["netdev"] = interface("eth0");
        let mut group = attributes.clone();
        group["vfs"] = json!("0");
        says(&planned(&json!({"groups": [group]}), port), message, "");
    }
}

#[test]
fn guarantee_that_is_counted_against_a_link_without_carrier_is_refused() {
    let wish = json!({"groups": [{"vfs": "0", "rate": {"min": 100, "max": 200}}]});
    let mut port = with_vf("020000", Some("ice"), json!({"rate": "max 0"}));
    port["netdev"] = interface("eth0");
    assert_eq!(problems(&planned(&wish, port.clone())), Vec::new());
    port["netdev"]["carrier"] = json!(false);
    says(&planned(&wish, port), "the PF has no carrier", "connect the port");
}

#[test]
fn vf_of_bnxt_is_given_its_address_before_its_driver_starts() {
    let zero = json!({"macAddress": "00:00:00:00:00:00"});
    let mut port = with_vf("020000", Some("bnxt_en"), zero);
    port["netdev"] = interface("eth0");
    port["vfs"]["0"]["driver"] = json!("bnxt_en");
    let plan = planned(&json!({"groups": [{"vfs": "0", "macAddress": "02:00:00:00:00:09"}]}), port);
    let changed: Vec<Property> =
        plan.hosts.values().flat_map(|host| host.steps()).map(|s| s.property).collect();
    assert!(changed.contains(&Property::Driver), "{changed:?}: {:?}", problems(&plan));
}

#[test]
fn port_of_several_is_named_for_what_only_a_port_can_have() {
    let mut port = with_vf("020000", Some("mlx4_core"), json!({"vlan": "none"}));
    port["netdev"] = interface("eth0");
    port["otherInterfaces"] = json!(["eth1"]);
    let wish = json!({"groups": [{"vfs": "0", "vlan": 5}]});
    let by = |terms: Value, wish: &Value| planned_for(terms, wish, port.clone());
    let first = by(json!({"interface": "eth0"}), &wish);
    assert_eq!((problems(&first), check(&first)), (Vec::new(), Ok(())));
    let other = by(json!({"interface": "eth1"}), &wish);
    says(&other, "eth1 and eth0 are ports of one device", "match by `interface: eth0`");
    let unnamed = by(json!({"pci": "0000:01:00.0"}), &wish);
    says(&unnamed, "the device has several ports, eth0 and eth1", "match by `interface: eth0`");
    // What is of the device and its functions needs no port.
    let drivers = json!({"groups": [{"vfs": "0", "driver": "none"}]});
    for terms in [json!({"interface": "eth1"}), json!({"driver": "mlx4_core"})] {
        assert_eq!(problems(&by(terms, &drivers)), Vec::new());
    }
}
