//! Networks as people write them: the objects that they become, and that those are read back as the same.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use vfctl_kinds::network::{CniConfig, NetworkAttachmentDefinition, NetworkSpec};
use vfctl_spec::emit;

use crate::documents::load_text;
use crate::generate::document;
use crate::generate_networks::json_object;

/// Returns a document with these networks.
fn text(networks: &str) -> String {
    format!(
        "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: workers}}\nspec:\n  networks: [{networks}]\n"
    )
}

/// Returns the one network of a document.
fn network(entry: &str) -> NetworkSpec {
    let set = load_text(&text(entry)).expect(entry);
    set.documents[0].config.spec.networks[0].clone()
}

/// Returns the configuration of an entry as JSON; what every entry has is left out.
fn config(fields: &str) -> Value {
    let network =
        network(&format!("{{name: a, namespaces: [default], resource: intel.com/sriov_net, {fields}}}"));
    let config = CniConfig::of(&network).expect("a configuration");
    let mut fields = config.fields().clone();
    assert_eq!(fields.remove("name"), Some(json!("a")));
    Value::Object(fields)
}

#[test]
fn each_field_is_spelled_as_its_plugin_spells_it() {
    for (fields, wanted) in [
        ("vlan: 100", json!({"vlan": 100})),
        ("vlan: 0", json!({"vlan": 0})),
        (
            "vlan: {id: 100, qos: 3, protocol: 802.1ad}",
            json!({"vlan": 100, "vlanQoS": 3, "vlanProto": "802.1ad"}),
        ),
        ("vlan: {id: 100, protocol: 802.1Q}", json!({"vlan": 100})),
        ("spoofCheck: on, trust: false", json!({"spoofchk": "on", "trust": "off"})),
        ("linkState: enable", json!({"link_state": "enable"})),
        ("rate: {max: 1000}", json!({"max_tx_rate": 1000})),
        ("rate: {min: 0, max: 0}", json!({"min_tx_rate": 0, "max_tx_rate": 0})),
        ("capabilities: {mac: true}", json!({"capabilities": {"mac": true}})),
        ("capabilities: {mac: false}", json!({})),
        ("logLevel: debug", json!({"logLevel": "debug"})),
        (
            "ipam: {gateway: 10.0.0.1, subnet: 10.0.0.0/24, type: host-local, dataDir: /run/a}",
            json!({"ipam": {"type": "host-local", "subnet": "10.0.0.0/24", "gateway": "10.0.0.1", "dataDir": "/run/a"}}),
        ),
        (
            "ipam: {type: host-local, ranges: [[{subnet: 10.0.0.0/24, rangeStart: 10.0.0.9, rangeEnd: 10.0.0.10}]]}, routes: [{dst: 10.1.0.0/16, gw: 10.0.0.2}]",
            json!({"ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": "10.0.0.0/24", "rangeStart": "10.0.0.9", "rangeEnd": "10.0.0.10"}]],
                "routes": [{"dst": "10.1.0.0/16", "gw": "10.0.0.2"}],
            }}),
        ),
        (
            "ipam: {type: static, addresses: [{address: 10.0.0.5/24, gateway: 10.0.0.1}], routes: [{dst: 10.1.0.0/16}], dns: {nameservers: [10.0.0.2], search: [a.example]}}, routes: [{dst: 10.2.0.0/16}]",
            json!({"ipam": {
                "type": "static",
                "addresses": [{"address": "10.0.0.5/24", "gateway": "10.0.0.1"}],
                "routes": [{"dst": "10.1.0.0/16"}, {"dst": "10.2.0.0/16"}],
                "dns": {"nameservers": ["10.0.0.2"], "search": ["a.example"]},
            }}),
        ),
        (
            "ipam: {type: dhcp, daemonSocketPath: /run/d, request: [{skipDefault: true}, {option: subnet-mask}], provide: [{option: \"12\", fromArg: K8S_POD_NAME}]}",
            json!({"ipam": {
                "type": "dhcp",
                "daemonSocketPath": "/run/d",
                "request": [{"skipDefault": true}, {"option": "subnet-mask"}],
                "provide": [{"option": "12", "fromArg": "K8S_POD_NAME"}],
            }}),
        ),
        (
            "ipam: {type: whereabouts, range: 10.0.0.0/24, rangeStart: 10.0.0.9, rangeEnd: 10.0.0.90, exclude: [10.0.0.16/30], gateway: 10.0.0.1, ipRanges: [{range: \"fd00::/64\", rangeStart: \"fd00::5\"}], enableOverlappingRanges: false, networkName: n, kubeconfig: /etc/k, logFile: /l, logLevel: verbose}",
            json!({"ipam": {
                "type": "whereabouts",
                "range": "10.0.0.0/24",
                "range_start": "10.0.0.9",
                "range_end": "10.0.0.90",
                "exclude": ["10.0.0.16/30"],
                "gateway": "10.0.0.1",
                "ipRanges": [{"range": "fd00::/64", "range_start": "fd00::5"}],
                "enable_overlapping_ranges": false,
                "network_name": "n",
                "kubernetes": {"kubeconfig": "/etc/k"},
                "log_file": "/l",
                "log_level": "verbose",
            }}),
        ),
        (
            "ipam: {poolName: \" a  b \", strict: true, size: 1.5, deep: {list: [1, \"1\", -1]}, type: nv-ipam}",
            json!({"ipam": {
                "type": "nv-ipam",
                "poolName": " a  b ",
                "strict": true,
                "size": 1.5,
                "deep": {"list": [1, "1", -1]},
            }}),
        ),
    ] {
        let mut all = json!({"cniVersion": "1.0.0", "type": "sriov"});
        all.as_object_mut().expect("a map").extend(wanted.as_object().expect("a map").clone());
        assert_eq!(config(fields), all, "{fields}");
    }
}

#[test]
fn network_with_meta_plugins_is_a_list_whose_first_is_sriov() {
    let fields = "vlan: 5, cniVersion: 0.4.0, metaPlugins: [{type: tuning, sysctl: {net.core.somaxconn: \"500\"}}, {type: sbr}]";
    assert_eq!(
        config(fields),
        json!({
            "cniVersion": "0.4.0",
            "plugins": [
                {"type": "sriov", "vlan": 5},
                {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}},
                {"type": "sbr"},
            ],
        })
    );
    let config: CniConfig = config(fields).to_string().parse().expect("a configuration");
    let types: Vec<&Value> = config.plugins().into_iter().map(|plugin| &plugin["type"]).collect();
    assert_eq!(types, ["sriov", "tuning", "sbr"]);
    let single: CniConfig = "{\"type\": \"sriov\"}".parse().expect("a configuration");
    assert_eq!(single.plugins().len(), 1);
}

#[test]
fn each_namespace_gets_an_object_that_says_whose_it_is() {
    let network = network("{name: a, namespaces: [one, two], resource: intel.com/sriov_net, vlan: 7}");
    let objects = NetworkAttachmentDefinition::of("workers", &network).expect("objects");
    assert_eq!(network.default_network_annotation(), None);
    for (object, namespace) in objects.iter().zip(["one", "two"]) {
        let object = serde_json::to_value(object).expect("JSON");
        let wanted = json!({
            "apiVersion": "k8s.cni.cncf.io/v1",
            "kind": "NetworkAttachmentDefinition",
            "metadata": {
                "name": "a",
                "namespace": namespace,
                "labels": {"app.kubernetes.io/managed-by": "vfctl", "vfctl.dev/document": "workers"},
                "annotations": {"k8s.v1.cni.cncf.io/resourceName": "intel.com/sriov_net"},
            },
            "spec": {"config": "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"type\":\"sriov\",\"vlan\":7}"},
        });
        assert_eq!(object, wanted);
    }
    assert_eq!(objects.len(), 2);
}

#[test]
fn default_network_is_placed_where_multus_looks() {
    let network = network(
        "{name: a, resource: intel.com/sriov_net, defaultNetwork: true, ipam: {type: host-local, subnet: 10.0.0.0/24, routes: [{dst: 0.0.0.0/0}]}}",
    );
    let objects = NetworkAttachmentDefinition::of("workers", &network).expect("objects");
    let namespaces: Vec<_> = objects.iter().map(|object| object.metadata.namespace.as_deref()).collect();
    assert_eq!(namespaces, [Some("kube-system")]);
    let (key, value) = network.default_network_annotation().expect("an annotation");
    assert_eq!((key, value.as_str()), ("v1.multus-cni.io/default-network", "kube-system/a"));
}

#[test]
fn object_of_a_cluster_is_read_with_what_the_cluster_adds() {
    let object: NetworkAttachmentDefinition = serde_json::from_value(json!({
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": {"name": "a", "uid": "1", "managedFields": [], "generation": 3},
    }))
    .expect("an object");
    assert!(object.config().expect("no text is no mistake").is_none());
    for (text, is_config) in [("{}", true), ("[]", false), ("", false), ("{", false), ("null", false)] {
        let mut object = object.clone();
        object.spec.config = Some(text.to_owned());
        assert_eq!(object.config().is_ok(), is_config, "{text}");
    }
}

#[test]
fn differences_are_said_field_by_field() {
    let network = network(
        "{name: a, namespaces: [default], resource: intel.com/sriov_net, vlan: 7, ipam: {type: nv-ipam, list: [1, 2]}, metaPlugins: [{type: sbr}]}",
    );
    let wanted = &NetworkAttachmentDefinition::of("workers", &network).expect("objects")[0];
    let with_config = |text: &str| {
        let mut object = wanted.clone();
        object.spec.config = Some(text.to_owned());
        object
    };
    let own = "{\"plugins\": [{\"ipam\":{\"list\":[1,2],\"type\":\"nv-ipam\"}, \"vlan\":7,\"type\": \"sriov\"}, {\"type\":\"sbr\"}],\n \"name\":\"a\", \"cniVersion\":\"1.0.0\"}";
    let other = |from: &str, to: &str| {
        assert!(own.contains(from));
        with_config(&own.replacen(from, to, 1))
    };
    let mut foreign_labels = wanted.clone();
    foreign_labels.metadata.labels.insert("team".to_owned(), "a".to_owned());
    let mut no_label = wanted.clone();
    no_label.metadata.labels.remove("vfctl.dev/document");
    let mut other_resource = wanted.clone();
    other_resource.metadata.annotations.values_mut().for_each(|value| *value = "intel.com/b".to_owned());
    let mut no_config = wanted.clone();
    no_config.spec.config = None;
    for (found, said) in [
        (wanted.clone(), &[][..]),
        (with_config(own), &[]),
        (foreign_labels, &[]),
        (no_label, &["metadata.labels.vfctl.dev/document: expected \"workers\", found nothing"]),
        (
            other_resource,
            &[
                "metadata.annotations.k8s.v1.cni.cncf.io/resourceName: expected \"intel.com/sriov_net\", found \"intel.com/b\"",
            ],
        ),
        (other("\"vlan\":7", "\"vlan\":\"7\""), &["spec.config.plugins[0].vlan: expected 7, found \"7\""]),
        (other("\"vlan\":7,", ""), &["spec.config.plugins[0].vlan: expected 7, found nothing"]),
        (
            other("\"vlan\":7", "\"vlan\":7,\"mtu\":9000"),
            &["spec.config.plugins[0].mtu: expected nothing, found 9000"],
        ),
        (other("[1,2]", "[1,3]"), &["spec.config.plugins[0].ipam.list[1]: expected 2, found 3"]),
        (other("[1,2]", "[1]"), &["spec.config.plugins[0].ipam.list: expected [1,2], found [1]"]),
        (other("1.0.0", "0.3.1"), &["spec.config.cniVersion: expected \"1.0.0\", found \"0.3.1\""]),
    ] {
        let differences: Vec<String> = wanted.differences(&found).iter().map(ToString::to_string).collect();
        assert_eq!(differences, said);
    }
    // What cannot be read differs as a whole.
    for found in [no_config, with_config("no JSON")] {
        let differences = wanted.differences(&found);
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].path.to_string(), "spec.config");
        assert!(differences[0].wanted.as_ref().is_some_and(Value::is_object));
    }
}

#[test]
fn what_only_looks_like_a_mistake_of_networks_is_taken() {
    let entry = |name: &str, more: &str| {
        format!("{{name: {name}, namespaces: [default], resource: intel.com/sriov_net, {more}}}")
    };
    let host_local = "ipam: {type: host-local, subnet: 10.0.0.0/24}";
    let whereabouts = "ipam: {type: whereabouts, range: 10.0.0.0/24}";
    for (claim, networks) in [
        (
            "networks on two VLANs may give out the same addresses",
            [entry("a", &format!("vlan: 1, {host_local}")), entry("b", &format!("vlan: 2, {host_local}"))],
        ),
        (
            "networks of two resources may give out the same addresses",
            [entry("a", host_local), entry("b", host_local).replace("sriov_net", "other_net")],
        ),
        (
            "whereabouts holds addresses against its other ranges",
            [entry("a", whereabouts), entry("b", whereabouts)],
        ),
        (
            "networks of one name keep what they gave out in one folder",
            [entry("a", host_local), entry("a", host_local).replace("default", "other")],
        ),
        (
            "parts of one subnet are two ranges",
            [
                entry("a", "ipam: {type: host-local, subnet: 10.0.0.0/24, rangeEnd: 10.0.0.99}"),
                entry("b", "ipam: {type: host-local, subnet: 10.0.0.0/24, rangeStart: 10.0.0.100}"),
            ],
        ),
        (
            "pods may ask for the addresses that static has not",
            [
                entry("a", "capabilities: {ips: true}, ipam: {type: static}"),
                entry("b", "ipam: {type: nv-ipam}"),
            ],
        ),
        (
            "a next hop is not known where pods ask for their addresses",
            [
                entry(
                    "a",
                    "capabilities: {ips: true}, ipam: {type: static}, routes: [{dst: 10.0.0.0/8, gw: 10.9.9.9}]",
                ),
                entry("b", "ipam: {type: other-ipam, routes: [{dst: 10.0.0.0/8}, 5, {dst: 7}]}"),
            ],
        ),
    ] {
        load_text(&text(&networks.join(", "))).expect(claim);
    }
    let unwary = "ipam: {type: whereabouts, range: 10.0.0.0/24, enableOverlappingRanges: false}";
    load_text(&text(&[entry("a", whereabouts), entry("b", unwary)].join(", "))).expect_err("an overlap");
}

#[test]
fn range_that_is_wrong_by_itself_is_no_overlap_as_well() {
    let entry = |name: &str, ipam: &str| {
        format!(
            "{{name: {name}, namespaces: [default], resource: intel.com/a, ipam: {{type: host-local, {ipam}}}}}"
        )
    };
    for wrong in [
        "subnet: \"fd00::/64\", rangeStart: 10.0.0.1",
        "subnet: 10.0.0.0/24, rangeStart: 10.0.0.9, rangeEnd: 10.0.0.8",
        "subnet: 10.0.1.0/24, rangeStart: 10.0.0.9",
    ] {
        let networks = [entry("a", "subnet: 10.0.0.0/24"), entry("b", wrong)].join(", ");
        let reported = load_text(&text(&networks)).expect_err(wrong);
        let messages: Vec<&str> = reported.iter().map(String::as_str).collect();
        assert!(matches!(messages[..], [only] if !only.contains("overlaps")), "{messages:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn network_that_becomes_an_object_and_is_read_back_does_not_differ(config in document()) {
        for network in &config.spec.networks {
            let objects = NetworkAttachmentDefinition::of("doc", network).expect("objects");
            prop_assert_eq!(objects.len(), network.placements().len());
            for object in &objects {
                let text = serde_json::to_string_pretty(object).expect("JSON");
                let read: NetworkAttachmentDefinition = serde_json::from_str(&text).expect("an object");
                prop_assert_eq!(&read, object);
                prop_assert_eq!(object.differences(&read), vec![]);
                prop_assert_eq!(read.config().expect("a configuration"), Some(CniConfig::of(network).expect("one")));
            }
        }
    }

    #[test]
    fn fields_of_plugins_survive_from_text_to_object(ipam in json_object(), meta in json_object()) {
        let with_type = |mut fields: Map<String, Value>, name: &str| {
            fields.insert("type".to_owned(), json!(name));
            Value::Object(fields)
        };
        let (ipam, meta) = (with_type(ipam, "other-ipam"), with_type(meta, "tuning"));
        // JSON is YAML, in which blanks and quotes mean the same.
        let entry = format!(
            "{{name: a, namespaces: [default], resource: intel.com/a, ipam: {ipam}, metaPlugins: [{meta}]}}"
        );
        let set = load_text(&text(&entry)).map_err(|wrong| TestCaseError::fail(format!("{wrong:#?}\n{entry}")))?;
        let again = emit(&set.documents[0].config).expect("a text");
        let again = load_text(&again).map_err(|wrong| TestCaseError::fail(format!("{wrong:#?}\n{again}")))?;
        for set in [&set, &again] {
            let network = &set.documents[0].config.spec.networks[0];
            let objects = NetworkAttachmentDefinition::of("doc", network).expect("objects");
            let config = objects[0].config().expect("a configuration").expect("one");
            let plugins = config.plugins();
            prop_assert_eq!(plugins[0].get("ipam"), Some(&ipam));
            prop_assert_eq!(&Value::Object(plugins[1].clone()), &meta);
        }
    }
}
