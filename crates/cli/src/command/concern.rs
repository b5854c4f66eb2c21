//! Whether any document concerns this host: a name that is misspelt would look like a host on which all is well.

use vfctl_kinds::document::PlacedDocument;
use vfctl_kinds::suggest::host_meant;
use vfctl_model::HostName;
use vfctl_plan::Plan;

use crate::machine::Console;

/// Returns the names of hosts that documents have, in order, each once.
pub(super) fn names(documents: &[PlacedDocument<'_>]) -> Vec<String> {
    let nodes = documents.iter().filter_map(|document| document.config.spec.nodes.as_ref());
    let mut names: Vec<String> = nodes.flat_map(|nodes| nodes.names.iter().cloned()).collect();
    names.sort();
    names.dedup();
    names
}

/// Says that no document concerns this host, with the name that was most likely meant; returns whether that is so.
pub(super) fn report(plan: &Plan, host: &HostName, names: &[String], console: &mut Console<'_>) -> bool {
    let is_concerned = plan.hosts.get(host).is_none_or(|plan| !plan.documents.is_empty());
    if is_concerned {
        return false;
    }
    let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let fix = match host_meant(host.as_str(), &names.iter().map(String::as_str).collect::<Vec<_>>()) {
        Some(name) => format!("write `{host}` where `nodes.names` has `{name}`"),
        None => format!("add `{host}` to `nodes.names` of the document that is for it"),
    };
    console.say(&format!(
        "warning: no document concerns this host: its name is `{host}`, and `nodes.names` has {listed}\n  fix: {fix}\n"
    ));
    true
}
