//! Which device plugin is configured to offer a resource on which node, by the ConfigMaps of the cluster.

use vfctl_model::{DEVICE_PLUGIN_NAME, JsonValue, ObjectKind, ObjectName, ObjectRef};
use vfctl_port::ObjectFacts;

use super::scene::Scene;
use crate::pool::plugin::{PluginConfig, is_config, read};

/// The option by which a plugin has another prefix for resources that name none (cmd/sriovdp/main.go).
const PREFIX_OPTION: &str = "--resource-prefix=";

/// A configuration that has a resource, of a node or of all nodes.
pub(super) struct Configured<'a> {
    /// The ConfigMap.
    pub(super) map: &'a ObjectRef,
    /// When that was last changed, where it is known.
    pub(super) changed_at: Option<&'a str>,
    /// The node that it is for; `None` where it is for all that the plugin runs on.
    node: Option<&'a ObjectName>,
    /// The DaemonSet that reads it; `None` where none is known.
    pub(super) set: Option<(&'a ObjectRef, &'a ObjectFacts)>,
    /// Whether vfctl manages that.
    pub(super) is_ours: bool,
    /// What it says.
    pub(super) config: PluginConfig,
}

impl Configured<'_> {
    /// Returns whether it is for this node.
    pub(super) fn is_for(&self, node: &ObjectName) -> bool {
        self.node.is_none_or(|own| own == node)
    }
}

/// Returns the configurations that have a resource.
pub(super) fn configured<'a>(scene: &Scene<'a>, resource: &str) -> Vec<Configured<'a>> {
    let mut found = Vec::new();
    for (map, facts) in scene.cluster.of_kind(ObjectKind::ConfigMap) {
        let set = set_of(scene, map);
        let is_ours = map.name().as_str() == DEVICE_PLUGIN_NAME;
        let prefix = set.and_then(|(_, set)| prefix_of(set));
        let data = facts.content.field("data").into_iter().flat_map(JsonValue::fields);
        for (key, text) in data.filter_map(|(key, value)| Some((key, value.text()?))) {
            let node = scene.nodes().map(|(node, _)| node).find(|node| node.as_str() == key);
            // The key of a node that has left the cluster is of no use to anybody.
            let is_of_nobody = is_ours && node.is_none();
            let Some(config) = is_config(text).then(|| read(text).ok()).flatten().filter(|_| !is_of_nobody)
            else {
                continue;
            };
            if has(&config, resource, prefix) {
                found.push(Configured {
                    map,
                    changed_at: facts.changed_at.as_deref(),
                    node,
                    set,
                    is_ours,
                    config,
                });
            }
        }
    }
    found
}

/// Returns whether a configuration has a resource.
fn has(config: &PluginConfig, resource: &str, prefix: Option<&str>) -> bool {
    config.resources.iter().any(|entry| match (&entry.prefix, prefix) {
        (None, Some(prefix)) => {
            resource.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) == Some(&entry.name)
        }
        _ => entry.full_name() == resource,
    })
}

/// Returns the DaemonSet that reads a ConfigMap: the one that mounts it, or else that of a device plugin in its namespace.
fn set_of<'a>(scene: &Scene<'a>, map: &ObjectRef) -> Option<(&'a ObjectRef, &'a ObjectFacts)> {
    let sets =
        || scene.cluster.of_kind(ObjectKind::DaemonSet).filter(|(set, _)| set.namespace() == map.namespace());
    let mounts = |set: &ObjectFacts| {
        let volumes = set.content.members_at(&["spec", "template", "spec", "volumes"]);
        volumes.iter().any(|volume| {
            volume.at(&["configMap", "name"]).and_then(JsonValue::text) == Some(map.name().as_str())
        })
    };
    let is_plugin = |set: &ObjectRef, facts: &ObjectFacts| {
        let texts = containers(facts).iter().filter_map(|container| container.field("image")?.text());
        texts.chain([set.name().as_str()]).any(|text| {
            let text = text.to_ascii_lowercase();
            text.contains("device-plugin") || text.contains("sriovdp")
        })
    };
    sets().find(|(_, facts)| mounts(facts)).or_else(|| sets().find(|(set, facts)| is_plugin(set, facts)))
}

fn containers(set: &ObjectFacts) -> &[JsonValue] {
    set.content.at(&["spec", "template", "spec", "containers"]).map_or(&[], JsonValue::members)
}

fn prefix_of(set: &ObjectFacts) -> Option<&str> {
    let lists =
        containers(set).iter().flat_map(|container| ["command", "args"].map(|list| container.field(list)));
    let words = lists.flatten().flat_map(JsonValue::members).filter_map(JsonValue::text);
    words
        .into_iter()
        .find_map(|word| word.strip_prefix("-").map_or(word, |_| word).strip_prefix(PREFIX_OPTION))
}
