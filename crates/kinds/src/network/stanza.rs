//! What a pod has to say to be given VFs of networks: multus reads an annotation, the scheduler and the kubelet read requests.

use std::collections::BTreeMap;

use serde::Serialize;
use vfctl_model::{NamespaceName, ResourceName};

use super::spec::NetworkSpec;

/// The annotation in which a pod names its networks, beside the default one (`NetworkAttachmentAnnot`,
/// network-attachment-definition-client, pkg/apis/k8s.cni.cncf.io/v1/types.go).
const NETWORKS: &str = "k8s.v1.cni.cncf.io/networks";

/// A part of a pod's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PodStanza {
    metadata: PodMetadata,
    spec: PodSpec,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PodMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PodSpec {
    containers: Vec<Container>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Container {
    name: String,
    resources: Resources,
}

/// An extended resource is not overcommitted: what is requested must be the limit (pkg/apis/core/validation).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Resources {
    requests: BTreeMap<String, String>,
    limits: BTreeMap<String, String>,
}

/// Why there is no pod with these networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StanzaError {
    /// A pod has one default network.
    #[error("`{first}` and `{second}` are both default networks, and a pod has one")]
    TwoDefaults {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// None of the namespaces has all of them.
    #[error("no namespace has all of these networks: a pod is in one namespace")]
    NoNamespace,
    /// A network is not in the namespace that was named.
    #[error("network `{network}` is not in the namespace `{namespace}`")]
    Elsewhere {
        /// The network.
        network: String,
        /// The namespace.
        namespace: String,
    },
}

impl PodStanza {
    /// Returns what a pod says that has one VF of each of these networks. The pod is in `namespace`, or else in the first that has
    /// all of them.
    ///
    /// # Errors
    /// Where no pod can have them all.
    pub fn of(networks: &[&NetworkSpec], namespace: Option<&NamespaceName>) -> Result<Self, StanzaError> {
        let mut defaults = networks.iter().filter(|network| network.default_network);
        let default = defaults.next();
        if let (Some(first), Some(second)) = (default, defaults.next()) {
            let (first, second) = (first.name.to_string(), second.name.to_string());
            return Err(StanzaError::TwoDefaults { first, second });
        }
        let others: Vec<&NetworkSpec> =
            networks.iter().copied().filter(|network| !network.default_network).collect();
        let namespace = namespace_of(&others, namespace)?;
        let mut annotations = BTreeMap::new();
        if !others.is_empty() {
            let names: Vec<String> = others.iter().map(|network| network.name.to_string()).collect();
            annotations.insert(NETWORKS.to_owned(), names.join(","));
        }
        let default = default.and_then(|network| network.default_network_annotation());
        annotations.extend(default.map(|(name, value)| (name.to_owned(), value)));
        let mut counts: BTreeMap<&ResourceName, usize> = BTreeMap::new();
        for network in networks {
            *counts.entry(&network.resource).or_default() += 1;
        }
        let counts: BTreeMap<String, String> =
            counts.into_iter().map(|(resource, count)| (resource.to_string(), count.to_string())).collect();
        let resources = Resources { requests: counts.clone(), limits: counts };
        let containers = vec![Container { name: "main".to_owned(), resources }];
        Ok(Self { metadata: PodMetadata { namespace, annotations }, spec: PodSpec { containers } })
    }
}

impl PodStanza {
    /// Returns the pod's namespace; `None` where any will do.
    pub fn namespace(&self) -> Option<&str> {
        self.metadata.namespace.as_deref()
    }
}

/// Returns the namespace of a pod with these networks; `None` where any will do.
fn namespace_of(
    networks: &[&NetworkSpec],
    wanted: Option<&NamespaceName>,
) -> Result<Option<String>, StanzaError> {
    let has = |network: &NetworkSpec, namespace: &str| {
        network.placements().iter().any(|(_, placed)| *placed == namespace)
    };
    if let Some(wanted) = wanted {
        let namespace = wanted.to_string();
        return match networks.iter().find(|network| !has(network, &namespace)) {
            Some(network) => Err(StanzaError::Elsewhere { network: network.name.to_string(), namespace }),
            None => Ok(Some(namespace)),
        };
    }
    let Some((first, rest)) = networks.split_first() else { return Ok(None) };
    let candidates = first.placements();
    let common = candidates.iter().find(|(_, namespace)| rest.iter().all(|network| has(network, namespace)));
    common.map(|(_, namespace)| Some((*namespace).to_owned())).ok_or(StanzaError::NoNamespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(name: &str, namespaces: &[&str], resource: &str, default_network: bool) -> NetworkSpec {
        let json = serde_json::json!({
            "name": name, "namespaces": namespaces, "resource": resource, "defaultNetwork": default_network,
        });
        serde_json::from_value(json).expect("a network")
    }

    fn stanza(networks: &[&NetworkSpec], namespace: Option<&str>) -> Result<String, String> {
        let namespace = namespace.map(|namespace| namespace.parse().expect("a namespace"));
        let stanza = PodStanza::of(networks, namespace.as_ref()).map_err(|error| error.to_string())?;
        Ok(serde_json::to_string(&stanza).expect("JSON"))
    }

    #[test]
    fn pod_names_its_networks_and_asks_for_a_vf_of_each() {
        let a = network("a", &["x", "y"], "intel.com/net", false);
        let b = network("b", &["y"], "intel.com/net", false);
        let default = network("d", &[], "intel.com/up", true);
        assert_eq!(
            stanza(&[&a, &b, &default], None).expect("a stanza"),
            r#"{"metadata":{"namespace":"y","annotations":{"k8s.v1.cni.cncf.io/networks":"a,b","v1.multus-cni.io/default-network":"kube-system/d"}},"spec":{"containers":[{"name":"main","resources":{"requests":{"intel.com/net":"2","intel.com/up":"1"},"limits":{"intel.com/net":"2","intel.com/up":"1"}}}]}}"#
        );
        assert!(
            stanza(&[&default], None).expect("a stanza").starts_with(r#"{"metadata":{"annotations":{"v1"#)
        );
        assert!(stanza(&[&a], Some("y")).expect("a stanza").contains(r#""namespace":"y""#));
    }

    #[test]
    fn networks_that_no_pod_can_have_are_told() {
        let a = network("a", &["x"], "intel.com/net", false);
        let b = network("b", &["y"], "intel.com/net", false);
        assert!(stanza(&[&a, &b], None).expect_err("apart").contains("no namespace has all"));
        assert!(stanza(&[&a], Some("y")).expect_err("elsewhere").contains("`a` is not in the namespace `y`"));
        let (one, two) = (network("d", &[], "a.b/c", true), network("e", &[], "a.b/c", true));
        assert!(stanza(&[&one, &two], None).expect_err("two").contains("a pod has one"));
    }
}
