//! Random hosts and random wishes, with what the host should look like in the end.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vfctl_kinds::document::{API_VERSION, Body, KIND, Metadata, SriovConfig};
use vfctl_kinds::pf::{CountSpec, ExpectSpec, Matcher, OnUnsupported, PciMatch, PfSpec, VfsSpec};
use vfctl_kinds::setting::Setting;
use vfctl_kinds::system::SystemSpec;
use vfctl_kinds::vf::{AttributeSpec, DriverSpec, MacSource, VfGroup, VfSettings};
use vfctl_model::{
    DeviceAddress, LinkStateSetting, MacAddress, Mbps, Mtu, RateLimits, Shape, Toggle, VfAttribute, VfIndex,
    VfSet, VfSetting, VfValue, VlanProtocol, VlanTag,
};
use vfctl_port::{AdminState, HostFacts, Observe};
use vfctl_sim::{PfSeed, SimHost, SimWorld};

/// A host and what it should look like.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The PFs.
    pub(crate) pfs: Vec<PfCase>,
    /// Whether vfio-pci is loaded from the start.
    pub(crate) vfio_loaded: bool,
    /// Whether the spec names a module.
    pub(crate) names_module: bool,
}

/// A PF and what it should look like.
#[derive(Debug, Clone)]
pub(crate) struct PfCase {
    driver: &'static str,
    up: bool,
    /// Whether it is set down once it has its VFs.
    then_down: bool,
    mtu: u32,
    vf_count: u16,
    autoprobe: Toggle,
    vfio: bool,
    settings: Vec<(u16, VfAttribute, VfValue)>,
    /// What is asked for.
    pub(crate) wish: Wish,
}

/// What is asked of a PF.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// The count.
    pub(crate) count: Option<u16>,
    /// Up or down.
    pub(crate) admin: Option<AdminState>,
    /// The MTU.
    pub(crate) mtu: Option<u32>,
    autoprobe: Option<Toggle>,
    /// What holds for all VFs.
    pub(crate) all: Settings,
    /// What holds for VFs 0 to 1, over `all`.
    pub(crate) low: Settings,
    /// What holds for VFs 2 to 3, over `all`.
    pub(crate) high: Settings,
}

/// What is asked of some VFs.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The attributes; `None` is `default`.
    pub(crate) attributes: BTreeMap<VfAttribute, Option<VfValue>>,
    macs: Option<u8>,
    /// The driver.
    pub(crate) driver: Option<DriverSpec>,
    mtu: Option<u32>,
}

const DRIVERS: &[&str] = &["igb", "igb", "netdevsim", "ixgbe", "i40e", "ice", "mlx5_core", "bnxt_en", "nvme"];

/// A driver that nobody has a row for.
const UNKNOWN_DRIVER: &str = "qede";

/// How many VFs a PF offers.
const TOTAL: u16 = 7;

fn toggles() -> impl Strategy<Value = Toggle> {
    prop_oneof![Just(Toggle::On), Just(Toggle::Off)]
}

/// Returns values of an attribute's shape.
fn values(attribute: VfAttribute) -> BoxedStrategy<VfValue> {
    match attribute.row().shape {
        Shape::Mac => {
            any::<[u8; 3]>().prop_map(|[a, b, c]| VfValue::Mac(MacAddress::new([2, 1, 9, a, b, c]))).boxed()
        }
        Shape::Toggle => toggles().prop_map(VfValue::Toggle).boxed(),
        Shape::LinkState => {
            let all = [LinkStateSetting::Auto, LinkStateSetting::Enable, LinkStateSetting::Disable];
            proptest::sample::select(all.to_vec()).prop_map(VfValue::LinkState).boxed()
        }
        Shape::Vlan => (0u64..=4094, 0u64..=7, any::<bool>())
            .prop_map(|(id, qos, ad)| {
                let qos = if id == 0 { 0 } else { qos };
                let protocol = if ad && id > 0 { VlanProtocol::Dot1Ad } else { VlanProtocol::Dot1Q };
                let (id, qos) = (id.try_into().unwrap(), qos.try_into().unwrap());
                VfValue::Vlan(VlanTag { id, qos, protocol })
            })
            .boxed(),
        Shape::Rate => (0u32..500, prop_oneof![1 => 1u32..=10, 5 => 500u32..=1000])
            .prop_map(|(min, max)| VfValue::Rate(RateLimits { min: Mbps(min.min(max)), max: Mbps(max) }))
            .boxed(),
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    let attribute = |attribute: VfAttribute| {
        let value = prop_oneof![1 => Just(None), 4 => values(attribute).prop_map(Some)];
        proptest::option::weighted(0.3, value).prop_map(move |value| value.map(|value| (attribute, value)))
    };
    let attributes: Vec<_> =
        VfAttribute::ALL.iter().filter(|a| a.row().shareable).map(|a| attribute(*a).boxed()).collect();
    let drivers = prop_oneof![
        2 => Just(DriverSpec::Named("vfio-pci".parse().unwrap())),
        1 => Just(DriverSpec::Default),
        1 => Just(DriverSpec::None)
    ];
    (
        attributes,
        proptest::option::weighted(0.4, any::<u8>()),
        proptest::option::weighted(0.3, drivers),
        proptest::option::weighted(0.5, 1000u32..=1500),
    )
        .prop_map(|(attributes, macs, driver, mtu)| Settings {
            attributes: attributes.into_iter().flatten().collect(),
            macs,
            driver,
            mtu,
        })
}

fn wishes() -> impl Strategy<Value = Wish> {
    let admin = prop_oneof![3 => Just(AdminState::Up), 1 => Just(AdminState::Down)];
    (
        proptest::option::weighted(0.8, 0..=TOTAL),
        proptest::option::weighted(0.5, admin),
        proptest::option::weighted(0.5, 1500u32..=9000),
        proptest::option::weighted(0.2, toggles()),
        settings(),
        settings(),
        settings(),
    )
        .prop_map(|(count, admin, mtu, autoprobe, all, low, high)| Wish {
            count,
            admin,
            mtu,
            autoprobe,
            all,
            low,
            high,
        })
}

fn pfs(sense: Sense) -> impl Strategy<Value = PfCase> {
    let mut drivers = DRIVERS.to_vec();
    drivers.extend(matches!(sense, Sense::Wild).then_some(UNKNOWN_DRIVER));
    let set = (0..4u16, proptest::sample::select(VfAttribute::ALL))
        .prop_flat_map(|(vf, attribute)| values(attribute).prop_map(move |value| (vf, attribute, value)));
    (
        proptest::sample::select(drivers),
        (proptest::bool::weighted(0.8), proptest::bool::weighted(0.8)),
        prop_oneof![3 => Just(1500u32), 1 => Just(9000u32)],
        0..=TOTAL,
        prop_oneof![4 => Just(Toggle::On), 1 => Just(Toggle::Off)],
        proptest::bool::weighted(0.3),
        proptest::collection::vec(set, 0..6),
        wishes(),
    )
        .prop_map(move |(driver, (up, then_down), mtu, vf_count, autoprobe, vfio, settings, wish)| {
            let pf = PfCase { driver, up, then_down, mtu, vf_count, autoprobe, vfio, settings, wish };
            match sense {
                Sense::Sensible => pf.sensible(),
                Sense::Wild => pf.possible(),
            }
        })
}

/// What may be asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sense {
    /// What the devices can do.
    Sensible,
    /// Anything that a spec may say.
    Wild,
}

/// Returns random cases.
pub(crate) fn cases(sense: Sense) -> impl Strategy<Value = Case> {
    // One wild wish blocks the whole plan, so that several would block nearly all.
    let most = match sense {
        Sense::Sensible => 3,
        Sense::Wild => 1,
    };
    (proptest::collection::vec(pfs(sense), 1..=most), any::<bool>(), proptest::bool::weighted(0.1))
        .prop_map(|(pfs, vfio_loaded, names_module)| Case { pfs, vfio_loaded, names_module })
}

impl PfCase {
    /// Takes out what no device of the kind can have, so that most plans are not blocked.
    fn sensible(mut self) -> Self {
        let on_pci = self.driver != "netdevsim";
        let has_interface = self.driver != "nvme";
        let wish = &mut self.wish;
        let rated =
            [&wish.all, &wish.low, &wish.high].iter().any(|s| s.attributes.contains_key(&VfAttribute::Rate));
        if rated && has_interface {
            wish.admin = Some(AdminState::Up);
            (self.up, self.then_down) = (true, false);
        }
        if !has_interface {
            (wish.admin, wish.mtu) = (None, None);
        }
        if !on_pci {
            wish.autoprobe = None;
        }
        for settings in [&mut wish.all, &mut wish.low, &mut wish.high] {
            if !has_interface {
                (settings.attributes, settings.macs) = (BTreeMap::new(), None);
            }
            // A VLAN that the driver refuses blocks the plan; only netdevsim takes 802.1ad for certain.
            if let Some(Some(VfValue::Vlan(tag))) = settings.attributes.get_mut(&VfAttribute::Vlan)
                && self.driver != "netdevsim"
            {
                tag.protocol = VlanProtocol::Dot1Q;
            }
            if !on_pci {
                settings.driver = None;
            }
            // Only VFs that a network driver surely holds have an interface whose MTU can be set.
            if !on_pci || !has_interface || settings.driver != Some(DriverSpec::Default) {
                settings.mtu = None;
            }
        }
        if self.driver != "igb" {
            wish.all.mtu = None;
        }
        for narrower in [wish.low.driver.clone(), wish.high.driver.clone()] {
            if narrower.is_some_and(|driver| driver != DriverSpec::Default) {
                wish.all.mtu = None;
            }
        }
        self.possible()
    }

    /// Takes out what the host cannot be found with.
    fn possible(mut self) -> Self {
        if self.driver == "nvme" {
            self.settings = Vec::new();
        }
        if self.driver == "netdevsim" {
            (self.autoprobe, self.vfio) = (Toggle::On, false);
        }
        // The simulated bnxt_en cannot have been given VFs while it was down, but may have been set down since.
        let is_bnxt = self.driver == "bnxt_en";
        self.up |= is_bnxt && self.vf_count > 0;
        self.then_down &= is_bnxt;
        self
    }

    /// Returns the PF that the simulator starts with.
    fn seed(&self) -> PfSeed {
        let vfio = (0..self.vf_count.min(2)).map(|index| (VfIndex(index), "vfio-pci".parse().unwrap()));
        PfSeed {
            mtu: self.mtu,
            vf_count: self.vf_count,
            autoprobe: self.autoprobe,
            admin: if self.up { AdminState::Up } else { AdminState::Down },
            vf_drivers: vfio.filter(|_| self.vfio).collect(),
            settings: self
                .settings
                .iter()
                .filter(|(vf, ..)| *vf < self.vf_count)
                .map(|(vf, attribute, value)| (VfIndex(*vf), VfSetting::new(*attribute, *value).unwrap()))
                .collect(),
            ..PfSeed::new(self.driver.parse().unwrap(), TOTAL)
        }
    }

    /// Returns how many VFs there should be in the end.
    pub(crate) fn count(&self) -> u16 {
        self.wish.count.unwrap_or(self.vf_count)
    }

    /// Returns whether every attribute of the device reads back as it was set.
    pub(crate) fn takes_everything(&self) -> bool {
        self.driver == "netdevsim"
    }

    /// Returns what should hold for one VF: the oracle's own way of laying groups over `all`.
    pub(crate) fn settings_of(&self, vf: u16) -> [&Settings; 2] {
        let narrow = match vf {
            0..=1 => &self.wish.low,
            2..=3 => &self.wish.high,
            _ => &self.wish.all,
        };
        [&self.wish.all, narrow]
    }
}

impl Case {
    /// Returns the host.
    pub(crate) fn world(&self) -> SimWorld {
        let builder = self.pfs.iter().fold(SimHost::builder(), |builder, pf| builder.pf(pf.seed()));
        let builder = if self.vfio_loaded { builder.module("vfio_pci".parse().unwrap()) } else { builder };
        let sim = builder.build();
        let host = sim.observe_host().unwrap();
        for (pf, address) in self.pfs.iter().zip(self.addresses(&host)).filter(|(pf, _)| pf.then_down) {
            assert_eq!(pf.driver, "bnxt_en");
            sim.by_hand(&format!("admin {address} down").parse().unwrap()).unwrap();
        }
        sim.into_world()
    }

    /// Returns the PFs' addresses, in their order here.
    pub(crate) fn addresses(&self, host: &HostFacts) -> Vec<DeviceAddress> {
        let (pci, other): (Vec<_>, Vec<_>) =
            host.physical_functions.keys().cloned().partition(|address| address.pci().is_some());
        let (mut pci, mut other) = (pci.into_iter(), other.into_iter());
        let next = |pf: &PfCase| if pf.takes_everything() { other.next() } else { pci.next() };
        self.pfs.iter().filter_map(next).collect()
    }

    /// Returns the spec, given the PFs' addresses.
    pub(crate) fn config(&self, addresses: &[DeviceAddress]) -> SriovConfig {
        let entry = |(number, (pf, address)): (usize, (&PfCase, &DeviceAddress))| PfSpec {
            name: format!("pf{number}"),
            matcher: Matcher { pci: Some(PciMatch(address.clone())), ..Matcher::default() },
            expect: ExpectSpec::One,
            optional: false,
            on_unsupported: OnUnsupported::Warn,
            admin_state: pf.wish.admin,
            mtu: pf.wish.mtu.map(|mtu| Setting::Value(Mtu::try_from(mtu).unwrap())),
            vfs: Some(pf.wish.vfs(number)),
        };
        let modules = if self.names_module { vec!["8021q".parse().unwrap()] } else { Vec::new() };
        SriovConfig {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            metadata: Metadata { name: "case".to_owned() },
            spec: Body {
                nodes: None,
                hosts: BTreeMap::new(),
                system: Some(SystemSpec { modules }),
                physical_functions: self.pfs.iter().zip(addresses).enumerate().map(entry).collect(),
            },
        }
    }

    /// Returns the case for a failure's report.
    pub(crate) fn show(&self) -> String {
        format!("{self:#?}")
    }
}

impl Wish {
    fn vfs(&self, number: usize) -> VfsSpec {
        let group = |set: &str, settings: &Settings, base: u8| VfGroup {
            vfs: set.parse::<VfSet>().unwrap(),
            settings: settings.spec(number, base),
        };
        VfsSpec {
            count: self.count.map(CountSpec::Number),
            drivers_autoprobe: self.autoprobe,
            all: self.all.spec(number, 0),
            groups: vec![group("0-1", &self.low, 1), group("2-3", &self.high, 2)],
        }
    }
}

impl Settings {
    fn spec(&self, number: usize, base: u8) -> VfSettings {
        let mut attributes: BTreeMap<VfAttribute, AttributeSpec> = self
            .attributes
            .iter()
            .map(|(attribute, value)| {
                (*attribute, value.map_or(AttributeSpec::Default, AttributeSpec::Value))
            })
            .collect();
        if let Some(last) = self.macs {
            let first = MacAddress::new([2, 0, u8::try_from(number).unwrap(), base, last, 0]);
            attributes.insert(VfAttribute::MacAddress, AttributeSpec::PerVf(MacSource::First(first)));
        }
        let mtu = self.mtu.map(|mtu| Setting::Value(Mtu::try_from(mtu).unwrap()));
        VfSettings { attributes, driver: self.driver.clone(), mtu }
    }
}
