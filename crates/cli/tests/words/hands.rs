//! The words that hands know from other tools, and what is meant where no spec is named.

use std::fs;

use crate::place::{PLAN, Place};

#[test]
fn words_of_other_tools_do_the_same() {
    let place = Place::new();
    for (words, same) in [
        ("diff spec.yaml --facts facts.json", PLAN),
        ("plan -f spec.yaml --facts facts.json", PLAN),
        ("plan --file spec.yaml --facts facts.json", PLAN),
        ("get --facts facts.json -o yaml", "discover --facts facts.json -o yaml"),
        ("validate -f spec.yaml", "validate spec.yaml"),
        (
            "explain pf/storage -f spec.yaml --facts facts.json",
            "explain pf/storage spec.yaml --facts facts.json",
        ),
        ("pools -f spec.yaml --facts facts.json", "pools spec.yaml --facts facts.json"),
        ("apply --yes -f none.yaml", "apply --yes none.yaml"),
        ("version", "--version"),
    ] {
        assert_eq!(place.vfctl(words), place.vfctl(same), "{words}");
    }
    fs::copy(place.path("spec.yaml"), place.path("again.yaml")).expect("copy the spec");
    let both = place.vfctl("validate spec.yaml -f again.yaml");
    assert!(both.code == 1 && both.err.contains("again.yaml:"), "both files are read: {}", both.err);
    let help = place.vfctl("--help").out;
    assert!(help.contains("[alias: diff]") && help.contains(" get]"), "{help}");
}

#[test]
fn quiet_prints_only_what_is_wrong() {
    let place = Place::new();
    let blocked = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/blocked");
    for name in ["spec.yaml", "facts.json"] {
        fs::copy(blocked.join(name), place.path(&format!("blocked-{name}"))).expect("copy the example");
    }
    fs::write(place.path("wrong.yaml"), "kind: SriovConfig\n").expect("a spec");
    for (words, code) in [(PLAN, 2), ("validate spec.yaml", 0)] {
        let ran = place.vfctl(&format!("{words} -q"));
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (code, "", ""), "{words}");
    }
    for words in
        ["plan blocked-spec.yaml --facts blocked-facts.json", "validate wrong.yaml", "plan wrong.yaml"]
    {
        let (quiet, loud) = (place.vfctl(&format!("{words} -q")), place.vfctl(words));
        assert_eq!((quiet.code, &quiet), (1, &loud), "{words}");
    }
    for words in [PLAN, "validate spec.yaml", "apply spec.yaml --yes"] {
        assert_eq!(place.vfctl(&format!("{words} -q -o json")).code, 1, "{words}");
    }
}

#[test]
fn specs_of_the_folder_are_meant_where_none_is_named() {
    let place = Place::new();
    let folder = place.path("specs");
    let in_folder =
        |words: &str| place.vfctl_in(words, &[("VFCTL_SPEC_DIR", folder.to_str().expect("a path"))]);
    let fix = "  fix: name a spec, or write one into the folder; `vfctl ";
    let absent = in_folder("plan --facts facts.json");
    let said = format!(
        "error: failed to find a spec: none is named, and the folder `{}` does not exist\n{fix}",
        folder.display()
    );
    assert_eq!((absent.code, absent.out.as_str()), (1, ""));
    assert!(absent.err.starts_with(&said), "{}", absent.err);
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("notes.txt"), "").expect("a file");
    let empty = in_folder("validate");
    let said = format!(
        "error: failed to find a spec in `{}`: there is no *.yaml or *.yml file in it\n{fix}",
        folder.display()
    );
    assert!(empty.code == 1 && empty.err.starts_with(&said), "{}", empty.err);
    fs::copy(place.path("spec.yaml"), folder.join("b.yaml")).expect("copy the spec");
    let ran = in_folder("plan --facts facts.json -o json");
    let plan: serde_json::Value = serde_json::from_str(&ran.out).expect("a plan");
    assert_eq!((ran.code, plan["made"]["specs"][0]["file"].as_str()), (2, folder.join("b.yaml").to_str()));
    assert_eq!(in_folder("validate").out, "Valid: 1 document.\n");
    assert_eq!(in_folder("explain pf/storage --facts facts.json").code, 0);
    assert_eq!(in_folder("pools --facts facts.json").code, 0);
    fs::write(folder.join("a.yaml"), "x: 1\n").expect("a spec");
    fs::write(folder.join("c.yml"), "y: 1\n").expect("a spec");
    let wrong = in_folder("validate").err;
    let places: Vec<usize> = ["a.yaml:1", "c.yml:1"].iter().filter_map(|name| wrong.find(name)).collect();
    assert!(matches!(places[..], [a, c] if a < c), "by name: {wrong}");
    assert_eq!(
        place.vfctl_in("validate spec.yaml", &[("VFCTL_SPEC_DIR", "nowhere")]).code,
        0,
        "a named spec counts"
    );
}
