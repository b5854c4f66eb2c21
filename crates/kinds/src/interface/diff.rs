//! Compares the PF's own interface: up or down, and its MTU.

use vfctl_model::{Mtu, MtuChange, VfIndex, VfSet};
use vfctl_port::{Action, AdminState, Claim, ClaimValue, Op, PfNetdev, Phase, Property, Target};

use crate::change::Change;
use crate::context::{PfContext, PfDiff};
use crate::desired::Wanted;
use crate::step::{Impact, Reason, Step};

/// Reports what is asked of an interface that the PF does not have.
pub(super) fn report_missing(context: &PfContext<'_>, diff: &mut PfDiff) {
    let desired = context.desired;
    let asked = desired.mtu.as_ref().map(|m| &m.origin).or(desired.admin_state.as_ref().map(|a| &a.origin));
    let said_already = context.facts.driver.is_none() && context.renews_vfs;
    if let Some(origin) = asked.filter(|_| !said_already) {
        context.report_no_interface(origin, "mtu and adminState", &mut diff.findings);
    }
}

/// Compares the administrative state, and sets the PF up for a while where its driver creates and removes VFs only then.
pub(super) fn admin_state(context: &PfContext<'_>, netdev: &PfNetdev, diff: &mut PfDiff) {
    let for_a_while = context.renews_vfs && context.row.up_before_vfs && !netdev.up;
    let wanted = context.desired.admin_state.as_ref();
    let owed = context.owed(Property::AdminState).filter(|_| wanted.is_none());
    let last_up = match (wanted, owed) {
        (Some(wanted), _) => wanted.value == AdminState::Up,
        (None, Some(Action::SetPfAdminState(left))) => *left == AdminState::Up,
        (None, _) => netdev.up,
    };
    let origin = wanted.map(|wanted| wanted.origin.clone());
    let target = Target::PfInterface(context.desired.address.clone(), netdev.name.clone());
    let set = |up: bool| {
        let state = if up { AdminState::Up } else { AdminState::Down };
        Op { target: target.clone(), action: Action::SetPfAdminState(state) }
    };
    let mut now = netdev.up;
    let first = now || for_a_while || last_up;
    // Before VFs are removed, where that needs it.
    let begins = if for_a_while && context.facts.vf_count > 0 { Phase::SetPfUp } else { Phase::PreparePf };
    for (phase, next) in [(begins, first), (Phase::FinishPf, last_up)] {
        if next == now {
            continue;
        }
        let reason = match (next == last_up, next != netdev.up) {
            (true, true) if owed.is_some() => Reason::RestoreLeft,
            (true, true) => Reason::Asked,
            (false, _) => Reason::PfMustBeUp,
            (true, false) => Reason::GiveBack,
        };
        let mut step = Step::new(phase, Property::AdminState, reason);
        let (from, to) = (Some(now.into()), next.into());
        step.changes.push(Change { from, to, origin: origin.clone(), op: set(next) });
        step.ends.push(Claim::is(context.pf(), Property::AdminState, ClaimValue::Flag(next)));
        if !next {
            context.disrupt_pf(&mut step);
            context.disrupt_kept_vfs(&mut step);
            step.impact = Impact::SetsDown;
        }
        diff.steps.push(step);
        now = next;
    }
    if wanted.is_some() || owed.is_some() || for_a_while {
        diff.basis.push(Claim::is(context.pf(), Property::AdminState, ClaimValue::Flag(netdev.up)));
        diff.goal.push(Claim::is(context.pf(), Property::AdminState, ClaimValue::Flag(last_up)));
    }
}

/// Compares the MTU: it is raised before VFs are configured and lowered after, since a VF's MTU may not be
/// larger than its PF's.
pub(super) fn mtu(context: &PfContext<'_>, netdev: &PfNetdev, wanted: &Wanted<Mtu>, diff: &mut PfDiff) {
    let bytes = wanted.value.get();
    diff.goal.push(Claim::is(context.pf(), Property::Mtu, ClaimValue::Number(bytes)));
    diff.basis.push(Claim::is(context.pf(), Property::Mtu, ClaimValue::Number(netdev.mtu)));
    if bytes == netdev.mtu {
        return;
    }
    if let Some(max) = netdev.max_mtu.filter(|max| *max > 0 && bytes > *max) {
        let message = format!("an MTU of {bytes} is more than the {max} that the driver takes");
        diff.findings.problem(Some(&wanted.origin), message, format!("ask for at most {max}"));
        return;
    }
    note_larger_vfs(context, bytes, diff);
    let phase = if bytes > netdev.mtu { Phase::PreparePf } else { Phase::FinishPf };
    let mut step = Step::new(phase, Property::Mtu, Reason::Asked);
    step.changes.push(Change {
        from: Some(netdev.mtu.into()),
        to: bytes.into(),
        origin: Some(wanted.origin.clone()),
        op: Op {
            target: Target::PfInterface(context.desired.address.clone(), netdev.name.clone()),
            action: Action::SetPfMtu(wanted.value),
        },
    });
    step.ends.push(Claim::is(context.pf(), Property::Mtu, ClaimValue::Number(bytes)));
    if context.row.mtu_change != MtuChange::DisruptsNobody && netdev.up {
        context.disrupt_pf(&mut step);
    }
    let resets = context.row.mtu_change == MtuChange::ResetsPf;
    if resets {
        context.disrupt_kept_vfs(&mut step);
    }
    if !step.victims.is_empty() {
        step.impact = if resets { Impact::FlapsLink } else { Impact::Disturbs };
    }
    diff.steps.push(step);
}

/// Notes VFs that stay and whose MTU will be above their PF's: what they send is lost there.
fn note_larger_vfs(context: &PfContext<'_>, bytes: u32, diff: &mut PfDiff) {
    let asked = |index: &VfIndex| context.desired.vfs.get(index).is_some_and(|vf| vf.mtu.is_some());
    let is_larger = |index: &VfIndex| {
        let netdev = context.kept_vf(*index).and_then(|vf| vf.netdev.as_ref());
        netdev.is_some_and(|netdev| netdev.mtu > bytes)
    };
    let larger: VfSet =
        context.facts.vfs.keys().copied().filter(|index| !asked(index) && is_larger(index)).collect();
    if !larger.is_empty() {
        let message = format!("vf {larger}: keeps an MTU above the PF's {bytes}; set `mtu` for it, too");
        diff.findings.note(None, message);
    }
}
