//! The plugin of shared RDMA devices that vfctl installs: its DaemonSet is made of the keys that all nodes have.

use std::collections::BTreeMap;
use std::sync::Mutex;

use vfctl_apply::{Edges, Look, Report, Result as Ending};
use vfctl_kinds::document::SriovConfig;
use vfctl_model::{JsonValue, ObjectKind};
use vfctl_plan::Options;
use vfctl_port::{Bounds, ClusterFacts, ObjectFacts, Op, Outcome, Perform, Scope};
use vfctl_sim::SimScopes;

use crate::cluster::{converge, object, planned, scopes};
use crate::run::{Silent, parsed, plan_with};

const SPEC: &str = r#"
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: shared}
spec:
  components:
    rdmaSharedDevicePlugin: {version: v1.5.3, managed: {image: "example/rdma-shared:v1.5.3"}}
  physicalFunctions:
    - {name: fast, match: {pci: "0000:01:00.0"}}
  rdmaSharedPools:
    - {resource: rdma/fast, rdmaHcaMax: 10, from: [{physicalFunction: fast}]}
"#;
const CONFIG: &str = "configmap kube-system/vfctl-rdma-shared-device-plugin";
const PLUGIN: &str = "daemonset kube-system/vfctl-rdma-shared-device-plugin";

/// Gives the ConfigMap the key of another node.
fn add_other_node(facts: &mut ClusterFacts) {
    let content = &mut facts.objects.get_mut(&object(CONFIG)).unwrap().content;
    let JsonValue::Fields(fields) = content else { panic!("{content:?}") };
    let Some(JsonValue::Fields(data)) = fields.get_mut("data") else { panic!("{fields:?}") };
    data.insert("b".to_owned(), JsonValue::Text("{}".to_owned()));
}

/// Performs in the simulated cluster, where the key of another node comes once an object of this kind is written.
struct Raced<'a> {
    scopes: &'a SimScopes,
    after: Mutex<Option<ObjectKind>>,
}

impl Perform for Raced<'_> {
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        let outcomes = self.scopes.perform(scope, ops, bounds);
        let mut after = self.after.lock().unwrap();
        let is_awaited = |op: &Op| op.target.object().is_some_and(|object| Some(object.kind()) == *after);
        if ops.iter().any(is_awaited) {
            *after = None;
            drop(after);
            self.scopes.by_hand_in_cluster(add_other_node);
        }
        outcomes
    }
}

fn apply_raced(scopes: &SimScopes, config: &SriovConfig, after: ObjectKind) -> Report {
    let before = Look::take(&[Scope::Host("a".parse().unwrap()), Scope::Cluster], scopes, scopes).unwrap();
    let plan = planned(scopes, config);
    let perform = Raced { scopes, after: Mutex::new(Some(after)) };
    let edges =
        Edges { observe: scopes, perform: &perform, journal: scopes, clock: scopes, progress: &Silent };
    let report = vfctl_apply::apply(&plan, &before, edges);
    assert_eq!(*perform.after.lock().unwrap(), None, "{}", report.render());
    scopes.settle();
    report
}

/// Returns the nodes that the plugin's pods run on.
fn nodes(scopes: &SimScopes) -> BTreeMap<String, String> {
    let world = scopes.world();
    let set = world.cluster.as_ref().unwrap().objects.get(&object(PLUGIN)).unwrap();
    let template = set.content.at(&["spec", "template"]).unwrap();
    let configuration = template.at(&["metadata", "annotations", "vfctl.dev/configuration"]).unwrap();
    let configuration = JsonValue::from_text(configuration.text().unwrap()).unwrap();
    let terms = template.at(&["spec", "affinity"]).unwrap().to_text();
    for (node, _) in configuration.fields() {
        assert!(terms.contains(&format!("[\"{node}\"]")), "{node}: {terms}");
    }
    configuration.fields().map(|(node, text)| (node.to_owned(), text.to_text())).collect()
}

#[test]
fn keys_that_another_made_stay_where_the_config_map_is_taken_over() {
    let scopes = scopes();
    let config = parsed(SPEC);
    let content = JsonValue::from_text(r#"{"data": {"note": "kept by hand"}}"#).unwrap();
    let foreign = ObjectFacts { uid: "9".to_owned(), content, ..ObjectFacts::default() };
    scopes.by_hand_in_cluster(|facts| drop(facts.objects.insert(object(CONFIG), foreign)));
    assert!(planned(&scopes, &config).is_blocked(), "it is not vfctl's");
    let before = Look::take(&[Scope::Host("a".parse().unwrap()), Scope::Cluster], &scopes, &scopes).unwrap();
    let taken_over = plan_with(&config, &scopes.world(), Options { takes_over: true, ..Options::default() });
    assert!(!taken_over.is_blocked());
    let edges =
        Edges { observe: &scopes, perform: &scopes, journal: &scopes, clock: &scopes, progress: &Silent };
    let report = vfctl_apply::apply(&taken_over, &before, edges);
    assert_eq!(report.result, Ending::Converged, "{}", report.render());
    scopes.settle();
    let again = planned(&scopes, &config);
    assert!(again.is_empty() && !again.is_blocked(), "its pods are not started once more");
    let world = scopes.world();
    let map = world.cluster.as_ref().unwrap().objects.get(&object(CONFIG)).unwrap();
    assert_eq!(map.data().map(|(key, _)| key).collect::<Vec<_>>(), ["a", "note"]);
}

#[test]
fn key_of_another_node_that_comes_meanwhile_is_no_success_and_is_kept_by_the_next_apply() {
    for after in [ObjectKind::ConfigMap, ObjectKind::DaemonSet] {
        let scopes = scopes();
        let config = parsed(SPEC);
        let report = apply_raced(&scopes, &config, after);
        assert_ne!(report.result, Ending::Converged, "after {after}: {}", report.render());
        assert!(report.render().contains("keys"), "after {after}: {}", report.render());
        assert_eq!(nodes(&scopes).len(), 1);
        converge(&scopes, &config);
        assert_eq!(nodes(&scopes).keys().collect::<Vec<_>>(), ["a", "b"]);
    }
}
