//! Each file under `mistakes/` is a spec with the mistakes that its name says; beside it stands what vfctl prints.

use vfctl_spec::{Colour, Source, load, render};

#[test]
fn each_mistake_is_reported_with_place_cause_and_fix() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mistakes");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of mistakes")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".yaml"))
        .collect();
    names.sort();
    assert!(names.len() > 40, "only {} mistakes are left", names.len());
    for name in names {
        let bytes = std::fs::read(format!("{folder}/{name}")).expect("a mistake");
        let sources = [Source { name: name.clone(), text: String::from_utf8(bytes).expect("text") }];
        let reported = load(&sources).expect_err(&name);
        for diagnostic in &reported {
            let unwritten =
                diagnostic.help.is_empty() || diagnostic.help.contains("says what this field takes");
            assert!(!unwritten, "{name}: {diagnostic:?} has no fix of its own");
        }
        let text = render(&reported, &sources, Colour::Never);
        for line in text.lines().filter(|line| !line.contains(" | ")) {
            assert!(line.chars().count() <= 100, "{name}: {line}");
        }
        insta::with_settings!({ snapshot_path => "../mistakes", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.trim_end_matches(".yaml"), text);
        });
    }
}

#[test]
fn twelve_mistakes_are_reported_in_one_run() {
    let text = include_str!("../mistakes/twelve-mistakes.yaml");
    let sources = [Source { name: "twelve-mistakes.yaml".to_owned(), text: text.to_owned() }];
    let reported = load(&sources).expect_err("mistakes");
    assert_eq!(reported.len(), 12);
    assert!(reported.iter().all(|diagnostic| diagnostic.place.line > 0), "{reported:?}");
}
