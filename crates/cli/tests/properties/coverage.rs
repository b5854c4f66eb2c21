//! How often each attribute, phase and action occurred.

use std::collections::BTreeMap;
use std::fmt;

use vfctl_model::VfAttribute;
use vfctl_plan::Plan;
use vfctl_port::{Action, ActionKind, Phase, Transport};

use crate::request::NEEDED;

/// How often each must occur at least; the rarest does so some thirty times among a thousand cases.
const ENOUGH: usize = 10;

/// What occurred.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    cases: usize,
    not_empty: usize,
    attributes: BTreeMap<VfAttribute, usize>,
    phases: BTreeMap<Phase, usize>,
    actions: BTreeMap<ActionKind, usize>,
}

impl Coverage {
    /// Adds a case's first plan, which was performed.
    pub(crate) fn add(&mut self, plan: &Plan) {
        self.cases += 1;
        if !plan.is_empty() {
            self.not_empty += 1;
        }
        for (_, plan) in plan.scopes() {
            for phase in plan.lanes().flat_map(|(_, lane)| &lane.phases) {
                *self.phases.entry(phase.phase).or_default() += 1;
            }
            for action in plan.steps().flat_map(|step| &step.changes).map(|change| &change.op.action) {
                *self.actions.entry(action.kind()).or_default() += 1;
                if let Action::SetVfAttribute(value) = action {
                    *self.attributes.entry(value.attribute()).or_default() += 1;
                }
            }
        }
    }

    /// Asserts that enough occurred.
    pub(crate) fn demand(&self, cases: u32) {
        assert!(self.cases >= usize::try_from(cases).unwrap(), "{self}");
        assert!(2 * self.not_empty >= self.cases, "fewer than half of the first plans do something: {self}");
        for attribute in VfAttribute::ALL {
            assert!(self.attributes.get(attribute).copied().unwrap_or(0) >= ENOUGH, "{attribute}: {self}");
        }
        let rows = || ActionKind::ALL.iter().map(|kind| kind.row());
        let of_hosts =
            |phase: &&Phase| rows().any(|row| row.transport != Transport::Api && row.phases.contains(*phase));
        for phase in Phase::ALL.iter().filter(of_hosts) {
            assert!(self.phases.get(phase).copied().unwrap_or(0) >= ENOUGH, "{phase}: {self}");
        }
        for action in NEEDED {
            assert!(self.actions.get(action).copied().unwrap_or(0) >= ENOUGH, "{action:?}: {self}");
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, not_empty, attributes, phases, actions } = self;
        writeln!(f, "{cases} cases, {not_empty} with a first plan that does something")?;
        writeln!(f, "attributes {attributes:?}")?;
        writeln!(f, "phases {phases:?}")?;
        write!(f, "actions {actions:?}")
    }
}
