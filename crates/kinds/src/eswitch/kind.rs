//! The field `eswitch` of an entry.

use std::str::FromStr;

use vfctl_model::EswitchMode;
use vfctl_port::{Action, PfFacts, Property};

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
    type Desired = EswitchSpec;
    const COLUMNS: &'static [PfColumn] = columns::PF;
    const VF_COLUMNS: &'static [VfColumn] = columns::VF;

    fn resolve(spec: &EswitchSpec, _: &Origin, _: &PfFacts, _: &mut Findings) -> EswitchSpec {
        *spec
    }

    fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
        diff::compare(context, diff);
    }

    fn live(facts: &PfFacts) -> Option<EswitchSpec> {
        let mode = read(facts, Property::EswitchMode)?;
        // Where the mode is what all switches begin with, so are the others, as far as anybody has set them.
        (mode != EswitchMode::Legacy).then(|| EswitchSpec {
            mode,
            inline_mode: read(facts, Property::EswitchInlineMode),
            encap_mode: read(facts, Property::EswitchEncapMode),
        })
    }

    fn explain(desired: &EswitchSpec) -> Vec<(Property, String)> {
        let mut asked = vec![(Property::EswitchMode, desired.mode.to_string())];
        asked.extend(
            desired
                .besides_mode()
                .map(|(_, setting)| (Action::SetEswitch(setting).changes(), setting.value())),
        );
        asked
    }
}

fn read<T: FromStr>(facts: &PfFacts, property: Property) -> Option<T> {
    facts.properties.name(property)?.parse().ok()
}
