//! `vfctl explain pod`: the way from a pod to its VF, and where it is broken.

use schemars::JsonSchema;
use serde::Serialize;
use vfctl_kinds::pod::{LinkState, PodChain, walk};
use vfctl_model::ObjectRef;
use vfctl_port::{What, World, with_causes};

use crate::args::{ExplainArgs, SpecPaths};
use crate::error::CliError;
use crate::exit::Exit;
use crate::facts::world;
use crate::input::{specs, with_places};
use crate::machine::{Console, Machine};
use crate::mistakes::valid;
use crate::output::{print_json, print_text};
use crate::reach::learn;

/// What `explain pod` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "PodChain", rename = "PodChainDocument", deny_unknown_fields)]
pub(super) struct PodChainDocument {
    /// The version of this document's format.
    format: PodChainFormat,
    /// The chain.
    chain: PodChain,
}

/// The versions of the format of chains.
#[derive(Debug, Serialize, JsonSchema)]
enum PodChainFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/pod-chain/v1")]
    V1,
}

/// Returns the pod that the arguments name, and the specs beside it; `None` where they name something else.
pub(super) fn pod_and_specs(args: &ExplainArgs) -> Result<Option<(ObjectRef, SpecPaths)>, CliError> {
    let named = args.file.after(&args.specs);
    let mut specs = named.iter();
    let name = match args.address.split_once('/') {
        Some(("pod", name)) => name.to_owned(),
        None if args.address == "pod" => match specs.next() {
            Some(name) => name.display().to_string(),
            None => return Err(wrong(args, "name the pod as NAMESPACE/NAME".to_owned())),
        },
        _ => return Ok(None),
    };
    let pod = format!("pod {name}").parse().map_err(|_| {
        wrong(args, format!("`{name}` is not the name of a pod (NAMESPACE/NAME, such as `default/web-0`)"))
    })?;
    let host_values = args.host_values.host_values.clone();
    Ok(Some((pod, SpecPaths { specs: specs.cloned().collect(), host_values })))
}

fn wrong(args: &ExplainArgs, why: String) -> CliError {
    CliError::Address { address: args.address.clone(), why }
}

/// Runs the command.
pub(super) fn run(
    args: &ExplainArgs,
    pod: &ObjectRef,
    files: &SpecPaths,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let set = if files.specs.is_empty() {
        None
    } else {
        let Some((set, _)) = valid(specs(files, &args.facts.facts)?, args.format.is_json(), console)? else {
            return Ok(Exit::Failed);
        };
        Some(set)
    };
    let world = if args.facts.facts.is_empty() {
        look(args, pod, console, machine)?
    } else {
        world(&args.facts.facts, console, machine)?
    };
    if world.cluster.is_none() {
        return Err(CliError::NoPodFacts);
    }
    let chain = match &set {
        Some(set) => with_places(set, |documents| walk(&world, documents, pod)),
        None => walk(&world, &[], pod),
    };
    let exit = if chain.state == LinkState::Holds { Exit::Done } else { Exit::Failed };
    if args.format.is_json() {
        print_json(console, &PodChainDocument { format: PodChainFormat::V1, chain })?;
    } else {
        print_text(console, &chain.to_string())?;
    }
    Ok(exit)
}

/// Looks at the cluster for the pod's sake, and at this host where it is the pod's node, or may become it.
fn look(
    args: &ExplainArgs,
    pod: &ObjectRef,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<World, CliError> {
    let edge =
        machine.connect.connect(&args.access).map_err(CliError::Cluster)?.ok_or(CliError::NoCluster)?;
    let mut world = World::empty();
    learn(&*edge, &What::Pod(pod.clone()), &mut world)?;
    let Some(cluster) = &world.cluster else { return Ok(world) };
    let here = cluster.node_of(&machine.name).map(|(node, _)| node.as_str());
    let node = cluster.objects.get(pod).and_then(|facts| facts.node_name());
    if here.is_some() && (node.is_none() || node == here) {
        match machine.world() {
            Ok(host) => world.hosts = host.hosts,
            Err(error) => {
                console.say(&format!("note: this host was not looked at: {}\n", with_causes(&error)))
            }
        }
    }
    Ok(world)
}
