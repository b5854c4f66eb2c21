//! VFs that sriov-cni has given to pods, by the records that it keeps (<https://github.com/k8snetworkplumbingwg/sriov-cni>,
//! pkg/utils/pci_allocator.go and pkg/utils/utils.go).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sys::stat::makedev;
use serde::Deserialize;
use vfctl_model::PciAddress;

use crate::roots::Roots;
use crate::sysfs::files::names;
use crate::sysfs::vf::lives_elsewhere;

/// Where the records are.
const FOLDER: &str = "/var/lib/cni/sriov";

/// Where the library that calls CNI plugins keeps what it called them with (containernetworking/cni, libcni/api.go).
const CALLS: &str = "/var/lib/cni/results";

/// How many characters of a container's id are shown, as container tools do.
const ID: usize = 12;

/// What is read of the configuration that a pod's interface was made by: a file for each container and interface
/// (`NetConf`, pkg/types/types.go).
#[derive(Deserialize)]
struct Cached {
    #[serde(rename = "deviceID")]
    device: Option<String>,
    #[serde(rename = "OrigVfState", default)]
    before: Before,
    /// What version 2.1 says in place of that.
    #[serde(rename = "HostIFNames", default)]
    of_before: String,
}

/// What the CNI found before it gave the VF away.
#[derive(Deserialize, Default)]
struct Before {
    /// The VF's interface; empty where a driver for user space had the VF.
    #[serde(rename = "HostIFName", default)]
    interface: String,
}

/// What is read of a call of a CNI plugin: a container runtime passes the pod's name in its arguments.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    container_id: String,
    #[serde(default)]
    cni_args: Vec<(String, String)>,
}

impl Call {
    /// Returns the pod that the call was for, with its namespace.
    fn pod(&self) -> Option<String> {
        let argument = |name: &str| self.cni_args.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        Some(format!("{}/{}", argument("K8S_POD_NAMESPACE")?, argument("K8S_POD_NAME")?))
    }
}

/// Returns the pods of these containers, by the container's id.
fn pods_of(roots: &Roots, containers: &BTreeSet<&str>) -> BTreeMap<String, String> {
    let folder = roots.path(CALLS);
    let mut pods = BTreeMap::new();
    if containers.is_empty() {
        return pods;
    }
    for name in names(&folder).unwrap_or_default() {
        // `NETWORK-CONTAINER-INTERFACE`, any of which may have a dash.
        if !containers.iter().any(|container| name.contains(container)) {
            continue;
        }
        let Ok(text) = fs::read(folder.join(&name)) else { continue };
        let Ok(call) = serde_json::from_slice::<Call>(&text) else { continue };
        if let Some(pod) = call.pod().filter(|_| containers.contains(call.container_id.as_str())) {
            pods.insert(call.container_id, pod);
        }
    }
    pods
}

/// Returns who holds each VF by the CNI's records. A record outlives its VF: where the VFs of a port were removed and made anew, the
/// new one has the old one's address, and is nobody's.
pub(crate) fn cni_holders(roots: &Roots) -> BTreeMap<PciAddress, String> {
    let folder = roots.path(FOLDER);
    let mut holders = BTreeMap::new();
    let entries = names(&folder).unwrap_or_default();
    let cached = entries.iter().filter_map(|name| cached(&folder, name));
    let records: Vec<Record<'_>> = cached.filter(|record| record.is_of_this_vf(roots)).collect();
    let pods = pods_of(roots, &records.iter().map(|record| record.container).collect());
    for record in records {
        holders.insert(record.address, record.holder(&pods));
    }
    // The allocator's records are of now; a network namespace that is gone leaves its own behind.
    let allocated = folder.join("pci");
    for name in names(&allocated).unwrap_or_default() {
        let Ok(address) = name.parse::<PciAddress>() else { continue };
        let Ok(namespace) = fs::read_to_string(allocated.join(&name)) else { continue };
        let namespace = namespace.trim();
        if namespace.is_empty() || !roots.path(namespace).exists() {
            holders.remove(&address);
        } else {
            holders.entry(address).or_insert_with(|| format!("network namespace {namespace}"));
        }
    }
    holders.retain(|address, _| interfaces(roots, *address) != Interfaces::Here);
    // One that is just being given to a pod, or taken back, has no other record, or the one of before.
    let locks = allocated.join("vf_lock");
    let held = held_locks(roots);
    for name in names(&locks).unwrap_or_default() {
        let address = name.strip_suffix(".lock").and_then(|address| address.parse::<PciAddress>().ok());
        let lock = fs::metadata(locks.join(&name)).ok().map(|file| (file.dev(), file.ino()));
        if let (Some(address), Some(pid)) = (address, lock.and_then(|lock| held.get(&lock))) {
            holders.insert(address, format!("pid {pid}, which works on it"));
        }
    }
    holders
}

/// Returns the files that somebody holds a lock on, and who: `1: FLOCK  ADVISORY  WRITE 4711 08:02:1234 0 EOF`, the device
/// in hexadecimal (`lock_get_status`, fs/locks.c).
fn held_locks(roots: &Roots) -> BTreeMap<(u64, u64), u32> {
    let held = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["FLOCK", _, _, pid, file, ..] = words.get(1..)? else { return None };
        let mut parts = file.split(':');
        let mut device = || u64::from_str_radix(parts.next()?, 16).ok();
        let (major, minor) = (device()?, device()?);
        Some(((makedev(major, minor), parts.next()?.parse().ok()?), pid.parse().ok()?))
    };
    let locks = fs::read_to_string(roots.path("/proc/locks")).unwrap_or_default();
    // A line with `->` is somebody who waits.
    locks.lines().filter_map(held).collect()
}

/// Where the interfaces of a VF are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interfaces {
    /// In this network namespace: no pod has it.
    Here,
    /// In another.
    Elsewhere,
    /// It has none, as without a driver or with one for user space.
    Absent,
}

/// Returns where a VF's interfaces are.
fn interfaces(roots: &Roots, vf: PciAddress) -> Interfaces {
    let function = roots.function(vf);
    if lives_elsewhere(&function) {
        Interfaces::Elsewhere
    } else if function.join("net").is_dir() {
        Interfaces::Here
    } else {
        Interfaces::Absent
    }
}

/// A VF that a container was given.
struct Record<'a> {
    address: PciAddress,
    container: &'a str,
    interface: &'a str,
    /// Whether the VF had an interface when it was given away.
    had_interface: bool,
}

impl Record<'_> {
    /// Returns whether the VF that is there now can be the one that was given away: an interface that it had then is the pod's as
    /// long as there is one.
    fn is_of_this_vf(&self, roots: &Roots) -> bool {
        !self.had_interface || interfaces(roots, self.address) != Interfaces::Absent
    }

    /// Returns who holds the VF: the pod, or its container where that is all that is known.
    fn holder(&self, pods: &BTreeMap<String, String>) -> String {
        let Self { address: _, container, interface, had_interface: _ } = self;
        match pods.get(*container) {
            Some(pod) => format!("pod {pod}, its interface {interface}"),
            None => {
                let container = container.get(..ID).unwrap_or(container);
                format!("container {container}, its interface {interface}")
            }
        }
    }
}

/// Reads `CONTAINER-INTERFACE`, the configuration that a pod's interface was made by.
fn cached<'a>(folder: &Path, name: &'a str) -> Option<Record<'a>> {
    let (container, interface) = name.rsplit_once('-')?;
    let Cached { device, before, of_before } =
        serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok()?;
    let had_interface = !before.interface.is_empty() || !of_before.is_empty();
    Some(Record { address: device?.parse().ok()?, container, interface, had_interface })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_both_sorts_name_the_holder_and_stale_ones_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let roots = Roots::under(folder.path());
        let put = |path: &str, text: &str| {
            let path = roots.path(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        put("/var/lib/cni/sriov/0a1b2c3d4e5f60718293-net1", r#"{"deviceID": "0000:01:10.0", "vlan": 99}"#);
        put("/var/lib/cni/sriov/ffff-net1", r#"{"deviceID": "0000:01:10.4"}"#);
        put("/var/lib/cni/sriov/no-record", "nothing");
        put("/var/lib/cni/sriov/abcdef-net1", r#"{"deviceID": "0000:01:11.0"}"#);
        put(
            "/var/lib/cni/results/tenant-a-abcdef-net1",
            r#"{"kind": "cniCacheV1", "containerId": "abcdef", "ifName": "net1", "networkName": "tenant-a",
                "cniArgs": [["IgnoreUnknown", "true"], ["K8S_POD_NAMESPACE", "default"], ["K8S_POD_NAME", "a"]]}"#,
        );
        put("/var/lib/cni/results/other-0a1b2c3d4e5f60718293-net1", "{}");
        put("/var/lib/cni/sriov/pci/0000:01:10.2", "/run/netns/pod1\n");
        put("/var/lib/cni/sriov/pci/0000:01:10.4", "/run/netns/gone");
        put("/var/lib/cni/sriov/pci/vf_lock/0000:01:10.2.lock", "");
        put("/var/lib/cni/sriov/pci/vf_lock/0000:01:10.6.lock", "");
        put("/run/netns/pod1", "");
        let lock =
            fs::metadata(roots.path("/var/lib/cni/sriov/pci/vf_lock/0000:01:10.6.lock")).expect("a lock");
        let (major, minor) = (nix::sys::stat::major(lock.dev()), nix::sys::stat::minor(lock.dev()));
        let inode = lock.ino();
        put(
            "/proc/locks",
            &format!(
                "1: POSIX  ADVISORY  WRITE 7 {major:02x}:{minor:02x}:1 0 EOF\n\
                 2: FLOCK  ADVISORY  WRITE 4711 {major:02x}:{minor:02x}:{inode} 0 EOF\n\
                 2: -> FLOCK  ADVISORY  WRITE 4712 {major:02x}:{minor:02x}:{inode} 0 EOF\n"
            ),
        );
        // As version 2.1 writes it, of a VF that has a driver for user space now.
        put("/var/lib/cni/sriov/cccc-net1", r#"{"deviceID": "0000:01:14.0", "HostIFNames": "eth11"}"#);
        fs::create_dir_all(roots.path("/sys/bus/pci/devices/0000:01:14.0")).expect("a folder");
        // The first was made anew, the second has a driver for user space now; the others are as they were given away.
        for (vf, had, has) in [
            ("0000:01:12.0", "eth8", Some("net/eth8")),
            ("0000:01:12.2", "eth9", None),
            ("0000:01:12.4", "eth9", Some("net")),
            ("0000:01:12.6", "", None),
        ] {
            put(
                &format!("/var/lib/cni/sriov/{vf}-net1"),
                &format!(r#"{{"deviceID": "{vf}", "OrigVfState": {{"HostIFName": "{had}", "Vlan": 0}}}}"#),
            );
            let device = roots.path(format!("/sys/bus/pci/devices/{vf}"));
            fs::create_dir_all(has.map_or(device.clone(), |has| device.join(has))).expect("a folder");
        }
        put("/sys/bus/pci/devices/0000:01:13.0/net/eth10/x", "");
        put("/var/lib/cni/sriov/pci/0000:01:13.0", "/run/netns/pod1\n");
        let holders: Vec<_> =
            cni_holders(&roots).into_iter().map(|(vf, who)| (vf.to_string(), who)).collect();
        let expected = [
            ("0000:01:10.0", "container 0a1b2c3d4e5f, its interface net1"),
            ("0000:01:10.2", "network namespace /run/netns/pod1"),
            ("0000:01:10.6", "pid 4711, which works on it"),
            ("0000:01:11.0", "pod default/a, its interface net1"),
            ("0000:01:12.4", "container 0000:01:12.4, its interface net1"),
            ("0000:01:12.6", "container 0000:01:12.6, its interface net1"),
        ];
        assert_eq!(holders, expected.map(|(vf, who)| (vf.to_owned(), who.to_owned())));
    }
}
