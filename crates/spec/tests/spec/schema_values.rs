//! The schema refuses the values that `validate` refuses, and no others: for each field, values that are right and values that
//! nearly are. Rules between two fields are `validate`'s alone.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::string::string_regex;
use vfctl_spec::{Source, load};

use crate::schema::check;

/// A field: a spec with `@` for its value, right values, and values that are nearly right, each as a pattern.
struct Field {
    spec: &'static str,
    right: &'static str,
    near: &'static str,
    /// Values that `validate` alone refuses.
    beyond: fn(&str) -> bool,
    /// Whether the value is a text, which is quoted.
    is_text: bool,
}

const fn text(spec: &'static str, right: &'static str, near: &'static str) -> Field {
    Field { spec, right, near, beyond: |_| false, is_text: true }
}

const fn number(spec: &'static str, right: &'static str) -> Field {
    Field {
        spec,
        right,
        near: "-?[0-9]{1,6}|0[0-9]{1,3}|[0-9]{1,3}[.][0-9]|[0-9]{18,20}|[a-z]{1,6}",
        beyond: |_| false,
        is_text: false,
    }
}

const NAME: &str =
    "[0-9A-Za-z._/:@ -]{0,5}|[.]{1,3}|[a-z]{50,70}|[a-z]{120,130}|[a-z]{250,256}|[a-z]\\t[a-z]|[a-z]\\n?";

/// The fields, in a spec whose other values are right.
const FIELDS: &[Field] = &[
    text(
        "vfs: {count: 2, groups: [{vfs: \"1\", macAddress: @}]}",
        "[0-9a-fA-F][26aeAE](:[0-9a-fA-F]{2}){5}",
        MAC,
    ),
    text(
        "vfs: {count: 2, groups: [{vfs: \"1\", macAddress: {first: @}}]}",
        "[0-9a-f][26ae](-[0-9a-f]{2}){5}",
        MAC,
    ),
    text(
        "vfs: {count: 2, groups: [{vfs: \"1\", macAddress: {shared: @}}]}",
        "[0-9a-f][26ae](:[0-9a-f]{2}){5}",
        MAC,
    ),
    text(
        "vfs: {count: 2, groups: [{vfs: \"1\", macAddress: {list: [@]}}]}",
        "[0-9a-f][26ae](:[0-9a-f]{2}){5}",
        MAC,
    ),
    text(
        "vfs: {count: 2, all: {macAddress: {derive: {prefix: @, from: [index, pf, nodeName]}}}}",
        "[0-9a-f][26ae](:[0-9a-f]{2}){0,2}",
        "[0-9a-g]{1,3}(:[0-9a-f]{2}){0,3}",
    ),
    text("match: {macAddress: @}", "[0-9a-f]{2}(:[0-9a-f]{2}){5}", MAC),
    text(
        "match: {pci: @}",
        "[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f][.][0-7]|netdevsim/netdevsim[0-9]{1,3}",
        PCI,
    ),
    text("match: {pci: @}", "pci/[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f][.][0-7]", PCI),
    text("match: {vendor: @}", "[0-9a-fA-F]{4}|0x[0-9a-f]{4}", "(0x|0X)?[0-9a-g]{3,5}"),
    text("match: {device: @}", "[0-9a-fA-F]{4}|0x[0-9a-f]{4}", "(0x|0X)?[0-9a-g]{3,5}"),
    text("match: {driver: @}", "[a-z0-9][a-z0-9_.-]{0,20}", NAME),
    text("match: {interface: @}", "[a-zA-Z0-9][a-zA-Z0-9_.@-]{0,14}", NAME),
    text("match: {altname: @}", "[a-zA-Z0-9][a-zA-Z0-9_.@-]{0,100}", NAME),
    text("match: {bond: @}", "[a-zA-Z0-9][a-zA-Z0-9_.@-]{0,14}", NAME),
    Field {
        // Of IPv6, the schema knows the characters alone.
        beyond: |value| value.contains(':'),
        ..text(
            "match: {address: @}",
            "10[.][1-9][0-9][.]2[0-4][0-9][.]25[0-5](/([0-9]|[12][0-9]|3[0-2]))?|fd00::[0-9a-f]{1,4}(/[1-9][0-9])?",
            "[0-9]{1,3}([.][0-9]{1,3}){2,4}(/[0-9]{1,3})?|[0-9a-g]{1,4}::?[0-9a-f]{1,4}(/[0-9]{1,3})?",
        )
    },
    number("match: {numaNode: @}", "[0-9]|[1-9][0-9]{1,3}|65535"),
    number("expect: @", "[1-9][0-9]{0,3}|65535|one|all"),
    number("mtu: @", "6[89]|[1-9][0-9]{2,3}|65535|default"),
    number("vfs: {all: {mtu: @}}", "6[89]|[1-9][0-9]{2,3}|65535|default"),
    number("vfs: {count: @}", "[0-9]|[1-9][0-9]{1,3}|65535"),
    number("vfs: {count: {want: @, atMost: total}}", "[0-9]|[1-9][0-9]{1,3}|65535"),
    number("vfs: {all: {vlan: @}}", "[0-9]|[1-9][0-9]{1,2}|40[0-8][0-9]|409[0-4]|default"),
    number("vfs: {all: {vlan: {id: @}}}", "[0-9]|[1-9][0-9]{1,2}|40[0-8][0-9]|409[0-4]"),
    number("vfs: {all: {vlan: {id: 1, qos: @}}}", "[0-7]"),
    text("vfs: {all: {vlan: {id: 1, protocol: @}}}", "802[.]1(Q|ad)", "802[.]?1(Q|q|ad|AD|D)"),
    number("vfs: {all: {rate: {max: @}}}", "[0-9]|[1-9][0-9]{1,8}|4294967295"),
    number("vfs: {all: {rate: {min: @}}}", "[0-9]|[1-9][0-9]{1,8}|4294967295"),
    text("vfs: {all: {driver: @}}", "[a-z0-9][a-z0-9_.-]{0,20}|default|none", NAME),
    text(
        "vfs: {all: {linkState: @}}",
        "auto|enable|disable|default",
        "auto|up|down|Auto|enabled?|disabled?|[a-z]{0,3}",
    ),
    text("vfs: {all: {trust: @}}", "on|off|true|false|default", "on|off|yes|no|On|OFF|True|[a-z]{0,3}"),
    text("vfs: {driversAutoprobe: @}", "on|off|true|false", "on|off|yes|no|On|default|[a-z]{0,3}"),
    Field {
        // Sets that run backwards.
        beyond: |value| value.contains('-'),
        ..text(
            "vfs: {count: 65535, groups: [{vfs: @}]}",
            "[0-9]{1,4}(, ?[0-9]{1,4}){0,3}|[1-9]-[1-9][0-9]",
            "[0-9]{0,5}(-[0-9]{1,5})?(,[0-9a]{0,2}){0,2}|6553[0-9]|0{1,6}[0-9]",
        )
    },
    text("eswitch: {mode: @}", "legacy|switchdev", "legacy|switchdev|Switchdev|none|[a-z]{0,3}"),
    text(
        "eswitch: {mode: legacy, inlineMode: @}",
        "none|link|network|transport",
        "none|link|basic|[a-z]{0,3}",
    ),
    text("eswitch: {mode: legacy, encapMode: @}", "none|basic", "none|link|basic|[a-z]{0,3}"),
    text("onUnsupported: @", "error|warn", "error|warning?|Error|[a-z]{0,3}"),
    text("adminState: @", "up|down", "up|down|on|Up|[a-z]{0,3}"),
    text("name: @", "[0-9A-Za-z][0-9A-Za-z_.-]{0,20}", NAME),
    text("NAME: @", "[0-9A-Za-z][0-9A-Za-z_.-]{0,20}", NAME),
    text("NODE: @", "[0-9A-Za-z*][0-9A-Za-z_.*-]{0,20}", "[0-9A-Za-z./ *-]{0,5}|[a-z]\\t[a-z]"),
    text("HOST: @", "[0-9A-Za-z][0-9A-Za-z_.-]{0,20}", NAME),
    text("VALUE: @", "[0-9a-f][26ae](:[0-9a-f]{2}){5}", MAC),
    text(
        "NETWORK: {name: @, namespaces: [default], resource: intel.com/a}",
        "[a-z0-9]([a-z0-9.-]?[a-z0-9]){0,9}",
        NAME,
    ),
    text(
        "NETWORK: {name: a, namespaces: [@], resource: intel.com/a}",
        "[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?",
        NAME,
    ),
    text(
        "NETWORK: {name: a, namespaces: [default], resource: @}",
        "[a-z0-9]([a-z0-9.-]?[a-z0-9]){0,9}/[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?",
        "[a-zA-Z0-9.-]{0,4}/[A-Za-z0-9_.-]{0,4}|(a[.])?kubernetes[.]io/a|a/[a-z]{60,66}|[a-z./]{0,6}",
    ),
    text(
        "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, cniVersion: @}",
        "0[.][1234][.]0|0[.]3[.]1|1[.][01][.]0",
        "[01][.][0-5][.][01]|[a-z0-9.]{0,5}",
    ),
    text(
        "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, logLevel: @}",
        "panic|error|warning|info|debug",
        "panic|warn|trace|Info|[a-z]{0,3}",
    ),
    text(
        "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, linkState: @}",
        "auto|enable|disable",
        "auto|up|down|default|enabled?|[a-z]{0,3}",
    ),
    text(
        "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, trust: @}",
        "on|off|true|false",
        "on|yes|On|default|[a-z]{0,3}",
    ),
    number(
        "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, vlan: @}",
        "[0-9]|[1-9][0-9]{1,2}|409[0-4]",
    ),
    number(
        "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, vlan: {id: 1, qos: @}}",
        "[0-7]",
    ),
    number(
        "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, rate: {max: @}}",
        "[0-9]|[1-9][0-9]{1,8}|4294967295",
    ),
    text(
        "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, metaPlugins: [{type: @}]}",
        "[a-z_][a-zA-Z0-9._-]{0,20}x",
        NAME,
    ),
    Field {
        // Near names of known plugins.
        beyond: |value| !value.contains(['/', ' ']),
        ..text(
            "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, ipam: {type: @}}",
            "[xyz]{4,9}-ipam",
            "[xyz/. -]{0,5}|host-local|whereabout",
        )
    },
    Field {
        // Host bits, networks that are too small, and of IPv6 all but the characters.
        beyond: |value| value.contains('/'),
        ..text(
            "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, ipam: {subnet: @, type: host-local}}",
            "10[.]2[0-4][0-9][.]0[.]0/(1[6-9]|2[0-9]|30)|fd00:[0-9a-f]{1,4}::/[4-9][0-9]",
            "[0-9]{1,3}([.][0-9]{1,3}){2,4}(/[0-9]{1,3})?|[0-9a-g]{1,4}::?[0-9a-f]{1,4}(/[0-9]{1,3})?",
        )
    },
    Field {
        // Of IPv6, the schema knows the characters alone.
        beyond: |value| value.contains(':'),
        ..text(
            "NETWORK: {name: a, namespaces: [default], resource: intel.com/a, ipam: {range: 0.0.0.0/0, gateway: @, type: whereabouts}}",
            "[1-9][0-9][.]2[0-4][0-9][.]25[0-5][.][0-9]",
            "[0-9]{1,3}([.][0-9]{1,3}){2,4}(/[0-9]{1,3})?|[0-9a-g]{1,4}::?[0-9a-f]{1,4}",
        )
    },
    text("LABELS: {matchLabels: {@: a}}", "([a-z][a-z0-9]{0,9}[.]io/)?[A-Z]([A-Za-z0-9_.-]{0,61}x)?", LABEL),
    text("LABELS: {matchLabels: {a: @}}", "([A-Z]([A-Za-z0-9_.-]{0,61}x)?)?", LABEL),
    text(
        "LABELS: {matchExpressions: [{key: @, operator: Exists}]}",
        "([a-z]{1,9}[.]io/)?[0-9a-z]([0-9a-z_.-]{0,60}x)?",
        LABEL,
    ),
    text(
        "LABELS: {matchExpressions: [{key: a, operator: @, values: [a]}]}",
        "In|NotIn",
        "in|IN|NotIn|Not|[a-z]{0,3}",
    ),
    text("LABELS: {matchExpressions: [{key: a, operator: NotIn, values: [@]}]}", "[0-9a-z]?", LABEL),
    text("MODULE: @", "[a-z0-9_][a-z0-9_-]{0,20}", "[0-9A-Za-z._/ -]{0,5}|[a-z]{50,60}"),
];

const LABEL: &str =
    "[0-9A-Za-z._/ -]{0,5}|[a-z]{60,66}|[a-z.]{250,256}/[a-z]{60,66}|[a-z]{1,3}/[a-z]{1,3}/[a-z]|[a-z]\\n?";
const MAC: &str =
    "[0-9a-g]{1,3}(:[0-9a-f]{1,3}){4,6}|[0-9a-f]{2}(:[0-9a-f]{2}){5}|00(:00){5}|[0-9a-f]{12}|[a-z]{0,8}";
const PCI: &str = "(pci/|netdevsim/|usb/)?([0-9a-f]{3,9}:)?[0-9a-g]{1,3}:[0-9a-f]{2}[.][0-9]|netdevsim/netdevsim[a0-9]{0,2}";

impl Field {
    /// Returns the spec with a value.
    fn with(&self, value: &str) -> String {
        let value = if self.is_text { serde_json::to_string(value).expect("JSON") } else { value.to_owned() };
        let field = self.spec.replace('@', &value);
        let at = |prefix: &str, other: &str| field.strip_prefix(prefix).unwrap_or(other).to_owned();
        let entry = match self.spec.split(':').next() {
            Some("name") => format!("match: {{interface: eth0}}, {field}"),
            Some("match") => format!("name: fast, {field}"),
            Some("NAME" | "NODE" | "LABELS" | "HOST" | "VALUE" | "MODULE" | "NETWORK") => {
                "name: fast, match: {interface: eth0}".to_owned()
            }
            _ => format!("name: fast, match: {{interface: eth0}}, {field}"),
        };
        let hosts = match self.spec.split(':').next() {
            Some("HOST") => format!("hosts: {{{value}: {{}}}}, "),
            Some("VALUE") => format!("hosts: {{kvm-1: {{macs: [{value}]}}}}, "),
            Some("NODE") => format!("nodes: {{names: [{value}]}}, "),
            Some("LABELS") => format!("nodes: {{labels: {}}}, ", at("LABELS: ", "")),
            Some("MODULE") => format!("system: {{modules: [{value}]}}, "),
            Some("NETWORK") => format!("networks: [{}], ", at("NETWORK: ", "")),
            _ => String::new(),
        };
        format!(
            "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: {}}}\nspec: {{{hosts}physicalFunctions: [{{{entry}}}]}}\n",
            at("NAME: ", "doc")
        )
    }
}

/// Returns whether `validate` takes a spec.
fn is_valid(text: &str) -> bool {
    load(&[Source { name: "spec.yaml".to_owned(), text: text.to_owned() }]).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schema_and_validation_take_the_same_values(seed in any::<[u8; 32]>()) {
        let mut runner = proptest::test_runner::TestRunner::new_with_rng(
            ProptestConfig::default(),
            proptest::test_runner::TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &seed),
        );
        let mut sample = |pattern: &str| {
            let strategy = string_regex(pattern).expect("a pattern");
            strategy.new_tree(&mut runner).expect("a value").current()
        };
        for field in FIELDS {
            let spec = field.with(&sample(field.right));
            prop_assert!(is_valid(&spec), "{} is right", spec);
            prop_assert_eq!(check(&spec), Vec::<String>::new(), "{} is right", spec);
            let value = sample(field.near);
            let spec = field.with(&value);
            let (valid, refusals) = (is_valid(&spec), check(&spec));
            let is_agreed = valid == refusals.is_empty() || !valid && (field.beyond)(&value);
            prop_assert!(is_agreed, "{}: validate {}, schema {:?}", spec, valid, refusals);
        }
    }
}

#[test]
fn values_of_each_field_are_taken_and_refused() {
    for field in FIELDS {
        let wrong = if field.is_text { "no such/ value" } else { "[]" };
        let spec = field.with(wrong);
        assert!(!is_valid(&spec) && !check(&spec).is_empty(), "{spec}");
    }
}
