//! The devices of a host as the plugin sees them: as they are, and as they will be once the documents are applied.

use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, DriverName, InterfaceName, PciAddress, PciClass, VfIndex};
use vfctl_port::{HostFacts, NoInterface, PciFunctions, PfFacts, Property, Use, VfFacts};

use super::simulator::{Device, Devices, Fact, Interface, Role};
use crate::DesiredPf;
use crate::binding::{self, DriverChoice};
use crate::context::PfContext;
use crate::count::autoprobe_at_end;
use crate::fate::{DriverFate, VfFate};
use crate::lane::HostContext;

/// What facts of before lack.
const OLD_FACTS: &str = "these facts were recorded by an older version, which did not read it";

/// The link type of Ethernet.
const ETHER: &str = "ether";

/// Returns the devices as they are.
pub(super) fn of_host(host: &HostFacts) -> Devices {
    let mut found = plain(host);
    for (address, pf) in &host.physical_functions {
        let Some(address) = address.pci() else { continue };
        let count = pf.vf_count;
        found.known.push(of_pf(host, address, pf, count));
        let vfs = pf.vfs.iter().filter_map(|(index, vf)| Some((*index, vf.pci?, State::now(host, pf, vf))));
        let vfs: Vec<_> = vfs.collect();
        found.known.extend(vfs.into_iter().map(|vf| of_vf(address, pf, vf)));
    }
    in_order(found)
}

/// Returns the devices as they will be once these PFs are as they should be.
pub(super) fn after(context: &HostContext<'_>, pfs: &BTreeMap<DeviceAddress, DesiredPf>) -> Devices {
    let host = context.host;
    let mut found = plain(host);
    for (device, pf) in &host.physical_functions {
        let Some(address) = device.pci() else { continue };
        let Some(desired) = pfs.get(device) else {
            found.known.push(of_pf(host, address, pf, pf.vf_count));
            let now = |(index, vf): (&VfIndex, &VfFacts)| Some((*index, vf.pci?, State::now(host, pf, vf)));
            let vfs: Vec<_> = pf.vfs.iter().filter_map(now).collect();
            found.known.extend(vfs.into_iter().map(|vf| of_vf(address, pf, vf)));
            continue;
        };
        let context = PfContext::new(context, pf, desired);
        found.known.push(of_pf(host, address, pf, context.count));
        for (index, fate) in context.fates() {
            match context.vf_address(index) {
                Some(vf) => {
                    let state = State::after(&context, index, fate);
                    found.known.push(of_vf(address, pf, (index, vf, state)));
                }
                None => {
                    found.hidden_vfs =
                        Some(format!("the addresses of VFs of {device} are not known before there are some"));
                }
            }
        }
    }
    in_order(found)
}

fn in_order(mut found: Devices) -> Devices {
    found.known.sort_by_key(|device| device.address);
    found.known.dedup_by_key(|device| device.address);
    found
}

/// Returns the functions that have no SR-IOV.
fn plain(host: &HostFacts) -> Devices {
    let Some(functions) = &host.pci_functions else {
        let why = format!("devices without SR-IOV: {OLD_FACTS}");
        return Devices { perhaps_more: Some(why), ..Devices::default() };
    };
    let known = functions.others.iter().map(|(address, facts)| {
        let interface = facts.interface.as_ref().map(|_| Interface {
            link_type: Fact::known_or(facts.link_type.clone(), "its link type is not among the known ones"),
        });
        Device {
            address: *address,
            class: Fact::known_or(facts.class, "its PCI class could not be read"),
            vendor: Fact::known_or(facts.vendor, "its vendor could not be read"),
            device: Fact::known_or(facts.device, "its PCI id could not be read"),
            driver: Fact::Known(facts.driver.clone()),
            role: Role::Plain,
            interface: Fact::Known(interface),
            has_default_route: Fact::Known(routes(functions, facts.interface.as_ref())),
            has_rdma: Fact::Known(functions.rdma_devices.contains_key(address)),
        }
    });
    Devices { known: known.collect(), ..Devices::default() }
}

fn routes(functions: &PciFunctions, interface: Option<&InterfaceName>) -> bool {
    interface.is_some_and(|name| functions.ipv4_default_routes.contains(name))
}

fn of_pf(host: &HostFacts, address: PciAddress, pf: &PfFacts, count: u16) -> Device {
    let has_default_route = match (&host.pci_functions, &pf.netdev) {
        (Some(functions), netdev) => {
            Fact::Known(routes(functions, netdev.as_ref().map(|netdev| &netdev.name)))
        }
        (None, Some(netdev)) if netdev.default_route => {
            Fact::Unknown(format!("its default route's family: {OLD_FACTS}"))
        }
        (None, _) => Fact::Known(false),
    };
    let interface = match own_interface(pf) {
        Fact::Known(Some(_)) => Fact::Known(Some(ether())),
        Fact::Known(None) => Fact::Known(None),
        Fact::Unknown(why) => Fact::Unknown(why),
    };
    Device {
        address,
        class: Fact::known_or(pf.class, "its PCI class could not be read"),
        vendor: Fact::known_or(pf.vendor, "its vendor could not be read"),
        device: Fact::known_or(pf.device, "its PCI id could not be read"),
        driver: Fact::Known(pf.driver.clone()),
        role: Role::Pf(count),
        interface,
        has_default_route,
        has_rdma: rdma(host, address, pf.driver.as_ref()),
    }
}

fn ether() -> Interface {
    Interface { link_type: Fact::Known(ETHER.to_owned()) }
}

/// Returns the PF's interface by which the plugin knows its VFs: with an embedded switch the uplink, and otherwise the first
/// by name (`GetPfName`, pkg/utils/utils.go). Altnames are not looked at.
fn own_interface(pf: &PfFacts) -> Fact<Option<InterfaceName>> {
    if let Some(netdev) = &pf.netdev {
        let is_switchdev = pf.properties.name(Property::EswitchMode) == Some("switchdev");
        let others = pf.other_interfaces.iter().filter(|_| !is_switchdev);
        return Fact::Known(others.chain([&netdev.name]).min().cloned());
    }
    match pf.no_interface() {
        Some(NoInterface::Hidden) => Fact::Unknown("the PF's interface cannot be seen from here".to_owned()),
        Some(NoInterface::NotEthernet) => {
            Fact::Unknown("this version does not read interfaces of InfiniBand".to_owned())
        }
        Some(NoInterface::OnlyWithVfs) => {
            Fact::Unknown("the PF has an interface only with VFs, and its name is not known yet".to_owned())
        }
        Some(NoInterface::NoDriver | NoInterface::UserSpace | NoInterface::NoNetworkCard) | None => {
            Fact::Known(None)
        }
    }
}

fn rdma(host: &HostFacts, address: PciAddress, driver: Option<&DriverName>) -> Fact<bool> {
    match &host.pci_functions {
        _ if driver.is_none_or(DriverName::is_for_user_space) => Fact::Known(false),
        Some(functions) => Fact::Known(functions.rdma_devices.contains_key(&address)),
        None => Fact::Unknown(format!("RDMA devices: {OLD_FACTS}")),
    }
}

/// What can differ before and after.
struct State {
    driver: Fact<Option<DriverName>>,
    interface: Fact<Option<Interface>>,
    has_default_route: Fact<bool>,
    has_rdma: Fact<bool>,
}

impl State {
    /// Returns the state of a VF as it is.
    fn now(host: &HostFacts, pf: &PfFacts, vf: &VfFacts) -> Self {
        let unseen = vf.uses.iter().find(|one| matches!(one, Use::CouldNotLook { .. }));
        let interface = match (&vf.netdev, unseen) {
            (Some(_), _) => Fact::Known(Some(ether())),
            (None, Some(why)) => Fact::Unknown(why.to_string()),
            (None, None) if vf.driver.as_ref().is_none_or(DriverName::is_for_user_space) => Fact::Known(None),
            (None, None) if pf.class.is_some_and(PciClass::is_infiniband) => {
                Fact::Unknown("this version does not read interfaces of InfiniBand".to_owned())
            }
            (None, None) => Fact::Known(None),
        };
        let name = vf.netdev.as_ref().map(|netdev| &netdev.name);
        let own_route = |one: &Use| matches!(one, Use::DefaultRoute { interface } if Some(interface) == name);
        let has_default_route = match &host.pci_functions {
            Some(functions) => Fact::Known(routes(functions, name)),
            None if vf.uses.iter().any(own_route) => {
                Fact::Unknown(format!("its default route's family: {OLD_FACTS}"))
            }
            None => Fact::Known(false),
        };
        let has_rdma = vf.pci.map_or(Fact::Known(false), |address| rdma(host, address, vf.driver.as_ref()));
        Self { driver: Fact::Known(vf.driver.clone()), interface, has_default_route, has_rdma }
    }

    /// Returns the state of a VF once it is as it should be. An interface that comes anew has no route yet.
    fn after(context: &PfContext<'_>, index: VfIndex, fate: &VfFate) -> Self {
        let PfContext { host, facts, .. } = *context;
        let kept = context.kept_vf(index);
        if let Some(vf) = kept.filter(|_| fate.driver == DriverFate::Keep) {
            return Self::now(host.host, facts, vf);
        }
        let chosen = || {
            let why = "which driver the kernel gives the VF is not known";
            Fact::known_or(binding::default_driver(context).map(Some), why)
        };
        let wanted = context.desired.vfs.get(&index).and_then(|vf| vf.driver.as_ref());
        let wants_none = wanted.is_some_and(|wanted| wanted.value == DriverChoice::None);
        let driver = match &fate.driver {
            DriverFate::Bind { driver, .. } => Fact::Known(Some(driver.clone())),
            DriverFate::Unbind => Fact::Known(None),
            DriverFate::Probe { .. } => chosen(),
            DriverFate::Keep if fate.gets_driver => chosen(),
            DriverFate::Keep if !wants_none && autoprobe_at_end(context).is_none() => {
                Fact::Unknown("whether the kernel gives new VFs a driver could not be read".to_owned())
            }
            DriverFate::Keep => Fact::Known(None),
        };
        let has_interface = match &driver {
            Fact::Known(driver) => !driver.as_ref().is_none_or(DriverName::is_for_user_space),
            Fact::Unknown(_) => true,
        };
        let interface = match (&driver, facts.netdev.is_some()) {
            (Fact::Known(_), _) if !has_interface => Fact::Known(None),
            (Fact::Known(_), true) => Fact::Known(Some(ether())),
            _ => Fact::Unknown("the VF has no driver yet".to_owned()),
        };
        let has_rdma = if has_interface {
            Fact::Unknown("whether the VF will have an RDMA device shows only then".to_owned())
        } else {
            Fact::Known(false)
        };
        Self { driver, interface, has_default_route: Fact::Known(false), has_rdma }
    }
}

/// Returns the device of a VF. Its vendor and class are its PF's (`pci_iov_add_virtfn`, drivers/pci/iov.c).
fn of_vf(
    pf_address: PciAddress,
    pf: &PfFacts,
    (index, address, state): (VfIndex, PciAddress, State),
) -> Device {
    let State { driver, interface, has_default_route, has_rdma } = state;
    Device {
        address,
        class: Fact::known_or(pf.class, "its PCI class could not be read"),
        vendor: Fact::known_or(pf.vendor, "its vendor could not be read"),
        device: Fact::known_or(pf.vf_device, "the PCI id of the PF's VFs could not be read"),
        driver,
        role: Role::Vf { pf: pf_address, pf_name: own_interface(pf), index },
        interface,
        has_default_route,
        has_rdma,
    }
}
