//! What is known of the world at one moment of a plan, for the check that walks it.
//!
//! What an op or a claim adds to it is the check's business.

use std::borrow::Cow;
use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, VfIndex};
use vfctl_port::{Claim, ClaimValue, Expect, Property, Scope, Subject, Thing};

/// What is known of one subject: a few properties, so that looking through them beats looking them up.
type Properties<'a> = Vec<(Property, Cow<'a, Expect>)>;

/// How many properties are usually known of a VF.
const USUAL: usize = 12;

/// Where what is known of a subject stands.
enum Place {
    /// With the lane's PF.
    Pf,
    /// With a VF of that PF.
    Vf(VfIndex),
    /// With all others.
    Other,
}

/// What is known at one moment of a lane's plan: mostly of its PF and that PF's VFs, which are found without a look at
/// names.
pub(super) struct Knowledge<'a> {
    scope: &'a Scope,
    pf: Option<&'a DeviceAddress>,
    of_pf: Properties<'a>,
    vfs: BTreeMap<VfIndex, Properties<'a>>,
    others: BTreeMap<Subject, Properties<'a>>,
}

impl<'a> Knowledge<'a> {
    /// Returns the knowledge of a lane of this scope, and of this PF where it is one's; it begins with nothing.
    pub(super) fn new(scope: &'a Scope, pf: Option<&'a DeviceAddress>) -> Self {
        Self { scope, pf, of_pf: Vec::new(), vfs: BTreeMap::new(), others: BTreeMap::new() }
    }

    /// Returns the subject of a thing of the lane's scope.
    pub(super) fn subject(&self, thing: Thing) -> Subject {
        Subject { scope: self.scope.clone(), thing }
    }

    /// Returns where what is known of a subject stands.
    fn place(&self, subject: &Subject) -> Place {
        match &subject.thing {
            Thing::Pf(pf) | Thing::Vf(pf, _) if Some(pf) != self.pf || subject.scope != *self.scope => {
                Place::Other
            }
            Thing::Pf(_) => Place::Pf,
            Thing::Vf(_, vf) => Place::Vf(*vf),
            Thing::System | Thing::Module(_) | Thing::Object(_) | Thing::Resource(..) => Place::Other,
        }
    }

    /// Returns what is known of a property; `None` where nothing is.
    pub(super) fn get(&self, subject: &Subject, property: Property) -> Option<&Expect> {
        let properties = match self.place(subject) {
            Place::Pf => Some(&self.of_pf),
            Place::Vf(vf) => self.vfs.get(&vf),
            Place::Other => self.others.get(subject),
        };
        properties?.iter().find(|(known, _)| *known == property).map(|(_, expect)| expect.as_ref())
    }

    /// Returns whether the claim follows; `None` where nothing is known.
    pub(super) fn follows(&self, claim: &Claim) -> Option<bool> {
        self.get(&claim.subject, claim.property).map(|known| *known == claim.expect)
    }

    /// Learns a property, in place of what was known of it, which is returned.
    pub(super) fn set(
        &mut self,
        subject: &Subject,
        property: Property,
        expect: Cow<'a, Expect>,
    ) -> Option<Cow<'a, Expect>> {
        let properties = match self.place(subject) {
            Place::Pf => &mut self.of_pf,
            Place::Vf(vf) => self.vfs.entry(vf).or_insert_with(|| Vec::with_capacity(USUAL)),
            Place::Other => self.others.entry(subject.clone()).or_default(),
        };
        match properties.iter_mut().find(|(known, _)| *known == property) {
            Some((_, known)) => Some(std::mem::replace(known, expect)),
            None => {
                properties.push((property, expect));
                None
            }
        }
    }

    /// Learns what a claim says; returns whether something else was known before.
    pub(super) fn learn(&mut self, claim: &'a Claim) -> bool {
        let before = self.set(&claim.subject, claim.property, Cow::Borrowed(&claim.expect));
        before.is_some_and(|before| *before != claim.expect)
    }

    /// Learns a property that is yes or no.
    pub(super) fn flag(&mut self, subject: &Subject, property: Property, flag: bool) {
        self.set(subject, property, Cow::Owned(Expect::Is(ClaimValue::Flag(flag))));
    }

    /// Forgets a property.
    pub(super) fn forget(&mut self, subject: &Subject, property: Property) {
        let properties = match self.place(subject) {
            Place::Pf => Some(&mut self.of_pf),
            Place::Vf(vf) => self.vfs.get_mut(&vf),
            Place::Other => self.others.get_mut(subject),
        };
        if let Some(properties) = properties {
            properties.retain(|(known, _)| *known != property);
        }
    }

    /// Forgets what nodes offer.
    pub(super) fn forget_resources(&mut self) {
        self.others.retain(|subject, _| !matches!(subject.thing, Thing::Resource(..)));
    }

    /// Forgets all VFs of a PF.
    pub(super) fn forget_vfs(&mut self, pf: &DeviceAddress) {
        if Some(pf) == self.pf {
            self.vfs.clear();
        } else {
            self.others.retain(|subject, _| !matches!(&subject.thing, Thing::Vf(of, _) if of == pf));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_word_on_a_property_counts_until_it_is_forgotten() {
        let (own, other) = (DeviceAddress::Netdevsim(1), DeviceAddress::Netdevsim(2));
        let scope = Scope::Host("lab".parse().expect("a name"));
        let mut known = Knowledge::new(&scope, Some(&own));
        let subjects: Vec<Subject> = [&own, &other]
            .into_iter()
            .flat_map(|pf| [Thing::Pf(pf.clone()), Thing::Vf(pf.clone(), VfIndex(3))])
            .map(|thing| known.subject(thing))
            .collect();
        for subject in &subjects {
            let claim = |flag| Claim::is(subject.clone(), Property::AdminState, ClaimValue::Flag(flag));
            assert_eq!(known.follows(&claim(true)), None);
            known.flag(subject, Property::AdminState, false);
            known.flag(subject, Property::AdminState, true);
            known.flag(subject, Property::Present, false);
            assert_eq!(
                (known.follows(&claim(true)), known.follows(&claim(false))),
                (Some(true), Some(false))
            );
            known.forget(subject, Property::AdminState);
            assert_eq!(known.follows(&claim(true)), None);
        }
        for (pf, left) in [(&own, [true, false, true, true]), (&other, [true, false, true, false])] {
            known.forget_vfs(pf);
            assert_eq!(
                subjects.iter().map(|s| known.get(s, Property::Present).is_some()).collect::<Vec<_>>(),
                left
            );
        }
    }
}
