//! Where `vfctl init` writes a spec to.

use std::fs;
use std::process::Command;

use crate::{vfctl, with_facts};

#[test]
fn file_is_replaced_only_where_that_is_asked_for_and_as_a_whole() {
    let folder = with_facts();
    let folder = folder.path();
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("a spec");
    let words = ["init", "ens1f0np0", "--facts", "facts.json", "--out", "sriov.yaml"];
    assert_eq!(vfctl(folder, &words).0, 0);
    let eight = text("sriov.yaml");
    // A program that reads the file meanwhile has the one or the other.
    fs::hard_link(folder.join("sriov.yaml"), folder.join("read.yaml")).expect("a link");
    let four = [&words[..], &["--count", "4", "--force"]].concat();
    assert_eq!(vfctl(folder, &four), (0, String::new(), String::new()));
    assert!(text("sriov.yaml").contains("count: 4") && text("read.yaml") == eight);
    // As on a disk that is full. The signal would end the program first.
    let whole = text("sriov.yaml");
    for (name, more) in [("sriov.yaml", "--force"), ("new.yaml", "")] {
        let vfctl = env!("CARGO_BIN_EXE_vfctl");
        let script = format!(
            "trap '' XFSZ; ulimit -f 1; exec {vfctl} init ens1f0np0 --facts facts.json --out {name} {more}"
        );
        let ran = Command::new("sh").current_dir(folder).args(["-c", &script]).output().expect("run sh");
        let said = String::from_utf8(ran.stderr).expect("text");
        assert!(ran.status.code() == Some(1) && said.contains(&format!("write `{name}`: ")), "{said}");
    }
    assert_eq!(text("sriov.yaml"), whole);
    let mut names: Vec<_> =
        fs::read_dir(folder).expect("the folder").map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["facts.json", "read.yaml", "sriov.yaml"], "no part of a file is left");
}

#[test]
fn file_is_named_by_out_alone_and_force_needs_one() {
    let folder = with_facts();
    let folder = folder.path();
    let init =
        |more: &[&str]| vfctl(folder, &[&["init", "ens1f0np0", "--facts", "facts.json"], more].concat());
    for words in [&["-o", "yaml"][..], &["-oyaml"], &["--output", "yaml"], &["--output=yaml"]] {
        let (code, out, said) = init(words);
        assert_eq!((code, out.as_str()), (1, ""), "{words:?}");
        assert!(said.contains("tip: write to a file with `--out FILE`"), "{words:?}: {said}");
        assert!(!folder.join("yaml").exists());
    }
    let fix = "  fix: name the file with --out FILE\n";
    for words in [&["--force"][..], &["--out", "-", "--force"]] {
        let (code, out, said) = init(words);
        assert!(code == 1 && out.is_empty() && said.ends_with(fix), "{words:?}: {said}");
    }
}
