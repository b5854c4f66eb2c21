//! How a command reaches the cluster: whether it is asked anything, by which kubeconfig, and the edges of all scopes as one.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use vfctl_kinds::cluster::Parts;
use vfctl_plan::Options;
use vfctl_port::{
    Bounds, EdgeError, MissingRight, NeededRight, Observe, Observed, Op, Outcome, Perform, Scope, What, World,
};
use vfctl_spec::SpecSet;

use crate::error::CliError;
use crate::machine::{Machine, READ_LIMIT};

/// How the cluster is reached.
#[derive(Debug, Clone, Default, Args)]
pub struct ClusterArgs {
    /// The kubeconfig of the cluster [default: $KUBECONFIG, ~/.kube/config, or that of the pod it runs in].
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig [default: its current one].
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

/// Which parts of a plan are wanted.
#[derive(Debug, Clone, Default, Args)]
pub struct PartArgs {
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Plan only these parts: host (this machine), node (what it says of itself in the cluster: its key of the device plugin's
    /// configuration, its label, its plugin pod), shared (networks and components) [default: all].
    #[arg(long, value_name = "PART", value_delimiter = ',', hide_possible_values = true)]
    pub only: Vec<Part>,
    /// Take over objects of the cluster that were not made by vfctl [default: report them as errors].
    #[arg(long)]
    pub force_conflicts: bool,
    /// Remove what vfctl installed in the cluster and these documents do not ask for any more: multus, CNI plugins and the like
    /// [default: name what stays].
    #[arg(long)]
    pub prune: bool,
}

/// A part of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// This machine.
    Host,
    /// What it says of itself in the cluster.
    Node,
    /// What belongs to no single node.
    Shared,
}

impl PartArgs {
    /// Returns what of a plan is wanted.
    pub(crate) fn options(&self) -> Options {
        let has = |part| self.only.is_empty() || self.only.contains(&part);
        let parts = Parts { host: has(Part::Host), node: has(Part::Node), shared: has(Part::Shared) };
        Options { parts, takes_over: self.force_conflicts, prunes: self.prune }
    }

    /// Returns whether something is chosen that only specs can be planned for with.
    pub(crate) fn is_given(&self) -> bool {
        !self.only.is_empty() || self.force_conflicts || self.prune
    }

    /// Returns whether the cluster is asked, given what documents want of it.
    fn asks(&self, wanted: Wanted) -> bool {
        let Parts { host: _, node, shared } = self.options().parts;
        wanted.labels
            || (node || shared)
                && (wanted.objects || self.cluster.is_named() || !self.only.is_empty() || self.prune)
    }
}

impl ClusterArgs {
    /// Returns whether a cluster is named.
    fn is_named(&self) -> bool {
        self.kubeconfig.is_some() || self.context.is_some()
    }
}

/// What documents want of the cluster.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Whether they ask for objects of it.
    pub(crate) objects: bool,
    /// Whether they select nodes by labels: these are read, whichever part of a plan is wanted.
    pub(crate) labels: bool,
}

impl Wanted {
    /// Returns what these documents want.
    pub(crate) fn by(set: &SpecSet) -> Self {
        Self { objects: set.asks_of_cluster(), labels: set.selects_by_labels() }
    }
}

/// An edge to a cluster.
pub trait ClusterEdge: Observe + Perform {}

impl<T: Observe + Perform> ClusterEdge for T {}

/// Finds the cluster that the arguments mean.
pub trait Connect: Sync {
    /// Returns the edge to it; `None` where there is nothing to reach one by.
    ///
    /// # Errors
    /// Where what was named does not lead to a cluster.
    fn connect(&self, wanted: &ClusterArgs) -> Result<Option<Box<dyn ClusterEdge>>, EdgeError>;
}

/// Reaches no cluster.
pub struct NoCluster;

impl Connect for NoCluster {
    fn connect(&self, wanted: &ClusterArgs) -> Result<Option<Box<dyn ClusterEdge>>, EdgeError> {
        match wanted.kubeconfig {
            Some(_) => Err(EdgeError::out_of_reach(&Scope::Cluster)),
            None => Ok(None),
        }
    }
}

/// The edges of this host and its cluster.
pub(crate) struct Reach<'a> {
    machine: &'a Machine<'a>,
    cluster: Option<Box<dyn ClusterEdge>>,
}

impl<'a> Reach<'a> {
    /// Reaches this host alone.
    pub(crate) fn without_cluster(machine: &'a Machine<'a>) -> Self {
        Self { machine, cluster: None }
    }

    /// Reaches for the cluster where it is asked anything.
    pub(crate) fn of(machine: &'a Machine<'a>, args: &PartArgs, wanted: Wanted) -> Result<Self, CliError> {
        let cluster = if args.asks(wanted) {
            machine.connect.connect(&args.cluster).map_err(CliError::Cluster)?
        } else {
            None
        };
        // Without the host there is nothing else to work on.
        if cluster.is_none() && !args.options().parts.host {
            return Err(CliError::NoCluster);
        }
        Ok(Self { machine, cluster })
    }

    /// Checks that there is a cluster where something is to be written to one: the host's part alone would end well, and pods would
    /// be given VFs that are gone.
    pub(crate) fn check(&self, writes_to_cluster: bool, args: &PartArgs) -> Result<(), CliError> {
        match writes_to_cluster && !self.has_cluster() && args.options().parts != Parts::ONLY_HOST {
            true => Err(CliError::NoCluster),
            false => Ok(()),
        }
    }

    /// Returns the scopes that are reached.
    pub(crate) fn scopes(&self) -> Vec<Scope> {
        let cluster = self.cluster.as_ref().map(|_| Scope::Cluster);
        std::iter::once(self.machine.scope()).chain(cluster).collect()
    }

    /// Returns whether a cluster is reached.
    pub(crate) fn has_cluster(&self) -> bool {
        self.cluster.is_some()
    }

    /// Adds what is read of the cluster, where it is reached.
    pub(crate) fn look(&self, world: &mut World) -> Result<(), CliError> {
        self.cluster.as_deref().map_or(Ok(()), |cluster| learn(cluster, &self.as_far_as_here(), world))
    }

    /// Adds the whole cluster, where it is reached: pods of all nodes, too.
    pub(crate) fn look_everywhere(&self, world: &mut World) -> Result<(), CliError> {
        self.cluster.as_deref().map_or(Ok(()), |cluster| learn(cluster, &What::Whole, world))
    }

    /// Returns what is read of the cluster: what concerns this host.
    fn as_far_as_here(&self) -> What {
        What::OfHost(self.machine.name.clone())
    }
}

/// Adds what is read of the cluster for a command that shows what documents mean on this host: the labels of nodes, where documents
/// select by them, and all of a cluster that is named.
pub(crate) fn learn_labels(
    machine: &Machine<'_>,
    args: &ClusterArgs,
    set: &SpecSet,
    world: &mut World,
) -> Result<(), CliError> {
    if !set.selects_by_labels() && !args.is_named() {
        return Ok(());
    }
    let cluster = machine.connect.connect(args).map_err(CliError::Cluster)?;
    cluster.map_or(Ok(()), |cluster| learn(&*cluster, &What::OfHost(machine.name.clone()), world))
}

/// Adds this of a cluster.
pub(crate) fn learn(cluster: &dyn ClusterEdge, what: &What, world: &mut World) -> Result<(), CliError> {
    let seen = cluster.observe(&Scope::Cluster, what, READ_LIMIT).map_err(CliError::Cluster)?;
    world.learn(&Scope::Cluster, seen);
    Ok(())
}

impl Observe for Reach<'_> {
    fn prepare(&self) {
        self.machine.observe.prepare();
    }

    fn observe(&self, scope: &Scope, what: &What, limit: Duration) -> Result<Observed, EdgeError> {
        match (scope, &self.cluster) {
            (Scope::Host(_), _) => self.machine.observe.observe(scope, what, limit),
            (Scope::Cluster, Some(cluster)) if *what == What::Whole => {
                cluster.observe(scope, &self.as_far_as_here(), limit)
            }
            (Scope::Cluster, Some(cluster)) => cluster.observe(scope, what, limit),
            (Scope::Cluster, None) => Err(EdgeError::out_of_reach(scope)),
        }
    }
}

impl Perform for Reach<'_> {
    fn missing_rights(
        &self,
        scope: &Scope,
        rights: &BTreeSet<NeededRight>,
        limit: Duration,
    ) -> Vec<MissingRight> {
        match (scope, &self.cluster) {
            (Scope::Cluster, Some(cluster)) => cluster.missing_rights(scope, rights, limit),
            _ => Vec::new(),
        }
    }

    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        match (scope, &self.cluster) {
            (Scope::Cluster, Some(cluster)) => cluster.perform(scope, ops, bounds),
            // The host's edge refuses what is not of its scope.
            _ => self.machine.perform.perform(scope, ops, bounds),
        }
    }
}
