//! One case for each reason.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vfctl_kinds::pod::{BreakReason, LinkState, PodLinkKind, pod_trouble};
use vfctl_model::ObjectKind;
use vfctl_port::World;

use crate::cluster::{NETWORKS, chain, event, facts, node, pod, starting, user, waiting, well};
use crate::node_cases::node_cases;

/// A cluster, which link of the pod is the first that is broken, why, and what is said of it.
pub(crate) type Case = (Value, PodLinkKind, BreakReason, &'static str);

/// Returns a cluster with this changed in it.
pub(crate) fn with(mut objects: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut objects);
    objects
}

fn without(objects: Value, name: &str) -> Value {
    with(objects, |objects| {
        objects.as_object_mut().expect("objects").remove(name);
    })
}

/// Puts a value at a path.
fn set(objects: &mut Value, path: &str, value: Value) {
    *objects.pointer_mut(path).expect(path) = value;
}

fn networks(objects: Value, text: &str) -> Value {
    with(objects, |objects| set(objects, NETWORKS, json!(text)))
}

const WORKER: &str = "node worker-1";
const LABEL: &str = "vfctl.dev/device-plugin";
const MAP: &str = "configmap kube-system/vfctl-device-plugin";
const PLUGIN: &str = "pod kube-system/vfctl-device-plugin-x";
pub(crate) const NETWORK: &str = "network-attachment-definition default/tenant-a";

/// Returns a cluster whose worker does not know the resource, while the pod waits.
fn not_offered() -> Value {
    with(waiting("0/1 nodes are available: 1 Insufficient example.com/net."), |objects| {
        objects[WORKER]["content"]["status"]["allocatable"] = json!({"cpu": "8"});
    })
}

fn label(objects: Value, value: Option<&str>) -> Value {
    with(objects, |objects| match value {
        Some(value) => objects[WORKER]["content"]["metadata"]["labels"][LABEL] = json!(value),
        None => {
            objects[WORKER]["content"]["metadata"]["labels"].as_object_mut().expect("labels").remove(LABEL);
        }
    })
}

fn sandbox(text: &str) -> Value {
    let message = format!("Failed to create pod sandbox: rpc error: code = Unknown desc = x: {text}");
    starting(Some(("FailedCreatePodSandBox", &message)))
}

fn networks_cases() -> Vec<Case> {
    use BreakReason as Why;
    use PodLinkKind as At;
    vec![
        (without(well(), "pod default/a"), At::Pod, Why::NoSuchPod, "no pod of this name"),
        (
            with(well(), |objects| objects["pod default/a"]["isGoing"] = json!(true)),
            At::Pod,
            Why::Terminating,
            "told to end",
        ),
        (
            with(well(), |objects| {
                objects["pod default/a"]["content"]["status"]["phase"] = json!("Succeeded")
            }),
            At::Pod,
            Why::Ended,
            "its VFs are free again",
        ),
        (
            with(networks(well(), ""), |objects| {
                objects["pod default/a"]["content"]["spec"]["containers"] = json!([{"name": "c"}]);
            }),
            At::Request,
            Why::NothingRequested,
            "names no networks",
        ),
        (
            networks(well(), r#"[{"name": "tenant-a""#),
            At::Annotation,
            Why::InvalidAnnotation,
            "it is not JSON",
        ),
        (
            networks(well(), "tenant-a,,"),
            At::Annotation,
            Why::InvalidAnnotation,
            "entry 2 of the list is empty",
        ),
        (networks(well(), "tenant-b"), At::Network, Why::NoSuchNetwork, "it has tenant-a"),
        (networks(well(), "prod/tenant-a"), At::Network, Why::NoSuchNetwork, "namespace prod has no"),
        (
            with(well(), |objects| objects[NETWORK]["content"]["metadata"] = json!({})),
            At::Network,
            Why::InvalidNetwork,
            "given no VF",
        ),
        (
            with(well(), |objects| objects[NETWORK]["content"]["spec"]["config"] = json!("{")),
            At::Network,
            Why::InvalidNetwork,
            "not a CNI configuration",
        ),
        (
            with(starting(None), |objects| {
                objects["pod default/a"]["content"]["spec"]["containers"] = json!([{"name": "c"}]);
            }),
            At::Request,
            Why::ResourceNotRequested,
            "no container of the pod requests it",
        ),
        (
            with(networks(starting(None), "tenant-a, tenant-b"), |objects| {
                objects["network-attachment-definition default/tenant-b"] = objects[NETWORK].clone();
            }),
            At::Request,
            Why::TooFewRequested,
            "requests 1, and its networks default/tenant-a, default/tenant-b need 2",
        ),
    ]
}

fn pool_cases() -> Vec<Case> {
    use BreakReason as Why;
    use PodLinkKind as At;
    let on_host = with(well(), |all| all["pod default/a"]["content"]["spec"]["hostNetwork"] = json!(true));
    let insufficient = "0/1 nodes are available: 1 Insufficient example.com/net.";
    vec![
        (on_host, At::Attachment, Why::HostNetwork, "the kubelet calls no CNI plugin"),
        (
            without(not_offered(), MAP),
            At::Pool,
            Why::NoSuchResource,
            "no device plugin's configuration has it",
        ),
        (
            label(not_offered(), None),
            At::Pool,
            Why::NodeLabelMissing,
            "no label vfctl.dev/device-plugin=active",
        ),
        (label(not_offered(), Some("paused")), At::Pool, Why::OutOfService, "out of service"),
        (without(not_offered(), PLUGIN), At::Pool, Why::PluginNotRunning, "no pod of daemonset"),
        (
            with(not_offered(), |objects| {
                objects[PLUGIN]["content"]["status"] = json!({"phase": "Pending", "containerStatuses": [
                    {"name": "p", "state": {"waiting": {"reason": "ErrImagePull"}}}]});
            }),
            At::Pool,
            Why::PluginNotRunning,
            "is not running: ErrImagePull",
        ),
        (
            with(not_offered(), |objects| objects[MAP]["changedAt"] = json!("2026-01-01T12:00:00Z")),
            At::Pool,
            Why::PluginNotRestarted,
            "changed at 2026-01-01T12:00:00Z, after pod kube-system/vfctl-device-plugin-x had started",
        ),
        (not_offered(), At::Pool, Why::PoolEmpty, "and node worker-1 offers none of it"),
        (
            without(with(waiting(insufficient), |objects| objects[WORKER] = node("worker-1", 0)), MAP),
            At::Pool,
            Why::PoolEmpty,
            "knows it and offers 0",
        ),
        (
            with(waiting(insufficient), |objects| {
                objects["pod default/b"] = user(Some("worker-1"), "Running", 1);
                objects["pod default/c"] = user(Some("worker-1"), "Pending", 1);
                objects["pod default/d"] = user(Some("worker-1"), "Failed", 1);
            }),
            At::Allocatable,
            Why::PoolEmpty,
            "all are used: 2 of 2 on node worker-1",
        ),
        (
            with(waiting(insufficient), |objects| {
                let container = &mut objects["pod default/a"]["content"]["spec"]["containers"][0];
                container["resources"]["limits"]["example.com/net"] = json!("3");
            }),
            At::Allocatable,
            Why::PoolEmpty,
            "requests 3, and no node that it may be on offers more than 2",
        ),
    ]
}

fn start_cases() -> Vec<Case> {
    use BreakReason as Why;
    use PodLinkKind as At;
    let failed = |reason: &str, message: &str| {
        with(starting(None), |objects| {
            objects["pod default/a"]["content"]["status"] =
                json!({"phase": "Failed", "reason": reason, "message": message});
        })
    };
    let container = |reason: &str| {
        with(starting(None), |objects| {
            objects["pod default/a"]["content"]["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] =
                json!(reason);
        })
    };
    vec![
        (
            failed(
                "UnexpectedAdmissionError",
                "Allocate failed due to requested number of devices unavailable",
            ),
            At::Admission,
            Why::AdmissionRefused,
            "Allocate failed",
        ),
        (failed("OutOfexample.com/net", "Node didn't have enough"), At::Admission, Why::PoolEmpty, "enough"),
        (failed("Evicted", "The node was low on memory"), At::Containers, Why::Ended, "Evicted: The node"),
        (
            sandbox("no IP addresses available in range set: 10.0.0.1-10.0.0.1"),
            At::Attachment,
            Why::IpamRefused,
            "10.0.0.1",
        ),
        (
            sandbox("error adding container to network \"tenant-a\": boom"),
            At::Attachment,
            Why::CniFailed,
            "boom",
        ),
        (starting(Some(("FailedMount", "no secret x"))), At::Attachment, Why::OtherTrouble, "no secret x"),
        (container("ImagePullBackOff"), At::Containers, Why::ImageNotPulled, "ImagePullBackOff"),
        (container("CrashLoopBackOff"), At::Containers, Why::ContainerFails, "CrashLoopBackOff"),
        (
            with(well(), |objects| {
                let path = "/pod default~1a/content/metadata/annotations/k8s.v1.cni.cncf.io~1network-status";
                set(objects, path, json!("[]"));
            }),
            At::Vf,
            Why::NotAttached,
            "multus has noted no such network",
        ),
    ]
}

fn all() -> Vec<Case> {
    [networks_cases(), pool_cases(), node_cases(), start_cases()].concat()
}

#[test]
fn pod_that_runs_with_its_vf_has_a_chain_that_holds() {
    let chain = chain(facts(&well()));
    assert_eq!((chain.state, chain.first_trouble()), (LinkState::Holds, None), "{chain}");
    let text = chain.to_string();
    for link in ["+ pod ", "+ annotation ", "+ network ", "+ request ", "+ pool ", "+ allocatable ", "+ vf "]
    {
        assert!(text.contains(link), "{link}: {text}");
    }
}

#[test]
fn first_broken_link_is_named_with_its_reason_and_what_to_do() {
    for (objects, link, reason, found) in all() {
        let chain = chain(facts(&objects));
        let broken = chain.first_trouble().expect("a broken link");
        assert_eq!((broken.link, broken.reason), (link, Some(reason)), "{chain}");
        assert!(broken.found.contains(found), "{found}: {chain}");
        assert!(broken.help.as_ref().is_some_and(|help| !help.is_empty()), "{chain}");
        assert_eq!(chain.state, LinkState::Broken);
        assert!(chain.to_string().contains(&format!(": {}.\n", reason.words())), "{chain}");
    }
}

/// Which reasons need more than the small cluster: the facts of a host, a document, or a cluster without a kind.
const ELSEWHERE: [BreakReason; 3] = [BreakReason::NoMultus, BreakReason::NotApplied, BreakReason::VfGone];

#[test]
fn each_reason_has_a_case() {
    let found: BTreeSet<BreakReason> = all().into_iter().map(|(_, _, reason, _)| reason).collect();
    let missing: Vec<_> = BreakReason::ALL
        .iter()
        .filter(|reason| !found.contains(reason) && !ELSEWHERE.contains(reason))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn trouble_of_a_pod_is_one_line_and_a_fix() {
    for (objects, _, reason, _) in all() {
        let mut world = World::empty();
        world.cluster = Some(facts(&objects));
        let trouble = pod_trouble(&world, &[], &pod()).expect("trouble");
        assert_eq!(trouble.reason, Some(reason));
        assert_eq!(trouble.to_string().lines().count(), 2, "{trouble}");
    }
    let mut world = World::empty();
    world.cluster = Some(facts(&well()));
    assert_eq!(pod_trouble(&world, &[], &pod()), None);
}

#[test]
fn other_pods_that_use_the_pool_are_named() {
    let objects = with(waiting("no"), |objects| {
        objects["pod default/b"] = user(Some("worker-1"), "Running", 1);
        objects["pod prod/c"] = user(Some("worker-1"), "Running", 1);
        objects["pod prod/c"]["isGoing"] = json!(true);
        objects["pod prod/d"] = user(Some("worker-2"), "Running", 1);
    });
    let chain = chain(facts(&objects));
    let broken = chain.first_trouble().expect("a broken link");
    let users =
        ["pod default/b has 1 on node worker-1", "pod prod/c has 1 on node worker-1, and is being deleted"];
    assert_eq!(broken.details, users);
}

#[test]
fn near_names_are_suggested() {
    for (name, help) in
        [("tenant-aa", "did you mean `tenant-a`?"), ("prod/tenant-a", "write `default/tenant-a`")]
    {
        let chain = chain(facts(&networks(well(), name)));
        let broken = chain.first_trouble().expect("a broken link");
        assert!(broken.help.as_ref().is_some_and(|text| text.contains(help)), "{chain}");
    }
    let mut objects = without(well(), "pod default/a");
    objects["pod default/ab"] = user(None, "Pending", 1);
    let chain = chain(facts(&objects));
    assert_eq!(chain.links[0].help.as_deref(), Some("did you mean `default/ab`?"));
}

#[test]
fn what_was_not_read_is_unknown_and_says_which_right_is_missing() {
    for (kind, objects, link) in [
        (ObjectKind::Event, starting(None), PodLinkKind::Attachment),
        (ObjectKind::Pod, without(well(), "pod default/a"), PodLinkKind::Pod),
        (ObjectKind::NetworkAttachmentDefinition, without(well(), NETWORK), PodLinkKind::Network),
        (ObjectKind::Node, without(well(), WORKER), PodLinkKind::Pool),
    ] {
        let mut cluster = facts(&objects);
        cluster.unread.insert(kind, format!("list {}: 403 Forbidden", kind.row().plural));
        let chain = chain(cluster);
        let first = chain.first_trouble().expect("a link that is not known");
        assert_eq!((first.link, first.state), (link, LinkState::Unknown), "{chain}");
        assert!(first.found.contains(&format!("list {}: 403", kind.row().plural)), "{chain}");
        assert!(first.help.as_ref().is_some_and(|help| help.contains("let vfctl")), "{chain}");
    }
}

#[test]
fn cluster_without_networks_has_no_multus() {
    let mut cluster = facts(&without(well(), NETWORK));
    cluster.undefined.insert(ObjectKind::NetworkAttachmentDefinition);
    let chain = chain(cluster);
    assert_eq!(chain.first_trouble().and_then(|link| link.reason), Some(BreakReason::NoMultus), "{chain}");
}

#[test]
fn events_of_an_earlier_pod_of_the_name_do_not_count() {
    let mut objects = starting(Some(("FailedCreatePodSandBox", "boom")));
    objects["event default/a.1"]["content"]["involvedObject"]["uid"] = json!("of before");
    let before = chain(facts(&objects));
    assert_eq!(before.first_trouble().map(|link| link.state), Some(LinkState::Unknown), "{before}");
    // Of several the newest counts.
    objects["event default/a.2"] = event("FailedCreatePodSandBox", "second");
    objects["event default/a.3"] = event("FailedCreatePodSandBox", "third");
    objects["event default/a.3"]["content"]["lastTimestamp"] = json!("2026-01-01T11:00:01Z");
    let after = chain(facts(&objects));
    assert!(after.to_string().contains("third") && !after.to_string().contains("second"), "{after}");
}
