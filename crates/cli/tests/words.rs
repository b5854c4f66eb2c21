//! The words that all commands share: `-o` is a format, `--out` a file.

#![allow(clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What a program printed, and how it ended.
#[derive(PartialEq, Eq, Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// A folder to work in, with spec and facts of an example whose plan is one change.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/drift-one-vlan");
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["spec.yaml", "facts.json"] {
            fs::copy(example.join(name), folder.path().join(name)).expect("copy the example");
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("read a file")
    }

    /// Runs vfctl with these words.
    fn vfctl(&self, words: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
        command.current_dir(self.folder.path()).args(words.split(' ')).env_clear();
        command.env("VFCTL_STATE_DIR", self.path("state"));
        let ran = command.output().expect("run vfctl");
        Ran {
            code: ran.status.code().expect("an exit code"),
            out: String::from_utf8(ran.stdout).expect("text"),
            err: String::from_utf8(ran.stderr).expect("text"),
        }
    }
}

const PLAN: &str = "plan spec.yaml --facts facts.json";

#[test]
fn json_is_short_for_the_format_in_every_command() {
    let place = Place::new();
    assert_eq!(place.vfctl(&format!("{PLAN} --out plan.json")).code, 2);
    let explain = "explain pf/storage/vf/2/vlan spec.yaml --facts facts.json";
    let apply = "apply --yes spec.yaml nowhere.yaml";
    for words in [PLAN, explain, "validate spec.yaml", "show plan.json", "discover --facts facts.json", apply]
    {
        let (long, short) =
            (place.vfctl(&format!("{words} -o json")), place.vfctl(&format!("{words} --json")));
        assert_eq!(long, short, "{words}");
        let text = if words.starts_with("discover") { "table" } else { "text" };
        assert_eq!(place.vfctl(&format!("{words} -o {text}")), place.vfctl(words), "{words}");
        let unknown = place.vfctl(&format!("{words} -o xml"));
        assert_eq!((unknown.code, unknown.out.as_str()), (1, ""), "{words}");
        assert!(unknown.err.starts_with("error: `xml` is not an output format ("), "{}", unknown.err);
    }
    let (shown, file) = (place.vfctl("show plan.json -o json"), place.read("plan.json"));
    assert_eq!(shown.out, file, "show prints the plan as it was written");
}

#[test]
fn file_that_is_given_as_a_format_is_told_where_files_go() {
    let place = Place::new();
    for words in [PLAN, "record"] {
        for file in ["plan.json", "-"] {
            let ran = place.vfctl(&format!("{words} -o {file}"));
            assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{words} {file}");
            let (what, formats) =
                if words == PLAN { ("plan", "text, json") } else { ("facts", "json, yaml") };
            let said = format!(
                "error: `{file}` is not an output format ({formats}); write the {what} to a file with `--out {file}`\n"
            );
            assert!(ran.err.starts_with(&said), "{}", ran.err);
            assert!(!place.path(file).exists(), "nothing is written");
        }
    }
}

#[test]
fn plan_goes_to_a_file_and_is_printed_in_the_format_as_well() {
    let place = Place::new();
    let (text, json) = (place.vfctl(PLAN), place.vfctl(&format!("{PLAN} -o json")));
    assert_eq!(place.vfctl(&format!("{PLAN} --out a.json")), text);
    assert_eq!(place.vfctl(&format!("{PLAN} --out b.json -o json")), json);
    assert_eq!(place.vfctl(&format!("{PLAN} --out -")), json);
    assert_eq!((place.read("a.json"), place.read("b.json")), (json.out.clone(), json.out));
}

#[test]
fn facts_are_recorded_as_json_and_as_yaml() {
    let place = Place::new();
    for (options, file) in [("", "a.json"), ("-o yaml ", "a.yaml")] {
        let ran = place.vfctl(&format!("record {options}--out {file}"));
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
        let read = place.vfctl(&format!("discover --facts {file}"));
        assert_eq!(read.code, 0, "{}", read.err);
    }
    assert!(place.read("a.json").starts_with('{') && place.read("a.yaml").starts_with("format: "));
    let both = place.vfctl("record --json -o yaml");
    assert!(both.code == 1 && both.err.contains("cannot be used with"), "{}", both.err);
}

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
                "error: failed to write `{file}`: there is a file already, and it is not a {what} file\n  \
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
    assert!(ran.code == 1 && ran.err.contains("write `folder/db-3.json`: there is a file"), "{}", ran.err);
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

#[test]
fn secrets_in_the_kernels_arguments_are_not_written_down() {
    let place = Place::new();
    let facts = place.read("facts.json");
    let mut document: serde_json::Value = serde_json::from_str(&facts).expect("JSON");
    let arguments = document.pointer_mut("/hosts/db-3/system/arguments").expect("arguments");
    *arguments = serde_json::json!(["iommu=pt", "rd.iscsi.password=s3cret", "quiet"]);
    fs::write(place.path("facts.json"), document.to_string()).expect("write facts");
    for format in ["json", "yaml"] {
        let ran = place.vfctl(&format!("discover --facts facts.json -o {format}"));
        let has = |word: &str| ran.out.contains(word);
        assert!(has("iommu=pt") && has("rd.iscsi.password") && has("quiet"), "{}", ran.out);
        assert!(!has("s3cret"), "{}", ran.out);
    }
}

#[test]
fn record_writes_the_arguments_of_this_kernel_whole_only_when_asked() {
    let place = Place::new();
    let line = fs::read_to_string("/proc/cmdline").expect("the kernel's arguments");
    let recorded = |words: &str| {
        let facts: serde_json::Value = serde_json::from_str(&place.vfctl(words).out).expect("facts");
        let host = facts.get("hosts").and_then(|hosts| hosts.as_object()?.values().next()).expect("a host");
        let arguments = host.pointer("/system/arguments").and_then(|all| all.as_array()).expect("arguments");
        arguments.iter().map(|one| one.as_str().expect("text").to_owned()).collect::<Vec<String>>()
    };
    assert_eq!(recorded("record --full"), line.split_whitespace().collect::<Vec<_>>());
    for kept in recorded("record") {
        let name = kept.split('=').next().unwrap_or_default();
        assert!(line.contains(name), "{kept}");
        assert!(!kept.starts_with("root=") && !kept.starts_with("init="), "{kept}");
    }
}

#[test]
fn command_whose_output_nobody_reads_ends_as_it_would_have() {
    let place = Place::new();
    fs::write(place.path("same.yaml"), place.vfctl("discover --facts facts.json -o spec").out)
        .expect("a spec");
    fs::write(place.path("wrong.yaml"), "kind: SriovConfig\n").expect("a spec");
    for name in ["spec.yaml", "facts.json"] {
        let blocked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/blocked").join(name);
        fs::copy(blocked, place.path(&format!("blocked-{name}"))).expect("copy the example");
    }
    for (words, code) in [
        ("--help", 0),
        (PLAN, 2),
        ("plan spec.yaml --facts facts.json -v", 2),
        ("plan spec.yaml --facts facts.json -o json --out plan.json", 2),
        ("show plan.json", 0),
        ("plan same.yaml --facts facts.json", 0),
        ("plan blocked-spec.yaml --facts blocked-facts.json", 1),
        ("validate wrong.yaml -o json", 1),
        ("validate spec.yaml", 0),
        ("discover --facts facts.json", 0),
        ("record", 0),
        ("schema plan", 0),
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
        command.current_dir(place.folder.path()).args(words.split(' ')).env_clear();
        command.env("VFCTL_STATE_DIR", place.path("state"));
        let ran = command.stdout(writer).output().expect("run vfctl");
        assert_eq!(ran.status.code(), Some(code), "{words}");
        assert!(!String::from_utf8_lossy(&ran.stderr).contains("standard output"), "{words}");
    }
    assert!(place.path("plan.json").exists(), "the plan is written all the same");
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let place = Place::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    command.current_dir(place.folder.path()).args(PLAN.split(' ')).stdout(full);
    let ran = command.output().expect("run vfctl");
    let said = String::from_utf8(ran.stderr).expect("text");
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: failed to write to standard output: "), "{said}");
}
