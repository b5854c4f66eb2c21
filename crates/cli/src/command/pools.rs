//! `vfctl pools`: which device the SR-IOV device plugin offers in which pool, and why it leaves out the others; and the
//! configuration of the plugin that shares RDMA devices.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use vfctl_kinds::cluster::Parts;
use vfctl_kinds::document::{PlacedDocument, Selection, plan_host};
use vfctl_kinds::finding::Findings;
use vfctl_kinds::lane::{HostContext, HostDraft};
use vfctl_kinds::pool::plugin::{PluginConfig, read};
use vfctl_kinds::pool::simulator::{LeftOut, Pool, Prediction};
use vfctl_kinds::pool::{predict_config, predict_pools};
use vfctl_model::{DevicePluginVersion, HostName, PciAddress};
use vfctl_port::{HostFacts, World};

use super::rdma_shared::RdmaSharedOfHost;
use crate::args::PoolsArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::facts::world;
use crate::input::{ConfigOrSpecs, config_or_specs, with_places};
use crate::machine::{Console, Machine};
use crate::mistakes::valid;
use crate::output::{print_json, print_text};
use crate::reach::learn_labels;
use crate::spec_folder::or_folder;

/// What `pools` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Pools", deny_unknown_fields)]
pub(super) struct Pools {
    /// The version of this document's format.
    format: PoolsFormat,
    /// What the device plugin does on each host, by the host's name.
    hosts: BTreeMap<HostName, HostPools>,
    /// The RDMA devices that several pods have at once, by the host's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    rdma_shared: BTreeMap<HostName, RdmaSharedOfHost>,
}

/// The versions of the format of pools.
#[derive(Debug, Serialize, JsonSchema)]
enum PoolsFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/pools/v1")]
    V1,
}

/// What the device plugin does on a host.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct HostPools {
    /// The release of the plugin whose rules were followed.
    device_plugin: DevicePluginVersion,
    /// Whether that release was run to learn its rules; otherwise they were read in its source.
    was_run: bool,
    /// Why the plugin serves no resource at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<String>,
    /// What keeps the pools from being as the spec means them, such as a physical function that is not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    problems: Vec<String>,
    /// The PCI addresses of each resource that the plugin surely offers.
    resources: BTreeMap<String, Vec<PciAddress>>,
    /// Every pool, in the order in which they claim devices.
    pools: Vec<PoolOfHost>,
}

/// What becomes of a pool on a host.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Pool", deny_unknown_fields)]
struct PoolOfHost {
    /// The resource with its prefix.
    resource: String,
    /// Why the plugin goes on without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<String>,
    /// The devices that it is made of; without any the plugin does not offer it.
    devices: Vec<PciAddress>,
    /// The devices that it is perhaps made of, with what is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    perhaps: Vec<DeviceAndWhy>,
    /// Why it may be made of devices that are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    perhaps_more: Option<String>,
    /// The devices that it is not made of, with the term that failed.
    left_out: Vec<DeviceAndWhy>,
    /// The fields that the release ignores, with why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    ignored: Vec<String>,
}

/// A device, and why it is listed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct DeviceAndWhy {
    /// Its PCI address.
    device: PciAddress,
    /// The reason.
    why: String,
    /// The resource that takes it, where it would fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_by: Option<String>,
}

/// Runs the command.
pub(super) fn run(
    args: &PoolsArgs,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let (hosts, rdma_shared) = match config_or_specs(
        &or_folder(args.file.after(&args.inputs))?,
        &args.host_values.host_values,
        &args.facts.facts,
    )? {
        ConfigOrSpecs::Config(path, text) => {
            let config = read(&text).map_err(|cause| CliError::Document {
                path,
                what: "a configuration of the device plugin",
                cause: Box::new(cause),
            })?;
            let world = world(&args.facts.facts, console, machine)?;
            let version = args.plugin_version.unwrap_or(DevicePluginVersion::NEWEST);
            (of_config(&config, version, &world), BTreeMap::new())
        }
        ConfigOrSpecs::Specs(specs) => {
            if args.plugin_version.is_some() {
                return Err(CliError::VersionOfSpec);
            }
            let Some((set, _)) = valid(specs, args.format.is_json(), console)? else {
                return Ok(Exit::Failed);
            };
            let mut world = world(&args.facts.facts, console, machine)?;
            if args.facts.facts.is_empty() {
                learn_labels(machine, &args.access, &set, &mut world)?;
            }
            with_places(&set, |documents| of_documents(documents, &world))
        }
    };
    let is_wrong = |host: &HostPools| {
        host.ends.is_some()
            || !host.problems.is_empty()
            || host.pools.iter().any(|pool| pool.dropped.is_some())
    };
    let is_wrong = hosts.values().any(is_wrong) || rdma_shared.values().any(RdmaSharedOfHost::is_wrong);
    let exit = if is_wrong { Exit::Failed } else { Exit::Done };
    if args.format.is_json() {
        print_json(console, &Pools { format: PoolsFormat::V1, hosts, rdma_shared })?;
    } else {
        let mut texts: Vec<String> = hosts.iter().map(|(name, host)| text_of(name, host)).collect();
        for (name, shared) in &rdma_shared {
            texts.push(shared.text(name, hosts.contains_key(name))?);
        }
        print_text(console, &texts.join("\n"))?;
    }
    Ok(exit)
}

fn of_config(
    config: &PluginConfig,
    version: DevicePluginVersion,
    world: &World,
) -> BTreeMap<HostName, HostPools> {
    let of_host = |(name, host): (&HostName, &HostFacts)| {
        (name.clone(), host_pools(predict_config(config, version, host), Vec::new()))
    };
    world.hosts.iter().map(of_host).collect()
}

/// The pools of hosts, and the RDMA devices that they share, by the hosts' names.
type OfHosts = (BTreeMap<HostName, HostPools>, BTreeMap<HostName, RdmaSharedOfHost>);

/// Returns the pools of each host that a document with pools concerns, as they are once the documents are applied.
fn of_documents(documents: &[PlacedDocument<'_>], world: &World) -> OfHosts {
    let (mut hosts, mut rdma_shared) = OfHosts::default();
    for (name, host) in &world.hosts {
        let selection = Selection::of(documents, name, world.cluster.as_ref());
        if !selection.is_decided() {
            // A document that perhaps concerns the host may have pools for it, or declare the release.
            let nothing = Prediction { version: DevicePluginVersion::NEWEST, pools: Ok(Vec::new()) };
            hosts.insert(name.clone(), host_pools(nothing, texts(&selection.findings)));
            continue;
        }
        let context = HostContext::new(&selection, host, world, Parts::ALL);
        let draft = plan_host(&context);
        hosts.extend(of_host(&context, &draft).map(|pools| (name.clone(), pools)));
        rdma_shared.extend(RdmaSharedOfHost::of(&context, &draft).map(|shared| (name.clone(), shared)));
    }
    (hosts, rdma_shared)
}

/// Returns the texts of problems.
fn texts(findings: &Findings) -> Vec<String> {
    findings.problems.iter().map(|problem| problem.message.clone()).collect()
}

/// Returns the pools of a host; `None` where its documents have none.
fn of_host(context: &HostContext<'_>, draft: &HostDraft) -> Option<HostPools> {
    let predicted = predict_pools(context, &draft.pfs)?;
    let problems = texts(&draft.findings);
    let mut pools = if predicted.config.resources.is_empty() {
        HostPools { ends: None, ..host_pools(predicted.prediction, problems) }
    } else {
        host_pools(predicted.prediction, problems)
    };
    let named: Vec<String> = pools.pools.iter().map(|pool| pool.resource.clone()).collect();
    let absent = context.documents.iter().flat_map(|document| &document.config.spec.pools);
    let absent = absent.map(|pool| pool.resource.to_string()).filter(|name| !named.contains(name));
    pools.pools.extend(absent.map(|resource| PoolOfHost {
        resource,
        dropped: None,
        devices: Vec::new(),
        perhaps: Vec::new(),
        perhaps_more: None,
        left_out: Vec::new(),
        ignored: vec!["the host has no VF that it names".to_owned()],
    }));
    Some(pools)
}

fn host_pools(prediction: Prediction, problems: Vec<String>) -> HostPools {
    let Prediction { version, pools } = prediction;
    let (pools, ends) = match pools {
        Ok(pools) => (pools, None),
        Err(ending) => (Vec::new(), Some(ending.to_string())),
    };
    let offered = pools.iter().filter(|pool| !pool.takes.is_empty());
    HostPools {
        device_plugin: version,
        was_run: version.was_run(),
        ends,
        problems,
        resources: offered.map(|pool| (pool.resource.clone(), pool.takes.clone())).collect(),
        pools: pools.into_iter().map(PoolOfHost::from).collect(),
    }
}

impl From<Pool> for PoolOfHost {
    fn from(pool: Pool) -> Self {
        let Pool { resource, dropped, takes, perhaps, left_out, ignored, perhaps_more } = pool;
        let left_out = left_out.into_iter().map(|(device, why)| DeviceAndWhy {
            device,
            why: why.to_string(),
            taken_by: match why {
                LeftOut::TakenBy(resource) => Some(resource),
                LeftOut::Term(_) => None,
            },
        });
        let perhaps = perhaps.into_iter().map(|(device, why)| DeviceAndWhy { device, why, taken_by: None });
        Self {
            resource,
            dropped,
            devices: takes,
            perhaps: perhaps.collect(),
            perhaps_more,
            left_out: left_out.collect(),
            ignored,
        }
    }
}

/// Returns what people read of a host.
fn text_of(name: &HostName, host: &HostPools) -> String {
    let HostPools { device_plugin, was_run, ends, problems, resources: _, pools } = host;
    let known = if *was_run { "" } else { " (read in its source, not run)" };
    let mut text = format!("host {name}: device plugin {device_plugin}{known}\n");
    for problem in problems.iter().chain(ends) {
        text.push_str(&format!("  error: {problem}\n"));
    }
    for pool in pools {
        text.push_str(&pool_text(pool));
    }
    text
}

fn pool_text(pool: &PoolOfHost) -> String {
    let PoolOfHost { resource, dropped, devices, perhaps, perhaps_more, left_out, ignored } = pool;
    let count = match (devices.len(), dropped) {
        (_, Some(why)) => format!("dropped by the plugin: {why}"),
        (0, None) if perhaps.is_empty() && perhaps_more.is_none() => "empty, not offered".to_owned(),
        (0, None) => "no device for sure".to_owned(),
        (1, None) => "1 device".to_owned(),
        (count, None) => format!("{count} devices"),
    };
    let mut text = format!("  {resource}: {count}\n");
    for note in ignored {
        text.push_str(&format!("    note: {note}\n"));
    }
    for device in devices {
        text.push_str(&format!("    + {device}\n"));
    }
    for (why, devices) in by_reason(perhaps) {
        text.push_str(&format!("    ? {}: {why}\n", devices.join(", ")));
    }
    text.extend(perhaps_more.iter().map(|why| format!("    ? more: {why}\n")));
    for (why, devices) in by_reason(left_out) {
        text.push_str(&format!("    - {}: {why}\n", devices.join(", ")));
    }
    text
}

/// Returns which devices have a reason in common, in the order in which it is first met.
fn by_reason(devices: &[DeviceAndWhy]) -> Vec<(&str, Vec<String>)> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for DeviceAndWhy { device, why, taken_by: _ } in devices {
        match groups.iter_mut().find(|(other, _)| other == why) {
            Some((_, devices)) => devices.push(device.to_string()),
            None => groups.push((why, vec![device.to_string()])),
        }
    }
    groups
}
