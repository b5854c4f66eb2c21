//! Which documents are linted, and by which rules.

use vfctl_kinds::network::ATTACHMENT_KIND;

use super::cni::{self, Home};
use super::finding::Linter;
use super::json::{self, Json};
use super::quotes::joined;
use super::row::Lint;
use super::{field, network, plugin, rdma};
use crate::diagnostic::quoted;
use crate::yaml::{Entry, Map, Node, parse};

/// Words of configurations in JSON that are files of their own.
const WORDS: &[&str] = &["\"cniVersion\"", "\"resourceList\"", "\"configList\""];

/// The key under which a ConfigMap has the configuration of a device plugin, unless one names the node.
const CONFIG_KEY: &str = "config.json";

/// What came of a text that is no YAML as specs are.
pub(crate) enum Reread {
    /// These documents, which are indented as other readers of YAML accept.
    Documents(Vec<Node>),
    /// Its mistake, which was said.
    Reported,
    /// Nothing.
    Nothing,
}

/// What a document is to the linter.
#[derive(Debug, Clone, Copy)]
enum Kind<'a> {
    /// A NetworkAttachmentDefinition.
    Network(&'a Map),
    /// A ConfigMap that holds configurations of device plugins.
    ConfigMap(&'a Map),
    /// A configuration of sriov-network-device-plugin.
    Plugin,
    /// A configuration of k8s-rdma-shared-dev-plugin.
    Rdma,
    /// A CNI configuration.
    Cni,
}

impl Linter {
    /// Lints a document that lies in a file with this text, and returns those in it that are not linted: itself, or entries
    /// of a list of objects.
    pub(crate) fn document<'a>(&mut self, tree: &'a Node, file: &str) -> Vec<&'a Node> {
        let items = list(tree).filter(|items| items.iter().any(|item| kind(item).is_some()));
        let documents = items.unwrap_or(std::slice::from_ref(tree));
        documents.iter().filter(|document| !self.lint(document, file)).collect()
    }

    /// Reads a text again that is no YAML as specs are. Where it is a configuration in JSON that was broken, that is said.
    pub(crate) fn reread(&mut self, source: usize, text: &str) -> Reread {
        if let Some(trees) = joined(text).and_then(|text| lintable(source, &text)) {
            return Reread::Documents(trees);
        }
        let before = self.findings.len();
        if text.trim_start().starts_with('{') && WORDS.iter().any(|word| text.contains(word)) {
            self.whole_text(source, text);
        }
        if self.findings.len() > before { Reread::Reported } else { Reread::Nothing }
    }

    /// Lints one document; returns whether there are rules for it.
    fn lint(&mut self, tree: &Node, file: &str) -> bool {
        match kind(tree) {
            None => return false,
            Some(Kind::Network(object)) => network::lint(object, tree.pointer(), file, self),
            Some(Kind::ConfigMap(object)) => configs(object).for_each(|entry| self.config(entry, file)),
            Some(Kind::Plugin) => {
                self.own_text(tree, file, plugin::READER);
                plugin::lint(tree, self);
            }
            Some(Kind::Rdma) => {
                self.own_text(tree, file, rdma::READER);
                rdma::lint(tree, self);
            }
            Some(Kind::Cni) => {
                self.checked.cni_configs += 1;
                self.own_text(tree, file, "a CNI plugin");
                cni::lint(tree, Home::File, self);
            }
        }
        true
    }

    /// Lints a configuration that an entry of a ConfigMap holds.
    fn config(&mut self, entry: &Entry, file: &str) {
        let Entry { key, key_span, value } = entry;
        if value.as_text().is_none() {
            let message = format!("a ConfigMap takes a text for {}, found keys and values", quoted(key));
            let help = "write `|` after the key, and the configuration as JSON on the lines below";
            self.say(Lint::ConfigNotText, *key_span, message, help);
            return self.device_plugin(value);
        }
        let is_rdma = value.as_text().is_some_and(|text| text.contains("configList"));
        let reader = if is_rdma { rdma::READER } else { plugin::READER };
        if let Some(tree) = self.embedded(value, file, reader) {
            self.device_plugin(&tree);
        }
    }

    fn device_plugin(&mut self, tree: &Node) {
        if tree.as_map().is_some_and(rdma::is_one) {
            rdma::lint(tree, self)
        } else {
            plugin::lint(tree, self)
        }
    }
}

/// Returns the documents of a text, where it has no mistakes and there are rules for each.
fn lintable(source: usize, text: &str) -> Option<Vec<Node>> {
    let (trees, mistakes) = parse(source, text);
    let all = trees.iter().all(|tree| list(tree).is_some() || kind(tree).is_some());
    (mistakes.is_empty() && all).then_some(trees)
}

/// Returns the objects of a list of objects.
fn list(tree: &Node) -> Option<&[Node]> {
    let map = tree.as_map().filter(|map| field::text(map, "kind") == Some("List"))?;
    field::get(map, "items").map(|entry| json::items(&entry.value))
}

/// Returns the entries of a ConfigMap that hold configurations of device plugins: under the usual key, or under any other,
/// such as a node's name.
fn configs(object: &Map) -> impl Iterator<Item = &Entry> {
    let entries = field::map(object, "data").map(|data| data.entries.as_slice()).unwrap_or_default();
    entries.iter().filter(|entry| match Json::of(&entry.value) {
        Json::Text(text) => {
            entry.key == CONFIG_KEY || text.contains("resourceList") || text.contains("configList")
        }
        Json::Map(map) => entry.key == CONFIG_KEY || plugin::is_one(map) || rdma::is_one(map),
        Json::Nothing | Json::Flag(_) | Json::Number(_) | Json::List(_) => false,
    })
}

/// Returns what a document is; `None` where there are no rules for it.
fn kind(tree: &Node) -> Option<Kind<'_>> {
    let map = tree.as_map()?;
    match field::text(map, "kind") {
        Some(ATTACHMENT_KIND) => Some(Kind::Network(map)),
        Some("ConfigMap") => configs(map).next().map(|_| Kind::ConfigMap(map)),
        Some(_) => None,
        None if plugin::is_one(map) => Some(Kind::Plugin),
        None if rdma::is_one(map) => Some(Kind::Rdma),
        None => cni::is_one(map).then_some(Kind::Cni),
    }
}
