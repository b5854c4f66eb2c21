//! What sriov-cni of an old release does not know, where a document declares that release.

use vfctl_model::{ComponentVersion, VlanQos};

use super::cni_version::CniVersion;
use super::rules::entry_path;
use super::spec::NetworkSpec;
use super::vf_values::NetworkVlan;
use crate::document::SriovConfig;
use crate::path::{SpecPath, Violation, Violations};

/// The newest version of the CNI specification that such a release speaks.
const NEWEST: CniVersion = CniVersion::V0_3_1;

/// Notes what networks ask of a declared release that it ignores or refuses.
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    let declared = documents.iter().find_map(|document| document.spec.components.sriov_cni.as_ref());
    let Some(version) =
        declared.map(|cni| cni.version).filter(|version| *version <= ComponentVersion::SRIOV_CNI_2_1_0)
    else {
        return;
    };
    for (number, document) in documents.iter().enumerate() {
        violations.turn_to(number);
        for (position, network) in document.spec.networks.iter().enumerate() {
            check_entry(network, version, &entry_path(position), violations);
        }
    }
}

fn check_entry(
    network: &NetworkSpec,
    version: ComponentVersion,
    path: &SpecPath,
    violations: &mut Violations,
) {
    if network.cni_version > NEWEST {
        let message = format!("sriov-cni {version} speaks no newer version of the CNI than {NEWEST}");
        let help = format!("write `cniVersion: {NEWEST}`, or declare the release that runs");
        violations.add(Violation::new(path.key("cniVersion"), message, help));
    }
    let has_qos = network.vlan.is_some_and(|NetworkVlan(tag)| tag.qos != VlanQos::default());
    let ignored = [
        (path.key("vlan").key("qos"), "vlan.qos", has_qos),
        (path.key("spoofCheck"), "spoofCheck", network.spoof_check.is_some()),
        (path.key("trust"), "trust", network.trust.is_some()),
        (path.key("linkState"), "linkState", network.link_state.is_some()),
        (path.key("rate"), "rate", network.rate.is_some()),
        (path.key("capabilities").key("mac"), "capabilities.mac", network.capabilities.mac),
    ];
    for (path, field, _) in ignored.into_iter().filter(|(_, _, is_set)| *is_set) {
        let message = format!("sriov-cni {version} ignores `{field}`: of a VF it sets the VLAN alone");
        let help = "remove it, set it on the VFs of the physical function, or install a newer release";
        violations.add(Violation::new(path, message, help));
    }
}
