//! How files are named, opened and sized.

use crate::repository::{FILES, File, assert_none};
use crate::rust_source::{functions, shipped_code};

/// The most lines of a file.
const LEAF: usize = 400;
/// The most lines of a file where everything meets.
const SEAM: usize = 200;
/// The most lines of a function in a file that lists and documents: a dispatch, a constructor, a lookup.
const GLUE: usize = 12;

/// Names that say nothing of what is in a file.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "common", "helper", "helpers", "manager", "misc", "lib2", "stuff"];

/// Returns the Rust files that do not begin with what lives in them.
fn unopened(files: &[File]) -> Vec<String> {
    let unopened = files.iter().filter(|file| file.is_rust() && !file.text.starts_with("//! "));
    unopened.map(|file| format!("{}: its first line is no `//!`", file.path)).collect()
}

/// Returns whether a file is one where everything meets.
fn is_seam(file: &File) -> bool {
    matches!(file.name(), "lib.rs" | "mod.rs" | "main.rs" | "registry.rs" | "engine.rs")
        || file.path.contains("/bin/")
}

/// Returns the files that are too long.
fn too_long(files: &[File]) -> Vec<String> {
    let mut flaws = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() || file.path.ends_with(".sh")) {
        let (lines, most) = (file.text.lines().count(), if is_seam(file) { SEAM } else { LEAF });
        if lines > most {
            flaws.push(format!(
                "{}: {lines} lines, more than {most}; look for the noun that hides in it",
                file.path
            ));
        }
    }
    flaws
}

/// Returns the functions of listing files that do more than glue.
fn logic_in_lists(files: &[File]) -> Vec<String> {
    let mut flaws = Vec::new();
    for file in files.iter().filter(|file| matches!(file.name(), "lib.rs" | "mod.rs")) {
        for function in functions(&shipped_code(&file.text)).iter().filter(|function| function.lines > GLUE) {
            let (path, name, lines) = (&file.path, &function.name, function.lines);
            flaws.push(format!(
                "{path}: fn {name} has {lines} lines, more than {GLUE}; give it a file of its own"
            ));
        }
    }
    flaws
}

/// Returns the files and folders whose names say nothing.
fn empty_names(files: &[File]) -> Vec<String> {
    let empty = |part: &str| EMPTY_NAMES.contains(&part.split('.').next().unwrap().to_lowercase().as_str());
    files.iter().map(|file| &file.path).filter(|path| path.split('/').any(empty)).cloned().collect()
}

#[test]
fn every_rust_file_opens_with_what_lives_in_it() {
    assert_none(&unopened(&FILES), "a module opens with `//!`: what lives here, and what does not");
    assert_eq!(
        unopened(&[File::new("a/src/b.rs", "use c;\n"), File::new("a/src/d.rs", "//! D.\n")]).len(),
        1
    );
}

#[test]
fn no_file_has_more_than_400_lines_and_no_seam_more_than_200() {
    assert_none(&too_long(&FILES), "no seam without an owner");
    let long = |name: &str, lines: usize| File::new(name, &"//! A.\n".repeat(lines));
    assert_eq!(too_long(&[long("src/a.rs", 400), long("src/lib.rs", 200), long("a.md", 900)]), [""; 0]);
    assert_eq!(
        too_long(&[long("src/a.rs", 401), long("src/mod.rs", 201), long("src/bin/a.rs", 201)]).len(),
        3
    );
}

#[test]
fn files_that_list_modules_hold_no_logic() {
    assert_none(&logic_in_lists(&FILES), "mod.rs and lib.rs list and document");
    let function = |lines: usize| format!("fn a() {{\n{}}}\n", "    b();\n".repeat(lines));
    assert_eq!(
        logic_in_lists(&[File::new("src/lib.rs", &function(12)), File::new("src/a.rs", &function(99))]),
        [""; 0]
    );
    assert_eq!(logic_in_lists(&[File::new("src/mod.rs", &function(13))]).len(), 1);
}

#[test]
fn every_file_is_named_by_what_is_in_it() {
    assert_none(&empty_names(&FILES), "a file is named by a noun of its subject");
    assert_eq!(empty_names(&[File::new("src/utils.rs", ""), File::new("src/common/a.rs", "")]).len(), 2);
    assert_eq!(empty_names(&[File::new("src/vlan.rs", "")]), [""; 0]);
}
