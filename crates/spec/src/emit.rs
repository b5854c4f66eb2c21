//! A document as YAML text that people edit and that loads as the same document.

use std::collections::BTreeMap;

use vfctl_kinds::document::{Body, HostValues, Metadata, NodeSelector, SriovConfig};
use vfctl_kinds::pf::{AtMost, CountSpec, ExpectSpec, Matcher, OnUnsupported, PciMatch, PfSpec, VfsSpec};
use vfctl_kinds::setting::Setting;
use vfctl_kinds::system::SystemSpec;
use vfctl_kinds::vf::{AttributeSpec, DeriveFrom, DriverSpec, MacSource, VfGroup, VfSettings};
use vfctl_model::{DeviceAddress, HostName, Mbps, Mtu, RateLimits, VfValue, VlanProtocol, VlanTag};

use crate::yaml::Yaml;

/// Returns the document as YAML. MAC addresses and sets are quoted, as is all that another reader might take for
/// something else; what has the value that an absent field has is left out.
pub fn emit(config: &SriovConfig) -> String {
    let SriovConfig { api_version, kind, metadata: Metadata { name }, spec } = config;
    let document = Fields::default()
        .with("apiVersion", Yaml::word(api_version))
        .with("kind", Yaml::word(kind))
        .with("metadata", Fields::default().with("name", Yaml::word(name)).block())
        .with("spec", body(spec));
    document.block().to_text()
}

/// The fields of a map, in order.
#[derive(Default)]
struct Fields(Vec<(String, Yaml)>);

impl Fields {
    fn with(mut self, key: &str, value: Yaml) -> Self {
        self.0.push((key.to_owned(), value));
        self
    }

    fn with_some(self, key: &str, value: Option<Yaml>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Returns the map with a line for each field.
    fn block(self) -> Yaml {
        Yaml::Block(self.0)
    }

    /// Returns the map on one line where there is room.
    fn flow(self) -> Yaml {
        Yaml::Flow(self.0)
    }
}

fn list<T>(items: &[T], write: impl Fn(&T) -> Yaml) -> Option<Yaml> {
    (!items.is_empty()).then(|| Yaml::List(items.iter().map(write).collect()))
}

fn body(body: &Body) -> Yaml {
    let Body { nodes, hosts: host_values, system, physical_functions } = body;
    let nodes = nodes.as_ref().map(|NodeSelector { names }| {
        let names = Yaml::List(names.iter().map(Yaml::quoted).collect());
        Fields::default().with("names", names).block()
    });
    let system = system.as_ref().map(|SystemSpec { modules }| {
        Fields::default().with_some("modules", list(modules, |module| Yaml::word(module.as_str()))).block()
    });
    Fields::default()
        .with_some("nodes", nodes)
        .with_some("hosts", hosts(host_values))
        .with_some("system", system)
        .with_some("physicalFunctions", list(physical_functions, pf))
        .block()
}

fn hosts(hosts: &BTreeMap<HostName, HostValues>) -> Option<Yaml> {
    let host = |(host, values): (&HostName, &HostValues)| {
        let list = |(name, macs): (&String, &Vec<_>)| {
            (name.clone(), Yaml::List(macs.iter().map(Yaml::quoted).collect()))
        };
        (host.to_string(), Yaml::Block(values.iter().map(list).collect()))
    };
    (!hosts.is_empty()).then(|| Yaml::Block(hosts.iter().map(host).collect()))
}

fn pf(entry: &PfSpec) -> Yaml {
    let PfSpec {
        name,
        matcher: term,
        expect,
        optional,
        on_unsupported,
        admin_state,
        mtu: pf_mtu,
        vfs: pf_vfs,
    } = entry;
    let expect = match expect {
        ExpectSpec::One => None,
        ExpectSpec::All => Some(Yaml::word("all")),
        ExpectSpec::Number(number) => Some(Yaml::bare(number)),
    };
    let on_unsupported = match on_unsupported {
        OnUnsupported::Error => None,
        OnUnsupported::Warn => Some(Yaml::word("warn")),
    };
    Fields::default()
        .with("name", Yaml::word(name))
        .with("match", matcher(term))
        .with_some("expect", expect)
        .with_some("optional", optional.then(|| Yaml::bare(true)))
        .with_some("onUnsupported", on_unsupported)
        .with_some("adminState", admin_state.map(Yaml::bare))
        .with_some("mtu", pf_mtu.map(mtu))
        .with_some("vfs", pf_vfs.as_ref().map(vfs))
        .block()
}

fn matcher(term: &Matcher) -> Yaml {
    let Matcher {
        interface,
        altname,
        pci,
        mac_address,
        vendor,
        device,
        driver,
        serial,
        numa_node,
        link_up,
        address,
        default_route,
        bond,
        any_of,
    } = term;
    let pci = pci.as_ref().map(|PciMatch(device)| match device {
        DeviceAddress::Pci(address) => Yaml::quoted(address),
        DeviceAddress::Netdevsim(_) => Yaml::word(&device.to_string()),
    });
    Fields::default()
        .with_some("interface", interface.as_ref().map(|name| Yaml::word(name.as_str())))
        .with_some("altname", altname.as_ref().map(|name| Yaml::word(name.as_str())))
        .with_some("pci", pci)
        .with_some("macAddress", mac_address.map(Yaml::quoted))
        .with_some("vendor", vendor.map(Yaml::quoted))
        .with_some("device", device.map(Yaml::quoted))
        .with_some("driver", driver.as_ref().map(|name| Yaml::word(name.as_str())))
        .with_some("serial", serial.as_ref().map(Yaml::quoted))
        .with_some("numaNode", numa_node.map(Yaml::bare))
        .with_some("linkUp", link_up.map(Yaml::bare))
        .with_some("address", address.map(Yaml::quoted))
        .with_some("defaultRoute", default_route.map(Yaml::bare))
        .with_some("bond", bond.as_ref().map(|name| Yaml::word(name.as_str())))
        .with_some("anyOf", list(any_of, matcher))
        .flow()
}

fn mtu(mtu: Setting<Mtu>) -> Yaml {
    match mtu {
        Setting::Default => Yaml::word("default"),
        Setting::Value(mtu) => Yaml::bare(mtu),
    }
}

fn vfs(vfs: &VfsSpec) -> Yaml {
    let VfsSpec { count, drivers_autoprobe, all, groups } = vfs;
    let count = count.map(|count| match count {
        CountSpec::Number(number) => Yaml::bare(number),
        CountSpec::Wish { want, at_most: AtMost::Total } => {
            Fields::default().with("want", Yaml::bare(want)).with("atMost", Yaml::word("total")).flow()
        }
    });
    Fields::default()
        .with_some("count", count)
        .with_some("driversAutoprobe", drivers_autoprobe.map(Yaml::bare))
        .with_some("all", (*all != VfSettings::default()).then(|| settings(all, Fields::default()).flow()))
        .with_some("groups", list(groups, group))
        .block()
}

fn group(group: &VfGroup) -> Yaml {
    let VfGroup { vfs, settings: of_group } = group;
    settings(of_group, Fields::default().with("vfs", Yaml::quoted(vfs))).block()
}

fn settings(settings: &VfSettings, mut fields: Fields) -> Fields {
    let VfSettings { attributes, driver, mtu: vf_mtu } = settings;
    for (key, spec) in attributes {
        fields = fields.with(key.key(), attribute(spec));
    }
    let driver = driver.as_ref().map(|driver| match driver {
        DriverSpec::Default => Yaml::word("default"),
        DriverSpec::None => Yaml::word("none"),
        DriverSpec::Named(name) => Yaml::word(name.as_str()),
    });
    fields.with_some("driver", driver).with_some("mtu", vf_mtu.map(mtu))
}

fn attribute(spec: &AttributeSpec) -> Yaml {
    match spec {
        AttributeSpec::Default => Yaml::word("default"),
        AttributeSpec::Value(VfValue::Mac(mac)) => Yaml::quoted(mac),
        AttributeSpec::Value(VfValue::Vlan(VlanTag { id, qos, protocol })) => {
            let protocol = match protocol {
                VlanProtocol::Dot1Q => None,
                VlanProtocol::Dot1Ad => Some(Yaml::bare(protocol)),
            };
            Fields::default()
                .with("id", Yaml::bare(id.get()))
                .with_some("qos", (qos.get() != 0).then(|| Yaml::bare(qos.get())))
                .with_some("protocol", protocol)
                .flow()
        }
        AttributeSpec::Value(VfValue::Rate(RateLimits { min: Mbps(min), max: Mbps(max) })) => {
            Fields::default()
                .with_some("min", (*min != 0).then(|| Yaml::bare(min)))
                .with("max", Yaml::bare(max))
                .flow()
        }
        AttributeSpec::Value(VfValue::Toggle(toggle)) => Yaml::bare(toggle),
        AttributeSpec::Value(VfValue::LinkState(state)) => Yaml::bare(state),
        AttributeSpec::PerVf(source) => mac_source(source),
    }
}

fn mac_source(source: &MacSource) -> Yaml {
    match source {
        MacSource::First(first) => Fields::default().with("first", Yaml::quoted(first)).flow(),
        MacSource::List(macs) => {
            Fields::default().with("list", Yaml::List(macs.iter().map(Yaml::quoted).collect())).flow()
        }
        MacSource::FromHost(name) => {
            let from_host = Fields::default().with("fromHost", Yaml::word(name)).flow();
            Fields::default().with("list", from_host).flow()
        }
        MacSource::Derive { prefix, from } => {
            let bytes: Vec<String> = prefix.iter().map(|byte| format!("{byte:02x}")).collect();
            let part = |part: &DeriveFrom| {
                Yaml::word(match part {
                    DeriveFrom::NodeName => "nodeName",
                    DeriveFrom::Pf => "pf",
                    DeriveFrom::Index => "index",
                })
            };
            let derive = Fields::default()
                .with("prefix", Yaml::quoted(bytes.join(":")))
                .with("from", Yaml::List(from.iter().map(part).collect()));
            Fields::default().with("derive", derive.flow()).flow()
        }
    }
}
