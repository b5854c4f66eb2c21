//! Short words for hosts and ops that many tests say.

use std::time::Duration;

use vfctl_model::{DeviceAddress, RawReading, Shape, Toggle, VfAttribute, VfIndex, VfSetting, VfValue};
use vfctl_port::{Observe, Op, Outcome, Perform, PfFacts, VfFacts};
use vfctl_sim::{Errno, Hand, PfSeed, SimHost};

pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Returns a host with one PF of this driver called `eth0`, up and with so many VFs.
pub(crate) fn host(driver: &str, vf_count: u16) -> SimHost {
    let seed = PfSeed { vf_count, ..PfSeed::new(driver.parse().unwrap(), 7) };
    SimHost::builder().module("vfio_pci".parse().unwrap()).pf(seed).build()
}

/// Returns the address of the first PF of its bus.
pub(crate) fn address(host: &SimHost) -> DeviceAddress {
    host.observe_host().unwrap().physical_functions.into_keys().next().unwrap()
}

pub(crate) fn pf(host: &SimHost) -> PfFacts {
    host.observe_host().unwrap().physical_functions.into_values().next().unwrap()
}

pub(crate) fn vf(host: &SimHost, index: u16) -> VfFacts {
    pf(host).vfs[&VfIndex(index)].clone()
}

pub(crate) fn perform(host: &SimHost, op: Op) -> Outcome {
    host.perform(&[op], LIMIT).pop().unwrap()
}

pub(crate) fn hand(host: &SimHost, line: &str) -> Result<(), Option<i32>> {
    host.by_hand(&Hand::parse(line).unwrap()).map_err(|error| error.errno)
}

pub(crate) fn by_hand(host: &SimHost, line: &str) {
    host.by_hand(&Hand::parse(line).unwrap()).unwrap_or_else(|error| panic!("{line}: {error}"));
}

pub(crate) fn set_count(host: &SimHost, count: u16) -> Outcome {
    perform(host, Op::SetVfCount { pf: address(host), count })
}

pub(crate) fn set_vf(host: &SimHost, index: u16, attribute: VfAttribute, value: &str) -> Outcome {
    let value = VfValue::parse(attribute.row().shape, value).unwrap();
    let setting = VfSetting::new(attribute, value).unwrap();
    let interface = "eth0".parse().unwrap();
    perform(host, Op::SetVf { pf: address(host), interface, vf: VfIndex(index), setting })
}

pub(crate) fn unbind(host: &SimHost, index: u16) -> Outcome {
    let device = device(host, index);
    perform(host, Op::UnbindDriver { pf: address(host), vf: VfIndex(index), device })
}

pub(crate) fn bind(host: &SimHost, index: u16, driver: &str) -> Outcome {
    let (device, driver) = (device(host, index), driver.parse().unwrap());
    perform(
        host,
        Op::BindDriver { pf: address(host), vf: VfIndex(index), device, driver, override_after: None },
    )
}

pub(crate) fn probe(host: &SimHost, index: u16) -> Outcome {
    let device = device(host, index);
    perform(host, Op::ProbeDriver { pf: address(host), vf: VfIndex(index), device })
}

pub(crate) fn set_autoprobe(host: &SimHost, autoprobe: Toggle) -> Outcome {
    perform(host, Op::SetDriversAutoprobe { pf: address(host), autoprobe })
}

/// Returns the address that the VF has or will have.
fn device(host: &SimHost, index: u16) -> vfctl_model::PciAddress {
    pf(host).vf_address(address(host).pci(), VfIndex(index)).unwrap()
}

/// Returns the reading of an attribute as text.
pub(crate) fn reading(host: &SimHost, index: u16, attribute: VfAttribute) -> String {
    vf(host, index).attributes.0[&attribute].to_string()
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
