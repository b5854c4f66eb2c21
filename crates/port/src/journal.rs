//! What the journal keeps: enough to know, after a crash anywhere, what was there and what was begun.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{HostFacts, PfFacts};
use crate::op::Op;
use crate::outcome::Outcome;
use crate::phase::Phase;
use vfctl_model::DeviceAddress;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "entry", rename_all = "camelCase")]
pub enum JournalEntry {
    /// An apply begins.
    Began {
        /// The names of the documents it applies.
        documents: Vec<String>,
        /// The facts of before.
        before: Box<HostFacts>,
    },
    /// A phase is about to write.
    PhaseBegan {
        /// The lane's PF; `None` for the host's own lane.
        pf: Option<DeviceAddress>,
        /// The phase.
        phase: Phase,
        /// The ops it is about to perform.
        ops: Vec<Op>,
        /// The PF's facts of before.
        before: Option<Box<PfFacts>>,
    },
    /// A phase has written.
    PhaseEnded {
        /// The lane's PF; `None` for the host's own lane.
        pf: Option<DeviceAddress>,
        /// The phase.
        phase: Phase,
        /// What became of each op.
        outcomes: Vec<Outcome>,
    },
    /// The apply has ended.
    Ended {
        /// Whether the host is as the documents say.
        converged: bool,
    },
}
