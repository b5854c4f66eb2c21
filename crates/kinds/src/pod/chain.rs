//! The links of a chain, and how they are shown.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use vfctl_model::{ObjectName, ObjectRef};

/// The chain from a pod to its VFs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct PodChain {
    /// The pod.
    pub pod: ObjectRef,
    /// The node that it is on; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub node: Option<ObjectName>,
    /// Whether each link holds; the worst of all.
    pub state: LinkState,
    /// The links, from the pod on.
    pub links: Vec<PodLink>,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct PodLink {
    /// Which it is.
    pub link: PodLinkKind,
    /// What it is about, such as a network or a resource.
    pub about: String,
    /// Whether it holds.
    pub state: LinkState,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub reason: Option<BreakReason>,
    /// What was found.
    pub found: String,
    /// More on it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub details: Vec<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub help: Option<String>,
}

/// Which link of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PodLinkKind {
    /// The pod itself.
    Pod,
    /// The annotation that names its networks.
    Annotation,
    /// A NetworkAttachmentDefinition, and the resource that it names.
    Network,
    /// What the pod requests of a resource.
    Request,
    /// The pool of a resource: which nodes offer it.
    Pool,
    /// What a node has left of it.
    Allocatable,
    /// The choice of a node.
    Node,
    /// What the kubelet said when it admitted the pod.
    Admission,
    /// What the CNI plugins said when they attached its networks.
    Attachment,
    /// Its VF.
    Vf,
    /// Its containers.
    Containers,
}

impl fmt::Display for PodLinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pod => "pod",
            Self::Annotation => "annotation",
            Self::Network => "network",
            Self::Request => "request",
            Self::Pool => "pool",
            Self::Allocatable => "allocatable",
            Self::Node => "node",
            Self::Admission => "admission",
            Self::Attachment => "attachment",
            Self::Vf => "vf",
            Self::Containers => "containers",
        })
    }
}

/// Whether a link holds; the later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LinkState {
    /// It does.
    Holds,
    /// The facts do not tell.
    Unknown,
    /// It does not.
    Broken,
}

/// Makes the enum and the words of its values from one row each.
macro_rules! break_reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// Why a link is broken.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub enum BreakReason {
            $($(#[$doc])* $name,)*
        }

        impl BreakReason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns its words for people.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

break_reasons! {
    /// There is no pod of this name.
    NoSuchPod = "no such pod",
    /// The pod is being deleted.
    Terminating = "pod is being deleted",
    /// The pod has ended.
    Ended = "pod has ended",
    /// The pod asks neither for networks nor for devices.
    NothingRequested = "pod requests no VF",
    /// The annotation cannot be read.
    InvalidAnnotation = "invalid annotation",
    /// There is no NetworkAttachmentDefinition of this name.
    NoSuchNetwork = "no such network",
    /// The cluster has no multus, or nobody attached the networks.
    NoMultus = "multus is missing",
    /// The NetworkAttachmentDefinition of sriov-cni names no resource, or holds no CNI configuration.
    InvalidNetwork = "invalid network",
    /// The pod does not request the resource of its network.
    ResourceNotRequested = "resource not requested",
    /// The pod requests fewer devices than its networks need.
    TooFewRequested = "too few requested",
    /// No node offers the resource, and no configuration has it.
    NoSuchResource = "no such resource",
    /// A document has the pool, but was not applied to the node.
    NotApplied = "pool not applied",
    /// A node lacks a label that selects it.
    NodeLabelMissing = "node label missing",
    /// vfctl has taken the node out of service.
    OutOfService = "node out of service",
    /// The device plugin does not run on the node.
    PluginNotRunning = "plugin not running",
    /// The device plugin has not read its configuration, or looked for devices, since that changed.
    PluginNotRestarted = "plugin not restarted",
    /// The node offers no device, or none that is free.
    PoolEmpty = "pool empty",
    /// The scheduler finds no node, for another reason.
    NotScheduled = "not scheduled",
    /// The kubelet rejected the pod.
    AdmissionRefused = "kubelet rejects the pod",
    /// The IPAM plugin gave no address.
    IpamRefused = "IPAM refuses",
    /// A CNI plugin failed.
    CniFailed = "CNI plugin fails",
    /// Something that has nothing to do with networks keeps the pod from starting.
    OtherTrouble = "trouble elsewhere",
    /// The image of a container cannot be pulled.
    ImageNotPulled = "image cannot be pulled",
    /// A container does not run.
    ContainerFails = "container does not run",
    /// The pod uses the network of its host, for which nobody calls a CNI plugin.
    HostNetwork = "pod uses its host's network",
    /// The pod runs without the network.
    NotAttached = "network not attached",
    /// The VF that the pod was given is gone.
    VfGone = "VF is gone",
}

impl PodLink {
    /// Returns a link that holds.
    pub(super) fn holds(link: PodLinkKind, about: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(link, LinkState::Holds, about, found)
    }

    /// Returns a link of which the facts do not tell.
    pub(super) fn unknown(link: PodLinkKind, about: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(link, LinkState::Unknown, about, found)
    }

    /// Returns a link that is broken.
    pub(super) fn broken(
        link: PodLinkKind,
        about: impl Into<String>,
        reason: BreakReason,
        found: impl Into<String>,
    ) -> Self {
        Self { reason: Some(reason), ..Self::new(link, LinkState::Broken, about, found) }
    }

    fn new(link: PodLinkKind, state: LinkState, about: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            link,
            about: about.into(),
            state,
            reason: None,
            found: found.into(),
            details: Vec::new(),
            help: None,
        }
    }

    /// Returns the link with what to do about it.
    pub(super) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Returns the link with more on it.
    pub(super) fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }
}

impl PodChain {
    /// Returns the chain of these links.
    pub(super) fn of(pod: &ObjectRef, node: Option<ObjectName>, links: Vec<PodLink>) -> Self {
        // A chain without a link would be one of which nothing is known.
        let state = links.iter().map(|link| link.state).max().unwrap_or(LinkState::Unknown);
        Self { pod: pod.clone(), node, state, links }
    }

    /// Returns the link to look at first: the first that is broken, or else the first that is not known.
    pub fn first_trouble(&self) -> Option<&PodLink> {
        let first = |state| self.links.iter().find(|link| link.state == state);
        first(LinkState::Broken).or_else(|| first(LinkState::Unknown))
    }
}

/// Writes a line for each link, and at the end whether the chain holds.
impl fmt::Display for PodChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pod, node, state, links } = self;
        write!(f, "{pod}")?;
        match node {
            Some(node) => writeln!(f, " on node {node}")?,
            None => writeln!(f, ", not on a node")?,
        }
        for link in links {
            write!(f, "{link}")?;
        }
        match (state, self.first_trouble()) {
            (LinkState::Holds, _) | (_, None) => writeln!(f, "The chain holds."),
            (LinkState::Unknown, Some(link)) => writeln!(f, "Not known: {} {}.", link.link, link.about),
            (LinkState::Broken, Some(link)) => {
                let words = link.reason.map(BreakReason::words).unwrap_or_default();
                writeln!(f, "Broken at {} {}: {words}.", link.link, link.about)
            }
        }
    }
}

impl fmt::Display for PodLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { link, about, state, reason, found, details, help } = self;
        let sign = match state {
            LinkState::Holds => '+',
            LinkState::Unknown => '?',
            LinkState::Broken => '!',
        };
        write!(f, "  {sign} {link} {about}: ")?;
        if let Some(reason) = reason {
            write!(f, "{}: ", reason.words())?;
        }
        writeln!(f, "{}", one_line(found))?;
        for detail in details {
            writeln!(f, "      {}", one_line(detail))?;
        }
        match help {
            Some(help) => writeln!(f, "      fix: {}", one_line(help)),
            None => Ok(()),
        }
    }
}

/// Returns a text of others as one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
