//! Resolves entries: which PFs they mean on a host, and what they ask of them. Groups, lists and host values become
//! values of single VFs.

use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, HostName, VfIndex, VfSet, VfValue};
use vfctl_port::PfFacts;

use super::matcher::Candidate;
use super::select::select;
use crate::document::PlacedDocument;
use crate::finding::Findings;
use crate::lane::HostContext;
use crate::path::{Origin, SpecPath};
use crate::setting::Setting;
use crate::suggest::host_meant;
use crate::vf::{AttributeSpec, Chosen, Entry, MacError, MacOwner, effective};
use crate::{DesiredPf, DesiredVf, PfSpec, VfsSpec};

/// Resolves what all documents say of the PFs of a host; what is wrong is added to `findings`.
pub(super) fn resolve(
    context: &HostContext<'_>,
    findings: &mut Findings,
) -> BTreeMap<DeviceAddress, DesiredPf> {
    let host = context.host;
    let mut pfs: BTreeMap<DeviceAddress, DesiredPf> = BTreeMap::new();
    for document in context.documents {
        let list = SpecPath::spec().key("physicalFunctions");
        for (position, entry) in document.config.spec.physical_functions.iter().enumerate() {
            let path = list.index(position);
            for address in select(entry, &path, document, host, findings) {
                let Some(facts) = host.physical_functions.get(&address) else { continue };
                let candidate = Candidate { address: &address, facts, host };
                let pf = resolve_entry(document, entry, &path, context.name, candidate);
                if let Some(other) = pfs.get(&address) {
                    let message = format!("`{}` and `{}` both match {address}", other.name, pf.name);
                    let fix = "let each PF be matched by one entry only";
                    findings.problem(Some(&pf.origin), message, fix);
                } else {
                    pfs.insert(address, pf);
                }
            }
        }
    }
    pfs
}

/// Returns what the entry asks of this PF.
fn resolve_entry(
    document: &PlacedDocument<'_>,
    entry: &PfSpec,
    path: &SpecPath,
    host: &HostName,
    candidate: Candidate<'_>,
) -> DesiredPf {
    let Candidate { address, facts, host: _ } = candidate;
    let name = format!("{}/{}", document.config.metadata.name, entry.name);
    let mut desired = DesiredPf::new(name, address.clone(), (document.place)(path));
    desired.selector = entry.matcher.to_string();
    desired.pins = entry.matcher.pins(candidate);
    desired.on_unsupported = entry.on_unsupported;
    entry.resolve_fields(path, document.place, facts, &mut desired);
    if let Some(vfs) = &entry.vfs {
        let count = desired.count.as_ref().map_or(facts.vf_count, |wanted| wanted.value.count);
        let vfs_path = path.key("vfs");
        check_members(vfs, count, &vfs_path, document, &mut desired);
        let findings = &mut desired.findings;
        let mut filler = Filler { document, vfs_path, host, address, origins: BTreeMap::new(), findings };
        desired.vfs = filler.fill(vfs, count);
    }
    check_port(entry, facts, &(document.place)(&path.key("match")), &mut desired);
    desired
}

/// Reports settings of a port where the device has several and the entry does not name the one that they are made through: each
/// port of mlx4_core has settings of its own for a VF (`mlx4_slaves_closest_port`, drivers/net/ethernet/mellanox/mlx4/cmd.c).
fn check_port(entry: &PfSpec, facts: &PfFacts, origin: &Origin, desired: &mut DesiredPf) {
    let Some(netdev) = facts.netdev.as_ref().filter(|_| !facts.other_interfaces.is_empty()) else { return };
    let of_vfs = desired.vfs.values().any(|vf| vf.attributes.values().next().is_some());
    let is_asked = of_vfs || desired.mtu.is_some() || desired.admin_state.is_some();
    let named = entry.matcher.interface.as_ref();
    if !is_asked || named == Some(&netdev.name) {
        return;
    }
    let (first, others) = (&netdev.name, &facts.other_interfaces);
    let others = others.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let message = match named {
        Some(other) => {
            format!("{other} and {first} are ports of one device, whose VFs are configured through {first}")
        }
        None => {
            format!("the device has several ports, {first} and {others}: each has its own settings for a VF")
        }
    };
    let fix = format!(
        "match by `interface: {first}`, the port that this version can configure, or remove the settings that belong to one port"
    );
    desired.findings.problem(Some(origin), message, fix);
}

/// Reports VFs that are spoken of and will not exist, where the spec names no count: it would depend on the host how much of
/// the spec holds.
fn check_members(
    vfs: &VfsSpec,
    count: u16,
    path: &SpecPath,
    document: &PlacedDocument<'_>,
    desired: &mut DesiredPf,
) {
    if desired.count.is_some() {
        return;
    }
    let needed = vfs.groups.iter().filter_map(|group| group.vfs.last()).max();
    let Some(VfIndex(last)) = needed.filter(|last| last.0 >= count) else { return };
    for (number, group) in vfs.groups.iter().enumerate() {
        let missing: VfSet = group.vfs.iter().filter(|vf| vf.0 >= count).collect();
        if missing.is_empty() {
            continue;
        }
        let origin = (document.place)(&path.key("groups").index(number).key("vfs"));
        let there = if count == 1 { "is 1 VF".to_owned() } else { format!("are {count} VFs") };
        let message = format!("vf {missing} will not exist: there {there} now, and the spec sets no count");
        let fix = format!("write `count: {}` under `vfs`, or remove them", u32::from(last) + 1);
        desired.findings.problem(Some(&origin), message, fix);
    }
}

/// Fills in the VFs of one PF; each place in the spec is written out once, not per VF.
struct Filler<'a> {
    document: &'a PlacedDocument<'a>,
    vfs_path: SpecPath,
    host: &'a HostName,
    address: &'a DeviceAddress,
    origins: BTreeMap<(Entry, &'static str), Origin>,
    findings: &'a mut Findings,
}

impl Filler<'_> {
    fn fill(&mut self, vfs: &VfsSpec, count: u16) -> BTreeMap<VfIndex, DesiredVf> {
        let mut filled = BTreeMap::new();
        for (index, effective) in effective(vfs, count, |_| true) {
            let mut vf = DesiredVf::default();
            for (attribute, chosen) in effective.attributes.iter() {
                let origin = self.origin(chosen.entry, attribute.key());
                if let Some(value) = self.value(index, *chosen, &origin) {
                    vf.attributes.insert(attribute, crate::desired::Wanted { value, origin });
                }
            }
            effective.resolve_kinds(&mut vf, |entry, key| self.origin(entry, key));
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
            values: self.document.config.spec.hosts.get(self.host),
            pf: self.address,
            vf,
            ordinal: chosen.ordinal,
        };
        match source.address(owner) {
            Ok(mac) => Some(Setting::Value(VfValue::Mac(mac))),
            Err(error) => {
                let fix = match &error {
                    MacError::NoList { list, .. } => self.fix_of_list(list),
                    _ => "give each VF of the set an address, or make the set smaller".to_owned(),
                };
                self.findings.problem(Some(origin), format!("vf {vf}: no MAC address: {error}"), fix);
                None
            }
        }
    }

    /// Returns what to do where the host has no such list: another has it whose name is near, or nobody does.
    fn fix_of_list(&self, list: &str) -> String {
        let hosts = self.document.config.spec.hosts.iter();
        let hosts: Vec<&str> =
            hosts.filter(|(_, lists)| lists.contains_key(list)).map(|(host, _)| host.as_str()).collect();
        match host_meant(self.host.as_str(), &hosts) {
            Some(host) => {
                format!("did you mean the values of `{host}`? the name of this host is `{}`", self.host)
            }
            None => "add it there, or give it with `--host-values FILE`".to_owned(),
        }
    }

    fn origin(&mut self, entry: Entry, key: &'static str) -> Origin {
        let Self { document, vfs_path, origins, .. } = self;
        let write = || (document.place)(&entry.path(vfs_path).key(key));
        origins.entry((entry, key)).or_insert_with(write).clone()
    }
}
