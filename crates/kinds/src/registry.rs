//! The kinds that make up a PF, one line each; plan walks this list and knows no kind by name.

use vfctl_port::Phase;

use crate::context::{PfContext, PfDiff};
use crate::{binding, netdev, pf, vf};

/// Compares one kind of a PF: adds its steps, claims and findings.
pub type Diff = fn(&PfContext<'_>, &mut PfDiff);

/// The kinds, in the order in which steps of one phase are shown and performed.
pub const KINDS: &[Diff] =
    &[pf::diff_interface, pf::diff_autoprobe, pf::diff_count, vf::diff, binding::diff, netdev::diff];

/// Compares a PF with what it should be.
pub fn diff(context: &PfContext<'_>) -> PfDiff {
    let mut diff = PfDiff::default();
    for kind in KINDS {
        kind(context, &mut diff);
    }
    // What is not written because new VFs begin with it is held against them before anything else is done.
    if let Some(made) = diff.steps.iter_mut().find(|step| step.phase == Phase::CreateVfs) {
        made.ends.append(&mut diff.initial);
    }
    diff
}
