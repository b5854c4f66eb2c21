//! Why nothing can be verified.

use vfctl_kinds::network::StanzaError;

/// Why nothing can be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Pods need an image.
    #[error("start pods: --image is missing")]
    NoImage,
    /// There is no cluster for pods.
    #[error("start pods: there is no cluster")]
    NoCluster,
    /// The specs have no networks.
    #[error("start pods: the specs have no networks")]
    NoNetworks,
    /// The specs have no network of this name.
    #[error("start a pod of the network `{name}`: the specs have {known}")]
    NoSuchNetwork {
        /// The name.
        name: String,
        /// Those that they have.
        known: String,
    },
    /// The account lacks rights to do it.
    #[error("start pods: {what}")]
    Refused {
        /// What it may not do.
        what: String,
        /// What to do about it.
        fix: String,
    },
    /// No pod can have these networks.
    #[error("start a pod of {networks}")]
    Stanza {
        /// The networks.
        networks: String,
        /// Why.
        #[source]
        cause: StanzaError,
    },
}

impl VerifyError {
    /// Returns what to do about it.
    pub(crate) fn fix(&self) -> Option<&str> {
        match self {
            Self::NoImage => Some(
                "pass --image IMAGE: any that the nodes can pull with a shell and `ip`, and with --traffic `ping`",
            ),
            Self::NoCluster => Some("pass --kubeconfig FILE, or set KUBECONFIG"),
            Self::NoNetworks => Some("add `networks` to the spec, or leave out --pod"),
            Self::Refused { fix, .. } => Some(fix),
            Self::NoSuchNetwork { .. } => None,
            Self::Stanza { .. } => Some("name them apart, `--pod a b`, or pass --namespace"),
        }
    }
}
