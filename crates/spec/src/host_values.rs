//! Values of hosts that are given beside the specs: they are merged into `spec.hosts` of the documents that take them.
//!
//! Their shape is that of `spec.hosts`, and they are read by the same types.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::document::{HostValues, NodeSelector};
use vfctl_kinds::path::SpecPath;
use vfctl_kinds::suggest::{did_you_mean, host_meant};
use vfctl_kinds::vf::host_lists;
use vfctl_model::HostName;

use crate::diagnostic::{Fault, quoted};
use crate::load::Draft;
use crate::read::read;
use crate::yaml::{Entry, Map, Node, Span, Value, parse};

/// How many values that no document takes are told one by one.
const MOST_UNUSED: usize = 10;

/// What such a text holds, as help for who gives another.
const SHAPE: &str = "write hosts and their lists: `worker-1: {vnicMacs: [\"02:00:17:00:00:01\"]}`";

/// One list of one host.
struct List {
    host: HostName,
    host_span: Span,
    name: String,
    /// The list as it stands in the text.
    entry: Entry,
    values: HostValues,
    /// The document that takes it, by its number.
    taken_by: Option<usize>,
}

/// The lists of all texts.
pub(crate) struct HostLists {
    lists: Vec<List>,
    /// Hosts that are named without any list.
    bare: Vec<(HostName, Span)>,
}

/// Reads the values of hosts from a text; what is wrong is added to `faults`.
fn read_text(source: usize, text: &str, faults: &mut Vec<Fault>) -> Vec<Node> {
    let (mut trees, mut found) = parse(source, text);
    if trees.is_empty() && found.is_empty() {
        let top = Span { source, start: 0, end: 0 };
        found.push(Fault::new(top, "there are no values of hosts here", SHAPE));
    }
    faults.append(&mut found);
    trees.retain(|tree| match other_document(tree) {
        Some(fault) => {
            faults.push(fault);
            false
        }
        None => true,
    });
    trees
}

/// Returns what is wrong where the text is a document of another kind, such as a spec.
fn other_document(tree: &Node) -> Option<Fault> {
    let is_header = |entry: &&Entry| {
        matches!(entry.key.as_str(), "apiVersion" | "kind" | "format") && entry.value.as_text().is_some()
    };
    let header = tree.as_map().map(|map| map.entries.iter().find(is_header));
    let (span, message) = match header {
        None => (tree.pointer(), "this is not a map of hosts to their values".to_owned()),
        Some(None) => return None,
        Some(Some(header)) => {
            let what = quoted(&format!("{}: {}", header.key, header.value.as_text().unwrap_or_default()));
            (header.key_span, format!("this is a document with {what}, and no values of hosts"))
        }
    };
    Some(Fault::new(span, message, SHAPE))
}

impl HostLists {
    /// Reads the values of hosts from these texts, whose numbers begin at `first`.
    pub(crate) fn read<'a>(
        first: usize,
        texts: impl Iterator<Item = &'a str>,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let mut all = Self { lists: Vec::new(), bare: Vec::new() };
        let mut seen: BTreeMap<(HostName, String), Span> = BTreeMap::new();
        for (number, text) in texts.enumerate() {
            for mut tree in read_text(first + number, text, faults) {
                let (hosts, mut found) = read::<BTreeMap<HostName, HostValues>>(&mut tree);
                faults.append(&mut found);
                let (Some(hosts), Value::Map(map)) = (hosts, tree.value) else { continue };
                all.add(&hosts, map, &mut seen, faults);
            }
        }
        all
    }

    /// Adds the lists of one text.
    fn add(
        &mut self,
        hosts: &BTreeMap<HostName, HostValues>,
        map: Map,
        seen: &mut BTreeMap<(HostName, String), Span>,
        faults: &mut Vec<Fault>,
    ) {
        for Entry { key, key_span: host_span, value } in map.entries {
            let found = hosts.iter().find(|(host, _)| host.as_str() == key);
            let (Some((host, values)), Value::Map(lists)) = (found, value.value) else { continue };
            if lists.entries.is_empty() {
                self.bare.push((host.clone(), host_span));
            }
            for entry in lists.entries {
                let name = entry.key.clone();
                if let Some(first) = seen.insert((host.clone(), name.clone()), entry.key_span) {
                    faults.push(given_twice(&name, host, entry.key_span, first));
                    continue;
                }
                let values = values.iter().filter(|(key, _)| **key == name);
                let values = values.map(|(key, list)| (key.clone(), list.clone())).collect();
                self.lists.push(List { host: host.clone(), host_span, name, entry, values, taken_by: None });
            }
        }
    }

    /// Merges the lists into the documents that may concern their hosts and name them; what is given twice is added to `faults`.
    ///
    /// A document that selects nodes by labels may concern each host that its names allow: it takes the list, which is of no
    /// effect where the labels do not match. Two such documents may meet on a host, and are not given one list: each address would
    /// be there twice.
    pub(crate) fn merge_into(&mut self, drafts: &mut [Draft], faults: &mut Vec<Fault>) {
        let names: Vec<String> = drafts.iter().map(|draft| draft.config.metadata.name.clone()).collect();
        for (number, draft) in drafts.iter_mut().enumerate() {
            let taken: BTreeSet<String> = host_lists(&draft.config).into_iter().map(str::to_owned).collect();
            for list in &mut self.lists {
                if !draft.config.may_concern(&list.host) {
                    continue;
                }
                let of_host = draft.config.spec.hosts.get(&list.host);
                if of_host.is_some_and(|values| values.contains_key(&list.name)) {
                    let path = SpecPath::spec().key("hosts").key(list.host.as_str()).key(&list.name);
                    let here = draft.tree.find_nearest(&path);
                    faults.push(given_twice(&list.name, &list.host, list.entry.key_span, here));
                    list.taken_by = Some(number);
                } else if taken.contains(&list.name) {
                    match list.taken_by.and_then(|first| names.get(first)) {
                        None => {
                            list.taken_by = Some(number);
                            list.merge_into(draft);
                        }
                        Some(first) => {
                            let message = format!(
                                "documents {} and {} both take list {} of host `{}`, each from its first address",
                                quoted(first),
                                quoted(&draft.config.metadata.name),
                                quoted(&list.name),
                                list.host
                            );
                            let help = "give each document a list of its own";
                            faults.push(Fault::new(list.entry.key_span, message, help));
                        }
                    }
                }
            }
        }
    }

    /// Returns the values that no document takes: a misspelt name would otherwise pass silently.
    pub(crate) fn unused(&self, drafts: &[Draft]) -> Vec<Fault> {
        let mut unused: Vec<Fault> = self.not_taken(drafts).into_iter().map(Unused::into_fault).collect();
        if let Some(first_hidden) = unused.get(MOST_UNUSED).map(|fault| fault.span) {
            let message = format!("{} more values are not used", unused.len() - MOST_UNUSED);
            unused.truncate(MOST_UNUSED);
            unused.push(Fault::new(first_hidden, message, "compare the names with those of the spec"));
        }
        unused
    }

    /// Returns the values that no document takes and whose name is near to one that a document has.
    pub(crate) fn misspelt(&self, drafts: &[Draft]) -> Vec<Fault> {
        let near = self.not_taken(drafts).into_iter().filter(|unused| unused.meant.is_some());
        near.map(Unused::into_fault).collect()
    }

    /// Returns what no document takes, in order of place.
    fn not_taken(&self, drafts: &[Draft]) -> Vec<Unused> {
        let mut unused = Vec::new();
        let mut told = BTreeSet::new();
        for List { host, host_span, name, entry, .. } in
            self.lists.iter().filter(|list| list.taken_by.is_none())
        {
            let concerning = drafts.iter().filter(|draft| draft.config.may_concern(host));
            let lists: BTreeSet<&str> =
                concerning.clone().flat_map(|draft| host_lists(&draft.config)).collect();
            if concerning.count() == 0 {
                if told.insert(host) {
                    unused.push(unused_host(host, *host_span, drafts));
                }
            } else {
                unused.push(unused_list(host, name, entry.key_span, &lists));
            }
        }
        for (host, span) in &self.bare {
            if !drafts.iter().any(|draft| draft.config.may_concern(host)) && told.insert(host) {
                unused.push(unused_host(host, *span, drafts));
            }
        }
        unused.sort_by_key(|unused| unused.span);
        unused
    }
}

/// Values that no document takes.
struct Unused {
    span: Span,
    message: String,
    /// The name that was most likely meant, as a question.
    meant: Option<String>,
    /// What to do where no name is near.
    otherwise: String,
}

impl Unused {
    fn into_fault(self) -> Fault {
        let Self { span, message, meant, otherwise } = self;
        Fault::new(span, message, meant.unwrap_or(otherwise))
    }
}

impl List {
    /// Merges the list into a document: into what it says, and into its tree, so that places lead here.
    fn merge_into(&self, draft: &mut Draft) {
        let Self { host, host_span, name: _, entry, values, taken_by: _ } = self;
        let lists = draft.config.spec.hosts.entry(host.clone()).or_default();
        lists.extend(values.iter().map(|(name, list)| (name.clone(), list.clone())));
        let mut node = &mut draft.tree;
        for key in ["spec", "hosts", host.as_str()] {
            let Value::Map(map) = &mut node.value else { return };
            let Some(inner) = map.value_of(key, *host_span) else { return };
            node = inner;
        }
        if let Value::Map(map) = &mut node.value {
            map.entries.push(entry.clone());
        }
    }
}

fn given_twice(name: &str, host: &HostName, span: Span, first: Span) -> Fault {
    let message = format!("list {} of host `{host}` is given twice", quoted(name));
    let mut fault = Fault::new(span, message, "keep one of the two");
    fault.related.push((first, "first given here".to_owned()));
    fault
}

fn unused_host(host: &HostName, span: Span, drafts: &[Draft]) -> Unused {
    let nodes = drafts.iter().filter_map(|draft| draft.config.spec.nodes.as_ref());
    let names: BTreeSet<&str> = nodes.flat_map(NodeSelector::given_names).map(String::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let meant = host_meant(host.as_str(), &names);
    Unused {
        span,
        message: format!("these values are not used: no document concerns host `{host}`"),
        meant: meant.map(|name| format!("did you mean `{name}`, as `nodes.names` of the spec has it?")),
        otherwise: format!("name the host in `nodes.names` of a document, which has {}", listed(&names)),
    }
}

fn unused_list(host: &HostName, name: &str, span: Span, lists: &BTreeSet<&str>) -> Unused {
    let lists: Vec<&str> = lists.iter().copied().collect();
    let otherwise = if lists.is_empty() {
        format!("write `macAddress: {{list: {{fromHost: {name}}}}}` for the VFs that are to have them")
    } else {
        format!("lists that the spec takes for this host: {}", listed(&lists))
    };
    Unused {
        span,
        message: format!(
            "list {} of host `{host}` is not used: no document has it as `fromHost`",
            quoted(name)
        ),
        meant: did_you_mean(name, &lists).map(|list| format!("did you mean `{list}`?")),
        otherwise,
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
