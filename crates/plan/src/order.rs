//! Brings steps into phases, and lanes into queues and stages.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::lane::{LaneDraft, SharedPath};
use vfctl_kinds::step::Step;
use vfctl_port::{Phase, Stage, Subject};

use crate::document::{Lane, PhasePlan, StagePlan};

/// Brings drafted lanes into stages, in which they keep their order.
pub(crate) fn into_stages(drafts: Vec<LaneDraft>) -> Vec<StagePlan> {
    let mut by_stage: BTreeMap<Stage, Vec<LaneDraft>> = BTreeMap::new();
    for draft in drafts {
        by_stage.entry(draft.stage).or_default().push(draft);
    }
    let stages = by_stage.into_iter().map(|(stage, drafts)| {
        let queues = queues(drafts.iter().map(|draft| &draft.shares));
        let lanes = drafts.into_iter().zip(queues).map(|(draft, queue)| lane(draft, queue)).collect();
        StagePlan { stage, lanes }
    });
    stages.collect()
}

fn lane(draft: LaneDraft, queue: u32) -> Lane {
    let LaneDraft { stage: _, subject, title, heading, shares: _, basis, steps, goal, afterwards, findings } =
        draft;
    let Subject { scope: _, thing } = subject;
    Lane { thing, title, heading, queue, basis, phases: into_phases(steps), goal, afterwards, findings }
}

/// Brings steps into phases; within a phase they keep their order.
fn into_phases(steps: Vec<Step>) -> Vec<PhasePlan> {
    let mut phases: BTreeMap<Phase, Vec<Step>> = BTreeMap::new();
    for step in steps {
        phases.entry(step.phase).or_default().push(step);
    }
    phases.into_iter().map(|(phase, steps)| PhasePlan { phase, steps }).collect()
}

/// Gives each lane its queue: those that share something, directly or through others, share one.
fn queues<'a>(lanes: impl Iterator<Item = &'a BTreeSet<SharedPath>>) -> Vec<u32> {
    let mut groups: Vec<(BTreeSet<&SharedPath>, Vec<usize>)> = Vec::new();
    for (position, shares) in lanes.enumerate() {
        let mut group: (BTreeSet<&SharedPath>, Vec<usize>) = (shares.iter().collect(), vec![position]);
        for other in (0..groups.len()).rev() {
            if groups.get(other).is_some_and(|(shared, _)| !shared.is_disjoint(&group.0)) {
                let (shared, members) = groups.remove(other);
                group.0.extend(shared);
                group.1.splice(0..0, members);
            }
        }
        groups.push(group);
    }
    let numbered =
        (0..).zip(groups).flat_map(|(queue, (_, members))| members.into_iter().map(move |at| (at, queue)));
    let by_position: BTreeMap<usize, u32> = numbered.collect();
    by_position.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_that_share_a_path_through_others_are_one_queue() {
        let upper = |name: &str| SharedPath::Upper(name.parse().expect("a name"));
        let sets = [
            BTreeSet::from([upper("bond0")]),
            BTreeSet::new(),
            BTreeSet::from([upper("br0")]),
            BTreeSet::from([upper("bond0"), upper("br0")]),
            BTreeSet::new(),
        ];
        let queues = queues(sets.iter());
        assert_eq!((queues[0], queues[2]), (queues[3], queues[3]));
        let others: BTreeSet<u32> = [queues[0], queues[1], queues[4]].into();
        assert_eq!(others.len(), 3, "{queues:?}");
    }
}
