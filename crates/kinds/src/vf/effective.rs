//! What holds for each single VF, once `all` and the groups are laid over one another.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use vfctl_model::{Mtu, VfAttribute, VfIndex, VfSet};

use super::spec::{AttributeSpec, DriverSpec, VfSettings};
use crate::path::SpecPath;
use crate::pf::VfsSpec;
use crate::setting::Setting;

/// Which entry of the spec a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// `vfs.all`.
    All,
    /// `vfs.groups[N]`.
    Group(usize),
}

impl Entry {
    /// Returns the entry's path, given that of `vfs`.
    pub fn path(self, vfs: &SpecPath) -> SpecPath {
        match self {
            Self::All => vfs.key("all"),
            Self::Group(index) => vfs.key("groups").index(index),
        }
    }
}

/// A value, the entry it comes from, and the VF's place in that entry's set, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen<T> {
    /// The value.
    pub value: T,
    /// The entry.
    pub entry: Entry,
    /// The VF's place in the entry's set.
    pub ordinal: u16,
}

/// What holds for one VF.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveVf<'a> {
    /// The attributes.
    pub attributes: BTreeMap<VfAttribute, Chosen<&'a AttributeSpec>>,
    /// The driver.
    pub driver: Option<Chosen<&'a DriverSpec>>,
    /// The MTU of its interface.
    pub mtu: Option<Chosen<Setting<Mtu>>>,
}

/// Returns what holds for each of the first `count` VFs: the narrower entry wins, and of two that are equally
/// narrow the later. VFs that nothing is said of are not in the map.
pub fn effective(vfs: &VfsSpec, count: u16) -> BTreeMap<VfIndex, EffectiveVf<'_>> {
    let mut groups: Vec<_> = vfs.groups.iter().enumerate().collect();
    groups.sort_by_key(|(position, group)| (Reverse(group.vfs.len()), *position));
    let every = VfSet::first(count);
    let all = (Entry::All, &every, &vfs.all);
    let narrower =
        groups.into_iter().map(|(position, group)| (Entry::Group(position), &group.vfs, &group.settings));
    let mut effective: BTreeMap<VfIndex, EffectiveVf<'_>> = BTreeMap::new();
    for (entry, members, settings) in std::iter::once(all).chain(narrower) {
        let VfSettings { attributes, driver, mtu } = settings;
        if attributes.is_empty() && driver.is_none() && mtu.is_none() {
            continue;
        }
        for (ordinal, index) in (0..).zip(members.iter()).filter(|(_, index)| index.0 < count) {
            let vf = effective.entry(index).or_default();
            for (attribute, value) in attributes {
                vf.attributes.insert(*attribute, Chosen { value, entry, ordinal });
            }
            if let Some(value) = driver {
                vf.driver = Some(Chosen { value, entry, ordinal });
            }
            if let Some(value) = mtu {
                vf.mtu = Some(Chosen { value: *value, entry, ordinal });
            }
        }
    }
    effective
}
