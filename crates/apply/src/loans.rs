//! What a lane has changed for a while and must give back, also where it is closed early: by the table of actions.

use std::collections::BTreeMap;

use vfctl_kinds::step::Step;
use vfctl_plan::Lane;
use vfctl_port::{ActionKind, GivenBack, Op, Phase, Property, Remakes, Thing};

/// What is changed for a while at one moment: the ops that give it back, by what they change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loans(BTreeMap<(Thing, Property), Op>);

impl Loans {
    /// Notes that an op of this phase was begun, so that what it changes may have to be given back.
    pub(crate) fn begin(&mut self, lane: &Lane, phase: Phase, op: &Op) {
        let row = op.action.kind().row();
        if row.remakes == Remakes::Vfs {
            // VFs that are gone need no driver.
            self.0.retain(|(thing, _), _| thing.vf().is_none());
        }
        match row.given_back {
            GivenBack::Never => {}
            GivenBack::BySameAction => {
                let later = steps_after(lane, phase).flat_map(ops);
                let last = later.filter(|later| is_same(later, op, row.kind)).last();
                if let Some(last) = last {
                    self.0.insert(key(last), last.clone());
                }
            }
            GivenBack::ByDriver => {
                let later =
                    steps_after(lane, phase).filter(|step| step.reason.returns_drivers()).flat_map(ops);
                let (thing, takes_all) = (op.target.thing(), row.remakes == Remakes::Vfs);
                let later = later.filter(|later| later.action.changes() == Property::Driver);
                let later = later.filter(|later| takes_all || later.target.thing() == thing);
                self.0.extend(later.map(|later| (key(later), later.clone())));
            }
        }
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

    /// Returns the ops that give everything back: those of settings, and those of drivers, which come after, since
    /// with autoprobe off the kernel binds nothing.
    pub(crate) fn into_releases(self) -> (Vec<Op>, Vec<Op>) {
        self.0.into_values().partition(|op| op.action.changes() != Property::Driver)
    }
}

fn key(op: &Op) -> (Thing, Property) {
    (op.target.thing(), op.action.changes())
}

/// Returns whether both are of this kind and do it to the same thing.
fn is_same(one: &Op, other: &Op, kind: ActionKind) -> bool {
    one.action.kind() == kind && one.target == other.target
}

/// Returns the steps of a lane after a phase.
fn steps_after(lane: &Lane, phase: Phase) -> impl Iterator<Item = &Step> {
    lane.phases.iter().filter(move |later| later.phase > phase).flat_map(|later| &later.steps)
}

fn ops(step: &Step) -> impl Iterator<Item = &Op> {
    step.changes.iter().map(|change| &change.op)
}
