//! Packets between interfaces of this host: what is tried, and what came of it.

use std::time::Duration;

use vfctl_model::InterfaceName;

use crate::edge::{Bounds, EdgeError};

/// Interfaces that are to send packets to one another, each in a network namespace of its own for as long as that takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrafficTrial {
    /// The interfaces, and whether each is set up before and is to be afterwards.
    pub ends: Vec<(InterfaceName, bool)>,
    /// Who sends to whom, by their places among the ends, and whether replies are expected: then it is tried for longer.
    pub tries: Vec<(usize, usize, bool)>,
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrafficSeen {
    /// Whether each end had a carrier in the end; fewer where it was not looked.
    pub carriers: Vec<bool>,
    /// What came of each try, in their order; fewer where it was broken off.
    pub tries: Vec<Packets>,
    /// What went wrong besides.
    pub troubles: Vec<String>,
}

/// Packets that were sent, and those that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Packets {
    /// How many were sent.
    pub sent: u32,
    /// How many came back.
    pub received: u32,
    /// The mean time there and back.
    pub mean: Duration,
}

/// Sends packets between interfaces.
pub trait TryTraffic: Sync {
    /// Takes the ends into network namespaces, tries, and gives them back as they were: also where it fails, where `bounds` says to
    /// stop, and where this process is killed. `bounds` limits how long each end may take to have a carrier.
    ///
    /// # Errors
    /// Where nothing could be tried at all.
    fn try_traffic(&self, trial: &TrafficTrial, bounds: Bounds<'_>) -> Result<TrafficSeen, EdgeError>;
}
