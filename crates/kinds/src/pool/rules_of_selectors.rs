//! What must hold of selectors in the device plugin's own terms: it says nothing of an entry that can never fit.

use vfctl_model::{DevicePluginDeviceType, DevicePluginField, DevicePluginVersion, PciAddress, VfSet};

use super::rules::field_path;
use super::simulator::pf_of;
use super::spec::PoolSpec;
use crate::path::{SpecPath, Violation, Violations};

/// Notes the rules that the selectors of a pool break.
pub(super) fn check_selectors(
    pool: &PoolSpec,
    version: DevicePluginVersion,
    path: &SpecPath,
    violations: &mut Violations,
) {
    for (position, selector) in pool.selectors.0.iter().enumerate() {
        let place = |field| field_path(pool, path, field, Some(position));
        let texts = selector.texts();
        let heeded = texts.iter().any(|(field, _)| field.is_taken(version, pool.device_type));
        if !heeded {
            let message = format!("selectors without a field mean every {} of the host", pool.device_type);
            let help = "say which are meant, such as `pciAddresses`, `rootDevices` or `drivers`";
            violations.add(Violation::new(path.key("selectors"), message, help));
        }
        for (field, entries) in &texts {
            if matches!(field, DevicePluginField::PfNames | DevicePluginField::RootDevices) {
                check_entries(*field, entries, &place(*field), violations);
            }
        }
        if pool.device_type == DevicePluginDeviceType::AuxNetDevice {
            let other = selector.aux_types.iter().position(|kind| kind != "sf");
            if other.is_some() || selector.aux_types.is_empty() {
                let path = match other {
                    Some(other) => place(DevicePluginField::AuxTypes).index(other),
                    None => path.key("selectors"),
                };
                let message =
                    "a resource of auxNetDevice needs `auxTypes`, and the device plugin knows only `sf`";
                violations.add(Violation::new(path, message, "write `auxTypes: [sf]`"));
            }
        }
    }
}

/// Checks entries that name PFs.
fn check_entries(field: DevicePluginField, entries: &[String], path: &SpecPath, violations: &mut Violations) {
    for (position, entry) in entries.iter().enumerate() {
        let place = path.index(position);
        let (pf, set) = entry.split_once('#').map_or((entry.as_str(), None), |(pf, set)| (pf, Some(set)));
        let example = match field {
            DevicePluginField::RootDevices => "0000:3b:00.0",
            _ => "ens1f0",
        };
        if field == DevicePluginField::RootDevices && pf.parse::<PciAddress>().is_err() {
            let message = format!("`{pf}` is no PCI address with its domain, and no PF has it");
            violations.add(Violation::new(place, message, format!("write it as `{example}`")));
            continue;
        }
        // The plugin's sets are ours, but without blanks.
        let is_read = |set: &str| !set.contains(char::is_whitespace) && set.parse::<VfSet>().is_ok();
        if set.is_some_and(|set| !is_read(set)) {
            let message =
                format!("the device plugin cannot read the set of VFs in `{entry}`, and it means none");
            violations.add(Violation::new(place, message, format!("write it as `{example}#0-3,5`")));
            continue;
        }
        let mut earlier = entries.iter().enumerate().take(position);
        let first = earlier.find(|(_, other)| pf_of(other).eq_ignore_ascii_case(pf));
        if let Some((first, other)) = first {
            let message =
                format!("`{entry}` is dead: only the first entry for a PF counts, which is `{other}`");
            let help = format!("write one entry, such as `{example}#0-1,4-5`");
            let violation = Violation::new(place, message, help);
            violations.add(violation.with(violations.document(), path.index(first), "the first"));
        }
    }
}
