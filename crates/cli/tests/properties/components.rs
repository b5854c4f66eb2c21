//! Parts of a cluster that vfctl installs: from nothing, one release more, what others run, and what is asked for no more.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::subsequence;
use vfctl_apply::{Edges, Look, Report, Result as Ending};
use vfctl_kinds::document::{PlacedDocument, SriovConfig};
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_kinds::rights::{RIGHTS, RightsPart};
use vfctl_model::{JsonValue, ObjectKind, ObjectRef};
use vfctl_plan::{Detail, Options, Plan, check, render};
use vfctl_port::{ActionKind, ObjectFacts, Scope};
use vfctl_sim::SimScopes;

use crate::cluster::{NETWORK, SPEC, changes, object, scopes};
use crate::journal::OrderCheck;
use crate::run::{Silent, parsed};

/// Each part that can be installed: its key, its image, its DaemonSet.
const PARTS: [(&str, &str, &str); 5] = [
    ("multus", "example/multus-cni", "daemonset kube-system/vfctl-multus"),
    ("whereabouts", "example/whereabouts", "daemonset kube-system/vfctl-whereabouts"),
    ("sriovCni", "example/sriov-cni", "daemonset kube-system/vfctl-sriov-cni"),
    ("ibSriovCni", "example/ib-sriov-cni", "daemonset kube-system/vfctl-ib-sriov-cni"),
    ("devicePlugin", "example/sriov-network-device-plugin", "daemonset kube-system/vfctl-device-plugin"),
];
const DEFINITION: &str = "customresourcedefinition network-attachment-definitions.k8s.cni.cncf.io";

/// Returns a cluster in which no networks are defined.
fn bare() -> SimScopes {
    let scopes = scopes();
    scopes.by_hand_in_cluster(|facts| {
        facts.undefined.insert(ObjectKind::NetworkAttachmentDefinition);
    });
    scopes
}

/// Returns a document with these parts, the release of one of them another, and what else `SPEC` asks for, if wanted.
fn asking(parts: &[&str], newer: Option<&str>, has_network: bool) -> SriovConfig {
    let mut text = "  components:\n".to_owned();
    for (key, image, _) in PARTS.iter().filter(|(key, ..)| parts.contains(key)) {
        let release = if newer == Some(key) { "v4.9.9" } else { "v4.2.4" };
        text.push_str(&format!(
            "    {key}: {{version: {release}, managed: {{image: \"{image}:{release}\"}}}}\n"
        ));
    }
    if !parts.contains(&"devicePlugin") {
        text.push_str("    devicePlugin: {version: v4.2.4}\n");
    }
    let (head, rest) = SPEC.split_once("  components:\n").unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    let rest = if has_network { rest } else { rest.split("  pools:").next().unwrap() };
    parsed(&format!("{head}{text}{rest}"))
}

fn options(prunes: bool) -> Options {
    Options { prunes, ..Options::default() }
}

fn planned(scopes: &SimScopes, config: &SriovConfig, prunes: bool) -> Plan {
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    let plan =
        vfctl_plan::plan(&[PlacedDocument { config, place: &place }], &scopes.world(), options(prunes));
    assert_eq!(check(&plan), Ok(()), "{}", render(&plan, Detail::Verbose));
    plan
}

/// Applies, and asserts that all is as planned and nothing is left to do.
fn converge(scopes: &SimScopes, config: &SriovConfig, prunes: bool) -> Report {
    let plan = planned(scopes, config, prunes);
    assert!(!plan.is_blocked(), "{}", render(&plan, Detail::Verbose));
    let host = Scope::Host("a".parse().unwrap());
    let before = Look::take(&[host, Scope::Cluster], scopes, scopes).unwrap();
    let order = OrderCheck::new(scopes, scopes);
    let edges = Edges { observe: scopes, perform: &order, journal: &order, clock: scopes, progress: &Silent };
    let report = vfctl_apply::apply(&plan, &before, edges);
    order.conclude().unwrap();
    scopes.settle();
    assert_eq!(report.result, Ending::Converged, "{}", report.render());
    let again = planned(scopes, config, prunes);
    assert!(again.is_empty() && !again.is_blocked(), "{}", render(&again, Detail::Verbose));
    report
}

fn objects(scopes: &SimScopes) -> BTreeMap<ObjectRef, ObjectFacts> {
    scopes.world().cluster.unwrap().objects
}

fn names(scopes: &SimScopes) -> BTreeSet<String> {
    objects(scopes).keys().map(ToString::to_string).collect()
}

/// Returns the pods of each DaemonSet, by their uids.
fn pods(scopes: &SimScopes) -> BTreeMap<String, BTreeSet<String>> {
    let mut pods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, facts) in objects(scopes).iter().filter(|(object, _)| object.kind() == ObjectKind::Pod) {
        pods.entry(facts.owners.iter().next().unwrap().clone()).or_default().insert(facts.uid.clone());
    }
    pods
}

/// Returns a DaemonSet of another that runs this image.
fn foreign(image: &str) -> ObjectFacts {
    let text = format!(
        r#"{{"spec": {{"template": {{"spec": {{"nodeSelector": {{"none": "x"}}, "containers": [{{"name": "m", "image": "{image}:v1.0.0"}}]}}}}}}}}"#
    );
    let content = JsonValue::from_text(&text).unwrap();
    ObjectFacts {
        uid: "f".to_owned(),
        managers: ["helm".to_owned()].into(),
        content,
        ..ObjectFacts::default()
    }
}

/// Writes a field into an object.
fn put(scopes: &SimScopes, object: &ObjectRef, path: &[&str], value: JsonValue) {
    scopes.by_hand_in_cluster(|facts| {
        let mut at = &mut facts.objects.get_mut(object).unwrap().content;
        for name in path {
            let JsonValue::Fields(fields) = at else { panic!("{at:?} has no fields") };
            at = fields.entry((*name).to_owned()).or_insert_with(|| JsonValue::Fields(BTreeMap::new()));
        }
        *at = value.clone();
    });
}

const ALL: [&str; 5] = ["multus", "whereabouts", "sriovCni", "ibSriovCni", "devicePlugin"];

/// The kinds of objects that parts have, and nothing else.
pub(crate) const OF_PARTS: [ObjectKind; 4] = [
    ObjectKind::ServiceAccount,
    ObjectKind::ClusterRole,
    ObjectKind::ClusterRoleBinding,
    ObjectKind::CustomResourceDefinition,
];

/// Returns the rights to write objects of some kinds, but for those to create: an apply is a patch.
pub(crate) fn rights_to_write(is_meant: impl Fn(ObjectKind) -> bool) -> BTreeSet<(ObjectKind, &'static str)> {
    // Apply starts no pods.
    let writing = RIGHTS.iter().filter(|right| !matches!(right.part, RightsPart::Read | RightsPart::Verify));
    let named = writing.flat_map(|right| right.verbs.iter().map(|verb| (right.kind, *verb)));
    named.filter(|(kind, verb)| !matches!(*verb, "create" | "get") && is_meant(*kind)).collect()
}

#[test]
fn table_of_rights_has_all_that_parts_need_and_nothing_else() {
    let scopes = bare();
    let mut done: BTreeSet<(ObjectKind, &str)> = BTreeSet::new();
    for (parts, prunes) in [(&ALL[..], false), (&[], true)] {
        let report = converge(&scopes, &asking(parts, None, false), prunes);
        for op in report.lanes.iter().filter(|lane| lane.host.is_none()).flat_map(|lane| &lane.ops) {
            let verb = match op.op.action.kind() {
                ActionKind::ApplyObject => "patch",
                ActionKind::DeleteObject => "delete",
                other => panic!("{other:?}"),
            };
            done.insert((op.op.target.object().unwrap().kind(), verb));
        }
    }
    done.retain(|(kind, _)| OF_PARTS.contains(kind));
    assert_eq!(done, rights_to_write(|kind| OF_PARTS.contains(&kind)));
}

#[test]
fn one_apply_installs_everything_in_order() {
    let scopes = bare();
    let config = asking(&ALL, None, true);
    let changes = changes(&planned(&scopes, &config, false));
    let at = |name: &str| {
        let found = changes.iter().position(|change| change == &format!("write objects: {name}"));
        found.unwrap_or_else(|| panic!("{name} is not written: {changes:#?}"))
    };
    let order = [
        DEFINITION,
        "serviceaccount kube-system/vfctl-multus",
        "clusterrole vfctl-multus",
        "clusterrolebinding vfctl-multus",
        "daemonset kube-system/vfctl-multus",
        NETWORK,
    ];
    assert!(order.map(at).is_sorted(), "{changes:#?}");
    assert!(at("configmap kube-system/vfctl-whereabouts") < at("daemonset kube-system/vfctl-whereabouts"));
    converge(&scopes, &config, false);
    assert_eq!(pods(&scopes).len(), PARTS.len());
}

#[test]
fn newer_release_starts_the_pods_of_its_part_anew_and_no_others() {
    let scopes = bare();
    converge(&scopes, &asking(&ALL, None, true), false);
    let before = pods(&scopes);
    for part in ["multus", "whereabouts", "sriovCni", "ibSriovCni"] {
        let scopes = bare();
        converge(&scopes, &asking(&ALL, None, true), false);
        let config = asking(&ALL, Some(part), true);
        let (_, _, set) = PARTS.iter().find(|(key, ..)| *key == part).unwrap();
        assert_eq!(changes(&planned(&scopes, &config, false)), [format!("write objects: {set}")]);
        converge(&scopes, &config, false);
        let owner = format!("DaemonSet {}", set.split_once('/').unwrap().1);
        for (name, uids) in pods(&scopes) {
            assert_eq!(before[&name] != uids, name == owner, "{part}: {name}");
        }
    }
}

#[test]
fn part_whose_pods_do_not_run_is_waited_for_unless_their_nodes_are_silent() {
    let scopes = bare();
    let config = asking(&ALL, None, true);
    converge(&scopes, &config, false);
    let set = object("daemonset kube-system/vfctl-multus");
    let break_pods = || put(&scopes, &set, &["status", "numberReady"], JsonValue::Number(0));
    break_pods();
    let plan = planned(&scopes, &config, false);
    assert_eq!(changes(&plan), ["write objects: daemonset kube-system/vfctl-multus"]);
    assert!(render(&plan, Detail::Short).contains("podsReady: 0 -> 1"), "{}", render(&plan, Detail::Short));
    let rows = vfctl_plan::compared(&plan);
    assert!(rows.iter().any(|row| format!("{row:?}").contains("podsReady")), "{rows:?}");
    let written = converge(&scopes, &config, false);
    assert_eq!(written.lanes.iter().map(|lane| lane.ops.len()).sum::<usize>(), 1);

    break_pods();
    let taint =
        JsonValue::from_text(r#"[{"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}]"#);
    put(&scopes, &object("node a"), &["spec", "taints"], taint.unwrap());
    let plan = planned(&scopes, &config, false);
    assert!(plan.is_empty(), "{}", render(&plan, Detail::Verbose));
    let text = render(&plan, Detail::Short);
    assert!(text.contains("0 of 1 pods of daemonset kube-system/vfctl-multus are ready"), "{text}");
}

#[test]
fn part_that_another_runs_blocks_and_nothing_is_touched() {
    for (key, image, _) in PARTS {
        let scopes = bare();
        let set = || object("daemonset other/theirs");
        scopes.by_hand_in_cluster(|facts| drop(facts.objects.insert(set(), foreign(image))));
        let plan = planned(&scopes, &asking(&[key], None, false), false);
        let text = render(&plan, Detail::Short).replace("\n      ", " ");
        assert!(plan.is_blocked() && text.contains("daemonset other/theirs runs"), "{key}: {text}");
    }
}

#[test]
fn definition_and_multus_go_only_with_the_last_network() {
    for has_other in [true, false] {
        let scopes = bare();
        converge(&scopes, &asking(&ALL, None, true), false);
        let theirs = "network-attachment-definition default/theirs";
        if has_other {
            // One whose configuration is a file of its nodes may need each part.
            scopes.by_hand_in_cluster(|facts| {
                drop(facts.objects.insert(object(theirs), ObjectFacts::default()))
            });
        }
        let config = asking(&[], None, false);
        converge(&scopes, &config, true);
        let left = names(&scopes);
        assert_eq!(left.contains(theirs), has_other);
        assert_eq!(left.contains(DEFINITION), has_other, "{left:?}");
        for part in ["multus", "sriov-cni", "ib-sriov-cni", "whereabouts"] {
            let set = format!("daemonset kube-system/vfctl-{part}");
            assert_eq!(left.contains(&set), has_other, "{left:?}");
        }
        // What pods have of addresses is kept in objects that vfctl does not read.
        assert!(left.contains("customresourcedefinition ippools.whereabouts.cni.cncf.io"), "{left:?}");
    }
}

#[test]
fn part_stays_only_for_networks_that_name_it() {
    let scopes = bare();
    converge(&scopes, &asking(&ALL, None, false), false);
    let theirs = "network-attachment-definition default/theirs";
    let config = r#"{"spec": {"config": "{\"plugins\": [{\"type\": \"macvlan\", \"ipam\": {\"type\": \"whereabouts\"}}]}"}}"#;
    let network = ObjectFacts { content: JsonValue::from_text(config).unwrap(), ..ObjectFacts::default() };
    scopes.by_hand_in_cluster(|facts| drop(facts.objects.insert(object(theirs), network)));
    converge(&scopes, &asking(&[], None, false), true);
    let left = names(&scopes);
    for (part, stays) in
        [("multus", true), ("whereabouts", true), ("sriov-cni", false), ("ib-sriov-cni", false)]
    {
        assert_eq!(left.contains(&format!("daemonset kube-system/vfctl-{part}")), stays, "{part}: {left:?}");
    }
}

#[test]
fn multus_of_another_takes_its_place_and_nothing_of_it_is_cleared_away() {
    let scopes = bare();
    converge(&scopes, &asking(&["multus"], None, false), false);
    scopes.by_hand_in_cluster(|facts| {
        drop(facts.objects.insert(object("daemonset other/theirs"), foreign("x/multus-cni")));
        let theirs = object("network-attachment-definition default/theirs");
        drop(facts.objects.insert(theirs, ObjectFacts::default()));
    });
    let config = asking(&[], None, false);
    let changes = changes(&planned(&scopes, &config, true));
    assert!(!changes.iter().any(|change| change.starts_with("write objects")), "{changes:?}");
    converge(&scopes, &config, true);
    let left = names(&scopes);
    assert!(left.contains("daemonset other/theirs") && left.contains(DEFINITION), "{left:?}");
    assert!(!left.contains("daemonset kube-system/vfctl-multus"), "{left:?}");
}

#[test]
fn whereabouts_is_not_moved_to_another_namespace_nor_are_parts_of_other_documents() {
    for (part, name) in [("whereabouts", "cluster"), ("sriovCni", "other")] {
        let scopes = bare();
        converge(&scopes, &asking(&[part], None, false), false);
        let mut config = asking(&[part], None, false);
        let text = serde_json::to_string(&config)
            .unwrap()
            .replace("managed\":{", "managed\":{\"namespace\":\"elsewhere\",");
        config = serde_json::from_str(&text).unwrap();
        if name == "other" {
            config.metadata.name = name.to_owned();
        }
        let plan = planned(&scopes, &config, false);
        assert!(plan.is_blocked(), "{part}: {}", render(&plan, Detail::Short));
    }
}

#[test]
fn network_that_came_after_the_plan_keeps_its_definition() {
    let scopes = bare();
    converge(&scopes, &asking(&["multus"], None, false), false);
    let config = asking(&[], None, false);
    let plan = planned(&scopes, &config, true);
    assert!(changes(&plan).contains(&format!("delete objects: {DEFINITION}")));
    let theirs = "network-attachment-definition default/theirs";
    scopes.by_hand_in_cluster(|facts| drop(facts.objects.insert(object(theirs), ObjectFacts::default())));
    let host = Scope::Host("a".parse().unwrap());
    let before = Look::take(&[host, Scope::Cluster], &scopes, &scopes).unwrap();
    let order = OrderCheck::new(&scopes, &scopes);
    let edges =
        Edges { observe: &scopes, perform: &order, journal: &order, clock: &scopes, progress: &Silent };
    let report = vfctl_apply::apply(&plan, &before, edges);
    assert_eq!(report.result, Ending::Failed, "{}", report.render());
    assert!(names(&scopes).contains(theirs));
}

#[test]
fn without_prune_what_stays_is_named_and_nothing_is_deleted() {
    let scopes = bare();
    converge(&scopes, &asking(&["multus", "sriovCni"], None, false), false);
    let before = names(&scopes);
    let config = asking(&[], None, false);
    let plan = planned(&scopes, &config, false);
    let text = render(&plan, Detail::Short).replace("\n      ", " ");
    assert!(text.contains("daemonset kube-system/vfctl-multus and 4 more objects of multus stay"), "{text}");
    assert!(
        text.contains("daemonset kube-system/vfctl-sriov-cni stays") && text.contains("--prune"),
        "{text}"
    );
    converge(&scopes, &config, false);
    assert_eq!(names(&scopes), before);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_come_and_go_as_asked_and_what_others_made_stays(
        first in subsequence(ALL.to_vec(), 0..=ALL.len()),
        then in subsequence(ALL.to_vec(), 0..=ALL.len()),
        theirs in subsequence(PARTS.to_vec(), 0..=PARTS.len()),
    ) {
        let scopes = bare();
        converge(&scopes, &asking(&first, None, false), false);
        // What others run beside is what vfctl is not to run.
        let theirs: Vec<_> = theirs.into_iter().filter(|(key, ..)| !then.contains(key)).collect();
        let set = |key: &str| object(&format!("daemonset other/{}", key.to_ascii_lowercase()));
        scopes.by_hand_in_cluster(|facts| {
            facts.objects.extend(theirs.iter().map(|(key, image, _)| (set(key), foreign(image))));
            let role = ObjectFacts { uid: "r".to_owned(), ..ObjectFacts::default() };
            facts.objects.insert(object("clusterrole multus"), role);
        });
        let config = asking(&then, None, false);
        converge(&scopes, &config, true);
        let left = names(&scopes);
        for (key, _, own) in PARTS {
            prop_assert_eq!(left.contains(own), then.contains(&key), "{}: {:?}", own, left);
        }
        let kept = objects(&scopes);
        for (key, image, _) in &theirs {
            let (found, made) = (&kept[&set(key)], foreign(image));
            prop_assert_eq!(found.content.at(&["spec"]), made.content.at(&["spec"]));
        }
        prop_assert!(left.contains("clusterrole multus"));
        prop_assert_eq!(left.contains(DEFINITION), then.contains(&"multus"));
    }
}
