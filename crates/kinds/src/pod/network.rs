//! The first links: the annotation, the NetworkAttachmentDefinitions that it names, their resources, and what the pod requests.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{NamespaceName, ObjectKind, ObjectRef};
use vfctl_port::ObjectFacts;

use super::chain::{BreakReason, PodLink, PodLinkKind};
use super::network_names::{DEFAULT_NETWORK, NETWORKS, NetworkName};
use super::scene::{Scene, few};
use super::walk::short;
use crate::network::{CniConfig, MULTUS_NAMESPACE, NetworkSpec, RESOURCE_ANNOTATION};
use crate::path::{Origin, SpecPath};
use crate::suggest::did_you_mean;

/// A network that the pod asks for.
pub(super) struct Asked {
    /// Its name.
    pub(super) network: NetworkName,
    /// Whether it takes the place of the cluster's own.
    pub(super) is_default: bool,
}

/// Reads the annotations; `None` where one of them cannot be read.
pub(super) fn annotation(scene: &Scene<'_>, links: &mut Vec<PodLink>) -> Option<Vec<Asked>> {
    let own = scene.pod.namespace()?;
    let multus: Option<NamespaceName> = MULTUS_NAMESPACE.parse().ok();
    let mut asked = Vec::new();
    let mut is_understood = true;
    for (annotation, namespace, is_default) in
        [(DEFAULT_NETWORK, multus.as_ref().unwrap_or(own), true), (NETWORKS, own, false)]
    {
        let Some(text) = scene.facts.annotation(annotation) else { continue };
        match NetworkName::list(text, namespace) {
            Ok(networks) => {
                let names: Vec<String> = networks.iter().map(ToString::to_string).collect();
                let found = if names.is_empty() { "it names none".to_owned() } else { few(&names) };
                links.push(PodLink::holds(PodLinkKind::Annotation, annotation, found));
                asked.extend(networks.into_iter().map(|network| Asked { network, is_default }));
            }
            Err(error) => {
                is_understood = false;
                let link = PodLink::broken(
                    PodLinkKind::Annotation,
                    annotation,
                    BreakReason::InvalidAnnotation,
                    error.to_string(),
                );
                links.push(
                    link.with_details([format!("it is `{text}`")]).with_help(
                        "correct it in what creates the pod, and create the pod again: `vfctl pod -f SPEC NETWORK` prints \
                         the annotation, and `[{\"name\": \"NETWORK\"}]` is the long form",
                    ),
                );
            }
        }
    }
    is_understood.then_some(asked)
}

/// Checks each network, its resource and the requests for it; returns the resources of the networks.
pub(super) fn check(
    scene: &Scene<'_>,
    asked: &[Asked],
    requests: &BTreeMap<String, u64>,
    links: &mut Vec<PodLink>,
) -> BTreeSet<String> {
    let mut needs: BTreeMap<String, (u64, Vec<String>)> = BTreeMap::new();
    for Asked { network, is_default: _ } in asked {
        let resource = match scene.cluster.objects.get(&network.object()) {
            Some(facts) => resource_of(network, facts, links),
            None => {
                links.push(absent(scene, network));
                None
            }
        };
        if let Some(resource) = resource {
            let (count, names) = needs.entry(resource).or_default();
            *count += 1;
            names.push(network.to_string());
        }
    }
    for (resource, (needed, names)) in &needs {
        links.push(request(scene, resource, *needed, names, requests));
    }
    needs.into_keys().collect()
}

/// Returns the link of a network that is not there, or was not read.
fn absent(scene: &Scene<'_>, network: &NetworkName) -> PodLink {
    let kind = ObjectKind::NetworkAttachmentDefinition;
    let link = PodLinkKind::Network;
    if let Some(why) = scene.unread(kind) {
        return PodLink::unknown(link, network.to_string(), why)
            .with_help("let vfctl list them (`vfctl rbac read` prints the rights)");
    }
    if scene.cluster.undefined.contains(&kind) {
        let found = "the cluster has no NetworkAttachmentDefinitions: their definition is not installed";
        return PodLink::broken(link, network.to_string(), BreakReason::NoMultus, found)
            .with_help("install multus with its CustomResourceDefinition");
    }
    let (namespace, name) = (&network.namespace, &network.name);
    let known: Vec<&ObjectRef> = scene.cluster.of_kind(kind).map(|(known, _)| known).collect();
    let here: Vec<&str> = known
        .iter()
        .filter(|known| known.namespace() == Some(namespace))
        .map(|known| known.name().as_str())
        .collect();
    let elsewhere = known.iter().find(|known| known.name() == name);
    let found = match here[..] {
        [] => format!("namespace {namespace} has no NetworkAttachmentDefinitions"),
        _ => format!("namespace {namespace} has no such NetworkAttachmentDefinition; it has {}", few(&here)),
    };
    if let Some(origin) = in_document(scene, network) {
        return PodLink::broken(link, network.to_string(), BreakReason::NoSuchNetwork, found)
            .with_details([format!("a document asks for it, at {origin}, and was not applied")])
            .with_help("run `vfctl apply SPEC`; what belongs to no single node is applied from any host (`--only shared`)");
    }
    let help = match (elsewhere, did_you_mean(name.as_str(), &here)) {
        (Some(other), _) => {
            format!(
                "it is in another namespace: write `{}` into the annotation, or create it in {namespace}",
                short(other)
            )
        }
        (None, Some(near)) => {
            format!("did you mean `{near}`? Correct the annotation and create the pod again")
        }
        (None, None) => {
            format!(
                "create it, such as with an entry of `networks` for namespace {namespace} and `vfctl apply`"
            )
        }
    };
    PodLink::broken(link, network.to_string(), BreakReason::NoSuchNetwork, found).with_help(help)
}

/// Returns where a document asks for a network; `None` where none at hand does.
fn in_document(scene: &Scene<'_>, network: &NetworkName) -> Option<Origin> {
    scene.documents.iter().find_map(|document| {
        let networks = &document.config.spec.networks;
        let is_it = |one: &NetworkSpec| {
            let mut placements = one.placements().into_iter();
            one.name == network.name
                && placements.any(|(_, namespace)| namespace == network.namespace.as_str())
        };
        let position = networks.iter().position(is_it)?;
        Some((document.place)(&SpecPath::spec().key("networks").index(position)))
    })
}

/// Returns the resource that a network names.
fn resource_of(network: &NetworkName, facts: &ObjectFacts, links: &mut Vec<PodLink>) -> Option<String> {
    let link = PodLinkKind::Network;
    let text = facts.content.at(&["spec", "config"]).and_then(vfctl_model::JsonValue::text);
    let config = text.map(str::parse::<CniConfig>);
    let config = match config {
        Some(Err(error)) => {
            let found = format!("its `config` is not a CNI configuration: {error}");
            let broken = PodLink::broken(link, network.to_string(), BreakReason::InvalidNetwork, found);
            links.push(broken.with_help("`vfctl validate` shows the place in its manifest"));
            return None;
        }
        Some(Ok(config)) => Some(config),
        None => None,
    };
    let types: Vec<String> = config
        .iter()
        .flat_map(CniConfig::plugins)
        .filter_map(|plugin| plugin.get("type")?.as_str().map(str::to_owned))
        .collect();
    let resource = facts.annotation(RESOURCE_ANNOTATION).filter(|resource| !resource.is_empty());
    let needs_device = types.iter().any(|plugin| matches!(plugin.as_str(), "sriov" | "ib-sriov"));
    match resource {
        Some(resource) => {
            links.push(PodLink::holds(link, network.to_string(), format!("it is of resource {resource}")));
            Some(resource.to_owned())
        }
        None if needs_device => {
            let found = format!(
                "it has sriov-cni and no annotation {RESOURCE_ANNOTATION}: the plugin is given no VF"
            );
            let broken = PodLink::broken(link, network.to_string(), BreakReason::InvalidNetwork, found);
            let help =
                format!("annotate it with the resource of its pool: `{RESOURCE_ANNOTATION}: PREFIX/NAME`");
            links.push(broken.with_help(help));
            None
        }
        None => {
            let plugins = if types.is_empty() { "a file of the node".to_owned() } else { types.join(", ") };
            links.push(PodLink::holds(link, network.to_string(), format!("it needs no device ({plugins})")));
            None
        }
    }
}

/// Returns the link of what the pod requests for its networks.
fn request(
    scene: &Scene<'_>,
    resource: &str,
    needed: u64,
    networks: &[String],
    requests: &BTreeMap<String, u64>,
) -> PodLink {
    let link = PodLinkKind::Request;
    let of = few(networks);
    let requested = requests.get(resource).copied().unwrap_or_default();
    if requested >= needed {
        let found = format!("the pod requests {requested}, and its networks need {needed}");
        return PodLink::holds(link, resource, found);
    }
    let help = format!(
        "add `{resource}: {needed}` to `resources.limits` of a container and create the pod again; `vfctl pod` prints it"
    );
    if requested > 0 {
        let found =
            format!("the pod requests {requested}, and its networks {of} need {needed}: each takes one");
        return PodLink::broken(link, resource, BreakReason::TooFewRequested, found).with_help(help);
    }
    let near: Vec<&str> = requests.keys().map(String::as_str).collect();
    let meant = did_you_mean(resource, &near).map(|near| format!("it requests {near} instead"));
    let found = format!("no container of the pod requests it, and network {of} needs {needed}");
    PodLink::broken(link, resource, BreakReason::ResourceNotRequested, found)
        .with_details(meant.into_iter().chain(injector(scene)))
        .with_help(help)
}

/// Returns what is known of the program that would have added the request: the operator's injector.
fn injector(scene: &Scene<'_>) -> Option<String> {
    const NAME: &str = "network-resources-injector";
    let mut sets = scene.cluster.of_kind(ObjectKind::DaemonSet);
    let set = sets.find(|(set, _)| set.name().as_str().contains(NAME));
    let has_operator = scene.cluster.of_kind(ObjectKind::SriovNetworkNodePolicy).next().is_some();
    match set {
        Some((set, _)) => Some(format!(
            "{set} is there, and did not add it: it sees only pods that are created after it, and perhaps not this namespace"
        )),
        None if has_operator => Some(format!(
            "the SR-IOV network operator is there and its {NAME} is not (`enableInjector`): nobody adds requests"
        )),
        None => None,
    }
}
