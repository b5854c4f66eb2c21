//! The field `adminState` of an entry.

use vfctl_port::{AdminState, PfFacts, Property};

use super::diff;
use crate::context::{PfContext, PfDiff};
use crate::finding::Findings;
use crate::kind::PfKind;
use crate::path::Origin;

/// Whether a PF's interface is set up or down.
#[derive(Debug)]
pub struct PfAdminState;

impl PfKind for PfAdminState {
    type Spec = AdminState;
    type Desired = AdminState;

    fn resolve(spec: &AdminState, _: &Origin, _: &PfFacts, _: &mut Findings) -> AdminState {
        *spec
    }

    fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
        match &context.facts.netdev {
            Some(netdev) => diff::admin_state(context, netdev, diff),
            None => diff::report_missing(context, diff),
        }
    }

    fn live(facts: &PfFacts) -> Option<AdminState> {
        facts.netdev.as_ref().map(|netdev| if netdev.up { AdminState::Up } else { AdminState::Down })
    }

    fn explain(desired: &AdminState) -> Vec<(Property, String)> {
        vec![(Property::AdminState, desired.to_string())]
    }
}
