//! What an apply that was cut off may have left behind, from its journal and the facts of later.
//!
//! This version tells and does not mend: what is mended by itself needs a record of who owns what.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::driver::DriverRow;
use vfctl_model::{DeviceAddress, Toggle, VfIndex, VfSet};
use vfctl_port::{AdminState, HostFacts, JournalEntry, Op, Outcome, PfFacts};

/// Returns what the apply of this journal had borrowed and not given back when it was cut off, each with what does
/// so; none where it came to its end.
///
/// `since` are facts of later moments, those of now first. Only what is so in all of them is told: what was right in
/// between has been mended, and is as somebody else wants it.
pub fn leftovers(entries: &[JournalEntry], since: &[&HostFacts]) -> Vec<String> {
    let mut loans: BTreeMap<&DeviceAddress, Loan<'_>> = BTreeMap::new();
    let mut begun: BTreeMap<Option<&DeviceAddress>, &[Op]> = BTreeMap::new();
    for entry in entries {
        match entry {
            JournalEntry::Began { before, documents: _ } => {
                let pfs = before.physical_functions.iter();
                loans = pfs.map(|(pf, facts)| (pf, Loan::new(facts))).collect();
            }
            JournalEntry::PhaseBegan { pf, ops, phase: _, before: _ } => {
                for op in ops {
                    if let Some(loan) = op.pf().and_then(|pf| loans.get_mut(pf)) {
                        loan.begin(op);
                    }
                }
                begun.insert(pf.as_ref(), ops);
            }
            JournalEntry::PhaseEnded { pf, outcomes, phase: _ } => {
                let ops = begun.remove(&pf.as_ref()).unwrap_or_default();
                for (op, _) in ops.iter().zip(outcomes).filter(|(_, outcome)| **outcome == Outcome::Done) {
                    if let Some(loan) = op.pf().and_then(|pf| loans.get_mut(pf)) {
                        loan.done(op);
                    }
                }
            }
            JournalEntry::Ended { .. } => return Vec::new(),
        }
    }
    loans.into_iter().flat_map(|(pf, loan)| loan.told(pf, since)).collect()
}

/// What was borrowed of one PF and, as far as the journal knows, not given back.
struct Loan<'a> {
    before: &'a PfFacts,
    /// What autoprobe was set to last.
    autoprobe: Option<Toggle>,
    /// Whether autoprobe may not be as it was before.
    autoprobe_is_lent: bool,
    /// Whether the interface was set up for the sake of its VFs.
    up: bool,
    /// The VFs whose driver was taken or withheld.
    bare: BTreeSet<VfIndex>,
}

impl<'a> Loan<'a> {
    fn new(before: &'a PfFacts) -> Self {
        Self { before, autoprobe: None, autoprobe_is_lent: false, up: false, bare: BTreeSet::new() }
    }

    /// Notes what an op that was begun may have borrowed.
    fn begin(&mut self, op: &Op) {
        match op {
            Op::SetDriversAutoprobe { pf: _, autoprobe } => {
                self.autoprobe = Some(*autoprobe);
                self.autoprobe_is_lent |= self.before.drivers_autoprobe.is_some_and(|was| was != *autoprobe);
            }
            Op::SetPfAdminState { state: AdminState::Up, .. } => {
                // Any other driver's PF is set up only where a spec says so.
                let lends = DriverRow::of(self.before.driver.as_ref()).up_before_vfs;
                self.up |= lends && self.before.netdev.as_ref().is_some_and(|netdev| !netdev.up);
            }
            Op::SetVfCount { pf: _, count } => {
                self.bare.clear();
                if self.autoprobe == Some(Toggle::Off) {
                    self.bare.extend((0..*count).map(VfIndex));
                }
            }
            Op::UnbindDriver { vf, .. } => {
                self.bare.insert(*vf);
            }
            Op::SetPfAdminState { state: AdminState::Down, .. }
            | Op::BindDriver { .. }
            | Op::ProbeDriver { .. }
            | Op::LoadModule { .. }
            | Op::SetVf { .. }
            | Op::SetPfMtu { .. }
            | Op::SetVfMtu { .. } => {}
        }
    }

    /// Notes what an op that was done has given back.
    fn done(&mut self, op: &Op) {
        match op {
            Op::SetDriversAutoprobe { pf: _, autoprobe } => {
                self.autoprobe_is_lent &= self.before.drivers_autoprobe != Some(*autoprobe);
            }
            Op::SetPfAdminState { state: AdminState::Down, .. } => self.up = false,
            Op::BindDriver { vf, .. } | Op::ProbeDriver { vf, .. } => {
                self.bare.remove(vf);
            }
            Op::SetPfAdminState { state: AdminState::Up, .. }
            | Op::SetVfCount { .. }
            | Op::UnbindDriver { .. }
            | Op::LoadModule { .. }
            | Op::SetVf { .. }
            | Op::SetPfMtu { .. }
            | Op::SetVfMtu { .. } => {}
        }
    }

    /// Tells of what is still so. A PF or VF that is gone took its loan along.
    fn told(self, pf: &DeviceAddress, since: &[&HostFacts]) -> Vec<String> {
        let Self { before, autoprobe: _, autoprobe_is_lent, up, bare } = self;
        let still = |is_so: &dyn Fn(&PfFacts) -> bool| {
            since.iter().all(|host| host.physical_functions.get(pf).is_some_and(is_so))
        };
        let mut told = Vec::new();
        if let Some(was) = before.drivers_autoprobe.filter(|_| autoprobe_is_lent)
            && still(&|facts| facts.drivers_autoprobe != Some(was))
        {
            let give_back = Op::SetDriversAutoprobe { pf: pf.clone(), autoprobe: was };
            told.push(format!("drivers autoprobe of {pf} is lent; it was {was}: `{give_back}`"));
        }
        let now = since.first().and_then(|host| host.physical_functions.get(pf));
        let netdev = now.and_then(|facts| facts.netdev.as_ref()).or(before.netdev.as_ref());
        if let Some(netdev) = netdev.filter(|_| up)
            && still(&|facts| facts.netdev.as_ref().is_some_and(|netdev| netdev.up))
        {
            let interface = netdev.name.clone();
            let down =
                Op::SetPfAdminState { pf: pf.clone(), interface: interface.clone(), state: AdminState::Down };
            told.push(format!(
                "{interface} ({pf}) was set up to make VFs; it was down, and unless it shall stay up: `{down}`"
            ));
        }
        let bare = bare
            .into_iter()
            .filter(|vf| still(&|facts| facts.vfs.get(vf).is_some_and(|facts| facts.driver.is_none())));
        let bare: VfSet = bare.collect();
        if !bare.is_empty() {
            told.push(format!(
                "VFs {bare} of {pf} have no driver; where the spec names none, say `driver: default` to give them one"
            ));
        }
        told
    }
}
