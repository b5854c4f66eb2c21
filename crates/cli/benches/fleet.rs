//! Measures `vfctl plan --facts` on folders of facts files: time and peak memory for 100 hosts and for 10,000 in each format, the
//! time for one small host, and pools and networks of a cluster with 250 nodes and with 1000.
//!
//! Each host has two PFs with 32 VFs each, and on one of four hosts a VF has drifted. Prints what was asked beside what
//! is; fails only where a plan is not as it should be.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a program for measuring"
)]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How many hosts the two folders have.
const HOSTS: [usize; 2] = [100, 10_000];

/// One of so many hosts has drifted.
const DRIFTED: usize = 4;

/// In how many ways they have drifted: how many different plans with changes there are.
const WAYS: usize = 20;

/// The formats in which a fleet's plan is measured.
const FORMATS: [&str; 4] = ["text", "json", "markdown", "html"];

/// How often one small host is planned for.
const RUNS: usize = 200;

/// How much more memory the larger folder may take.
const ASKED_MEMORY: f64 = 1.5;

/// How long one small host may take, in milliseconds.
const ASKED_TIME: f64 = 5.0;

/// How many nodes the two clusters have.
const NODES: [usize; 2] = [250, 1000];

/// How much longer four times the nodes may take: no more than in proportion, but for what else the machine does.
const ASKED_GROWTH: f64 = 5.0;

/// What is asked of a cluster: a pool and a network on the VFs that every host has.
const CLUSTER_SPEC: &str = r#"
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: cluster}
spec:
  nodes: {names: ["*"]}
  components:
    devicePlugin: {version: v3.5.1, managed: {image: "example/plugin:v3.5.1"}}
  physicalFunctions:
    - {name: first, match: {interface: ens0f0np0}}
    - {name: second, match: {interface: ens1f0np0}}
  pools:
    - {resource: intel.com/net, from: [{physicalFunction: first}, {physicalFunction: second, vfs: "0-15"}]}
    - {resource: intel.com/other, from: [{physicalFunction: second, vfs: "16-31"}]}
  networks:
    - name: tenant-a
      namespaces: [default]
      resource: intel.com/net
      ipam: {type: host-local, subnet: 10.56.217.0/24}
"#;

/// What is asked of each host.
const SPEC: &str = r#"
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: fleet}
spec:
  nodes: {names: ["*"]}
  physicalFunctions:
    - name: ports
      expect: all
      match: {driver: ice}
      vfs:
        all: {trust: off, spoofCheck: on, vlan: 110, linkState: auto}
"#;

fn main() {
    // `cargo test` only tries whether it still works, `cargo bench` asks for figures.
    let measures = std::env::args().any(|argument| argument == "--bench");
    let (sizes, runs) = if measures { (HOSTS, RUNS) } else { ([10, 20], 1) };
    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("spec.yaml");
    fs::write(&spec, SPEC).expect("write the spec");
    one_small_host(folder.path(), &spec, runs);
    let [few, many] = sizes.map(|hosts| {
        let facts = folder.path().join(format!("{hosts}-hosts"));
        write_facts(&facts, hosts);
        let peaks = FORMATS.map(|format| plan(&spec, &facts, hosts, format));
        fs::remove_dir_all(&facts).expect("remove the facts");
        peaks
    });
    for (what, (few, many)) in FORMATS.into_iter().zip(few.into_iter().zip(many)) {
        let ratio = many as f64 / few as f64;
        let missed = if ratio <= ASKED_MEMORY { "" } else { "  MISSED" };
        println!("  {what}: {ratio:.2} times the memory for all, asked: at most {ASKED_MEMORY}{missed}");
    }
    let nodes = if measures { NODES } else { [2, 8] };
    let spec = folder.path().join("cluster.yaml");
    fs::write(&spec, CLUSTER_SPEC).expect("write the spec");
    let [few, many] =
        nodes.map(|nodes| plan_cluster(&spec, &folder.path().join(format!("{nodes}-nodes")), nodes));
    let missed = if many / few <= ASKED_GROWTH { "" } else { "  MISSED" };
    println!(
        "  {:.2} times as long for 4 times the nodes, asked: at most {ASKED_GROWTH}{missed}",
        many / few
    );
}

/// Plans for the nodes of a cluster that has none of it yet; returns the seconds that it took.
fn plan_cluster(spec: &Path, facts: &Path, nodes: usize) -> f64 {
    write_facts(facts, nodes);
    let node = |node: usize| {
        let name = format!("host-{node:05}");
        let content =
            json!({"metadata": {"labels": {"kubernetes.io/hostname": name}}, "status": {"allocatable": {}}});
        (format!("node {name}"), json!({"uid": format!("u-{node}"), "content": content}))
    };
    let objects: serde_json::Map<String, Value> = (0..nodes).map(node).collect();
    let cluster = json!({"format": "vfctl.dev/facts/v1", "hosts": {}, "cluster": {"objects": objects}});
    fs::write(facts.join("cluster.json"), cluster.to_string()).expect("write facts");
    let shown = facts.with_extension("shown");
    let began = Instant::now();
    let child =
        vfctl(spec, facts, "text").stdout(File::create(&shown).expect("a file")).spawn().expect("run vfctl");
    let (ended, peak) = watch(child);
    let took = began.elapsed().as_secs_f64();
    assert_eq!(ended.code(), Some(2), "no node offers anything yet");
    let text = fs::read_to_string(&shown).expect("what was shown");
    assert_eq!(text.matches("waits until intel.com/net is 48").count(), nodes, "each node has its pools");
    println!("a cluster of {nodes} nodes, 2 PFs x 32 VFs each: {took:.2} s, peak memory {peak} KiB");
    fs::remove_dir_all(facts).expect("remove the facts");
    took
}

/// Measures a host of one PF with four VFs, from the start of the program to its end.
fn one_small_host(folder: &Path, spec: &Path, runs: usize) {
    let facts = folder.join("small.json");
    fs::write(&facts, document("host-00003", &[host_pf(0, 4, Some(3))])).expect("write facts");
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let began = Instant::now();
            let ended = vfctl(spec, &facts, "text").stdout(Stdio::null()).status().expect("run vfctl");
            assert_eq!(ended.code(), Some(2), "a VF has drifted");
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let (best, median) = (times[0], times[runs / 2]);
    let missed = if median <= ASKED_TIME { "" } else { "  MISSED" };
    println!(
        "one host, 1 PF x 4 VFs: {best:.2} ms best, {median:.2} ms median of {runs}, asked: at most {ASKED_TIME}{missed}"
    );
}

/// Plans for the hosts of a folder; prints what it took, and returns the peak memory in KiB.
fn plan(spec: &Path, facts: &Path, hosts: usize, format: &str) -> u64 {
    let shown = facts.with_extension("shown");
    let began = Instant::now();
    let out = File::create(&shown).expect("a file");
    let summary = File::create(facts.with_extension("said")).expect("a file");
    let child = vfctl(spec, facts, format).stdout(out).stderr(summary).spawn().expect("run vfctl");
    let (ended, peak) = watch(child);
    let took = began.elapsed().as_secs_f64();
    assert_eq!(ended.code(), Some(2), "some hosts have drifted");
    let drifted = hosts.div_ceil(DRIFTED);
    let summary = format!("{hosts} hosts: {drifted} with changes, {} without changes.", hosts - drifted);
    let said = if format == "json" { facts.with_extension("said") } else { shown.clone() };
    assert!(fs::read_to_string(said).expect("what was said").contains(&summary));
    let size = fs::metadata(&shown).expect("what was shown").len() / 1024;
    println!(
        "{hosts} hosts, 2 PFs x 32 VFs, {format}: {took:.2} s, peak memory {peak} KiB, {size} KiB shown"
    );
    if format == "markdown" {
        let text = fs::read_to_string(&shown).expect("a review");
        let groups = text.lines().filter(|line| line.starts_with("| ")).count() - 1;
        assert_eq!(groups, WAYS.min(drifted) + 1, "equal plans are one row");
        println!("  {groups} rows for {hosts} hosts, {} characters", text.chars().count());
    }
    fs::remove_file(shown).expect("remove what was shown");
    peak
}

fn vfctl(spec: &Path, facts: &Path, format: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    command.arg("plan").arg(spec).arg("--facts").arg(facts).args(["-o", format]).env_clear();
    command
}

/// Waits for a program's end; returns how it ended and the most memory it had (`VmHWM`), as it was seen last.
fn watch(mut child: Child) -> (ExitStatus, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
        peak = peak.max(now.unwrap_or(0));
        if let Some(ended) = child.try_wait().expect("wait for vfctl") {
            return (ended, peak);
        }
        sleep(Duration::from_millis(1));
    }
}

/// Writes a facts file for each host.
fn write_facts(folder: &Path, hosts: usize) {
    fs::create_dir(folder).expect("a folder");
    for host in 0..hosts {
        let name = format!("host-{host:05}");
        let drifted = (host % DRIFTED == 0).then_some(host / DRIFTED % WAYS);
        let text = document(&name, &[host_pf(0, 32, drifted), host_pf(1, 32, None)]);
        fs::write(folder.join(format!("{name}.json")), text).expect("write facts");
    }
}

fn document(name: &str, pfs: &[(String, Value)]) -> String {
    let system = json!({
        "kernel": "6.12.0", "arguments": ["ro"], "iommu": {"groups": 88, "kinds": ["identity"]}, "modules": ["ice"],
    });
    let pfs: serde_json::Map<String, Value> = pfs.iter().cloned().collect();
    let host = json!({"system": system, "physicalFunctions": pfs, "links": {}});
    let hosts: serde_json::Map<String, Value> = [(name.to_owned(), host)].into_iter().collect();
    let document = json!({"format": "vfctl.dev/facts/v1", "hosts": hosts});
    serde_json::to_string_pretty(&document).expect("JSON")
}

/// Returns the address and the facts of a PF; where it has drifted, this VF is trusted.
fn host_pf(number: usize, vfs: usize, drifted: Option<usize>) -> (String, Value) {
    let vfs: serde_json::Map<String, Value> =
        (0..vfs).map(|vf| (vf.to_string(), self::vf(number, vf, drifted == Some(vf)))).collect();
    let pf = json!({
        "class": "0x020000", "vendor": "8086", "device": "159b",
        "model": "Intel Corporation Ethernet Controller E810-XXV for SFP",
        "numaNode": number, "driver": "ice", "totalVfs": 128, "vfCount": vfs.len(), "properties": {"driversAutoprobe": "on", "eswitchMode": "legacy"},
        "vfOffset": 8, "vfStride": 1, "vfDevice": "1889", "iommuGroup": {"number": 60, "kind": "identity"},
        "vfDefaultDriver": "iavf", "vfs": vfs,
        "netdev": {
            "name": format!("ens{number}f0np0"), "altnames": [format!("enp{number}f0np0")],
            "mac": "b4:96:91:aa:3e:70", "permanentMac": "b4:96:91:aa:3e:70", "mtu": 1500, "maxMtu": 9702,
            "up": true, "carrier": true, "speed": 25000, "defaultRoute": false,
        },
    });
    (format!("pci/0000:8{number}:00.0"), pf)
}

fn vf(pf: usize, vf: usize, trusted: bool) -> Value {
    let mac = format!("02:db:03:00:{pf:02x}:{vf:02x}");
    json!({
        "pci": format!("0000:8{pf}:{:02x}.{}", 1 + vf / 8, vf % 8), "driver": "iavf",
        "iommuGroup": {"number": 100 + vf, "kind": "identity"},
        "netdev": {
            "name": format!("ens{pf}f0v{vf}"), "altnames": [format!("enp{pf}f0v{vf}")], "mac": mac, "mtu": 1500,
            "up": true,
        },
        "attributes": {
            "macAddress": mac, "vlan": "110", "trust": if trusted { "on" } else { "off" }, "spoofCheck": "on",
            "linkState": "auto", "queryRss": "not reported", "rate": "unlimited",
        },
    })
}
