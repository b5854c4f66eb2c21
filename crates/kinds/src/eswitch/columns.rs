//! What `discover` shows of embedded switches.

use vfctl_port::{PfFacts, Property};

use crate::kind::{PfColumn, VfColumn};

/// What is shown of a PF. Legacy is what all switches begin with, and not shown.
pub(super) const PF: &[PfColumn] = &[PfColumn {
    heading: "ESWITCH",
    cell: |pf| mode(pf).filter(|mode| *mode != "legacy").map(str::to_owned),
}];

/// What is shown of a VF.
pub(super) const VF: &[VfColumn] =
    &[VfColumn { heading: "REPRESENTOR", cell: |_, vf| vf.representor.as_ref().map(ToString::to_string) }];

fn mode(pf: &PfFacts) -> Option<&str> {
    pf.properties.name(Property::EswitchMode)
}
