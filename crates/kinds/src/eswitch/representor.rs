//! Who uses representors, which go with switchdev mode and with their VFs.

use vfctl_port::{Claim, ClaimValue, Property};

use crate::context::PfContext;
use crate::step::{Step, Victim};

/// Adds to a step that takes representors away who uses them; those that nobody uses must still be free by then.
pub(crate) fn disrupt_representors(context: &PfContext<'_>, step: &mut Step) {
    for (index, vf) in context.facts.vfs.iter().filter(|(_, vf)| vf.representor.is_some()) {
        let users = context.host.host.users_of_representor(vf);
        let in_use = ClaimValue::Flag(!users.is_empty());
        step.requires.push(Claim::is(context.vf(*index), Property::RepresentorInUse, in_use));
        step.victims.extend(users.into_iter().map(|user| Victim {
            vf: Some(*index),
            user: format!("its representor: {user}"),
            perhaps: false,
            blocks: false,
        }));
    }
}
