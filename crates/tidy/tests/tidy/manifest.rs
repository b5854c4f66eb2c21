//! The workspace's crates as cargo tells them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::repository::ROOT;

/// A crate of the workspace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crate {
    /// What it depends on, for its code or for its tests.
    pub(crate) uses: BTreeMap<String, Dependency>,
    /// Its features, and what each turns on.
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// Whether it may be published.
    pub(crate) published: bool,
    /// What it is.
    pub(crate) description: Option<String>,
}

/// How a crate depends on another.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dependency {
    /// For its tests only.
    pub(crate) dev: bool,
    /// Only with a feature.
    pub(crate) optional: bool,
}

/// The crates by their short names: `vfctl-` is left out.
pub(crate) static CRATES: LazyLock<BTreeMap<String, Crate>> =
    LazyLock::new(|| METADATA["packages"].as_array().expect("packages").iter().map(read).collect());

/// The folder of what cargo builds on the way.
pub(crate) static BUILD_FOLDER: LazyLock<String> =
    LazyLock::new(|| METADATA["build_directory"].as_str().expect("a folder").to_owned());

/// What cargo tells of the workspace.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(&*ROOT)
        .output()
        .expect("run cargo");
    assert!(told.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).expect("cargo speaks JSON")
});

/// Returns a package's short name and what is said of it.
fn read(package: &Value) -> (String, Crate) {
    let mut uses: BTreeMap<String, Dependency> = BTreeMap::new();
    for dependency in package["dependencies"].as_array().expect("dependencies") {
        let dev = dependency["kind"].as_str() == Some("dev");
        let entry = uses.entry(short(dependency["name"].as_str().expect("a name")));
        // Used by code and tests is used by code.
        let entry = entry.or_insert(Dependency { dev: true, optional: false });
        entry.dev &= dev;
        entry.optional |= dependency["optional"].as_bool() == Some(true);
    }
    let words = |value: &Value| {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let features = package["features"].as_object().expect("features");
    let name = short(package["name"].as_str().expect("a name"));
    let described = Crate {
        uses,
        features: features.iter().map(|(name, value)| (name.clone(), words(value))).collect(),
        published: package["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
        description: package["description"].as_str().map(str::to_owned),
    };
    (name, described)
}

fn short(name: &str) -> String {
    name.strip_prefix("vfctl-").unwrap_or(name).to_owned()
}

/// Returns every crate of the workspace that is built with `from`, features off.
pub(crate) fn reach(crates: &BTreeMap<String, Crate>, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        let uses = crates.get(&name).into_iter().flat_map(|described| &described.uses);
        let built = uses.filter(|(_, how)| !how.dev && !how.optional).map(|(name, _)| name);
        for next in built.filter(|next| crates.contains_key(*next)) {
            if reached.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    reached
}
