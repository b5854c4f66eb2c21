//! The membrane between the pure half and the edges: facts come in, operations go out, claims say what is true.
//!
//! No decision lives here: what a fact means for a spec is for `kinds`, and how an operation reaches a kernel
//! is for `host` or `sim`.

mod claim;
mod edge;
mod facts;
mod hint;
mod journal;
mod op;
mod outcome;
mod phase;
mod property;

pub use claim::{Claim, Expect, Verdict};
pub use edge::{Clock, EdgeError, Journal, Observe, Perform, with_causes};
pub use facts::{
    ClusterFacts, FactsFormat, HostFacts, IommuFacts, IommuGroup, LinkFacts, LinkManager, Master,
    OwnershipRecord, PfFacts, PfNetdev, StuckStore, SystemFacts, Use, VfFacts, VfNetdev, World,
};
pub use hint::hint;
pub use journal::JournalEntry;
pub use op::{AdminState, Op, OpKind};
pub use outcome::{OpError, Outcome};
pub use phase::Phase;
pub use property::{ClaimValue, Property, Subject};
