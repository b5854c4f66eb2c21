//! VFs with a spoof check and without an administrative MAC address, where their driver has nothing to check for then.

use vfctl_model::{CheckWithoutAddress, MacAddress, Toggle, VfAttribute, VfIndex, VfSet, VfValue};

use super::need::value_of;
use crate::context::{PfContext, PfDiff};
use crate::fate::Life;
use crate::path::Origin;

/// Reports VFs that are to have a check and have no address in the end, and those that are to lose the address for which a
/// check is kept.
pub(super) fn check(context: &PfContext<'_>, diff: &mut PfDiff) {
    let row = context.row;
    if row.check_without_address == CheckWithoutAddress::Checks {
        return;
    }
    let mut concerned = VfSet::default();
    let mut origin: Option<&Origin> = None;
    for (index, vf) in context.wanted_vfs().filter(|(index, _)| context.life(*index) != Life::LeftAlone) {
        let wanted = [VfAttribute::SpoofCheck, VfAttribute::MacAddress]
            .into_iter()
            .find_map(|attribute| vf.attributes.get(attribute));
        let is_checked = in_end(context, index, VfAttribute::SpoofCheck) == Some(VfValue::Toggle(Toggle::On));
        let address = in_end(context, index, VfAttribute::MacAddress);
        let has_none = address == Some(VfValue::Mac(MacAddress::ZERO));
        if let Some(wanted) = wanted.filter(|_| is_checked && has_none) {
            concerned.insert(index);
            origin.get_or_insert(&wanted.origin);
        }
    }
    if concerned.is_empty() {
        return;
    }
    let driver = row.driver;
    let message = format!("vf {concerned}: spoofCheck on without a MAC address: driver {driver}");
    let fix = "add `macAddress` for them, or take spoofCheck out";
    if row.check_without_address == CheckWithoutAddress::Refuses {
        diff.findings.problem(origin, format!("{message} refuses it"), fix);
    } else {
        let message = format!("{message} drops every frame of a VF that has none");
        diff.findings.note(origin, message);
    }
}

/// Returns the value that an attribute of a VF has in the end; `None` where nobody knows.
fn in_end(context: &PfContext<'_>, index: VfIndex, attribute: VfAttribute) -> Option<VfValue> {
    let wanted = context.desired.vfs.get(&index).and_then(|vf| vf.attributes.get(attribute));
    let wanted = wanted.map(|wanted| value_of(attribute, wanted.value));
    let begins = || context.kept_vf(index).is_none().then(|| context.row.initial(attribute)).flatten();
    wanted.or_else(|| context.known(index, attribute)).or_else(begins)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_model::{AttributeValue, Toggle, VfAttribute, VfValue};

    use crate::sample::{self, Sample};

    /// Returns problems and notes where VF 0 has this address and is to have the check.
    fn said(driver: &str, mac: &str) -> (Vec<String>, Vec<String>) {
        let mut host = sample::host();
        let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
        pf["driver"] = json!(driver);
        pf["netdev"] =
            json!({"name": "eth0", "mac": "02:00:00:00:00:01", "mtu": 1500, "up": true, "carrier": true});
        pf["vfs"]["0"]["attributes"] = json!({"spoofCheck": "off", "macAddress": mac});
        let attribute = AttributeValue::new(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::On));
        let findings = sample::diff(host, Sample { attribute, ..Sample::default() }).findings;
        let of = |list: Vec<crate::finding::Finding>| list.into_iter().map(|f| f.message).collect::<Vec<_>>();
        let about = |list: Vec<String>| list.into_iter().filter(|m| m.contains("without a MAC")).collect();
        (about(of(findings.problems)), about(of(findings.notes)))
    }

    #[test]
    fn check_without_an_address_is_an_error_or_a_note_as_the_driver_has_it() {
        let zero = "00:00:00:00:00:00";
        let refused = "vf 0: spoofCheck on without a MAC address: driver mlx4_core refuses it".to_owned();
        assert_eq!(said("mlx4_core", zero), (vec![refused], Vec::new()));
        let (problems, notes) = said("mlx5_core", zero);
        assert!(
            problems.is_empty() && notes.iter().any(|note| note.contains("drops every frame")),
            "{notes:?}"
        );
        for (driver, mac) in
            [("mlx4_core", "02:00:00:00:00:09"), ("mlx5_core", "02:00:00:00:00:09"), ("igb", zero)]
        {
            assert_eq!(said(driver, mac), (Vec::new(), Vec::new()), "{driver} {mac}");
        }
    }
}
