//! The journal has each op before it is performed, and what became of it before anything else is begun in its lane.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use vfctl_port::{Bounds, EdgeError, Journal, JournalEntry, LaneId, Op, Outcome, Perform, Scope};

/// Performs and journals by other edges, and notes what is done out of order.
pub(crate) struct OrderCheck<'a> {
    perform: &'a dyn Perform,
    journal: &'a dyn Journal,
    seen: Mutex<Seen>,
}

/// What has happened so far.
#[derive(Debug, Default)]
struct Seen {
    /// How many entries there are.
    entries: usize,
    /// The lanes in which ops are begun.
    begun: BTreeMap<LaneId, Begun>,
    /// Whether the apply has ended.
    ended: bool,
    /// What was out of order.
    flaws: Vec<String>,
}

/// Ops that the journal has.
#[derive(Debug)]
struct Begun {
    ops: Vec<Op>,
    /// What became of them; `None` while they are not performed.
    outcomes: Option<Vec<Outcome>>,
}

impl<'a> OrderCheck<'a> {
    /// Returns edges that work through these.
    pub(crate) fn new(perform: &'a dyn Perform, journal: &'a dyn Journal) -> Self {
        Self { perform, journal, seen: Mutex::default() }
    }

    /// Says what was out of order, once the apply has come to its end.
    pub(crate) fn conclude(self) -> Result<(), String> {
        let mut seen = self.seen.into_inner().unwrap();
        if seen.entries > 0 && !seen.ended {
            seen.flaws.push("the journal does not say that the apply has ended".to_owned());
        }
        if seen.flaws.is_empty() { Ok(()) } else { Err(seen.flaws.join("\n")) }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

impl Seen {
    /// Takes in an entry.
    fn record(&mut self, entry: &JournalEntry) {
        self.entries += 1;
        if self.ended {
            self.flaws.push(format!("after the end: {entry:?}"));
        }
        if (self.entries == 1) != matches!(entry, JournalEntry::Began { .. }) {
            self.flaws.push(format!("entry {} is {entry:?}", self.entries));
        }
        match entry {
            JournalEntry::Began { .. } => {}
            JournalEntry::PhaseBegan { lane, ops, found, phase, owed } => {
                // Who dies on the way still owes what was to be restored.
                if phase.is_none() && ops.iter().any(|op| !owed.contains(op)) {
                    self.flaws.push(format!("{ops:?} restore what the journal does not owe"));
                }
                if found.len() != ops.len() {
                    self.flaws.push(format!("{} ops and {} values of before", ops.len(), found.len()));
                }
                // Where there is nothing to perform, it only says what is still owed.
                let begun = Begun { ops: ops.clone(), outcomes: ops.is_empty().then(Vec::new) };
                if let Some(before) = self.begun.insert(lane.clone(), begun) {
                    self.flaws.push(format!("{lane:?} begins {ops:?} before the end of {before:?}"));
                }
            }
            JournalEntry::PhaseEnded { lane, outcomes, phase: _ } => {
                let begun = self.begun.remove(lane).and_then(|begun| begun.outcomes);
                if begun.as_ref() != Some(outcomes) {
                    self.flaws.push(format!("{lane:?} ends with {outcomes:?} and came to {begun:?}"));
                }
            }
            JournalEntry::Ended { .. } => {
                self.ended = true;
                self.flaws.extend(self.begun.iter().map(|open| format!("no end of {open:?}")));
            }
        }
    }

    /// Returns the lane of this scope that has just begun exactly these ops.
    fn lane_of(&self, scope: &Scope, ops: &[Op]) -> Option<LaneId> {
        let mut lanes = self.begun.iter().filter(|(lane, begun)| {
            lane.host.as_ref() == scope.host() && begun.ops == ops && begun.outcomes.is_none()
        });
        lanes.next().map(|(lane, _)| lane.clone())
    }
}

impl Journal for OrderCheck<'_> {
    fn record(&self, entry: &JournalEntry) -> Result<(), EdgeError> {
        self.seen().record(entry);
        self.journal.record(entry)
    }
}

impl Perform for OrderCheck<'_> {
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        let lane = self.seen().lane_of(scope, ops);
        let outcomes = self.perform.perform(scope, ops, bounds);
        let mut seen = self.seen();
        match lane.as_ref().and_then(|lane| seen.begun.get_mut(lane)) {
            Some(begun) => begun.outcomes = Some(outcomes.clone()),
            None => seen.flaws.push(format!("the journal does not have {ops:?} of {scope}")),
        }
        outcomes
    }
}

#[test]
fn op_that_the_journal_does_not_have_is_found() {
    let sim = vfctl_sim::SimHost::builder().build();
    let lane = || LaneId {
        host: Some(sim.name().clone()),
        stage: vfctl_port::Stage::Prepare,
        thing: vfctl_port::Thing::System,
    };
    let load = |module: &str| Op {
        target: vfctl_port::Target::Module(module.parse().unwrap()),
        action: vfctl_port::Action::LoadModule,
    };
    let began_owing = |module: &str, owed: Vec<Op>| JournalEntry::PhaseBegan {
        lane: lane(),
        phase: None,
        ops: vec![load(module)],
        found: vec![None],
        owed,
    };
    let began = |module: &str| began_owing(module, vec![load(module)]);
    let start =
        || JournalEntry::Began { documents: Vec::new(), before: Box::new(vfctl_port::World::empty()) };
    let ended = |outcome| JournalEntry::PhaseEnded { lane: lane(), phase: None, outcomes: vec![outcome] };
    let end = || JournalEntry::Ended { converged: true };
    let run = |before: &[JournalEntry], performed: &[&str], after: &[JournalEntry]| {
        let check = OrderCheck::new(&sim, &sim);
        before.iter().for_each(|entry| check.record(entry).unwrap());
        for module in performed {
            check.perform(&sim.scope(), &[load(module)], Bounds::only(Duration::ZERO));
        }
        after.iter().for_each(|entry| check.record(entry).unwrap());
        check.conclude()
    };
    let good = [ended(Outcome::Done), end()];
    assert_eq!(run(&[start(), began("vfio_pci")], &["vfio_pci"], &good), Ok(()));
    for (before, performed, after, flaw) in [
        (vec![start()], vec!["vfio_pci"], vec![end()], "does not have"),
        (vec![start(), began("bonding")], vec!["vfio_pci"], vec![end()], "does not have"),
        (vec![start(), began("vfio_pci")], vec!["vfio_pci", "vfio_pci"], good.to_vec(), "does not have"),
        (vec![start(), began("vfio_pci")], vec![], good.to_vec(), "came to None"),
        (
            vec![start(), began("vfio_pci")],
            vec!["vfio_pci"],
            vec![ended(Outcome::NotTried), end()],
            "came to",
        ),
        (
            vec![start(), began("vfio_pci")],
            vec!["vfio_pci"],
            vec![began("vfio_pci"), good[0].clone(), end()],
            "begins",
        ),
        (vec![start(), began("vfio_pci")], vec!["vfio_pci"], vec![end()], "no end of"),
        (vec![start(), began("vfio_pci")], vec!["vfio_pci"], vec![good[0].clone()], "has ended"),
        (
            vec![start(), began("vfio_pci")],
            vec!["vfio_pci"],
            vec![good[0].clone(), end(), end()],
            "after the end",
        ),
        (vec![began("vfio_pci")], vec!["vfio_pci"], good.to_vec(), "entry 1"),
        (vec![start(), began_owing("vfio_pci", Vec::new())], vec!["vfio_pci"], good.to_vec(), "does not owe"),
    ] {
        let flaws = run(&before, &performed, &after).unwrap_err();
        assert!(flaws.contains(flaw), "{flaw} is not in {flaws}");
    }
}
