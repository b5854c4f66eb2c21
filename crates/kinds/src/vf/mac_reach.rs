//! Rules on where MAC addresses come from: nothing that is written once may reach two PFs or hosts.
//!
//! That no address is written twice is said in `mac_holders`.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{HostName, VfAttribute};

use super::mac_holders::{Holders, check_host_values, check_vfs, host_path};
use super::mac_source::{DeriveFrom, MacSource};
use super::spec::AttributeSpec;
use crate::count::CountSpec;
use crate::document::{NodeSelector, SriovConfig};
use crate::path::{ListsFor, SpecPath, Violation, Violations};
use crate::{Body, PfSpec, VfsSpec};

/// A document, and its entries of `physicalFunctions` with their paths.
pub(crate) struct DocumentEntries<'a> {
    pub(crate) config: &'a SriovConfig,
    pub(crate) entries: Vec<(&'a PfSpec, SpecPath)>,
}

/// Checks the addresses of all documents.
pub(crate) fn check(documents: &[DocumentEntries<'_>], violations: &mut Violations) {
    let mut holders = Holders::default();
    let mut derived = BTreeMap::new();
    for (position, DocumentEntries { config: document, entries }) in documents.iter().enumerate() {
        violations.turn_to(position);
        check_host_values(&document.spec, &mut holders, violations);
        let several_hosts = several_hosts(&document.spec);
        let mut lists = BTreeMap::new();
        for (number, (entry, path)) in entries.iter().enumerate() {
            let Some(vfs) = &entry.vfs else { continue };
            for written in sources(vfs, &path.key("vfs")) {
                check_reach(&written, entry, several_hosts.as_deref(), violations);
                check_derived(&written, path, &mut derived, violations);
                check_from_host(&written, &document.spec, &mut lists, violations);
            }
            check_vfs(document, number, vfs, &mut holders, violations);
        }
    }
}

/// Addresses as they are written, with its path and the number of VFs, `None` where that is open.
struct Written<'a> {
    attribute: VfAttribute,
    spec: &'a AttributeSpec,
    path: SpecPath,
    size: Option<usize>,
}

/// Returns what is written of what VFs cannot share.
fn sources<'a>(vfs: &'a VfsSpec, path: &SpecPath) -> Vec<Written<'a>> {
    let all = (&vfs.all, path.key("all"), vfs.count.map(CountSpec::most).map(usize::from));
    let groups = vfs.groups.iter().enumerate();
    let groups = groups
        .map(|(number, group)| (&group.settings, path.key("groups").index(number), Some(group.vfs.len())));
    std::iter::once(all)
        .chain(groups)
        .flat_map(|(settings, path, size)| {
            let own = settings.attributes.iter().filter(|(attribute, _)| !attribute.row().shareable);
            own.map(move |(attribute, spec)| Written {
                attribute: *attribute,
                spec,
                path: path.key(attribute.key()),
                size,
            })
        })
        .collect()
}

/// Returns the names of the lists that the VFs of a document take from the values of hosts.
pub fn host_lists(document: &SriovConfig) -> BTreeSet<&str> {
    let vfs = document.spec.physical_functions.iter().filter_map(|entry| entry.vfs.as_ref());
    let settings =
        vfs.flat_map(|vfs| std::iter::once(&vfs.all).chain(vfs.groups.iter().map(|group| &group.settings)));
    let values = settings.flat_map(|settings| settings.attributes.values());
    let names = values.filter_map(|value| match value {
        AttributeSpec::PerVf(MacSource::FromHost(name)) => Some(name.as_str()),
        _ => None,
    });
    names.collect()
}

/// Returns why a document may concern several hosts, or `None` where it concerns one.
fn several_hosts(body: &Body) -> Option<String> {
    let Body { nodes, hosts, .. } = body;
    if let Some(nodes) = nodes {
        let Some(names) = &nodes.names else {
            return Some("`nodes.labels` may mean several hosts".to_owned());
        };
        if let Some(pattern) = names.iter().find(|name| name.contains('*')) {
            return Some(format!("`{pattern}` may mean several hosts"));
        }
        // Labels may leave one of several names, but which is known with the facts of a cluster only.
        let verb = if nodes.labels.is_some() { "may concern" } else { "concerns" };
        return (names.len() > 1).then(|| format!("the document {verb} {} hosts", names.len()));
    }
    (hosts.len() > 1).then(|| format!("the document has values for {} hosts", hosts.len()))
}

/// Checks that what is written for one PF of one host can reach only that one.
fn check_reach(
    written: &Written<'_>,
    entry: &PfSpec,
    several_hosts: Option<&str>,
    violations: &mut Violations,
) {
    let Written { attribute, spec, path, .. } = written;
    let several_pfs = entry.may_match_several();
    // The address or the serial number of a device is found in one host only.
    let pinned = entry.matcher.mac_address.is_some() || entry.matcher.serial.is_some();
    let several_hosts = several_hosts.filter(|_| !pinned);
    let (host_is_told, pf_is_told) = match spec {
        AttributeSpec::Default => return,
        AttributeSpec::Value(_)
        | AttributeSpec::PerVf(MacSource::First(_) | MacSource::List(_) | MacSource::Shared(_)) => {
            (false, false)
        }
        AttributeSpec::PerVf(MacSource::FromHost(_)) => (true, false),
        AttributeSpec::PerVf(MacSource::Derive { from, .. }) => {
            (from.contains(&DeriveFrom::NodeName), from.contains(&DeriveFrom::Pf))
        }
    };
    let is_derived = matches!(spec, AttributeSpec::PerVf(MacSource::Derive { .. }));
    if let Some(reason) = several_hosts.filter(|_| !host_is_told) {
        let help = if is_derived {
            "add `nodeName` to `from`"
        } else {
            "write `{list: {fromHost: NAME}}` with lists under `spec.hosts`, or `{derive: …}`"
        };
        let message = format!("{reason}, and each would give its VFs the same {attribute}");
        violations.add(Violation::new(path.clone(), message, help));
    }
    if let Some(reason) = several_pfs.filter(|_| !pf_is_told) {
        let help = if is_derived {
            "add `pf` to `from`"
        } else {
            "write `{derive: …}` with `pf` in `from`, or an entry for each PF"
        };
        let message = format!("{reason}, and each would give its VFs the same {attribute}");
        violations.add(Violation::new(path.clone(), message, help));
    }
}

/// Derived addresses without the PF in them: the first entry that has that prefix, with its document.
type Derived = BTreeMap<Vec<u8>, (usize, SpecPath, SpecPath)>;

/// Checks that two entries do not derive the same addresses.
fn check_derived(
    written: &Written<'_>,
    entry: &SpecPath,
    derived: &mut Derived,
    violations: &mut Violations,
) {
    let AttributeSpec::PerVf(MacSource::Derive { prefix, from }) = written.spec else { return };
    if from.contains(&DeriveFrom::Pf) {
        return;
    }
    let path = written.path.key("derive").key("from");
    let document = violations.document();
    match derived.get(prefix) {
        None => {
            derived.insert(prefix.clone(), (document, entry.clone(), path));
        }
        Some((other, other_entry, other_path)) if (*other, other_entry) != (document, entry) => {
            violations.add(
                Violation::new(
                    path,
                    "without `pf`, this derives the addresses that another entry derives",
                    "add `pf` to `from`, or take another prefix",
                )
                .with(*other, other_path.clone(), "the other entry"),
            );
        }
        Some(_) => {}
    }
}

/// Checks that every host has the list, that it is long enough and used once.
fn check_from_host<'a>(
    written: &Written<'a>,
    body: &Body,
    lists: &mut BTreeMap<&'a str, SpecPath>,
    violations: &mut Violations,
) {
    let AttributeSpec::PerVf(MacSource::FromHost(name)) = written.spec else { return };
    let path = written.path.key("list").key("fromHost");
    let Body { nodes, hosts, .. } = body;
    let document = violations.document();
    let named = nodes.iter().flat_map(NodeSelector::given_names).filter(|name| !name.contains('*'));
    let known: BTreeSet<&str> = hosts.keys().map(HostName::as_str).collect();
    let without_values = named.map(String::as_str).filter(|name| !known.contains(name));
    let without_list = hosts.iter().filter(|(_, values)| !values.contains_key(name));
    let without: BTreeSet<&str> = without_values.chain(without_list.map(|(host, _)| host.as_str())).collect();
    // Where a host is given its own values on the spot, the others are given theirs elsewhere.
    let is_enough = violations.lists_for() == ListsFor::SomeHost
        && hosts.values().any(|values| values.contains_key(name));
    if hosts.is_empty() && without.is_empty() {
        let message = format!("no host has a list `{name}`: there is no `spec.hosts`");
        let help = format!(
            "add `hosts: {{HOST: {{{name}: [\"02:…\", …]}}}}` under `spec`, or give them with `--host-values FILE`"
        );
        violations.add(Violation::new(path.clone(), message, help));
    } else if !without.is_empty() && !is_enough {
        let message = format!("no list `{name}` for {}", Vec::from_iter(without).join(", "));
        let help = format!(
            "add `{name}: [\"02:…\", …]` for each of them under `spec.hosts`, or in the file of `--host-values`"
        );
        violations.add(Violation::new(path.clone(), message, help));
    }
    for (host, values) in hosts {
        let short = values.get(name).zip(written.size).filter(|(list, size)| list.len() < *size);
        if let Some((list, size)) = short {
            violations.add(
                Violation::new(
                    host_path(host.as_str(), name),
                    format!("{} addresses for {size} VFs", list.len()),
                    "give each VF of the set one, or make the set smaller",
                )
                .with(document, path.clone(), "the set that takes them"),
            );
        }
    }
    if let Some(first) = lists.insert(name, path.clone()) {
        violations.add(
            Violation::new(
                path,
                format!("`{name}` is used twice, each time from its first address"),
                "give each set a list of its own",
            )
            .with(document, first, "the first time"),
        );
    }
}
