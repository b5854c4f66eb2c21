//! Releases: what is in the folder that one is written to.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::repository::ROOT;

/// Returns an empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("make a folder");
    folder
}

/// Makes a release in a folder that it must refuse: this ends before anything is built.
fn refused(folder: &Path) -> String {
    let script = Command::new("bash").arg(ROOT.join("ci/release.sh")).arg("--dirty").arg(folder).output();
    let Output { status, stdout, stderr } = script.expect("run bash");
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(status.code(), Some(1), "{said}");
    said
}

#[test]
fn a_folder_with_files_of_others_is_refused_and_stays() {
    for (name, sums) in [("release-without-sums", None), ("release-with-sums", Some("vfctl.deb"))] {
        let folder = folder(name);
        let precious = folder.join("precious");
        std::fs::write(&precious, "mine").expect("write a file");
        if let Some(listed) = sums {
            let line = format!("{}  {listed}\n", "0".repeat(64));
            std::fs::write(folder.join("SHA256SUMS"), line).expect("write a file");
        }
        let said = refused(&folder);
        assert!(said.contains("it holds precious"), "{name}: {said}");
        assert_eq!(std::fs::read_to_string(&precious).expect("the file is there"), "mine");
    }
}
