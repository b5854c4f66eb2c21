//! Compares the mode of the embedded switch: it changes while there are no VFs, or where the driver can do it with them.

use vfctl_model::{EswitchMode, EswitchRow, VfSet};
use vfctl_port::{Action, Claim, ClaimValue, Phase, Property};

use super::fate::{found, reset_with_vfs};
use crate::context::{PfContext, PfDiff};
use crate::desired::Wanted;
use crate::step::{Change, Impact, Reason, Step, Victim};

/// How long to wait for a mode and the representors that come and go with it, in milliseconds.
const SETTLES: u32 = 10_000;

/// Compares the mode.
pub(super) fn compare(context: &PfContext<'_>, diff: &mut PfDiff) {
    let Some(wanted) = &context.desired.eswitch else {
        if reset_with_vfs(context) {
            let message =
                "the embedded switch leaves switchdev mode with its VFs; name `eswitch` to have it again";
            diff.findings.note(None, message);
        }
        return;
    };
    let facts = context.facts;
    if let Some(why) = &facts.eswitch_mode_unread {
        let message = format!("eswitch mode could not be read: {why}");
        diff.findings.problem(Some(&wanted.origin), message, "run as root");
        return;
    }
    let Some(word) = &facts.eswitch_mode else {
        if wanted.value == EswitchMode::Switchdev || context.row.eswitch.is_some() {
            let driver = facts.driver.as_ref().map_or("none".to_owned(), ToString::to_string);
            let message = format!("eswitch mode {}: driver {driver} reports no mode", wanted.value);
            diff.findings.problem(Some(&wanted.origin), message, "take eswitch out of the spec");
        }
        return;
    };
    let claim =
        |mode: &str| Claim::is(context.pf(), Property::EswitchMode, ClaimValue::Name(mode.to_owned()));
    diff.basis.push(claim(word));
    diff.goal.push(claim(&wanted.value.to_string()));
    let reset = reset_with_vfs(context);
    if found(context) == Some(wanted.value) && !reset {
        return;
    }
    let now = if reset { EswitchMode::Legacy.to_string() } else { word.clone() };
    if let Some(step) = change(context, wanted, now, diff) {
        diff.steps.push(step);
    }
}

/// Returns the step that changes the mode; `None` where it cannot be changed as things are.
fn change(
    context: &PfContext<'_>,
    wanted: &Wanted<EswitchMode>,
    now: String,
    diff: &mut PfDiff,
) -> Option<Step> {
    let facts = context.facts;
    let stay = !context.renews_vfs && facts.vf_count > 0;
    let row = context.row.eswitch.unwrap_or(EswitchRow::UNKNOWN);
    if stay && !row.changes_with_vfs {
        let driver = context.row.driver;
        let message = format!("eswitch mode {}: driver {driver} changes it only without VFs", wanted.value);
        let fix = format!("apply with `count: 0` first; there are {} VFs", facts.vf_count);
        diff.findings.problem(Some(&wanted.origin), message, fix);
        return None;
    }
    let phase = if stay { Phase::SwitchPopulated } else { Phase::SwitchEmpty };
    let mut step = Step::new(phase, Property::EswitchMode, Reason::Asked);
    step.changes.push(Change {
        from: Some(now),
        to: wanted.value.to_string(),
        origin: Some(wanted.origin.clone()),
        op: context.op(Action::SetEswitchMode(wanted.value)),
    });
    if stay {
        // Frames that the switch has steered by itself go to representors, and nobody may be there.
        let all: VfSet = facts.vfs.keys().copied().collect();
        step.victims = context.victims(context.keeping_driver(&all).iter());
        step.victims.extend(users_of_representors(context));
        step.requires = context.use_claims_of_kept(&all);
        step.impact = if step.victims.is_empty() { Impact::None } else { Impact::Disturbs };
    } else {
        step.requires.push(Claim::is(context.pf(), Property::VfCount, ClaimValue::Number(0)));
    }
    if row.change_flaps_link {
        context.disrupt_pf(&mut step);
        step.impact = if step.victims.is_empty() { Impact::None } else { Impact::FlapsLink };
    }
    let mode = ClaimValue::Name(wanted.value.to_string());
    step.ends.push(Claim::is(context.pf(), Property::EswitchMode, mode));
    step.settle_ms = SETTLES;
    Some(step)
}

/// Returns what stands on representors, which go with switchdev mode.
fn users_of_representors(context: &PfContext<'_>) -> Vec<Victim> {
    let host = context.host.host;
    let represented =
        context.facts.vfs.iter().filter_map(|(vf, facts)| Some((*vf, facts.representor.as_ref()?)));
    let users = represented.flat_map(|(vf, representor)| {
        let uppers = host.links.iter().filter(move |(_, link)| link.lower.contains(representor));
        uppers.map(move |(name, link)| Victim {
            vf: Some(vf),
            user: format!("{} {name} stands on its representor {representor}", link.kind),
            perhaps: false,
            blocks: false,
        })
    });
    users.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_model::EswitchMode;

    use super::*;
    use crate::sample::{self, Sample};

    /// Returns the step for the mode, with what hinders it, on a PF of this driver with these VFs.
    fn switched(
        driver: &str,
        mode: &str,
        wanted: EswitchMode,
        vf: serde_json::Value,
    ) -> (Vec<Step>, Vec<String>) {
        let mut host = sample::host();
        host["links"]["br0"] = json!({ "kind": "bridge", "lower": ["eth7"] });
        let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
        pf["driver"] = json!(driver);
        pf["eswitchMode"] = json!(mode);
        pf["vfCount"] = json!(1);
        pf["vfs"] = json!({ "0": vf });
        let diff = sample::diff(host, Sample { eswitch: Some(wanted), ..Sample::default() });
        let problems = diff.findings.problems.iter().map(|problem| problem.message.clone()).collect();
        (diff.steps, problems)
    }

    #[test]
    fn mode_changes_with_vfs_only_where_the_driver_can_and_names_who_uses_them() {
        let plain = || json!({ "attributes": {} });
        let (steps, problems) = switched("ice", "legacy", EswitchMode::Switchdev, plain());
        assert!(steps.is_empty(), "{steps:?}");
        assert_eq!(problems, ["eswitch mode switchdev: driver ice changes it only without VFs"]);
        let used = json!({ "attributes": {}, "uses": [{ "use": "namespace", "name": "pod" }] });
        let (steps, problems) = switched("netdevsim", "legacy", EswitchMode::Switchdev, used);
        assert_eq!(problems, [""; 0]);
        let [step] = steps.as_slice() else { panic!("{steps:?}") };
        assert!(step.needs_consent() && step.phase == Phase::SwitchPopulated, "{step:?}");
    }

    #[test]
    fn vf_that_leaves_its_driver_before_the_switch_is_claimed_of_there_and_not_at_the_switch() {
        let mut host = sample::host();
        let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
        pf["driver"] = json!("bnxt_en");
        pf["eswitchMode"] = json!("legacy");
        let driver = Some(crate::binding::DriverChoice::None);
        let eswitch = Some(EswitchMode::Switchdev);
        let diff = sample::diff(host, Sample { eswitch, driver, ..Sample::default() });
        let claims = |phase: Phase| {
            let steps = diff.steps.iter().filter(move |step| step.phase == phase);
            steps.flat_map(|step| &step.requires).filter(|claim| claim.property == Property::InUse).count()
        };
        let of_vf = claims(Phase::Unbind);
        assert_eq!((of_vf, claims(Phase::SwitchPopulated)), (1, 0));
    }

    #[test]
    fn who_stands_on_a_representor_is_named_when_it_goes() {
        let represented = json!({ "attributes": {}, "representor": "eth7" });
        let (steps, _) = switched("netdevsim", "switchdev", EswitchMode::Legacy, represented.clone());
        let users: Vec<_> = steps.iter().flat_map(|step| &step.victims).map(|victim| &victim.user).collect();
        assert_eq!(users, ["bridge br0 stands on its representor eth7"]);
        assert!(switched("netdevsim", "switchdev", EswitchMode::Switchdev, represented).0.is_empty());
    }
}
