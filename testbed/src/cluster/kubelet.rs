//! Plays the kubelet and the device plugin of a node that has neither: the node is alive and offers what its label says, its pods
//! run, and pods that are to go are gone. For tests of what vfctl writes, where nothing has to run.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::kubectl::Kubectl;
use super::process::must_run;

const PAUSE: Duration = Duration::from_millis(300);
const LIMIT: Duration = Duration::from_secs(10);
/// Since when the node is ready.
const BEGIN: &str = "2026-01-01T00:00:00Z";
/// The label by which vfctl says whether the plugin runs on a node.
const LABEL: &str = "vfctl\\.dev/device-plugin";
/// The pods that are being deleted, and those that have a node and do not run, a line each.
const PODS: &str = "go-template={{range .items}}{{if .metadata.deletionTimestamp}}going {{.metadata.namespace}} {{.metadata.name}}\n{{else if and .spec.nodeName (eq .status.phase \"Pending\")}}new {{.metadata.namespace}} {{.metadata.name}}\n{{end}}{{end}}";
/// A pod that runs.
const RUNS: &str = r#"{"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}"#;

/// A kubelet that is played until it is dropped.
#[derive(Debug)]
pub struct PlayedKubelet {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PlayedKubelet {
    /// Plays the kubelet of a node that offers so many devices of a resource where the plugin runs.
    pub fn of(kubectl: Kubectl, node: String, resource: String, count: u32) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                // Whatever fails now is tried again: nodes come and go.
                drop(turn(&kubectl, &node, &resource, count));
                thread::sleep(PAUSE);
            }
        });
        Self { ended, thread: Some(thread) }
    }
}

fn turn(kubectl: &Kubectl, node: &str, resource: &str, count: u32) -> Result<(), super::ClusterError> {
    let label = format!("jsonpath={{.metadata.labels.{LABEL}}}");
    let state = kubectl.run(&["get", "node", node, "--output", &label])?;
    let count = if state == "active" { count } else { 0 };
    // Without room for pods the scheduler gives it none, and without a sign of life its pods count as not ready.
    let offered =
        serde_json::json!({"pods": "110", "cpu": "4", "memory": "8Gi", resource: count.to_string()});
    let now = must_run(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]), LIMIT, "date")?;
    let ready = serde_json::json!({"type": "Ready", "status": "True", "reason": "Played",
        "lastHeartbeatTime": now.trim(), "lastTransitionTime": BEGIN});
    let status =
        serde_json::json!({"status": {"capacity": offered, "allocatable": offered, "conditions": [ready]}});
    patch_status(kubectl, &["node", node], &status.to_string())?;
    for line in kubectl.run(&["get", "pods", "--all-namespaces", "--output", PODS])?.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["going", namespace, name] => {
                let at_once = ["--force", "--grace-period=0", "--ignore-not-found"];
                kubectl.run(&[&["delete", "pod", "-n", namespace, name][..], &at_once].concat())?;
            }
            ["new", namespace, name] => patch_status(kubectl, &["pod", "-n", namespace, name], RUNS)?,
            _ => {}
        }
    }
    Ok(())
}

fn patch_status(kubectl: &Kubectl, object: &[&str], patch: &str) -> Result<(), super::ClusterError> {
    let words = ["--subresource=status", "--type=merge", "--patch", patch];
    kubectl.run(&[&["patch"][..], object, &words].concat()).map(drop)
}

impl Drop for PlayedKubelet {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has said nothing that could be lost.
            drop(thread.join());
        }
    }
}
