//! What no file may say: places of the machine it was written on, sites that nobody knows, unfinished work.
//!
//! The words are put together at run time, so that this file does not say them either.

use std::path::Path;

use crate::repository::{FILES, File, ROOT, assert_none};

/// The sites that files may speak of.
const SITES: &[&str] = &[
    // Where each machine of a cloud asks about itself.
    "169.254.169.254",
    "bixense.com",
    "crates.io",
    "docs.kernel.org",
    "docs.oasis-open.org",
    "docs.rs",
    "github.com",
    "json-schema.org",
    "keepachangelog.com",
    "lists.debian.org",
    "no-color.org",
    "reproducible-builds.org",
    "rustup.rs",
    "semver.org",
    "vfctl.dev",
    "www.apache.org",
    "www.kernel.org",
    "www.rust-lang.org",
    // The name of SVG.
    "www.w3.org",
];

/// Returns the folders of this machine that no file may name.
fn own_folders() -> Vec<String> {
    let mut folders = vec![concat!("/wo", "rk/").to_owned(), concat!("/ro", "ot/").to_owned()];
    let home = std::env::var("HOME").unwrap_or_default();
    let above = ROOT.parent().unwrap_or(Path::new("/"));
    for folder in [Path::new(&home), &ROOT, above] {
        // A folder at the top, such as /usr or /home, is everybody's.
        if folder.components().count() > 2 {
            folders.push(format!("{}/", folder.display()));
        }
    }
    folders
}

/// Returns the marks of unfinished work.
fn marks() -> [&'static str; 6] {
    [
        concat!("to", "do!("),
        concat!("unimplem", "ented!("),
        concat!("#[ig", "nore"),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
        concat!("db", "g!("),
    ]
}

/// Returns each line that has one of these words.
fn lines_with<S: AsRef<str>>(files: &[File], words: &[S]) -> Vec<String> {
    let mut flaws = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_ref())) {
                flaws.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    flaws
}

/// Returns the web addresses that are of no site in the list.
fn unknown_sites(files: &[File]) -> Vec<String> {
    let mut flaws = Vec::new();
    for file in files {
        for (at, _) in file.text.match_indices("://") {
            let scheme = file.text[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
            let rest = &file.text[at + 3..];
            let host = &rest[..rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || "-._@".contains(c)))
                .unwrap_or(rest.len())];
            let local =
                host.is_empty() || host.starts_with("127.") || host.starts_with("10.") || host == "localhost";
            if matches!(scheme, "http" | "https" | "git" | "ssh" | "ftp") && !local && !SITES.contains(&host)
            {
                flaws.push(format!("{}: {scheme}://{host}", file.path));
            }
        }
    }
    flaws
}

#[test]
fn no_file_names_a_place_of_the_machine_it_was_written_on() {
    assert_none(&lines_with(&FILES, &own_folders()), "what is committed works anywhere");
    let path = format!("{}x", own_folders()[0]);
    assert_eq!(lines_with(&[File::new("a", &path)], &own_folders()).len(), 1);
}

#[test]
fn every_web_address_is_of_a_known_site() {
    assert_none(
        &unknown_sites(&FILES),
        "mirrors and private sites do not belong here; public ones go into SITES",
    );
    let made_up = concat!("http", "://mirror.", "example/x");
    assert_eq!(unknown_sites(&[File::new("a", made_up), File::new("b", "http://127.0.0.1:80")]).len(), 1);
}

#[test]
fn nothing_is_left_unfinished() {
    assert_none(&lines_with(&FILES, &marks()), "what is not built yet is absent, not marked");
    for mark in marks() {
        assert_eq!(lines_with(&[File::new("a.rs", mark)], &marks()).len(), 1, "{mark}");
    }
}
