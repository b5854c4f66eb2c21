//! VFs that the kubelet has given to pods as devices of a resource, by the state that it keeps for its own restarts
//! (`kubelet_internal_checkpoint`, pkg/kubelet/cm/devicemanager/checkpoint/checkpoint.go).
//!
//! A pod may open such a VF at any time, and one for user space need have no network of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;

use serde::Deserialize;
use vfctl_model::{PciAddress, Reading};

use crate::roots::Roots;
use crate::sysfs::files::names;

/// Where the kubelet keeps which device it gave to which pod.
const CHECKPOINT: &str = "/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint";

/// Where the kubelet has a folder for each pod that it runs, by the pod's uid.
const PODS: &str = "/var/lib/kubelet/pods";

/// Where the kubelet has a folder for the logs of each pod: `NAMESPACE_NAME_UID`.
const LOGS: &str = "/var/log/pods";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Checkpoint {
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    #[serde(default)]
    pod_device_entries: Option<Vec<Entry>>,
    /// What device plugins offer, by the resource.
    #[serde(default)]
    registered_devices: Option<BTreeMap<String, Vec<String>>>,
}

/// What the kubelet knows of VFs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Allocations {
    /// To which pod each VF is allocated.
    pub(crate) pods: BTreeMap<PciAddress, String>,
    /// As which resource each VF is offered.
    pub(crate) offered: BTreeMap<PciAddress, String>,
}

/// Devices that a container of a pod was given.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "PodUID")]
    pod: String,
    /// By the NUMA node; a plugin of VFs calls them by their PCI addresses.
    #[serde(rename = "DeviceIDs", default)]
    devices: BTreeMap<String, Vec<String>>,
}

/// Returns to which pod each VF is allocated, and as what it is offered. The kubelet forgets pods that have gone only when it
/// gives out the next device: those that it runs no more are left out. Unreadable where there is a record that could not be
/// read.
pub(crate) fn allocations(roots: &Roots) -> Reading<Allocations> {
    let text = match fs::read(roots.path(CHECKPOINT)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Reading::Known(Allocations::default()),
        Err(error) => return Reading::Unreadable(format!("{CHECKPOINT}: {error}")),
    };
    let Checkpoint { data } = match serde_json::from_slice(&text) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return Reading::Unreadable(format!("{CHECKPOINT}: {error}")),
    };
    let entries = data.pod_device_entries.unwrap_or_default();
    let runs = |entry: &&Entry| roots.path(PODS).join(&entry.pod).exists();
    let logs = if entries.is_empty() { Vec::new() } else { names(&roots.path(LOGS)).unwrap_or_default() };
    let mut holders = BTreeMap::new();
    for Entry { pod, devices } in entries.iter().filter(runs) {
        let name = logs.iter().find_map(|name| {
            let (namespace, pod) = name.strip_suffix(pod.as_str())?.strip_suffix('_')?.split_once('_')?;
            Some(format!("{namespace}/{pod}"))
        });
        let holder = name.unwrap_or_else(|| format!("with uid {pod}"));
        let addresses = devices.values().flatten().filter_map(|device| device.parse().ok());
        holders.extend(addresses.map(|address| (address, holder.clone())));
    }
    let resources = data.registered_devices.unwrap_or_default();
    let offered = resources.iter().flat_map(|(resource, devices)| {
        let addresses = devices.iter().filter_map(|device| device.parse().ok());
        addresses.map(|address| (address, resource.clone()))
    });
    Reading::Known(Allocations { pods: holders, offered: offered.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_of_pods_that_run_are_theirs_by_name_and_others_are_nobodys() {
        let folder = tempfile::tempdir().expect("a folder");
        let roots = Roots::under(folder.path());
        assert_eq!(allocations(&roots), Reading::Known(Allocations::default()), "no kubelet");
        let put = |path: &str, text: &str| {
            let path = roots.path(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        put(
            CHECKPOINT,
            r#"{"Data": {"PodDeviceEntries": [
                {"PodUID": "u-1", "ContainerName": "c", "ResourceName": "example.com/dpdk",
                 "DeviceIDs": {"-1": ["0000:02:10.0", "0000:02:10.2"]}, "AllocResp": "x"},
                {"PodUID": "u-2", "ContainerName": "c", "ResourceName": "example.com/dpdk",
                 "DeviceIDs": {"0": ["0000:02:10.4"]}, "AllocResp": "x"},
                {"PodUID": "u-3", "ContainerName": "c", "ResourceName": "example.com/gpu",
                 "DeviceIDs": {"0": ["gpu-1"]}, "AllocResp": "x"},
                {"PodUID": "u-4", "ContainerName": "c", "ResourceName": "example.com/net",
                 "DeviceIDs": {"0": ["0000:02:10.6"]}, "AllocResp": "x"}
            ], "RegisteredDevices": {"example.com/dpdk": ["0000:02:10.0"], "example.com/gpu": ["gpu-1"]}}, "Checksum": 1}"#,
        );
        put("/var/lib/kubelet/pods/u-1/x", "");
        put("/var/lib/kubelet/pods/u-3/x", "");
        put("/var/lib/kubelet/pods/u-4/x", "");
        put("/var/log/pods/default_dpdk-0_u-1/x", "");
        let Reading::Known(Allocations { pods: found, offered }) = allocations(&roots) else {
            panic!("it can be read")
        };
        let offered: Vec<String> =
            offered.into_iter().map(|(vf, resource)| format!("{vf} {resource}")).collect();
        assert_eq!(offered, ["0000:02:10.0 example.com/dpdk"]);
        let found: Vec<(String, String)> = found.into_iter().map(|(vf, pod)| (vf.to_string(), pod)).collect();
        let expected = [
            ("0000:02:10.0", "default/dpdk-0"),
            ("0000:02:10.2", "default/dpdk-0"),
            ("0000:02:10.6", "with uid u-4"),
        ];
        assert_eq!(found, expected.map(|(vf, pod)| (vf.to_owned(), pod.to_owned())));
        put(CHECKPOINT, "torn");
        assert!(matches!(allocations(&roots), Reading::Unreadable(_)));
    }
}
