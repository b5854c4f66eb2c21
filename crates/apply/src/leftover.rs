//! What an apply that was cut off may have left behind, from its journal.

use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, Toggle};
use vfctl_port::{JournalEntry, Op};

/// Returns what the apply of this journal had borrowed and not given back when it was cut off, each with the
/// command that does so; none where it came to its end.
///
/// This version tells and does not mend: what is mended by itself needs a record of who owns what.
pub fn leftovers(entries: &[JournalEntry]) -> Vec<String> {
    let mut found: BTreeMap<&DeviceAddress, Option<Toggle>> = BTreeMap::new();
    let mut now: BTreeMap<&DeviceAddress, Toggle> = BTreeMap::new();
    let mut driverless: BTreeMap<&DeviceAddress, bool> = BTreeMap::new();
    for entry in entries {
        match entry {
            JournalEntry::Began { before, documents: _ } => {
                found = before
                    .physical_functions
                    .iter()
                    .map(|(pf, facts)| (pf, facts.drivers_autoprobe))
                    .collect();
            }
            JournalEntry::PhaseBegan { ops, .. } => {
                for op in ops {
                    match op {
                        Op::SetDriversAutoprobe { pf, autoprobe } => {
                            now.insert(pf, *autoprobe);
                        }
                        Op::SetVfCount { pf, count } if *count > 0 && now.get(pf) == Some(&Toggle::Off) => {
                            driverless.insert(pf, true);
                        }
                        Op::UnbindDriver { pf, .. } => {
                            driverless.insert(pf, true);
                        }
                        Op::BindDriver { pf, .. } | Op::ProbeDriver { pf, .. } => {
                            driverless.insert(pf, false);
                        }
                        _ => {}
                    }
                }
            }
            JournalEntry::PhaseEnded { .. } => {}
            JournalEntry::Ended { .. } => return Vec::new(),
        }
    }
    let lent = now.into_iter().filter_map(|(pf, autoprobe)| {
        let before = found.get(pf).copied().flatten().filter(|before| *before != autoprobe)?;
        let give_back = Op::SetDriversAutoprobe { pf: pf.clone(), autoprobe: before };
        Some(format!("drivers autoprobe of {pf} is lent; it was {before}: `{give_back}`"))
    });
    let bare = driverless.into_iter().filter(|(_, bare)| *bare);
    let bare = bare.map(|(pf, _)| {
        format!("VFs of {pf} may have no driver; where the spec names none, say `driver: default` to give them one")
    });
    lent.chain(bare).collect()
}
