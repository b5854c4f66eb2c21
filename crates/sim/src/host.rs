//! The simulated host as an edge: the traits of `port` over one shared world.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vfctl_model::{DeviceAddress, HostName};
use vfctl_port::{
    ActionKind, Bounds, Clock, EdgeError, HostFacts, Journal, JournalEntry, Observe, Observed, Op, OpError,
    Outcome, Perform, PfFacts, Scope, What,
};

use crate::builder::Builder;
use crate::fault::{Fault, Injected};
use crate::hand::Hand;
use crate::interrupt::Interrupt;
use crate::perform;
use crate::stop::Stop;
use crate::view;
use crate::world::SimWorld;

/// How long the real edge waits for one answer about interfaces.
const ANSWER: Duration = Duration::from_secs(10);

/// A simulated host that several threads may use at once. It is reached by its own scope only.
#[derive(Debug)]
pub struct SimHost {
    name: HostName,
    world: Mutex<SimWorld>,
    interrupt: Interrupt,
}

impl SimHost {
    /// Returns the host of this name and world.
    pub fn new(name: HostName, world: SimWorld) -> Self {
        Self { name, world: Mutex::new(world), interrupt: Interrupt::default() }
    }

    /// Returns a builder of small hosts for tests.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the host's name.
    pub fn name(&self) -> &HostName {
        &self.name
    }

    /// Returns the scope by which the host is reached.
    pub fn scope(&self) -> Scope {
        Scope::Host(self.name.clone())
    }

    /// Returns what a reader sees of the whole host now.
    pub fn facts(&self) -> HostFacts {
        view::host(&self.world())
    }

    /// Returns the world, to be saved.
    pub fn into_world(self) -> SimWorld {
        self.world.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what another person does on this host, and lets it settle.
    ///
    /// # Errors
    /// Where the kernel refuses it, or would never come back.
    pub fn by_hand(&self, hand: &Hand) -> Result<(), OpError> {
        let mut world = self.world();
        let done = hand.apply(&mut world);
        world.settle();
        done.map_err(OpError::from)
    }

    /// Makes actions of this kind fail from now on; on one PF, or on all.
    pub fn inject(&self, kind: ActionKind, pf: Option<DeviceAddress>, fault: Fault) {
        self.world().injected.insert(0, Injected::new(kind, pf, fault));
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.world().injected.clear();
    }

    /// Lets time pass until nothing is on its way any more.
    pub fn settle(&self) {
        self.world().settle();
    }

    /// Says which boot of the machine it is; what is on it stays as it is.
    pub fn boot(&self, id: &str) {
        self.world().facts.system.boot_id = Some(id.to_owned());
    }

    /// Makes the user ask to stop after so many more ops.
    pub fn interrupt_after(&self, ops: u32) {
        self.interrupt.after(ops);
    }

    /// Returns what the journal holds.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.world().journal.clone()
    }

    /// Returns a PF as it shows when it alone is read; `None` where it is gone.
    fn pf(&self, pf: &DeviceAddress) -> Option<PfFacts> {
        let world = self.world();
        let (facts, hidden, _) = world.pf(pf).ok()?;
        let mut seen = view::pf(facts, hidden, world.now);
        for vf in seen.vfs.values_mut() {
            vf.uses.clear();
        }
        Some(seen)
    }

    /// Performs ops, and counts those that are begun for a user who asks to stop after some.
    pub(crate) fn perform_counted(
        &self,
        scope: &Scope,
        ops: &[Op],
        bounds: Bounds<'_>,
        interrupt: &Interrupt,
    ) -> Vec<Outcome> {
        if !self.is_reached_by(scope) {
            return perform::refuse_all(ops, &Stop::out_of_reach(scope));
        }
        perform::perform(&mut self.world(), ops, bounds, &|| interrupt.count_one())
    }

    fn is_reached_by(&self, scope: &Scope) -> bool {
        scope.host() == Some(&self.name)
    }

    fn world(&self) -> MutexGuard<'_, SimWorld> {
        // A panic elsewhere leaves a world that is still a world; the test that panicked has failed already.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observe for SimHost {
    fn observe(&self, scope: &Scope, what: &What, limit: Duration) -> Result<Observed, EdgeError> {
        if !self.is_reached_by(scope) {
            return Err(EdgeError::out_of_reach(scope));
        }
        let limit = limit.min(ANSWER);
        if *what != What::System && !self.world().wait_for_interfaces(limit) {
            let why = format!("the kernel has not answered within {} s", limit.as_secs());
            return Err(EdgeError::new("read the network interfaces", why));
        }
        Ok(match what {
            What::Whole => Observed::Host(Box::new(self.facts())),
            What::OnlyPf(only) => {
                let mut facts = self.facts();
                facts.physical_functions.retain(|pf, _| Some(pf) == only.as_ref());
                Observed::Host(Box::new(facts))
            }
            What::System => Observed::System(Box::new(self.facts().system)),
            What::Pf(pf) => Observed::Pf(pf.clone(), self.pf(pf).map(Box::new)),
            What::OfHost(_) | What::Pod(_) | What::Objects(_) | What::Labelled { .. } => {
                return Err(EdgeError::out_of_reach(&Scope::Cluster));
            }
        })
    }
}

impl Perform for SimHost {
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        self.perform_counted(scope, ops, bounds, &self.interrupt)
    }
}

impl Clock for SimHost {
    fn now(&self) -> Duration {
        self.world().now
    }

    fn sleep(&self, time: Duration) {
        let mut world = self.world();
        world.now = world.now.saturating_add(time);
    }

    fn interrupted(&self) -> bool {
        self.interrupt.is_due()
    }
}

impl Journal for SimHost {
    fn record(&self, entry: &JournalEntry) -> Result<(), EdgeError> {
        self.world().journal.push(entry.clone());
        Ok(())
    }
}
