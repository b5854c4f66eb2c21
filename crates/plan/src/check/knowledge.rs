//! What is known of the world at one moment of a plan, for the check that walks it.
//!
//! What an op or a claim adds to it is the check's business.

use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, VfIndex};
use vfctl_port::{Claim, ClaimValue, Expect, Property, Subject};

/// What is known of one subject: a few properties, so that looking through them beats looking them up.
type Properties = Vec<(Property, Expect)>;

/// What is known at one moment of a lane's plan: mostly of its PF's VFs.
pub(super) struct Knowledge<'a> {
    pf: &'a DeviceAddress,
    vfs: BTreeMap<VfIndex, Properties>,
    others: BTreeMap<Subject, Properties>,
}

impl<'a> Knowledge<'a> {
    /// Returns the knowledge of the lane of this PF, which begins with nothing.
    pub(super) fn new(pf: &'a DeviceAddress) -> Self {
        Self { pf, vfs: BTreeMap::new(), others: BTreeMap::new() }
    }

    /// Returns what is known of a property; `None` where nothing is.
    pub(super) fn get(&self, subject: &Subject, property: &Property) -> Option<&Expect> {
        let properties = match subject {
            Subject::Vf(pf, vf) if pf == self.pf => self.vfs.get(vf),
            other => self.others.get(other),
        };
        properties?.iter().find(|(known, _)| known == property).map(|(_, expect)| expect)
    }

    /// Returns whether the claim follows; `None` where nothing is known.
    pub(super) fn follows(&self, claim: &Claim) -> Option<bool> {
        self.get(&claim.subject, &claim.property).map(|known| *known == claim.expect)
    }

    /// Learns a property, in place of what was known of it.
    pub(super) fn set(&mut self, subject: &Subject, property: Property, expect: Expect) {
        let properties = match subject {
            Subject::Vf(pf, vf) if pf == self.pf => self.vfs.entry(*vf).or_default(),
            other => self.others.entry(other.clone()).or_default(),
        };
        match properties.iter_mut().find(|(known, _)| *known == property) {
            Some((_, known)) => *known = expect,
            None => properties.push((property, expect)),
        }
    }

    /// Learns a property that is yes or no.
    pub(super) fn flag(&mut self, subject: &Subject, property: Property, flag: bool) {
        self.set(subject, property, Expect::Is(ClaimValue::Flag(flag)));
    }

    /// Forgets a property.
    pub(super) fn forget(&mut self, subject: &Subject, property: &Property) {
        let properties = match subject {
            Subject::Vf(pf, vf) if pf == self.pf => self.vfs.get_mut(vf),
            other => self.others.get_mut(other),
        };
        if let Some(properties) = properties {
            properties.retain(|(known, _)| known != property);
        }
    }

    /// Forgets all VFs of a PF.
    pub(super) fn forget_vfs(&mut self, pf: &DeviceAddress) {
        if pf == self.pf {
            self.vfs.clear();
        } else {
            self.others.retain(|subject, _| !matches!(subject, Subject::Vf(of, _) if of == pf));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_word_on_a_property_counts_until_it_is_forgotten() {
        let (own, other) = (DeviceAddress::Netdevsim(1), DeviceAddress::Netdevsim(2));
        let mut known = Knowledge::new(&own);
        let subjects: Vec<Subject> = [&own, &other]
            .into_iter()
            .flat_map(|pf| [Subject::Pf(pf.clone()), Subject::Vf(pf.clone(), VfIndex(3))])
            .collect();
        for subject in &subjects {
            let claim = |flag| Claim::is(subject.clone(), Property::Up, ClaimValue::Flag(flag));
            assert_eq!(known.follows(&claim(true)), None);
            known.flag(subject, Property::Up, false);
            known.flag(subject, Property::Up, true);
            known.flag(subject, Property::Present, false);
            assert_eq!(
                (known.follows(&claim(true)), known.follows(&claim(false))),
                (Some(true), Some(false))
            );
            known.forget(subject, &Property::Up);
            assert_eq!(known.follows(&claim(true)), None);
        }
        for (pf, left) in [(&own, [true, false, true, true]), (&other, [true, false, true, false])] {
            known.forget_vfs(pf);
            assert_eq!(
                subjects.iter().map(|s| known.get(s, &Property::Present).is_some()).collect::<Vec<_>>(),
                left
            );
        }
    }
}
