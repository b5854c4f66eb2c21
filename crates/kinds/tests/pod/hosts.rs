//! What the host of a pod tells of its VF.

use serde_json::{Value, json};
use vfctl_kinds::pod::{BreakReason, PodLinkKind, walk};
use vfctl_port::World;

use crate::cluster::{pod, well};

/// Returns the world of a cluster and its worker, whose one PF has this VF.
fn with_host(objects: &Value, vf: Value) -> World {
    let host = json!({
        "system": {"kernel": "6.12.0", "arguments": [], "iommu": {"groups": 1, "kinds": []}, "modules": []},
        "physicalFunctions": {"pci/0000:01:00.0": {"driver": "igb", "totalVfs": 7, "vfCount": 1,
            "properties": {"driversAutoprobe": "on"}, "vfs": {"0": vf}}},
        "links": {},
    });
    let cluster = json!({"objects": objects});
    let world = json!({"format": "vfctl.dev/facts/v1", "hosts": {"worker-1": host}, "cluster": cluster});
    serde_json::from_value(world).expect("facts")
}

#[test]
fn host_tells_whether_the_vf_is_still_there() {
    let vf = |more: Value| {
        let mut vf = json!({"pci": "0000:01:10.0", "driver": "igbvf", "attributes": {}});
        vf.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        vf
    };
    let on_host = json!({"netdev": {"name": "eth9", "mac": "02:00:00:00:00:01", "mtu": 1500, "up": false}});
    for (vf, reason, found) in [
        (vf(json!({})), None, "vf 0 of pci/0000:01:00.0 (0000:01:10.0, driver igbvf) as net1"),
        (vf(json!({"pci": "0000:01:10.2"})), Some(BreakReason::VfGone), "the host has no VF there"),
        (vf(on_host), Some(BreakReason::VfGone), "is on the host as eth9"),
    ] {
        let chain = walk(&with_host(&well(), vf), &[], &pod());
        assert_eq!(chain.first_trouble().and_then(|link| link.reason), reason, "{chain}");
        let link = chain.links.iter().find(|link| link.link == PodLinkKind::Vf).expect("a VF");
        assert!(link.found.contains(found), "{chain}");
    }
}

#[test]
fn vf_below_another_interface_stays_on_the_host() {
    let mut objects = well();
    let network = objects["network-attachment-definition default/tenant-a"]["content"]["spec"]
        .as_object_mut()
        .expect("a network");
    network.insert(
        "config".to_owned(),
        r#"{"cniVersion": "0.3.1", "type": "macvlan", "master": "eth9"}"#.into(),
    );
    let vf = json!({"pci": "0000:01:10.0", "driver": "igbvf", "attributes": {},
        "netdev": {"name": "eth9", "mac": "02:00:00:00:00:01", "mtu": 1500, "up": true}});
    let chain = walk(&with_host(&objects, vf), &[], &pod());
    let broken = chain.links.iter().find(|link| link.reason == Some(BreakReason::VfGone));
    assert!(broken.is_none(), "{chain}");
}
