//! Lanes as kinds draft them: work that is done in order, on one thing.
//!
//! In which phases and beside which other lanes it runs is for `plan`.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{DeviceAddress, DriverName, HostName, InterfaceName};
use vfctl_port::{Claim, HostFacts, Scope, Stage, Subject, Thing, World};

use crate::DesiredPf;
use crate::addresses::Addresses;
use crate::cluster::{NodeOffer, Parts, SharedRdma};
use crate::document::{PlacedDocument, Selection};
use crate::finding::Findings;
use crate::step::Step;

/// What several lanes can have in common: those that do run one after the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SharedPath {
    /// An interface that stands on their ports.
    Upper(InterfaceName),
    /// The way to this host: the default route, or the SSH connection.
    ToThisHost,
    /// The cluster.
    Cluster,
}

/// The work on one thing.
#[derive(Debug, Clone)]
pub struct LaneDraft {
    /// When.
    pub stage: Stage,
    /// What it works on, and where.
    pub subject: Subject,
    /// How the thing is called in one word, such as its interface.
    pub title: String,
    /// How the plan's text begins the lane.
    pub heading: String,
    /// What it has in common with other lanes.
    pub shares: BTreeSet<SharedPath>,
    /// What it rests on.
    pub basis: Vec<Claim>,
    /// The work, in no order but that within a phase.
    pub steps: Vec<Step>,
    /// What is true at the end, steps or not.
    pub goal: Vec<Claim>,
    /// What must be true again before another lane that shares a path begins.
    pub afterwards: Vec<Claim>,
    /// What else there is to say.
    pub findings: Findings,
}

impl LaneDraft {
    /// Returns a lane without work.
    pub(crate) fn new(stage: Stage, subject: Subject, title: String, heading: String) -> Self {
        Self {
            stage,
            subject,
            title,
            heading,
            shares: BTreeSet::new(),
            basis: Vec::new(),
            steps: Vec::new(),
            goal: Vec::new(),
            afterwards: Vec::new(),
            findings: Findings::default(),
        }
    }
}

/// One host, and what is said of it.
pub struct HostContext<'a> {
    /// Which documents concern it.
    pub selection: &'a Selection<'a>,
    /// The documents that concern it.
    pub documents: &'a [PlacedDocument<'a>],
    /// Its name.
    pub name: &'a HostName,
    /// Its facts.
    pub host: &'a HostFacts,
    /// All facts.
    pub world: &'a World,
    /// Which parts of a plan are wanted.
    pub parts: Parts,
    /// Who has which MAC address, once that is asked for.
    addresses: OnceCell<Addresses>,
}

impl<'a> HostContext<'a> {
    /// Returns the context of the host that documents were selected for.
    pub fn new(selection: &'a Selection<'a>, host: &'a HostFacts, world: &'a World, parts: Parts) -> Self {
        let Selection { host: name, documents, findings: _ } = selection;
        Self { selection, documents, name, host, world, parts, addresses: OnceCell::new() }
    }

    /// Returns whether something is done in the cluster, too. It may have been read for the labels of nodes alone.
    pub(crate) fn plans_cluster(&self) -> bool {
        self.world.cluster.is_some() && (self.parts.node || self.parts.shared)
    }

    /// Returns whether the node is taken out of service and back, where its device plugin is vfctl's.
    pub(crate) fn plans_node(&self) -> bool {
        self.world.cluster.is_some() && self.parts.node
    }

    /// Returns who has which MAC address on the host.
    pub(crate) fn addresses(&self) -> &Addresses {
        self.addresses.get_or_init(|| Addresses::of(self.host))
    }

    /// Returns the subject of a thing of this host.
    pub(crate) fn subject(&self, thing: Thing) -> Subject {
        Subject { scope: Scope::Host(self.name.clone()), thing }
    }
}

/// What the kinds draft for one host.
#[derive(Debug, Clone, Default)]
pub struct HostDraft {
    /// What each PF should look like, for those kinds that refer to PFs.
    pub pfs: BTreeMap<DeviceAddress, DesiredPf>,
    /// The drivers that VFs are given by name, or that the kernel is to choose for them.
    pub drivers: BTreeSet<DriverName>,
    /// The work.
    pub lanes: Vec<LaneDraft>,
    /// What the host is to offer in its cluster; `None` where no document asks for pools.
    pub offer: Option<NodeOffer>,
    /// What its documents ask of k8s-rdma-shared-dev-plugin there, where vfctl manages it.
    pub shared_rdma: Option<SharedRdma>,
    /// What is to be said of the host as a whole.
    pub findings: Findings,
}
