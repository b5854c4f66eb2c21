//! Documents that are taken: several in a text, several texts, and where their values stand.

use vfctl_kinds::path::SpecPath;
use vfctl_spec::{Source, SpecSet, emit, load};

/// A spec that uses every field.
pub(crate) const FULL: &str = include_str!("../documents/full.yaml");

pub(crate) fn load_text(text: &str) -> Result<SpecSet, Vec<String>> {
    let sources = [Source { name: "spec.yaml".to_owned(), text: text.to_owned() }];
    load(&sources).map_err(|reported| {
        let reported = reported.into_iter();
        reported.map(|d| format!("{}: {}; {}", d.place, d.message, d.help)).collect()
    })
}

fn path(keys: &[&str]) -> SpecPath {
    keys.iter().fold(SpecPath::default(), |path, key| match key.parse() {
        Ok(index) => path.index(index),
        Err(_) => path.key(key),
    })
}

#[test]
fn a_full_spec_is_taken_and_comes_back_as_text_that_people_edit() {
    let set = load_text(FULL).expect("no mistakes");
    let text = emit(&set.documents[0].config).expect("a text");
    insta::with_settings!({ snapshot_path => "../documents", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("full", text);
    });
    let again = load_text(&text).expect("no mistakes");
    assert_eq!(again.documents[0].config, set.documents[0].config);
}

#[test]
fn values_are_found_by_their_path() {
    let set = load_text(FULL).expect("no mistakes");
    let at = |keys: &[&str]| {
        let place = set.place(0, &path(keys)).expect("a place");
        let line = FULL.lines().nth(place.line - 1).expect("a line").to_owned();
        let rest: String = line.chars().skip(place.column - 1).collect();
        assert!(FULL[place.bytes()].starts_with(rest.chars().next().expect("a character")), "{place}");
        rest
    };
    let pf = ["spec", "physicalFunctions", "0"];
    assert_eq!(at(&[&pf[..], &["vfs", "count"]].concat()), "8");
    assert_eq!(at(&[&pf[..], &["vfs", "groups", "1", "vlan", "qos"]].concat()), "3, protocol: 802.1ad}");
    // A map or list is pointed at by its key, an entry of a list by its first key.
    assert_eq!(at(&[&pf[..], &["vfs"]].concat()), "vfs:");
    assert_eq!(at(&pf), "name: fast");
    // What the text does not give is pointed at by what is around it.
    assert_eq!(at(&[&pf[..], &["vfs", "groups", "1", "trust"]].concat()), "vfs: \"4-7\"");
    assert_eq!(at(&["spec", "nothing"]), "spec:");
    assert!(set.place(9, &path(&["spec"])).is_none());
}

#[test]
fn documents_come_in_the_order_of_the_texts() {
    let document = |name: &str| {
        format!("apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: {name}}}\nspec: {{}}\n")
    };
    let sources = [
        Source {
            name: "b.yaml".to_owned(),
            text: format!("---\n{}...\n---\n{}---\n", document("b1"), document("b2")),
        },
        Source { name: "a.yaml".to_owned(), text: document("a") },
    ];
    let set = load(&sources).expect("no mistakes");
    let names: Vec<_> =
        set.documents.iter().map(|d| (d.file.as_str(), d.config.metadata.name.as_str())).collect();
    assert_eq!(names, [("b.yaml", "b1"), ("b.yaml", "b2"), ("a.yaml", "a")]);
    let place = set.place(1, &path(&["metadata", "name"])).expect("a place");
    assert_eq!(place.to_string(), "b.yaml:10:18");
}

#[test]
fn mistakes_of_all_texts_are_reported_together() {
    let sources = ["x", "y"].map(|name| Source {
        name: format!("{name}.yaml"),
        text: format!("apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: {name}}}\nspec: {{bad: 1}}\n"),
    });
    let reported = load(&sources).expect_err("mistakes");
    let places: Vec<String> = reported.iter().map(|d| d.place.to_string()).collect();
    assert_eq!(places, ["x.yaml:4:8", "y.yaml:4:8"]);
    assert_eq!(load(&[]).expect_err("a mistake").len(), 1);
}

#[test]
fn diagnostics_are_data() {
    let text = "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {name: x}\nspec: {bad: 1}\n";
    let reported =
        load(&[Source { name: "x.yaml".to_owned(), text: text.to_owned() }]).expect_err("a mistake");
    let json = serde_json::to_value(&reported).expect("JSON");
    let wanted = serde_json::json!([{
        "place": { "file": "x.yaml", "line": 4, "column": 8 },
        "message": "no such field `bad`",
        "help": "fields here: `nodes`, `hosts`, `system`, `physicalFunctions`, `components`, `pools`, `rdmaSharedPools`, `networks`",
    }]);
    assert_eq!(json, wanted);
}

#[test]
fn what_only_looks_like_a_mistake_is_taken() {
    for (claim, spec) in [
        (
            "devices of two vendors are two devices",
            "physicalFunctions: [{name: a, match: {interface: eth0, vendor: \"8086\"}}, {name: b, match: {interface: eth0, vendor: \"15b3\"}}]",
        ),
        (
            "entries that may both match nothing can be alternatives",
            "physicalFunctions: [{name: a, optional: true, match: {interface: eth0, driver: ice}}, {name: b, optional: true, match: {interface: eth0, numaNode: 1}}]",
        ),
        (
            "a device that is known by its address is in one host only",
            "{nodes: {names: [\"worker-*\"]}, physicalFunctions: [{name: a, match: {macAddress: \"52:54:00:00:00:01\"}, vfs: {count: 2, all: {macAddress: {first: \"02:00:00:00:00:01\"}}}}]}",
        ),
        (
            "an address that a narrower group replaces is not given",
            "physicalFunctions: [{name: a, match: {interface: eth0}, vfs: {count: 2, all: {macAddress: {first: \"02:00:00:00:00:01\"}}, groups: [{vfs: \"1\", macAddress: default}]}}, {name: b, match: {interface: eth1}, vfs: {count: 1, all: {macAddress: \"02:00:00:00:00:02\"}}}]",
        ),
        (
            "a derived address is the same in every set",
            "physicalFunctions: [{name: a, match: {interface: eth0}, vfs: {groups: [{vfs: 0-2, macAddress: &d {derive: {prefix: \"02\", from: [pf, index]}}}, {vfs: 1-3, macAddress: *d}]}}]",
        ),
        (
            "groups of one size that say the same agree",
            "physicalFunctions: [{name: a, match: {interface: eth0}, vfs: {groups: [{vfs: 0-2, trust: on}, {vfs: 1-3, trust: true}]}}]",
        ),
        (
            "without a count, a set may reach as far as it likes",
            "physicalFunctions: [{name: a, match: {interface: eth0}, vfs: {groups: [{vfs: \"200\", trust: on}]}}]",
        ),
        (
            "rates without a highest have any guaranteed one",
            "physicalFunctions: [{name: a, match: {interface: eth0}, vfs: {all: {rate: {min: 5}}}}]",
        ),
        (
            "an MTU without one of the PF is the PF's to bound",
            "physicalFunctions: [{name: a, match: {interface: eth0}, vfs: {all: {mtu: 9000}}}]",
        ),
    ] {
        let text = format!(
            "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: doc}}\nspec:\n  {spec}\n"
        );
        load_text(&text).expect(claim);
    }
}

#[test]
fn documents_for_different_hosts_may_claim_a_pf_of_one_name() {
    let document = |name: &str, nodes: &str| {
        format!(
            "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: {name}}}\nspec: {{{nodes}physicalFunctions: [{{name: a, match: {{interface: eth0}}}}]}}\n"
        )
    };
    for (one, other, meet) in [
        ("nodes: {names: [a]}, ", "nodes: {names: [b]}, ", false),
        ("nodes: {names: [\"a-*\"]}, ", "nodes: {names: [\"b-*\"]}, ", false),
        ("nodes: {names: [\"a-*\"]}, ", "", false),
        ("", "", true),
        ("nodes: {names: [a, b]}, ", "nodes: {names: [b]}, ", true),
        ("nodes: {names: [\"a-*\"]}, ", "nodes: {names: [a-1]}, ", true),
        ("nodes: {names: [\"*\"]}, ", "nodes: {names: [\"b-*\"]}, ", true),
        ("nodes: {names: [\"*\"]}, ", "nodes: {names: [\"*\"]}, ", true),
    ] {
        let text = format!("{}---\n{}", document("one", one), document("other", other));
        assert_eq!(load_text(&text).is_err(), meet, "{text}");
    }
}

/// The reference for users.
const REFERENCE: &str = include_str!("../../../../docs/spec.md");

#[test]
fn every_example_of_the_reference_is_taken() {
    let blocks: Vec<&str> =
        REFERENCE.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 5, "only {} examples are left", blocks.len());
    for block in blocks {
        let indented =
            |blanks: &str| block.lines().map(|line| format!("{blanks}{line}\n")).collect::<String>();
        let head = "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {name: doc}\nspec:\n";
        let text = match block.split(':').next() {
            Some("apiVersion") => block.to_owned(),
            Some("- name") => format!("{head}  physicalFunctions:\n{}", indented("    ")),
            _ => format!("{head}{}", indented("  ")),
        };
        load_text(&text).expect(block);
    }
}

#[test]
fn every_field_is_in_the_reference() {
    fn fields(schema: &serde_json::Value, found: &mut Vec<String>) {
        schema.as_array().into_iter().flatten().for_each(|inner| fields(inner, found));
        let Some(map) = schema.as_object() else { return };
        found.extend(
            map.get("properties").and_then(|p| p.as_object()).into_iter().flat_map(|p| p.keys().cloned()),
        );
        map.values().for_each(|inner| fields(inner, found));
    }
    let mut found = Vec::new();
    fields(&vfctl_spec::json_schema(), &mut found);
    found.retain(|field| {
        let places =
            [format!("`{field}`"), format!(".{field}`"), format!("{{{field}:"), format!(", {field}:")];
        !places.iter().any(|place| REFERENCE.contains(place))
    });
    assert_eq!(found, ["metadata", "spec", "system"], "only their parts are in it");
}
