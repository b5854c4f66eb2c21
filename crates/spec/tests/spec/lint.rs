//! Each file under `lint/` is a document of another tool with the mistake that its name says; beside it stands what vfctl
//! prints. Those called `valid` have none. A name may end with `-by-` and the version of the device plugin.

use proptest::prelude::*;
use vfctl_model::DevicePluginVersion;
use vfctl_spec::{Colour, Diagnostic, Source, Validation, render, render_warnings, validate};

use crate::properties::{lies_within, piece};

/// Returns the documents: name and text.
fn documents() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lint");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of documents")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with(".snap") && !name.ends_with(".snap.new"))
        .collect();
    names.sort();
    let text = |name: &String| {
        let bytes = std::fs::read(format!("{folder}/{name}")).expect("a document");
        String::from_utf8(bytes).expect("text")
    };
    names.iter().map(|name| (name.clone(), text(name))).collect()
}

fn version_of(stem: &str) -> DevicePluginVersion {
    let version =
        stem.split_once("-by-v").map(|(_, version)| format!("v{version}").parse().expect("a version"));
    version.unwrap_or(DevicePluginVersion::NEWEST)
}

fn validated(name: &str, text: &str) -> (Vec<Source>, Validation) {
    let sources = vec![Source { name: name.to_owned(), text: text.to_owned() }];
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let validation = validate(&sources, &[], version_of(stem));
    (sources, validation)
}

#[test]
fn each_mistake_of_other_tools_is_reported_with_place_cause_and_fix() {
    let documents = documents();
    assert!(documents.len() > 80, "only {} documents are left", documents.len());
    for (name, text) in documents {
        let (sources, Validation { specs, checked, mistakes, warnings }) = validated(&name, &text);
        assert_eq!(specs, 0, "{name}");
        let mut shown = render_warnings(&warnings, &sources, Colour::Never);
        shown.push_str(&render(&mistakes, &sources, Colour::Never));
        assert_eq!(shown.is_empty(), name.starts_with("valid"), "{name}: {shown}");
        if shown.is_empty() {
            shown = format!("Valid: {checked}\n");
        }
        for line in shown.lines().filter(|line| !line.contains(" | ")) {
            assert!(line.chars().count() <= 100, "{name}: {line}");
        }
        let stem = name.rsplit_once('.').expect("an extension").0;
        insta::with_settings!({ snapshot_path => "../lint", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(stem, shown);
        });
    }
}

#[test]
fn places_within_an_embedded_text_are_those_of_the_file() {
    let config = r#"{"cniVersion": "1.0.0", "name": "net", "type": "sriov", "vlann": 5}"#;
    let quoted = config.replace('"', "\\\"");
    let half = config.find("\"name\"").expect("a key");
    let (first, second) = config.split_at(half);
    for (what, value) in [
        ("literal", format!("|\n      {first}\n        {second}\n")),
        ("stripped", format!("|-\n\n      {first}\n\n      {second}\n")),
        ("folded", format!(">\n      {first}\n      {second}\n")),
        ("single quotes", format!("'{first}\n      {second}'\n")),
        ("double quotes", format!("\"{quoted}\\\n      \"\n")),
        ("escaped line end", format!("\"{}\"\n", quoted.replace(", ", ",\\n "))),
        ("after an anchor", format!("&config |\n      {config}\n")),
    ] {
        let text = format!(
            "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata:\n  name: ä\n  annotations: \
             {{k8s.v1.cni.cncf.io/resourceName: intel.com/a}}\nspec:\n  config: {value}"
        );
        for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
            let (_, Validation { mistakes, .. }) = validated("net.yaml", &text);
            let [Diagnostic { place, .. }] = &mistakes[..] else { panic!("{what}: {mistakes:#?}") };
            let found = &text[place.bytes()];
            assert!(found.trim_matches(['\\', '"']) == "vlann", "{what}: {found:?}");
            lies_within(place, &text);
        }
    }
}

#[test]
fn a_text_that_aliases_repeat_is_looked_at_once() {
    let entries: String = (0..2000).map(|node| format!("  worker-{node}: *config\n")).collect();
    let text = format!(
        "kind: ConfigMap\ndata:\n  config.json: &config |\n    {{\"resourceList\": [{{\"resourceName\": \"a\"}}]}}\n{entries}"
    );
    let (_, Validation { checked, mistakes, .. }) = validated("configs.yaml", &text);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    assert_eq!(checked.to_string(), "1 device plugin config with 1 pool");
}

#[test]
fn a_mistake_in_a_text_without_line_ends_is_shown_with_what_is_around_it() {
    let pool = |name: &str| {
        format!("{{\"resourceName\": \"{name}\", \"selectors\": {{\"pfNames\": [\"{name}\"]}}}}")
    };
    let pools: Vec<String> = (0..1000).map(|number| pool(&format!("p{number}"))).collect();
    let text =
        format!("{{\"resourceList\": [{}, {}]}}\n", pools.join(", "), pool("p0").replace("[\"p0", "[\"q"));
    let (sources, Validation { mistakes, .. }) = validated("config.json", &text);
    let shown = render(&mistakes, &sources, Colour::Never);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    assert!(shown.len() < 1500, "{shown}");
    for part in ["--> config.json:1:61816", "::: config.json:1:36", "^^^^", "---- the first"] {
        assert!(shown.contains(part), "without {part}: {shown}");
    }
}

#[test]
fn documents_of_other_kinds_are_refused_beside_those_that_are_linted() {
    let network = "kind: NetworkAttachmentDefinition\nmetadata: {name: a}\n";
    let pod = "kind: Pod\nmetadata: {name: a}\n";
    let list =
        "kind: List\nitems:\n- {kind: NetworkAttachmentDefinition, metadata: {name: a}}\n- {kind: Pod}\n";
    let only = "kind: List\nitems: [{kind: Pod}]\n";
    for (text, message) in [
        (format!("{network}---\n{pod}"), "this is a document of kind `Pod`"),
        (list.to_owned(), "this is a document of kind `Pod`"),
        (only.to_owned(), "this is a list of Kubernetes objects, not a spec of vfctl"),
        ("kind: ConfigMap\ndata: {a: b}\n".to_owned(), "this is a document of kind `ConfigMap`"),
        ("network: {ethernets: {}}\n".to_owned(), "this is a netplan file, not a spec of vfctl"),
    ] {
        let (_, Validation { mistakes, .. }) = validated("objects.yaml", &text);
        let messages: Vec<&str> = mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
        assert_eq!(messages, [message], "{text}");
    }
}

#[test]
fn specs_and_other_documents_are_checked_together() {
    let text = format!(
        "{}---\n{}",
        crate::documents::FULL,
        "kind: NetworkAttachmentDefinition\nmetadata: {name: a}\n"
    );
    let (_, Validation { specs, checked, mistakes, warnings }) = validated("all.yaml", &text);
    assert!(mistakes.is_empty() && warnings.is_empty(), "{mistakes:#?} {warnings:#?}");
    assert_eq!((specs, checked.to_string().as_str()), (1, "1 NetworkAttachmentDefinition"));
}

/// A document after some edits of the kind that slip in.
fn damaged() -> impl Strategy<Value = String> {
    let texts: Vec<String> = documents().into_iter().map(|(_, text)| text).collect();
    let edit = (any::<prop::sample::Index>(), piece(), 0_usize..12);
    (prop::sample::select(texts), prop::collection::vec(edit, 1..6)).prop_map(|(text, edits)| {
        let mut text: Vec<char> = text.chars().collect();
        for (at, piece, removed) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_is_taken_or_reported_with_places_within_the_text(text in damaged()) {
        for version in [DevicePluginVersion::OLDEST, DevicePluginVersion::NEWEST] {
            let sources = [Source { name: "any.yaml".to_owned(), text: text.clone() }];
            let Validation { mistakes, warnings, .. } = validate(&sources, &[], version);
            for Diagnostic { place, message, help, related } in mistakes.iter().chain(&warnings) {
                assert!(!message.is_empty() && !help.is_empty(), "{message}");
                assert!(!message.contains(char::is_control) && !help.contains(char::is_control), "{message:?} {help:?}");
                lies_within(place, &text);
                related.iter().for_each(|related| lies_within(&related.place, &text));
            }
            render(&mistakes, &sources, Colour::Never);
        }
    }
}
