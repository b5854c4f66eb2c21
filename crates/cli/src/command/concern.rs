//! Whether any document concerns this host: a name that is misspelt would look like a host on which all is well.

use vfctl_kinds::document::{NodeSelector, PlacedDocument};
use vfctl_kinds::suggest::host_meant;
use vfctl_model::HostName;
use vfctl_plan::Plan;

use crate::machine::Console;

/// By what documents select hosts.
#[derive(Debug, Default)]
pub(super) struct Selectors {
    /// The names of hosts, in order, each once.
    names: Vec<String>,
    /// The documents that select nodes by labels.
    by_labels: Vec<String>,
}

impl Selectors {
    /// Returns by what these documents select hosts.
    pub(super) fn of(documents: &[PlacedDocument<'_>]) -> Self {
        let nodes = documents.iter().filter_map(|document| document.config.spec.nodes.as_ref());
        let mut names: Vec<String> = nodes.flat_map(NodeSelector::given_names).cloned().collect();
        names.sort();
        names.dedup();
        let by_labels = documents.iter().filter(|document| document.config.selects_by_labels());
        Self { names, by_labels: by_labels.map(|document| document.config.metadata.name.clone()).collect() }
    }

    /// Says that no document concerns this host, with the name that was most likely meant; returns whether that is so.
    pub(super) fn report(&self, plan: &Plan, host: &HostName, console: &mut Console<'_>) -> bool {
        // Where it is not known which documents concern it, the plan says so.
        let is_concerned = |plan: &vfctl_plan::ScopePlan| !plan.documents.is_empty() || plan.is_blocked();
        if plan.hosts.get(host).is_none_or(is_concerned) {
            return false;
        }
        console.say(&self.warning(host));
        true
    }

    /// Returns the warning that no document concerns a host, with the name that was most likely meant.
    pub(super) fn warning(&self, host: &HostName) -> String {
        let (why, fix) = self.reasons(host);
        format!("warning: no document concerns this host: {why}\n  fix: {fix}\n")
    }

    /// Returns why no document concerns a host, and what to do about it.
    fn reasons(&self, host: &HostName) -> (String, String) {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let by_name = format!("its name is `{host}`, and `nodes.names` has {}", listed(&self.names));
        let of_labels =
            format!("the labels of its node are not those that {} asks for", listed(&self.by_labels));
        let fix = match host_meant(host.as_str(), &names) {
            Some(name) => format!("write `{host}` where `nodes.names` has `{name}`"),
            None => format!("add `{host}` to `nodes.names` of the document that is for it"),
        };
        let compare = format!("compare `nodes.labels` with `kubectl get node {host} --show-labels`");
        match (self.names.is_empty(), self.by_labels.is_empty()) {
            (_, true) => (by_name, fix),
            (true, false) => (format!("its name is `{host}`, and {of_labels}"), compare),
            (false, false) => (format!("{by_name}, or {of_labels}"), format!("{fix}, or {compare}")),
        }
    }
}

/// Returns words for a text.
fn listed(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
