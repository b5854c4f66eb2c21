//! Ports that cannot have everything: what `init` refuses it refuses with the words of `plan`, and what it writes can be planned.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::vfctl;

/// A folder with the facts of a port.
struct Port {
    folder: TempDir,
}

/// A port of E810 without VFs, but for what is changed; `null` removes a fact.
fn port(changes: Value) -> Port {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/dpdk-e810/facts.json");
    let mut facts: Value = serde_json::from_str(&fs::read_to_string(example).unwrap()).unwrap();
    let ports = facts["hosts"]["upf-1"]["physicalFunctions"].as_object_mut().unwrap();
    ports.remove("pci/0000:17:00.1");
    let port = ports["pci/0000:17:00.0"].as_object_mut().unwrap();
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(port.remove(key)),
            value => drop(port.insert(key.clone(), value.clone())),
        }
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("facts.json"), facts.to_string()).unwrap();
    Port { folder }
}

impl Port {
    fn init(&self, more: &[&str]) -> (i32, String, String) {
        let words = [&["init", "17:00.0", "--facts", "facts.json"], more].concat();
        vfctl(self.folder.path(), &words)
    }

    /// Plans for a spec.
    fn plan(&self, spec: &str) -> (i32, String) {
        fs::write(self.folder.path().join("spec.yaml"), spec).unwrap();
        let (code, out, said) = vfctl(self.folder.path(), &["plan", "spec.yaml", "--facts", "facts.json"]);
        // A line that is too long for a plan goes on in the next.
        (code, format!("{out}{said}").split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Asserts that `init` writes a spec that can be planned.
    fn is_planned(&self, more: &[&str]) -> String {
        let (code, spec, said) = self.init(more);
        assert_eq!(code, 0, "{said}");
        let (code, text) = self.plan(&spec);
        assert!(code == 0 || code == 2, "{spec}\n{text}");
        spec
    }

    /// Asserts that `init` refuses with this cause, and that `plan` says the same of a spec with these VFs.
    fn is_refused(&self, more: &[&str], cause: &str, vfs: &str) {
        let (code, out, said) = self.init(more);
        assert_eq!((code, out.as_str()), (1, ""), "{said}");
        assert!(said.starts_with("error: failed to write a spec "), "{said}");
        assert!(said.contains(&format!(": {cause}\n  fix: ")), "{said}");
        let matcher = r#"{pci: "0000:17:00.0"}"#;
        let spec = format!(
            "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: a}}\nspec:\n  \
             physicalFunctions:\n    - {{name: a, match: {matcher}, vfs: {vfs}}}\n"
        );
        let (code, text) = self.plan(&spec);
        assert!(code == 1 && text.contains(cause), "{text}");
    }
}

/// An accelerator, which has no interface.
fn accelerator(driver: &str) -> Value {
    json!({"class": "0x0b4000", "driver": driver, "totalVfs": 16, "netdev": null, "properties": {}})
}

#[test]
fn driver_that_makes_all_vfs_or_none_is_asked_for_all() {
    let port = port(accelerator("4xxx"));
    assert!(port.is_planned(&[]).contains("count: 16"));
    port.is_planned(&["--count", "16"]);
    let cause = "4xxx creates either all 16 VFs of the device or none";
    port.is_refused(&["--count", "8"], cause, "{count: 8}");
}

#[test]
fn count_that_nothing_creates_is_refused() {
    let by_parameter = "creates its VFs when its module is loaded, by the parameter num_vfs";
    let by_card = "creates its VFs when it binds to the card, as many as the card's settings say";
    for (changes, cause) in [
        (json!({"driver": "mlx4_core"}), format!("mlx4_core {by_parameter}")),
        (json!({"driver": "enic"}), format!("enic {by_card}")),
        (
            json!({"driver": "pci-stub", "netdev": null}),
            "the PF's driver, pci-stub, cannot create VFs".to_owned(),
        ),
        (json!({"driver": null, "netdev": null}), "the PF has no driver".to_owned()),
        (json!({"totalVfs": 0}), "device and driver offer no VFs".to_owned()),
        (json!({"totalVfs": null}), "how many VFs the device offers could not be read".to_owned()),
    ] {
        let port = port(changes);
        port.is_refused(&[], &cause, "{count: 8}");
        port.is_refused(&["--count", "4"], &cause, "{count: 4}");
    }
}

#[test]
fn vfs_that_are_there_are_written_whatever_created_them() {
    let vfs = json!({"0": {"pci": "0000:17:01.0", "attributes": {}}, "1": {"pci": "0000:17:01.1", "attributes": {}}});
    let port = port(json!({"driver": "mlx4_core", "vfCount": 2, "vfs": vfs}));
    assert!(port.is_planned(&[]).contains("count: 2"));
    assert_eq!(port.init(&["--count", "3"]).0, 1);
}

#[test]
fn attribute_that_the_port_cannot_set_is_refused_and_not_left_out() {
    let no_card = "the PF is not a network card (PCI class 0x0b4000) and has no interface";
    let user_space = "the PF is driven from user space, by vfio-pci, and has no interface";
    let infiniband =
        "the PF is an InfiniBand port; this version sets only the count and the driver of its VFs";
    let with_vfs = "the PF has no interface yet: cxgb4 creates one with the first VFs";
    let switchdev = "driver mlx5_core does not support it in switchdev mode: there the VLAN belongs to the bridge of the VF's \
                     representor";
    let lane = |driver: &str| json!({"driver": driver, "netdev": null});
    for (changes, cause) in [
        (accelerator("4xxx"), no_card),
        (lane("vfio-pci"), user_space),
        (json!({"driver": "mlx5_core", "class": "0x020700", "netdev": null}), infiniband),
        (lane("cxgb4"), with_vfs),
        (json!({"driver": "sfc_ef100"}), "driver sfc_ef100 does not support it"),
        (json!({"driver": "mlx5_core", "properties": {"eswitchMode": "switchdev"}}), switchdev),
    ] {
        let count = if cause == no_card { 16 } else { 8 };
        let port = port(changes);
        port.is_planned(&[]);
        port.is_refused(&["--vlan", "100"], cause, &format!("{{count: {count}, all: {{vlan: 100}}}}"));
        if cause != switchdev {
            let mac = "{count: 1, all: {macAddress: {first: \"02:00:17:00:00:01\"}}}";
            let mac = mac.replace("count: 1", &format!("count: {count}"));
            port.is_refused(&["--mac", "02:00:17:00:00:01"], cause, &mac);
        }
    }
}

#[test]
fn driver_that_plan_refuses_is_refused() {
    let port = port(json!({}));
    port.is_planned(&["--driver", "iavf"]);
    let cause = "ice is the driver of the port; its VFs take iavf";
    port.is_refused(&["--driver", "ice"], cause, "{count: 8, all: {driver: ice}}");
}

#[test]
fn names_are_those_of_discover() {
    for (interface, name) in [("ens1f0np0", "ens1f0np0"), ("_x", "pf-x"), ("端口", "pf--"), ("A.1", "a-1")]
    {
        let facts =
            json!({"name": interface, "mac": "b4:96:91:d2:0c:10", "mtu": 1500, "up": true, "carrier": true});
        let port = port(json!({"netdev": facts}));
        let spec = port.is_planned(&[]);
        let (_, found, said) =
            vfctl(port.folder.path(), &["discover", "-o", "spec", "--facts", "facts.json"]);
        for text in [&spec, &found] {
            let is_named = |line: &&str| line.trim_start().starts_with("- name: ");
            let line = text.lines().find(is_named).unwrap_or_else(|| panic!("{text}{said}"));
            assert_eq!(line.trim_start().trim_start_matches("- name: ").trim_matches('"'), name);
        }
    }
}
