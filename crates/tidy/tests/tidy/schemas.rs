//! The schemas under `schemas/` are what the program prints.

use crate::program::{VFCTL, run};
use crate::repository::{PATHS, ROOT, assert_none, is_blessing, text_of};

/// The documents that have a schema.
const DOCUMENTS: [&str; 9] =
    ["spec", "facts", "plan", "report", "errors", "explanations", "pools", "pod-chain", "verification"];

#[test]
fn every_schema_is_what_the_program_prints() {
    let mut flaws = Vec::new();
    for document in DOCUMENTS {
        let path = format!("schemas/{document}.schema.json");
        let printed = run(&VFCTL, &ROOT, &["schema", document]);
        assert_eq!(printed.code, 0, "vfctl schema {document}: {}", printed.err);
        if is_blessing() {
            std::fs::write(ROOT.join(&path), printed.out).expect("write a schema");
        } else if !PATHS.contains(&path) || text_of(&path) != printed.out {
            flaws.push(path);
        }
    }
    assert_none(&flaws, "schemas are up to date; `bash ci/generate.sh` writes them anew");
}

#[test]
fn there_is_no_schema_of_anything_else() {
    let known = DOCUMENTS.map(|document| format!("schemas/{document}.schema.json"));
    let others: Vec<_> =
        PATHS.iter().filter(|path| path.starts_with("schemas/") && !known.contains(path)).collect();
    assert_eq!(others, [""; 0]);
}
