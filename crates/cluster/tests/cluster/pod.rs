//! A look at one pod, and which events are kept.

use vfctl_model::{ObjectKind, ObjectRef};
use vfctl_port::{ClusterFacts, Observe, Observed, Scope, What};

use crate::server::{LIMIT, Request, Server, ServerReply, refuse, say};

/// Answers as an API server in which nothing is.
fn empty(request: &Request) -> ServerReply {
    match request.path() {
        "/version" => say(200, r#"{"gitVersion":"v1.34.4"}"#),
        path if path.ends_with("/pods/a") => say(404, "{}"),
        _ => say(200, r#"{"kind":"List","metadata":{},"items":[]}"#),
    }
}

fn look(server: &Server, what: &What) -> ClusterFacts {
    match server.cluster().observe(&Scope::Cluster, what, LIMIT).expect("facts") {
        Observed::Cluster(facts) => *facts,
        other => panic!("{other:?}"),
    }
}

fn of_pod() -> What {
    What::Pod("pod default/a".parse::<ObjectRef>().expect("a name"))
}

fn names(facts: &ClusterFacts, kind: ObjectKind) -> Vec<String> {
    facts.of_kind(kind).map(|(object, _)| object.to_string()).collect()
}

/// Returns an event of a pod as the API server writes it.
fn event(name: &str, pod: &str, at: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"default"}},"type":"Warning","reason":"Failed","message":"m",
            "involvedObject":{{"kind":"Pod","name":"{pod}","namespace":"default"}},"lastTimestamp":"{at}"}}"#
    )
}

#[test]
fn pod_is_read_whatever_it_is_with_its_events_and_the_pods_of_its_node() {
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/namespaces/default/pods/a" => say(
            200,
            r#"{"metadata":{"name":"a","namespace":"default"},"spec":{"nodeName":"n-1"},"status":{"phase":"Pending","reason":"R"}}"#,
        ),
        "/api/v1/namespaces/default/events" => {
            let events: Vec<String> = (0..12)
                .map(|n| event(&format!("a.{n}"), "a", &format!("2026-01-01T00:00:{n:02}Z")))
                .collect();
            say(200, &format!(r#"{{"items":[{}]}}"#, events.join(",")))
        }
        "/api/v1/pods" => say(
            200,
            r#"{"items":[{"metadata":{"name":"b","namespace":"x"}},
                {"metadata":{"name":"c","namespace":"x","annotations":{"k8s.v1.cni.cncf.io/networks":"n"}}}]}"#,
        ),
        _ => empty(request),
    });
    let facts = look(&server, &of_pod());
    assert_eq!(names(&facts, ObjectKind::Pod), ["pod default/a", "pod x/c"]);
    let events = names(&facts, ObjectKind::Event);
    assert_eq!(events.len(), 8);
    assert!(
        events.contains(&"event default/a.11".to_owned())
            && !events.contains(&"event default/a.3".to_owned())
    );
    let asked = server.asked();
    let target = |path: &str| asked.iter().find(|one| one.path() == path).map(|one| one.target.clone());
    assert!(target("/api/v1/pods").is_some_and(|target| target.contains("spec.nodeName%3Dn-1")));
    let events = target("/api/v1/namespaces/default/events").expect("events");
    assert!(events.contains("involvedObject.kind%3DPod%2CinvolvedObject.name%3Da"), "{events}");
}

#[test]
fn for_a_pod_that_is_not_there_the_others_of_its_namespace_are_read() {
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/pods" => say(
            200,
            r#"{"items":[{"metadata":{"name":"ab","namespace":"default"}},{"metadata":{"name":"b","namespace":"x"}}]}"#,
        ),
        _ => empty(request),
    });
    assert_eq!(names(&look(&server, &of_pod()), ObjectKind::Pod), ["pod default/ab"]);
}

#[test]
fn events_or_pods_that_may_not_be_read_are_named_and_the_rest_is_read() {
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/namespaces/default/pods/a" => say(200, r#"{"metadata":{"name":"a","namespace":"default"}}"#),
        "/api/v1/namespaces/default/events" => refuse(403, "events is forbidden", "events", ""),
        "/api/v1/nodes" => say(200, r#"{"items":[{"metadata":{"name":"n-1"}}]}"#),
        _ => empty(request),
    });
    let facts = look(&server, &of_pod());
    assert_eq!(facts.unread.keys().collect::<Vec<_>>(), [&ObjectKind::Event]);
    assert_eq!(facts.unread[&ObjectKind::Event], "list events: 403 Forbidden: events is forbidden");
    assert_eq!((names(&facts, ObjectKind::Node).len(), names(&facts, ObjectKind::Pod).len()), (1, 1));
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/namespaces/default/pods/a" => refuse(403, "pods is forbidden", "pods", ""),
        _ => empty(request),
    });
    let facts = look(&server, &of_pod());
    assert_eq!(facts.unread[&ObjectKind::Pod], "read pod default/a: 403 Forbidden: pods is forbidden");
}

#[test]
fn whole_look_keeps_warnings_of_pods_that_wait_and_a_hosts_look_asks_for_none() {
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/pods" => {
            let pod = |name: &str, phase: &str| {
                format!(
                    r#"{{"metadata":{{"name":"{name}","namespace":"default","annotations":{{"k8s.v1.cni.cncf.io/networks":"n"}}}},
                        "status":{{"phase":"{phase}"}}}}"#
                )
            };
            say(200, &format!(r#"{{"items":[{},{}]}}"#, pod("a", "Pending"), pod("b", "Running")))
        }
        "/api/v1/events" => {
            let events = [event("a.1", "a", ""), event("b.1", "b", ""), event("c.1", "c", "")];
            say(200, &format!(r#"{{"items":[{}]}}"#, events.join(",")))
        }
        _ => empty(request),
    });
    assert_eq!(names(&look(&server, &What::Whole), ObjectKind::Event), ["event default/a.1"]);
    let asked = server.asked();
    let events: Vec<_> = asked.iter().filter(|one| one.path() == "/api/v1/events").collect();
    assert!(
        events.iter().all(|one| one.target.contains("type%3DWarning")) && events.len() == 1,
        "{events:?}"
    );
    look(&server, &What::OfHost("host".parse().expect("a name")));
    assert_eq!(server.asked().iter().filter(|one| one.path().ends_with("/events")).count(), 1);
}
