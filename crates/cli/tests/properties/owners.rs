//! Whose an object of the cluster is: what others made or asked for is left alone, and what nobody asks for any more is taken back.

use std::collections::BTreeSet;

use vfctl_model::{JsonValue, ObjectKind};
use vfctl_plan::{Detail, render};
use vfctl_port::{ActionKind, ObjectFacts};
use vfctl_sim::SimScopes;

use crate::cluster::{
    CONFIG, NETWORK, NODE, SPEC, apply, changes, converge, object, offered, planned, scopes,
};
use crate::components::{OF_PARTS, rights_to_write};
use crate::run::parsed;

#[test]
fn document_that_asks_nothing_of_the_cluster_any_more_takes_all_back_and_leaves_what_other_nodes_need() {
    let scopes = scopes();
    converge(&scopes, &parsed(SPEC));
    let mut without = SPEC.split("  pools:").next().unwrap().to_owned();
    without.replace_range(
        without.find("  components:").unwrap()..without.find("  physicalFunctions:").unwrap(),
        "",
    );
    let config = parsed(&without);
    let other = || object("node b");
    let labelled = r#"{"metadata": {"labels": {"vfctl.dev/device-plugin": "active"}}}"#;
    let node = ObjectFacts { content: JsonValue::from_text(labelled).unwrap(), ..ObjectFacts::default() };
    scopes.by_hand_in_cluster(|facts| drop(facts.objects.insert(other(), node)));
    let plan = planned(&scopes, &config);
    let text = render(&plan, Detail::Short);
    assert!(text.contains("stays: node b still has it"), "{text}");
    assert!(!changes(&plan).iter().any(|change| change.contains("delete objects: daemonset")), "{text}");

    scopes.by_hand_in_cluster(|facts| drop(facts.objects.remove(&other())));
    converge(&scopes, &config);
    assert_eq!(offered(&scopes), 0);
    let objects = scopes.world().cluster.unwrap().objects;
    assert_eq!(objects.keys().map(ToString::to_string).collect::<Vec<_>>(), [NODE]);
    assert_eq!(objects[&object(NODE)].label("vfctl.dev/device-plugin"), None);
}

#[test]
fn pools_of_another_document_are_neither_taken_back_nor_replaced() {
    let scopes = scopes();
    converge(&scopes, &parsed(SPEC));
    let other = SPEC.replace("{name: node}", "{name: other}").replace("tenant-a", "tenant-b");
    let without =
        parsed(&other.replace(
            "pools:\n    - {resource: example.com/net, from: [{physicalFunction: fast}]}",
            "pools: []",
        ));
    let plan = planned(&scopes, &without);
    assert_eq!(changes(&plan), ["write objects: network-attachment-definition default/tenant-b"]);

    let blocked = planned(&scopes, &parsed(&other));
    let text = render(&blocked, Detail::Short);
    assert!(blocked.is_blocked(), "{text}");
    assert!(text.contains("node a has pools of node, which is not among these documents"), "{text}");
}

#[test]
fn declared_parts_of_others_are_looked_for_and_their_release_is_compared() {
    let scopes = scopes();
    let config = parsed(&SPEC.replace("  components:\n", "  components:\n    multus: {version: v4.2.4}\n"));
    let said = |scopes: &SimScopes| render(&planned(scopes, &config), Detail::Short);
    assert!(said(&scopes).contains("note: no DaemonSet of multus is in the cluster"), "{}", said(&scopes));
    let content = |tag: &str| {
        let image = format!(r#"{{"name": "m", "image": "example/multus-cni:{tag}"}}"#);
        let text = format!(r#"{{"spec": {{"template": {{"spec": {{"containers": [{image}]}}}}}}}}"#);
        ObjectFacts { content: JsonValue::from_text(&text).unwrap(), ..ObjectFacts::default() }
    };
    let set = || object("daemonset kube-system/kube-multus");
    scopes.by_hand_in_cluster(|facts| drop(facts.objects.insert(set(), content("v4.1.0"))));
    let other = "multus is declared as v4.2.4, and example/multus-cni:v4.1.0 runs";
    assert!(said(&scopes).replace("\n      ", " ").contains(other), "{}", said(&scopes));
    scopes.by_hand_in_cluster(|facts| drop(facts.objects.insert(set(), content("v4.2.4-thick"))));
    assert!(!said(&scopes).contains("multus"), "{}", said(&scopes));
}

#[test]
fn objects_of_the_plugins_name_that_another_made_are_left_alone() {
    for name in [CONFIG, "daemonset kube-system/vfctl-device-plugin"] {
        let scopes = scopes();
        let foreign = ObjectFacts {
            uid: "9".to_owned(),
            managers: ["helm".to_owned()].into(),
            content: JsonValue::from_text(r#"{"data": {"a": "mine"}}"#).unwrap(),
            ..ObjectFacts::default()
        };
        scopes.by_hand_in_cluster(|facts| drop(facts.objects.insert(object(name), foreign.clone())));
        let blocked = planned(&scopes, &parsed(SPEC));
        let text = render(&blocked, Detail::Short);
        assert!(blocked.is_blocked() && text.contains("was not made by vfctl (set by helm)"), "{text}");
    }
}

#[test]
fn what_another_made_blocks_and_what_nobody_asks_for_any_more_is_deleted() {
    let scopes = scopes();
    let foreign = ObjectFacts {
        uid: "9".to_owned(),
        managers: ["kubectl-create".to_owned()].into(),
        content: JsonValue::from_text(r#"{"spec": {"config": "{}"}}"#).unwrap(),
        ..ObjectFacts::default()
    };
    scopes.by_hand_in_cluster(|facts| drop(facts.objects.insert(object(NETWORK), foreign)));
    let config = parsed(SPEC);
    let blocked = planned(&scopes, &config);
    let text = render(&blocked, Detail::Short);
    assert!(
        blocked.is_blocked() && text.contains("kubectl-create") && text.contains("--force-conflicts"),
        "{text}"
    );

    scopes.by_hand_in_cluster(|facts| drop(facts.objects.remove(&object(NETWORK))));
    converge(&scopes, &config);
    let renamed = parsed(&SPEC.replace("tenant-a", "tenant-b"));
    converge(&scopes, &renamed);
    let objects = scopes.world().cluster.unwrap().objects;
    assert!(!objects.contains_key(&object(NETWORK)));
    assert!(objects.contains_key(&object("network-attachment-definition default/tenant-b")));
}

#[test]
fn table_of_rights_has_all_that_applies_do_and_nothing_else() {
    let scopes = scopes();
    let mut done: BTreeSet<(ObjectKind, &str)> = BTreeSet::new();
    let nothing = SPEC.split("  components:").next().unwrap().to_owned()
        + "  physicalFunctions: [{name: fast, match: {pci: \"0000:01:00.0\"}}]\n";
    for spec in [SPEC, &nothing] {
        let report = apply(&scopes, &parsed(spec));
        for op in report.lanes.iter().filter(|lane| lane.host.is_none()).flat_map(|lane| &lane.ops) {
            let verb = match op.op.action.kind() {
                ActionKind::ApplyObject => "patch",
                ActionKind::DeleteObject => "delete",
                other => panic!("{other:?}"),
            };
            done.insert((op.op.target.object().unwrap().kind(), verb));
        }
    }
    assert_eq!(done, rights_to_write(|kind| !OF_PARTS.contains(&kind)));
}
