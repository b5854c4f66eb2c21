//! What of the kernel's arguments is written down.

use std::fs;

use crate::place::Place;

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
