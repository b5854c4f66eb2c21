//! What the journal keeps: enough to know, after a crash anywhere, what was there and what was begun.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::World;
use crate::op::Op;
use crate::outcome::Outcome;
use crate::phase::{Phase, Stage};
use crate::subject::Thing;
use vfctl_model::HostName;

/// Which lane an entry speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LaneId {
    /// The host; absent where the lane is the cluster's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// The stage.
    pub stage: Stage,
    /// What the lane works on, such as `pci/0000:3b:00.0` or `system`.
    pub thing: Thing,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "entry", rename_all = "camelCase")]
pub enum JournalEntry {
    /// An apply begins.
    Began {
        /// The names of the documents it applies.
        documents: Vec<String>,
        /// The facts of before.
        before: Box<World>,
    },
    /// A phase is about to write.
    PhaseBegan {
        /// The lane.
        lane: LaneId,
        /// The phase; `None` where temporary changes are restored after a failure.
        phase: Option<Phase>,
        /// The ops it is about to perform; none where a lane that failed only says what it could not restore.
        ops: Vec<Op>,
        /// What each op's property is before it; `None` where nobody knows.
        found: Vec<Option<String>>,
        /// The ops that restore the temporary changes once this phase has begun.
        owed: Vec<Op>,
    },
    /// A phase has written.
    PhaseEnded {
        /// The lane.
        lane: LaneId,
        /// The phase; `None` where temporary changes were restored after a failure.
        phase: Option<Phase>,
        /// What became of each op.
        outcomes: Vec<Outcome>,
    },
    /// The apply has ended.
    Ended {
        /// Whether everything is as the documents say.
        converged: bool,
    },
}
