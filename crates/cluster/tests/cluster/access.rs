//! Finding the cluster, and what is said where it cannot be reached.

use std::net::TcpListener;

use tempfile::TempDir;
use vfctl_cluster::{Access, Cluster};
use vfctl_port::{Observe, Scope, What, with_causes};

use crate::server::{LIMIT, Server, kubeconfig, refuse, say};

/// Returns what is said of a look at the whole cluster that fails.
fn look_error(access: &Access) -> String {
    let cluster = Cluster::connect(access).expect("a cluster");
    let error = cluster.observe(&Scope::Cluster, &What::Whole, LIMIT).expect_err("an error");
    with_causes(&error)
}

fn connect_error(access: &Access) -> String {
    with_causes(&Cluster::connect(access).expect_err("an error"))
}

#[test]
fn a_context_that_is_not_there_is_named_with_those_that_are() {
    let folder = TempDir::new().expect("a folder");
    let kubeconfig = Some(kubeconfig(&folder, "http://127.0.0.1:1"));
    let access = Access { kubeconfig: kubeconfig.clone(), context: Some("two".to_owned()) };
    assert!(access.is_configured());
    let error = connect_error(&access);
    assert!(error.starts_with("find the cluster: no context `two` in the kubeconfig "), "{error}");
    assert!(error.ends_with("(it has one, lost)"), "{error}");
    let lost = connect_error(&Access { kubeconfig, context: Some("lost".to_owned()) });
    assert!(lost.contains("context lost of "), "{lost}");
    assert!(lost.ends_with("failed to load the cluster of context: gone"), "{lost}");
}

#[test]
fn a_kubeconfig_that_is_named_has_to_be_there() {
    let access = Access { kubeconfig: Some("/nowhere/config".into()), context: None };
    let found = with_causes(&Cluster::find(&access).expect_err("an error"));
    let expected =
        "find the cluster: read the kubeconfig /nowhere/config: No such file or directory (os error 2)";
    assert_eq!(found, expected);
    assert_eq!(connect_error(&access), expected);
}

#[test]
fn a_kubeconfig_without_a_current_context_asks_for_one() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("config");
    std::fs::write(&file, "apiVersion: v1\nkind: Config\n").expect("a file");
    let error = connect_error(&Access { kubeconfig: Some(file), context: None });
    assert!(error.contains("no current context in the kubeconfig "), "{error}");
}

#[test]
fn a_server_that_does_not_listen_is_unreachable() {
    let folder = TempDir::new().expect("a folder");
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let kubeconfig = kubeconfig(&folder, &format!("http://127.0.0.1:{port}"));
    let error = look_error(&Access { kubeconfig: Some(kubeconfig), context: None });
    assert_eq!(
        error,
        format!(
            "read the version of the cluster: no connection to the API server http://127.0.0.1:{port}/: \
             Connection refused (os error 111)"
        )
    );
}

#[test]
fn a_server_without_tls_is_not_trusted() {
    let server = Server::start(|_, _| say(200, "{}"));
    let access = Access { kubeconfig: Some(server.kubeconfig("https")), context: None };
    let error = look_error(&access);
    assert!(error.contains("no trusted TLS connection to the API server https://127.0.0.1"), "{error}");
    assert!(server.asked().is_empty());
}

#[test]
fn what_to_do_about_it_comes_with_an_error() {
    let server = Server::start(|_, _| refuse(401, "Unauthorized", "", ""));
    let cluster = server.cluster();
    let error = cluster.observe(&Scope::Cluster, &What::Whole, LIMIT).expect_err("an error");
    assert!(error.hint.is_some_and(|hint| hint.starts_with("check the token or client certificate")));
}

#[test]
fn credentials_that_are_not_accepted_are_said_to_be_so() {
    let server = Server::start(|_, _| refuse(401, "Unauthorized", "", ""));
    let access = Access { kubeconfig: Some(server.kubeconfig("http")), context: None };
    assert_eq!(
        look_error(&access),
        "read the version of the cluster: 401 Unauthorized: the API server does not accept the credentials"
    );
}
