//! The field `eswitch` of an entry.

use vfctl_model::EswitchMode;
use vfctl_port::{PfFacts, Property};

use super::spec::EswitchSpec;
use super::{columns, diff};
use crate::context::{PfContext, PfDiff};
use crate::finding::Findings;
use crate::kind::{PfColumn, PfKind, VfColumn};
use crate::path::Origin;

/// The embedded switch of a PF.
#[derive(Debug)]
pub struct Eswitch;

impl PfKind for Eswitch {
    type Spec = EswitchSpec;
    type Desired = EswitchMode;
    const COLUMNS: &'static [PfColumn] = columns::PF;
    const VF_COLUMNS: &'static [VfColumn] = columns::VF;

    fn resolve(spec: &EswitchSpec, _: &Origin, _: &PfFacts, _: &mut Findings) -> EswitchMode {
        spec.mode
    }

    fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
        diff::compare(context, diff);
    }

    fn live(facts: &PfFacts) -> Option<EswitchSpec> {
        let mode = facts.properties.name(Property::EswitchMode)?.parse().ok()?;
        (mode != EswitchMode::Legacy).then_some(EswitchSpec { mode })
    }

    fn explain(desired: &EswitchMode) -> Vec<(Property, String)> {
        vec![(Property::EswitchMode, desired.to_string())]
    }
}
