//! Pools and networks of one host in a simulated cluster: from nothing, drift, a change of count in service, what others made,
//! and what is asked for no more.

use std::collections::BTreeMap;

use vfctl_apply::{Edges, Look, Report, Result as Ending, refused_as_stale};
use vfctl_kinds::document::SriovConfig;
use vfctl_model::{HostName, JsonValue, ObjectRef, ResourceName};
use vfctl_plan::{Detail, Plan, check, render};
use vfctl_port::{ClusterFacts, HostFacts, JournalEntry, ObjectFacts, Phase, Scope};
use vfctl_sim::{PfSeed, Plugin, SimCluster, SimHost, SimScopes};

use crate::journal::OrderCheck;
use crate::run::{Silent, parsed, plan};

/// Four VFs of the kernel's driver in one pool, and a network on them.
pub(crate) const SPEC: &str = r#"
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: node}
spec:
  components:
    devicePlugin: {version: v3.5.1, managed: {image: "example/plugin:v3.5.1"}}
  physicalFunctions:
    - name: fast
      match: {pci: "0000:01:00.0"}
      vfs: {count: 4, all: {driver: igbvf}}
  pools:
    - {resource: example.com/net, from: [{physicalFunction: fast}]}
  networks:
    - name: tenant-a
      namespaces: [default]
      resource: example.com/net
      vlan: {id: 200}
      ipam: {type: host-local, subnet: 10.56.217.0/24, gateway: 10.56.217.1}
"#;

pub(crate) const NETWORK: &str = "network-attachment-definition default/tenant-a";
pub(crate) const CONFIG: &str = "configmap kube-system/vfctl-device-plugin";
pub(crate) const NODE: &str = "node a";

fn host() -> HostName {
    "a".parse().unwrap()
}

pub(crate) fn object(name: &str) -> ObjectRef {
    name.parse().unwrap()
}

fn resource() -> ResourceName {
    "example.com/net".parse().unwrap()
}

/// Returns the fields of an object, for changes by hand.
fn fields_of<'a>(facts: &'a mut ClusterFacts, name: &str) -> &'a mut BTreeMap<String, JsonValue> {
    match &mut facts.objects.get_mut(&object(name)).unwrap().content {
        JsonValue::Fields(fields) => fields,
        other => panic!("{name} has no fields: {other:?}"),
    }
}

/// What a plugin finds, by rules of the test's own: the VFs of the first port that have a driver.
fn found(host: &HostFacts, config: &str) -> BTreeMap<ResourceName, u32> {
    let config: serde_json::Value = serde_json::from_str(config).unwrap();
    let pools = config.get("resourceList").and_then(serde_json::Value::as_array).unwrap();
    let pf = host.physical_functions.values().next().unwrap();
    let vfs = pf.vfs.values().filter(|vf| vf.driver.is_some()).count();
    let name = |pool: &serde_json::Value| {
        format!("{}/{}", pool["resourcePrefix"].as_str().unwrap(), pool["resourceName"].as_str().unwrap())
    };
    pools.iter().map(|pool| (name(pool).parse().unwrap(), u32::try_from(vfs).unwrap())).collect()
}

/// Returns a host with a port without VFs, in a cluster that has its node and nothing else.
pub(crate) fn scopes() -> SimScopes {
    scopes_with(Box::new(found))
}

/// Returns the same with another plugin.
fn scopes_with(plugin: Box<Plugin>) -> SimScopes {
    let sim = SimHost::builder().name(host()).pf(PfSeed::new("igb".parse().unwrap(), 7)).build();
    let node = ObjectFacts {
        uid: "1".to_owned(),
        content: JsonValue::from_text(r#"{"metadata": {"labels": {"kubernetes.io/hostname": "a"}}}"#)
            .unwrap(),
        ..ObjectFacts::default()
    };
    let facts = ClusterFacts { objects: [(object(NODE), node)].into(), ..ClusterFacts::default() };
    SimScopes::new([(host(), sim.into_world())].into(), Some(SimCluster::new(facts, plugin)))
}

pub(crate) fn planned(scopes: &SimScopes, config: &SriovConfig) -> Plan {
    let plan = plan(config, &scopes.world());
    assert_eq!(check(&plan), Ok(()), "{}", render(&plan, Detail::Verbose));
    plan
}

pub(crate) fn apply(scopes: &SimScopes, config: &SriovConfig) -> Report {
    let before = Look::take(&[Scope::Host(host()), Scope::Cluster], scopes, scopes).unwrap();
    let plan = planned(scopes, config);
    assert!(!plan.is_blocked(), "{}", render(&plan, Detail::Verbose));
    let order = OrderCheck::new(scopes, scopes);
    let edges = Edges { observe: scopes, perform: &order, journal: &order, clock: scopes, progress: &Silent };
    let report = vfctl_apply::apply(&plan, &before, edges);
    order.conclude().unwrap();
    scopes.settle();
    report
}

/// Applies and asserts that all is as asked afterwards, and nothing is left to do.
pub(crate) fn converge(scopes: &SimScopes, config: &SriovConfig) {
    let report = apply(scopes, config);
    assert_eq!(report.result, Ending::Converged, "{}", report.render());
    let again = planned(scopes, config);
    assert!(again.is_empty() && !again.is_blocked(), "{}", render(&again, Detail::Verbose));
}

pub(crate) fn offered(scopes: &SimScopes) -> u32 {
    scopes.world().cluster.unwrap().objects.get(&object(NODE)).unwrap().allocatable(&resource()).unwrap()
}

/// Returns what is changed, as `what -> phase`, in the order of the plan.
pub(crate) fn changes(plan: &Plan) -> Vec<String> {
    let cluster = plan.cluster.as_ref().unwrap();
    let lanes = cluster.lanes().flat_map(|(_, lane)| &lane.phases);
    lanes
        .flat_map(|phase| {
            let ops =
                phase.steps.iter().flat_map(|step| &step.changes).map(|change| change.op.target.thing());
            ops.map(|thing| format!("{}: {}", phase.phase, thing)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn pools_and_networks_come_from_nothing_and_the_node_offers_what_was_predicted() {
    let scopes = scopes();
    let config = parsed(SPEC);
    let first = planned(&scopes, &config);
    assert_eq!(
        changes(&first),
        [
            "write objects: daemonset kube-system/vfctl-device-plugin",
            "write objects: configmap kube-system/vfctl-device-plugin",
            "start device plugin: node a",
            "write objects: network-attachment-definition default/tenant-a",
        ]
    );
    converge(&scopes, &config);
    assert_eq!(offered(&scopes), 4);
}

#[test]
fn plan_for_one_cluster_is_refused_in_another_that_lacks_the_same() {
    let scopes = scopes();
    let plan = planned(&scopes, &parsed(SPEC));
    let mut world = scopes.world();
    assert_eq!(refused_as_stale(&plan, &world), None);
    world.cluster.as_mut().unwrap().objects.get_mut(&object(NODE)).unwrap().uid = "2".to_owned();
    let why = "plan is stale: cluster: expected node a: uid is 1, found 2; this is another cluster, or the node was made anew; run \
               plan again";
    assert_eq!(refused_as_stale(&plan, &world).unwrap().refusals, [why]);
}

#[test]
fn drift_is_mended_where_it_is_and_nowhere_else() {
    let scopes = scopes();
    let config = parsed(SPEC);
    converge(&scopes, &config);
    let change = |name: &str, path: &'static [&'static str], text: &'static str| {
        scopes.by_hand_in_cluster(|facts| {
            let mut value = JsonValue::Text(text.to_owned());
            for key in path.iter().rev() {
                value = JsonValue::of([(key, value)]);
            }
            let JsonValue::Fields(new) = value else { panic!("no fields") };
            // It takes the place of the field as a whole.
            fields_of(facts, name).extend(new);
        });
    };
    change(
        NETWORK,
        &["spec", "config"],
        r#"{"cniVersion":"1.0.0","name":"tenant-a","type":"sriov","vlan":300}"#,
    );
    assert_eq!(changes(&planned(&scopes, &config)), [format!("write objects: {NETWORK}")]);
    converge(&scopes, &config);

    // The plugin reads its configuration when it starts: its pod is started anew with it.
    change(CONFIG, &["data", "a"], r#"{"resourceList": []}"#);
    let plan = planned(&scopes, &config);
    let changes = changes(&plan);
    assert_eq!(
        changes,
        [
            "take out of service: node a",
            "write objects: configmap kube-system/vfctl-device-plugin",
            "start device plugin: node a",
        ]
    );
    converge(&scopes, &config);
    assert_eq!(offered(&scopes), 4);
}

#[test]
fn node_is_out_of_service_before_its_first_vf_goes_and_back_when_all_are_there() {
    let scopes = scopes();
    converge(&scopes, &parsed(SPEC));
    let more = parsed(&SPEC.replace("count: 4", "count: 6"));
    let entries = scopes.journal().len();
    converge(&scopes, &more);
    assert_eq!(offered(&scopes), 6);
    let phases: Vec<(bool, Phase)> = scopes
        .journal()
        .into_iter()
        .skip(entries)
        .filter_map(|entry| match entry {
            JournalEntry::PhaseBegan { lane, phase, .. } => Some((lane.host.is_none(), phase?)),
            _ => None,
        })
        .collect();
    assert_eq!(phases.first(), Some(&(true, Phase::TakeOutOfService)), "{phases:?}");
    let at = |wanted: Phase| phases.iter().position(|(_, phase)| *phase == wanted);
    assert!(
        at(Phase::TakeOutOfService) < at(Phase::RemoveVfs) && at(Phase::RemoveVfs) < at(Phase::StartPlugin)
    );
}

#[test]
fn node_without_pools_any_more_offers_nothing_and_says_nothing() {
    let scopes = scopes();
    converge(&scopes, &parsed(SPEC));
    let without = SPEC.split("  pools:").next().unwrap();
    let config = parsed(without);
    let plan = planned(&scopes, &config);
    assert!(changes(&plan).contains(&format!("delete objects: {NETWORK}")), "{:?}", changes(&plan));
    converge(&scopes, &config);
    assert_eq!(offered(&scopes), 0);
    let objects = scopes.world().cluster.unwrap().objects;
    let key = objects[&object(CONFIG)].content.at(&["data", "a"]).cloned();
    let label = objects[&object(NODE)].label("vfctl.dev/device-plugin");
    assert_eq!((key, label), (None, None));
}

#[test]
fn node_that_offers_fewer_than_predicted_fails_the_apply_with_what_is_known_and_the_next_plan_names_the_vf() {
    let fewer = |host: &HostFacts, config: &str| {
        found(host, config).into_iter().map(|(resource, count)| (resource, count.saturating_sub(1))).collect()
    };
    let scopes = scopes_with(Box::new(fewer));
    let config = parsed(SPEC);
    let report = apply(&scopes, &config);
    let text = report.render();
    assert_eq!(report.result, Ending::Failed, "{text}");
    assert!(text.contains("expected node a resource example.com/net: allocatable is 4, found 3"), "{text}");
    assert!(text.contains("is running; `kubectl logs -n kube-system vfctl-device-plugin-"), "{text}");

    let mut world = scopes.world();
    let pf = world.hosts.get_mut(&host()).unwrap().physical_functions.values_mut().next().unwrap();
    for vf in pf.vfs.values_mut().skip(1) {
        vf.offered_as = Some("example.com/net".to_owned());
    }
    let text = render(&plan(&config, &world), Detail::Short);
    assert!(text.contains("example.com/net: the node offers 3 devices, and 4 are predicted"), "{text}");
    assert!(text.contains("vf 0 of pci/0000:01:00.0, 0000:01:10.0: the kubelet does not have it"), "{text}");
    assert!(!text.contains("vf 1 of"), "{text}");
}

#[test]
fn node_is_out_of_service_whatever_a_person_has_written_into_its_configuration_meanwhile() {
    let scopes = scopes();
    converge(&scopes, &parsed(SPEC));
    scopes.by_hand_in_cluster(|facts| {
        let key = JsonValue::Text(r#"{"resourceList": []}"#.to_owned());
        fields_of(facts, CONFIG).insert("data".to_owned(), JsonValue::of([("a", key)]));
    });
    let more = parsed(&SPEC.replace("count: 4", "count: 6"));
    let first = changes(&planned(&scopes, &more)).into_iter().next();
    assert_eq!(first.as_deref(), Some("take out of service: node a"));
    converge(&scopes, &more);
    assert_eq!(offered(&scopes), 6);
}

#[test]
fn deleted_daemonset_comes_back_and_the_node_offers_again() {
    let scopes = scopes();
    let config = parsed(SPEC);
    converge(&scopes, &config);
    scopes.by_hand_in_cluster(|facts| {
        facts.objects.retain(|object, _| {
            !matches!(object.kind(), vfctl_model::ObjectKind::DaemonSet | vfctl_model::ObjectKind::Pod)
        });
        fields_of(facts, NODE).remove("status");
    });
    converge(&scopes, &config);
    assert_eq!(offered(&scopes), 4);
}

#[test]
fn plugin_starts_anew_where_vfs_change_their_driver_and_their_count_stays() {
    let scopes = scopes();
    converge(&scopes, &parsed(SPEC));
    let pods = |scopes: &SimScopes| -> Vec<ObjectRef> {
        let facts = scopes.world().cluster.unwrap();
        facts.of_kind(vfctl_model::ObjectKind::Pod).map(|(pod, _)| pod.clone()).collect()
    };
    let before = pods(&scopes);
    let spec = SPEC
        .replace("driver: igbvf", "driver: vfio-pci")
        .replace("      ipam: {type: host-local, subnet: 10.56.217.0/24, gateway: 10.56.217.1}\n", "");
    converge(&scopes, &parsed(&spec));
    assert_eq!(offered(&scopes), 4);
    assert_ne!(pods(&scopes), before, "the plugin is another one");
}
