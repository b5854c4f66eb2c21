//! Documents that select nodes by labels: what the cluster says of the node decides, and what it does not say is never guessed.

use std::ffi::OsString;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};
use vfctl_cli::{ClusterArgs, ClusterEdge, Connect, Console, Exit, Machine, NoCluster, Terminal};
use vfctl_model::HostName;
use vfctl_port::{
    Bounds, ClusterFacts, EdgeError, Observe, Observed, Op, Outcome, Perform, Scope, What, World,
};
use vfctl_sim::{PfSeed, SimCluster, SimHost, SimScopes};

/// Two VFs on nodes for DPDK, and others on all but those.
const SPEC: &str = r#"
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: dpdk}
spec:
  nodes: {labels: {matchLabels: {role: dpdk}}}
  physicalFunctions:
    - {name: fast, match: {pci: "0000:01:00.0"}, vfs: {count: 2}}
  pools:
    - {resource: example.com/net, from: [{physicalFunction: fast}]}
---
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: others}
spec:
  nodes: {names: ["a*"], labels: {matchExpressions: [{key: role, operator: NotIn, values: [dpdk, none]}]}}
  physicalFunctions:
    - {name: slow, match: {pci: "0000:01:00.0"}, vfs: {count: 3}}
"#;

/// The cluster as an edge of its own.
pub(crate) struct Edge(pub(crate) Arc<SimScopes>);

impl Observe for Edge {
    fn observe(&self, scope: &Scope, what: &What, limit: Duration) -> Result<Observed, EdgeError> {
        self.0.observe(scope, what, limit)
    }
}

impl Perform for Edge {
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        self.0.perform(scope, ops, bounds)
    }
}

impl Connect for Edge {
    fn connect(&self, _: &ClusterArgs) -> Result<Option<Box<dyn ClusterEdge>>, EdgeError> {
        Ok(Some(Box::new(Self(Arc::clone(&self.0)))))
    }
}

/// Host `a` with one port, the cluster that it is a node of, and a folder with the spec.
struct Place {
    scopes: Arc<SimScopes>,
    folder: TempDir,
}

fn host() -> HostName {
    "a".parse().unwrap()
}

fn facts(objects: Value, unread: Value) -> ClusterFacts {
    serde_json::from_value(json!({"objects": objects, "unread": unread})).unwrap()
}

/// Returns the facts of a cluster whose only node has these labels.
fn node(labels: Value) -> ClusterFacts {
    facts(json!({"node a": {"uid": "1", "content": {"metadata": {"labels": labels}}}}), json!({}))
}

impl Place {
    fn new(cluster: ClusterFacts) -> Self {
        let sim = SimHost::builder().name(host()).pf(PfSeed::new("igb".parse().unwrap(), 7)).build();
        let cluster = SimCluster::new(cluster, Box::new(|_, _| [].into()));
        let scopes = SimScopes::new([(host(), sim.into_world())].into(), Some(cluster));
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("spec.yaml"), SPEC).unwrap();
        Self { scopes: Arc::new(scopes), folder }
    }

    fn vf_count(&self) -> u16 {
        self.scopes.world().hosts.get(&host()).unwrap().physical_functions.values().next().unwrap().vf_count
    }

    /// Writes facts to a file of the folder.
    fn write(&self, name: &str, world: &World) {
        fs::write(self.folder.path().join(name), serde_json::to_string(world).unwrap()).unwrap();
    }

    /// Runs a command where the cluster is at hand; returns how it ended and what it said.
    fn vfctl(&self, words: &str) -> (Exit, String) {
        self.run(words, &Edge(Arc::clone(&self.scopes)))
    }

    fn run(&self, words: &str, connect: &dyn Connect) -> (Exit, String) {
        let is_file = |word: &str| [".yaml", ".json"].iter().any(|ending| word.ends_with(ending));
        let word = |word: &str| match is_file(word) {
            true => self.folder.path().join(word).into(),
            false => OsString::from(word),
        };
        let arguments = std::iter::once("vfctl").chain(words.split(' ')).map(word);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console =
            Console { out: &mut out, err: &mut err, can_ask: false, terminal: Terminal::default() };
        let machine = Machine {
            name: host(),
            observe: &*self.scopes,
            perform: &*self.scopes,
            traffic: &*self.scopes,
            connect,
            clock: &*self.scopes,
            state_dir: self.folder.path().join("state"),
        };
        let exit = vfctl_cli::run(arguments, &mut console, || Ok(machine));
        self.scopes.settle();
        out.extend(err);
        // Lines are broken where they are long.
        let said = String::from_utf8(out).unwrap();
        (exit, said.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Runs a command and asserts how it ends and what it says, text by text.
    fn says(&self, words: &str, exit: Exit, texts: &[&str]) {
        let (ended, said) = self.vfctl(words);
        assert_eq!(ended, exit, "{words}: {said}");
        for text in texts {
            assert!(said.contains(text), "{words}: {text}\n{said}");
        }
    }
}

#[test]
fn labels_of_the_node_decide_which_document_concerns_the_host() {
    for (labels, count, document) in [
        (json!({"role": "dpdk"}), 2, "host a: dpdk"),
        (json!({"role": "net"}), 3, "host a: others"),
        (json!({}), 3, "host a: others"),
    ] {
        for only in ["", " --only host"] {
            let place = Place::new(node(labels.clone()));
            let (_, said) = place.vfctl(&format!("plan spec.yaml{only}"));
            let is_noted = said.contains("no cluster was looked at, so nothing is done there");
            assert_eq!(is_noted, count == 2 && !only.is_empty(), "{said}");
            place.says(&format!("plan spec.yaml{only}"), Exit::Changes, &[document]);
            place.says(&format!("apply spec.yaml --yes{only}"), Exit::Done, &["Applied"]);
            assert_eq!(place.vf_count(), count, "{labels}");
            place.says(&format!("plan spec.yaml{only}"), Exit::Done, &[document, "No changes."]);
        }
    }
}

#[test]
fn host_whose_node_has_other_labels_is_no_concern_of_any_document() {
    let place = Place::new(node(json!({"role": "none"})));
    let why = "warning: no document concerns this host: its name is `a`, and `nodes.names` has `a*`, or the labels of its node \
               are not those that `dpdk`, `others` asks for";
    place.says("plan spec.yaml", Exit::Done, &[why, "kubectl get node a --show-labels"]);
    place.says("plan spec.yaml --require-host", Exit::Failed, &[why]);
    place.says("apply spec.yaml --yes --json", Exit::Done, &["\"result\": \"notConcerned\""]);
    place.says("explain pf/fast spec.yaml", Exit::Failed, &["no document concerns this host"]);
    assert_eq!(place.vf_count(), 0);
}

#[test]
fn labels_without_a_cluster_are_an_error_with_place_cause_and_fix() {
    let place = Place::new(node(json!({"role": "dpdk"})));
    let cause = "document dpdk selects nodes by labels, and those of a are not known: no cluster was read";
    let (at, fix) = ("spec.yaml:6: spec.nodes.labels", "pass --kubeconfig FILE");
    for (words, at) in [
        ("plan spec.yaml", at),
        ("plan spec.yaml --only host", at),
        ("apply spec.yaml --yes", at),
        ("apply spec.yaml --yes --only host --json", ""),
        ("explain pf/fast spec.yaml", at),
        ("pools spec.yaml", ""),
    ] {
        let (ended, said) = place.run(words, &NoCluster);
        assert_eq!(ended, Exit::Failed, "{words}: {said}");
        assert!(said.contains(cause), "{words}: {said}");
        assert!(at.is_empty() || said.contains(at) && said.contains(fix), "{words}: {said}");
        assert!(!said.contains("no document concerns"), "{words}: {said}");
    }
    assert_eq!(place.vf_count(), 0, "nothing is done");
    let (ended, said) = place.run("validate spec.yaml", &NoCluster);
    assert_eq!(ended, Exit::Done, "{said}");
}

#[test]
fn node_that_cannot_be_read_or_is_not_there_is_an_error() {
    let unread = facts(json!({}), json!({"node": "forbidden"}));
    let absent = facts(json!({"node b": {"uid": "1", "content": {}}}), json!({}));
    for (cluster, cause, fix) in [
        (unread, "the cluster's nodes could not be read: forbidden", "let vfctl read nodes"),
        (absent, "the cluster has no such node", "let the host join the cluster"),
    ] {
        let place = Place::new(cluster);
        for words in [
            "plan spec.yaml",
            "plan spec.yaml --only host",
            "plan spec.yaml --only node",
            "apply spec.yaml --yes",
        ] {
            let (ended, said) = place.vfctl(words);
            assert_eq!(ended, Exit::Failed, "{words}: {said}");
            assert!(said.contains(cause) && said.contains(fix), "{words}: {said}");
        }
        assert_eq!(place.vf_count(), 0);
    }
}

#[test]
fn facts_from_files_need_those_of_the_cluster_in_whichever_order_they_come() {
    let place = Place::new(node(json!({"role": "dpdk"})));
    let World { hosts, cluster, .. } = place.scopes.world();
    let of_host = |name: &str| World {
        hosts: [(name.parse().unwrap(), hosts.get(&host()).unwrap().clone())].into(),
        ..World::empty()
    };
    for name in ["a", "b", "c"] {
        place.write(&format!("{name}.json"), &of_host(name));
    }
    let mut both = cluster.clone().unwrap();
    let extra = facts(
        json!({"node b": {"uid": "2", "content": {}}, "node c": {"uid": "3", "content": {"metadata": {"labels": {"role": "dpdk"}}}}}),
        json!({}),
    );
    both.objects.extend(extra.objects);
    place.write("cluster.json", &World { cluster: Some(both), ..World::empty() });
    for order in ["a b c cluster", "cluster a b c", "a cluster b c"] {
        let files: String = order.split(' ').map(|file| format!(" --facts {file}.json")).collect();
        place.says(
            &format!("plan spec.yaml{files}"),
            Exit::Changes,
            // The name of `b` is not allowed by the one document, and its label is not that of the other.
            &["host a: dpdk", "host b: no document", "2 hosts like a: a, c", "count: 0 -> 2"],
        );
    }
    let cause = "document dpdk selects nodes by labels, and those of a are not known: no cluster was read";
    for files in ["--facts a.json", "--facts a.json --facts b.json --facts c.json"] {
        let (ended, said) = place.vfctl(&format!("plan spec.yaml {files}"));
        assert_eq!(ended, Exit::Failed, "{files}: {said}");
        assert!(said.contains(cause) && said.contains("record --cluster"), "{files}: {said}");
    }
}

#[test]
fn documents_that_meet_on_a_node_by_its_labels_must_agree() {
    let place = Place::new(node(json!({"role": "dpdk", "zone": "1"})));
    let document = |name: &str, label: &str, version: &str| {
        format!(
            "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: {name}}}\nspec:\n  nodes: {{labels: \
             {{matchLabels: {{{label}}}}}}}\n  components: {{devicePlugin: {{version: {version}}}}}\n  physicalFunctions:\n    - \
             {{name: {name}, match: {{pci: \"0000:01:00.0\"}}, mtu: 1500}}\n  pools:\n    - {{resource: example.com/net, \
             selectors: {{drivers: [igbvf]}}}}\n"
        )
    };
    let both =
        [document("one", "role: dpdk", "v3.5.1"), document("two", "zone: \"1\"", "v3.6.2")].join("---\n");
    fs::write(place.folder.path().join("spec.yaml"), both).unwrap();
    assert_eq!(place.vfctl("validate spec.yaml").0, Exit::Done);
    place.says(
        "plan spec.yaml",
        Exit::Failed,
        &[
            "different releases of the device plugin",
            "both match pci/0000:01:00.0",
            "two resources are called `example.com/net`",
        ],
    );
    // Another zone, and each has nodes of its own.
    place.scopes.by_hand_in_cluster(|cluster| *cluster = node(json!({"role": "dpdk", "zone": "2"})));
    place.says("plan spec.yaml", Exit::Done, &["host a: one"]);
}
