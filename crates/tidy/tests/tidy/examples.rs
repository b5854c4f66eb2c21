//! Every example is a golden: the program prints its plan, or the mistakes of its spec, byte for byte.

use std::collections::BTreeSet;

use crate::program::{Ran, VFCTL, run};
use crate::repository::{FILES, PATHS, ROOT, assert_none, text_of};

/// A folder under `examples/`.
struct Example {
    name: &'static str,
}

impl Example {
    /// Returns all, by name.
    fn all() -> Vec<Self> {
        let folders = PATHS.iter().filter_map(|path| path.strip_prefix("examples/")?.split_once('/'));
        let names: BTreeSet<&str> = folders.map(|(name, _)| name).collect();
        assert!(!names.is_empty(), "there is no example");
        names.into_iter().map(|name| Self { name }).collect()
    }

    fn path(&self, file: &str) -> String {
        format!("examples/{}/{file}", self.name)
    }

    fn has(&self, file: &str) -> bool {
        PATHS.contains(&self.path(file))
    }

    /// Returns whether it shows the mistakes of a spec, and not a plan.
    fn is_of_mistakes(&self) -> bool {
        self.has("diagnostics.txt")
    }

    /// Runs vfctl in its folder.
    fn run(&self, arguments: &[&str]) -> Ran {
        run(&VFCTL, &ROOT.join("examples").join(self.name), arguments)
    }
}

/// Returns the exit code that an example's README promises, in a line `Exit code: 2, there are changes.`
fn promised_code(readme: &str) -> Option<i32> {
    let line = readme.lines().find_map(|line| line.strip_prefix("Exit code: "))?;
    line.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Returns the exit code that belongs to a plan's text.
fn exit_code(plan: &str) -> i32 {
    let says = |word: &str| plan.lines().any(|line| line.starts_with(word));
    match (says("Blocked: "), says("Plan: ")) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => 0,
    }
}

#[test]
fn every_example_is_complete_and_says_what_it_shows() {
    let mut flaws = Vec::new();
    for example in Example::all() {
        let golden: &[&str] = if example.is_of_mistakes() { &[] } else { &["facts.json", "plan.txt"] };
        let missing = ["README.md", "spec.yaml"].iter().chain(golden).filter(|file| !example.has(file));
        flaws.extend(missing.map(|file| format!("there is no {}", example.path(file))));
    }
    let written =
        |path: &str| path.starts_with("examples/") && (path.ends_with(".md") || path.ends_with("spec.yaml"));
    let silent = FILES.iter().filter(|file| written(&file.path) && !file.text.starts_with("# "));
    flaws.extend(
        silent.map(|file| format!("{} does not begin with a line that says what it shows", file.path)),
    );
    assert_none(&flaws, "an example is docs and golden at once");
}

#[test]
fn every_example_has_the_plan_that_stands_beside_it() {
    for example in Example::all().iter().filter(|example| !example.is_of_mistakes()) {
        let planned = example.run(&["plan", "spec.yaml", "--facts", "facts.json"]);
        let (path, expected) = (example.path("plan.txt"), text_of(&example.path("plan.txt")));
        assert_eq!(planned.out, expected, "{path}: `bash ci/generate.sh` writes it anew\n{}", planned.err);
        assert_eq!(planned.code, exit_code(expected), "{path}: {}", planned.err);
        let promised = promised_code(text_of(&example.path("README.md")));
        assert_eq!(promised, Some(planned.code), "{}: `Exit code: …`", example.path("README.md"));
    }
}

#[test]
fn every_spec_of_an_example_is_valid_or_has_the_mistakes_that_stand_beside_it() {
    for example in Example::all() {
        let validated = example.run(&["validate", "spec.yaml"]);
        if example.is_of_mistakes() {
            let path = example.path("diagnostics.txt");
            assert_eq!(validated.err, text_of(&path), "{path}: `bash ci/generate.sh` writes it anew");
            assert_eq!(validated.code, 1, "{path}");
        } else {
            assert_eq!(validated.code, 0, "{}: {}", example.path("spec.yaml"), validated.err);
        }
    }
}

#[test]
fn a_readme_says_its_exit_code_in_a_line_of_its_own() {
    assert_eq!(promised_code("# A\n\nB.\n\nExit code: 2, there are changes.\n"), Some(2));
    assert_eq!(promised_code("# A\n\nThe Exit code: 2\n"), None);
}

#[test]
fn a_plan_ends_with_the_word_that_its_exit_code_means() {
    assert_eq!(exit_code("host a: b\nNo changes.\n"), 0);
    assert_eq!(exit_code("host a: b\nPlan: 1 step, 1 change on 1 PF.\nhost c: b\nNo changes.\n"), 2);
    assert_eq!(exit_code("host a: b\nPlan: 1 step.\nhost c: b\nBlocked: 1 error to mend.\n"), 1);
}
