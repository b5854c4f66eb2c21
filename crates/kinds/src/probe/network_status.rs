//! What multus says of a pod's networks: the annotation `k8s.v1.cni.cncf.io/network-status` (`NetworkStatus`,
//! network-attachment-definition-client, pkg/apis/k8s.cni.cncf.io/v1/types.go).

use vfctl_model::{JsonValue, PciAddress};
use vfctl_port::ObjectFacts;

/// The annotation.
const NETWORK_STATUS: &str = "k8s.v1.cni.cncf.io/network-status";

/// A network that a pod has, as CNI plugins say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttachedNetwork {
    /// Its name with its namespace, `default/tenant-a`.
    pub name: String,
    /// The interface.
    pub interface: String,
    /// Its addresses, without the length of a prefix.
    pub addresses: Vec<String>,
    /// Its MAC address.
    pub mac: Option<String>,
    /// The PCI address of its device, where the device plugin left word of it.
    pub pci: Option<PciAddress>,
}

/// Returns the networks of a pod; none where multus has said nothing yet.
pub fn attached_networks(pod: &ObjectFacts) -> Vec<AttachedNetwork> {
    let status = pod.annotation(NETWORK_STATUS).and_then(|text| JsonValue::from_text(text).ok());
    let text = |value: &JsonValue, path: &[&str]| value.at(path).and_then(JsonValue::text).map(str::to_owned);
    let network = |value: &JsonValue| AttachedNetwork {
        name: text(value, &["name"]).unwrap_or_default(),
        interface: text(value, &["interface"]).unwrap_or_default(),
        addresses: value
            .field("ips")
            .map_or(&[][..], JsonValue::members)
            .iter()
            .filter_map(|address| address.text().map(str::to_owned))
            .collect(),
        mac: text(value, &["mac"]).map(|mac| mac.to_ascii_lowercase()),
        pci: text(value, &["device-info", "pci", "pci-address"]).and_then(|address| address.parse().ok()),
    };
    status.as_ref().map_or(&[][..], JsonValue::members).iter().map(network).collect()
}
