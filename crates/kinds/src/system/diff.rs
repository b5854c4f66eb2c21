//! Compares what the machine must offer with what it does.

use std::collections::BTreeSet;

use vfctl_model::{DriverName, ModuleName};
use vfctl_port::{Action, Claim, ClaimValue, Op, Phase, Property, Target, Thing};

use crate::change::Change;
use crate::desired::Wanted;
use crate::lane::HostContext;
use crate::path::Origin;
use crate::step::{Reason, Step};

/// Returns the steps that load what is missing: the modules that the spec names, and those of the drivers that
/// VFs are given.
pub(super) fn steps(
    context: &HostContext<'_>,
    modules: &[Wanted<ModuleName>],
    drivers: &BTreeSet<DriverName>,
) -> Vec<Step> {
    let system = &context.host.system;
    let missing = |module: &ModuleName| !system.modules.contains(module);
    let mut asked = Step::new(Phase::LoadModules, Property::Loaded, Reason::Asked);
    let mut named = BTreeSet::new();
    for Wanted { value: module, origin } in modules {
        if missing(module) && named.insert(module.clone()) {
            asked.changes.push(change(module, Some(origin.clone())));
            asked.ends.push(Claim::is(
                context.subject(Thing::Module(module.clone())),
                Property::Loaded,
                ClaimValue::Flag(true),
            ));
        }
    }
    let mut needed = Step::new(Phase::LoadModules, Property::Loaded, Reason::DriverNeedsModule);
    let unregistered = drivers.iter().filter(|driver| !system.drivers.contains(driver));
    for module in unregistered.map(DriverName::module) {
        if missing(&module) && named.insert(module.clone()) {
            needed.changes.push(change(&module, None));
        }
    }
    [asked, needed].into_iter().filter(|step| !step.changes.is_empty()).collect()
}

fn change(module: &ModuleName, origin: Option<Origin>) -> Change {
    Change {
        from: Some(false.into()),
        to: true.into(),
        origin,
        op: Op { target: Target::Module(module.clone()), action: Action::LoadModule },
    }
}
