//! Who uses representors, which go with switchdev mode and with their VFs.

use std::collections::BTreeSet;

use vfctl_model::Reading;
use vfctl_port::{Claim, ClaimValue, Property};

use crate::context::PfContext;
use crate::holder::Holder;
use crate::step::{Step, Victim};

/// Adds to a step that takes representors away who uses them, and that those which were not seen may be in use. Those that
/// nobody uses must still be free by then.
pub(crate) fn disrupt_representors(context: &PfContext<'_>, step: &mut Step) {
    let mut unseen = BTreeSet::new();
    for (index, vf) in &context.facts.vfs {
        match context.host.host.users_of_representor(context.facts, vf) {
            Reading::Known(users) => {
                if vf.representor.is_some() {
                    let in_use = ClaimValue::Flag(!users.is_empty());
                    step.requires.push(Claim::is(context.vf(*index), Property::RepresentorInUse, in_use));
                }
                step.victims.extend(users.into_iter().map(|user| Victim {
                    vf: Some(*index),
                    user: format!("its representor: {user}"),
                    holder: Holder::from(&user),
                    perhaps: false,
                    blocks: false,
                }));
            }
            Reading::Unreadable(why) => drop(unseen.insert(why)),
            Reading::Unsupported => {}
        }
    }
    // One for all VFs: what hides one representor usually hides all.
    step.victims.extend(unseen.into_iter().map(|why| Victim {
        vf: None,
        user: format!("representors of its VFs are possibly in use: {why}"),
        holder: Holder::Unknown { why },
        perhaps: true,
        blocks: false,
    }));
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_port::Phase;

    use crate::sample::{self, Sample};

    #[test]
    fn representor_that_was_not_seen_or_carries_an_address_is_in_use() {
        let named = |properties: serde_json::Value, representor: Option<&str>| {
            let mut host = sample::host();
            host["links"]["eth7"] =
                json!({ "kind": "representor", "lower": [], "addresses": ["10.0.0.7/24"] });
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            pf["driver"] = json!("mlx5_core");
            pf["properties"] = properties;
            pf["vfs"]["0"]["representor"] = json!(representor);
            let diff = sample::diff(host, Sample { count: Some(0), ..Sample::default() });
            let remove = diff.steps.into_iter().find(|step| step.phase == Phase::RemoveVfs).expect("a step");
            let users: Vec<_> =
                remove.victims.into_iter().map(|victim| (victim.user, victim.perhaps)).collect();
            users
        };
        let unseen = "representors of its VFs are possibly in use: ";
        for (mode, why) in [
            ("switchdev", "the embedded switch is in switchdev mode, and not every representor was seen"),
            ("unreadable: EPERM", "the mode of the embedded switch could not be read: EPERM"),
        ] {
            let users = named(json!({ "eswitchMode": mode }), None);
            assert!(users.contains(&(format!("{unseen}{why}"), true)), "{users:?}");
        }
        for properties in [json!({}), json!({ "eswitchMode": "legacy" })] {
            assert!(!named(properties, None).iter().any(|(_, perhaps)| *perhaps));
        }
        let users = named(json!({ "eswitchMode": "switchdev" }), Some("eth7"));
        assert!(
            users.contains(&("its representor: eth7 has address 10.0.0.7/24".to_owned(), false)),
            "{users:?}"
        );
    }
}
