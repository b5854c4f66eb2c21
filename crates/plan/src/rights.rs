//! Which rights the changes of a plan need in a cluster.

use std::collections::BTreeSet;

use vfctl_kinds::change::Change;
use vfctl_kinds::change_value::ChangeValue;
use vfctl_port::{ActionKind, NeededRight};

use crate::document::Plan;

impl Plan {
    /// Returns the rights that its changes need in the cluster. A server-side apply is a patch, and creates where there is no
    /// object yet.
    pub fn rights(&self) -> BTreeSet<NeededRight> {
        let steps = self.cluster.iter().flat_map(crate::ScopePlan::steps);
        steps.flat_map(|step| &step.changes).flat_map(rights_of).collect()
    }
}

fn rights_of(change: &Change) -> Vec<NeededRight> {
    let Some(object) = change.op.target.object() else { return Vec::new() };
    let verbs: &[&'static str] = match (change.op.action.kind(), &change.from) {
        (ActionKind::ApplyObject, Some(ChangeValue::Nothing)) => &["create", "patch"],
        (ActionKind::ApplyObject, _) => &["patch"],
        (ActionKind::DeleteObject, _) => &["delete"],
        _ => &[],
    };
    verbs.iter().map(|verb| NeededRight { verb, object: object.clone() }).collect()
}
