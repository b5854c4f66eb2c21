//! Groups that set one thing for one VF: one of them must be the narrowest, or come later with the same set.

use std::collections::BTreeMap;

use vfctl_model::{VfAttribute, VfIndex, VfSet};

use super::mac_source::MacSource;
use super::spec::AttributeSpec;
use crate::path::{SpecPath, Violation, Violations};
use crate::{VfSpec, VfsSpec};

/// Returns whether both settings give a VF that both hold the same under this key.
fn agree(key: &str, one: &VfSpec, other: &VfSpec) -> bool {
    let Ok(attribute) = key.parse::<VfAttribute>() else { return one.agrees_in(key, other) };
    let (one, other) = (one.attributes.get(&attribute), other.attributes.get(&attribute));
    // The same source counts from another place in another set; a derived address knows no set.
    let counts =
        matches!(one, Some(AttributeSpec::PerVf(source)) if !matches!(source, MacSource::Derive { .. }));
    one == other && !counts
}

/// Checks that of the groups that set one thing for one VF, one is the narrowest, or comes later with the same
/// set. Looks at each member of each group once.
pub(super) fn check_overlaps(vfs: &VfsSpec, path: &SpecPath, violations: &mut Violations) {
    let VfsSpec { groups, .. } = vfs;
    let settings: Vec<_> =
        groups.iter().map(|group| (&group.vfs, &group.settings, group.settings.keys())).collect();
    let set = |group: usize| settings.get(group).map(|(set, ..)| *set);

    // The narrowest groups that set a key for a VF, by their number.
    let mut narrowest: BTreeMap<(&str, VfIndex), (usize, Vec<usize>)> = BTreeMap::new();
    for (number, (members, _, keys)) in settings.iter().enumerate() {
        for key in keys {
            for vf in members.iter() {
                let (size, groups) = narrowest.entry((key, vf)).or_insert((members.len(), Vec::new()));
                if members.len() < *size {
                    (*size, *groups) = (members.len(), Vec::new());
                }
                if members.len() == *size {
                    groups.push(number);
                }
            }
        }
    }
    let mut clashes: BTreeMap<(usize, usize, &str), VfSet> = BTreeMap::new();
    for ((key, vf), (_, groups)) in &narrowest {
        for pair in groups.windows(2) {
            let [one, other] = pair else { continue };
            let agree = match (settings.get(*one), settings.get(*other)) {
                (Some((_, one, _)), Some((_, other, _))) => agree(key, one, other),
                _ => true,
            };
            if !agree && set(*one) != set(*other) {
                clashes.entry((*one, *other, key)).or_default().insert(*vf);
            }
        }
    }
    let document = violations.document();
    for ((one, other, key), overlap) in clashes {
        let (Some(first), Some(second)) = (set(one), set(other)) else { continue };
        let at = |group: usize| path.key("groups").index(group).key(key);
        violations.add(
            Violation::new(
                at(other),
                format!("the groups \"{first}\" and \"{second}\" both set `{key}` for vf {overlap}, and neither is narrower"),
                format!("give \"{overlap}\" a group of its own, or take it out of one of the two"),
            )
            .with(document, at(one), "the other group"),
        );
    }
}
