//! `verify` with pods, in a cluster whose nodes run them as the test says: what is right ends with 0, and each thing that is wrong
//! with its own words and 1; nothing is left in either case.

mod traffic;

use std::ffi::OsString;
use std::fs;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};
use vfctl_cli::{Console, Exit, Machine, Terminal};
use vfctl_model::{HostName, JsonValue, ObjectKind};
use vfctl_port::{ObjectFacts, Observe, World};
use vfctl_sim::{Kubelet, PfSeed, SimCluster, SimHost, SimScopes};

use crate::labels::Edge;

const SPEC: &str = r#"
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: lab}
spec:
  physicalFunctions:
    - {name: fast, match: {pci: "0000:01:00.0"}, vfs: {count: 2}}
  pools:
    - {resource: example.com/net, from: [{physicalFunction: fast, vfs: "0"}]}
  networks:
    - name: tenant
      namespaces: [default]
      resource: example.com/net
      vlan: 100
      ipam: {type: static, addresses: [{address: 10.0.0.5/24}]}
"#;

/// What a pod is given, and what it says.
#[derive(Debug, Clone, Copy)]
struct Given {
    /// The VF.
    pci: &'static str,
    /// Its address inside.
    address: &'static str,
    /// The phase that the pod comes to.
    phase: &'static str,
}

const RIGHT: Given = Given { pci: "0000:01:10.0", address: "10.0.0.5/24", phase: "Running" };

fn host() -> HostName {
    "a".parse().unwrap()
}

/// Returns what the cluster adds to a pod.
fn ran(given: Given) -> JsonValue {
    let Given { pci, address, phase } = given;
    if phase == "Pending" {
        let unmet = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "Insufficient example.com/net"});
        let status = json!({"phase": phase, "conditions": [unmet]});
        return serde_json::from_value(json!({"status": status})).unwrap();
    }
    let (mac, ip) = ("02:00:00:00:00:01", address.split('/').next().unwrap());
    let network = json!([{"name": "default/tenant", "interface": "net1", "ips": [ip], "mac": mac,
        "device-info": {"type": "pci", "pci": {"pci-address": pci}}}]);
    let message = format!("begin\nlink net1 {mac} 1500 0x1003 1\naddr net1 inet {address}\nend\n");
    let look = json!({"name": "look", "state": {"terminated": {"exitCode": 0, "message": message}}});
    let added = json!({
        "metadata": {"annotations": {"k8s.v1.cni.cncf.io/network-status": network.to_string()}},
        "spec": {"nodeName": "a"},
        "status": {"phase": phase, "initContainerStatuses": [look]},
    });
    serde_json::from_value(added).unwrap()
}

/// Host `a` as the spec wants it, in a cluster that gives pods this.
struct Place {
    scopes: Arc<SimScopes>,
    folder: TempDir,
}

impl Place {
    fn new(given: Given) -> Self {
        Self::with_kubelet(Box::new(move |_, _| Some(ran(given))))
    }

    fn with_kubelet(kubelet: Box<Kubelet>) -> Self {
        let sim = SimHost::builder().name(host()).pf(PfSeed::new("igb".parse().unwrap(), 7)).build();
        let node = json!({"uid": "1", "content": {"metadata": {"labels": {}}}});
        let facts = serde_json::from_value(json!({"objects": {"node a": node}})).unwrap();
        let cluster = SimCluster::new(facts, Box::new(|_, _| [].into()));
        let cluster = cluster.with_kubelet(kubelet);
        let scopes = Arc::new(SimScopes::new([(host(), sim.into_world())].into(), Some(cluster)));
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("spec.yaml"), SPEC).unwrap();
        let place = Self { scopes, folder };
        let (exit, said) = place.vfctl("apply spec.yaml --yes");
        assert_eq!(exit, Exit::Done, "{said}");
        // As sriov-cni does.
        place.by_hand("set fast vf 0 vlan 100");
        place
    }

    fn by_hand(&self, line: &str) {
        let pf = self.world().hosts.get(&host()).unwrap().physical_functions.values().next().unwrap().clone();
        let line = line.replace("fast", pf.netdev.unwrap().name.as_str());
        self.scopes.by_hand(&host(), &vfctl_sim::Hand::parse(&line).unwrap()).unwrap();
    }

    fn world(&self) -> World {
        self.scopes.world()
    }

    fn pods(&self) -> usize {
        self.world().cluster.unwrap().of_kind(ObjectKind::Pod).count()
    }

    fn vfctl(&self, words: &str) -> (Exit, String) {
        self.vfctl_seeing(words, &*self.scopes)
    }

    /// Runs a command that reads the host through this.
    fn vfctl_seeing(&self, words: &str, observe: &dyn Observe) -> (Exit, String) {
        let word = |word: &str| match word.ends_with(".yaml") {
            true => self.folder.path().join(word).into(),
            false => OsString::from(word),
        };
        let arguments = std::iter::once("vfctl").chain(words.split(' ')).map(word);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console =
            Console { out: &mut out, err: &mut err, can_ask: false, terminal: Terminal::default() };
        let edge = Edge(Arc::clone(&self.scopes));
        let machine = Machine {
            name: host(),
            observe,
            perform: &*self.scopes,
            traffic: &*self.scopes,
            connect: &edge,
            clock: &*self.scopes,
            state_dir: self.folder.path().join("state"),
        };
        let exit = vfctl_cli::run(arguments, &mut console, || Ok(machine));
        out.extend(err);
        (exit, String::from_utf8(out).unwrap())
    }

    /// Verifies by pods, and asserts how that ends, what it says, and that no pod is left.
    fn says(&self, exit: Exit, texts: &[&str]) {
        let (ended, said) = self.vfctl("verify -f spec.yaml --pod --image i");
        assert_eq!(ended, exit, "{said}");
        for text in texts {
            assert!(said.contains(text), "{text}\n{said}");
        }
        assert_eq!(self.pods(), 0, "{said}");
    }
}

#[test]
fn what_is_right_is_verified_and_nothing_is_left() {
    Place::new(RIGHT).says(Exit::Done, &["one of the 1 of example.com/net", "10.0.0.5/24", "Verified:"]);
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_left() {
    let place = Place::new(RIGHT);
    place.by_hand("set fast vf 0 vlan 200");
    place.says(Exit::Failed, &["100", "200", "DIFFERS", "Not as specified: "]);
    let wrong_pool = Given { pci: "0000:01:10.2", ..RIGHT };
    let place = Place::new(wrong_pool);
    place.says(Exit::Failed, &["DIFFERS: it is not in the pool example.com/net of the spec"]);
    let other_address = Given { address: "10.0.0.9/24", ..RIGHT };
    Place::new(other_address).says(Exit::Failed, &["10.0.0.9/24", "DIFFERS"]);
    let never = Given { phase: "Pending", ..RIGHT };
    Place::new(never).says(
        Exit::Failed,
        &[
            "did not start: not within 120 s",
            "pool example.com/net: no such resource",
            "Not everything could be verified",
        ],
    );
}

#[test]
fn address_that_another_pod_has_is_an_overlap() {
    let place = Place::new(RIGHT);
    place.scopes.by_hand_in_cluster(|facts| {
        let pod = ObjectFacts { uid: "9".to_owned(), content: ran(RIGHT), ..ObjectFacts::default() };
        facts.objects.insert("pod default/other".parse().unwrap(), pod);
    });
    let (exit, said) = place.vfctl("verify -f spec.yaml --pod --image i");
    assert_eq!(exit, Exit::Failed, "{said}");
    assert!(said.contains("pod default/other has 10.0.0.5"), "{said}");
    assert!(said.contains("IPAM overlap: static gives each pod the same address"), "{said}");
    assert_eq!(place.pods(), 1);
}

#[test]
fn pods_that_could_not_be_read_may_have_the_same_address() {
    let place = Place::new(RIGHT);
    place.scopes.by_hand_in_cluster(|facts| {
        facts.unread.insert(ObjectKind::Pod, "list pods: 403 Forbidden".to_owned());
    });
    let (exit, said) = place.vfctl("verify -f spec.yaml --pod --image i");
    assert_eq!(exit, Exit::Failed, "{said}");
    let why = "not compared: the pods of the cluster could not be read: list pods: 403 Forbidden";
    assert!(said.contains(why), "{said}");
}

#[test]
fn pods_of_a_run_that_was_killed_are_removed_and_named() {
    let place = Place::new(RIGHT);
    leave_a_pod(&place, &ended(), false);
    place.says(Exit::Done, &["removed pod default/vfctl-verify-x-1, left by an earlier verify"]);
}

/// Returns a process of this host that is known to have ended: no process has such a number.
fn ended() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap();
    let namespace = namespace.to_str().unwrap().trim_start_matches("pid:[").trim_end_matches(']').to_owned();
    format!("a 4194305 7 {} {namespace}", boot.trim())
}

#[test]
fn pod_of_another_pid_namespace_is_left_alone() {
    let place = Place::new(RIGHT);
    let process = ended();
    leave_a_pod(&place, &format!("{}1", process), false);
    let (_, said) = place.vfctl("verify -f spec.yaml --pod --image i");
    assert!(
        said.contains("pod default/vfctl-verify-x-1 is of another verify, which may still run"),
        "{said}"
    );
    assert_eq!(place.pods(), 1, "{said}");
}

/// Leaves a pod of a run of this process, which has the address that `tenant` gives; one that is going never goes.
fn leave_a_pod(place: &Place, process: &str, is_going: bool) {
    let mut content: Value = serde_json::from_str(&ran(RIGHT).to_text()).unwrap();
    let metadata = content.pointer_mut("/metadata").and_then(Value::as_object_mut).unwrap();
    metadata.insert("labels".to_owned(), json!({"vfctl.dev/verify": "x"}));
    let annotations = metadata.get_mut("annotations").and_then(Value::as_object_mut).unwrap();
    annotations.insert("vfctl.dev/verify-process".to_owned(), json!(process));
    place.scopes.by_hand_in_cluster(|facts| {
        let content = serde_json::from_value(content).unwrap();
        let pod = ObjectFacts { uid: "9".to_owned(), content, is_going, ..ObjectFacts::default() };
        facts.objects.insert("pod default/vfctl-verify-x-1".parse().unwrap(), pod);
    });
}

#[test]
fn pod_that_cannot_be_removed_is_left_behind_and_still_has_its_address() {
    let place = Place::new(RIGHT);
    leave_a_pod(&place, &ended(), true);
    let (exit, said) = place.vfctl("verify -f spec.yaml --pod --image i");
    assert_eq!(exit, Exit::Failed, "{said}");
    assert!(said.contains("error: left behind: pod default/vfctl-verify-x-1: it is still going"), "{said}");
    assert!(!said.contains("removed pod"), "{said}");
    assert!(said.contains("pod default/vfctl-verify-x-1 has 10.0.0.5"), "{said}");
}

#[test]
fn user_who_stops_it_ends_with_130_and_nothing_is_left() {
    let place = Place::new(RIGHT);
    place.scopes.interrupt_after(0);
    place.says(Exit::Interrupted, &["Interrupted:"]);
}

#[test]
fn pods_need_an_image_and_known_networks() {
    let place = Place::new(RIGHT);
    let (exit, said) = place.vfctl("verify -f spec.yaml --pod");
    assert_eq!(exit, Exit::Failed);
    assert!(said.contains("failed to start pods: --image is missing"), "{said}");
    let (exit, said) = place.vfctl("verify -f spec.yaml --pod nobody --image i");
    assert_eq!(exit, Exit::Failed);
    assert!(said.contains("the specs have tenant"), "{said}");
}

#[test]
fn json_says_the_same() {
    let (exit, said) = Place::new(RIGHT).vfctl("verify -f spec.yaml --pod --image i -o json");
    assert_eq!(exit, Exit::Done, "{said}");
    // What was waited for is said on standard error, which follows.
    let (json, waited) = said.split_at(said.rfind('}').unwrap() + 1);
    assert!(waited.contains("started, waited for up to 120 s"), "{waited}");
    let json: Value = serde_json::from_str(json).unwrap();
    assert_eq!(json["format"], "vfctl.dev/verification/v1");
    assert_eq!(json["result"], "verified");
    assert_eq!(json["figures"]["different"], 0);
}
