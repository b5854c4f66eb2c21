//! Compares what is set on the embedded switch besides its mode: what the driver does not report, it does not have.

use vfctl_model::Reading;
use vfctl_port::{Action, Claim, ClaimValue, Phase};

use super::diff::{SETTLES, disrupt_vfs, driver_of, phase, report_unread};
use super::spec::EswitchSpec;
use crate::change::Change;
use crate::context::{PfContext, PfDiff};
use crate::desired::Wanted;
use crate::document::OnUnsupported;
use crate::step::{Reason, Step};

/// Compares inline and encap mode. They are set after the mode, and where that changes in any case: mlx5_core chooses an
/// inline mode of its own then (`esw_offloads_start`, drivers/net/ethernet/mellanox/mlx5/core/eswitch_offloads.c).
pub(super) fn compare(
    context: &PfContext<'_>,
    wanted: &Wanted<EswitchSpec>,
    changes_mode: bool,
    diff: &mut PfDiff,
) {
    for (field, setting) in wanted.value.besides_mode() {
        let action = Action::SetEswitch(setting);
        let (property, value) = (action.changes(), setting.value());
        let found = match property.read_pf(context.host.host, context.facts) {
            Reading::Known(Some(ClaimValue::Name(found))) => found,
            Reading::Known(_) | Reading::Unsupported => {
                let message =
                    format!("eswitch {field} {value}: driver {} has no such mode", driver_of(context));
                let origin = Some(&wanted.origin);
                match context.desired.on_unsupported {
                    OnUnsupported::Warn => diff.findings.note(origin, format!("{message}; left out")),
                    OnUnsupported::Error => {
                        diff.findings.problem(origin, message, format!("take {field} out of the spec"));
                    }
                }
                continue;
            }
            Reading::Unreadable(why) => {
                report_unread(context, &wanted.origin, field, &why, diff);
                continue;
            }
        };
        let claim = |value: &str| Claim::is(context.pf(), property, ClaimValue::Name(value.to_owned()));
        diff.basis.push(claim(&found));
        diff.goal.push(claim(&value));
        if found == value && !changes_mode {
            continue;
        }
        let mut step = Step::new(phase(context), property, Reason::Asked);
        step.changes.push(Change {
            from: Some(found.into()),
            to: value.clone().into(),
            origin: Some(wanted.origin.clone()),
            op: context.op(action),
        });
        if step.phase == Phase::SwitchPopulated {
            disrupt_vfs(context, &mut step);
        }
        step.ends.push(claim(&value));
        step.settle_ms = SETTLES;
        diff.steps.push(step);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_model::{EswitchEncapMode, EswitchInlineMode, EswitchMode};

    use super::*;
    use crate::sample::{self, Sample};

    #[test]
    fn modes_besides_the_mode_are_set_after_it_and_what_is_not_reported_is_a_problem() {
        let eswitch = EswitchSpec {
            mode: EswitchMode::Switchdev,
            inline_mode: Some(EswitchInlineMode::Link),
            encap_mode: Some(EswitchEncapMode::Basic),
        };
        let with = |inline: &str, on_unsupported: OnUnsupported| {
            let mut host = sample::host();
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            pf["driver"] = json!("mlx5_core");
            pf["vfCount"] = json!(0);
            pf["vfs"] = json!({});
            pf["properties"] = json!({ "eswitchMode": "legacy", "eswitchInlineMode": inline });
            sample::diff(host, Sample { eswitch: Some(eswitch), on_unsupported, ..Sample::default() })
        };
        let compared = |inline: &str| with(inline, OnUnsupported::Error);
        let diff = compared("none");
        let steps: Vec<_> = diff.steps.iter().map(|step| (step.phase, step.property.word())).collect();
        let empty = Phase::SwitchEmpty;
        assert_eq!(steps, [(empty, "eswitchMode"), (empty, "eswitchInlineMode")]);
        let ops: Vec<_> = diff.steps.iter().map(|step| step.changes[0].op.to_string()).collect();
        assert_eq!(ops[1], "devlink dev eswitch set pci/0000:01:00.0 inline-mode link");
        let problems = |diff: &PfDiff| -> Vec<String> {
            diff.findings.problems.iter().map(|problem| problem.message.clone()).collect()
        };
        assert_eq!(problems(&diff), ["eswitch encapMode basic: driver mlx5_core has no such mode"]);
        let warned = with("none", OnUnsupported::Warn);
        assert_eq!(problems(&warned), [""; 0]);
        let notes: Vec<_> = warned.findings.notes.iter().map(|note| &note.message).collect();
        assert_eq!(notes, ["eswitch encapMode basic: driver mlx5_core has no such mode; left out"]);
        let unread = problems(&compared("unreadable: EPERM"));
        assert_eq!(unread[0], "eswitch inlineMode could not be read: EPERM");
    }
    #[test]
    fn setting_is_written_with_the_mode_though_it_is_so_and_with_vfs_names_who_uses_them() {
        let eswitch =
            |mode| EswitchSpec { mode, inline_mode: Some(EswitchInlineMode::None), encap_mode: None };
        let steps = |mode: &str, inline: &str, uses: serde_json::Value| {
            let mut host = sample::host();
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            pf["driver"] = json!("bnxt_en");
            pf["properties"] = json!({ "eswitchMode": mode, "eswitchInlineMode": inline });
            pf["vfs"]["0"]["uses"] = uses;
            pf["vfs"]["0"]["representor"] = json!("eth7");
            let eswitch = Some(eswitch(EswitchMode::Switchdev));
            sample::diff(host, Sample { eswitch, ..Sample::default() }).steps
        };
        let unused = || json!([]);
        let words: Vec<_> =
            steps("legacy", "none", unused()).iter().map(|step| step.property.word()).collect();
        assert_eq!(words, ["eswitchMode", "eswitchInlineMode"]);
        assert!(steps("switchdev", "none", unused()).is_empty());
        let used = steps("switchdev", "link", json!([{ "use": "namespace", "name": "pod" }]));
        assert!(used.len() == 1 && used[0].needs_consent(), "{used:?}");
        assert!(!steps("switchdev", "link", unused())[0].needs_consent());
    }
}
