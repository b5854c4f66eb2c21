//! Documents of other tools, each with what it is and what to write instead.

use vfctl_kinds::document::KIND;

use crate::diagnostic::Fault;
use crate::yaml::{Node, Span, Value};

/// What a document is recognised by.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// Its `kind`.
    Kind(&'static str),
    /// Its `kind`, and a word in one of the texts under `data`.
    KindWithData(&'static str, &'static str),
    /// Keys in one another, lists passed over.
    Keys(&'static [&'static str]),
    /// Keys beside one another at the top.
    Beside(&'static [&'static str]),
    /// The first line, and another, of a text that is no YAML.
    Lines(&'static [&'static str], &'static str),
}

/// A kind of document of another tool.
#[derive(Debug)]
struct Kind {
    /// What it is, after "this is".
    what: &'static str,
    /// What it is recognised by: each of these is enough.
    signs: &'static [Sign],
    /// What to do about it, and the entry of `physicalFunctions` that says the same, where there is one.
    help: Help,
}

/// What to do about a document of another tool.
#[derive(Debug, Clone, Copy)]
pub(super) enum Help {
    /// Say the same in a spec, by entries such as this.
    Entry(&'static str),
    /// Keep it out of here, for this reason.
    Apart(&'static str),
}

/// For documents of what pods see.
const OF_PODS: Help = Help::Apart(
    "it says how pods get VFs, and this version of vfctl configures only hosts; keep it in another folder",
);

/// An entry with the commonest settings.
const COMMON: Help = Help::Entry(
    "{name: fast, match: {interface: ens1f0}, vfs: {count: 8, all: {trust: on, vlan: {id: 100}, rate: {max: 1000}}}}",
);

/// The documents. The first whose sign is there is meant.
const KINDS: &[Kind] = &[
    Kind {
        what: "a policy of sriov-network-operator",
        signs: &[Sign::Kind("SriovNetworkNodePolicy")],
        help: Help::Entry(
            "{name: fast, match: {interface: ens1f0}, mtu: 9000, vfs: {count: 8, all: {driver: vfio-pci}}}",
        ),
    },
    Kind {
        what: "the state of a node as sriov-network-operator keeps it",
        signs: &[Sign::Kind("SriovNetworkNodeState")],
        help: Help::Entry(
            "{name: fast, match: {pci: \"0000:3b:00.0\"}, vfs: {count: 8, groups: [{vfs: \"0-3\", driver: vfio-pci}]}}",
        ),
    },
    Kind {
        what: "a network of sriov-network-operator",
        signs: &[Sign::Kind("SriovNetwork"), Sign::Kind("SriovIBNetwork"), Sign::Kind("OVSNetwork")],
        help: OF_PODS,
    },
    Kind {
        what: "settings of sriov-network-operator itself",
        signs: &[Sign::Kind("SriovOperatorConfig"), Sign::Kind("SriovNetworkPoolConfig")],
        help: Help::Apart("vfctl has no operator to set up; keep it in another folder"),
    },
    Kind {
        what: "a NetworkAttachmentDefinition",
        signs: &[Sign::Kind("NetworkAttachmentDefinition")],
        help: OF_PODS,
    },
    Kind {
        what: "a CNI configuration",
        signs: &[Sign::Beside(&["cniVersion", "type"]), Sign::Beside(&["cniVersion", "plugins"])],
        help: OF_PODS,
    },
    Kind {
        what: "the configuration of sriov-network-device-plugin",
        signs: &[Sign::KindWithData("ConfigMap", "resourceList"), Sign::Keys(&["resourceList"])],
        help: OF_PODS,
    },
    Kind {
        what: "a policy of the SR-IOV DRA driver",
        signs: &[Sign::Kind("SriovResourcePolicy"), Sign::Kind("VfConfig")],
        help: OF_PODS,
    },
    Kind {
        what: "a template for the firmware of cards",
        signs: &[Sign::Kind("NicConfigurationTemplate")],
        help: Help::Apart("vfctl changes no firmware; keep it in another folder"),
    },
    Kind {
        what: "Harvester's device for SR-IOV",
        signs: &[Sign::Kind("SRIOVNetworkDevice")],
        help: Help::Entry("{name: fast, match: {pci: \"0000:3b:00.0\"}, vfs: {count: 8}}"),
    },
    Kind {
        what: "a policy of kubernetes-nmstate",
        signs: &[Sign::Kind("NodeNetworkConfigurationPolicy"), Sign::Kind("NodeNetworkState")],
        help: COMMON,
    },
    Kind {
        what: "a list of Kubernetes objects",
        signs: &[Sign::Kind("List"), Sign::Kind("SriovNetworkNodePolicyList")],
        help: Help::Apart("write each document by itself, with `---` between them"),
    },
    Kind { what: "a netplan file", signs: &[Sign::Keys(&["network", "ethernets"])], help: COMMON },
    Kind {
        what: "a file of os-net-config",
        signs: &[Sign::Keys(&["network_config"])],
        help: Help::Entry(
            "{name: fast, match: {interface: ens1f0}, vfs: {count: 8, groups: [{vfs: \"0-3\", trust: on}]}}",
        ),
    },
    Kind {
        what: "a desired state of nmstate",
        signs: &[
            Sign::Keys(&["interfaces", "ethernet"]),
            Sign::Keys(&["interfaces", "type"]),
            Sign::Keys(&["desiredState"]),
        ],
        help: COMMON,
    },
    Kind {
        what: "a profile of NetworkManager",
        signs: &[Sign::Lines(&["[connection]"], "[sriov]"), Sign::Lines(&["[connection]"], "")],
        help: COMMON,
    },
    Kind {
        what: "a file of systemd-networkd",
        signs: &[Sign::Lines(&["[Match]", "[Link]", "[Network]"], "")],
        help: COMMON,
    },
];

/// Returns what is wrong with a text of another tool that is no YAML; `None` where it is none.
pub(crate) fn of_text(source: usize, text: &str) -> Option<Fault> {
    let mut lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let first = lines.next()?;
    let kind = found(|sign| match sign {
        Sign::Lines(begin, more) => {
            begin.contains(&first) && (more.is_empty() || lines.clone().any(|line| line == more))
        }
        Sign::Kind(_) | Sign::KindWithData(..) | Sign::Keys(_) | Sign::Beside(_) => false,
    })?;
    let start = text.find(first).unwrap_or(0);
    Some(kind.fault(Span { source, start, end: start + first.len() }))
}

/// Returns what is wrong with a document of another tool, or of another kind; `None` where it is none.
pub(crate) fn of_tree(tree: &Node) -> Option<Fault> {
    let kind = tree.as_map()?.entries.iter().find(|entry| entry.key == "kind");
    let kind = kind.and_then(|entry| Some((entry.value.as_text()?, entry.value.span)));
    let name = kind.map(|(name, _)| name);
    if name == Some(KIND) {
        return None;
    }
    found(|sign| match sign {
        Sign::Kind(kind) => name == Some(kind),
        Sign::KindWithData(kind, word) => name == Some(kind) && has_data(tree, word),
        Sign::Keys(keys) => name.is_none() && leads_on(tree, keys),
        Sign::Beside(keys) => name.is_none() && keys.iter().all(|key| leads_on(tree, &[key])),
        Sign::Lines(..) => false,
    })
    .map(|found| found.fault(kind.map_or_else(|| tree.pointer(), |(_, span)| span)))
}

fn found(is_there: impl Fn(Sign) -> bool) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.signs.iter().any(|sign| is_there(*sign)))
}

/// Returns whether keys lead from one to the next; of a list, through any of its entries.
fn leads_on(node: &Node, keys: &[&str]) -> bool {
    let Some((key, rest)) = keys.split_first() else { return true };
    match &node.value {
        Value::Map(map) => map.entries.iter().any(|entry| entry.key == *key && leads_on(&entry.value, rest)),
        Value::List(items) => items.iter().any(|item| leads_on(item, keys)),
        Value::Scalar(_) => false,
    }
}

/// Returns whether a text under `data` has this word.
fn has_data(tree: &Node, word: &str) -> bool {
    let maps = tree.as_map().into_iter().flat_map(|map| &map.entries).filter(|entry| entry.key == "data");
    let texts = maps.filter_map(|entry| entry.value.as_map()).flat_map(|map| &map.entries);
    texts.filter_map(|entry| entry.value.as_text()).any(|text| text.contains(word))
}

impl Kind {
    fn fault(&self, span: Span) -> Fault {
        let help = match self.help {
            Help::Entry(entry) => format!(
                "write a document of kind `{KIND}`, with an entry of `physicalFunctions` for each port: `{entry}`"
            ),
            Help::Apart(reason) => reason.to_owned(),
        };
        Fault::new(span, format!("this is {}, not a spec of vfctl", self.what), help)
    }
}

#[cfg(test)]
pub(super) fn entries() -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter_map(|kind| match kind.help {
        Help::Entry(entry) => Some(entry),
        Help::Apart(_) => None,
    })
}
