//! A look at a cluster: everything that matters, each kind on its own, or single objects.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use http::Request;
use kube::core::params::{GetParams, ListParams};
use serde::Deserialize;
use vfctl_model::{HostName, NamespaceName, ObjectKind, ObjectRef};
use vfctl_port::{ClusterFacts, EdgeError, ObjectFacts};

use crate::client::{Client, path};
use crate::error::ApiError;
use crate::interest::{
    Asked, asked, is_kept, is_plugin_config, named, owned, warnings_of_pods, without_settled_events,
    without_strangers,
};
use crate::item::{Item, Page};
use crate::patience::Patience;

/// How many objects are asked for in one request.
const PAGE: u32 = 500;
/// How many objects are asked for at a time.
const AT_ONCE: usize = 16;

pub(crate) type Objects = BTreeMap<ObjectRef, ObjectFacts>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

#[derive(Deserialize)]
struct Resources {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
}

/// What a list of one kind came to.
pub(crate) enum Found {
    Objects(Objects),
    /// The cluster does not have this kind.
    Undefined,
    Unread(ApiError),
}

impl From<Result<Objects, ApiError>> for Found {
    fn from(read: Result<Objects, ApiError>) -> Self {
        match read {
            Ok(objects) => Self::Objects(objects),
            Err(error) if error.code() == Some(404) => Self::Undefined,
            Err(error) => Self::Unread(error),
        }
    }
}

/// Reads everything that matters, of pods only those of the host's node where there is a `host`: a cluster has many, and each of its
/// nodes may ask. A kind that cannot be read is named with the reason.
///
/// # Errors
/// Where the API server cannot be reached, or does not know who asks.
pub(crate) async fn whole(
    client: &Client,
    host: Option<&HostName>,
    limit: Duration,
) -> Result<ClusterFacts, EdgeError> {
    let patience = Patience::of_look(limit);
    let is_left_out =
        |kind: &ObjectKind| host.is_some() && matches!(kind, ObjectKind::Pod | ObjectKind::Event);
    let mut facts = lists(client, |kind| !is_left_out(kind), patience).await?;
    if let Some(host) = host {
        let node = facts.node_of(host).map_or(host.as_str(), |(name, _)| name.as_str());
        let params = ListParams::default().fields(&format!("spec.nodeName={node}"));
        let read = pages(client, ObjectKind::Pod, None, params, &is_kept, patience).await;
        take_in(&mut facts, ObjectKind::Pod, read.into());
    }
    read_configs(client, &mut facts, patience).await;
    without_strangers(&mut facts.objects);
    without_settled_events(&mut facts.objects);
    Ok(facts)
}

/// Reads the version of the cluster and the objects of each kind that is wanted.
///
/// # Errors
/// Where the API server cannot be reached, or does not know who asks.
pub(crate) async fn lists(
    client: &Client,
    is_wanted: impl Fn(&ObjectKind) -> bool,
    patience: Patience,
) -> Result<ClusterFacts, EdgeError> {
    let mut facts = ClusterFacts { version: version(client, patience).await?, ..ClusterFacts::default() };
    let kinds = ObjectKind::ALL.iter().copied().filter(is_wanted);
    let lists = join_all(kinds.map(|kind| async move { (kind, list(client, kind, patience).await) })).await;
    for (kind, found) in lists {
        take_in(&mut facts, kind, found);
    }
    Ok(facts)
}

/// Reads the configurations of device plugins in the namespaces of their DaemonSets.
pub(crate) async fn read_configs(client: &Client, facts: &mut ClusterFacts, patience: Patience) {
    let namespaces: BTreeSet<String> = facts
        .of_kind(ObjectKind::DaemonSet)
        .filter_map(|(set, _)| Some(set.namespace()?.to_string()))
        .collect();
    let configs = |namespace: String| async move {
        let params = ListParams::default();
        let is_kept = |_: &ObjectRef, facts: &ObjectFacts| is_plugin_config(facts);
        pages(client, ObjectKind::ConfigMap, Some(&namespace), params, &is_kept, patience).await
    };
    for read in join_all(namespaces.into_iter().map(configs)).await {
        take_in(facts, ObjectKind::ConfigMap, read.into());
    }
}

pub(crate) fn take_in(facts: &mut ClusterFacts, kind: ObjectKind, found: Found) {
    match found {
        Found::Objects(objects) => facts.objects.extend(objects),
        Found::Undefined => {
            facts.undefined.insert(kind);
        }
        Found::Unread(error) => {
            facts.unread.insert(kind, format!("list {}: {}", kind.row().plural, error.text()));
        }
    }
}

async fn version(client: &Client, patience: Patience) -> Result<String, EdgeError> {
    let request = Request::get("/version").body(Vec::new());
    match client.read::<Version>(request, patience).await {
        Ok(version) => Ok(version.git_version),
        // Whoever may not read this may read the rest.
        Err(error) if matches!(error.code(), Some(403 | 404)) => Ok(String::new()),
        Err(error) => Err(error.of_attempt("read the version of the cluster")),
    }
}

async fn list(client: &Client, kind: ObjectKind, patience: Patience) -> Found {
    let one = |asked: &Asked| {
        let params = match asked {
            Asked::All => ListParams::default(),
            Asked::Owned => ListParams::default().labels(&owned()),
            Asked::Named(name) => ListParams::default().fields(&named(name)),
            Asked::WarningsOfPods => ListParams::default().fields(&warnings_of_pods()),
        };
        pages(client, kind, None, params, &is_kept, patience)
    };
    let read: Result<Vec<Objects>, ApiError> =
        join_all(asked(kind).iter().map(one)).await.into_iter().collect();
    match Found::from(read.map(|lists| lists.into_iter().flatten().collect())) {
        // Rights are looked at first: whoever may not read a kind is not told that there is none.
        Found::Unread(error) if error.code() == Some(403) => match is_defined(client, kind, patience).await {
            Some(false) => Found::Undefined,
            Some(true) | None => Found::Unread(error),
        },
        found => found,
    }
}

/// Returns whether the API server knows a kind, which everybody may ask; `None` where it does not say.
async fn is_defined(client: &Client, kind: ObjectKind, patience: Patience) -> Option<bool> {
    let api = if kind.row().group.is_empty() { "api" } else { "apis" };
    let request = Request::get(format!("/{api}/{}", kind.api_version())).body(Vec::new());
    match client.read::<Resources>(request, patience).await {
        Ok(known) => Some(known.resources.iter().any(|resource| resource.name == kind.row().plural)),
        Err(error) => (error.code() == Some(404)).then_some(false),
    }
}

/// Reads a list page by page, and keeps of each page what matters.
pub(crate) async fn pages(
    client: &Client,
    kind: ObjectKind,
    namespace: Option<&str>,
    params: ListParams,
    is_kept: &dyn Fn(&ObjectRef, &ObjectFacts) -> bool,
    patience: Patience,
) -> Result<Objects, ApiError> {
    let mut params = params.limit(PAGE);
    let mut objects = Objects::new();
    loop {
        let page: Page = client.read(path(kind, namespace).list(&params), patience).await?;
        let (items, next) = page.into_parts();
        let facts = items.into_iter().filter_map(|item| item.into_facts(kind));
        objects.extend(facts.filter(|(object, facts)| is_kept(object, facts)));
        let Some(next) = next else { return Ok(objects) };
        params = params.continue_token(&next);
    }
}

/// Reads the objects of a kind in a namespace that have a label of this name.
///
/// # Errors
/// Where they could not be read.
pub(crate) async fn labelled(
    client: &Client,
    kind: ObjectKind,
    namespace: &NamespaceName,
    label: &str,
    limit: Duration,
) -> Result<BTreeMap<ObjectRef, Option<ObjectFacts>>, EdgeError> {
    let patience = Patience::of_reading(limit);
    let params = ListParams::default().labels(label);
    let read = pages(client, kind, Some(namespace.as_str()), params, &|_, _| true, patience).await;
    let attempt =
        || format!("list the {} of namespace {namespace} with the label {label}", kind.row().plural);
    let objects = read.map_err(|error| EdgeError::new(attempt(), error))?;
    Ok(objects.into_iter().map(|(object, facts)| (object, Some(facts))).collect())
}

/// Reads single objects; `None` where one is not there.
///
/// # Errors
/// Where one of them could not be read.
pub(crate) async fn objects(
    client: &Client,
    wanted: &BTreeSet<ObjectRef>,
    limit: Duration,
) -> Result<BTreeMap<ObjectRef, Option<ObjectFacts>>, EdgeError> {
    let patience = Patience::of_reading(limit);
    let one = |object: ObjectRef| async move {
        let namespace = object.namespace().map(ToString::to_string);
        let path = path(object.kind(), namespace.as_deref());
        let request = path.get(object.name().as_str(), &GetParams::default());
        match client.read::<Item>(request, patience).await {
            Ok(item) => Ok((object.clone(), item.into_facts(object.kind()).map(|(_, facts)| facts))),
            Err(error) if error.code() == Some(404) => Ok((object, None)),
            Err(error) => Err(error.of_attempt(format!("read {object}"))),
        }
    };
    let read: Vec<_> =
        stream::iter(wanted.iter().cloned()).map(one).buffer_unordered(AT_ONCE).collect().await;
    read.into_iter().collect()
}
