//! The field `mtu` of an entry.

use vfctl_model::Mtu;
use vfctl_port::{PfFacts, Property};

use super::diff;
use crate::PfSpec;
use crate::context::{PfContext, PfDiff};
use crate::finding::Findings;
use crate::kind::PfKind;
use crate::path::{Origin, SpecPath, Violation, Violations};
use crate::setting::Setting;

/// The MTU of a PF's interface.
#[derive(Debug)]
pub struct PfMtu;

impl PfKind for PfMtu {
    type Spec = Setting<Mtu>;
    type Desired = Mtu;

    /// Notes VFs that are asked to have larger frames than their PF.
    fn check(spec: &Setting<Mtu>, entry: &PfSpec, path: &SpecPath, violations: &mut Violations) {
        let Some(vfs) = &entry.vfs else { return };
        let vfs_path = path.sibling("vfs");
        let all = (vfs.all.mtu, vfs_path.key("all"));
        let groups = vfs.groups.iter().enumerate();
        let groups =
            groups.map(|(position, group)| (group.settings.mtu, vfs_path.key("groups").index(position)));
        let (of_pf, document) = (spec.resolved(), violations.document());
        for (mtu, vf_path) in std::iter::once(all).chain(groups) {
            if let Some(of_vf) = mtu.map(Setting::resolved).filter(|of_vf| *of_vf > of_pf) {
                let message = format!(
                    "a VF's MTU of {of_vf} is above its PF's of {of_pf}, which is the most that the port passes"
                );
                violations.add(
                    Violation::new(vf_path.key("mtu"), message, "lower it, or raise the PF's").with(
                        document,
                        path.clone(),
                        "the PF's MTU",
                    ),
                );
            }
        }
    }

    fn resolve(spec: &Setting<Mtu>, _: &Origin, _: &PfFacts, _: &mut Findings) -> Mtu {
        spec.resolved()
    }

    fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
        if let (Some(netdev), Some(wanted)) = (&context.facts.netdev, &context.desired.mtu) {
            diff::mtu(context, netdev, wanted, diff);
        }
    }

    fn live(facts: &PfFacts) -> Option<Setting<Mtu>> {
        let mtu = facts.netdev.as_ref().and_then(|netdev| Mtu::try_from(netdev.mtu).ok());
        mtu.map(Setting::Value)
    }

    fn explain(desired: &Mtu) -> Vec<(Property, String)> {
        vec![(Property::Mtu, desired.to_string())]
    }
}
