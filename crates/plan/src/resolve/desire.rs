//! Lays an entry's settings over one PF: groups, lists and host values become values of single VFs.

use std::collections::BTreeMap;
use std::sync::Arc;

use vfctl_kinds::desired::{DesiredPf, DesiredVf, Origin, Wanted};
use vfctl_kinds::finding::Findings;
use vfctl_kinds::path::SpecPath;
use vfctl_kinds::pf::{Candidate, PfSpec, VfsSpec, describe, pins, wanted_count};
use vfctl_kinds::setting::Setting;
use vfctl_kinds::vf::{AttributeSpec, Chosen, EffectiveVf, Entry, MacOwner, effective};
use vfctl_model::{DeviceAddress, HostName, VfIndex, VfValue};

use super::source::Source;

/// Returns what the entry asks of this PF.
pub(super) fn desire(
    source: &Source<'_>,
    entry: &PfSpec,
    path: &SpecPath,
    host: &HostName,
    candidate: Candidate<'_>,
    findings: &mut Findings,
) -> DesiredPf {
    let Candidate { address, facts, host: _ } = candidate;
    let at = |path: SpecPath| -> Origin { (source.place)(&path).into() };
    let vfs_path = path.key("vfs");
    let vfs = entry.vfs.as_ref();
    let mut desired = DesiredPf {
        name: format!("{}/{}", source.config.metadata.name, entry.name),
        address: address.clone(),
        origin: at(path.clone()),
        selector: describe(&entry.matcher),
        pins: pins(&entry.matcher, candidate),
        on_unsupported: entry.on_unsupported,
        admin_state: entry.admin_state.map(|value| Wanted { value, origin: at(path.key("adminState")) }),
        mtu: entry.mtu.map(|value| Wanted { value, origin: at(path.key("mtu")) }),
        count: vfs.and_then(|v| v.count).map(|value| Wanted { value, origin: at(vfs_path.key("count")) }),
        drivers_autoprobe: vfs
            .and_then(|v| v.drivers_autoprobe)
            .map(|value| Wanted { value, origin: at(vfs_path.key("driversAutoprobe")) }),
        vfs: BTreeMap::new(),
    };
    if let Some(vfs) = vfs {
        let count = wanted_count(facts, &desired).unwrap_or(facts.vf_count);
        let mut filler = Filler { source, vfs_path, host, address, origins: BTreeMap::new(), findings };
        desired.vfs = filler.fill(vfs, count);
    }
    desired
}

/// Fills in the VFs of one PF; each place in the spec is written out once, not per VF.
struct Filler<'a> {
    source: &'a Source<'a>,
    vfs_path: SpecPath,
    host: &'a HostName,
    address: &'a DeviceAddress,
    origins: BTreeMap<(Entry, &'static str), Origin>,
    findings: &'a mut Findings,
}

impl Filler<'_> {
    fn fill(&mut self, vfs: &VfsSpec, count: u16) -> BTreeMap<VfIndex, DesiredVf> {
        let mut filled = BTreeMap::new();
        for (index, EffectiveVf { attributes, driver, mtu }) in effective(vfs, count) {
            let mut vf = DesiredVf::default();
            for (attribute, chosen) in attributes {
                let origin = self.origin(chosen.entry, attribute.key());
                if let Some(value) = self.value(index, chosen, &origin) {
                    vf.attributes.insert(attribute, Wanted { value, origin });
                }
            }
            vf.driver = driver.map(|chosen| Wanted {
                value: chosen.value.clone(),
                origin: self.origin(chosen.entry, "driver"),
            });
            vf.mtu =
                mtu.map(|chosen| Wanted { value: chosen.value, origin: self.origin(chosen.entry, "mtu") });
            filled.insert(index, vf);
        }
        filled
    }

    /// Returns the value that one VF gets; `None` where its source has none, which is a problem.
    fn value(
        &mut self,
        vf: VfIndex,
        chosen: Chosen<&AttributeSpec>,
        origin: &Origin,
    ) -> Option<Setting<VfValue>> {
        let source = match chosen.value {
            AttributeSpec::Default => return Some(Setting::Default),
            AttributeSpec::Value(value) => return Some(Setting::Value(*value)),
            AttributeSpec::PerVf(source) => source,
        };
        let owner = MacOwner {
            host: self.host,
            values: self.source.config.spec.hosts.get(self.host),
            pf: self.address,
            vf,
            ordinal: chosen.ordinal,
        };
        match source.address(owner) {
            Ok(mac) => Some(Setting::Value(VfValue::Mac(mac))),
            Err(error) => {
                let fix = "give each VF of the set an address, or make the set smaller";
                self.findings.problem(Some(origin), format!("vf {vf}: no MAC address: {error}"), fix);
                None
            }
        }
    }

    fn origin(&mut self, entry: Entry, key: &'static str) -> Origin {
        let Self { source, vfs_path, origins, .. } = self;
        let write = || -> Origin { (source.place)(&entry.path(vfs_path).key(key)).into() };
        Arc::clone(origins.entry((entry, key)).or_insert_with(write))
    }
}
