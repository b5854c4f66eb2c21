//! The documents that concern a host: worked out once, for all who plan for it.

use vfctl_model::HostName;
use vfctl_port::ClusterFacts;

use super::concern::{Concern, Undecided};
use super::spec::PlacedDocument;
use crate::finding::Findings;
use crate::path::SpecPath;

/// The documents that concern a host.
#[derive(Clone)]
pub struct Selection<'a> {
    /// The host.
    pub host: &'a HostName,
    /// The documents that concern it.
    pub documents: Vec<PlacedDocument<'a>>,
    /// A problem for each document of which it is not known whether it concerns the host: the host's plan is blocked then, since
    /// the other documents may be only half of what is asked of it.
    pub findings: Findings,
}

impl<'a> Selection<'a> {
    /// Returns which of the documents concern a host. Where they select nodes by labels, the facts of the cluster say; `None` where
    /// no cluster was read.
    pub fn of(documents: &[PlacedDocument<'a>], host: &'a HostName, cluster: Option<&ClusterFacts>) -> Self {
        let mut selection = Self { host, documents: Vec::new(), findings: Findings::default() };
        for document in documents {
            let nodes = document.config.spec.nodes.as_ref();
            match nodes.map_or(Concern::Concerned, |nodes| nodes.concern(host, cluster)) {
                Concern::Concerned => selection.documents.push(*document),
                Concern::NotConcerned => {}
                Concern::Undecided(undecided) => selection.add_undecided(document, &undecided),
            }
        }
        selection
    }

    /// Returns whether it is known of every document whether it concerns the host.
    pub fn is_decided(&self) -> bool {
        !self.findings.block()
    }

    fn add_undecided(&mut self, document: &PlacedDocument<'_>, undecided: &Undecided) {
        let host = self.host;
        let (why, help) = match undecided {
            Undecided::NoCluster => (
                "no cluster was read".to_owned(),
                "pass --kubeconfig FILE (with --facts: also facts of `vfctl record --cluster`), or select nodes by \
                 `nodes.names` alone",
            ),
            Undecided::Unread(why) => (
                format!("the cluster's nodes could not be read: {why}"),
                "let vfctl read nodes, or select them by `nodes.names` alone",
            ),
            Undecided::NoNode => (
                "the cluster has no such node".to_owned(),
                "let the host join the cluster, or write `nodes.names` that leave it out",
            ),
        };
        let name = &document.config.metadata.name;
        let message =
            format!("document {name} selects nodes by labels, and those of {host} are not known: {why}");
        let origin = (document.place)(&SpecPath::spec().key("nodes").key("labels"));
        self.findings.problem(Some(&origin), message, help);
    }
}
