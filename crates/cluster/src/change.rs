//! Changes of a cluster: objects applied and deleted, and what the API server's answer means for each op.

use http::Request;
use kube::core::params::{DeleteParams, GetParams, ListParams, Patch, PatchParams, Preconditions};
use serde::de::IgnoredAny;
use vfctl_model::{JsonValue, ObjectKind, ObjectRef};
use vfctl_port::{Action, Bounds, Deletion, Manifest, Op, OpError, Outcome};

use crate::client::{Client, Failure, path};
use crate::error::{ApiError, Refusal};
use crate::item::{Item, Page};
use crate::patience::Patience;

/// Performs ops one after the other. Where one is refused that ends the rest, or where no answer comes, what follows is
/// not begun.
pub(crate) async fn perform(client: &Client, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(ops.len());
    let mut is_over = false;
    for op in ops {
        is_over = is_over || (bounds.stop)();
        if is_over {
            outcomes.push(Outcome::NotTried);
            continue;
        }
        let outcome = perform_one(client, op, bounds).await;
        is_over = match &outcome {
            Outcome::Refused(_) => op.action.kind().row().stops_when_refused,
            Outcome::Unknown(_) => true,
            Outcome::Done | Outcome::NotTried => false,
        };
        outcomes.push(outcome);
    }
    outcomes
}

async fn perform_one(client: &Client, op: &Op, bounds: Bounds<'_>) -> Outcome {
    let Some(object) = op.target.object() else { return refused("no object of the cluster".to_owned()) };
    if let Some(refusal) = keeps(client, op, object, bounds).await {
        return refused(refusal);
    }
    let request = match &op.action {
        Action::ApplyObject(manifest) => apply(object, manifest),
        Action::DeleteObject(deletion) => delete(object, deletion),
        _ => return refused("a host's work cannot be done in the cluster".to_owned()),
    };
    let request = match request {
        Ok(request) => request,
        Err(error) => return refused(format!("the request cannot be built: {error}")),
    };
    let outcome = send(client, op, object, &request, bounds).await;
    match &op.action {
        Action::ApplyObject(manifest) if outcome == Outcome::Done => match take_back(object, manifest) {
            None => outcome,
            Some(Ok(request)) => send(client, op, object, &request, bounds).await,
            Some(Err(error)) => refused(format!("the request cannot be built: {error}")),
        },
        _ => outcome,
    }
}

/// Returns why a definition must stay: Kubernetes deletes all objects of a kind with it, and one may have come since the deletion
/// was planned. `None` where nothing would be lost, and for all other ops.
async fn keeps(client: &Client, op: &Op, object: &ObjectRef, bounds: Bounds<'_>) -> Option<String> {
    let is_definition = object.kind() == ObjectKind::CustomResourceDefinition;
    if !is_definition || !matches!(op.action, Action::DeleteObject(_)) {
        return None;
    }
    let name = object.name().as_str();
    let Some(kind) = ObjectKind::ALL.iter().copied().find(|kind| kind.definition() == name) else {
        return Some("which objects would go with it is not known".to_owned());
    };
    let patience = Patience::of_reading(bounds.limit);
    let one = path(kind, None).list(&ListParams::default().limit(1));
    match client.read::<Page>(one, patience).await {
        Ok(page) => match page.into_parts() {
            (items, None) if items.is_empty() => None,
            (items, _) => {
                let first = items.into_iter().next().and_then(|item| item.into_facts(kind));
                let first = first.map_or_else(|| format!("a {kind}"), |(object, _)| object.to_string());
                Some(format!("{first} exists and would be deleted with it"))
            }
        },
        Err(error) if error.code() == Some(404) => hidden(client, object, patience).await,
        Err(error) => Some(unread(&error)),
    }
}

/// Returns why a definition must stay whose objects the API server does not find (404). `None` where there can be none: it does not
/// serve the kind, since the definition is gone or was never accepted. It may also serve the kind in another version alone.
async fn hidden(client: &Client, definition: &ObjectRef, patience: Patience) -> Option<String> {
    let request = path(definition.kind(), None).get(definition.name().as_str(), &GetParams::default());
    match client.read::<Item>(request, patience).await {
        Ok(item) => match item.into_facts(definition.kind()) {
            Some((_, facts)) if !facts.is_established() => None,
            Some(_) | None => Some(
                "which objects would go with it could not be read: the API server serves the kind, but not in the version that \
                 vfctl reads (404 Not Found)"
                    .to_owned(),
            ),
        },
        Err(error) if error.code() == Some(404) => None,
        Err(error) => Some(unread(&error)),
    }
}

fn unread(error: &ApiError) -> String {
    format!("which objects would go with it could not be read: {}", error.text())
}

async fn send(
    client: &Client,
    op: &Op,
    object: &ObjectRef,
    request: &Request<Vec<u8>>,
    bounds: Bounds<'_>,
) -> Outcome {
    let patience = Patience::of_change(bounds.limit);
    match client.send::<IgnoredAny>(request, patience, bounds.stop).await {
        Ok(_) => Outcome::Done,
        Err(failure) => outcome_of(op, object, &failure),
    }
}

/// Returns the request that takes back the fields which are to be absent; `None` where there are none. What a manager says no
/// more is taken back by server-side apply only where that manager has set it, and a person may have set it since.
fn take_back(object: &ObjectRef, manifest: &Manifest) -> Option<Built> {
    let body = Patch::Merge(manifest.removals()?);
    let params = PatchParams { field_manager: Some(manifest.manager.clone()), ..PatchParams::default() };
    Some(patch(object, &params, &body))
}

type Built = Result<Request<Vec<u8>>, kube::core::request::Error>;

/// Returns the request that patches an object.
fn patch(object: &ObjectRef, params: &PatchParams, body: &Patch<JsonValue>) -> Built {
    let namespace = object.namespace().map(ToString::to_string);
    path(object.kind(), namespace.as_deref()).patch(object.name().as_str(), params, body)
}

/// Returns the request of server-side apply.
fn apply(object: &ObjectRef, manifest: &Manifest) -> Built {
    let params = PatchParams::apply(&manifest.manager);
    let params = if manifest.force { params.force() } else { params };
    patch(object, &params, &Patch::Apply(manifest.object(object)))
}

/// Returns the request that deletes the object of this uid, and none that came later.
fn delete(object: &ObjectRef, deletion: &Deletion) -> Built {
    let preconditions = Preconditions { uid: Some(deletion.uid.clone()), ..Preconditions::default() };
    let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
    let namespace = object.namespace().map(ToString::to_string);
    path(object.kind(), namespace.as_deref()).delete(object.name().as_str(), &params)
}

/// Says what a failed request means for its op.
pub(crate) fn outcome_of(op: &Op, object: &ObjectRef, failure: &Failure) -> Outcome {
    let Failure { error, may_have_worked } = failure;
    match (error, &op.action) {
        // What is to be gone is gone.
        (ApiError::Status(Refusal { code: 404, .. }), Action::DeleteObject(_)) => Outcome::Done,
        _ if *may_have_worked => Outcome::Unknown(error.text()),
        (ApiError::Status(Refusal { code: 404, about: None, .. }), _) => {
            let kind = object.kind();
            refused(format!(
                "404 Not Found: the cluster does not define {} {}",
                kind.api_version(),
                kind.row().kind
            ))
        }
        (ApiError::Status(refusal), _) => {
            Outcome::Refused(OpError { errno: None, cause: refusal.to_string(), detail: detail_of(refusal) })
        }
        (error, _) => refused(error.text()),
    }
}

/// Returns what the API server says of single fields, where its message does not say it.
fn detail_of(refusal: &Refusal) -> Option<String> {
    let is_new = |cause: &&String| !cause.split(": ").all(|part| refusal.message.contains(part));
    let causes: Vec<&str> = refusal.causes.iter().filter(is_new).map(String::as_str).collect();
    (!causes.is_empty()).then(|| causes.join("; "))
}

fn refused(cause: String) -> Outcome {
    Outcome::Refused(OpError { errno: None, cause, detail: None })
}
