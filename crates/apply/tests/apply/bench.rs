//! The edges of the tests: a world, what becomes of ops, and what happens meanwhile, behind one lock.
//!
//! Whatever is performed must stand in the journal already, with the very same ops: the bench panics where it does not.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use vfctl_apply::{Edges, Look, Progress, Report, apply};
use vfctl_plan::Plan;
use vfctl_port::{
    ActionKind, Bounds, Clock, EdgeError, Journal, JournalEntry, LaneId, Observe, Observed, Op, OpError,
    Outcome, Perform, PfFacts, Phase, Scope, What, World,
};

use crate::kernel;
use crate::meeting::Meeting;
use crate::port::Port;

/// What becomes of an op where it does not just work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It works after all.
    Works,
    /// It is refused, and changes nothing.
    Refused,
    /// It is accepted, and changes nothing.
    Lies,
    /// It is done, and shows only after this time.
    Late(Duration),
    /// It is done, and no answer comes.
    Silent,
    /// It hangs.
    Hangs,
    /// It is not begun.
    NotTried,
}

/// What happens to the world or the user on the way.
type Happening = Box<dyn FnOnce(&mut State) + Send>;

/// What the edges share.
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) interrupted: bool,
    /// Whether facts can be read.
    pub(crate) readable: bool,
    /// Every entry that the journal has taken.
    pub(crate) entries: Vec<JournalEntry>,
    /// What went on, a line each, in the order in which it did.
    pub(crate) log: Vec<String>,
    now: Duration,
    /// The answers to come to ops of a kind, the next one first.
    answers: Vec<(ActionKind, Answer)>,
    /// What happens when an op of a kind is performed for the first time.
    with_op: Vec<(ActionKind, Happening)>,
    /// What happens at a moment.
    at: Vec<(Duration, Happening)>,
    /// The entries that the journal does not take, by how many came before.
    unwritten: Vec<usize>,
    /// How many entries came to the journal, taken or not.
    came: usize,
}

/// The edges of one test.
pub(crate) struct Bench {
    state: Mutex<State>,
    /// Where each that performs waits for another.
    meeting: Option<Meeting>,
}

impl Bench {
    /// Returns edges to the hosts of these ports.
    pub(crate) fn new(ports: &[&Port]) -> Self {
        let mut world = World::empty();
        for port in ports {
            port.add_to(world.hosts.entry(port.host.clone()).or_insert_with(kernel::bare_host));
        }
        let state = State {
            world,
            interrupted: false,
            readable: true,
            entries: Vec::new(),
            log: Vec::new(),
            now: Duration::ZERO,
            answers: Vec::new(),
            with_op: Vec::new(),
            at: Vec::new(),
            unwritten: Vec::new(),
            came: 0,
        };
        Self { state: Mutex::new(state), meeting: None }
    }

    /// Adds what becomes of the next ops of their kinds that nothing was said of yet.
    pub(crate) fn answering(mut self, answers: &[(ActionKind, Answer)]) -> Self {
        self.state.get_mut().expect("no panic").answers.extend(answers);
        self
    }

    /// Adds what happens when an op of this kind is performed for the first time.
    pub(crate) fn when(
        mut self,
        kind: ActionKind,
        happens: impl FnOnce(&mut State) + Send + 'static,
    ) -> Self {
        self.state.get_mut().expect("no panic").with_op.push((kind, Box::new(happens)));
        self
    }

    /// Adds what happens at a moment.
    pub(crate) fn at(mut self, moment: Duration, happens: impl FnOnce(&mut State) + Send + 'static) -> Self {
        self.state.get_mut().expect("no panic").at.push((moment, Box::new(happens)));
        self
    }

    /// Lets the journal fail to take these entries, counted from 0.
    pub(crate) fn losing(mut self, entries: impl IntoIterator<Item = usize>) -> Self {
        self.state.get_mut().expect("no panic").unwritten.extend(entries);
        self
    }

    /// Lets whoever performs wait there.
    pub(crate) fn meeting_at(mut self, meeting: Meeting) -> Self {
        self.meeting = Some(meeting);
        self
    }

    /// Returns how many performed at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.meeting.as_ref().expect("a meeting").most()
    }

    /// Returns what the edges share. A test that failed in a thread does not hide behind this lock.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Returns the world as it is, read just now.
    pub(crate) fn look(&self) -> Look {
        let state = self.state();
        Look { world: state.world.clone(), at: state.now }
    }

    /// Applies a plan after a look of now.
    pub(crate) fn apply(&self, plan: &Plan) -> Report {
        self.apply_after(plan, &self.look())
    }

    /// Applies a plan after a look.
    pub(crate) fn apply_after(&self, plan: &Plan, before: &Look) -> Report {
        let edges = Edges { observe: self, perform: self, journal: self, clock: self, progress: self };
        apply(plan, before, edges)
    }

    /// Returns what went on, a line each.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// Returns what was performed, a line each.
    pub(crate) fn performed(&self) -> Vec<String> {
        let log = self.log();
        log.iter().filter_map(|line| line.strip_prefix("perform ").map(str::to_owned)).collect()
    }

    /// Returns how often a whole host was looked at.
    pub(crate) fn whole_looks(&self) -> usize {
        self.log().iter().filter(|line| line.starts_with("look at ")).count()
    }

    /// Returns the clock.
    pub(crate) fn now(&self) -> Duration {
        self.state().now
    }
}

impl State {
    /// Returns the facts of a port.
    pub(crate) fn pf(&mut self, port: &Port) -> &mut PfFacts {
        let host = self.world.hosts.get_mut(&port.host).expect("the host");
        host.physical_functions.get_mut(&port.pf).expect("the PF")
    }

    /// Lets time pass, with what happens in it.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        let now = self.now;
        let due: Vec<_> = self.at.extract_if(.., |(moment, _)| *moment <= now).collect();
        due.into_iter().for_each(|(_, happens)| happens(self));
    }

    /// Returns the last entry of a lane.
    fn last_of(&self, scope: &Scope, op: &Op) -> Option<&JournalEntry> {
        let is_of = |lane: &LaneId| {
            let is_there = lane.host.as_ref() == scope.host();
            is_there && lane.thing.pf() == op.target.pf()
        };
        self.entries.iter().rev().find(|entry| match entry {
            JournalEntry::PhaseBegan { lane, .. } | JournalEntry::PhaseEnded { lane, .. } => is_of(lane),
            JournalEntry::Began { .. } | JournalEntry::Ended { .. } => false,
        })
    }

    /// Performs an op as was said of it.
    fn perform(&mut self, scope: &Scope, op: &Op) -> Outcome {
        let kind = op.action.kind();
        if let Some(place) = self.with_op.iter().position(|(with, _)| *with == kind) {
            let (_, happens) = self.with_op.remove(place);
            happens(self);
        }
        let place = self.answers.iter().position(|(of, _)| *of == kind);
        match place.map_or(Answer::Works, |place| self.answers.remove(place).1) {
            Answer::Works if kernel::perform(&mut self.world, scope, op).is_some() => {}
            Answer::Works => return Outcome::Refused(refusal()),
            Answer::Refused => return Outcome::Refused(refusal()),
            Answer::Lies => {}
            Answer::Late(time) => {
                let (scope, op) = (scope.clone(), op.clone());
                let shows = move |state: &mut Self| {
                    kernel::perform(&mut state.world, &scope, &op).expect("a VF");
                };
                self.at.push((self.now + time, Box::new(shows)));
            }
            Answer::Silent => {
                kernel::perform(&mut self.world, scope, op).expect("a VF");
                return Outcome::Unknown("no answer came".to_owned());
            }
            Answer::Hangs => return Outcome::Unknown("no answer came".to_owned()),
            Answer::NotTried => return Outcome::NotTried,
        }
        Outcome::Done
    }
}

/// Returns what the kernel says where it refuses.
pub(crate) fn refusal() -> OpError {
    OpError { errno: Some(16), cause: "EBUSY: device or resource busy".to_owned(), detail: None }
}

/// Returns ops in short: what is done to what.
pub(crate) fn short(ops: &[Op]) -> String {
    let one = |op: &Op| match op.action.after() {
        Some(vfctl_port::Expect::Is(value)) => {
            let thing = op.target.thing();
            format!("{} {} on {thing}", op.action.kind(), op.action.changes().show(&thing, &value))
        }
        _ => format!("{} on {}", op.action.kind(), op.target.thing()),
    };
    ops.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Observe for Bench {
    fn observe(&self, scope: &Scope, what: &What, _: Duration) -> Result<Observed, EdgeError> {
        let mut state = self.state();
        state.log.push(match what {
            What::Whole | What::OfHost(_) | What::Pod(_) | What::OnlyPf(_) => format!("look at {scope}"),
            What::System => format!("read system of {scope}"),
            What::Pf(pf) => format!("read {pf} of {scope}"),
            What::Objects(objects) => format!("read {} objects of {scope}", objects.len()),
            What::Labelled { kind, .. } => format!("read each {} of {scope}", kind.row().word),
        });
        if !state.readable {
            return Err(EdgeError::out_of_reach(scope));
        }
        let Some(name) = scope.host() else {
            return Ok(Observed::Cluster(Box::default()));
        };
        let host = state.world.hosts.get(name).expect("a host of the test");
        Ok(match what {
            What::Whole => Observed::Host(Box::new(host.clone())),
            What::OnlyPf(only) => {
                let mut host = host.clone();
                host.physical_functions.retain(|pf, _| Some(pf) == only.as_ref());
                Observed::Host(Box::new(host))
            }
            What::System => Observed::System(Box::new(host.system.clone())),
            What::OfHost(_) | What::Pod(_) | What::Objects(_) | What::Labelled { .. } => {
                return Err(EdgeError::out_of_reach(scope));
            }
            What::Pf(pf) => {
                let facts = host.physical_functions.get(pf).cloned();
                // Who uses a VF is not looked at here.
                let unused = facts.map(|mut facts| {
                    facts.vfs.values_mut().for_each(|vf| vf.uses.clear());
                    Box::new(facts)
                });
                Observed::Pf(pf.clone(), unused)
            }
        })
    }
}

impl Perform for Bench {
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        let outcomes = {
            let mut state = self.state();
            let last = state.last_of(scope, ops.first().expect("an op"));
            let is_journaled =
                matches!(last, Some(JournalEntry::PhaseBegan { ops: written, .. }) if written == ops);
            assert!(is_journaled, "performed before it was journaled: {}", short(ops));
            state.log.push(format!("perform {}", short(ops)));
            drop(state);
            let one = |op: &Op| match (bounds.stop)() {
                true => Outcome::NotTried,
                false => self.state().perform(scope, op),
            };
            ops.iter().map(one).collect()
        };
        self.meeting.iter().for_each(Meeting::attend);
        outcomes
    }
}

impl Journal for Bench {
    fn record(&self, entry: &JournalEntry) -> Result<(), EdgeError> {
        let mut state = self.state();
        let place = state.came;
        state.came += 1;
        if state.unwritten.contains(&place) {
            return Err(EdgeError::new("write the journal", "no space left on device"));
        }
        let phase =
            |phase: &Option<Phase>| phase.map_or("what restores".to_owned(), |phase| phase.to_string());
        state.log.push(match entry {
            JournalEntry::Began { .. } => "journal: apply begins".to_owned(),
            JournalEntry::PhaseBegan { phase: at, .. } => format!("journal: {} begins", phase(at)),
            JournalEntry::PhaseEnded { phase: at, .. } => format!("journal: {} has ended", phase(at)),
            JournalEntry::Ended { converged } => format!("journal: apply ends, converged: {converged}"),
        });
        state.entries.push(entry.clone());
        Ok(())
    }
}

impl Clock for Bench {
    fn now(&self) -> Duration {
        self.now()
    }

    fn sleep(&self, time: Duration) {
        self.state().pass(time);
    }

    fn interrupted(&self) -> bool {
        self.state().interrupted
    }
}

impl Progress for Bench {
    fn phase(&self, lane: &str, phase: Phase, ops: usize) {
        self.state().log.push(format!("progress: {lane}, {phase}, {ops}"));
    }
}
