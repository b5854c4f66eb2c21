//! What a lane has changed for a while and must give back, also where it is closed early: by the table of actions.

use std::collections::BTreeMap;

use vfctl_kinds::step::Reason;
use vfctl_plan::Lane;
use vfctl_port::{GivenBack, Need, Op, Phase, Property, Remakes, Thing};

/// The ops of a lane that give something back, each with its phase, in the order of the plan: a lane of thousands of VFs
/// is searched once, and not for each of them.
#[derive(Debug)]
pub(crate) struct Returns<'a> {
    /// Those of settings.
    settings: Vec<(Phase, &'a Op)>,
    /// Those that give VFs their driver, by the VF.
    drivers: BTreeMap<Thing, Vec<(Phase, &'a Op)>>,
}

impl<'a> Returns<'a> {
    /// Returns those of a lane.
    pub(crate) fn of(lane: &'a Lane) -> Self {
        let (mut settings, mut drivers) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
        for phase in &lane.phases {
            for step in &phase.steps {
                for op in step.changes.iter().map(|change| &change.op) {
                    if op.action.kind().row().given_back == GivenBack::BySameAction {
                        settings.push((phase.phase, op));
                    }
                    if step.reason.returns_drivers() && op.action.changes() == Property::Driver {
                        drivers.entry(op.target.thing()).or_default().push((phase.phase, op));
                    }
                }
            }
        }
        Self { settings, drivers }
    }
}

/// Returns the last of these ops, if it comes after a phase.
fn last_after<'a>(ops: &[(Phase, &'a Op)], phase: Phase) -> Option<&'a Op> {
    ops.last().filter(|(later, _)| *later > phase).map(|(_, op)| *op)
}

/// Returns the ops of a lane that restore what an earlier apply had changed for a while and left.
pub(crate) fn left_before(lane: &Lane) -> impl Iterator<Item = &Op> {
    let steps = lane.phases.iter().flat_map(|phase| &phase.steps);
    let restoring = steps.filter(|step| step.reason == Reason::RestoreLeft);
    restoring.flat_map(|step| &step.changes).map(|change| &change.op)
}

/// What is changed for a while at one moment: the ops that give it back, by what they change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loans(BTreeMap<(Thing, Property), Op>);

impl Loans {
    /// Notes what an earlier apply had changed for a while and left.
    pub(crate) fn inherit(&mut self, left: Vec<&Op>) {
        left.into_iter().for_each(|op| self.owe(Some(op)));
    }

    /// Notes that an op of this phase was begun, so that what it changes may have to be given back.
    pub(crate) fn begin(&mut self, returns: &Returns<'_>, phase: Phase, op: &Op) {
        let row = op.action.kind().row();
        if row.remakes == Remakes::Vfs {
            // VFs that are gone need no driver.
            self.0.retain(|(thing, _), _| thing.vf().is_none());
        }
        match row.given_back {
            GivenBack::Never => {}
            GivenBack::BySameAction => {
                let is_same = |later: &Op| later.action.kind() == row.kind && later.target == op.target;
                let same: Vec<_> =
                    returns.settings.iter().filter(|(_, later)| is_same(later)).copied().collect();
                self.owe(last_after(&same, phase));
            }
            GivenBack::ByDriver if row.remakes == Remakes::Vfs => {
                returns.drivers.values().for_each(|ops| self.owe(last_after(ops, phase)));
            }
            GivenBack::ByDriver => {
                self.owe(returns.drivers.get(&op.target.thing()).and_then(|ops| last_after(ops, phase)));
            }
        }
    }

    fn owe(&mut self, op: Option<&Op>) {
        self.0.extend(op.map(|op| (key(op), op.clone())));
    }

    /// Notes that an op was done and kept: what it gives back is no loan any more.
    pub(crate) fn end(&mut self, op: &Op) {
        if self.0.get(&key(op)) == Some(op) {
            self.0.remove(&key(op));
        }
    }

    /// Returns the ops that give everything back.
    pub(crate) fn owed(&self) -> Vec<Op> {
        self.0.values().cloned().collect()
    }

    /// Returns whether this op gives something back.
    pub(crate) fn has(&self, op: &Op) -> bool {
        self.0.get(&key(op)) == Some(op)
    }

    /// Returns the ops that give everything back, in the order in which that is done.
    pub(crate) fn into_releases(self) -> Releases {
        let is_driver = |op: &Op| op.action.changes() == Property::Driver;
        let is_chosen = |op: &Op| op.action.kind().row().needs.contains(&Need::Autoprobe);
        let (drivers, settings): (Vec<_>, Vec<_>) = self.0.into_values().partition(is_driver);
        let (chosen, named) = drivers.into_iter().partition(is_chosen);
        Releases { named, settings, chosen }
    }
}

/// The ops that give everything back, in this order.
pub(crate) struct Releases {
    /// Those that give VFs a named driver: before autoprobe is on again, so that no other takes them.
    pub(crate) named: Vec<Op>,
    /// Those of settings.
    pub(crate) settings: Vec<Op>,
    /// Those that let the kernel choose a VF's driver: with autoprobe off it binds nothing.
    pub(crate) chosen: Vec<Op>,
}

fn key(op: &Op) -> (Thing, Property) {
    (op.target.thing(), op.action.changes())
}
