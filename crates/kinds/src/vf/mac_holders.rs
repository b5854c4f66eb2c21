//! Each MAC address that documents write out is for one VF.

use std::collections::{BTreeMap, HashMap, hash_map};

use vfctl_model::{HostName, MacAddress, VfAttribute, VfIndex, VfValue};

use super::effective::{Chosen, Entry, effective};
use super::mac_source::MacSource;
use super::rules::check_address;
use super::spec::AttributeSpec;
use crate::count::CountSpec;
use crate::document::SriovConfig;
use crate::path::{Segment, SpecPath, Violation, Violations};
use crate::{Body, VfsSpec};

/// Returns the path of a list among a host's values.
pub(super) fn host_path(host: &str, list: &str) -> SpecPath {
    SpecPath::spec().key("hosts").key(host).key(list)
}

/// Who holds an address, by the address.
#[derive(Default)]
pub(super) struct Holders<'a>(HashMap<MacAddress, Holder<'a>>);

/// Who holds an address: enough to say it in words, and where it is written.
#[derive(Clone, Copy)]
struct Holder<'a> {
    /// The document, by its place among those that are checked together.
    document: usize,
    by: HeldBy<'a>,
}

#[derive(Clone, Copy)]
enum HeldBy<'a> {
    /// Whoever takes this entry of a host's list.
    Host { host: &'a HostName, list: &'a str, position: usize },
    /// A VF.
    Vf {
        config: &'a SriovConfig,
        /// Its PF, by its place in `physicalFunctions`.
        number: usize,
        vf: VfIndex,
        attribute: VfAttribute,
        entry: Entry,
        written: Written,
    },
}

/// How an address is written.
#[derive(Clone, Copy)]
enum Written {
    /// By itself.
    Alone,
    /// As the first of a range, which it is in.
    First,
    /// At this place of a list.
    List(usize),
    /// As one that a VF of each of several ports has.
    Shared,
}

impl<'a> Holders<'a> {
    /// Notes who holds an address; returns who does already.
    fn take(&mut self, mac: MacAddress, holder: Holder<'a>) -> Option<Holder<'a>> {
        if mac == MacAddress::ZERO {
            return None;
        }
        match self.0.entry(mac) {
            hash_map::Entry::Occupied(first) => {
                Some(*first.get()).filter(|first| !first.shares_with(&holder))
            }
            hash_map::Entry::Vacant(free) => {
                free.insert(holder);
                None
            }
        }
    }
}

impl Holder<'_> {
    /// Returns whether two hold an address together: both say so, and they are VFs of two ports.
    fn shares_with(&self, other: &Self) -> bool {
        match (self.by, other.by) {
            (
                HeldBy::Vf { number: one, written: Written::Shared, .. },
                HeldBy::Vf { number: another, written: Written::Shared, .. },
            ) => (self.document, one) != (other.document, another),
            (HeldBy::Host { .. } | HeldBy::Vf { .. }, _) => false,
        }
    }

    /// Returns who it is, such as "vf 3 of `workers/fast`".
    fn name(&self) -> String {
        match self.by {
            HeldBy::Host { host, list, position: _ } => format!("{host} in `{list}`"),
            HeldBy::Vf { config, number, vf, .. } => {
                let pf = config.spec.physical_functions.get(number).map_or("", |entry| entry.name.as_str());
                format!("vf {vf} of `{}/{pf}`", config.metadata.name)
            }
        }
    }

    /// Returns where the address is written.
    fn path(&self) -> SpecPath {
        match self.by {
            HeldBy::Host { host, list, position } => host_path(host.as_str(), list).index(position),
            HeldBy::Vf { config: _, number, vf: _, attribute, entry, written } => {
                let vfs = SpecPath::spec().key("physicalFunctions").index(number).key("vfs");
                let source = entry.path(&vfs).key(attribute.key());
                match written {
                    Written::Alone => source,
                    Written::First => source.key("first"),
                    Written::Shared => source.key("shared"),
                    Written::List(position) => source.key("list").index(position),
                }
            }
        }
    }
}

fn twice(mac: MacAddress, holder: &Holder<'_>, first: &Holder<'_>) -> Violation {
    Violation::new(
        holder.path(),
        format!("{mac} is given twice: to {}, and to {}", first.name(), holder.name()),
        "give each VF an address of its own: a network delivers frames to only one of them; where one guest bonds VFs of two ports, \
         write `{shared: \"…\"}` for both",
    )
    .with(first.document, first.path(), "first given here")
}

/// Checks the addresses under `hosts`.
pub(super) fn check_host_values<'a>(body: &'a Body, holders: &mut Holders<'a>, violations: &mut Violations) {
    let document = violations.document();
    for (host, values) in &body.hosts {
        for (list, macs) in values {
            for (position, mac) in macs.iter().enumerate() {
                let holder = Holder { document, by: HeldBy::Host { host, list, position } };
                check_address(*mac, || holder.path(), violations);
                if let Some(first) = holders.take(*mac, holder) {
                    violations.add(twice(*mac, &holder, &first));
                }
            }
        }
    }
}

/// Checks the addresses that one entry of `physicalFunctions` writes out for its VFs, as far as each VF gets them.
pub(super) fn check_vfs<'a>(
    config: &'a SriovConfig,
    number: usize,
    vfs: &'a VfsSpec,
    holders: &mut Holders<'a>,
    violations: &mut Violations,
) {
    let document = violations.document();
    let highest = vfs.groups.iter().filter_map(|group| group.vfs.last()).max();
    let open_end = highest.map_or(0, |VfIndex(last)| last.saturating_add(1));
    // One violation for each pair of sources, not for each VF.
    let mut told = BTreeMap::new();
    let count = vfs.count.map_or(open_end, CountSpec::most);
    for (vf, own) in effective(vfs, count, |attribute| !attribute.row().shareable) {
        for (attribute, chosen) in own.attributes.iter() {
            let Some((mac, written)) = written_out(vfs, *chosen) else { continue };
            let entry = chosen.entry;
            let holder =
                Holder { document, by: HeldBy::Vf { config, number, vf, attribute, entry, written } };
            if let Some(first) = holders.take(mac, holder) {
                let SpecPath(mut source) = first.path();
                source.pop_if(|last| matches!(last, Segment::Index(_)));
                told.entry((entry, attribute, first.document, source)).or_insert((mac, holder, first));
            }
        }
    }
    for (mac, holder, first) in told.into_values() {
        violations.add(twice(mac, &holder, &first));
    }
}

/// Returns the address that is written out for one VF, and how; `None` where none is, or all share it, which
/// another rule says.
fn written_out(vfs: &VfsSpec, chosen: Chosen<&AttributeSpec>) -> Option<(MacAddress, Written)> {
    let Chosen { value, entry, ordinal } = chosen;
    let is_for_one = match entry {
        Entry::All => vfs.count.map(CountSpec::most) == Some(1),
        Entry::Group(number) => vfs.groups.get(number).is_some_and(|group| group.vfs.len() == 1),
    };
    match value {
        AttributeSpec::Value(VfValue::Mac(mac)) if is_for_one => Some((*mac, Written::Alone)),
        AttributeSpec::PerVf(MacSource::First(first)) => {
            Some((first.offset_by(u32::from(ordinal))?, Written::First))
        }
        AttributeSpec::PerVf(MacSource::Shared(mac)) => Some((*mac, Written::Shared)),
        AttributeSpec::PerVf(MacSource::List(list)) => {
            let position = usize::from(ordinal);
            Some((*list.get(position)?, Written::List(position)))
        }
        AttributeSpec::Default | AttributeSpec::Value(_) | AttributeSpec::PerVf(_) => None,
    }
}
