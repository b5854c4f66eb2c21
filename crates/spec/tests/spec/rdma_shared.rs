//! Shared RDMA devices: what the plugin is told of them on a host, and what a plan has to say.

use proptest::prelude::*;
use serde_json::{Value, json};
use vfctl_kinds::finding::Findings;
use vfctl_kinds::rdma_shared_pool::{RdmaSharedConfig, rdma_shared_config};
use vfctl_model::DevicePluginVersion;
use vfctl_port::HostFacts;
use vfctl_spec::{Source, SpecSet, validate};

use crate::documents::load_text;
use crate::generate::document;
use crate::on_host::on_host;

/// Returns a port with this interface.
fn port(interface: &str) -> Value {
    let netdev = json!({
        "name": interface, "mac": "02:00:00:00:00:01", "mtu": 1500, "up": true, "carrier": true, "defaultRoute": false,
    });
    json!({
        "class": "0x020000", "vendor": "15b3", "device": "101d", "driver": "mlx5_core", "totalVfs": 16, "vfCount": 0,
        "netdev": netdev, "vfs": {},
    })
}

/// Returns the facts of a host with these ports, of which those at `rdma` have an RDMA device.
fn host(ports: Value, rdma: &[&str]) -> HostFacts {
    let devices: serde_json::Map<String, Value> =
        rdma.iter().map(|address| ((*address).to_owned(), json!(["mlx5_0"]))).collect();
    let facts = json!({
        "system": {"kernel": "6.12.0", "arguments": [], "iommu": {"groups": 1, "kinds": []}, "modules": []},
        "physicalFunctions": ports,
        "links": {},
        "pciFunctions": {"rdmaDevices": devices},
    });
    serde_json::from_value(facts).expect("facts")
}

fn two_ports() -> HostFacts {
    let ports = json!({"pci/0000:01:00.0": port("ens1f0np0"), "pci/0000:01:00.1": port("ens1f1np1")});
    host(ports, &["0000:01:00.0"])
}

/// Returns the plugin's configuration for a host, and what the plan of the host says.
fn planned(set: &SpecSet, host: &HostFacts) -> (Option<RdmaSharedConfig>, Findings) {
    on_host(set, host, |context, draft| (rdma_shared_config(context, &draft.pfs), draft.findings.clone()))
}

fn planned_text(spec: &str, host: &HostFacts) -> (Value, Findings) {
    let text = format!(
        "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: doc}}\nspec:\n{spec}\n"
    );
    let (config, findings) = planned(&load_text(&text).expect("no mistakes"), host);
    (serde_json::to_value(config).expect("JSON"), findings)
}

fn problems(findings: &Findings) -> Vec<&str> {
    findings.problems.iter().map(|finding| finding.message.as_str()).collect()
}

fn notes(findings: &Findings) -> Vec<&str> {
    findings.notes.iter().map(|finding| finding.message.as_str()).collect()
}

const NOT_WRITTEN: &str =
    "the configuration of k8s-rdma-shared-dev-plugin is not written in this version: `vfctl pools` prints it";

#[test]
fn ports_are_named_by_their_interfaces_and_the_default_prefix_is_not_written() {
    let spec = "  components: {rdmaSharedDevicePlugin: {periodicUpdateInterval: 300}}
  physicalFunctions:
    - {name: every, match: {driver: mlx5_core}, expect: all}
    - {name: absent, match: {driver: ice}, optional: true}
  rdmaSharedPools:
    - {resource: rdma/hca, rdmaHcaMax: 63, from: [{physicalFunction: every}]}
    - {resource: example.org/ib, rdmaHcaMax: 1, selectors: {vendors: [\"15B3\"], linkTypes: [infiniband]}}
    - {resource: rdma/none, rdmaHcaMax: 1, from: [{physicalFunction: absent}]}";
    let (config, findings) = planned_text(spec, &two_ports());
    let wanted = json!({
        "periodicUpdateInterval": 300,
        "configList": [
            {"resourceName": "hca", "rdmaHcaMax": 63, "selectors": {"ifNames": ["ens1f0np0", "ens1f1np1"]}},
            {
                "resourceName": "ib", "resourcePrefix": "example.org", "rdmaHcaMax": 1,
                "selectors": {"vendors": ["15b3"], "linkTypes": ["infiniband"]},
            },
        ],
    });
    assert_eq!(config, wanted);
    assert_eq!(problems(&findings), [""; 0]);
    let wanted = [
        "`absent` is optional, and this host has none",
        NOT_WRITTEN,
        "`every` has no RDMA device now: without one, rdma/hca has nothing of it",
        "rdma/none is left out on this host: it has no port of it",
    ];
    assert_eq!(notes(&findings), wanted);
}

#[test]
fn documents_without_shared_devices_configure_no_plugin() {
    let (config, findings) = planned_text("  components: {rdmaSharedDevicePlugin: {}}", &two_ports());
    assert_eq!((config, findings.is_empty()), (Value::Null, true));
}

#[test]
fn shared_devices_ask_nothing_of_the_cluster() {
    let text = |spec: &str| {
        format!("apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: doc}}\nspec:\n{spec}\n")
    };
    let shared = "  components: {rdmaSharedDevicePlugin: {periodicUpdateInterval: 5}}
  rdmaSharedPools: [{resource: rdma/hca, rdmaHcaMax: 1, selectors: {ifNames: [ib0]}}]";
    for (spec, asks) in [(shared, false), ("  components: {devicePlugin: {version: v3.5.1}}", true)] {
        assert_eq!(load_text(&text(spec)).expect("no mistakes").asks_of_cluster(), asks, "{spec}");
    }
}

#[test]
fn a_port_without_an_interface_cannot_be_named() {
    let spec = "  physicalFunctions:
    - {name: fast, match: {pci: \"0000:01:00.0\"}}
  rdmaSharedPools:
    - {resource: rdma/hca, rdmaHcaMax: 63, from: [{physicalFunction: fast}]}";
    for (change, why) in [
        (json!({"driver": "vfio-pci"}), "`fast`: its driver hands it to user space"),
        (json!({"driver": null}), "`fast`: it has no driver"),
        (json!({"class": "0x020700"}), "`fast`: its interface is InfiniBand's"),
        (json!({}), "`fast`: its interface could not be read"),
    ] {
        let mut fast = port("ens1f0np0");
        let fields = fast.as_object_mut().expect("a map");
        fields.remove("netdev");
        fields.extend(change.as_object().expect("a map").clone());
        let (config, findings) =
            planned_text(spec, &host(json!({"pci/0000:01:00.0": fast}), &["0000:01:00.0"]));
        assert_eq!(config, json!({"configList": []}), "{change}");
        assert!(problems(&findings).iter().any(|problem| problem.starts_with(why)), "{findings:#?}");
    }
    let spec = spec.replace("0000:01:00.0", "netdevsim/netdevsim1");
    let mut simulated = port("eni1np1");
    simulated["driver"] = json!("netdevsim");
    let (_, findings) = planned_text(&spec, &host(json!({"netdevsim/netdevsim1": simulated}), &[]));
    let why =
        "`fast`: netdevsim/netdevsim1 is no PCI device, and k8s-rdma-shared-dev-plugin takes none but those";
    assert_eq!(problems(&findings), [why]);
}

#[test]
fn an_interface_that_comes_first_by_name_hides_the_port() {
    let spec = "  physicalFunctions:
    - {name: fast, match: {interface: ens1f0np0}}
  rdmaSharedPools:
    - {resource: rdma/hca, rdmaHcaMax: 63, from: [{physicalFunction: fast}]}";
    for (other, is_hidden) in [("ens1f0", true), ("ens1f0npf0vf0", false)] {
        let mut fast = port("ens1f0np0");
        fast["otherInterfaces"] = json!([other]);
        let (_, findings) = planned_text(spec, &host(json!({"pci/0000:01:00.0": fast}), &["0000:01:00.0"]));
        let hidden = format!(
            "k8s-rdma-shared-dev-plugin knows `fast` by the first name of its interfaces, {other} and not ens1f0np0: \
             rdma/hca does not have it"
        );
        assert_eq!(notes(&findings).contains(&hidden.as_str()), is_hidden, "{findings:#?}");
    }
}

#[test]
fn rdma_devices_of_vfs_of_a_shared_port_are_noted() {
    let spec = "  physicalFunctions:
    - {name: fast, match: {interface: ens1f0np0}, vfs: {count: 4}}
  pools:
    - {resource: example.org/rdma, from: [{physicalFunction: fast, vfs: \"0-1\"}], isRdma: true}
    - {resource: example.org/plain, from: [{physicalFunction: fast, vfs: \"2-3\"}]}
  rdmaSharedPools:
    - {resource: rdma/hca, rdmaHcaMax: 63, from: [{physicalFunction: fast}]}";
    let (_, findings) = planned_text(spec, &two_ports());
    let notes = notes(&findings);
    let about: Vec<_> = notes.iter().filter(|note| note.contains("netns shared")).collect();
    assert_eq!(about.len(), 1, "{notes:#?}");
    assert!(about[0].starts_with("example.org/rdma has RDMA devices of VFs of `fast`"), "{notes:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_host_is_told_reads_back_as_the_same_and_the_plugin_takes_it(document in document()) {
        let mut document = document;
        document.spec.nodes = None;
        let text = vfctl_spec::emit(&document).expect("a text");
        let set = load_text(&text).expect("no mistakes");
        let (config, _) = planned(&set, &two_ports());
        prop_assert_eq!(config.is_some(), !document.spec.rdma_shared_pools.is_empty());
        let Some(config) = config else { return Ok(()) };
        let text = config.to_text().expect("a text");
        let again: RdmaSharedConfig = serde_json::from_str(&text).expect(&text);
        prop_assert_eq!(&again, &config);
        prop_assert_eq!(again.to_text().expect("a text"), text.clone());
        if !config.config_list.is_empty() {
            let source = Source { name: "config.json".to_owned(), text };
            let validation = validate(&[source], &[], DevicePluginVersion::NEWEST);
            prop_assert!(validation.mistakes.is_empty(), "{:#?}", validation.mistakes);
        }
    }
}
