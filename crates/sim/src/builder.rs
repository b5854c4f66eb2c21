//! Builds small hosts for tests.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{
    AttributeValue, DeviceAddress, DriverName, HostName, InterfaceName, ModuleName, PciId, Toggle, VfIndex,
};
use vfctl_port::{
    Action, AdminState, Binding, ClaimValue, HostFacts, IommuFacts, IommuGroup, OwnershipRecord, PfFacts,
    PfNetdev, Property, PropertyMap, SystemFacts, Target,
};

use crate::drivers::{Interface, row_of};
use crate::host::SimHost;
use crate::naming;
use crate::perform;
use crate::rules::{bus, count};
use crate::world::SimWorld;

/// A PF of a host that is built for a test.
#[derive(Debug, Clone)]
pub struct PfSeed {
    /// The PF's driver; `None` for a PF that no driver holds.
    pub driver: Option<DriverName>,
    /// The highest count of VFs.
    pub total: u16,
    /// The PF's interface; `None` for `ethN`, counted over all PFs.
    pub interface: Option<InterfaceName>,
    /// Whether the interface is set up.
    pub admin: AdminState,
    /// The MTU of the interface in bytes.
    pub mtu: u32,
    /// How many VFs there are.
    pub vf_count: u16,
    /// Whether VFs have their default driver.
    pub autoprobe: Toggle,
    /// VFs with another driver than the default one.
    pub vf_drivers: BTreeMap<VfIndex, DriverName>,
    /// The attributes that VFs were given; one that the PF's driver refuses stays as it was.
    pub attributes: Vec<(VfIndex, AttributeValue)>,
}

impl PfSeed {
    /// Returns a PF of this driver that is up and has no VFs yet; `total` is the highest count.
    pub fn new(driver: DriverName, total: u16) -> Self {
        Self { driver: Some(driver), total, ..Self::default() }
    }
}

impl Default for PfSeed {
    fn default() -> Self {
        Self {
            driver: None,
            total: 8,
            interface: None,
            admin: AdminState::Up,
            mtu: 1500,
            vf_count: 0,
            autoprobe: Toggle::On,
            vf_drivers: BTreeMap::new(),
            attributes: Vec::new(),
        }
    }
}

/// A host that is being built.
#[derive(Debug, Clone)]
pub struct Builder {
    name: HostName,
    iommu: Toggle,
    unsafe_noiommu: bool,
    modules: BTreeSet<ModuleName>,
    pfs: Vec<PfSeed>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            name: HostName::localhost(),
            iommu: Toggle::On,
            unsafe_noiommu: false,
            modules: BTreeSet::new(),
            pfs: Vec::new(),
        }
    }
}

impl Builder {
    /// Names the host; it is `localhost` where nothing is said.
    pub fn name(mut self, name: HostName) -> Self {
        self.name = name;
        self
    }

    /// Says whether the IOMMU is on; it is where nothing is said.
    pub fn iommu(mut self, iommu: Toggle) -> Self {
        self.iommu = iommu;
        self
    }

    /// Lets vfio take VFs without IOMMU, too (`enable_unsafe_noiommu_mode`).
    pub fn unsafe_noiommu(mut self) -> Self {
        self.unsafe_noiommu = true;
        self
    }

    /// Adds a loaded module.
    pub fn module(mut self, module: ModuleName) -> Self {
        self.modules.insert(module);
        self
    }

    /// Adds a PF: the first is `pci/0000:01:00.0` or `netdevsim/netdevsim1`, and so on.
    pub fn pf(mut self, seed: PfSeed) -> Self {
        self.pfs.push(seed);
        self
    }

    /// Returns the host, settled.
    pub fn build(self) -> SimHost {
        SimHost::new(self.name.clone(), self.world())
    }

    /// Returns the host's world, settled.
    pub fn world(self) -> SimWorld {
        let Self { name: _, iommu, unsafe_noiommu, modules, pfs } = self;
        let seeds: Vec<(DeviceAddress, PfSeed)> = pfs
            .into_iter()
            .zip(1..)
            .filter_map(|(seed, number)| Some((address(&seed, number)?, seed)))
            .collect();
        let physical_functions: BTreeMap<_, _> = seeds
            .iter()
            .zip(0..)
            .map(|((address, seed), number)| (address.clone(), facts(address, seed, number, iommu)))
            .collect();
        let groups = physical_functions.values().filter(|pf| pf.iommu_group.is_some()).count();
        let mut world = SimWorld::new(HostFacts {
            system: SystemFacts {
                kernel: "6.12.0".to_owned(),
                iommu: IommuFacts {
                    groups: u32::try_from(groups).unwrap_or(u32::MAX),
                    kinds: (groups > 0).then(|| "DMA-FQ".to_owned()).into_iter().collect(),
                    unsafe_noiommu,
                },
                modules,
                ..SystemFacts::default()
            },
            physical_functions,
            links: BTreeMap::new(),
            pci_functions: None,
            record: OwnershipRecord::default(),
            unread: Vec::new(),
        });
        for (address, seed) in seeds {
            populate(&mut world, &address, seed);
        }
        world
    }
}

/// Returns the address of the PF with this number, from 1.
fn address(seed: &PfSeed, number: u32) -> Option<DeviceAddress> {
    if seed.driver.as_ref().is_some_and(|driver| driver.as_str() == "netdevsim") {
        return Some(DeviceAddress::Netdevsim(number));
    }
    format!("pci/0000:{number:02x}:00.0").parse().ok()
}

/// Returns the facts of a PF without VFs; `number` counts from 0.
fn facts(address: &DeviceAddress, seed: &PfSeed, number: u32, iommu: Toggle) -> PfFacts {
    let row = row_of(seed.driver.as_ref());
    let on_pci = address.pci().is_some();
    let default_name = || format!("eth{number}").parse().ok();
    let name = seed
        .interface
        .clone()
        .or_else(default_name)
        .filter(|_| row.interface == Interface::Always && seed.driver.is_some());
    let mac = naming::own_mac(address, VfIndex(0), 0);
    let is_up = seed.admin == AdminState::Up;
    let (offset, stride) = row.routing;
    let vf_default_driver = row.vf_driver.and_then(|driver| driver.parse().ok());
    let group = IommuGroup { number, kind: Some("DMA-FQ".to_owned()), siblings: BTreeSet::new() };
    let mut properties = PropertyMap::default();
    for (property, value) in bus::fresh(address, row) {
        properties.note(property, value);
    }
    if on_pci {
        properties.note(Property::DriversAutoprobe, ClaimValue::Flag(seed.autoprobe == Toggle::On));
    }
    PfFacts {
        class: on_pci.then_some(row.class),
        vendor: on_pci.then_some(PciId(0x8086)),
        device: on_pci.then_some(PciId(0x10c9)),
        driver: seed.driver.clone(),
        total_vfs: Some(seed.total),
        vf_offset: on_pci.then_some(offset),
        vf_stride: on_pci.then_some(stride),
        vf_device: on_pci.then_some(PciId(0x10ca)),
        iommu_group: (on_pci && iommu == Toggle::On).then_some(group),
        vf_default_driver: vf_default_driver.filter(|_| on_pci),
        netdev: name.map(|name| PfNetdev {
            name,
            altnames: BTreeSet::new(),
            mac,
            permanent_mac: Some(mac),
            mtu: seed.mtu,
            max_mtu: Some(if on_pci { 9216 } else { 65_535 }),
            up: is_up,
            carrier: is_up,
            speed: row.speed,
            master: None,
            addresses: BTreeSet::new(),
            default_route: false,
            uppers_elsewhere: Default::default(),
        }),
        properties,
        ..PfFacts::default()
    }
}

/// Gives a PF its VFs by the kernel's own rules.
fn populate(world: &mut SimWorld, address: &DeviceAddress, seed: PfSeed) {
    let count = seed.vf_count.min(seed.total);
    if count > 0 {
        // As the driver makes them, also where it takes no count.
        let _refused = count::make(world, address, count);
        world.settle();
    }
    let interface =
        world.facts.physical_functions.get(address).and_then(|pf| pf.netdev.clone()).map(|n| n.name);
    if let Some(interface) = interface {
        for (vf, value) in seed.attributes {
            let target = Target::VfThroughPf(address.clone(), interface.clone(), vf);
            perform_settled(world, target, Action::SetVfAttribute(value));
        }
    }
    for (vf, driver) in seed.vf_drivers {
        let Some(function) = world.facts.physical_functions.get(address).and_then(|pf| pf.vfs.get(&vf)?.pci)
        else {
            continue;
        };
        world.facts.system.modules.insert(driver.module());
        let target = Target::Function(address.clone(), vf, function);
        let binding = Binding { driver, override_after: None };
        for action in [Action::UnbindDriver, Action::BindDriver(binding)] {
            perform_settled(world, target.clone(), action);
        }
    }
}

/// Does something by hand and lets it settle. What is refused changes nothing: an attribute that the driver does not
/// take stays as it was, a VF without driver has none to be taken from, and vfio takes no VF without IOMMU group.
fn perform_settled(world: &mut SimWorld, target: Target, action: Action) {
    let _refused = perform::by_hand(world, target, action);
    world.settle();
}
