//! Values of hosts from a text of their own: they read like those of the spec, and none passes silently.

use std::slice::from_ref;

use vfctl_spec::{Colour, Source, SpecSet, load_with, render, render_warnings};

const SPEC: &str = r#"apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: guests}
spec:
  nodes: {names: [kvm-1, kvm-2]}
  hosts:
    kvm-2: {vnicMacs: ["02:00:17:00:00:21", "02:00:17:00:00:22"]}
  physicalFunctions:
    - name: primary
      match: {defaultRoute: true}
      vfs:
        count: 2
        all: {macAddress: {list: {fromHost: vnicMacs}}}
"#;

fn sources(spec: &str, values: &str) -> (Source, Source) {
    let source = |name: &str, text: &str| Source { name: name.to_owned(), text: text.to_owned() };
    (source("spec.yaml", spec), source("values.json", values))
}

fn merged(spec: &str, values: &str) -> SpecSet {
    let (spec, values) = sources(spec, values);
    load_with(from_ref(&spec), from_ref(&values)).unwrap_or_else(|found| {
        panic!("{}", render(&found, &[spec, values], Colour::Never));
    })
}

/// Returns the mistakes as people read them, the first line and the places of each.
fn mistakes(spec: &str, values: &str) -> String {
    let (spec, values) = sources(spec, values);
    let found = load_with(from_ref(&spec), from_ref(&values)).expect_err("mistakes");
    let mut text = String::new();
    for diagnostic in found {
        text.push_str(&format!("{}: {}\n", diagnostic.place, diagnostic.message));
        for related in diagnostic.related {
            text.push_str(&format!("  {}: {}\n", related.place, related.message));
        }
        text.push_str(&format!("  = {}\n", diagnostic.help));
    }
    text
}

fn warnings(spec: &str, values: &str) -> String {
    let (first, second) = sources(spec, values);
    render_warnings(&merged(spec, values).warnings, &[first, second], Colour::Never)
}

#[test]
fn values_in_json_or_yaml_are_those_of_the_spec_and_keep_their_places() {
    for values in [
        "{\n\t\"kvm-1\": {\"vnicMacs\": [\"02:00:17:00:00:11\", \"02:00:17:00:00:12\"]}\n}\n",
        "\nkvm-1: {vnicMacs: [\"02:00:17:00:00:11\", \"02:00:17:00:00:12\"]}\n",
    ] {
        let set = merged(SPEC, values);
        assert_eq!(set.warnings, []);
        let hosts = &set.documents[0].config.spec.hosts;
        let lists: Vec<String> =
            hosts.iter().map(|(host, lists)| format!("{host} {:?}", lists["vnicMacs"])).collect();
        assert_eq!(lists.len(), 2);
        assert!(lists[0].starts_with("kvm-1 ") && lists[0].contains("0, 23, 0, 0, 18"), "{lists:?}");
        let path = vfctl_kinds::path::SpecPath::spec().key("hosts").key("kvm-1").key("vnicMacs");
        let place = set.documents[0].place(&path.index(1)).to_string();
        assert!(place.starts_with("values.json:2:"), "{place}");
    }
}

#[test]
fn a_document_for_the_host_at_hand_takes_the_lists_of_all_hosts() {
    let spec = SPEC.replace("  nodes: {names: [kvm-1, kvm-2]}\n", "");
    let set = merged(&spec, r#"{"a": {"vnicMacs": ["02:00:17:00:00:11", "02:00:17:00:00:12"]}}"#);
    assert_eq!((set.documents[0].config.spec.hosts.len(), set.warnings.len()), (2, 0));
}

#[test]
fn value_that_is_given_twice_is_told_with_both_places() {
    let own = r#""vnicMacs": ["02:00:17:00:00:31", "02:00:17:00:00:32"]"#;
    for (values, told) in [
        (
            format!("{{\"kvm-1\": {{{own}}},\n \"kvm-2\": {{{own}}}}}"),
            "values.json:2:12: list `vnicMacs` of host `kvm-2` is given twice\n  spec.yaml:7:13: first given here\n  \
             = keep one of the two\n",
        ),
        (
            format!("{{\"kvm-1\": {{{own},\n  {own}}}}}"),
            "values.json:2:3: `vnicMacs` is given twice\n  values.json:1:12: first given here\n  = keep one of the two\n",
        ),
        (
            format!("{{\"kvm-1\": {{{own}}},\n \"kvm-1\": {{}}}}"),
            "values.json:2:2: `kvm-1` is given twice\n  values.json:1:2: first given here\n  = keep one of the two\n",
        ),
    ] {
        assert_eq!(mistakes(SPEC, &values), told, "{values}");
    }
}

#[test]
fn same_value_in_two_texts_is_told_with_both_places() {
    let text = r#"{"kvm-1": {"vnicMacs": ["02:00:17:00:00:11", "02:00:17:00:00:12"]}}"#;
    let (spec, values) = sources(SPEC, text);
    let more = Source { name: "more.yaml".to_owned(), ..values.clone() };
    let found = load_with(&[spec], &[values, more]).expect_err("a mistake");
    let told: Vec<_> = found.iter().map(|d| (d.place.to_string(), d.related[0].place.to_string())).collect();
    assert_eq!(told, [("more.yaml:1:12".to_owned(), "values.json:1:12".to_owned())]);
}

#[test]
fn mistakes_of_values_have_their_place_cause_and_fix() {
    for (values, place, part) in [
        ("", "values.json:1:1", "there are no values of hosts here"),
        ("[1]", "values.json:1:2", "this is not a map of hosts to their values"),
        ("{\"format\": \"vfctl.dev/facts/v1\"}", "values.json:1:2", "`format: vfctl.dev/facts/v1`"),
        ("kvm-1: {vnicMacs: \"02:00:17:00:00:11\"}", "values.json:1:19", "expected a list"),
        ("kvm-1: {vnicMacs: [02:00:17:00:00:11]}", "values.json:1:20", "without quotes"),
        ("kvm-1: {vnicMacs: [\"02:00:17:00:00\"]}", "values.json:1:20", "MAC address"),
        ("kvm-1: [\"02:00:17:00:00:11\"]", "values.json:1:1", "expected a map"),
        (
            "kvm-1: {vnicMacs: [\"03:00:17:00:00:11\", \"02:00:17:00:00:12\"]}",
            "values.json:1:20",
            "group address",
        ),
        ("kvm-1: {vnicMacs: [\"02:00:17:00:00:11\"]}", "values.json:1:9", "1 addresses for 2 VFs"),
        (
            "kvm-1: {vnicMacs: [\"02:00:17:00:00:21\", \"02:00:17:00:00:12\"]}",
            "  values.json:1:20",
            "first given here",
        ),
    ] {
        let told = mistakes(SPEC, values);
        assert!(told.lines().any(|line| line.starts_with(place) && line.contains(part)), "{values}: {told}");
        assert!(!told.contains("says what this field takes"), "{values}: {told}");
        assert_eq!(told.matches("\n  = ").count(), 1, "{values}: {told}");
    }
}

#[test]
fn host_that_is_given_its_values_on_the_spot_needs_none_of_the_other_hosts() {
    let without =
        SPEC.replace("  hosts:\n    kvm-2: {vnicMacs: [\"02:00:17:00:00:21\", \"02:00:17:00:00:22\"]}\n", "");
    let own = r#"["02:00:17:00:00:11", "02:00:17:00:00:12"]"#;
    let set = merged(&without, &format!("kvm-1: {{vnicMacs: {own}}}"));
    assert_eq!((set.documents[0].config.spec.hosts.len(), set.warnings.len()), (1, 0));
    for (values, misspelt) in [
        (format!("kvm-1: {{vnicMac: {own}}}"), Some("= did you mean `vnicMacs`?")),
        (
            format!("KVM-1: {{vnicMacs: {own}}}"),
            Some("= did you mean `kvm-1`, as `nodes.names` of the spec has it?"),
        ),
        (format!("storage: {{vnicMacs: {own}}}"), None),
    ] {
        let told = mistakes(&without, &values);
        assert!(
            told.contains("no list `vnicMacs` for kvm-1, kvm-2") && told.contains("`--host-values`"),
            "{told}"
        );
        assert_eq!(told.matches("not used").count(), usize::from(misspelt.is_some()), "{told}");
        assert!(told.contains(misspelt.unwrap_or_default()), "{told}");
    }
}

#[test]
fn value_that_no_document_takes_is_a_warning_with_the_nearest_name() {
    let spec = SPEC.replace("kvm-2]", "kvm-2.lab]").replace("    kvm-2:", "    kvm-2.lab:");
    let list = r#"["02:00:17:00:00:11", "02:00:17:00:00:12"]"#;
    let values = format!(
        "kvm-1: {{vnicMacs: {list}, vnicMac: [], other: []}}\nkvm-2: {{vnicMacs: {list}}}\nstorage: {{}}\n"
    );
    let told = warnings(&spec, &values);
    let lines: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("warning") || line.contains("--> ") || line.contains("help"))
        .collect();
    assert_eq!(
        lines,
        [
            "warning: list `vnicMac` of host `kvm-1` is not used: no document has it as `fromHost`",
            " --> values.json:1:63",
            "  = help: did you mean `vnicMacs`?",
            "warning: list `other` of host `kvm-1` is not used: no document has it as `fromHost`",
            " --> values.json:1:76",
            "  = help: lists that the spec takes for this host: `vnicMacs`",
            "warning: these values are not used: no document concerns host `kvm-2`",
            " --> values.json:2:1",
            "  = help: did you mean `kvm-2.lab`, as `nodes.names` of the spec has it?",
            "warning: these values are not used: no document concerns host `storage`",
            " --> values.json:3:1",
            "  = help: name the host in `nodes.names` of a document, which has `kvm-1`, `kvm-2.lab`",
        ]
    );
    let many: String = (0..30).map(|n| format!("storage-{n}: {{}}\n")).collect();
    let told = warnings(&spec, &format!("kvm-1: {{vnicMacs: {list}}}\n{many}"));
    assert_eq!(told.matches("warning: ").count(), 11);
    assert!(told.contains("20 more values are not used"), "{told}");
}

#[test]
fn two_documents_do_not_take_one_list_of_a_host() {
    let other = SPEC
        .replace("name: guests", "name: others")
        .replace(
            "    kvm-2: {vnicMacs: [\"02:00:17:00:00:21\", \"02:00:17:00:00:22\"]}\n",
            "    kvm-2: {vnicMacs: [\"02:00:17:00:00:23\", \"02:00:17:00:00:24\"]}\n",
        )
        .replace("{defaultRoute: true}", "{interface: eth9}");
    let both = format!("{SPEC}---\n{other}");
    let told = mistakes(&both, r#"{"kvm-1": {"vnicMacs": ["02:00:17:00:00:11", "02:00:17:00:00:12"]}}"#);
    assert!(
        told.starts_with(
            "values.json:1:12: documents `guests` and `others` both take list `vnicMacs` of host `kvm-1`"
        ),
        "{told}"
    );
}
