//! The edge itself: a synchronous front of requests that run in a runtime of their own.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use vfctl_port::{
    Bounds, EdgeError, MissingRight, NeededRight, Observe, Observed, Op, OpError, Outcome, Perform, Scope,
    What,
};

use crate::access::{Access, ClusterSource};
use crate::client::Client;
use crate::error::{AccessError, Said};
use crate::{change, look, pod, rights};

/// A Kubernetes cluster, reached through its API server.
pub struct Cluster {
    client: Client,
    handle: Handle,
    runtime: Option<Runtime>,
    origin: String,
}

impl Cluster {
    /// Returns the cluster that a kubeconfig or a pod's environment names. No request is sent yet, but the program that
    /// a kubeconfig names for credentials runs.
    ///
    /// # Errors
    /// Where there is none, or where what is said of it cannot be used.
    pub fn connect(access: &Access) -> Result<Self, EdgeError> {
        let source = access.source().and_then(|source| source.ok_or(AccessError::Nowhere));
        source.and_then(Self::from_source).map_err(|error| EdgeError::new("find the cluster", error))
    }

    /// Returns the cluster as [`Self::connect`] does; `None` where nothing names one.
    ///
    /// # Errors
    /// Where what is said of it cannot be used.
    pub fn find(access: &Access) -> Result<Option<Self>, EdgeError> {
        let found = access.source().and_then(|source| source.map(Self::from_source).transpose());
        found.map_err(|error| EdgeError::new("find the cluster", error))
    }

    fn from_source(source: ClusterSource) -> Result<Self, AccessError> {
        let origin = source.to_string();
        let mut threads = Builder::new_multi_thread();
        let runtime = threads
            .worker_threads(1)
            .thread_name("cluster")
            .enable_all()
            .build()
            .map_err(AccessError::Runtime)?;
        let config = runtime.block_on(source.config())?;
        let client = {
            let _within = runtime.enter();
            Client::new(config)
        };
        let client = client
            .map_err(|error| AccessError::Unusable { origin: origin.clone(), cause: Said::by(&error) })?;
        Ok(Self { client, handle: runtime.handle().clone(), runtime: Some(runtime), origin })
    }

    /// Returns where the cluster was named, such as `context kind of ~/.kube/config`, with the whole path.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the address of the API server.
    pub fn server(&self) -> &str {
        self.client.server()
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("server", &self.server()).finish_non_exhaustive()
    }
}

/// Leaves what hangs: a look-up of a name cannot be ended.
impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Observe for Cluster {
    fn observe(&self, scope: &Scope, what: &What, limit: Duration) -> Result<Observed, EdgeError> {
        if scope.host().is_some() {
            return Err(EdgeError::out_of_reach(scope));
        }
        match what {
            What::Whole => {
                let facts = self.handle.block_on(look::whole(&self.client, None, limit))?;
                Ok(Observed::Cluster(Box::new(facts)))
            }
            What::OfHost(host) => {
                let facts = self.handle.block_on(look::whole(&self.client, Some(host), limit))?;
                Ok(Observed::Cluster(Box::new(facts)))
            }
            What::Pod(pod) => {
                let facts = self.handle.block_on(pod::of_pod(&self.client, pod, limit))?;
                Ok(Observed::Cluster(Box::new(facts)))
            }
            What::Objects(objects) => {
                self.handle.block_on(look::objects(&self.client, objects, limit)).map(Observed::Objects)
            }
            What::Labelled { kind, namespace, label } => {
                let found = look::labelled(&self.client, *kind, namespace, label, limit);
                self.handle.block_on(found).map(Observed::Objects)
            }
            What::OnlyPf(_) | What::System | What::Pf(_) => Err(EdgeError {
                attempt: "read a host's facts from the cluster".to_owned(),
                cause: None,
                hint: None,
            }),
        }
    }
}

impl Perform for Cluster {
    fn missing_rights(
        &self,
        scope: &Scope,
        rights: &BTreeSet<NeededRight>,
        limit: Duration,
    ) -> Vec<MissingRight> {
        match scope.host() {
            Some(_) => Vec::new(),
            None => self.handle.block_on(rights::missing(&self.client, rights, limit)),
        }
    }

    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        if scope.host().is_some() {
            let cause = EdgeError::out_of_reach(scope).to_string();
            let refused = || Outcome::Refused(OpError { errno: None, cause: cause.clone(), detail: None });
            return ops.iter().map(|_| refused()).collect();
        }
        self.handle.block_on(change::perform(&self.client, ops, bounds))
    }
}
