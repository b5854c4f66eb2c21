//! Whether any document concerns this host: a name that is misspelt would look like a host on which all is well.

use vfctl_kinds::document::PlacedDocument;
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
    let fix = match meant(host.as_str(), names) {
        Some(name) => format!("write `{host}` where `nodes.names` has `{name}`"),
        None => format!("add `{host}` to `nodes.names` of the document that is for it"),
    };
    console.say(&format!(
        "warning: no document concerns this host: it is called `{host}`, and they name {listed}\n  fix: {fix}\n"
    ));
    true
}

/// Returns the name that differs least: by its domain alone, or by two letters at most.
fn meant<'n>(host: &str, names: &'n [String]) -> Option<&'n String> {
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let by_domain = names.iter().find(|name| short(name) == short(host));
    by_domain.or_else(|| {
        let distance = |name: &&String| strsim::osa_distance(name.trim_end_matches('*'), host);
        let stem = |name: &str| name.trim_end_matches('*').len();
        let near = names.iter().filter(|name| {
            // A pattern is held against as much of the name as it has letters.
            let head: String = host.chars().take(stem(name)).collect();
            let distance = strsim::osa_distance(name.trim_end_matches('*'), &head);
            stem(name) > 2 && distance <= 2
        });
        near.min_by_key(distance)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_that_was_meant_differs_by_its_domain_or_a_letter_or_two() {
        let names = ["lab.example.com", "wroker-*", "storage-1"].map(str::to_owned);
        for (host, name) in [
            ("lab", Some("lab.example.com")),
            ("lab.other.org", Some("lab.example.com")),
            ("worker-3", Some("wroker-*")),
            ("storage-2", Some("storage-1")),
            ("database-1", None),
        ] {
            assert_eq!(meant(host, &names).map(String::as_str), name, "{host}");
        }
    }
}
