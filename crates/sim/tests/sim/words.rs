//! Short words for hosts and ops that many tests say.

use std::time::Duration;

use vfctl_model::{AttributeValue, DeviceAddress, RawReading, Shape, Toggle, VfAttribute, VfIndex, VfValue};
use vfctl_port::{
    Action, Binding, Bounds, HostFacts, Observe, Observed, Op, Outcome, Perform, PfFacts, Target, VfFacts,
    What,
};
use vfctl_sim::{Errno, Hand, PfSeed, SimHost};

pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Returns a host with one PF of this driver called `eth0`, up and with so many VFs.
pub(crate) fn host(driver: &str, vf_count: u16) -> SimHost {
    let seed = PfSeed { vf_count, ..PfSeed::new(driver.parse().unwrap(), 7) };
    SimHost::builder().module("vfio_pci".parse().unwrap()).pf(seed).build()
}

/// Reads the whole host.
pub(crate) fn facts(host: &SimHost) -> HostFacts {
    match host.observe(&host.scope(), &What::Whole, LIMIT).unwrap() {
        Observed::Host(facts) => *facts,
        other => panic!("{other:?}"),
    }
}

/// Reads one PF alone.
pub(crate) fn pf_alone(host: &SimHost, pf: &DeviceAddress) -> Option<PfFacts> {
    match host.observe(&host.scope(), &What::Pf(pf.clone()), LIMIT).unwrap() {
        Observed::Pf(read, facts) if read == *pf => facts.map(|facts| *facts),
        other => panic!("{other:?}"),
    }
}

/// Returns the address of the first PF of its bus.
pub(crate) fn address(host: &SimHost) -> DeviceAddress {
    facts(host).physical_functions.into_keys().next().unwrap()
}

pub(crate) fn pf(host: &SimHost) -> PfFacts {
    facts(host).physical_functions.into_values().next().unwrap()
}

pub(crate) fn vf(host: &SimHost, index: u16) -> VfFacts {
    pf(host).vfs[&VfIndex(index)].clone()
}

pub(crate) fn perform_all(host: &SimHost, ops: &[Op]) -> Vec<Outcome> {
    host.perform(&host.scope(), ops, Bounds::only(LIMIT))
}

pub(crate) fn perform(host: &SimHost, op: Op) -> Outcome {
    perform_all(host, &[op]).pop().unwrap()
}

/// Returns an op on the PF's device.
pub(crate) fn on_pf(host: &SimHost, action: Action) -> Op {
    Op { target: Target::Pf(address(host)), action }
}

/// Returns an op on the PF's interface `eth0`.
pub(crate) fn on_eth0(host: &SimHost, action: Action) -> Op {
    Op { target: Target::PfInterface(address(host), "eth0".parse().unwrap()), action }
}

/// Returns an op on a VF through the PF's interface `eth0`.
pub(crate) fn through_eth0(host: &SimHost, index: u16, value: AttributeValue) -> Op {
    let target = Target::VfThroughPf(address(host), "eth0".parse().unwrap(), VfIndex(index));
    Op { target, action: Action::SetVfAttribute(value) }
}

/// Returns an op on the PCI function that a VF has or will have.
pub(crate) fn on_vf(host: &SimHost, index: u16, action: Action) -> Op {
    let pf = address(host);
    let function = self::pf(host).vf_address(pf.pci(), VfIndex(index)).unwrap();
    Op { target: Target::Function(pf, VfIndex(index), function), action }
}

pub(crate) fn bind_to(driver: &str) -> Action {
    Action::BindDriver(Binding { driver: driver.parse().unwrap(), override_after: None })
}

pub(crate) fn hand(host: &SimHost, line: &str) -> Result<(), Option<i32>> {
    host.by_hand(&Hand::parse(line).unwrap()).map_err(|error| error.errno)
}

pub(crate) fn by_hand(host: &SimHost, line: &str) {
    host.by_hand(&Hand::parse(line).unwrap()).unwrap_or_else(|error| panic!("{line}: {error}"));
}

/// Writes the count of VFs: 0 removes them.
pub(crate) fn set_count(host: &SimHost, count: u16) -> Outcome {
    let action = if count == 0 { Action::RemoveVfs } else { Action::CreateVfs(count) };
    perform(host, on_pf(host, action))
}

pub(crate) fn set_vf(host: &SimHost, index: u16, attribute: VfAttribute, value: &str) -> Outcome {
    let value = VfValue::parse(attribute.row().shape, value).unwrap();
    perform(host, through_eth0(host, index, AttributeValue::new(attribute, value).unwrap()))
}

pub(crate) fn unbind(host: &SimHost, index: u16) -> Outcome {
    perform(host, on_vf(host, index, Action::UnbindDriver))
}

pub(crate) fn bind(host: &SimHost, index: u16, driver: &str) -> Outcome {
    perform(host, on_vf(host, index, bind_to(driver)))
}

pub(crate) fn probe(host: &SimHost, index: u16) -> Outcome {
    perform(host, on_vf(host, index, Action::ProbeDriver))
}

pub(crate) fn set_autoprobe(host: &SimHost, autoprobe: Toggle) -> Outcome {
    perform(host, on_pf(host, Action::SetDriversAutoprobe(autoprobe)))
}

/// Returns the reading of an attribute.
pub(crate) fn raw(host: &SimHost, index: u16, attribute: VfAttribute) -> RawReading {
    vf(host, index).attributes.0.remove(attribute).unwrap()
}

/// Returns the reading of an attribute as text.
pub(crate) fn reading(host: &SimHost, index: u16, attribute: VfAttribute) -> String {
    raw(host, index, attribute).to_string()
}

pub(crate) fn refused(outcome: &Outcome) -> Option<Errno> {
    match outcome {
        Outcome::Refused(error) => error.errno.map(Errno),
        _ => None,
    }
}

/// Returns a value of this shape that is no factory value and that every driver takes, `None` where there is
/// none; `index` makes MACs differ.
pub(crate) fn other_value(attribute: VfAttribute, index: u16) -> VfValue {
    let text = match attribute.row().shape {
        Shape::Mac => format!("02:00:00:00:01:{index:02x}"),
        Shape::Vlan => "100 qos 3".to_owned(),
        Shape::Rate => "max 500".to_owned(),
        Shape::LinkState => "disable".to_owned(),
        Shape::Toggle if attribute.factory() == VfValue::Toggle(Toggle::On) => "off".to_owned(),
        Shape::Toggle => "on".to_owned(),
    };
    VfValue::parse(attribute.row().shape, &text).unwrap()
}

pub(crate) fn is_value(raw: &RawReading, value: VfValue) -> bool {
    *raw == RawReading::Value(value)
}
