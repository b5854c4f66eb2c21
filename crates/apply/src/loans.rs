//! What a lane has borrowed on its way and must give back, also where it is closed early.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::step::{Reason, Step};
use vfctl_model::VfIndex;
use vfctl_plan::Lane;
use vfctl_port::{Op, Outcome, Phase};

/// What is borrowed at one moment.
#[derive(Default)]
pub(crate) struct Loans {
    /// Ops that give back settings, such as autoprobe.
    lent: Vec<Op>,
    /// Ops, not performed yet, that give VFs the driver that was withheld or taken from them on the way.
    withheld: BTreeMap<VfIndex, Op>,
}

impl Loans {
    /// Keeps in mind what these steps have borrowed, and what they have given back.
    pub(crate) fn note(&mut self, lane: &Lane, steps: &[Step], outcomes: &[Outcome]) {
        let mut outcomes = outcomes.iter();
        for step in steps {
            let outcomes: Vec<(Option<VfIndex>, &Outcome)> =
                step.changes.iter().map(|change| change.vf).zip(outcomes.by_ref()).collect();
            let begun: BTreeSet<Option<VfIndex>> = outcomes
                .iter()
                .filter(|(_, outcome)| matches!(outcome, Outcome::Done | Outcome::Unknown(_)))
                .map(|(vf, _)| *vf)
                .collect();
            if begun.is_empty() {
                continue;
            }
            let kind = step.changes.first().map(|change| change.op.kind());
            self.lent.retain(|op| Some(op.kind()) != kind);
            self.lent.extend(step.give_back.clone());
            let gives_driver = |later: &&Step| match step.phase {
                Phase::CreateVfs => later.reason == Reason::DefaultDriver,
                Phase::Unbind => later.phase == Phase::Bind && later.reason == Reason::MacNeedsRebind,
                _ => false,
            };
            let later = lane.steps().filter(gives_driver).flat_map(|step| &step.changes);
            let taken = |vf: Option<VfIndex>| step.phase == Phase::CreateVfs || begun.contains(&vf);
            let later = later.filter(|change| taken(change.vf));
            self.withheld.extend(later.filter_map(|change| Some((change.vf?, change.op.clone()))));
            if step.phase == Phase::Bind {
                let done = outcomes.iter().filter(|(_, outcome)| **outcome == Outcome::Done);
                for vf in done.filter_map(|(vf, _)| *vf) {
                    self.withheld.remove(&vf);
                }
            }
        }
    }

    /// Returns whether this op gives back a driver that is withheld.
    pub(crate) fn withholds(&self, op: &Op) -> bool {
        op.vf().and_then(|vf| self.withheld.get(&vf)) == Some(op)
    }

    /// Returns the ops that give everything back: those of settings, and those of drivers, which come after, since
    /// with autoprobe off the kernel binds nothing.
    pub(crate) fn into_releases(self) -> (Vec<Op>, Vec<Op>) {
        let Self { lent, withheld } = self;
        (lent, withheld.into_values().collect())
    }
}
