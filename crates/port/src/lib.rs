//! The membrane between the pure half and the edges: facts come in, operations go out, claims say what is true.
//!
//! No decision lives here: what a fact means for a spec is for `kinds`, and how an operation reaches a kernel
//! is for `host` or `sim`.

mod action;
mod action_kind;
mod action_list;
mod action_row;
mod admin_state;
mod api_hint;
mod binding;
mod claim;
mod claim_value;
mod edge;
mod facts;
mod found;
mod hint;
mod journal;
mod manifest;
mod op;
mod outcome;
mod phase;
mod plugin_troubles;
mod property;
mod property_read;
mod property_value;
mod subject;
mod traffic;

pub use action::{Action, ActionKind};
pub use action_row::{ActionRow, GivenBack, Need, Remakes, Sample, TargetKind, Transport};
pub use admin_state::AdminState;
pub use api_hint::api_hint;
pub use binding::Binding;
pub use claim::{Claim, Expect, GONE, Verdict};
pub use claim_value::{ClaimShape, ClaimValue};
pub use edge::{
    Bounds, Clock, EdgeError, Journal, MissingRight, NeededRight, Observe, Observed, Perform, What,
    with_causes,
};
pub use facts::{
    ClusterFacts, FactsFormat, FunctionFacts, HostFacts, InterfaceUse, IommuFacts, IommuGroup, LinkFacts,
    LinkManager, Master, NoInterface, ObjectFacts, OwnershipRecord, PciFunctions, PfFacts, PfNetdev,
    PropertyMap, REPRESENTOR, StuckStore, SystemFacts, Use, VfFacts, VfNetdev, World,
};
pub use found::Found;
pub use hint::hint;
pub use journal::{JournalEntry, LaneId};
pub use manifest::{Deletion, Manifest};
pub use op::{Op, Target};
pub use outcome::{OpError, Outcome};
pub use phase::{Phase, Stage};
pub use plugin_troubles::{plugin_troubles, roll_out_troubles, state_of_pod};
pub use property::{Property, PropertyRow};
pub use subject::{Scope, Subject, Thing};
pub use traffic::{Packets, TrafficSeen, TrafficTrial, TryTraffic};
