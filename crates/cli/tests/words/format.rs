//! `-o` is a format in every command, `--out` a file.

use crate::place::{PLAN, Place};

#[test]
fn json_is_short_for_the_format_in_every_command() {
    let place = Place::new();
    assert_eq!(place.vfctl(&format!("{PLAN} --out plan.json")).code, 2);
    let explain = "explain pf/storage/vf/2/vlan spec.yaml --facts facts.json";
    let apply = "apply --yes spec.yaml nowhere.yaml";
    for words in [PLAN, explain, "validate spec.yaml", "show plan.json", "discover --facts facts.json", apply]
    {
        let (long, short) =
            (place.vfctl(&format!("{words} -o json")), place.vfctl(&format!("{words} --json")));
        assert_eq!(long, short, "{words}");
        let text = if words.starts_with("discover") { "table" } else { "text" };
        assert_eq!(place.vfctl(&format!("{words} -o {text}")), place.vfctl(words), "{words}");
        let unknown = place.vfctl(&format!("{words} -o xml"));
        assert_eq!((unknown.code, unknown.out.as_str()), (1, ""), "{words}");
        assert!(unknown.err.starts_with("error: `xml` is not an output format ("), "{}", unknown.err);
    }
    let (shown, file) = (place.vfctl("show plan.json -o json"), place.read("plan.json"));
    assert_eq!(shown.out, file, "show prints the plan as it was written");
}

#[test]
fn file_that_is_given_as_a_format_is_told_where_files_go() {
    let place = Place::new();
    for words in [PLAN, "record"] {
        for file in ["plan.json", "-"] {
            let ran = place.vfctl(&format!("{words} -o {file}"));
            assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{words} {file}");
            let (what, formats) =
                if words == PLAN { ("plan", "text, json, markdown, html") } else { ("facts", "json, yaml") };
            let said = format!(
                "error: `{file}` is not an output format ({formats}); write the {what} to a file with `--out {file}`\n"
            );
            assert!(ran.err.starts_with(&said), "{}", ran.err);
            assert!(!place.path(file).exists(), "nothing is written");
        }
    }
}

#[test]
fn plan_goes_to_a_file_and_is_printed_in_the_format_as_well() {
    let place = Place::new();
    let (text, json) = (place.vfctl(PLAN), place.vfctl(&format!("{PLAN} -o json")));
    assert_eq!(place.vfctl(&format!("{PLAN} --out a.json")), text);
    assert_eq!(place.vfctl(&format!("{PLAN} --out b.json -o json")), json);
    assert_eq!(place.vfctl(&format!("{PLAN} --out -")), json);
    assert_eq!((place.read("a.json"), place.read("b.json")), (json.out.clone(), json.out));
}

#[test]
fn plan_for_apply_is_not_written_to_a_page() {
    let place = Place::new();
    for file in ["plan.html", "plan.md"] {
        let ran = place.vfctl(&format!("{PLAN} -o html --out {file}"));
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{file}");
        assert!(
            ran.err.contains(&format!("`{file}`: it is JSON")) && ran.err.contains("fix: "),
            "{}",
            ran.err
        );
        assert!(!place.path(file).exists(), "nothing is written");
    }
    let both = place.vfctl(&format!("{PLAN} -o html --out plan.json"));
    assert!(both.out.starts_with("<!") && place.read("plan.json").starts_with('{'), "{}", both.err);
}

#[test]
fn facts_are_recorded_as_json_and_as_yaml() {
    let place = Place::new();
    for (options, file) in [("", "a.json"), ("-o yaml ", "a.yaml")] {
        let ran = place.vfctl(&format!("record {options}--out {file}"));
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
        let read = place.vfctl(&format!("discover --facts {file}"));
        assert_eq!(read.code, 0, "{}", read.err);
    }
    assert!(place.read("a.json").starts_with('{') && place.read("a.yaml").starts_with("format: "));
    let both = place.vfctl("record --json -o yaml");
    assert!(both.code == 1 && both.err.contains("cannot be used with"), "{}", both.err);
}
