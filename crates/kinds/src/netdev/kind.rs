//! The field `mtu` of VF settings.

use vfctl_model::{Mtu, VfIndex};
use vfctl_port::{PfFacts, Property, VfFacts};

use super::diff;
use crate::context::{PfContext, PfDiff};
use crate::kind::VfKind;
use crate::setting::Setting;

/// The MTU of a VF's interface.
#[derive(Debug)]
pub struct VfMtu;

impl VfKind for VfMtu {
    type Spec = Setting<Mtu>;
    type Desired = Mtu;

    fn resolve(spec: &Setting<Mtu>) -> Mtu {
        spec.resolved()
    }

    fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
        diff::diff(context, diff);
    }

    fn live(pf: &PfFacts, vf: &VfFacts) -> Option<Setting<Mtu>> {
        let mtu = vf.netdev.as_ref().and_then(|netdev| Mtu::try_from(netdev.mtu).ok());
        // One above the PF's is no value that a document may ask for.
        let of_pf = pf.netdev.as_ref().map_or(u32::MAX, |netdev| netdev.mtu);
        mtu.filter(|mtu| *mtu != Mtu::ETHERNET && mtu.get() <= of_pf).map(Setting::Value)
    }

    fn lost(context: &PfContext<'_>, index: VfIndex, vf: &VfFacts) -> Vec<String> {
        let is_named = context.desired.vfs.get(&index).is_some_and(|wanted| wanted.mtu.is_some());
        let mtu = vf.netdev.as_ref().map(|netdev| netdev.mtu).filter(|mtu| *mtu != Mtu::ETHERNET.get());
        mtu.filter(|_| !is_named).map(|mtu| format!("mtu {mtu}")).into_iter().collect()
    }

    fn explain(desired: &Mtu) -> (Property, String) {
        (Property::Mtu, desired.to_string())
    }
}
