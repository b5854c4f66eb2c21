//! The traits of the edges. They are synchronous: a netlink handler works inside the caller's `sendmsg` and a
//! sysfs store sleeps uninterruptibly, so no asynchronous time limit would ever fire.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vfctl_model::{DeviceAddress, HostName, NamespaceName, ObjectKind, ObjectRef};

use crate::facts::{ClusterFacts, HostFacts, ObjectFacts, PfFacts, SystemFacts};
use crate::journal::JournalEntry;
use crate::op::Op;
use crate::outcome::Outcome;
use crate::subject::Scope;

/// Why an edge could not do its work at all.
#[derive(Debug, thiserror::Error)]
#[error("{attempt}")]
pub struct EdgeError {
    /// What was attempted, on what.
    pub attempt: String,
    /// The cause.
    #[source]
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// What to do about it, where the edge knows.
    pub hint: Option<String>,
}

impl EdgeError {
    /// Returns the error of an attempt on a scope that the edge does not reach.
    pub fn out_of_reach(scope: &Scope) -> Self {
        Self { attempt: format!("reach {scope} from here"), cause: None, hint: None }
    }

    /// Returns the error of an attempt with its cause.
    pub fn new(
        attempt: impl Into<String>,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { attempt: attempt.into(), cause: Some(cause.into()), hint: None }
    }
}

/// Returns an error's words and those of its causes in one line, the outermost first.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

/// What is to be read of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Everything.
    Whole,
    /// Everything but other PFs than this one, or than none: who uses its VFs, what stands on its interfaces, and what
    /// concerns the machine as a whole.
    OnlyPf(Option<DeviceAddress>),
    /// What concerns the machine as a whole: kernel, modules, IOMMU. Nothing of PFs.
    System,
    /// One PF and its VFs, by requests for that device alone. Who uses a VF is not looked at, nor are addresses and
    /// routes.
    Pf(DeviceAddress),
    /// A cluster as far as it concerns a host: everything, but of pods those of its node.
    OfHost(HostName),
    /// A cluster as far as it concerns a pod: everything, and this pod whatever it is, with its events. Of other pods those that
    /// use devices or networks on its node, or on all nodes where it has none.
    Pod(ObjectRef),
    /// These objects of the cluster.
    Objects(BTreeSet<ObjectRef>),
    /// The objects of one kind in one namespace that have a label of this name, whatever its value.
    Labelled {
        /// The kind.
        kind: ObjectKind,
        /// The namespace.
        namespace: NamespaceName,
        /// The label's name.
        label: &'static str,
    },
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// A whole host, or all of it but other PFs.
    Host(Box<HostFacts>),
    /// A machine as a whole.
    System(Box<SystemFacts>),
    /// One PF; `None` where it is gone.
    Pf(DeviceAddress, Option<Box<PfFacts>>),
    /// The whole cluster.
    Cluster(Box<ClusterFacts>),
    /// Objects of the cluster; `None` where one is not there.
    Objects(BTreeMap<ObjectRef, Option<ObjectFacts>>),
}

/// Reads facts. Partial trouble is part of the facts, not an error.
pub trait Observe: Sync {
    /// Gets ready for a look that is to come soon, beside whatever its caller does until then.
    fn prepare(&self) {}

    /// Reads this of a scope. `limit` bounds each read that can hang; what has not come by then is unread.
    ///
    /// # Errors
    /// Where nothing at all could be read, such as without `/sys`, or where this edge does not reach the scope.
    fn observe(&self, scope: &Scope, what: &What, limit: Duration) -> Result<Observed, EdgeError>;
}

/// How far an edge may go with ops.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// How long each op may take that can hang: past it the outcome is `Unknown`.
    pub limit: Duration,
    /// Whether what is not begun is left: asked before each op, or batch of messages.
    pub stop: &'a dyn Fn() -> bool,
}

impl Bounds<'static> {
    /// Returns the bounds of ops that are all begun.
    pub fn only(limit: Duration) -> Self {
        Self { limit, stop: &|| false }
    }
}

/// A right that a change of a plan needs (`ResourceAttributes`, k8s.io/api/authorization/v1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeededRight {
    /// The verb, such as `patch`.
    pub verb: &'static str,
    /// The object that is changed.
    pub object: ObjectRef,
}

/// A right that is needed and not granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingRight {
    /// The verb.
    pub verb: &'static str,
    /// The objects that cannot be changed: all of one kind and namespace.
    pub objects: Vec<ObjectRef>,
}

/// Performs operations.
pub trait Perform: Sync {
    /// Asks in advance which of these rights are refused. What cannot be asked, or is not answered, is not among them: the change
    /// itself tells.
    fn missing_rights(
        &self,
        _scope: &Scope,
        _rights: &BTreeSet<NeededRight>,
        _limit: Duration,
    ) -> Vec<MissingRight> {
        Vec::new()
    }

    /// Performs ops of one phase and lane that do not depend on one another; returns one outcome per op,
    /// in their order. What was not begun, because of another or of `bounds`, is `NotTried`.
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome>;
}

/// Keeps what was done and what was there before, on stable storage.
pub trait Journal: Sync {
    /// Appends an entry and returns once it is on stable storage.
    ///
    /// # Errors
    /// Where the entry could not be written or synced; then nothing may be performed.
    fn record(&self, entry: &JournalEntry) -> Result<(), EdgeError>;
}

/// Tells the time and lets it pass.
pub trait Clock: Sync {
    /// Returns the time since some fixed moment; it never goes back.
    fn now(&self) -> Duration;

    /// Lets this much time pass.
    fn sleep(&self, time: Duration);

    /// Returns whether the user has asked to stop (SIGINT, SIGTERM), or has gone (SIGHUP).
    fn interrupted(&self) -> bool;
}
