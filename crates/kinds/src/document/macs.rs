//! Rules on MAC addresses over all PFs, hosts and documents: each address is for one VF.

use std::collections::BTreeMap;

use vfctl_model::{MacAddress, VfAttribute, VfIndex, VfValue};

use super::rules::{entries, spec_path};
use super::spec::{Body, HostValues, SriovConfig};
use crate::path::{Segment, SpecPath, Violation, Violations};
use crate::pf::{ExpectSpec, PfSpec, VfsSpec};
use crate::vf::{AttributeSpec, Chosen, DeriveFrom, Entry, MacSource, check_address, effective, most};

/// Checks the addresses of all documents.
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    let mut given = Given::default();
    let mut derived = BTreeMap::new();
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        check_host_values(&document.spec, &mut given, violations);
        let several_hosts = several_hosts(&document.spec);
        let mut lists = BTreeMap::new();
        for (entry, path) in entries(document) {
            let Some(vfs) = &entry.vfs else { continue };
            for written in sources(vfs, &path.key("vfs")) {
                check_reach(&written, entry, several_hosts.as_deref(), violations);
                check_derived(&written, &path, &mut derived, violations);
                check_from_host(&written, &document.spec, &mut lists, violations);
            }
            let owner = format!("{}/{}", document.metadata.name, entry.name);
            check_given(&owner, vfs, &path.key("vfs"), &mut given, violations);
        }
    }
}

/// A wish for addresses as it is written, with its path and the number of VFs, `None` where that is open.
struct Written<'a> {
    attribute: VfAttribute,
    spec: &'a AttributeSpec,
    path: SpecPath,
    size: Option<usize>,
}

/// Returns the wishes for what VFs cannot share.
fn sources<'a>(vfs: &'a VfsSpec, path: &SpecPath) -> Vec<Written<'a>> {
    let all = (&vfs.all, path.key("all"), most(vfs.count).map(usize::from));
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

/// Returns why a document may concern several hosts, or `None` where it concerns one.
fn several_hosts(body: &Body) -> Option<String> {
    let Body { nodes, hosts, .. } = body;
    if let Some(nodes) = nodes {
        if let Some(pattern) = nodes.names.iter().find(|name| name.contains('*')) {
            return Some(format!("`{pattern}` may mean several hosts"));
        }
        return (nodes.names.len() > 1).then(|| format!("the document concerns {} hosts", nodes.names.len()));
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
    let several_pfs = match entry.expect {
        ExpectSpec::One | ExpectSpec::Number(0 | 1) => None,
        ExpectSpec::All => Some("`expect: all` may mean several PFs".to_owned()),
        ExpectSpec::Number(count) => Some(format!("`{}` means {count} PFs", entry.name)),
    };
    // The address or the serial number of a device is found in one host only.
    let pinned = entry.matcher.mac_address.is_some() || entry.matcher.serial.is_some();
    let several_hosts = several_hosts.filter(|_| !pinned);
    let (host_is_told, pf_is_told) = match spec {
        AttributeSpec::Default => return,
        AttributeSpec::Value(_) | AttributeSpec::PerVf(MacSource::First(_) | MacSource::List(_)) => {
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
    let has_list =
        |host: &str| hosts.iter().any(|(other, values)| other.as_str() == host && values.contains_key(name));
    let named =
        nodes.iter().flat_map(|nodes| &nodes.names).filter(|name| !name.contains('*')).map(String::as_str);
    let known = hosts.keys().map(vfctl_model::HostName::as_str);
    let mut without: Vec<&str> = named.chain(known).filter(|host| !has_list(host)).collect();
    without.sort_unstable();
    without.dedup();
    if hosts.is_empty() && without.is_empty() {
        let message = format!("no host has a list `{name}`: there is no `spec.hosts`");
        let help = format!("add `hosts: {{HOST: {{{name}: [\"02:…\", …]}}}}` under `spec`");
        violations.add(Violation::new(path.clone(), message, help));
    } else if !without.is_empty() {
        let message = format!("no list `{name}` for {}", without.join(", "));
        let help = format!("add `{name}: [\"02:…\", …]` for each of them under `spec.hosts`");
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
                format!("`{name}` is given out twice, each time from its first address"),
                "give each set a list of its own",
            )
            .with(document, first, "the first time"),
        );
    }
}

fn host_path(host: &str, list: &str) -> SpecPath {
    spec_path().key("hosts").key(host).key(list)
}

/// Who was given an address first.
#[derive(Default)]
struct Given(BTreeMap<MacAddress, Taker>);

/// Who is given an address.
#[derive(Clone)]
struct Taker {
    document: usize,
    path: SpecPath,
    /// In words, such as "vf 3 of `workers/fast`".
    who: String,
}

impl Given {
    /// Notes that an address is given to somebody; returns who has it already.
    fn take(&mut self, mac: MacAddress, taker: &Taker) -> Option<Taker> {
        if mac == MacAddress::ZERO {
            return None;
        }
        match self.0.get(&mac) {
            Some(first) => Some(first.clone()),
            None => {
                self.0.insert(mac, taker.clone());
                None
            }
        }
    }
}

fn twice(mac: MacAddress, taker: Taker, first: Taker) -> Violation {
    Violation::new(
        taker.path,
        format!("{mac} is given twice: to {}, and to {}", first.who, taker.who),
        "give each VF an address of its own: a network delivers to one holder only",
    )
    .with(first.document, first.path, "first given here")
}

/// Checks the addresses under `hosts`.
fn check_host_values(body: &Body, given: &mut Given, violations: &mut Violations) {
    let document = violations.document();
    let lists = |(host, values): (_, &HostValues)| {
        let host: &vfctl_model::HostName = host;
        values.iter().map(|(name, list)| (host.clone(), name.clone(), list.clone())).collect::<Vec<_>>()
    };
    for (host, name, list) in body.hosts.iter().flat_map(lists) {
        for (position, mac) in list.into_iter().enumerate() {
            let path = host_path(host.as_str(), &name).index(position);
            check_address(mac, &path, violations);
            let taker = Taker { document, path, who: format!("{host} in `{name}`") };
            if let Some(first) = given.take(mac, &taker) {
                violations.add(twice(mac, taker, first));
            }
        }
    }
}

/// Checks the addresses that one entry writes out for its VFs, as far as each VF gets them.
fn check_given(owner: &str, vfs: &VfsSpec, path: &SpecPath, given: &mut Given, violations: &mut Violations) {
    let document = violations.document();
    let highest = vfs.groups.iter().filter_map(|group| group.vfs.last()).max();
    let open_end = highest.map_or(0, |VfIndex(last)| last.saturating_add(1));
    // One violation for each pair of sources, not for each VF.
    let mut told = BTreeMap::new();
    for (vf, wished) in effective(vfs, most(vfs.count).unwrap_or(open_end)) {
        for (attribute, chosen) in
            wished.attributes.iter().filter(|(attribute, _)| !attribute.row().shareable)
        {
            let key_path = chosen.entry.path(path).key(attribute.key());
            let Some((mac, path)) = written_out(vfs, *chosen, key_path) else { continue };
            let taker = Taker { document, path, who: format!("vf {vf} of `{owner}`") };
            if let Some(first) = given.take(mac, &taker) {
                let SpecPath(mut source) = first.path.clone();
                source.pop_if(|last| matches!(last, Segment::Index(_)));
                told.entry((chosen.entry, first.document, source)).or_insert((mac, taker, first));
            }
        }
    }
    for (mac, taker, first) in told.into_values() {
        violations.add(twice(mac, taker, first));
    }
}

/// Returns the address that is written out for one VF, and where; `None` where none is, or all share it, which
/// another rule says.
fn written_out(
    vfs: &VfsSpec,
    chosen: Chosen<&AttributeSpec>,
    path: SpecPath,
) -> Option<(MacAddress, SpecPath)> {
    let Chosen { value, entry, ordinal } = chosen;
    let is_for_one = match entry {
        Entry::All => most(vfs.count) == Some(1),
        Entry::Group(number) => vfs.groups.get(number).is_some_and(|group| group.vfs.len() == 1),
    };
    match value {
        AttributeSpec::Value(VfValue::Mac(mac)) if is_for_one => Some((*mac, path)),
        AttributeSpec::PerVf(MacSource::First(first)) => {
            Some((first.offset_by(u32::from(ordinal))?, path.key("first")))
        }
        AttributeSpec::PerVf(MacSource::List(list)) => {
            let place = usize::from(ordinal);
            Some((*list.get(place)?, path.key("list").index(place)))
        }
        AttributeSpec::Default | AttributeSpec::Value(_) | AttributeSpec::PerVf(_) => None,
    }
}
