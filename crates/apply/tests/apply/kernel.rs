//! What an op makes of the world, by the table of actions.

use vfctl_model::{AttributeMap, ByAttribute, RawReading, Toggle, VfAttribute, VfIndex};
use vfctl_port::{Action, AdminState, ClaimValue, HostFacts, Op, PfFacts, Property, Scope, VfFacts, World};

/// Does an op: its property reads as the table says. Returns `None` where it is refused, since there is no such VF.
pub(crate) fn perform(world: &mut World, scope: &Scope, op: &Op) -> Option<()> {
    let Some(host) = scope.host().and_then(|host| world.hosts.get_mut(host)) else { return Some(()) };
    if let Some(module) = op.target.module() {
        host.system.modules.insert(module.clone());
        return Some(());
    }
    let pf = op.target.pf().expect("a PF");
    let pf = host.physical_functions.get_mut(pf).expect("the PF's facts");
    on_pf(pf, op)
}

fn on_pf(pf: &mut PfFacts, op: &Op) -> Option<()> {
    match &op.action {
        Action::RemoveVfs => make_vfs(pf, 0),
        Action::CreateVfs(count) => make_vfs(pf, *count),
        Action::SetDriversAutoprobe(autoprobe) => {
            pf.properties.note(Property::DriversAutoprobe, ClaimValue::Flag(*autoprobe == Toggle::On));
        }
        Action::SetPfMtu(mtu) => pf.netdev.as_mut().expect("an interface").mtu = mtu.get(),
        Action::SetPfAdminState(state) => {
            pf.netdev.as_mut().expect("an interface").up = *state == AdminState::Up;
        }
        Action::SetVfAttribute(setting) => {
            let reading = RawReading::Value(setting.value());
            vf(pf, op)?.attributes.0.insert(setting.attribute(), reading);
        }
        Action::UnbindDriver => vf(pf, op)?.driver = None,
        Action::BindDriver(binding) => vf(pf, op)?.driver = Some(binding.driver.clone()),
        Action::ProbeDriver => {
            let driver = pf.vf_default_driver.clone().filter(|_| pf.drivers_autoprobe() == Some(Toggle::On));
            vf(pf, op)?.driver = driver;
        }
        other => panic!("no test does {}", other.kind()),
    }
    Some(())
}

fn vf<'a>(pf: &'a mut PfFacts, op: &Op) -> Option<&'a mut VfFacts> {
    pf.vfs.get_mut(&op.target.vf().expect("a VF"))
}

/// Makes a PF have so many VFs, new ones with the kernel's driver where it may choose one.
pub(crate) fn make_vfs(pf: &mut PfFacts, count: u16) {
    let driver = pf.vf_default_driver.clone().filter(|_| pf.drivers_autoprobe() == Some(Toggle::On));
    let factory = RawReading::Value(VfAttribute::Vlan.factory());
    let attributes = AttributeMap(ByAttribute::from_iter([(VfAttribute::Vlan, factory)]));
    let new = VfFacts { driver, attributes, ..VfFacts::default() };
    pf.vf_count = count;
    pf.vfs = (0..count).map(|index| (VfIndex(index), new.clone())).collect();
}

/// Returns a host without ports.
pub(crate) fn bare_host() -> HostFacts {
    let facts = serde_json::json!({
        "system": { "kernel": "6.12", "arguments": [], "iommu": { "groups": 0, "kinds": [] }, "modules": [] },
        "physicalFunctions": {}, "links": {},
    });
    serde_json::from_value(facts).expect("facts")
}
