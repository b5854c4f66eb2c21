//! Objects applied and deleted, and what each answer means.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use vfctl_cluster::{Access, Cluster};
use vfctl_model::JsonValue;
use vfctl_port::{Bounds, Op, OpError, Outcome, Perform, Scope};

use crate::server::{LIMIT, Server, ServerReply, kubeconfig, refuse, say};

fn apply(object: &str, force: bool) -> Op {
    let op = format!(
        r#"{{"object":"{object}","action":{{"applyObject":{{"manager":"vfctl","force":{force},"content":{{"data":{{"a":"1","b":null}}}}}}}}}}"#
    );
    serde_json::from_str(&op).expect("an op")
}

fn delete(object: &str) -> Op {
    serde_json::from_str(&format!(r#"{{"object":"{object}","action":{{"deleteObject":{{"uid":"u-1"}}}}}}"#))
        .expect("an op")
}

fn perform(server: &Server, ops: &[Op]) -> Vec<Outcome> {
    server.cluster().perform(&Scope::Cluster, ops, Bounds::only(LIMIT))
}

fn refused(cause: &str, detail: Option<&str>) -> Outcome {
    Outcome::Refused(OpError { errno: None, cause: cause.to_owned(), detail: detail.map(str::to_owned) })
}

#[test]
fn objects_are_applied_in_the_name_of_their_manager() {
    let server = Server::start(|_, _| say(200, "{}"));
    let ops = [apply("configmap net/c", false), apply("network-attachment-definition net/n", true)];
    assert_eq!(perform(&server, &ops), [Outcome::Done, Outcome::Done]);
    let asked = server.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path()), ("PATCH", "/api/v1/namespaces/net/configmaps/c"));
    assert!(asked[0].target.contains("fieldManager=vfctl"), "{}", asked[0].target);
    assert!(!asked[0].target.contains("force"), "{}", asked[0].target);
    assert_eq!(
        asked[0].body,
        r#"{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"name":"c","namespace":"net"}}"#
    );
    assert_eq!(asked[2].path(), "/apis/k8s.cni.cncf.io/v1/namespaces/net/network-attachment-definitions/n");
    assert!(asked[2].target.contains("force=true"), "{}", asked[2].target);
}

#[test]
fn fields_that_are_to_be_absent_are_taken_back_whoever_has_set_them() {
    let server = Server::start(|_, _| say(200, "{}"));
    assert_eq!(perform(&server, &[apply("configmap net/c", false)]), [Outcome::Done]);
    let asked = server.asked();
    let removal = &asked[1];
    assert_eq!((removal.method.as_str(), removal.path()), ("PATCH", "/api/v1/namespaces/net/configmaps/c"));
    assert_eq!(removal.body, r#"{"data":{"b":null}}"#);
    assert_eq!(asked.len(), 2);
}

#[test]
fn a_conflict_names_the_other_manager_and_the_fields_and_ends_the_rest() {
    let one = r#"{"reason":"FieldManagerConflict","message":"conflict with \"kubectl\" using v1","field":".data.a"}"#;
    let two =
        r#"{"reason":"FieldManagerConflict","message":"conflict with \"helm\" using v1","field":".data.b"}"#;
    let message = "Apply failed with 2 conflicts: conflicts with \"kubectl\" using v1:\n- .data.a\nconflicts with \"helm\" using v1:\n- .data.b";
    let causes = format!("{one},{two}");
    let server = Server::start(move |_, _| refuse(409, message, "", &causes));
    let outcomes = perform(&server, &[apply("configmap net/c", false), apply("configmap net/d", false)]);
    let cause = "409 Conflict: Apply failed with 2 conflicts";
    let detail = ".data.a: conflict with \"kubectl\" using v1; .data.b: conflict with \"helm\" using v1";
    assert_eq!(outcomes, [refused(cause, Some(detail)), Outcome::NotTried]);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn objects_are_deleted_by_uid_and_one_that_is_gone_is_done() {
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/namespaces/net/configmaps/gone" => refuse(404, "not found", "configmaps", ""),
        "/api/v1/namespaces/net/configmaps/new" => {
            refuse(409, "Precondition failed: UID in precondition: u-1, UID in object meta: u-2", "", "")
        }
        _ => say(200, r#"{"kind":"Status","status":"Success"}"#),
    });
    let ops = ["c", "gone", "new"].map(|name| delete(&format!("configmap net/{name}")));
    let conflict = "409 Conflict: Precondition failed: UID in precondition: u-1, UID in object meta: u-2";
    assert_eq!(perform(&server, &ops), [Outcome::Done, Outcome::Done, refused(conflict, None)]);
    let first = &server.asked()[0];
    assert_eq!(first.method, "DELETE");
    let body = JsonValue::from_text(&first.body).expect("JSON");
    assert_eq!(body.at(&["preconditions", "uid"]).and_then(JsonValue::text), Some("u-1"));
}

#[test]
fn a_namespace_or_a_kind_that_is_not_there_is_named() {
    let server = Server::start(|request, _| match request.path() {
        "/api/v1/namespaces/no/configmaps/c" => refuse(404, r#"namespaces "no" not found"#, "namespaces", ""),
        _ => say(404, "404 page not found\n"),
    });
    assert_eq!(
        perform(&server, &[apply("configmap no/c", false)]),
        [refused("404 Not Found: namespaces \"no\" not found", None)]
    );
    assert_eq!(
        perform(&server, &[apply("network-attachment-definition net/n", false)]),
        [refused(
            "404 Not Found: the cluster does not define k8s.cni.cncf.io/v1 NetworkAttachmentDefinition",
            None
        )]
    );
}

#[test]
fn what_became_of_a_change_is_unknown_where_the_connection_is_cut() {
    let server = Server::start(|_, _| ServerReply::Cut);
    let outcomes = perform(&server, &[apply("configmap net/c", false), delete("configmap net/d")]);
    let [Outcome::Unknown(why), Outcome::NotTried] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(why.starts_with("the connection to the API server was lost before its answer: "), "{why}");
    assert_eq!(server.asked().len(), 1, "a change whose connection was lost is not sent again");
}

#[test]
fn a_server_that_never_answers_ends_a_change_in_time() {
    let server = Server::start(|_, _| ServerReply::Silence);
    let began = Instant::now();
    let bounds = Bounds::only(Duration::from_millis(300));
    let outcomes = server.cluster().perform(&Scope::Cluster, &[apply("configmap net/c", false)], bounds);
    assert_eq!(outcomes, [Outcome::Unknown("no answer from the API server within 300 ms".to_owned())]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn a_busy_server_is_asked_again() {
    let server = Server::start(|_, before| match before {
        0 => ServerReply::SayLater(429, 0),
        1 => say(503, "no endpoints"),
        _ => say(200, "{}"),
    });
    assert_eq!(perform(&server, &[apply("configmap net/c", false)]), [Outcome::Done]);
    assert_eq!(server.asked().len(), 4, "the last takes a field back");
}

#[test]
fn a_server_that_stays_busy_refuses_and_one_that_fails_leaves_it_unknown() {
    let bounds = Bounds::only(Duration::from_secs(1));
    let busy = Server::start(|_, _| ServerReply::SayLater(429, 60));
    let outcomes = busy.cluster().perform(&Scope::Cluster, &[delete("configmap net/c")], bounds);
    assert_eq!(outcomes, [refused("429 Too Many Requests (it asks to wait for 60 s)", None)]);
    let failing = Server::start(|_, before| match before {
        0 => refuse(500, "etcdserver: request timed out", "", ""),
        _ => refuse(403, "forbidden", "configmaps", ""),
    });
    let outcomes = failing.cluster().perform(&Scope::Cluster, &[delete("configmap net/c")], bounds);
    assert_eq!(outcomes, [Outcome::Unknown("403 Forbidden: forbidden".to_owned())]);
    let webhook =
        Server::start(|_, _| refuse(500, "Internal error occurred: failed calling webhook \"w\"", "", ""));
    let outcomes = webhook.cluster().perform(&Scope::Cluster, &[delete("configmap net/c")], bounds);
    let cause = "500 Internal Server Error: Internal error occurred: failed calling webhook \"w\"";
    assert_eq!(outcomes, [refused(cause, None)]);
}

#[test]
fn a_field_that_the_kind_does_not_have_is_refused_at_once() {
    let message =
        "failed to create typed patch object (net/c; v1, Kind=ConfigMap): .x: field not declared in schema";
    let server = Server::start(move |_, _| refuse(500, message, "", ""));
    let cause = format!("500 Internal Server Error: {message}");
    assert_eq!(perform(&server, &[apply("configmap net/c", false)]), [refused(&cause, None)]);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn nothing_is_begun_after_a_stop_nor_tried_again() {
    let server = Server::start(|_, _| say(503, ""));
    let asked = AtomicUsize::new(0);
    // The first op is begun; then the user asks to stop.
    let stop = || asked.fetch_add(1, Ordering::Relaxed) > 0;
    let bounds = Bounds { limit: LIMIT, stop: &stop };
    let ops = [apply("configmap net/c", false), apply("configmap net/d", false)];
    let outcomes = server.cluster().perform(&Scope::Cluster, &ops, bounds);
    assert_eq!(outcomes, [Outcome::Unknown("503 Service Unavailable".to_owned()), Outcome::NotTried]);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_server_that_is_not_there_refuses_after_a_few_tries() {
    let folder = TempDir::new().expect("a folder");
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let kubeconfig = Some(kubeconfig(&folder, &format!("http://127.0.0.1:{port}")));
    let cluster = Cluster::connect(&Access { kubeconfig, context: None }).expect("a cluster");
    let bounds = Bounds::only(Duration::from_secs(1));
    let outcomes = cluster.perform(&Scope::Cluster, &[delete("configmap net/c")], bounds);
    let [Outcome::Refused(error)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(error.cause.ends_with(": Connection refused (os error 111)"), "{error}");
}

/// The definition of networks, and the list of all of them.
const DEFINITION: &str =
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/network-attachment-definitions.k8s.cni.cncf.io";
const NETWORKS: &str = "/apis/k8s.cni.cncf.io/v1/network-attachment-definitions";

/// Deletes the definition of networks where the API server answers a list of them and the definition itself so; returns what came
/// of it and whether the deletion was sent.
fn delete_definition(list: ServerReply, definition: ServerReply) -> (Outcome, bool) {
    let server = Server::start(move |request, _| match (request.method.as_str(), request.path()) {
        ("GET", NETWORKS) => list.clone(),
        ("GET", DEFINITION) => definition.clone(),
        ("DELETE", DEFINITION) => say(200, r#"{"kind":"Status","status":"Success"}"#),
        _ => say(500, "not expected"),
    });
    let op = delete("customresourcedefinition network-attachment-definitions.k8s.cni.cncf.io");
    let mut outcomes = perform(&server, &[op]);
    let is_sent = server.asked().iter().any(|request| request.method == "DELETE");
    (outcomes.pop().expect("an outcome"), is_sent)
}

fn definition(established: &str) -> ServerReply {
    say(
        200,
        &format!(
            r#"{{"metadata":{{"name":"network-attachment-definitions.k8s.cni.cncf.io"}},"status":{{"conditions":[{{"type":"Established","status":"{established}"}}]}}}}"#
        ),
    )
}

#[test]
fn a_definition_stays_while_the_api_server_lists_any_object_of_it() {
    let gone = || refuse(404, "not found", "customresourcedefinitions", "");
    for (list, first) in [
        (r#"{"items":[{"metadata":{"name":"n","namespace":"net"}}]}"#, "network-attachment-definition net/n"),
        // vfctl has no name for these.
        (r#"{"items":[{"metadata":{"name":"N_1","namespace":"net"}}]}"#, "a network-attachment-definition"),
        (r#"{"items":[{}]}"#, "a network-attachment-definition"),
        (r#"{"metadata":{"continue":"more"},"items":[]}"#, "a network-attachment-definition"),
    ] {
        let cause = format!("{first} exists and would be deleted with it");
        assert_eq!(delete_definition(say(200, list), gone()), (refused(&cause, None), false), "{list}");
    }
    assert_eq!(delete_definition(say(200, r#"{"items":[]}"#), gone()), (Outcome::Done, true));
}

#[test]
fn a_kind_that_is_not_found_has_no_objects_only_where_its_definition_is_not_served() {
    let not_found = || say(404, "404 page not found\n");
    let gone = refuse(404, "not found", "customresourcedefinitions", "");
    assert_eq!(delete_definition(not_found(), gone), (Outcome::Done, true));
    assert_eq!(delete_definition(not_found(), definition("False")), (Outcome::Done, true));
    for (answer, why) in [
        (
            definition("True"),
            "the API server serves the kind, but not in the version that vfctl reads (404 Not Found)",
        ),
        (refuse(403, "forbidden", "customresourcedefinitions", ""), "403 Forbidden: forbidden"),
    ] {
        let cause = format!("which objects would go with it could not be read: {why}");
        assert_eq!(delete_definition(not_found(), answer), (refused(&cause, None), false));
    }
}
