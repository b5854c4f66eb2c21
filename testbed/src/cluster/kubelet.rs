//! Plays the kubelet and the device plugin of a node that has neither: the node offers what its label says, and pods that are
//! to go are gone. For tests of what vfctl writes, where nothing has to run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::kubectl::Kubectl;

const PAUSE: Duration = Duration::from_millis(300);
/// The label by which vfctl says whether the plugin runs on a node.
const LABEL: &str = "vfctl\\.dev/device-plugin";
/// The pods that are being deleted, a line each.
const GOING: &str = "go-template={{range .items}}{{if .metadata.deletionTimestamp}}{{.metadata.namespace}} {{.metadata.name}}\n{{end}}{{end}}";

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
    // Without room for pods the scheduler gives it none.
    let offered =
        serde_json::json!({"pods": "110", "cpu": "4", "memory": "8Gi", resource: count.to_string()});
    let status = serde_json::json!({"status": {"capacity": offered, "allocatable": offered}});
    kubectl.run(&[
        "patch",
        "node",
        node,
        "--subresource=status",
        "--type=merge",
        "--patch",
        &status.to_string(),
    ])?;
    for line in kubectl.run(&["get", "pods", "--all-namespaces", "--output", GOING])?.lines() {
        if let Some((namespace, name)) = line.split_once(' ') {
            kubectl.run(&[
                "delete",
                "pod",
                "-n",
                namespace,
                name,
                "--force",
                "--grace-period=0",
                "--ignore-not-found",
            ])?;
        }
    }
    Ok(())
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
