//! How properties are read of a World, by the readers of the table.

use vfctl_model::{ModuleName, Reading};

use crate::claim_value::ClaimValue;
use crate::facts::{HostFacts, PfFacts, VfFacts, World};
use crate::found::{Found, flag};
use crate::property::{Property, Reader};
use crate::subject::{Scope, Subject, Thing};

impl Property {
    /// Reads this property of a subject; `None` where the subject is not there.
    pub fn read(self, subject: &Subject, world: &World) -> Option<Found> {
        let Subject { scope, thing } = subject;
        let Scope::Host(host) = scope else {
            return self.read_of_cluster(thing, world);
        };
        let Some(facts) = world.hosts.get(host) else {
            return Some(Reading::Unreadable(format!("there are no facts of host {host}")));
        };
        // The one property that an absent subject has.
        let absent = || (self == Self::Present).then(|| flag(false));
        match thing {
            Thing::System | Thing::Object(_) | Thing::Resource(..) => Some(Reading::Unsupported),
            Thing::Module(module) => Some(self.read_module(facts, module)),
            Thing::Pf(pf) => match facts.physical_functions.get(pf) {
                Some(pf) => Some(self.read_pf(facts, pf)),
                None => absent(),
            },
            Thing::Vf(pf, vf) => {
                let pf = facts.physical_functions.get(pf);
                match pf.and_then(|pf| Some((pf, pf.vfs.get(vf)?))) {
                    Some((pf, vf)) => Some(self.read_vf(facts, pf, vf)),
                    None => absent(),
                }
            }
        }
    }

    /// Reads this property of a thing of the cluster; `None` where it is not there.
    fn read_of_cluster(self, thing: &Thing, world: &World) -> Option<Found> {
        let Some(cluster) = &world.cluster else {
            return Some(Reading::Unreadable("there are no facts of the cluster".to_owned()));
        };
        let Some(object) = thing.object() else {
            return Some(Reading::Unreadable("the cluster has no facts of that".to_owned()));
        };
        if let Some(why) = cluster.unread.get(&object.kind()) {
            return Some(Reading::Unreadable(why.clone()));
        }
        let facts = cluster.objects.get(&object)?;
        Some(self.find(|reader| match (reader, thing) {
            (Reader::Object(read), Thing::Object(_)) => Some(read(facts)),
            (Reader::Resource(read), Thing::Resource(_, resource)) => Some(read(facts, resource)),
            _ => None,
        }))
    }

    /// Reads by the first reader that takes the thing; nothing else has the property.
    fn find(self, read: impl Fn(Reader) -> Option<Found>) -> Found {
        self.row().of.iter().find_map(|(_, reader)| read(*reader)).unwrap_or(Reading::Unsupported)
    }

    fn read_module(self, host: &HostFacts, module: &ModuleName) -> Found {
        self.find(|reader| match reader {
            Reader::Module(read) => Some(read(host, module)),
            Reader::Pf(_) | Reader::Kept | Reader::Vf(_) | Reader::Object(_) | Reader::Resource(_) => None,
        })
    }

    /// Reads this property of a PF.
    pub fn read_pf(self, host: &HostFacts, pf: &PfFacts) -> Found {
        self.find(|reader| match reader {
            Reader::Pf(read) => Some(read(host, pf)),
            Reader::Kept => Some(pf.properties.read(self)),
            Reader::Module(_) | Reader::Vf(_) | Reader::Object(_) | Reader::Resource(_) => None,
        })
    }

    /// Reads this property of a VF of a PF.
    fn read_vf(self, host: &HostFacts, pf: &PfFacts, vf: &VfFacts) -> Found {
        if let Self::Attribute(attribute) = self {
            return match pf.attribute(vf, attribute) {
                Reading::Known(value) => Reading::Known(Some(ClaimValue::Vf(value))),
                Reading::Unsupported => Reading::Unsupported,
                Reading::Unreadable(why) => Reading::Unreadable(why),
            };
        }
        self.find(|reader| match reader {
            Reader::Vf(read) => Some(read(host, pf, vf)),
            Reader::Module(_) | Reader::Pf(_) | Reader::Kept | Reader::Object(_) | Reader::Resource(_) => {
                None
            }
        })
    }
}
