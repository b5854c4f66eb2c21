//! The units of `packaging/systemd`: they start where there is a spec, and ask nothing of a cluster.

use std::path::Path;

use crate::program::{Ran, VFCTL, run};
use crate::repository::{FILES, File, assert_none, text_of};

/// The folder of specs.
const FOLDER: &str = "/etc/vfctl";

/// The units that read it, each with its command.
const UNITS: [(&str, &str); 2] = [
    ("packaging/systemd/vfctl.service", "apply --yes --only host"),
    ("packaging/systemd/vfctl-drift.service", "plan --only host"),
];

/// Endings of files, some of which are those of specs.
const ENDINGS: [&str; 5] = ["yaml", "yml", "json", "conf", "txt"];

/// A spec without mistakes.
const SPEC: &str = "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {name: a}\nspec: {}\n";

/// Returns whether vfctl reads files of a folder whose names end so.
fn is_read(ending: &str) -> bool {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("specs-{ending}"));
    std::fs::create_dir_all(&folder).expect("make a folder");
    std::fs::write(folder.join(format!("a.{ending}")), SPEC).expect("write a spec");
    let Ran { code, out: _, err } = run(&VFCTL, &folder, &["validate", "."]);
    assert!(code == 0 || err.contains("there is no *.yaml or *.yml file in it"), "{ending}: {err}");
    code == 0
}

/// Returns what a unit's conditions lack or have too much, given the endings of specs. One condition of several is enough.
fn differences(unit: &str, read: &[&str]) -> Vec<String> {
    let prefix = "ConditionPathExistsGlob=";
    let written: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix(prefix)).collect();
    let wanted: Vec<String> = read.iter().map(|ending| format!("|{FOLDER}/*.{ending}")).collect();
    let lacking =
        wanted.iter().filter(|glob| !written.contains(&glob.as_str())).map(|glob| format!("lacks {glob}"));
    let surplus = written.iter().filter(|glob| !wanted.iter().any(|wanted| wanted == *glob));
    lacking.chain(surplus.map(|glob| format!("has {glob}"))).collect()
}

#[test]
fn units_start_where_there_is_a_spec() {
    let read: Vec<&str> = ENDINGS.into_iter().filter(|ending| is_read(ending)).collect();
    assert!(read.len() > 1 && read.len() < ENDINGS.len(), "read are {read:?}");
    let flaws = UNITS.iter().flat_map(|(path, _)| {
        differences(text_of(path), &read).into_iter().map(move |flaw| format!("{path} {flaw}"))
    });
    assert_none(&flaws.collect::<Vec<_>>(), "units look for the files that vfctl reads");
}

#[test]
fn units_are_for_the_host_alone() {
    let wanted = |command: &str| format!("ExecStart=/usr/local/sbin/vfctl {command} {FOLDER}");
    let lacking =
        UNITS.iter().filter(|(path, command)| !text_of(path).lines().any(|line| line == wanted(command)));
    let flaws: Vec<String> =
        lacking.map(|(path, command)| format!("{path} does not run `{command}`")).collect();
    assert_none(&flaws, "no API server can be reached before the network is up");
}

/// Returns the terms that select no port before the network is configured, by the table of the reference.
fn unknown_at_boot(reference: &str) -> Vec<&str> {
    let lines = reference.lines().skip_while(|line| !line.ends_with("| known at boot |"));
    let rows = lines.take_while(|line| line.starts_with('|')).filter(|row| row.ends_with("| no |"));
    rows.filter_map(|row| row.split('`').nth(1)).collect()
}

/// Returns the words of a page's YAML blocks, if the page has its spec applied at boot.
fn words_for_the_boot(page: &str) -> Vec<&str> {
    if !["vfctl.service", "boot unit"].iter().any(|unit| page.contains(unit)) {
        return Vec::new();
    }
    let blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(|block| block.split(|c: char| !c.is_ascii_alphanumeric())).collect()
}

#[test]
fn guides_select_ports_for_the_boot_by_what_is_known_then() {
    let unknown = unknown_at_boot(text_of("docs/spec.md"));
    assert!(unknown.contains(&"defaultRoute") && !unknown.contains(&"pci"), "{unknown:?}");
    let (mut flaws, mut words) = (Vec::new(), 0);
    for File { path, text } in FILES.iter().filter(|file| file.path.starts_with("docs/how-to/")) {
        let used = words_for_the_boot(text);
        words += used.len();
        flaws.extend(used.iter().filter(|word| unknown.contains(word)).map(|term| format!("{path}: {term}")));
    }
    assert_none(
        &flaws,
        "before the network is configured ports have no addresses, routes, carriers and bonds",
    );
    assert!(words > 0, "no guide has its spec applied at boot");
    let page = "The boot unit:\n```yaml\nmatch: {bond: b}\n```\n```console\n$ address\n```\n";
    assert_eq!(words_for_the_boot(page).into_iter().filter(|word| unknown.contains(word)).count(), 1);
}

#[test]
fn a_condition_that_is_missing_or_must_hold_with_others_is_found() {
    let unit = |conditions: &str| differences(conditions, &["yaml", "yml"]).len();
    assert_eq!(
        unit("ConditionPathExistsGlob=|/etc/vfctl/*.yaml\nConditionPathExistsGlob=|/etc/vfctl/*.yml\n"),
        0
    );
    assert_eq!(unit("ConditionPathExistsGlob=|/etc/vfctl/*.yaml\n"), 1);
    assert_eq!(
        unit("ConditionPathExistsGlob=/etc/vfctl/*.yaml\nConditionPathExistsGlob=/etc/vfctl/*.yml\n"),
        4
    );
}
