//! Puts a cluster back as it was when it was ready, and says what stays behind.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use super::kubectl::Kubectl;
use super::objects::{self, Node};
use super::provider::{Cluster, ClusterError};
use super::worker::Worker;
use crate::patience;
use crate::transcript::difference::difference;

/// How long pods may take to go.
const DELETE_LIMIT: Duration = Duration::from_secs(300);
/// How long the rest may take until it is as at the start.
const SETTLE_LIMIT: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(500);
const GUEST_LIMIT: Duration = Duration::from_secs(240);

/// Deletes what was made, takes back what was said of nodes, puts the workers' devices back.
///
/// # Errors
///
/// When something cannot be asked for.
pub fn reset(
    cluster: &Cluster,
    kubectl: &Kubectl,
    workers: &mut [Worker],
) -> Result<Option<String>, ClusterError> {
    match delete_objects(cluster, kubectl) {
        Err(ClusterError::TooSlow { what, limit, said }) => {
            let more: String = workers.iter_mut().map(kubelet_says).collect();
            return Err(ClusterError::TooSlow { what, limit, said: format!("{said}\n{more}") });
        }
        deleted => deleted?,
    }
    let mut said = String::new();
    for worker in workers.iter_mut() {
        let interfaces: Vec<_> =
            worker.access().roles.values().filter_map(|device| device.interface.clone()).collect();
        let command = format!("bash /share/reset.sh {}", interfaces.join(" "));
        said.push_str(&worker.run(&command, "/", GUEST_LIMIT)?.stderr);
    }
    for node in objects::nodes(kubectl)? {
        reset_node(cluster, kubectl, workers, &node)?;
    }
    let mut left = settled(&cluster.world, || objects::world(kubectl))?.map(|left| format!("{left}{said}"));
    for worker in workers {
        let before = worker.access().world.clone();
        let name = worker.access().name.clone();
        let now = || {
            let output = worker.run("bash /share/world.sh", "/", GUEST_LIMIT)?;
            Ok(output.stdout.lines().map(str::to_owned).collect())
        };
        if let Some(more) = settled(&before, now)? {
            left = Some(format!("{}{name}:\n{more}{said}", left.unwrap_or_default()));
        }
    }
    Ok(left)
}

/// What the kubelet of a worker said last, for a person.
fn kubelet_says(worker: &mut Worker) -> String {
    let said = worker
        .run("cat /proc/loadavg; tail -n 15 /var/log/kubelet.log", "/", GUEST_LIMIT)
        .map_or_else(|error| error.to_string(), |output| output.stdout);
    format!("kubelet of {}:\n{said}\n", worker.access().name)
}

/// What is not as before after some time.
fn settled(
    before: &[String],
    mut now: impl FnMut() -> Result<Vec<String>, ClusterError>,
) -> Result<Option<String>, ClusterError> {
    let started = Instant::now();
    loop {
        let left = difference(before, &now()?);
        if left.is_none() || started.elapsed() > patience::stretched(SETTLE_LIMIT) {
            return Ok(left);
        }
        thread::sleep(PAUSE);
    }
}

/// Deletes what was not there, kind by kind: what makes pods, pods, what they are made from.
fn delete_objects(cluster: &Cluster, kubectl: &Kubectl) -> Result<(), ClusterError> {
    let known: BTreeSet<&str> = cluster.world.iter().map(String::as_str).collect();
    let all = objects::objects(kubectl)?;
    let extra: Vec<_> = all.iter().filter(|object| !known.contains(object.line().as_str())).collect();
    for object in &extra {
        object.delete(kubectl, if object.kind == "Pod" { &["--grace-period=1"] } else { &[] })?;
        // A network or a namespace that goes before its pods leaves these without a way to end.
        let last_pod = extra.iter().rfind(|other| other.kind == "Pod");
        if last_pod.is_some_and(|last| last == object) {
            await_pods(kubectl, &known)?;
        }
    }
    Ok(())
}

fn await_pods(kubectl: &Kubectl, known: &BTreeSet<&str>) -> Result<(), ClusterError> {
    let started = Instant::now();
    loop {
        let pods: Vec<String> = objects::objects(kubectl)?
            .iter()
            .filter(|object| object.kind == "Pod")
            .map(objects::Object::line)
            .filter(|line| !known.contains(line.as_str()))
            .collect();
        if pods.is_empty() {
            return Ok(());
        }
        if started.elapsed() > patience::stretched(DELETE_LIMIT) {
            let (what, limit) = ("the end of a scenario's pods".to_owned(), started.elapsed());
            return Err(ClusterError::TooSlow { what, limit, said: pods.join("\n") });
        }
        thread::sleep(PAUSE);
    }
}

fn reset_node(
    cluster: &Cluster,
    kubectl: &Kubectl,
    workers: &mut [Worker],
    node: &Node,
) -> Result<(), ClusterError> {
    let known: BTreeSet<&str> = cluster.world.iter().map(String::as_str).collect();
    let name = node.name.as_str();
    for (verb, what, map) in [("label", "label", &node.labels), ("annotate", "annotation", &node.annotations)]
    {
        for (key, value) in map {
            if known.contains(format!("Node {name} {what} {key}={value}").as_str()) {
                continue;
            }
            let before = format!("Node {name} {what} {key}=");
            let word = match cluster.world.iter().find_map(|line| line.strip_prefix(&before)) {
                Some(value) => format!("{key}={value}"),
                None => format!("{key}-"),
            };
            kubectl.run(&[verb, "node", name, &word, "--overwrite"])?;
        }
    }
    if node.unschedulable {
        kubectl.run(&["uncordon", name])?;
    }
    for (key, effect) in &node.taints {
        let was_there = known.contains(format!("Node {name} taint {key}:{effect}").as_str());
        // Those of Kubernetes itself come and go with what the kubelet says of itself.
        if !was_there && !key.starts_with("node.kubernetes.io/") {
            kubectl.run(&["taint", "node", name, &format!("{key}:{effect}-")])?;
        }
    }
    if node.resources.is_empty() {
        return Ok(());
    }
    if let Some(worker) = workers.iter_mut().find(|worker| worker.access().name == name) {
        worker.run("bash /share/kubelet-restart.sh", "/", GUEST_LIMIT)?;
    }
    let started = Instant::now();
    // The kubelet says at its start that nothing is left; only then nothing can be taken out of what it says.
    while started.elapsed() < patience::stretched(SETTLE_LIMIT) {
        let now = objects::nodes(kubectl)?;
        let now = now.iter().find(|now| now.name == name);
        if now.is_none_or(|now| now.resources.values().all(|count| count == "0")) {
            break;
        }
        thread::sleep(PAUSE);
    }
    for resource in node.resources.keys() {
        let key = resource.replace('~', "~0").replace('/', "~1");
        for part in ["capacity", "allocatable"] {
            let patch = format!("[{{\"op\": \"remove\", \"path\": \"/status/{part}/{key}\"}}]");
            let patched = kubectl.run(&[
                "patch",
                "node",
                name,
                "--subresource=status",
                "--type=json",
                "--patch",
                &patch,
            ]);
            // The world shows what is left; a key that is not there any more is as wanted.
            drop(patched);
        }
    }
    Ok(())
}
