//! The simulated host as an edge: the traits of `port` over one shared world.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vfctl_model::DeviceAddress;
use vfctl_port::{
    Clock, EdgeError, HostFacts, Journal, JournalEntry, Observe, Op, OpError, OpKind, Outcome, Perform,
    PfFacts,
};

use crate::builder::Builder;
use crate::fault::{Fault, Injected};
use crate::hand::Hand;
use crate::perform;
use crate::view;
use crate::world::SimWorld;

/// A simulated host that several threads may use at once.
#[derive(Debug)]
pub struct SimHost {
    world: Mutex<SimWorld>,
    interrupted: Mutex<Interrupt>,
}

/// When the user asks to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interrupt {
    Never,
    /// After so many more ops.
    After(u32),
}

impl SimHost {
    /// Returns the host of this world.
    pub fn new(world: SimWorld) -> Self {
        Self { world: Mutex::new(world), interrupted: Mutex::new(Interrupt::Never) }
    }

    /// Returns a builder of small hosts for tests.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the world, to be saved.
    pub fn into_world(self) -> SimWorld {
        self.world.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what another person does on this host, and lets it settle.
    ///
    /// # Errors
    /// Where the kernel refuses it, or would never answer.
    pub fn by_hand(&self, hand: &Hand) -> Result<(), OpError> {
        let mut world = self.world();
        let done = hand.apply(&mut world);
        world.settle();
        done
    }

    /// Makes ops of this kind fail from now on; on one PF, or on all.
    pub fn inject(&self, kind: OpKind, pf: Option<DeviceAddress>, fault: Fault) {
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

    /// Makes the user ask to stop after so many more ops.
    pub fn interrupt_after(&self, ops: u32) {
        *self.interrupt() = Interrupt::After(ops);
    }

    /// Returns what the journal holds.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.world().journal.clone()
    }

    fn world(&self) -> MutexGuard<'_, SimWorld> {
        // A panic elsewhere leaves a world that is still a world; the test that panicked has failed already.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn interrupt(&self) -> MutexGuard<'_, Interrupt> {
        self.interrupted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_ops(&self, ops: usize) {
        let mut interrupt = self.interrupt();
        if let Interrupt::After(left) = *interrupt {
            *interrupt = Interrupt::After(left.saturating_sub(u32::try_from(ops).unwrap_or(u32::MAX)));
        }
    }
}

impl Observe for SimHost {
    fn observe_host(&self) -> Result<HostFacts, EdgeError> {
        Ok(view::host(&self.world()))
    }

    fn observe_pf(&self, pf: &DeviceAddress) -> Result<Option<PfFacts>, EdgeError> {
        let world = self.world();
        let Ok((facts, hidden, _)) = world.pf(pf) else { return Ok(None) };
        let mut seen = view::pf(facts, hidden, world.now);
        for vf in seen.vfs.values_mut() {
            vf.uses.clear();
        }
        Ok(Some(seen))
    }
}

impl Perform for SimHost {
    fn perform(&self, ops: &[Op], limit: Duration) -> Vec<Outcome> {
        self.count_ops(ops.len());
        perform::perform(&mut self.world(), ops, limit)
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
        *self.interrupt() == Interrupt::After(0)
    }
}

impl Journal for SimHost {
    fn record(&self, entry: &JournalEntry) -> Result<(), EdgeError> {
        self.world().journal.push(entry.clone());
        Ok(())
    }
}
