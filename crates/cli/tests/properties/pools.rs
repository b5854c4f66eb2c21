//! Pools of every kind, from a spec into the cluster and back: the node's key of the device plugin's configuration says what the
//! spec says, the plugin reads it as what was meant, and a second plan is empty.

use std::collections::BTreeMap;

use serde_json::Value;
use vfctl_apply::{Edges, Look, Result as Ending};
use vfctl_kinds::cluster::Parts;
use vfctl_kinds::document::{PlacedDocument, Selection, SriovConfig, plan_host};
use vfctl_kinds::lane::HostContext;
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_kinds::pool::plugin::{PluginConfig, read};
use vfctl_kinds::pool::{predict_config, predict_pools};
use vfctl_model::{DevicePluginVersion, HostName, JsonValue, ResourceName};
use vfctl_port::{ClusterFacts, HostFacts, ObjectFacts, Scope};
use vfctl_sim::{PfSeed, SimCluster, SimHost, SimScopes};

use crate::pool_case::{Case, Occurred};
use crate::run::{Silent, checked, text};

const DAEMON_SET: &str = "daemonset kube-system/vfctl-device-plugin";
const CONFIG: &str = "configmap kube-system/vfctl-device-plugin";

fn host() -> HostName {
    "a".parse().unwrap()
}

/// Returns a host with two ports without VFs, in a cluster that has its node and nothing else.
fn scopes(version: DevicePluginVersion) -> SimScopes {
    let igb = || PfSeed::new("igb".parse().unwrap(), 7);
    let sim = SimHost::builder().name(host()).pf(igb()).pf(igb()).build();
    let node = ObjectFacts { uid: "1".to_owned(), content: JsonValue::of([]), ..ObjectFacts::default() };
    let facts =
        ClusterFacts { objects: [("node a".parse().unwrap(), node)].into(), ..ClusterFacts::default() };
    let found = move |host: &HostFacts, config: &str| found(host, config, version);
    SimScopes::new([(host(), sim.into_world())].into(), Some(SimCluster::new(facts, Box::new(found))))
}

/// Returns what a plugin of this release offers, as it reads its configuration, on the host as it is.
fn found(host: &HostFacts, config: &str, version: DevicePluginVersion) -> BTreeMap<ResourceName, u32> {
    let prediction = predict_config(&read(config).unwrap(), version, host);
    let pools = prediction.pools.unwrap().into_iter().filter(|pool| !pool.takes.is_empty());
    pools.map(|pool| (pool.resource.parse().unwrap(), u32::try_from(pool.takes.len()).unwrap())).collect()
}

/// Returns the configuration that the plan means.
fn meant(config: &SriovConfig, scopes: &SimScopes) -> PluginConfig {
    let world = scopes.world();
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    let documents = [PlacedDocument { config, place: &place }];
    let (name, facts) = world.hosts.first_key_value().unwrap();
    let selection = Selection::of(&documents, name, world.cluster.as_ref());
    let context = HostContext::new(&selection, facts, &world, Parts::ALL);
    predict_pools(&context, &plan_host(&context).pfs).unwrap().config
}

/// Applies a case and holds against one another what the spec says, what the cluster has, and what the plugin reads.
pub(crate) fn return_trip(case: &Case, occurred: &mut Occurred) -> Result<(), String> {
    let (scopes, config) = (scopes(case.version), case.config());
    let before = Look::take(&[Scope::Host(host()), Scope::Cluster], &scopes, &scopes).unwrap();
    let first = checked(&config, &before.world)?;
    if first.is_blocked() {
        return Err(format!("the generator makes no blocked plans\n{}", text(&first)));
    }
    let edges =
        Edges { observe: &scopes, perform: &scopes, journal: &scopes, clock: &scopes, progress: &Silent };
    let report = vfctl_apply::apply(&first, &before, edges);
    scopes.settle();
    if report.result != Ending::Converged {
        return Err(format!("{}\n{}", report.render(), text(&first)));
    }

    let facts = scopes.world().cluster.unwrap();
    let object = |name: &str| facts.objects.get(&name.parse().unwrap()).ok_or(format!("there is no {name}"));
    object(DAEMON_SET)?;
    let key = object(CONFIG)?.content.at(&["data", "a"]).and_then(JsonValue::text).unwrap_or_default();
    let wanted = case.key();
    if serde_json::from_str::<Value>(key).ok().as_ref() != Some(&wanted) {
        return Err(format!("the key is {key}, and should be {wanted:#}"));
    }
    let (read_back, meant) = (read(key).map_err(|error| error.to_string())?, meant(&config, &scopes));
    if read_back != meant {
        return Err(format!("the plugin reads {read_back:?}, and {meant:?} is meant"));
    }

    let second = checked(&config, &scopes.world())?;
    if !second.is_empty() || second.is_blocked() {
        return Err(format!("the second plan is not empty:\n{}\nafter\n{}", text(&second), text(&first)));
    }
    case.count(occurred);
    Ok(())
}
