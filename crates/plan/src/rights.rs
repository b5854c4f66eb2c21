//! Which rights the changes of a plan need in a cluster.

use std::collections::BTreeSet;

use vfctl_kinds::change::Change;
use vfctl_kinds::change_value::ChangeValue;
use vfctl_kinds::step::Step;
use vfctl_port::{ActionKind, NeededRight, Thing};

use crate::document::Plan;

impl Plan {
    /// Returns the rights that its changes need in the cluster. A server-side apply is a patch, and creates where there is no
    /// object yet; what was written, and what is waited for, is read again.
    pub fn rights(&self) -> BTreeSet<NeededRight> {
        let steps = self.cluster.iter().flat_map(crate::ScopePlan::steps);
        let of_step = |step: &Step| -> Vec<NeededRight> {
            let read = step.ends.iter().filter_map(|claim| match &claim.subject.thing {
                Thing::Object(object) => Some(NeededRight { verb: "get", object: object.clone() }),
                _ => None,
            });
            step.changes.iter().flat_map(rights_of).chain(read).collect()
        };
        steps.flat_map(of_step).collect()
    }
}

fn rights_of(change: &Change) -> Vec<NeededRight> {
    let Some(object) = change.op.target.object() else { return Vec::new() };
    let verbs: &[&'static str] = match (change.op.action.kind(), &change.from) {
        (ActionKind::ApplyObject, Some(ChangeValue::Nothing)) => &["get", "create", "patch"],
        (ActionKind::ApplyObject, _) => &["get", "patch"],
        (ActionKind::DeleteObject, _) => &["get", "delete"],
        _ => &[],
    };
    verbs.iter().map(|verb| NeededRight { verb, object: object.clone() }).collect()
}
