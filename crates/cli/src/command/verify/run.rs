//! Runs the command: the spec against what is there, then pods, then the report.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use vfctl_kinds::cluster::Parts;
use vfctl_kinds::network::NetworkSpec;
use vfctl_kinds::probe::{ProbePlace, ProbeRow, TestNetwork};
use vfctl_kinds::rights::RightsPart;
use vfctl_model::{NamespaceName, ObjectKind, ObjectName, ObjectRef};
use vfctl_plan::{Options, compared};
use vfctl_port::{ClusterFacts, NeededRight, World};
use vfctl_spec::SpecSet;

use super::document::Verification;
use super::error::VerifyError;
use super::groups::groups;
use super::namespaces::try_host;
use super::pods::PodCheck;
use super::prober::{Leftovers, Prober};
use super::process::RunProcess;
use super::spec::WantedOfHost;
use super::text::text;
use crate::args::{SpecPaths, VerifyArgs};
use crate::command::permission;
use crate::command::plan::proven;
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::{specs, with_places};
use crate::machine::{Console, Machine};
use crate::mistakes::valid;
use crate::output::{print_json, print_text};
use crate::reach::{PartArgs, Reach, Wanted};
use crate::spec_folder::or_folder;

/// How long pods live at most beyond the time in which they must be ready, in seconds: the rest of their round.
const ROUND: u64 = 300;

/// Runs the command.
pub(in crate::command) fn run(
    args: &VerifyArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let begin = machine.clock.now();
    if args.pod.is_some() && args.image.is_none() {
        return Err(VerifyError::NoImage.into());
    }
    machine.observe.prepare();
    let named = or_folder(args.file.clone())?;
    let files = SpecPaths { specs: named, host_values: args.host_values.host_values.clone() };
    let Some((set, _)) = valid(specs(&files, &[])?, args.format.is_json(), console)? else {
        return Ok(Exit::Failed);
    };
    let parts = PartArgs { cluster: args.access.clone(), ..PartArgs::default() };
    let wanted = Wanted { objects: Wanted::by(&set).objects || args.pod.is_some(), ..Wanted::by(&set) };
    let reach = Reach::of(machine, &parts, wanted)?;
    let mut report = Verification::new();
    let mut world = World::empty();
    if args.pod.is_some() {
        reach.look_everywhere(&mut world)?;
    } else {
        reach.look(&mut world)?;
    }
    let is_node = world.cluster.as_ref().is_some_and(|cluster| cluster.node_of(&machine.name).is_some());
    // Where pods are asked for from a machine that is no node, the specs are about others.
    let has_host = is_node || args.pod.is_none();
    if has_host {
        let hosts = machine.world()?.hosts;
        world.hosts = hosts;
    }
    compare_spec(&set, &world, has_host, &mut report)?;
    if let Some(named) = &args.pod {
        let cluster = world.cluster.take().ok_or(VerifyError::NoCluster)?;
        let wanted = with_places(&set, |documents| {
            WantedOfHost::of(documents, &machine.name, &World { cluster: Some(cluster.clone()), ..world })
        });
        let console = RefCell::new(&mut *console);
        let say = |text: &str| console.borrow_mut().say(&format!("{text}\n"));
        let pods =
            Pods { args, named, reach: &reach, machine, cluster: &cluster, wanted: &wanted, say: &say };
        pods.verify(&set, &mut report)?;
    } else if args.traffic {
        let wanted = with_places(&set, |documents| WantedOfHost::of(documents, &machine.name, &world));
        let folder = state_dir.unwrap_or(&machine.state_dir);
        try_host(machine, folder, &world, &wanted, args.timeout, &mut report)?;
    }
    let elapsed = machine.clock.now().saturating_sub(begin);
    report.conclude(machine.clock.interrupted(), u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
    if args.format.is_json() {
        print_json(console, &report)?;
    } else {
        print_text(console, &text(&report))?;
    }
    Ok(report.exit())
}

/// Compares what is there with the spec, as `plan` does.
fn compare_spec(
    set: &SpecSet,
    world: &World,
    has_host: bool,
    report: &mut Verification,
) -> Result<(), CliError> {
    let parts = Parts { host: has_host, node: has_host, shared: true };
    let options = Options { parts, ..Options::default() };
    let plan = with_places(set, |documents| vfctl_plan::plan(documents, world, options));
    proven(&plan)?;
    report.rows.extend(compared(&plan));
    Ok(())
}

/// What is verified by pods, and where.
struct Pods<'a> {
    args: &'a VerifyArgs,
    named: &'a [String],
    reach: &'a Reach<'a>,
    machine: &'a Machine<'a>,
    cluster: &'a ClusterFacts,
    wanted: &'a WantedOfHost,
    /// Says what is waited for.
    say: &'a dyn Fn(&str),
}

impl Pods<'_> {
    fn verify(&self, set: &SpecSet, report: &mut Verification) -> Result<(), CliError> {
        let Self { args, machine, .. } = *self;
        let image = args.image.clone().ok_or(VerifyError::NoImage)?;
        let networks: Vec<&NetworkSpec> =
            set.documents.iter().flat_map(|document| &document.config.spec.networks).collect();
        let groups = groups(self.named, &networks)?;
        let process = RunProcess::this(&machine.name);
        let run = process.run_name();
        let namespaces = namespaces(args, &groups);
        check_rights(&rights(&namespaces, &run), self.reach)?;
        let number = run.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let place = ProbePlace {
            run,
            process: process.text(),
            image,
            node: self.cluster.node_of(&machine.name).map(|(name, _)| name.clone()),
            deadline: args.timeout + ROUND,
        };
        let prober =
            Prober::new(self.reach, machine.clock, place, Duration::from_secs(args.timeout), self.say);
        let Leftovers { removed, left, notes } = prober.remove_leftovers(&namespaces, &machine.name)?;
        report.removed.extend(removed);
        report.left_behind.extend(left);
        report.notes.extend(notes);
        let mut check = PodCheck {
            machine,
            networks: &networks,
            namespace: args.namespace.as_ref(),
            wanted: self.wanted,
            cluster: self.cluster,
            test: TestNetwork::of(number),
            prober,
            report,
            made: 0,
        };
        let done = run_groups(&mut check, &groups, args.traffic);
        let left = check.prober.remove();
        report.left_behind.extend(left);
        Ok(done?)
    }
}

/// Runs the pods of all groups. With traffic, a network that has a pod of its own is looked at by the pod that answers.
fn run_groups(
    check: &mut PodCheck<'_>,
    groups: &[Vec<&NetworkSpec>],
    traffic: bool,
) -> Result<(), VerifyError> {
    let tries =
        |group: &&Vec<&NetworkSpec>| traffic && matches!(group[..], [network] if !network.default_network);
    let looked: Vec<Vec<&NetworkSpec>> = groups.iter().filter(|group| !tries(group)).cloned().collect();
    check.look(&looked)?;
    if traffic {
        check.report.rows.extend(looked.iter().map(|group| without_traffic(group)));
    }
    for network in groups.iter().filter(tries).flatten() {
        if check.machine.clock.interrupted() {
            break;
        }
        check.traffic(network)?;
    }
    Ok(())
}

/// Returns the row of a group that is only looked at although packets were asked for.
fn without_traffic(group: &[&NetworkSpec]) -> ProbeRow {
    let names = group.iter().map(|network| network.name.as_str()).collect::<Vec<_>>();
    let why = if group.len() > 1 {
        format!("packets are not sent from a pod with several networks; pass --pod {}", names.join(" "))
    } else {
        "packets are not sent over a default network".to_owned()
    };
    ProbeRow::not_compared(&format!("traffic {}", names.join(",")), "two pods", "reached", why)
}

/// Returns the rights that the pods of a run need in these namespaces: without one of them they would be waited for in vain, or stay.
fn rights(namespaces: &BTreeSet<NamespaceName>, run: &str) -> BTreeSet<NeededRight> {
    let pod = |namespace: &NamespaceName| {
        let name: ObjectName = run.parse().ok()?;
        Some(ObjectRef::in_namespace(ObjectKind::Pod, namespace.clone(), name))
    };
    let pods = namespaces.iter().filter_map(pod);
    let verbs = ["create", "patch", "get", "delete"];
    pods.flat_map(|object| verbs.map(|verb| NeededRight { verb, object: object.clone() })).collect()
}

/// Refuses to start pods without one of these rights.
fn check_rights(rights: &BTreeSet<NeededRight>, reach: &Reach<'_>) -> Result<(), VerifyError> {
    let denied = permission::missing_of(rights, Some(RightsPart::Verify), reach);
    if denied.is_empty() {
        return Ok(());
    }
    let what: Vec<&str> = denied.iter().map(|denied| denied.what.as_str()).collect();
    // Rights of one role are granted together.
    let fixes: BTreeSet<&str> = denied.iter().map(|denied| denied.fix.as_str()).collect();
    let fix = fixes.into_iter().collect::<Vec<_>>().join("; ");
    Err(VerifyError::Refused { what: what.join("; "), fix })
}

/// Returns the namespaces in which pods of these groups may be, of this run or of one before.
fn namespaces(args: &VerifyArgs, groups: &[Vec<&NetworkSpec>]) -> BTreeSet<NamespaceName> {
    if let Some(namespace) = &args.namespace {
        return [namespace.clone()].into();
    }
    let placed = groups.iter().flatten().flat_map(|network| network.namespaces.iter().cloned());
    let mut namespaces: BTreeSet<NamespaceName> = placed.collect();
    if groups.iter().flatten().any(|network| network.default_network) {
        namespaces.extend("default".parse().ok());
    }
    namespaces
}
