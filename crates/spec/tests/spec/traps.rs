//! What YAML readers are known to stumble over.

use vfctl_model::{Toggle, VfAttribute, VfValue};

use crate::documents::{FULL, load_text};

/// Returns a spec with this as the value of a field.
fn with(field: &str, value: &str) -> String {
    let (name, optional, count, trust) = match field {
        "name" => (value, "false", "1", "off"),
        "optional" => ("x", value, "1", "off"),
        "count" => ("x", "false", value, "off"),
        _ => ("x", "false", "1", value),
    };
    format!(
        "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: doc}}\nspec:\n  physicalFunctions:\n  - \
         name: {name}\n    match: {{interface: eth0}}\n    optional: {optional}\n    vfs:\n      count: {count}\n      \
         all: {{trust: {trust}}}\n"
    )
}

#[test]
fn switches_take_both_spellings_and_no_third() {
    for (text, toggle) in [
        ("on", Toggle::On),
        ("true", Toggle::On),
        ("off", Toggle::Off),
        ("false", Toggle::Off),
        ("\"on\"", Toggle::On),
    ] {
        let set = load_text(&with("trust", text)).expect(text);
        let vfs = set.documents[0].config.spec.physical_functions[0].vfs.as_ref().expect("VFs");
        let wanted = vfctl_kinds::vf::AttributeSpec::Value(VfValue::Toggle(toggle));
        assert_eq!(vfs.all.attributes[&VfAttribute::Trust], wanted, "{text}");
    }
    for text in ["yes", "no", "On", "OFF", "True", "y", "1", "0", "''", "~", "null", "[on]"] {
        assert_eq!(load_text(&with("trust", text)).expect_err(text).len(), 1, "{text}");
    }
}

#[test]
fn numbers_are_plain_decimal() {
    for text in ["0", "1", "65535"] {
        load_text(&with("count", text)).expect(text);
    }
    for text in [
        "08",
        "0o10",
        "0x10",
        "1e1",
        "1_0",
        "+1",
        "-1",
        "1.0",
        "\"1\"",
        "1:30",
        ".inf",
        "65536",
        "99999999999999999999",
        "٣",
    ] {
        assert_eq!(load_text(&with("count", text)).expect_err(text).len(), 1, "{text}");
    }
}

#[test]
fn a_text_stays_the_text_that_was_written() {
    for text in ["no", "0123", "1e3", "true", "on", "0x10", "1.10", "2026-11-21", "0o7", "1_0"] {
        let set = load_text(&with("name", text)).expect(text);
        assert_eq!(set.documents[0].config.spec.physical_functions[0].name, text);
    }
    for text in ["true", "false"] {
        load_text(&with("optional", text)).expect(text);
    }
    for text in ["yes", "on", "1", "\"true\"", "True"] {
        assert_eq!(load_text(&with("optional", text)).expect_err(text).len(), 1, "{text}");
    }
}

#[test]
fn line_ends_a_byte_order_mark_and_comments_change_nothing() {
    let plain = load_text(FULL).expect("no mistakes").documents[0].config.clone();
    let dos = FULL.replace('\n', "\r\n");
    let marked = format!("\u{feff}{FULL}");
    let commented = FULL.replace('\n', " # Kommentar: ä, \t\"x\"\n");
    for text in
        [&dos, &marked, &commented, &format!("---\n{FULL}...\n"), &format!("# first\n\n{FULL}\n\n# last")]
    {
        assert_eq!(load_text(text).expect("no mistakes").documents[0].config, plain);
    }
}

#[test]
fn places_count_characters_whatever_the_line_ends() {
    let text = with("count", "many").replace("name: doc", "name: doc, ü: \"äöü\"");
    for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        let reported = load_text(&text).expect_err("mistakes");
        assert!(reported[0].starts_with("spec.yaml:3:23: no such field `ü`"), "{reported:?}");
        assert!(reported[1].starts_with("spec.yaml:10:14: expected a number"), "{reported:?}");
    }
    let reported = load_text("\u{feff}apiVersoin: x\n").expect_err("mistakes");
    assert!(reported[0].starts_with("spec.yaml:1:1: "), "{reported:?}");
}

#[test]
fn texts_without_a_document_are_mistakes() {
    for text in ["", "\n", "# nothing\n", "---\n", "---\n---\n", "\u{feff}", "...\n"] {
        let reported = load_text(text).expect_err(text);
        assert_eq!(reported.len(), 1, "{text:?} {reported:?}");
        assert!(reported[0].starts_with("spec.yaml:1:1: there is no document here"), "{text:?} {reported:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        (0..5000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
        format!("spec: {}", "{anyOf: [".repeat(500)),
    ] {
        assert_eq!(load_text(&text).expect_err("too deep").len(), 1);
    }
}

#[test]
fn aliases_repeat_values_within_bounds() {
    let text = with("count", "2").replace(
        "{trust: off}",
        "&all {trust: off, vlan: &v {id: 5}}\n      groups: [{vfs: \"0\", vlan: *v}]",
    );
    let set = load_text(&text).expect("no mistakes");
    let vfs = set.documents[0].config.spec.physical_functions[0].vfs.as_ref().expect("VFs");
    assert_eq!(vfs.groups[0].settings.attributes[&VfAttribute::Vlan], vfs.all.attributes[&VfAttribute::Vlan]);

    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let reported = load_text(&bomb).expect_err("a bomb");
    assert_eq!(reported.len(), 1);
    assert!(reported[0].contains("more than 500000 values"), "{reported:?}");
}

#[test]
fn a_mistake_that_an_alias_repeats_is_reported_once() {
    let text = with("count", "2")
        .replace("{trust: off}", "{vlan: &v {id: 5000}}\n      groups: [{vfs: \"0\", vlan: *v}]");
    assert_eq!(load_text(&text).expect_err("a mistake").len(), 1);
}

#[test]
fn mistakes_without_end_are_cut() {
    let reported = |mac: &str| {
        let macs = mac.repeat(1000);
        let text = with("count", "1").replace("{trust: off}", &format!("{{macAddress: {{list: [{macs}]}}}}"));
        load_text(&text).expect_err("mistakes")
    };
    let (bare, group) = (reported("02:00:00:00:00:01, "), reported("\"03:00:00:00:00:01\", "));
    assert_eq!((bare.len(), group.len()), (101, 201));
    assert!(bare[100].contains("too many mistakes"), "{}", bare[100]);
    assert!(group[200].contains("800 more from here on"), "{}", group[200]);
}
