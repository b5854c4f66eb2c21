//! Compares the MTU of VF interfaces.

use std::collections::BTreeMap;

use vfctl_model::{Mtu, VfIndex, VfSet};
use vfctl_port::{Action, Claim, ClaimValue, Phase, Property};

use crate::binding::DriverChoice;
use crate::change::Change;
use crate::context::{PfContext, PfDiff};
use crate::desired::Wanted;
use crate::fate::{Life, VfFate};
use crate::path::Origin;
use crate::step::{Impact, Reason, Step};

/// Compares the MTU of each VF interface that the spec speaks of.
pub(super) fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
    let mut step = Step::new(Phase::ConfigureInterfaces, Property::Mtu, Reason::Asked);
    step.settle_ms = 15_000;
    let mut faults: BTreeMap<(Origin, Fault), VfSet> = BTreeMap::new();
    for (index, vf) in context.wanted_vfs().filter(|(index, _)| context.life(*index) != Life::LeftAlone) {
        if let Some(wanted) = &vf.mtu
            && let Err(fault) =
                diff_one(context, index, wanted, vf.driver.as_ref().map(|w| &w.value), &mut step, diff)
        {
            faults.entry((wanted.origin.clone(), fault)).or_default().insert(index);
        }
    }
    for ((origin, fault), vfs) in faults {
        match fault {
            Fault::NoInterface => {
                let fix = "take mtu out, or give the VF to its network driver";
                let message = format!("vf {vfs}: has no network interface on the host, so no MTU");
                diff.findings.problem(Some(&origin), message, fix);
            }
            Fault::NoAddress => {
                let fix = "apply the count first; PCI addresses are known once there are VFs";
                diff.findings.problem(
                    Some(&origin),
                    format!("vf {vfs}: its PCI address is not known yet"),
                    fix,
                );
            }
            Fault::AbovePf { vf, pf } => {
                let message = format!("vf {vfs}: an MTU of {vf} is above its PF's {pf}");
                diff.findings.problem(Some(&origin), message, format!("add `mtu: {vf}` to the PF"));
            }
        }
    }
    if !step.changes.is_empty() {
        // No VF takes more than its PF has by then.
        diff.basis.extend(Claim::as_found(context.pf(), Property::Mtu, context.host.world));
        if !context.renews_vfs {
            let touched: VfSet = step.changes.iter().filter_map(Change::vf).collect();
            step.requires.extend(context.use_claims_of_kept(&touched));
            // Whose driver is loaded anew is named where that is done.
            let stays = |index: &VfIndex| !context.fate(*index).is_some_and(VfFate::meets_driver);
            step.victims = context.victims(touched.iter().filter(stays));
            step.impact = if step.victims.is_empty() { Impact::None } else { Impact::Disturbs };
        }
        diff.steps.push(step);
    }
}

/// Why a VF's interface cannot have the MTU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// There is no interface on the host.
    NoInterface,
    /// The device does not say where the VF will be.
    NoAddress,
    /// It is above the PF's.
    AbovePf {
        /// The VF's MTU in bytes.
        vf: u32,
        /// The PF's in the end.
        pf: u32,
    },
}

fn diff_one(
    context: &PfContext<'_>,
    index: VfIndex,
    wanted: &Wanted<Mtu>,
    driver: Option<&DriverChoice>,
    step: &mut Step,
    diff: &mut PfDiff,
) -> Result<(), Fault> {
    let mtu = wanted.value;
    let Some(fate) = context.fate(index) else { return Ok(()) };
    let no_interface = match driver {
        Some(DriverChoice::None) => true,
        Some(DriverChoice::Named(driver)) => driver.is_vfio(),
        Some(DriverChoice::Default) | None => false,
    };
    let fresh = fate.life == Life::New || fate.meets_driver();
    let netdev = context.kept_vf(index).and_then(|vf| vf.netdev.as_ref());
    let has_interface = if fresh { fate.gets_driver } else { netdev.is_some() };
    if no_interface || !has_interface {
        return Err(Fault::NoInterface);
    }
    let Some(device) = context.vf_address(index) else { return Err(Fault::NoAddress) };
    let of_pf = context.desired.mtu.as_ref().map(|wanted| wanted.value.get());
    let of_pf = of_pf.or(context.facts.netdev.as_ref().map(|netdev| netdev.mtu));
    if let Some(pf) = of_pf.filter(|pf| mtu.get() > *pf) {
        return Err(Fault::AbovePf { vf: mtu.get(), pf });
    }
    let claim = Claim::is(context.vf(index), Property::Mtu, ClaimValue::Number(mtu.get()));
    diff.goal.push(claim.clone());
    let from = if fresh { Some(Mtu::ETHERNET.get()) } else { netdev.map(|netdev| netdev.mtu) };
    if let Some(from) = from.filter(|_| !fresh) {
        diff.basis.push(Claim::is(context.vf(index), Property::Mtu, ClaimValue::Number(from)));
    }
    if from == Some(mtu.get()) {
        return Ok(());
    }
    context.claim_address(index, diff);
    step.requires.push(Claim::is(context.vf(index), Property::Interface, ClaimValue::Flag(true)));
    step.ends.push(claim);
    step.changes.push(Change {
        from: from.map(Into::into),
        to: mtu.into(),
        origin: Some(wanted.origin.clone()),
        op: context.op_on_function(index, device, Action::SetVfMtu(mtu)),
    });
    Ok(())
}
