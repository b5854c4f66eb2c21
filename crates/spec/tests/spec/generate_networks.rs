//! Networks that break no rule, in every shape that the types allow.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Number, Value};
use vfctl_kinds::network::{
    AddressRange, Capabilities, CniVersion, DhcpIpam, DhcpOption, DhcpRequest, Dns, HostLocalIpam, Ipam,
    LogLevel, NetworkRate, NetworkSpec, NetworkVlan, PluginObject, Route, StaticAddress, StaticIpam,
    WhereaboutsIpam, WhereaboutsLogLevel, WhereaboutsRange,
};
use vfctl_model::{IpAddress, IpNetwork, Toggle, VfLinkState, VlanProtocol, VlanTag};

/// Any value of JSON but `null`.
fn json_value() -> BoxedStrategy<Value> {
    let number = prop_oneof![
        any::<u64>().prop_map(Number::from),
        any::<i64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("a finite number", Number::from_f64),
    ];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        number.prop_map(Value::Number),
        "\\PC{0,12}".prop_map(Value::String),
        "[ a-z]{0,8}".prop_map(Value::String),
        prop::sample::select(vec![
            "1", "true", "null", "~", "0x10", "yes", " a  b ", "a: b", "#", "-", "1.0"
        ])
        .prop_map(|text| Value::String(text.to_owned())),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            btree_map("\\PC{0,6}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
    .boxed()
}

/// The fields of a plugin, without `type`, and without routes, which rules look at.
pub(crate) fn json_object() -> BoxedStrategy<Map<String, Value>> {
    let key = "\\PC{1,8}".prop_filter("no field of its own", |key| key != "type" && key != "routes");
    btree_map(key, json_value(), 0..5).prop_map(|map| map.into_iter().collect()).boxed()
}

fn plugin(name: &'static str) -> BoxedStrategy<PluginObject> {
    json_object()
        .prop_map(move |fields| {
            let value = |(key, value)| (key, serde_json::from_value(value).expect("a value"));
            let fields = fields.into_iter().map(value).collect();
            PluginObject { name: name.parse().expect("a name"), fields }
        })
        .boxed()
}

fn address(text: &str) -> IpAddress {
    text.parse().expect("an address")
}

fn network(text: &str) -> IpNetwork {
    text.parse().expect("a network")
}

/// Routes whose next hop is in the network of that number.
fn routes(number: u8, first: u8) -> BoxedStrategy<Vec<Route>> {
    vec(any::<bool>(), 0..3)
        .prop_map(move |through| {
            let route = |(index, through): (u8, bool)| Route {
                dst: network(&format!("172.{}.0.0/16", first + index)),
                gw: through.then(|| address(&format!("10.{number}.0.1"))),
            };
            (0..).zip(through).map(route).collect()
        })
        .boxed()
}

fn host_local(number: u8) -> BoxedStrategy<Ipam> {
    let parts = (any::<[bool; 4]>(), option::of("\\PC{1,9}"), option::of("/[a-z]{1,9}"), routes(number, 16));
    parts
        .prop_map(move |([own, start, gateway, more], data_dir, resolv_conf, routes)| {
            let subnet = network(&format!("10.{number}.0.0/24"));
            let range = |subnet| AddressRange { subnet, range_start: None, range_end: None, gateway: None };
            let six = AddressRange {
                range_start: start.then(|| address(&format!("fd00:{number}::10"))),
                range_end: Some(address(&format!("fd00:{number}::ffff"))),
                ..range(network(&format!("fd00:{number}::/64")))
            };
            let four = (!own).then(|| vec![range(subnet)]);
            Ipam::HostLocal(HostLocalIpam {
                subnet: own.then_some(subnet),
                range_start: (own && start).then(|| address(&format!("10.{number}.0.9"))),
                range_end: None,
                gateway: (own && gateway).then(|| address(&format!("10.{number}.0.1"))),
                ranges: four.into_iter().chain(more.then(|| vec![six])).collect(),
                routes,
                data_dir,
                resolv_conf,
            })
        })
        .boxed()
}

fn static_ipam(number: u8) -> BoxedStrategy<Ipam> {
    let parts = (any::<bool>(), option::of("\\PC{1,9}"), vec("\\PC{0,9}", 0..3), routes(number, 16));
    parts
        .prop_map(move |(gateway, domain, search, routes)| {
            let gateway = gateway.then(|| address(&format!("10.{number}.0.1")));
            let addresses = vec![StaticAddress { address: network(&format!("10.{number}.0.5/24")), gateway }];
            let nameservers = gateway.into_iter().collect();
            Ipam::Static(StaticIpam {
                addresses,
                routes,
                dns: Dns { nameservers, domain, options: search.clone(), search },
            })
        })
        .boxed()
}

fn dhcp() -> BoxedStrategy<Ipam> {
    let text = || option::of("\\PC{0,9}");
    (text(), any::<bool>(), text(), text(), "\\PC{0,9}")
        .prop_map(|(daemon_socket_path, skip_default, option, value, told)| {
            Ipam::Dhcp(DhcpIpam {
                daemon_socket_path,
                request: vec![DhcpRequest { skip_default, option }],
                provide: vec![DhcpOption { option: told, from_arg: value.clone(), value }],
            })
        })
        .boxed()
}

fn whereabouts(number: u8) -> BoxedStrategy<Ipam> {
    let text = || option::of("\\PC{0,9}");
    let parts = (any::<[bool; 4]>(), option::of(any::<bool>()), text(), text(), routes(number, 16));
    parts
        .prop_map(move |([own, start, exclude, more], overlapping, name, file, routes)| {
            let range = network(&format!("10.{number}.0.0/24"));
            let start = start.then(|| address(&format!("10.{number}.0.9")));
            let exclude: Vec<IpNetwork> =
                exclude.then(|| network(&format!("10.{number}.0.16/30"))).into_iter().collect();
            let inner =
                WhereaboutsRange { range, range_start: start, range_end: None, exclude: exclude.clone() };
            Ipam::Whereabouts(WhereaboutsIpam {
                range: own.then_some(range),
                range_start: start.filter(|_| own),
                range_end: own.then(|| address(&format!("10.{number}.0.99"))),
                exclude: if own { exclude } else { Vec::new() },
                gateway: own.then(|| address(&format!("10.{number}.0.1"))),
                ip_ranges: if own { Vec::new() } else { vec![inner] },
                routes,
                enable_overlapping_ranges: overlapping,
                network_name: name.clone(),
                configuration_path: file.clone(),
                kubeconfig: name,
                log_file: file,
                log_level: more.then_some(WhereaboutsLogLevel::Verbose),
            })
        })
        .boxed()
}

fn ipam(number: u8) -> BoxedStrategy<Option<Ipam>> {
    option::weighted(
        0.9,
        prop_oneof![
            host_local(number),
            static_ipam(number),
            dhcp(),
            whereabouts(number),
            plugin("other-ipam").prop_map(Ipam::Other),
        ],
    )
    .boxed()
}

/// The network of that number: its name and its addresses are its own.
pub(crate) fn network_spec(number: u8) -> BoxedStrategy<NetworkSpec> {
    let vlan = (1_u64..=4094, 0_u64..=7, any::<bool>()).prop_map(|(id, qos, ad)| {
        NetworkVlan(VlanTag {
            id: id.try_into().expect("an id"),
            qos: qos.try_into().expect("a priority"),
            protocol: if ad { VlanProtocol::Dot1Ad } else { VlanProtocol::Dot1Q },
        })
    });
    let rate = prop_oneof![
        any::<u32>().prop_map(|max| NetworkRate { min: None, max: Some(max) }),
        any::<u32>().prop_map(|min| NetworkRate { min: Some(min), max: None }),
        (0_u32..99, 99_u32..).prop_map(|(min, max)| NetworkRate { min: Some(min), max: Some(max) }),
    ];
    let version = prop::sample::select(&CniVersion::ALL[2..]);
    let level = prop::sample::select(vec![LogLevel::Panic, LogLevel::Warning, LogLevel::Debug]);
    let values = (option::of(vlan), option::of(rate), version, option::of(level), any::<[bool; 5]>());
    let rest = ("[a-z0-9]([a-z0-9.-]?[a-z0-9]){0,9}", vec(plugin("tuning"), 0..3), routes(number, 24));
    (values, ipam(number), rest)
        .prop_map(move |(values, ipam, (name, meta_plugins, routes))| {
            let (vlan, rate, cni_version, log_level, [on, trust, mac, ips, default_network]) = values;
            let takes_routes =
                matches!(ipam, Some(Ipam::HostLocal(_) | Ipam::Static(_) | Ipam::Whereabouts(_)));
            let takes_ips = ipam.is_some() && !matches!(ipam, Some(Ipam::Dhcp(_)));
            let namespaces = if default_network { vec!["kube-system"] } else { vec!["default", "a-1"] };
            NetworkSpec {
                name: format!("{name}{number}").parse().expect("a name"),
                namespaces: namespaces.into_iter().map(|name| name.parse().expect("a namespace")).collect(),
                resource: "intel.com/sriov_net".parse().expect("a resource"),
                vlan,
                spoof_check: on.then_some(Toggle::On),
                trust: trust.then_some(Toggle::Off),
                link_state: on.then_some(VfLinkState::Enable),
                rate,
                capabilities: Capabilities { mac, ips: ips && takes_ips },
                ipam,
                routes: if takes_routes { routes } else { Vec::new() },
                meta_plugins,
                cni_version,
                log_level,
                default_network,
            }
        })
        .boxed()
}
