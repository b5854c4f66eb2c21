//! Compares the mode of the embedded switch: it changes while there are no VFs, or where the driver can do it with them.

use vfctl_model::{EswitchMode, EswitchRow, EswitchSetting, Reading, VfSet};
use vfctl_port::{Action, Claim, ClaimValue, Phase, Property};

use super::fate::{asked_and_lacking, found, may_reset, reset_with_vfs};
use super::representor::disrupt_representors;
use super::settings;
use super::spec::EswitchSpec;
use crate::change::Change;
use crate::context::{PfContext, PfDiff};
use crate::desired::Wanted;
use crate::path::Origin;
use crate::step::{Impact, Reason, Step};

/// How long to wait for a mode and the representors that come and go with it, in milliseconds.
pub(super) const SETTLES: u32 = 10_000;

/// Compares the mode.
pub(super) fn compare(context: &PfContext<'_>, diff: &mut PfDiff) {
    let found = found(context);
    let Some(wanted) = &context.desired.eswitch else {
        rest_on(context, &found, diff);
        return;
    };
    let Wanted { value, origin } = wanted;
    let mode = value.mode;
    let found = match found {
        Reading::Known(Some(mode)) => mode,
        Reading::Unreadable(why) => {
            report_unread(context, origin, "mode", &why, diff);
            return;
        }
        // A driver without such a switch does what legacy mode is.
        Reading::Known(None) | Reading::Unsupported
            if mode == EswitchMode::Legacy && context.row.eswitch.is_none() =>
        {
            settings::compare(context, wanted, false, diff);
            return;
        }
        Reading::Known(None) | Reading::Unsupported => {
            let driver = driver_of(context);
            let message = format!("eswitch mode {mode}: driver {driver} reports no mode");
            diff.findings.problem(Some(origin), message, "take eswitch out of the spec");
            return;
        }
    };
    diff.basis.push(claim(context, found));
    diff.goal.push(claim(context, mode));
    let now = if reset_with_vfs(context) { EswitchMode::Legacy } else { found };
    let changes_mode = now != mode || now != found;
    if changes_mode {
        let step = change(context, wanted, now, diff);
        diff.steps.extend(step);
    }
    settings::compare(context, wanted, changes_mode, diff);
}

/// Adds to a step that sets something on the switch with its VFs who uses them and their representors: frames that the
/// switch has steered by itself pause, or go elsewhere.
pub(super) fn disrupt_vfs(context: &PfContext<'_>, step: &mut Step) {
    let all: VfSet = context.facts.vfs.keys().copied().collect();
    step.victims.extend(context.victims(context.keeping_driver(&all).iter()));
    step.requires.extend(context.use_claims_of_kept(&all));
    disrupt_representors(context, step);
    step.impact = if step.victims.is_empty() { Impact::None } else { Impact::Disturbs };
}

/// Returns that the switch keeps its mode while all VFs are destroyed, where the driver leaves it as it is.
pub(crate) fn kept_mode(context: &PfContext<'_>) -> Option<Claim> {
    match found(context) {
        Reading::Known(Some(mode)) if !reset_with_vfs(context) => Some(claim(context, mode)),
        Reading::Known(_) | Reading::Unsupported | Reading::Unreadable(_) => None,
    }
}

/// Returns when something is set on the switch: with the VFs that stay, or while there are none.
pub(super) fn phase(context: &PfContext<'_>) -> Phase {
    let stay = !context.renews_vfs && context.facts.vf_count > 0;
    if stay { Phase::SwitchPopulated } else { Phase::SwitchEmpty }
}

/// Notes what a plan that leaves the mode alone rests on: attributes that switchdev mode lacks, and a switch that goes
/// back to legacy mode with its VFs.
fn rest_on(context: &PfContext<'_>, found: &Reading<Option<EswitchMode>>, diff: &mut PfDiff) {
    let is_reset = reset_with_vfs(context);
    let lacking = asked_and_lacking(context);
    match found {
        Reading::Known(Some(mode)) if may_reset(context) || !lacking.is_empty() => {
            diff.basis.push(claim(context, *mode))
        }
        Reading::Unreadable(_) if !lacking.is_empty() => {
            let lacking = lacking.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let driver = context.row.driver;
            let message =
                format!("the switch may be in switchdev mode, in which {driver} does not support {lacking}");
            diff.findings.note(None, message);
        }
        Reading::Known(_) | Reading::Unsupported | Reading::Unreadable(_) => {}
    }
    if is_reset {
        let message = "the embedded switch returns to legacy mode when its VFs are removed; add `eswitch` to the spec to keep switchdev mode";
        diff.findings.note(None, message);
    }
}

/// Reports that something which is asked of the switch could not be read.
pub(super) fn report_unread(
    context: &PfContext<'_>,
    origin: &Origin,
    what: &str,
    why: &str,
    diff: &mut PfDiff,
) {
    let fix = format!("`devlink dev eswitch show {}` must work, as root", context.desired.address);
    diff.findings.problem(Some(origin), format!("eswitch {what} could not be read: {why}"), fix);
}

/// Returns the name of the PF's driver, for people.
pub(super) fn driver_of<'a>(context: &PfContext<'a>) -> &'a str {
    context.facts.driver.as_ref().map_or("none", |driver| driver.as_str())
}

fn claim(context: &PfContext<'_>, mode: EswitchMode) -> Claim {
    Claim::is(context.pf(), Property::EswitchMode, ClaimValue::Name(mode.to_string()))
}

/// Returns the step that changes the mode; `None` where it cannot be changed as things are.
fn change(
    context: &PfContext<'_>,
    wanted: &Wanted<EswitchSpec>,
    now: EswitchMode,
    diff: &mut PfDiff,
) -> Option<Step> {
    let facts = context.facts;
    let (phase, mode) = (phase(context), wanted.value.mode);
    let stay = phase == Phase::SwitchPopulated;
    let row = context.row.eswitch.unwrap_or(EswitchRow::UNKNOWN);
    if stay && !row.changes_with_vfs {
        let driver = driver_of(context);
        let message = format!("eswitch mode {mode}: driver {driver} changes it only without VFs");
        let fix = format!("apply with `count: 0` first; there are {} VFs", facts.vf_count);
        diff.findings.problem(Some(&wanted.origin), message, fix);
        return None;
    }
    let mut step = Step::new(phase, Property::EswitchMode, Reason::Asked);
    step.changes.push(Change {
        from: Some(now.into()),
        to: mode.into(),
        origin: Some(wanted.origin.clone()),
        op: context.op(Action::SetEswitch(EswitchSetting::Mode(mode))),
    });
    if stay {
        disrupt_vfs(context, &mut step);
    } else {
        step.requires.push(Claim::is(context.pf(), Property::VfCount, ClaimValue::Number(0)));
    }
    if row.change_flaps_link {
        context.disrupt_pf(&mut step);
        step.impact = if step.victims.is_empty() { Impact::None } else { Impact::FlapsLink };
    }
    step.ends.push(claim(context, mode));
    step.settle_ms = SETTLES;
    Some(step)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_model::{AttributeValue, EswitchMode, Toggle, VfAttribute, VfValue};

    use super::*;
    use crate::sample::{self, Sample};

    fn asked(mode: EswitchMode) -> EswitchSpec {
        EswitchSpec { mode, inline_mode: None, encap_mode: None }
    }

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
        pf["properties"]["eswitchMode"] = json!(mode);
        pf["vfCount"] = json!(1);
        pf["vfs"] = json!({ "0": vf });
        let diff = sample::diff(host, Sample { eswitch: Some(asked(wanted)), ..Sample::default() });
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
        pf["properties"]["eswitchMode"] = json!("legacy");
        let driver = Some(crate::binding::DriverChoice::None);
        let eswitch = Some(asked(EswitchMode::Switchdev));
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
        assert_eq!(users, ["its representor: bridge br0 uses eth7"]);
        assert!(switched("netdevsim", "switchdev", EswitchMode::Switchdev, represented).0.is_empty());
    }
    #[test]
    fn who_stands_on_a_representor_is_named_when_the_count_changes_and_must_be_so_still() {
        let mut host = sample::host();
        host["links"]["br0"] = json!({ "kind": "bridge", "lower": ["eth7"] });
        let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
        pf["driver"] = json!("mlx5_core");
        pf["properties"]["eswitchMode"] = json!("switchdev");
        pf["vfCount"] = json!(2);
        pf["vfs"] = json!({
            "0": { "attributes": {}, "representor": "eth7" },
            "1": { "attributes": {}, "representor": "eth8" },
        });
        let diff = sample::diff(host, Sample { count: Some(4), ..Sample::default() });
        let remove = diff.steps.iter().find(|step| step.phase == Phase::RemoveVfs).expect("a step");
        let users: Vec<_> = remove.victims.iter().map(|victim| &victim.user).collect();
        assert_eq!(users, ["its representor: bridge br0 uses eth7"]);
        let claims = remove.requires.iter().filter(|claim| claim.property == Property::RepresentorInUse);
        assert_eq!(claims.count(), 2);
    }

    #[test]
    fn mode_that_could_not_be_read_or_has_another_word_is_not_taken_for_legacy() {
        for (mode, why) in [("unreadable: EPERM", "EPERM"), ("2", "the driver reports the mode `2`")] {
            let plain = json!({ "attributes": {} });
            let (steps, problems) = switched("netdevsim", mode, EswitchMode::Legacy, plain);
            assert!(steps.is_empty(), "{steps:?}");
            assert_eq!(problems, [format!("eswitch mode could not be read: {why}")]);
        }
    }

    #[test]
    fn plan_that_leaves_the_mode_alone_rests_on_it_where_an_attribute_does() {
        let rests = |trust: Option<Toggle>| {
            let mut host = sample::host();
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            pf["driver"] = json!("ice");
            pf["properties"]["eswitchMode"] = json!("legacy");
            let attribute =
                trust.map(|trust| AttributeValue::new(VfAttribute::Trust, VfValue::Toggle(trust)));
            let diff = sample::diff(host, Sample { attribute: attribute.flatten(), ..Sample::default() });
            diff.basis.iter().any(|claim| claim.property == Property::EswitchMode)
        };
        assert!(rests(Some(Toggle::On)));
        assert!(!rests(None));
    }

    #[test]
    fn plan_that_destroys_vfs_rests_on_legacy_mode_where_the_driver_would_leave_another_with_them() {
        for (driver, rests) in [("netdevsim", true), ("ice", false)] {
            let mut host = sample::host();
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            pf["driver"] = json!(driver);
            pf["properties"]["eswitchMode"] = json!("legacy");
            let diff = sample::diff(host, Sample { count: Some(4), ..Sample::default() });
            let found = diff.basis.iter().any(|claim| claim.property == Property::EswitchMode);
            assert_eq!(found, rests, "{driver}");
        }
    }
}
