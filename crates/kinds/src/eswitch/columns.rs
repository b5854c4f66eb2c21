//! What `discover` shows of embedded switches.

use crate::kind::{PfColumn, VfColumn};

/// What is shown of a PF. Legacy is what all switches begin with, and not shown.
pub(super) const PF: &[PfColumn] =
    &[PfColumn { heading: "ESWITCH", cell: |pf| pf.eswitch_mode.clone().filter(|mode| mode != "legacy") }];

/// What is shown of a VF.
pub(super) const VF: &[VfColumn] =
    &[VfColumn { heading: "REPRESENTOR", cell: |_, vf| vf.representor.as_ref().map(ToString::to_string) }];
