//! Each file of `pools/` is a configuration of the device plugin, the facts of a host, and what the plugin does with the one on
//! the other, written by hand after its source.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use vfctl_kinds::pool::plugin::{PluginConfig, read};
use vfctl_kinds::pool::predict_config;
use vfctl_kinds::pool::simulator::Prediction;
use vfctl_model::DevicePluginVersion;
use vfctl_port::World;

/// A case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Case {
    /// The claim.
    about: String,
    /// The facts, of one host or of the first.
    facts: String,
    version: DevicePluginVersion,
    config: Option<serde_json::Value>,
    config_text: Option<String>,
    /// Each resource, with all devices that it is made of.
    takes: BTreeMap<String, Vec<String>>,
    /// Why the plugin serves no resource.
    ends: Option<String>,
    #[serde(default)]
    left_out: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    perhaps: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    dropped: BTreeMap<String, String>,
    #[serde(default)]
    ignored: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    perhaps_more: BTreeMap<String, String>,
}

fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pools");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with(".facts.json"))
        .collect();
    names.sort();
    assert!(names.len() >= 40, "only {} cases are left", names.len());
    let read = |name: String| {
        let text = std::fs::read(folder.join(&name)).expect("a case");
        (name.clone(), serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    names.into_iter().map(read).collect()
}

fn predict(case: &Case) -> Result<Prediction, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pools");
    let facts = std::fs::read(folder.join(&case.facts)).expect("facts");
    let world: World = serde_json::from_slice(&facts).expect("facts");
    let host = world.hosts.values().next().expect("a host");
    let text = case.config_text.clone().unwrap_or_else(|| case.config.as_ref().unwrap().to_string());
    let config: PluginConfig = read(&text).map_err(|error| error.to_string())?;
    let prediction = predict_config(&config, case.version, host);
    assert_eq!(prediction, predict_config(&config, case.version, host), "it depends on more than its input");
    Ok(prediction)
}

/// Checks texts by address or resource: each must be there and hold what is expected.
#[track_caller]
fn holds(name: &str, found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) {
    for (key, part) in expected {
        let text = found.get(key).unwrap_or_else(|| panic!("{name}: nothing of {key} in {found:#?}"));
        assert!(text.contains(part), "{name}: {key}: {text}, expected {part}");
    }
}

#[test]
fn each_device_lands_where_the_plugin_puts_it() {
    for (name, case) in cases() {
        assert!(!case.about.is_empty());
        let pools = match predict(&case) {
            Ok(prediction) => prediction.pools.map_err(|ending| ending.to_string()),
            Err(why) => Err(why),
        };
        let pools = match (pools, &case.ends) {
            (Ok(pools), None) => pools,
            (Err(why), Some(part)) => {
                assert!(why.contains(part), "{name}: {why}, expected {part}");
                continue;
            }
            (found, expected) => panic!("{name}: {found:#?}, expected {expected:?}"),
        };
        let takes: BTreeMap<String, Vec<String>> = pools
            .iter()
            .map(|pool| (pool.resource.clone(), pool.takes.iter().map(ToString::to_string).collect()))
            .collect();
        assert_eq!(takes, case.takes, "{name}: {}", case.about);
        let mut taken = BTreeSet::new();
        for pool in &pools {
            let of = |pairs: &mut dyn Iterator<Item = (String, String)>| pairs.collect::<BTreeMap<_, _>>();
            let left_out = of(&mut pool.left_out.iter().map(|(a, why)| (a.to_string(), why.to_string())));
            let perhaps = of(&mut pool.perhaps.iter().map(|(a, why)| (a.to_string(), why.clone())));
            let none = BTreeMap::new();
            holds(&name, &left_out, case.left_out.get(&pool.resource).unwrap_or(&none));
            holds(&name, &perhaps, case.perhaps.get(&pool.resource).unwrap_or(&none));
            assert_eq!(pool.ignored, case.ignored.get(&pool.resource).cloned().unwrap_or_default(), "{name}");
            let is_dropped = case.dropped.get(&pool.resource);
            assert_eq!(pool.dropped.is_some(), is_dropped.is_some(), "{name}: {:?}", pool.dropped);
            assert!(is_dropped.is_none_or(|part| pool.dropped.as_ref().unwrap().contains(part)), "{name}");
            if let Some(part) = case.perhaps_more.get(&pool.resource) {
                assert!(pool.perhaps_more.as_ref().is_some_and(|why| why.contains(part)), "{name}: {pool:?}");
            }
            for device in &pool.takes {
                assert!(taken.insert(*device), "{name}: {device} is in two pools");
            }
        }
    }
}
