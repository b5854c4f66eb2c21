//! Specs in documents: vfctl takes each of them.

use std::path::Path;

use crate::markdown::documents;
use crate::program::{Ran, VFCTL, run};
use crate::repository::{File, assert_none};

/// What the YAML of other programs begins with: Kubernetes and operators, netplan, nmstate, Ansible.
const FOREIGN: [&str; 8] = [
    "apiVersion: v1\n",
    "apiVersion: sriovnetwork.openshift.io/",
    "network:",
    "interfaces:",
    "- hosts:",
    "- name:",
    "ansible_",
    "---\n",
];

/// The head of a spec, for blocks that show a part of one.
const HEAD: &str = "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {name: shown}\n";

/// Documents whose blocks are read elsewhere: the reference shows entries of lists, too.
const ELSEWHERE: [&str; 2] = ["docs/spec.md", "ansible/"];

/// Returns the YAML blocks of a document, with the numbers of the lines above them.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let (mut blocks, mut indent) = (Vec::new(), None);
    for (number, line) in text.lines().enumerate() {
        let blanks = line.len() - line.trim_start().len();
        match indent {
            None if line.trim_start() == "```yaml" => {
                blocks.push((number + 1, String::new()));
                indent = Some(blanks);
            }
            None => (),
            Some(_) if line.trim_start().starts_with("```") => indent = None,
            Some(indent) => blocks.last_mut().unwrap().1.extend([line.get(indent..).unwrap_or(""), "\n"]),
        }
    }
    blocks
}

/// Returns the spec that a block shows, whole or a part of one; `None` for the YAML of another program.
fn spec(block: &str) -> Option<String> {
    if FOREIGN.iter().any(|begin| block.starts_with(begin)) {
        return None;
    }
    if block.starts_with("apiVersion:") {
        return Some(block.to_owned());
    }
    let indented = || block.lines().map(|line| format!("  {line}\n")).collect::<String>();
    Some(if block.starts_with("spec:") {
        format!("{HEAD}{block}")
    } else {
        format!("{HEAD}spec:\n{}", indented())
    })
}

#[test]
fn every_spec_in_a_document_is_valid() {
    let (folder, mut flaws, mut checked) = (Path::new(env!("CARGO_TARGET_TMPDIR")), Vec::new(), 0);
    let pages = documents().filter(|file| !ELSEWHERE.iter().any(|begin| file.path.starts_with(begin)));
    for File { path, text } in pages {
        for (line, block) in blocks(text) {
            let Some(spec) = spec(&block) else { continue };
            std::fs::write(folder.join("shown.yaml"), spec).expect("write a spec");
            let Ran { code, out: _, err } = run(&VFCTL, folder, &["validate", "shown.yaml"]);
            if code != 0 || !err.is_empty() {
                flaws.push(format!("{path}:{line}: {err}"));
            }
            checked += 1;
        }
    }
    assert_none(&flaws, "vfctl takes what its documents show");
    assert!(checked > 15, "only {checked} specs are left");
}

#[test]
fn blocks_are_told_apart() {
    let text = "```yaml\nspec: {}\n```\n\n1. x\n\n    ```yaml\n    a: b\n    ```\n```sh\nc\n```\n";
    assert_eq!(blocks(text), [(1, "spec: {}\n".to_owned()), (7, "a: b\n".to_owned())]);
    assert_eq!(spec("spec: {}\n"), Some(format!("{HEAD}spec: {{}}\n")));
    assert_eq!(spec("a: b\n"), Some(format!("{HEAD}spec:\n  a: b\n")));
    assert_eq!(spec("apiVersion: vfctl.dev/v1alpha2\n").as_deref(), Some("apiVersion: vfctl.dev/v1alpha2\n"));
    assert_eq!(spec("apiVersion: v1\nkind: Pod\n"), None);
}
