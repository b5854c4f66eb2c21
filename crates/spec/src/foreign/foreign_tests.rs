//! Each word and document of other tools is recognised, and what is said to be written instead is taken.

use std::collections::BTreeSet;

use vfctl_kinds::suggest::plain;

use super::documents::entries;
use super::words::{Instead, Spot, WORDS};
use crate::diagnostic::Diagnostic;
use crate::load::load;
use crate::source::Source;

fn mistakes(text: &str) -> Vec<Diagnostic> {
    let source = Source { name: "spec.yaml".to_owned(), text: text.to_owned() };
    load(&[source]).err().unwrap_or_default()
}

/// Returns a spec with a line in one spot.
fn spec(spot: Spot, line: &str) -> String {
    let at = |here: Spot| if here == spot { format!(", {line}") } else { String::new() };
    let (spec, entry, vfs, vf) = (at(Spot::Spec), at(Spot::Entry), at(Spot::Vfs), at(Spot::Vf));
    let (matcher, name) = match spot {
        Spot::Entry if line.starts_with("match:") => (String::new(), "fast"),
        Spot::Match => (format!(", match: {{{line}}}"), "fast"),
        _ => (", match: {interface: eth0}".to_owned(), "fast"),
    };
    let vfs = match spot {
        Spot::Entry if line.starts_with("vfs:") => String::new(),
        Spot::Vfs if line.starts_with("count:") => format!(", vfs: {{{line}}}"),
        Spot::Vfs if line.starts_with("groups:") => format!(", vfs: {{count: 8, {line}}}"),
        _ => format!(", vfs: {{count: 8{vfs}, groups: [{{vfs: \"1\"{vf}}}]}}"),
    };
    let entries = match spot {
        Spot::Spec if line.starts_with("physicalFunctions:") => String::new(),
        _ => format!(", physicalFunctions: [{{name: {name}{matcher}{entry}{vfs}}}]"),
    };
    let networks = if spot == Spot::Network { network(line) } else { String::new() };
    format!(
        "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: a}}\nspec: {{system: {{}}{spec}{entries}{networks}}}\n"
    )
}

/// Returns the section of a network with a line, and with the fields that it must have besides.
fn network(line: &str) -> String {
    let required = ["name: a", "namespaces: [default]", "resource: intel.com/sriov_net"];
    let field = |line: &str| line.split(':').next().map(str::to_owned);
    let others = required.into_iter().filter(|required| field(required) != field(line));
    format!(", networks: [{{{}, {line}}}]", others.collect::<Vec<_>>().join(", "))
}

#[test]
fn spellings_are_unique() {
    let mut seen = BTreeSet::new();
    for spelling in WORDS.iter().flat_map(|word| word.spellings) {
        assert!(seen.insert(plain(spelling)), "{spelling}");
    }
}

#[test]
fn each_line_that_is_said_to_be_written_is_taken_there() {
    for word in WORDS {
        if let Instead::Write(spot, line) = word.instead {
            // A group of its own is for one VF, where a list needs no second address.
            assert_eq!(mistakes(&spec(spot, line)), [], "{line}");
        }
    }
    for entry in entries() {
        assert_eq!(mistakes(&spec(Spot::Spec, &format!("physicalFunctions: [{entry}]"))), [], "{entry}");
    }
}

#[test]
fn each_word_is_answered_wherever_it_is_unknown() {
    for word in WORDS {
        for spelling in word.spellings {
            let mut answered = 0;
            for spot in [Spot::Spec, Spot::Entry, Spot::Match, Spot::Vfs, Spot::Vf, Spot::Network] {
                for diagnostic in mistakes(&spec(spot, &format!("{spelling}: {{}}"))) {
                    if diagnostic.message != format!("no such field `{spelling}`") {
                        continue;
                    }
                    let help = diagnostic.help.as_str();
                    let is_near = help.starts_with("did you mean `");
                    let is_answered = match word.instead {
                        Instead::Write(_, line) => help.starts_with(&format!("write `{line}`")),
                        Instead::Nothing(reason) => help == format!("take it out: {reason}"),
                    };
                    assert!(is_near || is_answered, "{spelling} at {spot:?}: {help}");
                    answered += usize::from(is_answered);
                }
            }
            assert!(answered >= 2, "{spelling}: {answered}");
        }
    }
}

#[test]
fn operator_words_are_answered_with_the_line_to_write() {
    for (spot, line, help) in [
        (Spot::Entry, "numVfs: 8", "write `count: 8` under `vfs`"),
        (Spot::Vfs, "numVfs: 8", "write `count: 8`"),
        (Spot::Vf, "maxTxRate: 1000", "write `rate: {max: 1000}`"),
        (Spot::Vf, "min-tx-rate: 1000", "write `rate: {min: 100}`"),
        (
            Spot::Entry,
            "deviceType: vfio-pci",
            "write `driver: vfio-pci` under `vfs.all`, or in a group of `vfs.groups`",
        ),
        (Spot::Entry, "eSwitchMode: switchdev", "write `eswitch: {mode: switchdev}`"),
        (Spot::Vf, "spoofChk: \"on\"", "write `spoofCheck: on`"),
        (Spot::Vf, "spoofchk: \"on\"", "write `spoofCheck: on`"),
        (Spot::Vf, "link_state: auto", "write `linkState: auto`"),
        (
            Spot::Vf,
            "isRdma: true",
            "take it out: a VF has its RDMA device from its driver; vfctl has no switch for it",
        ),
        (Spot::Vf, "vlanQoS: 3", "write `vlan: {id: 100, qos: 3}`"),
        (Spot::Entry, "nicSelector: {pfNames: [eth0]}", "write `match: {interface: ens1f0}`"),
        (Spot::Spec, "nodeSelector: {a: b}", "write `nodes: {names: [worker-1]}`"),
        (Spot::Match, "pfNames: [eth0]", "write `interface: ens1f0`"),
        (Spot::Match, "rootDevices: [\"0000:3b:00.0\"]", "write `pci: \"0000:3b:00.0\"`"),
        (Spot::Vfs, "mtu: 9000", "write `mtu: 9000` in the entry of `physicalFunctions`"),
        (Spot::Entry, "embedded-switch-mode: switchdev", "write `eswitch: {mode: switchdev}`"),
    ] {
        let found = mistakes(&spec(spot, line));
        let helps: Vec<&str> = found.iter().map(|diagnostic| diagnostic.help.as_str()).collect();
        assert!(helps.contains(&help), "{line}: {helps:?}");
    }
}

#[test]
fn a_document_of_another_tool_is_one_mistake_that_says_what_it_is() {
    for (text, what) in [
        (include_str!("samples/operator-policy.yaml"), "a policy of sriov-network-operator"),
        (include_str!("samples/operator-network.yaml"), "a network of sriov-network-operator"),
        (include_str!("samples/network-attachment.yaml"), "a NetworkAttachmentDefinition"),
        (include_str!("samples/device-plugin.yaml"), "the configuration of sriov-network-device-plugin"),
        (include_str!("samples/device-plugin.json"), "the configuration of sriov-network-device-plugin"),
        (include_str!("samples/netplan.yaml"), "a netplan file"),
        (include_str!("samples/nmstate.yaml"), "a desired state of nmstate"),
        (include_str!("samples/nmstate-policy.yaml"), "a policy of kubernetes-nmstate"),
        (include_str!("samples/os-net-config.yaml"), "a file of os-net-config"),
        (include_str!("samples/eth0.nmconnection"), "a profile of NetworkManager"),
        (include_str!("samples/eth0.network"), "a file of systemd-networkd"),
        (include_str!("samples/cni.conf"), "a CNI configuration"),
    ] {
        let found = mistakes(text);
        let messages: Vec<&str> = found.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        assert_eq!(messages, [format!("this is {what}, not a spec of vfctl")], "{text}");
        assert!(!found[0].help.is_empty());
    }
}

#[test]
fn a_spec_is_never_taken_for_another_tools() {
    // Words of other tools in it are mistakes of their own.
    let text = spec(Spot::Spec, "interfaces: [{type: ethernet}]");
    assert!(mistakes(&text)[0].message.starts_with("no such field"), "{text}");
    let other = "apiVersion: v1\nkind: Pod\nspec: {}\n";
    assert_eq!(mistakes(other)[0].message, "this is a document of kind `Pod`");
}
