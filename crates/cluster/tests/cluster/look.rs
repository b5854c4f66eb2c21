//! Looks at the whole cluster and at single objects.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use vfctl_model::{ObjectKind, ObjectRef};
use vfctl_port::{ClusterFacts, Observe, Observed, Scope, What, with_causes};

use crate::server::{LIMIT, Request, Server, ServerReply, refuse, say};

/// Answers as an API server in which nothing is.
fn empty(request: &Request) -> ServerReply {
    match request.path() {
        "/version" => say(200, r#"{"major":"1","minor":"34","gitVersion":"v1.34.4"}"#),
        _ => say(200, r#"{"kind":"List","metadata":{},"items":[]}"#),
    }
}

fn whole(server: &Server) -> ClusterFacts {
    match server.cluster().observe(&Scope::Cluster, &What::Whole, LIMIT).expect("facts") {
        Observed::Cluster(facts) => *facts,
        other => panic!("{other:?}"),
    }
}

fn names(facts: &ClusterFacts) -> Vec<String> {
    facts.objects.keys().map(ToString::to_string).collect()
}

#[test]
fn lists_are_read_page_by_page() {
    let server =
        Server::start(|request, _| match (request.path(), request.target.contains("continue=next")) {
            ("/api/v1/nodes", false) => {
                say(200, r#"{"metadata":{"continue":"next"},"items":[{"metadata":{"name":"a","uid":"1"}}]}"#)
            }
            ("/api/v1/nodes", true) => {
                say(200, r#"{"metadata":{},"items":[{"metadata":{"name":"b","uid":"2"}}]}"#)
            }
            _ => empty(request),
        });
    let facts = whole(&server);
    assert_eq!(facts.version, "v1.34.4");
    assert_eq!(names(&facts), ["node a", "node b"]);
    assert!(facts.unread.is_empty() && facts.undefined.is_empty(), "{facts:?}");
    let asked = server.asked();
    assert!(
        asked
            .iter()
            .filter(|request| request.path() == "/api/v1/nodes")
            .all(|r| r.target.contains("limit=500"))
    );
    let maps = || asked.iter().filter(|request| request.path() == "/api/v1/configmaps");
    for selector in [
        "labelSelector=app.kubernetes.io%2Fmanaged-by%3Dvfctl",
        "fieldSelector=metadata.name%3Dvfctl-device-plugin",
    ] {
        assert_eq!(maps().filter(|request| request.target.contains(selector)).count(), 1, "{selector}");
    }
}

#[test]
fn for_one_host_only_the_pods_of_its_node_are_asked_for() {
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/nodes" => say(
            200,
            r#"{"items":[{"metadata":{"name":"n-1","labels":{"kubernetes.io/hostname":"host"}}},{"metadata":{"name":"n-2"}}]}"#,
        ),
        _ => empty(request),
    });
    let what = What::OfHost("host".parse().expect("a name"));
    let seen = server.cluster().observe(&Scope::Cluster, &what, LIMIT).expect("facts");
    assert!(matches!(seen, Observed::Cluster(_)));
    let asked = server.asked();
    let pods: Vec<&str> =
        asked.iter().filter(|one| one.path() == "/api/v1/pods").map(|one| one.target.as_str()).collect();
    assert!(matches!(pods[..], [one] if one.contains("fieldSelector=spec.nodeName%3Dn-1")), "{pods:?}");
}

#[test]
fn what_may_not_be_read_or_does_not_exist_is_named_and_the_rest_is_read() {
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/pods" => refuse(
            403,
            r#"pods is forbidden: User "x" cannot list resource "pods" at the cluster scope"#,
            "pods",
            "",
        ),
        "/apis/k8s.cni.cncf.io/v1/network-attachment-definitions" => say(404, "404 page not found\n"),
        "/apis/apps/v1/daemonsets" => ServerReply::Say(200, "no JSON".to_owned()),
        "/api/v1/nodes" => say(200, r#"{"items":[{"metadata":{"name":"a","uid":"1"}}]}"#),
        _ => empty(request),
    });
    let facts = whole(&server);
    assert_eq!(names(&facts), ["node a"]);
    assert_eq!(facts.undefined, BTreeSet::from([ObjectKind::NetworkAttachmentDefinition]));
    assert_eq!(
        facts.unread[&ObjectKind::Pod],
        r#"list pods: 403 Forbidden: pods is forbidden: User "x" cannot list resource "pods" at the cluster scope"#
    );
    assert!(
        facts.unread[&ObjectKind::DaemonSet]
            .starts_with("list daemonsets: the answer of the API server is not")
    );
}

#[test]
fn a_kind_that_does_not_exist_is_told_from_one_that_may_not_be_read() {
    let server = Server::start(|request, _| match request.path() {
        "/apis/apps/v1" => say(200, r#"{"resources":[{"name":"daemonsets"}]}"#),
        "/apis/k8s.cni.cncf.io/v1" => say(200, r#"{"resources":[{"name":"other"}]}"#),
        "/apis/sriovnetwork.openshift.io/v1" => say(404, "404 page not found\n"),
        path if path.starts_with("/apis/") => refuse(403, "forbidden", "any", ""),
        _ => empty(request),
    });
    let facts = whole(&server);
    let undefined = [ObjectKind::NetworkAttachmentDefinition, ObjectKind::SriovNetworkNodePolicy];
    assert_eq!(facts.undefined, BTreeSet::from(undefined));
    let unread = [
        ObjectKind::DaemonSet,
        ObjectKind::ClusterRole,
        ObjectKind::ClusterRoleBinding,
        ObjectKind::CustomResourceDefinition,
    ];
    assert_eq!(facts.unread.keys().copied().collect::<Vec<_>>(), unread);
}

#[test]
fn the_configuration_of_device_plugins_is_read_where_they_are() {
    let server = Server::start(|request, _| match request.path() {
        "/apis/apps/v1/daemonsets" => say(
            200,
            r#"{"items":[
                {"metadata":{"name":"sdp","namespace":"net","uid":"1"},"spec":{"template":{"spec":{"containers":[
                    {"name":"kube-sriovdp","image":"sriov-network-device-plugin"}]}}}},
                {"metadata":{"name":"proxy","namespace":"kube-system","uid":"2"},"spec":{}}]}"#,
        ),
        "/api/v1/namespaces/net/configmaps" => say(
            200,
            r#"{"items":[{"metadata":{"name":"config","namespace":"net","uid":"3"},"data":{"config.json":"{\"resourceList\":[]}"}},
                         {"metadata":{"name":"other","namespace":"net","uid":"4"},"data":{"a":"b"}}]}"#,
        ),
        "/api/v1/pods" => say(
            200,
            r#"{"items":[{"metadata":{"name":"sdp-1","namespace":"net","ownerReferences":[{"kind":"DaemonSet","name":"sdp"}]}},
                         {"metadata":{"name":"proxy-1","namespace":"kube-system","ownerReferences":[{"kind":"DaemonSet","name":"proxy"}]}}]}"#,
        ),
        _ => empty(request),
    });
    assert_eq!(names(&whole(&server)), ["pod net/sdp-1", "configmap net/config", "daemonset net/sdp"]);
    assert!(!server.asked().iter().any(|request| request.path().contains("/kube-system/")));
}

#[test]
fn a_server_that_never_answers_ends_the_look_in_time() {
    let server = Server::start(|_, _| ServerReply::Silence);
    let began = Instant::now();
    let limit = Duration::from_millis(300);
    let error = server.cluster().observe(&Scope::Cluster, &What::Whole, limit).expect_err("an error");
    assert_eq!(
        with_causes(&error),
        "read the version of the cluster: no answer from the API server within 300 ms"
    );
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn a_list_that_never_comes_leaves_its_kind_unread() {
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/pods" => ServerReply::Silence,
        _ => empty(request),
    });
    let Ok(Observed::Cluster(facts)) =
        server.cluster().observe(&Scope::Cluster, &What::Whole, Duration::from_secs(1))
    else {
        panic!("no facts")
    };
    assert_eq!(facts.unread[&ObjectKind::Pod], "list pods: no answer from the API server within 1 s");
    assert_eq!(facts.unread.len(), 1);
}

#[test]
fn single_objects_are_read_without_any_list() {
    let server = Server::start(|request, before| match (request.path(), before) {
        ("/api/v1/nodes/a", _) => say(200, r#"{"metadata":{"name":"a","uid":"1","labels":{"x":"y"}}}"#),
        // What may pass is tried again, and so is what a lost connection kept.
        ("/api/v1/namespaces/net/configmaps/c", 0) => say(503, ""),
        ("/api/v1/namespaces/net/configmaps/c", 1) => ServerReply::Cut,
        ("/api/v1/namespaces/net/configmaps/c", _) => {
            say(200, r#"{"metadata":{"name":"c","namespace":"net","uid":"2"}}"#)
        }
        _ => refuse(404, "not found", "configmaps", ""),
    });
    let wanted: BTreeSet<ObjectRef> = ["node a", "configmap net/c", "configmap net/d"]
        .iter()
        .map(|name| name.parse().expect("a name"))
        .collect();
    let Ok(Observed::Objects(objects)) =
        server.cluster().observe(&Scope::Cluster, &What::Objects(wanted), LIMIT)
    else {
        panic!("no objects")
    };
    let found: Vec<(String, Option<&str>)> = objects
        .iter()
        .map(|(object, facts)| (object.to_string(), facts.as_ref().map(|f| f.uid.as_str())))
        .collect();
    let expected = [("node a", Some("1")), ("configmap net/c", Some("2")), ("configmap net/d", None)];
    assert_eq!(found, expected.map(|(name, uid)| (name.to_owned(), uid)));
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn an_object_that_may_not_be_read_is_an_error() {
    let server = Server::start(|_, _| refuse(403, "nodes is forbidden", "nodes", ""));
    let wanted = BTreeSet::from(["node a".parse().expect("a name")]);
    let error =
        server.cluster().observe(&Scope::Cluster, &What::Objects(wanted), LIMIT).expect_err("an error");
    assert_eq!(with_causes(&error), "read node a: 403 Forbidden: nodes is forbidden");
}

#[test]
fn a_host_is_out_of_reach() {
    let server = Server::start(|request, _| empty(request));
    let host = Scope::Host("worker-1".parse().expect("a name"));
    assert!(server.cluster().observe(&host, &What::Whole, LIMIT).is_err());
    assert!(server.asked().is_empty());
}
