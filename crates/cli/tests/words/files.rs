//! What `--out` replaces, and what it never does.

use std::fs;

use crate::place::{PLAN, Place};

#[test]
fn nothing_but_its_own_document_is_ever_replaced() {
    let place = Place::new();
    assert_eq!(place.vfctl("record --out own-facts.json").code, 0);
    assert_eq!(place.vfctl(&format!("{PLAN} --out own-plan.json")).code, 2);
    fs::write(place.path("other.yaml"), "a: 1\n").expect("write a file");
    fs::write(place.path("notes.txt"), "notes").expect("write a file");
    fs::write(place.path("blank"), "\n").expect("write a file");
    fs::write(place.path("binary"), [0, 0xff]).expect("write a file");
    fs::create_dir(place.path("folder")).expect("a folder");
    fs::write(place.path("folder/db-3.json"), "{}").expect("write a file");
    let foreign = ["other.yaml", "notes.txt", "blank", "binary"];
    for (words, files) in [
        (PLAN, &["own-facts.json", "folder/db-3.json"][..]),
        ("record", &["own-plan.json", "spec.yaml"]),
        ("record -o yaml", &["own-plan.json"]),
    ] {
        for file in files.iter().chain(&foreign) {
            let before = fs::read(place.path(file)).expect("read a file");
            let ran = place.vfctl(&format!("{words} --out {file}"));
            let what = if words == PLAN { "plan" } else { "facts" };
            let said = format!(
                "error: failed to write `{file}`: the file exists already and is not a {what} file\n  \
                 fix: name another file with --out, or remove this one first\n"
            );
            assert_eq!(
                (ran.code, ran.out.as_str(), ran.err.as_str()),
                (1, "", said.as_str()),
                "{words} {file}"
            );
            assert_eq!(fs::read(place.path(file)).expect("read a file"), before);
        }
    }
    // The name of a file in a folder is known with the host.
    let ran = place.vfctl(&format!("{PLAN} --out folder"));
    assert!(
        ran.code == 1 && ran.err.contains("write `folder/db-3.json`: the file exists already"),
        "{}",
        ran.err
    );
    assert_eq!(place.read("folder/db-3.json"), "{}");
}

#[test]
fn own_documents_and_empty_files_are_replaced_and_nothing_is_left_beside() {
    let place = Place::new();
    let json = place.vfctl(&format!("{PLAN} -o json")).out;
    fs::write(place.path("plan.json"), r#"{"format": "vfctl.dev/plan/v99"}"#).expect("write a file");
    fs::write(place.path("empty"), "").expect("write a file");
    std::os::unix::fs::symlink("plan.json", place.path("link")).expect("a link");
    for file in ["plan.json", "empty", "link", "plan.json"] {
        assert_eq!(place.vfctl(&format!("{PLAN} --out {file}")).err, "", "{file}");
        assert_eq!(place.read(file), json);
    }
    assert!(place.path("link").is_symlink(), "a link stays one");
    for words in
        ["record --out facts.yaml -o yaml", "record --out facts.yaml", "record --out facts.yaml -o yaml"]
    {
        assert_eq!(place.vfctl(words).code, 0, "{words}");
    }
    assert_eq!(place.vfctl(&format!("{PLAN} --out /dev/null")).code, 2, "what is no file is written to");
    let mut names: Vec<_> = fs::read_dir(place.folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    assert_eq!(names, ["empty", "facts.json", "facts.yaml", "link", "plan.json", "spec.yaml"]);
}

#[test]
fn file_that_is_replaced_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    fs::write(place.path("plan.json"), "").expect("write a file");
    fs::set_permissions(place.path("plan.json"), fs::Permissions::from_mode(0o640)).expect("set the mode");
    assert_eq!(place.vfctl(&format!("{PLAN} --out plan.json")).code, 2);
    let mode = fs::metadata(place.path("plan.json")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}
