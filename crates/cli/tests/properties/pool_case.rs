//! Pools of every kind: a spec, and what its node's key of the device plugin's configuration must say. Both are made from the same
//! choices, the key in the plugin's own JSON.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use vfctl_kinds::document::SriovConfig;
use vfctl_model::{
    DevicePluginDeviceType, DevicePluginField, DevicePluginLevel, DevicePluginShape, DevicePluginVersion,
    VfIndex, VfSet,
};

use crate::run::parsed;

/// A port, with the name of its entry in the spec and its count of VFs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Port {
    name: &'static str,
    address: &'static str,
    count: u16,
}

/// How often something occurred, over all cases.
pub(crate) type Occurred = BTreeMap<String, u32>;

/// A case: what the host has, and its pools.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) version: DevicePluginVersion,
    driver: &'static str,
    ports: [Port; 2],
    pools: Vec<Pool>,
}

/// A pool, as spec and plugin have it alike.
#[derive(Debug, Clone)]
struct Pool {
    resource: (String, String),
    kind: DevicePluginDeviceType,
    made_of: MadeOf,
    /// `isRdma`, `needVhostNet` and `vdpaType`.
    of_devices: Map<String, Value>,
    exclude_topology: bool,
    additional_info: BTreeMap<String, BTreeMap<String, String>>,
    has_network: bool,
}

#[derive(Debug, Clone)]
enum MadeOf {
    /// VFs of ports, in this order; `None` for all.
    References(Vec<(Port, Option<VfSet>)>),
    /// The plugin's own selectors.
    Selectors(Vec<Map<String, Value>>),
}

/// Returns entries of a list of texts: some that devices of the host fit, and some that none does.
fn words(field: DevicePluginField, kind: DevicePluginDeviceType) -> &'static [&'static str] {
    match field {
        DevicePluginField::Vendors => &["8086", "15b3", "1af4"],
        DevicePluginField::Devices => &["10ca", "1520", "154c"],
        DevicePluginField::Drivers => &["igbvf", "vfio-pci", "iavf"],
        // Network functions that are named in a resource of accelerators are a problem of the plan.
        DevicePluginField::PciAddresses if kind == DevicePluginDeviceType::Accelerator => &["0000:7f:00.1"],
        DevicePluginField::PciAddresses => &["0000:01:10.0", "0000:01:10.4", "0000:02:10.0", "0000:7f:00.1"],
        DevicePluginField::PfNames => &["eth0#0-1", "eth1#2,4-5", "none"],
        DevicePluginField::RootDevices => &["0000:01:00.0#0-2", "0000:02:00.0", "0000:7f:00.0#1"],
        DevicePluginField::LinkTypes => &["ether", "infiniband"],
        DevicePluginField::AuxTypes => &["sf"],
        _ => &["7", "E810 \u{e4} \"\\", "0x8001"],
    }
}

/// Returns whether a release heeds a field at this level.
fn is_taken(
    field: DevicePluginField,
    level: DevicePluginLevel,
    version: DevicePluginVersion,
    kind: DevicePluginDeviceType,
) -> bool {
    field.row().level == level && field.is_taken(version, kind)
}

fn selectors(
    version: DevicePluginVersion,
    kind: DevicePluginDeviceType,
) -> impl Strategy<Value = Vec<Map<String, Value>>> {
    let is_list = |field: &DevicePluginField| field.row().shape == DevicePluginShape::Texts;
    let fields: Vec<DevicePluginField> = DevicePluginField::ALL
        .iter()
        .copied()
        .filter(|field| is_list(field) && is_taken(*field, DevicePluginLevel::Selectors, version, kind))
        .collect();
    let most = fields.len().min(4);
    let one = subsequence(fields, 1..=most).prop_flat_map(move |mut fields| {
        if kind == DevicePluginDeviceType::AuxNetDevice && !fields.contains(&DevicePluginField::AuxTypes) {
            fields.push(DevicePluginField::AuxTypes);
        }
        let entries: Vec<_> = fields
            .into_iter()
            .map(|field| {
                let words = words(field, kind).to_vec();
                let most = words.len();
                let some = subsequence(words, 1..=most).prop_shuffle();
                some.prop_map(move |some| (field.name().to_owned(), json!(some)))
            })
            .collect();
        entries.prop_map(Map::from_iter)
    });
    vec(one, 1..=if version.takes_selector_lists() { 3 } else { 1 })
}

/// Returns the fields that hold for all devices of a pool.
fn of_devices(
    version: DevicePluginVersion,
    kind: DevicePluginDeviceType,
    may_be_rdma: bool,
) -> impl Strategy<Value = Map<String, Value>> {
    let may = move |field| is_taken(field, DevicePluginLevel::Selectors, version, kind);
    let vdpa_type = option::weighted(0.2, select(vec!["virtio", "vhost"]));
    (any::<bool>(), any::<bool>(), vdpa_type).prop_map(move |(is_rdma, need_vhost_net, vdpa_type)| {
        let mut fields = Map::new();
        let vdpa_type = vdpa_type.filter(|_| may(DevicePluginField::VdpaType));
        if let Some(vdpa_type) = vdpa_type {
            fields.insert("vdpaType".to_owned(), json!(vdpa_type));
        } else if is_rdma && may_be_rdma && may(DevicePluginField::IsRdma) {
            fields.insert("isRdma".to_owned(), json!(true));
        }
        if need_vhost_net && may(DevicePluginField::NeedVhostNet) {
            fields.insert("needVhostNet".to_owned(), json!(true));
        }
        fields
    })
}

/// Returns a pool without devices yet, of this number.
fn pool(
    number: usize,
    version: DevicePluginVersion,
    kind: DevicePluginDeviceType,
    may_be_rdma: bool,
) -> impl Strategy<Value = Pool> {
    let hyphens = version.takes_name("a-b");
    let name = any::<bool>().prop_map(move |hyphen| {
        if hyphen && hyphens { format!("pool-{number}") } else { format!("Pool_{number}") }
    });
    let has_info = is_taken(DevicePluginField::AdditionalInfo, DevicePluginLevel::Resource, version, kind);
    let info = btree_map("[a-zA-Z]{1,6}", "\\PC{0,8}", 1..3);
    let info = btree_map(select(vec!["*".to_owned(), "0000:01:10.0".to_owned()]), info, 0..3);
    let head = (select(vec!["intel.com", "example.org"]), name, any::<bool>(), any::<bool>());
    (head, of_devices(version, kind, may_be_rdma), info).prop_map(
        move |((prefix, name, exclude_topology, has_network), of_devices, info)| Pool {
            resource: (prefix.to_owned(), name),
            kind,
            made_of: MadeOf::Selectors(Vec::new()),
            of_devices,
            exclude_topology,
            additional_info: if has_info { info } else { BTreeMap::new() },
            // sriov-cni needs a VF for each pod.
            has_network: has_network && kind != DevicePluginDeviceType::AuxNetDevice,
        },
    )
}

/// Which VFs each of three pools refers to: no VF is in two.
fn references(ports: [Port; 2]) -> impl Strategy<Value = Vec<Vec<(Port, Option<VfSet>)>>> {
    let owners = ports.map(|port| vec(0_usize..4, usize::from(port.count)));
    (owners, any::<[bool; 3]>(), any::<bool>()).prop_map(
        move |(owners, [split, all, reverse], one_for_all)| {
            let of_pool = |pool: usize| {
                let mut references = Vec::new();
                for (port, owners) in ports.into_iter().zip(&owners) {
                    let is_own = |owner: usize| if one_for_all { pool == 0 } else { owner == pool };
                    let own = owners.iter().zip(0..).filter(|(owner, _)| is_own(**owner));
                    let own: Vec<VfIndex> = own.map(|(_, vf)| VfIndex(vf)).collect();
                    if own.len() == owners.len() && all {
                        references.push((port, None));
                    } else if split && own.len() > 1 {
                        let (odd, even): (Vec<_>, Vec<_>) = own.iter().partition(|vf| vf.0 % 2 == 1);
                        let parts = [odd, even].into_iter().filter(|part| !part.is_empty());
                        references.extend(parts.map(|part| (port, Some(part.into_iter().collect()))));
                    } else if !own.is_empty() {
                        references.push((port, Some(own.into_iter().collect())));
                    }
                }
                if reverse {
                    references.reverse();
                }
                references
            };
            (0..3).map(of_pool).filter(|references| !references.is_empty()).collect()
        },
    )
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let version = select(DevicePluginVersion::KNOWN.to_vec());
    let ports = (1_u16..=7, 1_u16..=7).prop_map(|(one, other)| {
        [
            Port { name: "fast", address: "0000:01:00.0", count: one },
            Port { name: "slow", address: "0000:02:00.0", count: other },
        ]
    });
    (version, select(vec!["igbvf", "vfio-pci"]), ports).prop_flat_map(|(version, driver, ports)| {
        let referring = references(ports).prop_flat_map(move |references| {
            let pools: Vec<_> = references
                .into_iter()
                .enumerate()
                .map(|(number, references)| {
                    let made_of = MadeOf::References(references);
                    let kind = DevicePluginDeviceType::NetDevice;
                    // A VF of vfio-pci has no RDMA device: that is a problem of the plan.
                    let pool = pool(number, version, kind, driver == "igbvf");
                    pool.prop_map(move |pool| Pool { made_of: made_of.clone(), ..pool })
                })
                .collect();
            pools
        });
        let kinds = DevicePluginDeviceType::ALL.iter().copied().filter(|kind| version >= kind.since());
        let kinds: Vec<_> = kinds.collect();
        let selecting = vec(select(kinds), 0..3).prop_flat_map(move |kinds| {
            let pools: Vec<_> = kinds
                .into_iter()
                .enumerate()
                .map(|(number, kind)| {
                    let pool = pool(number + 10, version, kind, true);
                    (pool, selectors(version, kind))
                        .prop_map(|(pool, sets)| Pool { made_of: MadeOf::Selectors(sets), ..pool })
                })
                .collect();
            pools
        });
        let pools = (referring, selecting).prop_map(|(one, other)| [one, other].concat()).prop_shuffle();
        let pools = pools.prop_filter("a pool", |pools| !pools.is_empty());
        pools.prop_map(move |pools| Case { version, driver, ports, pools })
    })
}

impl Pool {
    /// Returns the entry of the spec.
    fn spec(&self) -> Value {
        let Self {
            resource: (prefix, name),
            kind,
            made_of,
            of_devices,
            exclude_topology,
            additional_info,
            ..
        } = self;
        let mut entry = json!({"resource": format!("{prefix}/{name}")});
        let fields = entry.as_object_mut().unwrap();
        match made_of {
            MadeOf::References(references) => {
                let reference = |(port, vfs): &(Port, Option<VfSet>)| match vfs {
                    Some(vfs) => json!({"physicalFunction": port.name, "vfs": vfs.to_string()}),
                    None => json!({"physicalFunction": port.name}),
                };
                fields.insert("from".to_owned(), references.iter().map(reference).collect());
            }
            MadeOf::Selectors(sets) => drop(fields.insert("selectors".to_owned(), one_or_more(sets.clone()))),
        }
        if *kind != DevicePluginDeviceType::NetDevice {
            fields.insert("deviceType".to_owned(), json!(kind));
        }
        if *exclude_topology {
            fields.insert("excludeTopology".to_owned(), json!(true));
        }
        if !additional_info.is_empty() {
            fields.insert("additionalInfo".to_owned(), json!(additional_info));
        }
        fields.extend(of_devices.clone());
        entry
    }

    /// Returns the entry of `resourceList` that it must become.
    fn key(&self) -> Value {
        let Self {
            resource: (prefix, name),
            kind,
            made_of,
            of_devices,
            exclude_topology,
            additional_info,
            ..
        } = self;
        let mut entry = json!({"resourceName": name, "resourcePrefix": prefix});
        let fields = entry.as_object_mut().unwrap();
        let mut sets = match made_of {
            MadeOf::Selectors(sets) => sets.clone(),
            MadeOf::References(references) => {
                let mut order: Vec<Port> = Vec::new();
                for (port, _) in references {
                    if !order.contains(port) {
                        order.push(*port);
                    }
                }
                let root = |port: &Port| {
                    let own = references.iter().filter(|(other, _)| other == port);
                    let sets: Option<Vec<&VfSet>> = own.map(|(_, vfs)| vfs.as_ref()).collect();
                    let all = sets.map(|sets| sets.into_iter().flat_map(VfSet::iter).collect::<VfSet>());
                    all.map_or(port.address.to_owned(), |vfs| format!("{}#{vfs}", port.address))
                };
                let roots: Vec<String> = order.iter().map(root).collect();
                vec![Map::from_iter([("rootDevices".to_owned(), json!(roots))])]
            }
        };
        sets.iter_mut().for_each(|set| set.extend(of_devices.clone()));
        fields.insert("selectors".to_owned(), one_or_more(sets));
        if *kind != DevicePluginDeviceType::NetDevice {
            fields.insert("deviceType".to_owned(), json!(kind.word()));
        }
        if *exclude_topology {
            fields.insert("excludeTopology".to_owned(), json!(true));
        }
        if !additional_info.is_empty() {
            fields.insert("additionalInfo".to_owned(), json!(additional_info));
        }
        entry
    }
}

/// One object, or a list of several.
fn one_or_more(mut sets: Vec<Map<String, Value>>) -> Value {
    if sets.len() == 1 { Value::Object(sets.remove(0)) } else { json!(sets) }
}

impl Case {
    /// Returns the document, through its text: JSON is YAML.
    pub(crate) fn config(&self) -> SriovConfig {
        let Self { version, driver, ports, pools } = self;
        let entry = |Port { name, address, count }: &Port| {
            let vfs = json!({"count": count, "all": {"driver": driver}});
            json!({"name": name, "match": {"pci": address}, "vfs": vfs})
        };
        let network = |pool: &Pool| {
            let (prefix, name) = &pool.resource;
            let object = name.to_lowercase().replace('_', "-");
            json!({"name": object, "namespaces": ["default", "kube-system"], "resource": format!("{prefix}/{name}")})
        };
        let networks: Vec<Value> = pools.iter().filter(|pool| pool.has_network).map(network).collect();
        let managed = json!({"image": "example/plugin:1"});
        let document = json!({
            "apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "node"},
            "spec": {
                "components": {"devicePlugin": {"version": version, "managed": managed}},
                "physicalFunctions": ports.iter().map(entry).collect::<Vec<_>>(),
                "pools": pools.iter().map(Pool::spec).collect::<Vec<_>>(),
                "networks": networks,
            },
        });
        parsed(&document.to_string())
    }

    /// Returns the node's key of the plugin's configuration that the pools must become.
    pub(crate) fn key(&self) -> Value {
        json!({"resourceList": self.pools.iter().map(Pool::key).collect::<Vec<_>>()})
    }

    /// Counts what occurred.
    pub(crate) fn count(&self, occurred: &mut Occurred) {
        let mut add = |what: &str| *occurred.entry(what.to_owned()).or_default() += 1;
        add(&self.version.to_string());
        for Pool { kind, made_of, of_devices, exclude_topology, additional_info, has_network, .. } in
            &self.pools
        {
            add(kind.word());
            of_devices.keys().for_each(|field| add(field));
            match made_of {
                MadeOf::References(_) => add("from"),
                MadeOf::Selectors(sets) => {
                    add(if sets.len() > 1 { "list of selectors" } else { "selectors" });
                    sets.iter().flat_map(Map::keys).for_each(|field| add(field));
                }
            }
            let others = [
                ("excludeTopology", *exclude_topology),
                ("additionalInfo", !additional_info.is_empty()),
                ("network", *has_network),
            ];
            others.iter().filter(|(_, has)| *has).for_each(|(what, _)| add(what));
        }
    }
}

/// Returns what must have occurred over all cases: every field, type and release.
pub(crate) fn demanded() -> Vec<String> {
    let everywhere = ["resourceName", "resourcePrefix", "deviceType"];
    let fields =
        DevicePluginField::ALL.iter().map(|field| field.name()).filter(|name| !everywhere.contains(name));
    let kinds = DevicePluginDeviceType::ALL.iter().map(|kind| kind.word());
    let words = ["from", "list of selectors", "network"].into_iter().chain(fields).chain(kinds);
    let versions = DevicePluginVersion::KNOWN.iter().map(ToString::to_string);
    words.map(str::to_owned).chain(versions).collect()
}
