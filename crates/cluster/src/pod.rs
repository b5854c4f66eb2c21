//! A look at the cluster for the sake of one pod: what it says, what its events say, and all that it needs.

use std::time::Duration;

use kube::core::params::{GetParams, ListParams};
use vfctl_model::{ObjectKind, ObjectRef};
use vfctl_port::{ClusterFacts, EdgeError, ObjectFacts};

use crate::client::{Client, path};
use crate::interest::{events_of, is_kept, keep_newest_events, without_strangers};
use crate::item::Item;
use crate::look::{Objects, lists, pages, read_configs, take_in};
use crate::patience::Patience;

/// Reads all that concerns a pod. Where there is no such pod, the others of its namespace are read, for whoever looks for the name
/// that was meant.
///
/// # Errors
/// Where the API server cannot be reached, or does not know who asks.
pub(crate) async fn of_pod(
    client: &Client,
    pod: &ObjectRef,
    limit: Duration,
) -> Result<ClusterFacts, EdgeError> {
    let patience = Patience::of_look(limit);
    let is_wanted = |kind: &ObjectKind| !matches!(kind, ObjectKind::Pod | ObjectKind::Event);
    let mut facts = lists(client, is_wanted, patience).await?;
    let namespace = pod.namespace().map(ToString::to_string);
    let request = path(ObjectKind::Pod, namespace.as_deref()).get(pod.name().as_str(), &GetParams::default());
    let found = match client.read::<Item>(request, patience).await {
        Ok(item) => item.into_facts(ObjectKind::Pod).map(|(_, facts)| facts),
        Err(error) if error.code() == Some(404) => None,
        Err(error) => {
            facts.unread.insert(ObjectKind::Pod, format!("read {pod}: {}", error.text()));
            return Ok(facts);
        }
    };
    let params = match found.as_ref().and_then(ObjectFacts::node_name) {
        Some(node) => ListParams::default().fields(&format!("spec.nodeName={node}")),
        None => ListParams::default(),
    };
    let is_near = |other: &ObjectRef| found.is_none() && other.namespace() == pod.namespace();
    let is_wanted = |other: &ObjectRef, facts: &ObjectFacts| is_near(other) || is_kept(other, facts);
    let pods = pages(client, ObjectKind::Pod, None, params, &is_wanted, patience).await;
    let near: Objects = pods.iter().flatten().filter(|(other, _)| is_near(other)).map(cloned).collect();
    take_in(&mut facts, ObjectKind::Pod, pods.into());
    read_configs(client, &mut facts, patience).await;
    without_strangers(&mut facts.objects);
    facts.objects.extend(near);
    if let Some(found) = found {
        facts.objects.insert(pod.clone(), found);
        let params = ListParams::default().fields(&events_of(pod));
        let events = pages(client, ObjectKind::Event, namespace.as_deref(), params, &|_, _| true, patience);
        take_in(&mut facts, ObjectKind::Event, events.await.into());
        keep_newest_events(&mut facts.objects, |one| one == pod);
    }
    Ok(facts)
}

fn cloned((object, facts): (&ObjectRef, &ObjectFacts)) -> (ObjectRef, ObjectFacts) {
    (object.clone(), facts.clone())
}
