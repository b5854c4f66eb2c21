//! The MAC address of a VF's own interface, where the VF's driver asks the PF for it only when it is bound.
//!
//! A driver that meets its VF while the PF is in reset gets no answer and makes an address up (`igbvf_probe`,
//! drivers/net/ethernet/intel/igbvf/netdev.c): what the PF has set is then right, and the interface is not.

use vfctl_model::{DriverName, DriverRow, MacAddress, Reading, VfAttribute, VfIndex, VfValue};
use vfctl_port::{AdminState, Claim, ClaimValue, PfFacts, Property, Use, VfFacts};

use crate::context::PfContext;
use crate::fate::Life;
use crate::setting::Setting;

/// Returns whether the PF answers drivers that ask for the address of their VF, as it will be.
pub(crate) fn pf_answers(context: &PfContext<'_>) -> bool {
    let is_up = context.facts.netdev.as_ref().is_none_or(|netdev| netdev.up);
    let asked = context.desired.admin_state.as_ref().map(|wanted| wanted.value);
    !context.row.mac_needs_pf_up || asked.map_or(is_up, |asked| asked == AdminState::Up)
}

/// Returns the claim that the VF's interface has the address that the spec gives the VF, once this driver holds it; `None`
/// where the driver does not ask for it, or the spec gives it none.
pub(crate) fn interface_mac_claim(
    context: &PfContext<'_>,
    index: VfIndex,
    driver: &DriverName,
) -> Option<Claim> {
    let mac = asked_for(context, index, driver)?;
    Some(Claim::is(context.vf(index), Property::InterfaceMac, ClaimValue::Name(mac.to_string())))
}

/// Returns whether a VF that this driver holds has an interface with another address than the spec gives the VF.
pub(crate) fn has_other_interface_mac(context: &PfContext<'_>, index: VfIndex, driver: &DriverName) -> bool {
    let own = context.kept_vf(index).and_then(|vf| own_address(context.row, vf));
    own.is_some_and(|own| asked_for(context, index, driver).is_some_and(|mac| mac != own))
}

/// Returns the address that a VF's driver has made up and its interface has, although the PF, which is up, has set another.
pub fn made_up_mac(pf: &PfFacts, vf: &VfFacts) -> Option<MacAddress> {
    let Reading::Known(VfValue::Mac(set)) = pf.attribute(vf, VfAttribute::MacAddress) else { return None };
    let own = own_address(pf.row(), vf).filter(|_| pf.netdev.as_ref().is_some_and(|netdev| netdev.up));
    own.filter(|own| *own != set && set != MacAddress::ZERO)
}

/// Returns the address of a VF's interface that its driver was to ask the PF for; `None` where there is none, or what uses
/// the interface as its port sets its address.
fn own_address(row: &DriverRow, vf: &VfFacts) -> Option<MacAddress> {
    let sets_address = |user: &Use| matches!(user, Use::Port { .. } | Use::StandsOn { .. });
    let asks =
        vf.driver.as_ref().is_some_and(|driver| asks(row, driver)) && !vf.uses.iter().any(sets_address);
    vf.netdev.as_ref().filter(|_| asks).map(|netdev| netdev.mac)
}

/// Returns whether a driver of VFs asks the PF for the address of its VF when it is bound, and makes one up without answer.
fn asks(row: &DriverRow, driver: &DriverName) -> bool {
    row.mac_needs_rebind && row.mac_needs_pf_up && row.vf_driver == Some(driver.as_str())
}

/// Returns the address that the spec gives a VF and this driver asks the PF for.
fn asked_for(context: &PfContext<'_>, index: VfIndex, driver: &DriverName) -> Option<MacAddress> {
    if !asks(context.row, driver) || !pf_answers(context) || context.life(index) == Life::LeftAlone {
        return None;
    }
    match context.desired.vfs.get(&index)?.attributes.get(VfAttribute::MacAddress)?.value {
        Setting::Value(VfValue::Mac(mac)) if mac != MacAddress::ZERO => Some(mac),
        Setting::Value(_) | Setting::Default => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use vfctl_model::AttributeValue;
    use vfctl_port::Phase;

    use super::*;
    use crate::sample::{self, Sample};

    const ASKED: &str = "02:00:00:00:00:21";
    const MADE_UP: &str = "06:11:22:33:44:55";

    /// Returns the phases of the steps where VF 0 is to have an address that its PF has set, and what the last step ends in.
    fn steps(change: impl Fn(&mut Value)) -> (Vec<Phase>, Vec<String>) {
        let mut host = sample::host();
        let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
        pf["netdev"] =
            json!({"name": "eth0", "mac": "02:00:00:00:00:01", "mtu": 1500, "up": true, "carrier": true});
        pf["vfs"]["0"]["attributes"]["macAddress"] = json!(ASKED);
        pf["vfs"]["0"]["netdev"] = json!({"name": "eth0v0", "mac": MADE_UP, "mtu": 1500, "up": false});
        change(pf);
        let mac = VfValue::Mac(ASKED.parse().expect("an address"));
        let attribute = AttributeValue::new(VfAttribute::MacAddress, mac);
        let diff = sample::diff(host, Sample { count: Some(1), attribute, ..Sample::default() });
        let ends = diff.steps.last().map(|step| step.ends.iter().map(ToString::to_string).collect());
        (diff.steps.iter().map(|step| step.phase).collect(), ends.unwrap_or_default())
    }

    #[test]
    fn vf_whose_interface_has_another_address_meets_its_driver_again() {
        let (phases, ends) = steps(|_| {});
        assert_eq!(phases, [Phase::Unbind, Phase::Bind]);
        assert!(ends.iter().any(|end| end.contains(&format!("interfaceMac is {ASKED}"))), "{ends:?}");
    }

    #[test]
    fn address_that_is_right_or_that_somebody_else_sets_is_left() {
        let port = json!([{"use": "port", "master": {"name": "bond0", "kind": "bond"}}]);
        for change in [
            &|pf: &mut Value| pf["vfs"]["0"]["netdev"]["mac"] = json!(ASKED),
            &|pf: &mut Value| pf["vfs"]["0"]["uses"] = port.clone(),
            // The PF would give no answer.
            &|pf: &mut Value| pf["netdev"]["up"] = json!(false),
            &|pf: &mut Value| pf["vfs"]["0"]["driver"] = json!("vfio-pci"),
        ] as [&dyn Fn(&mut Value); 4]
        {
            assert_eq!(steps(change).0, []);
        }
    }
}
