//! Rights that are asked for in advance.

use std::collections::BTreeSet;

use vfctl_port::{MissingRight, NeededRight, Perform, Scope};

use crate::server::{LIMIT, Request, Server, ServerReply, refuse, say};

fn needed(rights: &[(&'static str, &str)]) -> BTreeSet<NeededRight> {
    let right = |(verb, object): &(&'static str, &str)| NeededRight {
        verb,
        object: object.parse().expect("an object"),
    };
    rights.iter().map(right).collect()
}

/// Answers a review by what its request says.
fn review(request: &Request, is_allowed: impl Fn(&serde_json::Value) -> bool) -> ServerReply {
    let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
    let asked = body.pointer("/spec/resourceAttributes").expect("what is asked");
    let is_allowed = is_allowed(asked);
    say(201, &format!(r#"{{"status": {{"allowed": {is_allowed}}}}}"#))
}

fn missing(server: &Server, rights: &BTreeSet<NeededRight>) -> Vec<MissingRight> {
    server.cluster().missing_rights(&Scope::Cluster, rights, LIMIT)
}

#[test]
fn one_request_is_made_for_each_right() {
    let server = Server::start(|request, _| review(request, |asked| asked["verb"] != "delete"));
    let rights = needed(&[
        ("patch", "network-attachment-definition a/one"),
        ("patch", "network-attachment-definition a/two"),
        ("patch", "network-attachment-definition b/one"),
        ("delete", "daemonset kube-system/plugin"),
    ]);
    let objects = vec!["daemonset kube-system/plugin".parse().expect("an object")];
    assert_eq!(missing(&server, &rights), [MissingRight { verb: "delete", objects }]);
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    let of_set = asked.iter().find(|request| request.body.contains("daemonsets")).expect("it is asked");
    let body: serde_json::Value = serde_json::from_str(&of_set.body).expect("JSON");
    assert_eq!(
        body["spec"]["resourceAttributes"],
        serde_json::json!({"verb": "delete", "group": "apps", "version": "v1", "resource": "daemonsets",
            "namespace": "kube-system", "name": "plugin"})
    );
}

#[test]
fn a_role_that_names_single_objects_is_enough() {
    let server = Server::start(|request, _| review(request, |asked| asked["name"] == "one"));
    let rights =
        needed(&[("patch", "configmap a/one"), ("patch", "configmap a/two"), ("patch", "configmap b/one")]);
    let objects = vec!["configmap a/two".parse().expect("an object")];
    assert_eq!(missing(&server, &rights), [MissingRight { verb: "patch", objects }]);
}

#[test]
fn where_nobody_may_ask_nothing_is_known() {
    let rights = needed(&[("patch", "configmap a/one")]);
    for code in [403, 404, 500] {
        let server = Server::start(move |_, _| refuse(code, "no", "any", ""));
        assert!(missing(&server, &rights).is_empty(), "{code}");
    }
}
