//! The PF's own interface: up or down, and its MTU.

use vfctl_model::{Mtu, VfIndex, VfSet};
use vfctl_port::{AdminState, Claim, ClaimValue, Op, PfNetdev, Phase, Property};

use crate::context::{ETHERNET_MTU, PfContext, PfDiff};
use crate::desired::Wanted;
use crate::driver::MtuChange;
use crate::setting::Setting;
use crate::step::{Change, Impact, Reason, Step};

/// Compares the PF's interface.
pub(crate) fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
    let desired = context.desired;
    let Some(netdev) = &context.facts.netdev else {
        let asked =
            desired.mtu.as_ref().map(|m| &m.origin).or(desired.admin_state.as_ref().map(|a| &a.origin));
        let said_already = context.facts.driver.is_none() && context.recreate;
        if let Some(origin) = asked.filter(|_| !said_already) {
            context.tell_of_no_interface(origin, "mtu and adminState", &mut diff.findings);
        }
        return;
    };
    admin_state(context, netdev, diff);
    if let Some(wanted) = &desired.mtu {
        mtu(context, netdev, wanted, diff);
    }
}

/// Compares the administrative state, and lends it where the driver makes and removes VFs only on a PF that is up.
fn admin_state(context: &PfContext<'_>, netdev: &PfNetdev, diff: &mut PfDiff) {
    let lent = context.recreate && context.row.up_before_vfs && !netdev.up;
    let wanted = context.desired.admin_state.as_ref();
    let last_up = wanted.map_or(netdev.up, |w| w.value == AdminState::Up);
    let origin = wanted.map(|w| w.origin.to_string());
    let set = |up: bool| Op::SetPfAdminState {
        pf: context.desired.address.clone(),
        interface: netdev.name.clone(),
        state: if up { AdminState::Up } else { AdminState::Down },
    };
    let word = |up: bool| if up { "up" } else { "down" }.to_owned();
    let mut now = netdev.up;
    let first = now || lent || last_up;
    // Before VFs are removed, where that needs it.
    let begins = if lent && context.facts.vf_count > 0 { Phase::Quiesce } else { Phase::PreparePf };
    for (phase, next) in [(begins, first), (Phase::FinishPf, last_up)] {
        if next == now {
            continue;
        }
        let reason = match (next == last_up, next != netdev.up) {
            (true, true) => Reason::Asked,
            (false, _) => Reason::PfMustBeUp,
            (true, false) => Reason::GiveBack,
        };
        let mut step = Step::new(phase, Property::Up, reason);
        let (from, to) = (Some(word(now)), word(next));
        step.changes.push(Change { vf: None, from, to, origin: origin.clone(), op: set(next) });
        step.ends.push(Claim::is(context.pf(), Property::Up, ClaimValue::Flag(next)));
        step.give_back = (reason == Reason::PfMustBeUp).then(|| set(netdev.up));
        if !next {
            context.hurt_pf(&mut step);
            hurt_kept_vfs(context, &mut step);
            step.impact = Impact::Disturbs;
        }
        diff.steps.push(step);
        now = next;
    }
    if wanted.is_some() || lent {
        diff.basis.push(Claim::is(context.pf(), Property::Up, ClaimValue::Flag(netdev.up)));
        diff.goal.push(Claim::is(context.pf(), Property::Up, ClaimValue::Flag(last_up)));
    }
}

/// Compares the MTU: it is raised before VFs are configured and lowered after, since a VF's MTU may not be
/// larger than its PF's.
fn mtu(context: &PfContext<'_>, netdev: &PfNetdev, wanted: &Wanted<Setting<Mtu>>, diff: &mut PfDiff) {
    let Some(mtu) = resolved(wanted.value) else { return };
    let bytes = mtu.get();
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
    tell_of_larger(context, bytes, diff);
    let phase = if bytes > netdev.mtu { Phase::PreparePf } else { Phase::FinishPf };
    let mut step = Step::new(phase, Property::Mtu, Reason::Asked);
    step.changes.push(Change {
        vf: None,
        from: Some(netdev.mtu.to_string()),
        to: bytes.to_string(),
        origin: Some(wanted.origin.to_string()),
        op: Op::SetPfMtu { pf: context.desired.address.clone(), interface: netdev.name.clone(), mtu },
    });
    step.ends.push(Claim::is(context.pf(), Property::Mtu, ClaimValue::Number(bytes)));
    if context.row.mtu_change != MtuChange::HurtsNobody && netdev.up {
        context.hurt_pf(&mut step);
    }
    let resets = context.row.mtu_change == MtuChange::ResetsPf;
    if resets {
        hurt_kept_vfs(context, &mut step);
    }
    if !step.victims.is_empty() {
        step.impact = if resets { Impact::FlapsLink } else { Impact::Disturbs };
    }
    diff.steps.push(step);
}

/// Notes VFs that stay and whose MTU will be above their PF's: what they send is lost there.
fn tell_of_larger(context: &PfContext<'_>, bytes: u32, diff: &mut PfDiff) {
    let asked = |index: &VfIndex| context.desired.vfs.get(index).is_some_and(|vf| vf.mtu.is_some());
    let is_larger = |index: &VfIndex| {
        let netdev = context.kept_vf(*index).and_then(|vf| vf.netdev.as_ref());
        netdev.is_some_and(|netdev| netdev.mtu > bytes)
    };
    let larger: VfSet =
        context.facts.vfs.keys().copied().filter(|index| !asked(index) && is_larger(index)).collect();
    if !larger.is_empty() {
        let message = format!("vf {larger}: keeps an MTU above its PF's {bytes}; name `mtu` for it, too");
        diff.findings.note(None, message);
    }
}

/// Adds the users of VFs that stay, who lose their link with the PF.
fn hurt_kept_vfs(context: &PfContext<'_>, step: &mut Step) {
    if !context.recreate {
        let kept: VfSet = context.facts.vfs.keys().copied().collect();
        step.victims.extend(context.victims(kept.iter()));
        step.requires.extend(context.use_claims_of_kept(&kept));
    }
}

/// Returns the MTU that a setting means.
pub(crate) fn resolved(setting: Setting<Mtu>) -> Option<Mtu> {
    match setting {
        Setting::Value(mtu) => Some(mtu),
        Setting::Default => Mtu::try_from(ETHERNET_MTU).ok(),
    }
}
