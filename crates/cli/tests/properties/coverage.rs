//! How often each attribute, phase and op occurred.

use std::collections::BTreeMap;
use std::fmt;

use vfctl_model::VfAttribute;
use vfctl_plan::HostPlan;
use vfctl_port::{Op, OpKind, Phase};

/// The phases that this version's kinds use.
const PHASES: &[Phase] = &[
    Phase::Quiesce,
    Phase::Unbind,
    Phase::RemoveVfs,
    Phase::PreparePf,
    Phase::CreateVfs,
    Phase::UnbindNew,
    Phase::ConfigureVf,
    Phase::Bind,
    Phase::ConfigureNetdev,
    Phase::FinishPf,
];

/// How often each must occur at least.
const ENOUGH: usize = 20;

/// What occurred.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    cases: usize,
    not_empty: usize,
    attributes: BTreeMap<VfAttribute, usize>,
    phases: BTreeMap<Phase, usize>,
    ops: BTreeMap<OpKind, usize>,
}

impl Coverage {
    /// Adds a case's first plan, which was performed.
    pub(crate) fn add(&mut self, plan: &HostPlan) {
        self.cases += 1;
        if !plan.is_empty() {
            self.not_empty += 1;
        }
        for phase in plan.lanes.iter().flat_map(|lane| &lane.phases) {
            *self.phases.entry(phase.phase).or_default() += 1;
        }
        for op in plan.steps().flat_map(|step| &step.changes).map(|change| &change.op) {
            *self.ops.entry(op.kind()).or_default() += 1;
            if let Op::SetVf { setting, .. } = op {
                *self.attributes.entry(setting.attribute()).or_default() += 1;
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
        for phase in PHASES {
            assert!(self.phases.get(phase).copied().unwrap_or(0) >= ENOUGH, "{phase}: {self}");
        }
        for op in OpKind::ALL {
            assert!(self.ops.get(op).copied().unwrap_or(0) >= ENOUGH, "{op:?}: {self}");
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, not_empty, attributes, phases, ops } = self;
        writeln!(f, "{cases} cases, {not_empty} with a first plan that does something")?;
        writeln!(f, "attributes {attributes:?}")?;
        writeln!(f, "phases {phases:?}")?;
        write!(f, "ops {ops:?}")
    }
}
