//! What holds for every configuration of the device plugin and every release of it.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use vfctl_kinds::pool::plugin::{PluginConfig, PluginResource, PluginSelectors, SelectorSet, read};
use vfctl_kinds::pool::predict_config;
use vfctl_model::{DevicePluginField, DevicePluginVersion};
use vfctl_port::{HostFacts, World};

fn host() -> HostFacts {
    let world: World = serde_json::from_str(include_str!("pools/lab.facts.json")).expect("facts");
    world.hosts.into_values().next().expect("a host")
}

/// Words that devices of the host have, and some that none has.
fn words(field: DevicePluginField) -> &'static [&'static str] {
    match field {
        DevicePluginField::Vendors => &["8086", "15b3", "1af4", "0x8086"],
        DevicePluginField::Devices => &["10c9", "10ca", "154c", "101e", "0b30", "154C"],
        DevicePluginField::Drivers => &["igb", "igbvf", "iavf", "vfio-pci", "mlx5_core", ""],
        DevicePluginField::PciAddresses => &["0000:5e:02.0", "0000:01:00.1", "0000:00:04.0", "5e:02.0"],
        DevicePluginField::PfNames => &["ens4f0", "ENS4F0#0-1", "ens4f0#3", "ens1f0#0,2", "ens1f0#x", "none"],
        DevicePluginField::RootDevices => &["0000:5e:00.0#1-2", "0000:5e:00.0", "0000:01:00.0#0-9", "x#1#2"],
        DevicePluginField::LinkTypes => &["ether", "infiniband"],
        _ => &["7", "sf", "\u{e4} \"\\"],
    }
}

fn list(field: DevicePluginField) -> impl Strategy<Value = (DevicePluginField, Vec<String>)> {
    let words: Vec<String> = words(field).iter().map(|word| (*word).to_owned()).collect();
    let most = words.len();
    subsequence(words, 1..=most).prop_shuffle().prop_map(move |texts| (field, texts))
}

fn set() -> impl Strategy<Value = SelectorSet> {
    let fields = [
        DevicePluginField::Vendors,
        DevicePluginField::Devices,
        DevicePluginField::Drivers,
        DevicePluginField::PciAddresses,
        DevicePluginField::AcpiIndexes,
        DevicePluginField::PfNames,
        DevicePluginField::RootDevices,
        DevicePluginField::LinkTypes,
        DevicePluginField::PKeys,
        DevicePluginField::AuxTypes,
    ];
    let texts = proptest::collection::vec(select(fields.to_vec()).prop_flat_map(list), 0..3);
    let vdpa = proptest::option::weighted(0.1, select(vec!["virtio".to_owned(), "other".to_owned()]));
    (texts, proptest::bool::weighted(0.2), any::<bool>(), vdpa).prop_map(|(texts, rdma, vhost, vdpa_type)| {
        SelectorSet {
            texts: texts.into_iter().collect(),
            is_rdma: rdma && vdpa_type.is_none(),
            need_vhost_net: vhost,
            vdpa_type,
            ..SelectorSet::default()
        }
    })
}

fn selectors() -> impl Strategy<Value = PluginSelectors> {
    prop_oneof![
        4 => set().prop_map(PluginSelectors::One),
        1 => proptest::collection::vec(set(), 0..3).prop_map(PluginSelectors::List),
    ]
}

fn config() -> impl Strategy<Value = PluginConfig> {
    let prefix = proptest::option::of(select(vec!["example.org".to_owned(), "intel.com".to_owned()]));
    let kind =
        proptest::option::weighted(0.2, select(vec!["accelerator".to_owned(), "netDevice".to_owned()]));
    let info = proptest::option::weighted(0.2, ".*").prop_map(|text| {
        let info = text.map(|text| ("*".to_owned(), BTreeMap::from([("token".to_owned(), text)])));
        info.into_iter().collect::<BTreeMap<_, _>>()
    });
    let resource = (prefix, kind, any::<bool>(), selectors(), info);
    proptest::collection::vec(resource, 0..5).prop_map(|resources| {
        let resources = resources.into_iter().enumerate().map(|(number, resource)| {
            let (prefix, device_type, exclude_topology, selectors, additional_info) = resource;
            PluginResource {
                name: format!("pool_{number}"),
                prefix,
                device_type,
                exclude_topology,
                selectors,
                additional_info,
                ..PluginResource::default()
            }
        });
        PluginConfig { resources: resources.collect() }
    })
}

fn version() -> impl Strategy<Value = DevicePluginVersion> {
    select(DevicePluginVersion::KNOWN.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_rendered_reads_back_as_the_same(config in config()) {
        let text = serde_json::to_string(&config).expect("JSON");
        prop_assert_eq!(read(&text).expect(&text), config);
    }

    #[test]
    fn each_device_is_in_one_pool_and_told_of_in_each(config in config(), version in version()) {
        let host = host();
        let prediction = predict_config(&config, version, &host);
        prop_assert_eq!(&prediction, &predict_config(&config, version, &host));
        let Ok(pools) = prediction.pools else { return Ok(()) };
        prop_assert_eq!(pools.len(), config.resources.len());
        let (mut taken, mut told) = (BTreeSet::new(), BTreeSet::new());
        for pool in &pools {
            for device in &pool.takes {
                prop_assert!(taken.insert(*device), "{device} is in two pools");
            }
            let perhaps = pool.perhaps.iter().map(|(device, _)| *device);
            let left_out = pool.left_out.iter().map(|(device, _)| *device);
            let all: Vec<_> = pool.takes.iter().copied().chain(perhaps).chain(left_out).collect();
            let each: BTreeSet<_> = all.iter().copied().collect();
            prop_assert_eq!(all.len(), each.len(), "a device is told of twice");
            if pool.dropped.is_none() {
                told.insert(each);
            }
        }
        prop_assert!(told.len() <= 1, "pools tell of different devices");
    }

    #[test]
    fn a_later_pool_changes_nothing_of_an_earlier_one(config in config(), version in version()) {
        let host = host();
        let Ok(all) = predict_config(&config, version, &host).pools else { return Ok(()) };
        for count in 1..config.resources.len() {
            let first = PluginConfig { resources: config.resources.iter().take(count).cloned().collect() };
            // Without the others there may be nothing to serve.
            if let Ok(pools) = predict_config(&first, version, &host).pools {
                prop_assert_eq!(&pools[..], &all[..count]);
            }
        }
    }
}
