//! Whether what a plan needs is allowed, asked in advance (`SelfSubjectAccessReview`, k8s.io/api/authorization/v1).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use http::Request;
use serde::Deserialize;
use serde_json::json;
use vfctl_model::{ObjectKind, ObjectRef};
use vfctl_port::{MissingRight, NeededRight};

use crate::client::Client;
use crate::patience::Patience;

const PATH: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

#[derive(Deserialize)]
struct Review {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    allowed: bool,
}

/// Returns which rights are refused: one request for each verb, kind and namespace. A role may name single objects, so where all of
/// several objects are refused at once, each is asked for by its name.
pub(crate) async fn missing(
    client: &Client,
    rights: &BTreeSet<NeededRight>,
    limit: Duration,
) -> Vec<MissingRight> {
    let mut groups = BTreeMap::<(&'static str, ObjectKind, Option<String>), Vec<&ObjectRef>>::new();
    for NeededRight { verb, object } in rights {
        let namespace = object.namespace().map(ToString::to_string);
        groups.entry((verb, object.kind(), namespace)).or_default().push(object);
    }
    let patience = Patience::of_look(limit);
    let asked = groups.into_iter().map(|((verb, kind, namespace), objects)| async move {
        let namespace = namespace.as_deref();
        let is_refused = |name: Option<&ObjectRef>| {
            let name = name.map(|object| object.name().to_string());
            async move { is_refused(client, verb, kind, namespace, name.as_deref(), patience).await }
        };
        let refused: Vec<ObjectRef> = match objects[..] {
            [object] => is_refused(Some(object)).await.then(|| object.clone()).into_iter().collect(),
            _ if !is_refused(None).await => Vec::new(),
            _ => {
                let each = objects.into_iter().map(|object| {
                    let asked = is_refused(Some(object));
                    async move { asked.await.then(|| object.clone()) }
                });
                join_all(each).await.into_iter().flatten().collect()
            }
        };
        (!refused.is_empty()).then_some(MissingRight { verb, objects: refused })
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Returns whether the API server says that a right is refused. Where it says nothing the right is taken for granted.
async fn is_refused(
    client: &Client,
    verb: &str,
    kind: ObjectKind,
    namespace: Option<&str>,
    name: Option<&str>,
    patience: Patience,
) -> bool {
    let row = kind.row();
    let mut attributes =
        json!({"verb": verb, "group": row.group, "version": row.version, "resource": row.plural});
    for (field, value) in [("namespace", namespace), ("name", name)] {
        if let (Some(value), Some(fields)) = (value, attributes.as_object_mut()) {
            fields.insert(field.to_owned(), value.into());
        }
    }
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    });
    let request =
        Request::post(PATH).header("content-type", "application/json").body(body.to_string().into_bytes());
    let answer = client.read::<Review>(request, patience).await;
    answer.is_ok_and(|review| !review.status.allowed)
}
