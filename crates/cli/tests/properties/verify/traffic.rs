//! `verify --traffic`: who reaches whom, what is not tried, and that nothing is moved on old knowledge.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use vfctl_cli::Exit;
use vfctl_model::JsonValue;
use vfctl_port::{EdgeError, ObjectFacts, Observe, Observed, Scope, What};
use vfctl_state::Lock;

use super::{Place, RIGHT, SPEC};

#[test]
fn packets_tell_vlans_apart_and_what_is_offered_takes_no_part() {
    for (vlan, exit, word) in
        [(200, Exit::Done, "not reached: 0 of 3"), (100, Exit::Failed, "reached: 3 of 3 replies")]
    {
        let place = place_of_four();
        place.by_hand(&format!("set fast vf 2 vlan {vlan}"));
        place.by_hand(&format!("set fast vf 3 vlan {vlan}"));
        let (ended, said) = place.vfctl("verify -f host.yaml --traffic");
        assert_eq!(ended, exit, "{said}");
        assert!(said.contains(word) && said.contains("given back"), "{said}");
    }
}

#[test]
fn traffic_that_was_not_tried_is_not_verified() {
    let place = Place::new(RIGHT);
    let second = "    - {name: other, namespaces: [default], resource: example.com/net, vlan: 200}\n";
    fs::write(place.folder.path().join("two.yaml"), format!("{SPEC}{second}")).unwrap();
    let (exit, said) = place.vfctl("verify -f two.yaml --pod tenant,other --traffic --image i");
    assert_eq!(exit, Exit::Failed, "{said}");
    assert!(said.contains("traffic tenant,other") && said.contains("pass --pod tenant other"), "{said}");
    let default = SPEC.replace("namespaces: [default]", "defaultNetwork: true");
    fs::write(place.folder.path().join("default.yaml"), default).unwrap();
    let (exit, said) = place.vfctl("verify -f default.yaml --pod --traffic --image i");
    assert_eq!(exit, Exit::Failed, "{said}");
    assert!(said.contains("packets are not sent over a default network"), "{said}");
    let host = SPEC.split("  pools:").next().unwrap().replace("count: 2", "count: 1");
    fs::write(place.folder.path().join("host.yaml"), host).unwrap();
    let (exit, said) = place.vfctl("apply host.yaml --yes --only host --allow-disruption");
    assert_eq!(exit, Exit::Done, "{said}");
    let (exit, said) = place.vfctl("verify -f host.yaml --traffic");
    assert_eq!(exit, Exit::Failed, "{said}");
    assert!(said.contains("not compared: no two of its VFs are free"), "{said}");
}

/// Two VLANs with two VFs each.
fn four_vfs() -> String {
    let groups = "count: 4, groups: [{vfs: \"0-1\", vlan: 100}, {vfs: \"2-3\", vlan: 200}]";
    SPEC.split("  pools:").next().unwrap().replace("count: 2", groups)
}

/// Returns a host with four VFs in two VLANs, and `host.yaml` for it.
fn place_of_four() -> Place {
    let place = Place::new(RIGHT);
    fs::write(place.folder.path().join("host.yaml"), four_vfs()).unwrap();
    let (exit, said) = place.vfctl("apply host.yaml --yes --only host --allow-disruption");
    assert_eq!(exit, Exit::Done, "{said}");
    // The carrier comes back.
    place.scopes.settle();
    place
}

#[test]
fn traffic_waits_for_the_lock_of_apply() {
    let place = place_of_four();
    let lock = Lock::acquire(&place.folder.path().join("state")).unwrap();
    let (exit, said) = place.vfctl("verify -f host.yaml --traffic");
    assert_eq!(exit, Exit::Failed, "{said}");
    assert!(said.contains("lock"), "{said}");
    drop(lock);
    let (exit, said) = place.vfctl("verify -f host.yaml --traffic");
    assert_eq!(exit, Exit::Done, "{said}");
}

/// A host on which somebody changes a VF after it was read once.
struct Busy<'a> {
    place: &'a Place,
    reads: AtomicU32,
}

impl Observe for Busy<'_> {
    fn observe(&self, scope: &Scope, what: &What, limit: Duration) -> Result<Observed, EdgeError> {
        let is_whole = matches!((scope, what), (Scope::Host(_), What::Whole));
        if is_whole && self.reads.fetch_add(1, Ordering::Relaxed) == 1 {
            self.place.by_hand("vf-mtu fast vf 0 1400");
        }
        self.place.scopes.observe(scope, what, limit)
    }
}

#[test]
fn vfs_that_were_changed_meanwhile_are_left_alone() {
    let place = place_of_four();
    let busy = Busy { place: &place, reads: AtomicU32::new(0) };
    let (exit, said) = place.vfctl_seeing("verify -f host.yaml --traffic", &busy);
    assert_eq!(exit, Exit::Failed, "{said}");
    assert!(said.contains("its VFs were changed meanwhile"), "{said}");
    assert!(!said.contains("replies") && !said.contains("given back"), "{said}");
}

/// Says what comes of a pod by its network, the address that it adds and those that it tries; `deaf` networks hear nobody.
fn with_packets(pod: &ObjectFacts, deaf: &str) -> JsonValue {
    let script = pod.content.to_text();
    let network = if script.contains("\"tenant\"") { "tenant" } else { "other" };
    let mut message = "begin\nlink net1 02:00:00:00:00:01 1500 0x1003 1\n".to_owned();
    for line in script.split("\\n").filter_map(|line| line.strip_prefix("reach ")) {
        let (name, address) = line.split_once(' ').unwrap();
        // The first two addresses are of `tenant`.
        let target = if address.ends_with(".1") || address.ends_with(".2") { "tenant" } else { "other" };
        let received = if target == network && network != deaf { 3 } else { 0 };
        message.push_str(&format!("ping {name} 3 packets transmitted, {received} packets received\n"));
    }
    let look =
        json!({"name": "look", "state": {"terminated": {"exitCode": 0, "message": message + "end\n"}}});
    let status = json!([{"name": format!("default/{network}"), "interface": "net1"}]).to_string();
    let added = json!({
        "metadata": {"annotations": {"k8s.v1.cni.cncf.io/network-status": status}},
        "spec": {"nodeName": "a"},
        "status": {"phase": "Running", "initContainerStatuses": [look]},
    });
    serde_json::from_value(added).unwrap()
}

#[test]
fn silence_of_another_vlan_counts_only_if_both_reach_their_own() {
    let spec =
        format!("{SPEC}    - {{name: other, namespaces: [default], resource: example.com/net, vlan: 200}}\n");
    let spec = spec.replace("      ipam: {type: static, addresses: [{address: 10.0.0.5/24}]}\n", "");
    let said = |deaf: &'static str| {
        let place = Place::with_kubelet(Box::new(move |_, pod| Some(with_packets(pod, deaf))));
        fs::write(place.folder.path().join("two.yaml"), &spec).unwrap();
        let (_, said) = place.vfctl("verify -f two.yaml --pod tenant --traffic --image i");
        assert_eq!(place.pods(), 0, "{said}");
        said
    };
    let well = said("");
    assert!(well.contains("not reached: 0 of 3 replies, 3 lost  ok"), "{well}");
    let deaf = said("other");
    assert!(deaf.contains("not compared: default/vfctl-verify-"), "{deaf}");
    assert!(deaf.contains("was not reached in its own VLAN either"), "{deaf}");
    let deaf = said("tenant");
    assert!(deaf.contains("not compared: no pod reached default/vfctl-verify-"), "{deaf}");
}
