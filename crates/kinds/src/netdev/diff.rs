//! Compares the MTU of VF interfaces.

use vfctl_model::{Mtu, VfIndex};
use vfctl_port::{Claim, ClaimValue, Op, Phase, Property};

use crate::binding;
use crate::context::{ETHERNET_MTU, PfContext, PfDiff};
use crate::desired::Wanted;
use crate::pf::resolved_mtu;
use crate::setting::Setting;
use crate::step::{Change, Reason, Step};
use crate::vf::DriverSpec;

/// Compares the MTU of each VF interface that the spec speaks of.
pub(crate) fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
    let mut step = Step::new(Phase::ConfigureNetdev, Property::Mtu, Reason::Asked);
    step.settle_ms = 15_000;
    for (index, vf) in &context.desired.vfs {
        if index.0 >= context.count || context.is_lent_out(*index) {
            continue;
        }
        if let Some(wanted) = &vf.mtu {
            diff_one(context, *index, wanted, vf.driver.as_ref().map(|w| &w.value), &mut step, diff);
        }
    }
    if !step.changes.is_empty() {
        diff.steps.push(step);
    }
}

fn diff_one(
    context: &PfContext<'_>,
    index: VfIndex,
    wanted: &Wanted<Setting<Mtu>>,
    driver: Option<&DriverSpec>,
    step: &mut Step,
    diff: &mut PfDiff,
) {
    let Some(mtu) = resolved_mtu(wanted.value) else { return };
    let no_interface = match driver {
        Some(DriverSpec::None) => true,
        Some(DriverSpec::Named(driver)) => driver.is_vfio(),
        Some(DriverSpec::Default) | None => false,
    };
    let fresh = context.kept_vf(index).is_none() || binding::rebinds(context, index);
    let netdev = context.kept_vf(index).and_then(|vf| vf.netdev.as_ref());
    let (Some(device), false, true) = (context.vf_address(index), no_interface, fresh || netdev.is_some())
    else {
        let fix = "take mtu out, or give the VF to its network driver";
        diff.findings.problem(
            Some(&wanted.origin),
            format!("vf {index}: has no network interface on the host, so no MTU"),
            fix,
        );
        return;
    };
    let claim = Claim::is(context.vf(index), Property::Mtu, ClaimValue::Number(mtu.get()));
    diff.goal.push(claim.clone());
    let from = if fresh { Some(ETHERNET_MTU) } else { netdev.map(|netdev| netdev.mtu) };
    if let Some(from) = from.filter(|_| !fresh) {
        diff.basis.push(Claim::is(context.vf(index), Property::Mtu, ClaimValue::Number(from)));
    }
    if from == Some(mtu.get()) {
        return;
    }
    step.requires.push(Claim::is(context.vf(index), Property::Interface, ClaimValue::Flag(true)));
    step.ends.push(claim);
    step.changes.push(Change {
        vf: Some(index),
        from: from.map(|bytes| bytes.to_string()),
        to: mtu.to_string(),
        origin: Some(wanted.origin.to_string()),
        op: Op::SetVfMtu { pf: context.desired.address.clone(), vf: index, device, mtu },
    });
}
