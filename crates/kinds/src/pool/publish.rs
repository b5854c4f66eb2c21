//! The pools of each node in the cluster: its key of the device plugin's configuration, its plugin started anew, and what it
//! then offers, which must be what was predicted.
//!
//! A plugin starts anew by the node's label: its DaemonSet has pods on active nodes only, and what the node offers goes to nothing
//! before it comes back, so that what is read at the end is what the new pod has found. Where the host's own lanes destroy VFs
//! that are in service, or take them from their drivers, that is done before the host is worked on: no pod is given a VF of it
//! meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{JsonValue, OWNER_LABEL, ObjectKind, ObjectName, ObjectRef, PciAddress, ResourceName};
use vfctl_port::{Claim, ClaimValue, Manifest, ObjectFacts, Phase, Property, Stage, Thing};

use super::offer::counts;
use super::plugin::PluginConfig;
use super::simulator::{Pool, simulate};
use crate::cluster::{
    ClusterContext, ClusterDraft, NodeOffer, as_found, found, gone, labels, lane, manager_of, subject, text,
    write_step,
};
use crate::components::{
    ACTIVE, ManagedPlugin, PAUSED, PluginObjects, STATE_LABEL, absent_documents, as_named, is_of_these,
    named, node_state,
};
use crate::lane::LaneDraft;
use crate::step::{Reason, Step};

/// How long a node may take to offer what its plugin finds, in milliseconds: the pod has to start, and the kubelet reports to
/// the API server.
const OFFERED_WITHIN_MS: u32 = 180_000;

/// How long a node may take to offer nothing any more, in milliseconds: the pod has half a minute to end.
const PAUSED_WITHIN_MS: u32 = 120_000;

/// How many bytes the data of a ConfigMap may have.
const LARGEST_CONFIG_MAP: usize = 1 << 20;

/// Drafts what is to be done for the pools of each host, and the end of a plugin that nobody asks for any more.
pub(super) fn plan(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    if !context.parts.node || context.offers.is_empty() {
        return;
    }
    let plugin = ManagedPlugin::of(context.documents);
    let asks = |offer: &&NodeOffer| offer.config.is_some();
    let asking = context.offers.values().find(asks);
    if let Some(offer) = asking.filter(|_| plugin.is_none()) {
        let message = "no document asks vfctl to manage the device plugin (`components.devicePlugin.managed`): its \
                       configuration is left alone, and `vfctl pools` shows what it would have to be";
        draft.findings.note(Some(&offer.origin), message);
    }
    let is_new = context.parts.shared && plugin.as_ref().is_some_and(|plugin| plugin.starts_anew(context));
    let objects = plugin.as_ref().map(|plugin| plugin.objects.clone());
    let Some(objects) = objects.or_else(|| PluginObjects::found(context.facts)) else { return };
    for kind in [ObjectKind::Node, ObjectKind::ConfigMap, ObjectKind::Pod] {
        if let Some(why) = context.missing(kind) {
            let origin = plugin.as_ref().map(|plugin| &plugin.origin);
            draft.findings.problem(origin, why, context.fix_of_missing(kind));
            return;
        }
    }
    let Some(config_map) = objects.config_map() else { return };
    let pods = pods_by_node(context, &objects);
    let is_ours = |offer: &NodeOffer| plugin.is_some() || offer.config.is_none();
    for (host, offer) in context.offers.iter().filter(|(_, offer)| is_ours(offer)) {
        let Some((name, facts)) = context.facts.node_of(host) else {
            if offer.config.is_none() {
                continue;
            }
            let message = format!("the cluster has no node {host}, which has pools");
            let help = "let the host join the cluster, or take its pools out of the document";
            draft.findings.problem(Some(&offer.origin), message, help);
            continue;
        };
        let pod = pods.get(name.as_str()).map(|pod| (*pod).clone());
        let pools_now = pools_now(context, &config_map, name, offer);
        let node = Node { context, config_map: &config_map, name, facts, offer, pools_now, pod, is_new };
        node.plan(draft);
    }
}

/// Returns the plugin's pods that are not on their way out, by their nodes.
fn pods_by_node<'a>(
    context: &ClusterContext<'a>,
    plugin: &PluginObjects,
) -> BTreeMap<&'a str, &'a ObjectRef> {
    let pods = context.facts.of_kind(ObjectKind::Pod);
    let own = pods.filter(|(pod, facts)| plugin.owns(pod, &facts.owners) && !facts.is_going);
    own.filter_map(|(pod, facts)| Some((facts.node_name()?, pod))).collect()
}

/// Returns what the plugin finds by the configuration that the cluster has of a node, on the host as it is; `None` where that is
/// no configuration, or there is none: then nobody knows what a plugin that runs has read.
fn pools_now(
    context: &ClusterContext<'_>,
    config_map: &ObjectRef,
    node: &ObjectName,
    offer: &NodeOffer,
) -> Option<Vec<Pool>> {
    let config = context.object(config_map)?.content.at(&["data", node.as_str()])?.text()?;
    let config: PluginConfig = serde_json::from_str(config).ok()?;
    simulate(&config, offer.version, &offer.devices).pools.ok()
}

/// A node with pools.
struct Node<'a> {
    context: &'a ClusterContext<'a>,
    config_map: &'a ObjectRef,
    name: &'a ObjectName,
    facts: &'a ObjectFacts,
    offer: &'a NodeOffer,
    /// What the plugin finds by the configuration of before; `None` where that is not known.
    pools_now: Option<Vec<Pool>>,
    /// The plugin's pod on it.
    pod: Option<ObjectRef>,
    /// Whether the plugin itself is changed by this plan.
    is_new: bool,
}

impl Node<'_> {
    fn plan(&self, draft: &mut ClusterDraft) {
        let object = self.object();
        let config = self.config(self.offer.config.as_deref().map_or(JsonValue::Null, text));
        if self.offer.config.is_none() && !is_of_these(self.context, self.facts) {
            return;
        }
        let absent = absent_documents(self.context, self.facts);
        let mut lane = lane(Stage::Publish, &object);
        let origin = Some(&self.offer.origin);
        if !absent.is_empty() && !self.context.takes_over {
            let message =
                format!("{object} has pools of {}, which is not among these documents", absent.join(", "));
            let help = "name all documents with pools of this node, or pass --force-conflicts to take its pools over";
            lane.findings.problem(origin, message, help);
            draft.lanes.push(lane);
            return;
        }
        if !self.context.may_write(self.config_map, &self.offer.origin, &mut lane.findings) {
            draft.lanes.push(lane);
            return;
        }
        if let Some(size) = self.too_large() {
            let message = format!("{} would have {size} bytes, and a ConfigMap takes 1 MiB", self.config_map);
            let help = "take fewer pools, or fewer nodes for one device plugin";
            lane.findings.problem(origin, message, help);
            draft.lanes.push(lane);
            return;
        }
        let is_withdrawn = self.is_withdrawn();
        if is_withdrawn {
            draft.lanes.push(self.withdraw());
        }
        let found = found(self.context.object(self.config_map), &config);
        // No map says nothing of this node, either.
        let has_config = found.as_ref() == Some(&config) || found.is_none() && self.offer.config.is_none();
        let found_config = as_found(self.config_map, found.as_ref());
        lane.basis.push(found_config.clone());
        if !has_config {
            // What another has made is taken over only where that is asked for.
            let manifest = self.context.manifest(self.config_map, config);
            let manifest = Manifest { manager: manager_of(self.name), ..manifest };
            let step = write_step(
                Phase::WriteObjects,
                Reason::Asked,
                self.config_map,
                found.as_ref(),
                manifest,
                origin,
            );
            lane.goal.extend(step.ends.iter().cloned());
            lane.steps.push(step);
        } else {
            lane.goal.push(found_config);
        }
        let offered = self.wanted();
        let differs =
            |(resource, count): (&ResourceName, &u32)| self.facts.allocatable(resource) != Some(*count);
        let has_label = self.facts.label(STATE_LABEL) == self.offer.config.as_ref().map(|_| ACTIVE);
        let wanted = self.wanted_state();
        let is_right = self.facts.content.narrowed(&wanted) == wanted;
        // A plugin finds devices when it starts: VFs that came or changed their driver since are not what it offers, whatever their
        // count says.
        let is_other = self.offer.config.is_some() && (self.offer.changes_vfs || self.is_new);
        let must_start = is_withdrawn || is_other || !has_label || !has_config || offered.iter().any(differs);
        if must_start {
            // Only what comes back from nothing is known to be what the plugin has found anew.
            let is_paused_here = !is_withdrawn && self.serves();
            if is_paused_here {
                lane.steps.push(self.pause(Reason::PluginMustStart));
            }
            self.start(is_withdrawn || is_paused_here, is_right, &offered, &mut lane);
        } else if !is_right {
            self.start(false, false, &offered, &mut lane);
        } else {
            let state = as_found(&object, Some(&self.wanted_state()));
            let claims = offered.iter().map(|(resource, count)| self.offers(resource, *count));
            for claim in claims.chain([state]) {
                lane.basis.push(claim.clone());
                lane.goal.push(claim);
            }
        }
        // In one order, so that what is wanted is found among what was found.
        lane.basis.sort();
        lane.goal.sort();
        lane.goal.dedup();
        for (resource, _) in self.offer.counts.iter().filter(|(_, count)| count.is_none()) {
            let message =
                format!("how many devices {resource} has cannot be known before: it is not awaited");
            lane.findings.note(origin, message);
        }
        draft.lanes.push(lane);
    }

    /// Returns the lane that takes the node out of service before its host is worked on.
    fn withdraw(&self) -> LaneDraft {
        let object = self.object();
        let mut lane = lane(Stage::Withdraw, &object);
        lane.basis.push(as_found(&object, Some(&self.facts.content.narrowed(&self.paused_state()))));
        let step = self.pause(Reason::OutOfService);
        lane.goal.extend(step.ends.iter().cloned());
        lane.goal.sort();
        lane.steps.push(step);
        lane
    }

    /// Returns the step after which the node has no plugin and offers nothing of what it offers, or is to offer.
    fn pause(&self, reason: Reason) -> Step {
        let object = self.object();
        let found = self.facts.content.narrowed(&self.paused_state());
        let manifest = self.manifest(self.paused_state());
        let origin = Some(&self.offer.origin);
        let mut step = write_step(Phase::TakeOutOfService, reason, &object, Some(&found), manifest, origin);
        if let Some(pod) = &self.pod {
            step.ends.push(gone(pod));
            step.details.push(format!("waits until {pod} is gone"));
        }
        let resources = self.resources();
        step.ends.extend(resources.iter().map(|resource| self.offers(resource, 0)));
        let offered = resources.iter().filter(|resource| self.facts.allocatable(resource) != Some(0));
        step.details.extend(
            offered.map(|resource| format!("waits until {resource} is 0 (now {})", self.now(resource))),
        );
        step.settle_ms = PAUSED_WITHIN_MS;
        step
    }

    /// Adds the step with which the plugin starts, and after which the node offers what it finds.
    fn start(
        &self,
        is_paused: bool,
        is_right: bool,
        offered: &BTreeMap<ResourceName, u32>,
        lane: &mut LaneDraft,
    ) {
        let object = self.object();
        if is_paused || !is_right {
            let found = self.facts.content.narrowed(&self.wanted_state());
            let from = if is_paused { self.paused_state() } else { found };
            let reason = match self.offer.config {
                None => Reason::NoLongerAsked,
                Some(_) if is_paused => Reason::GiveBack,
                Some(_) => Reason::Asked,
            };
            let manifest = self.manifest(self.wanted_state());
            let origin = Some(&self.offer.origin);
            lane.steps.push(write_step(Phase::StartPlugin, reason, &object, Some(&from), manifest, origin));
        }
        // On an active node that offers nothing a pod is on its way: it is awaited with what was written before.
        let Some(last) = lane.steps.last_mut() else { return };
        last.settle_ms = OFFERED_WITHIN_MS;
        last.ends.extend(offered.iter().map(|(resource, count)| self.offers(resource, *count)));
        last.details.extend(offered.iter().map(|(resource, count)| {
            let now = if is_paused { "0".to_owned() } else { self.now(resource) };
            format!("waits until {resource} is {count} (now {now})")
        }));
        lane.goal.extend(last.ends.iter().cloned());
    }

    fn object(&self) -> ObjectRef {
        ObjectRef::node(self.name.clone())
    }

    /// Returns how large the ConfigMap would be with this node's key; `None` where it fits (`MaxSecretSize`,
    /// pkg/apis/core/types.go).
    fn too_large(&self) -> Option<usize> {
        let data = self.context.object(self.config_map).and_then(|map| map.content.at(&["data"]));
        let others =
            data.into_iter().flat_map(JsonValue::fields).filter(|(key, _)| *key != self.name.as_str());
        let size = |(key, value): (&str, &JsonValue)| key.len() + value.text().map_or(0, str::len);
        let own = self.offer.config.as_ref().map_or(0, |config| config.len() + self.name.as_str().len());
        let size = own + others.map(size).sum::<usize>();
        (size > LARGEST_CONFIG_MAP).then_some(size)
    }

    /// Returns what the ConfigMap says of this node.
    fn config(&self, config: JsonValue) -> JsonValue {
        JsonValue::of([
            ("metadata", labels([(OWNER_LABEL.0, text(OWNER_LABEL.1))])),
            ("data", JsonValue::of([(self.name.as_str(), config)])),
        ])
    }

    /// Returns what the node says while its plugin is kept from it.
    fn paused_state(&self) -> JsonValue {
        node_state(text(PAUSED), as_named(self.facts))
    }

    /// Returns what the node is to say in the end: nothing where no document asks for pools.
    fn wanted_state(&self) -> JsonValue {
        match self.offer.config {
            Some(_) => node_state(text(ACTIVE), named(&self.offer.documents)),
            None => node_state(JsonValue::Null, JsonValue::Null),
        }
    }

    fn manifest(&self, content: JsonValue) -> Manifest {
        Manifest { manager: manager_of(self.name), force: true, content }
    }

    fn offers(&self, resource: &ResourceName, count: u32) -> Claim {
        let thing = Thing::Resource(self.name.clone(), resource.clone());
        Claim::is(subject(thing), Property::Allocatable, ClaimValue::Number(count))
    }

    /// Returns how many devices the node is to offer of each resource that is known: of those that its plugin offered by the
    /// configuration of before, and no more, none.
    fn wanted(&self) -> BTreeMap<ResourceName, u32> {
        let known =
            self.offer.counts.iter().filter_map(|(resource, count)| Some((resource.clone(), (*count)?)));
        let mut wanted: BTreeMap<ResourceName, u32> = known.collect();
        for resource in self.counts_now().into_keys() {
            if !self.offer.counts.contains_key(&resource) {
                wanted.insert(resource, 0);
            }
        }
        wanted
    }

    /// Returns how many devices each pool has by the configuration of before; none where that is not known.
    fn counts_now(&self) -> BTreeMap<ResourceName, Option<u32>> {
        counts(self.pools_now.as_deref().unwrap_or_default())
    }

    /// Returns the resources that the node may offer by either configuration.
    fn resources(&self) -> BTreeSet<ResourceName> {
        self.counts_now().into_keys().chain(self.offer.counts.keys().cloned()).collect()
    }

    /// Returns how many devices of a resource the node offers, for people.
    fn now(&self, resource: &ResourceName) -> String {
        self.facts.allocatable(resource).map_or_else(|| "unknown".to_owned(), |count| count.to_string())
    }

    /// Returns whether the node may offer something: its plugin runs, or is about to, or it says so.
    fn serves(&self) -> bool {
        self.pod.is_some()
            || self.facts.label(STATE_LABEL) == Some(ACTIVE)
            || self.resources().iter().any(|resource| self.facts.allocatable(resource) != Some(0))
    }

    /// Returns whether the node is taken out of service before its host is worked on: it may offer VFs that the host's own lanes
    /// take away. What cannot be told counts as so.
    fn is_withdrawn(&self) -> bool {
        if self.offer.disturbed.is_empty() || !self.context.parts.host || !self.serves() {
            return false;
        }
        let pfs = self.pfs_of_devices();
        let is_disturbed = |pool: &Pool| {
            let devices = pool.takes.iter().chain(pool.perhaps.iter().map(|(address, _)| address));
            let is_taken = |pf: Option<&PciAddress>| pf.is_none_or(|pf| self.offer.disturbed.contains(pf));
            pool.perhaps_more.is_some() || devices.into_iter().any(|address| is_taken(pfs.get(address)))
        };
        // What a person has written since the plugin started says nothing of what it offers: where the new configuration has the
        // devices, they may be in service.
        let is_known = self.pools_now.as_ref().is_some_and(|pools| !pools.iter().any(is_disturbed));
        !is_known || !self.offer.pfs.is_disjoint(&self.offer.disturbed)
    }

    /// Returns the PF of each device of the host as it is; a PF is its own.
    fn pfs_of_devices(&self) -> BTreeMap<PciAddress, PciAddress> {
        let devices = self.offer.devices.known.iter();
        devices.filter_map(|device| Some((device.address, device.pf()?))).collect()
    }
}
