//! Documents that break no rule, in every shape that the types allow.

#![allow(clippy::needless_update, reason = "a kind that is added later is one more field")]

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use vfctl_kinds::binding::DriverChoice;
use vfctl_kinds::components::ComponentsSpec;
use vfctl_kinds::count::{AtMost, CountSpec};
use vfctl_kinds::document::{
    API_VERSION, KIND, LabelOperator, LabelRequirement, LabelSelector, Metadata, NodeSelector, OnUnsupported,
    SriovConfig,
};
use vfctl_kinds::pf::{ExpectSpec, Matcher, PciMatch};
use vfctl_kinds::setting::Setting;
use vfctl_kinds::system::SystemSpec;
use vfctl_kinds::vf::{AttributeSpec, DeriveFrom, MacSource, VfGroup};
use vfctl_kinds::{Body, PfSpec, VfSpec, VfsSpec};
use vfctl_model::{
    MacAddress, Mbps, Mtu, RateLimits, Shape, Toggle, VfAttribute, VfIndex, VfLinkState, VfValue,
    VlanProtocol, VlanTag,
};

use crate::generate_networks::network_spec;
use crate::generate_rdma_shared::{of_ports, plugin, pools};

/// A VF's value of this shape that may stand alone and breaks no rule; no addresses, which are for the caller.
fn value(shape: Shape) -> BoxedStrategy<AttributeSpec> {
    let value = match shape {
        Shape::Mac => return Just(AttributeSpec::Default).boxed(),
        Shape::Vlan => (1_u64..=4094, 0_u64..=7, any::<bool>())
            .prop_map(|(id, qos, ad)| VlanTag {
                id: id.try_into().expect("an id"),
                qos: qos.try_into().expect("a priority"),
                protocol: if ad { VlanProtocol::Dot1Ad } else { VlanProtocol::Dot1Q },
            })
            .boxed()
            .prop_union(Just(VlanTag::NONE).boxed())
            .prop_map(VfValue::Vlan)
            .boxed(),
        Shape::Rate => (0_u32..1000, prop_oneof![Just(0), 1000_u32..])
            .prop_map(|(min, max)| VfValue::Rate(RateLimits { min: Mbps(min), max: Mbps(max) }))
            .boxed(),
        Shape::Toggle => any::<bool>().prop_map(|on| VfValue::Toggle(Toggle::from(on))).boxed(),
        Shape::LinkState => {
            prop_oneof![Just(VfLinkState::Auto), Just(VfLinkState::Enable), Just(VfLinkState::Disable)]
                .prop_map(VfValue::LinkState)
                .boxed()
        }
    };
    prop_oneof![1 => Just(AttributeSpec::Default), 4 => value.prop_map(AttributeSpec::Value)].boxed()
}

fn mtu() -> impl Strategy<Value = Setting<Mtu>> {
    prop_oneof![
        Just(Setting::Default),
        (68_u32..=1500).prop_map(|bytes| Setting::Value(Mtu::try_from(bytes).expect("an MTU")))
    ]
}

fn driver() -> impl Strategy<Value = DriverChoice> {
    prop_oneof![
        Just(DriverChoice::Default),
        Just(DriverChoice::None),
        "[a-z0-9][a-z0-9_-]{0,8}"
            .prop_filter("a word of its own", |name| name != "default" && name != "none")
            .prop_map(|name| DriverChoice::Named(name.parse().expect("a driver")))
    ]
}

fn settings() -> impl Strategy<Value = VfSpec> {
    let attributes: Vec<_> = VfAttribute::ALL
        .iter()
        .map(|a| option::weighted(0.4, value(a.row().shape)).prop_map(|v| (*a, v)))
        .collect();
    (attributes, option::of(driver()), option::of(mtu())).prop_map(|(attributes, driver, mtu)| VfSpec {
        attributes: attributes.into_iter().filter_map(|(a, value)| Some((a, value?))).collect(),
        driver,
        mtu,
        ..VfSpec::default()
    })
}

/// Groups over the VFs 0 to 15 that do not overlap.
fn groups() -> impl Strategy<Value = Vec<VfGroup>> {
    (vec(0_usize..4, 16), vec(settings(), 4)).prop_map(|(owners, settings)| {
        let group = |(number, settings): (usize, VfSpec)| {
            let own = owners.iter().zip(0_u16..).filter(|(owner, _)| **owner == number);
            VfGroup { vfs: own.map(|(_, vf)| VfIndex(vf)).collect(), settings }
        };
        settings.into_iter().enumerate().map(group).filter(|group| !group.vfs.is_empty()).collect()
    })
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let names = "[a-zA-Z0-9_.@-]{1,15}".prop_filter("a name", |name| name != "." && name != "..");
    let terms = (
        option::of(names.clone().prop_map(|name| name.parse().expect("an altname"))),
        option::of(any::<u16>().prop_map(vfctl_model::PciId)),
        option::of(driver().prop_map(|_| "ice".parse().expect("a driver"))),
        option::of(".{0,12}"),
        option::of(any::<u16>()),
        option::of(any::<bool>()),
        option::of(prop_oneof![Just("10.0.0.0/16"), Just("::1/128"), Just("192.0.2.1/32")]),
        option::of(names.prop_map(|name| name.parse().expect("a bond"))),
    );
    terms.prop_map(|(altname, vendor, driver, serial, numa_node, link_up, address, bond)| Matcher {
        altname,
        vendor,
        driver,
        serial,
        numa_node,
        link_up,
        address: address.map(|text| text.parse().expect("a network")),
        bond,
        ..Matcher::default()
    })
}

/// How the VFs of an entry get their addresses.
fn source(number: u8) -> impl Strategy<Value = Option<AttributeSpec>> {
    let mac = move |low: u32| MacAddress::new([0x02, number, 0, 0, 0, 0]).offset_by(low).expect("an address");
    let first = (0_u32..1000).prop_map(move |low| MacSource::First(mac(low)));
    let list = (16_u32..24).prop_map(move |count| MacSource::List((0..count).map(mac).collect()));
    let derive = vec(any::<u8>(), 1..=3).prop_map(|mut prefix| {
        prefix[0] &= 0xfe;
        MacSource::Derive { prefix, from: vec![DeriveFrom::NodeName, DeriveFrom::Pf, DeriveFrom::Index] }
    });
    let from_host = Just(MacSource::FromHost(format!("list {number}: ä")));
    option::of(prop_oneof![first, list, derive, from_host].prop_map(AttributeSpec::PerVf))
}

fn pf(number: u8) -> impl Strategy<Value = PfSpec> {
    let vfs = (
        option::of(prop_oneof![
            Just(CountSpec::Number(16)),
            Just(CountSpec::Bounded { want: 16, at_most: AtMost::Total })
        ]),
        option::of(any::<bool>().prop_map(Toggle::from)),
        settings(),
        source(number),
        groups(),
    );
    let vfs = vfs.prop_map(|(count, drivers_autoprobe, mut all, source, groups)| {
        if let Some(source) = source {
            all.attributes.insert(VfAttribute::MacAddress, source);
        }
        VfsSpec { count, drivers_autoprobe, all, groups, ..VfsSpec::default() }
    });
    let head = (
        "[a-zA-Z0-9][a-zA-Z0-9._-]{0,20}",
        matcher(),
        any::<(bool, bool)>(),
        option::of(any::<bool>()),
        option::of(mtu()),
    );
    let sixteen_hundred = Setting::Value(Mtu::try_from(1600).expect("an MTU"));
    (head, option::weighted(0.9, vfs)).prop_map(move |((name, matcher, (optional, warn), up, mtu), vfs)| {
        PfSpec {
            expect: if optional { ExpectSpec::Number(1) } else { ExpectSpec::One },
            optional,
            on_unsupported: if warn { OnUnsupported::Warn } else { OnUnsupported::Error },
            admin_state: up
                .map(|up| if up { vfctl_port::AdminState::Up } else { vfctl_port::AdminState::Down }),
            eswitch: up.map(|up| vfctl_kinds::eswitch::EswitchSpec {
                mode: if up { vfctl_model::EswitchMode::Switchdev } else { vfctl_model::EswitchMode::Legacy },
                inline_mode: up.then_some(vfctl_model::EswitchInlineMode::Network),
                encap_mode: (!up).then_some(vfctl_model::EswitchEncapMode::Basic),
            }),
            // No VF has more than 1500 bytes.
            mtu: mtu.map(|mtu| if mtu == Setting::Default { mtu } else { sixteen_hundred }),
            vfs,
            ..PfSpec::new(
                // The last character makes names and devices differ.
                format!("{name}{number}"),
                Matcher {
                    interface: Some(format!("eth{number}").parse().expect("an interface")),
                    pci: optional
                        .then(|| PciMatch(format!("pci/0000:{number:02x}:00.0").parse().expect("a device"))),
                    ..matcher
                },
            )
        }
    })
}

/// Which hosts a document concerns: `host-1`, or any node with labels, which may be several.
fn nodes() -> impl Strategy<Value = NodeSelector> {
    let key = "([a-z][a-z0-9-]{0,8}[a-z0-9][.]io/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,20}[A-Za-z0-9])?";
    let key = || key.prop_map(|key| key.parse().expect("a key"));
    let value = || {
        "([A-Za-z0-9]([A-Za-z0-9_.-]{0,20}[A-Za-z0-9])?)?".prop_map(|value| value.parse().expect("a value"))
    };
    let with_values =
        (key(), any::<bool>(), vec(value(), 1..3)).prop_map(|(key, is_in, values)| LabelRequirement {
            key,
            operator: if is_in { LabelOperator::In } else { LabelOperator::NotIn },
            values,
        });
    let without = (key(), any::<bool>()).prop_map(|(key, exists)| LabelRequirement {
        key,
        operator: if exists { LabelOperator::Exists } else { LabelOperator::DoesNotExist },
        values: Vec::new(),
    });
    let expressions = vec(prop_oneof![with_values, without], 0..3);
    let labels = (btree_map(key(), value(), 0..3), expressions)
        .prop_map(|(match_labels, match_expressions)| LabelSelector { match_labels, match_expressions })
        .prop_filter("one requirement", |labels| *labels != LabelSelector::default());
    (any::<bool>(), option::of(labels)).prop_map(|(named, labels)| NodeSelector {
        names: (named || labels.is_none()).then(|| vec!["host-1".to_owned()]),
        labels,
    })
}

/// A document that breaks no rule.
pub(crate) fn document() -> impl Strategy<Value = SriovConfig> {
    let pfs = (option::of(pf(1)), option::of(pf(2)), option::of(pf(3)));
    let system = vec("[a-z][a-z0-9_]{0,10}", 0..3);
    let more = btree_map("\\PC{0,8}", 0_usize..40, 0..3);
    let networks = (option::of(network_spec(1)), option::of(network_spec(2)));
    let shared = (pools(), plugin());
    let parts = (option::of(nodes()), more, system, pfs, networks, shared);
    parts.prop_map(|(nodes, more, modules, (one, two, three), (first, second), (pools, plugin))| {
        let physical_functions: Vec<PfSpec> = [one, two, three].into_iter().flatten().collect();
        let mac = |list: u8, number: u8| MacAddress::new([0x02, 0xff, list, 0, 0, number]);
        // Every list that an entry may take, and some that nobody takes.
        let mut values: std::collections::BTreeMap<String, Vec<MacAddress>> = (1..=3)
            .map(|list| (format!("list {list}: ä"), (0..16).map(|n| mac(list, n)).collect()))
            .collect();
        for (list, (name, length)) in (10..).zip(more) {
            values.entry(name).or_insert_with(|| (0..40).take(length).map(|n| mac(list, n)).collect());
        }
        // Addresses that are written once are for one host.
        let nodes = nodes.map(|nodes| match physical_functions.is_empty() {
            true => nodes,
            false => NodeSelector { names: Some(vec!["host-1".to_owned()]), ..nodes },
        });
        let modules = modules.iter().map(|module| module.parse().expect("a module")).collect();
        SriovConfig {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            metadata: Metadata { name: "doc".to_owned() },
            spec: Body {
                nodes,
                hosts: [("host-1".parse().expect("a host"), values)].into(),
                system: SystemSpec { modules },
                components: ComponentsSpec { rdma_shared_device_plugin: plugin, ..ComponentsSpec::default() },
                rdma_shared_pools: of_ports(pools, &physical_functions),
                physical_functions,
                networks: [first, second].into_iter().flatten().collect(),
                ..Body::default()
            },
        }
    })
}
