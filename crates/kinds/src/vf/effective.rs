//! What holds for each single VF, once `all` and the groups are laid over one another.

use std::cmp::Reverse;

use vfctl_model::{VfAttribute, VfIndex};

use crate::path::SpecPath;
use crate::{EffectiveVf, VfSpec, VfsSpec};

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

/// Returns what holds for each of the first `count` VFs: the narrower entry wins, and of two that are equally
/// narrow the later. VFs that nothing is said of are left out, and so are attributes that are not to be kept.
pub(crate) fn effective(
    vfs: &VfsSpec,
    count: u16,
    keep: impl Fn(VfAttribute) -> bool,
) -> impl Iterator<Item = (VfIndex, EffectiveVf<'_>)> {
    let says_something = |settings: &VfSpec| *settings != VfSpec::default();
    let mut groups: Vec<_> = vfs.groups.iter().enumerate().collect();
    groups.retain(|(_, group)| says_something(&group.settings));
    groups.sort_by_key(|(position, group)| (Reverse(group.vfs.len()), *position));
    let members = groups.iter().enumerate().flat_map(|(rank, (_, group))| {
        // The members come first in the zip: the range ends with the last number that a VF can have.
        group.vfs.iter().zip(0..=u16::MAX).map(move |(index, ordinal)| (index, rank, ordinal))
    });
    let mut members: Vec<_> = members.filter(|(index, ..)| index.0 < count).collect();
    members.sort_unstable();
    let mut members = members.into_iter().peekable();
    let all = says_something(&vfs.all).then_some(&vfs.all);
    (0..count).map(VfIndex).filter_map(move |index| {
        let mut layered = None;
        if let Some(settings) = all {
            layered.get_or_insert_with(EffectiveVf::default).lay(settings, Entry::All, index.0, &keep);
        }
        while let Some((_, rank, ordinal)) = members.next_if(|(member, ..)| *member == index) {
            if let Some((position, group)) = groups.get(rank) {
                let entry = Entry::Group(*position);
                layered.get_or_insert_with(EffectiveVf::default).lay(&group.settings, entry, ordinal, &keep);
            }
        }
        layered.map(|vf| (index, vf))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use vfctl_model::{Toggle, VfValue};

    use super::*;
    use crate::vf::{AttributeSpec, VfGroup};

    fn trust(on: bool) -> VfSpec {
        let value = AttributeSpec::Value(VfValue::Toggle(Toggle::from(on)));
        VfSpec { attributes: BTreeMap::from([(VfAttribute::Trust, value)]), ..VfSpec::default() }
    }

    fn group(vfs: &str, on: bool) -> VfGroup {
        VfGroup { vfs: vfs.parse().expect("a set"), settings: trust(on) }
    }

    fn vfs(all: VfSpec, groups: Vec<VfGroup>) -> VfsSpec {
        VfsSpec { all, groups, ..VfsSpec::default() }
    }

    #[test]
    fn narrower_wins_and_of_equals_the_later() {
        let spec = vfs(
            trust(true),
            vec![group("2", true), group("1-3", false), group("6", false), group("6", true)],
        );
        let chosen: Vec<_> = effective(&spec, 8, |_| true)
            .map(|(_, vf)| vf.attributes.get(VfAttribute::Trust).map(|chosen| (chosen.entry, chosen.ordinal)))
            .collect();
        let (all, of) =
            (|place| Some((Entry::All, place)), |group, place| Some((Entry::Group(group), place)));
        assert_eq!(chosen, [all(0), of(1, 0), of(0, 0), of(1, 2), all(4), all(5), of(3, 0), all(7)]);
    }

    #[test]
    fn members_past_the_count_are_left_out_and_keep_their_place() {
        let spec = vfs(VfSpec::default(), vec![group("1,3,9", true)]);
        let effective: BTreeMap<_, _> = effective(&spec, 4, |_| true).collect();
        assert_eq!(effective.keys().map(|vf| vf.0).collect::<Vec<_>>(), [1, 3]);
        let of_three = effective[&VfIndex(3)].attributes.get(VfAttribute::Trust);
        assert_eq!(of_three.map(|chosen| chosen.ordinal), Some(1));
    }

    #[test]
    fn the_highest_count_is_no_special_case() {
        assert_eq!(
            effective(&vfs(trust(true), Vec::new()), u16::MAX, |_| true).count(),
            usize::from(u16::MAX)
        );
    }
}
