//! The files of the repository: those that git knows, and those that it would take.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// A text file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl File {
    /// Returns a file for a test of a check.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Returns the last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }

    /// Returns whether the file is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Returns whether the file is part of what is built and not of its tests.
    pub(crate) fn is_shipped_rust(&self) -> bool {
        let test = |part: &str| matches!(part, "tests" | "benches" | "examples");
        self.is_rust()
            && self.path.contains("/src/")
            && !self.path.split('/').any(test)
            && !self.path.ends_with("tests.rs")
    }
}

/// The repository's root.
pub(crate) static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root of the repository")
});

/// The paths of all files, text or not, from the root.
pub(crate) static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&*ROOT)
        .output()
        .expect("run git");
    assert!(listed.status.success(), "list files: {}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).expect("paths are UTF-8");
    let mut paths: Vec<String> = listed
        .split_terminator('\0')
        .map(str::to_owned)
        // Git still lists a file that was just moved away.
        .filter(|path| ROOT.join(path).is_file())
        .collect();
    paths.sort();
    paths.dedup();
    assert!(!paths.is_empty(), "git lists no file");
    paths
});

/// All text files.
pub(crate) static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let read = |path: &String| {
        let bytes = std::fs::read(ROOT.join(path)).unwrap_or_else(|error| panic!("read {path}: {error}"));
        let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))?;
        Some(File { path: path.clone(), text })
    };
    PATHS.iter().filter_map(read).collect()
});

/// Returns the text of a file that must be there.
pub(crate) fn text_of(path: &str) -> &'static str {
    let file = FILES.iter().find(|file| file.path == path);
    &file.unwrap_or_else(|| panic!("there is no {path}")).text
}

/// Returns whether what is generated is to be written anew instead of compared.
pub(crate) fn is_blessing() -> bool {
    std::env::var_os("VFCTL_BLESS").is_some_and(|value| value == "1")
}

/// Fails with all flaws, one a line, under what was promised.
#[track_caller]
pub(crate) fn assert_none(flaws: &[String], promise: &str) {
    assert!(flaws.is_empty(), "{promise}\n  {}", flaws.join("\n  "));
}

#[test]
fn the_repository_lists_its_own_sources() {
    for path in ["Cargo.toml", "crates/tidy/tests/tidy/repository.rs"] {
        assert!(PATHS.iter().any(|listed| listed == path), "{path}");
    }
}

#[test]
fn only_what_is_built_counts_as_shipped() {
    for (path, shipped) in [
        ("crates/a/src/lib.rs", true),
        ("crates/a/src/b_tests.rs", false),
        ("crates/a/src/b/tests.rs", false),
        ("crates/a/tests/a/main.rs", false),
        ("crates/a/examples/a.rs", false),
        ("docs/lib.md", false),
    ] {
        assert_eq!(File::new(path, "").is_shipped_rust(), shipped, "{path}");
    }
}
