//! Random hosts, and what is asked of them.

#![allow(clippy::needless_update, reason = "a kind that is added later is one more field")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vfctl_kinds::binding::DriverChoice;
use vfctl_kinds::document::OnUnsupported;
use vfctl_kinds::document::{API_VERSION, KIND, Metadata, SriovConfig};
use vfctl_kinds::eswitch::EswitchSpec;
use vfctl_kinds::pf::{Matcher, PciMatch};
use vfctl_kinds::setting::Setting;
use vfctl_kinds::system::SystemSpec;
use vfctl_kinds::{Body, PfSpec};
use vfctl_model::{
    AttributeValue, DeviceAddress, DriverName, EswitchMode, ModuleName, Mtu, Toggle, VfAttribute, VfIndex,
    VfValue, VlanProtocol,
};
use vfctl_port::{AdminState, HostFacts};
use vfctl_sim::{Builder, PfSeed, SimHost, SimWorld};

use crate::request::{Request, TOTAL, requests, values};

/// A host and what is asked of it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The PFs.
    pub(crate) pfs: Vec<PfCase>,
    /// Whether vfio-pci is loaded from the start.
    pub(crate) vfio_loaded: bool,
    /// Whether the spec names a module.
    pub(crate) names_module: bool,
}

/// A PF and what is asked of it.
#[derive(Debug, Clone)]
pub(crate) struct PfCase {
    /// Its driver.
    pub(crate) driver: &'static str,
    up: bool,
    /// Whether it is set down once it has its VFs.
    then_down: bool,
    mtu: u32,
    vf_count: u16,
    autoprobe: Toggle,
    vfio: bool,
    attributes: Vec<(u16, VfAttribute, VfValue)>,
    /// What is asked for.
    pub(crate) request: Request,
}

const DRIVERS: &[&str] = &["igb", "igb", "netdevsim", "ixgbe", "i40e", "ice", "mlx5_core", "bnxt_en", "nvme"];

/// A driver that nobody has a row for.
const UNKNOWN_DRIVER: &str = "qede";

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
        requests(),
    )
        .prop_map(
            move |(driver, (up, then_down), mtu, vf_count, autoprobe, vfio, attributes, request)| {
                let mut pf =
                    PfCase { driver, up, then_down, mtu, vf_count, autoprobe, vfio, attributes, request };
                // A spec that speaks of VFs which will not exist must say how many there are to be: of the wild ones some
                // do not.
                if pf.request.count.is_none() && vf_count < 4 && (matches!(sense, Sense::Sensible) || up) {
                    pf.request.count = Some(vf_count);
                }
                match sense {
                    Sense::Sensible => pf.sensible(),
                    Sense::Wild => pf.possible(),
                }
            },
        )
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
    // One wild request blocks the whole plan, so that several would block nearly all.
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
        let (on_pci, has_interface) = (self.is_on_pci(), self.has_interface());
        let request = &mut self.request;
        let rated = request.of_vfs().iter().any(|vfs| vfs.attributes.contains_key(&VfAttribute::Rate));
        if rated && has_interface {
            request.admin = Some(AdminState::Up);
            (self.up, self.then_down) = (true, false);
        }
        if !has_interface {
            (request.admin, request.mtu) = (None, None);
        }
        if on_pci {
            request.eswitch = None;
        } else {
            request.autoprobe = None;
        }
        for vfs in [&mut request.all, &mut request.low, &mut request.high] {
            if !has_interface {
                (vfs.attributes, vfs.macs) = (BTreeMap::new(), None);
            }
            // A VLAN that the driver refuses blocks the plan; only netdevsim takes 802.1ad for certain.
            if let Some(Some(VfValue::Vlan(tag))) = vfs.attributes.get_mut(&VfAttribute::Vlan)
                && self.driver != "netdevsim"
            {
                tag.protocol = VlanProtocol::Dot1Q;
            }
            if !on_pci {
                vfs.driver = None;
            }
            // Which netdevsim refuses in that mode.
            if request.eswitch == Some(EswitchMode::Switchdev) {
                vfs.attributes.remove(&VfAttribute::Rate);
            }
            // Only VFs that a network driver surely holds have an interface whose MTU can be set.
            if !on_pci || !has_interface || vfs.driver != Some(DriverChoice::Default) {
                vfs.mtu = None;
            }
        }
        if self.driver != "igb" {
            request.all.mtu = None;
        }
        for narrower in [request.low.driver.clone(), request.high.driver.clone()] {
            if narrower.is_some_and(|driver| driver != DriverChoice::Default) {
                request.all.mtu = None;
            }
        }
        self.possible()
    }

    /// Takes out what the host cannot be found with.
    fn possible(mut self) -> Self {
        if !self.has_interface() {
            self.attributes = Vec::new();
        }
        if !self.is_on_pci() {
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
            attributes: self
                .attributes
                .iter()
                .filter(|(vf, ..)| *vf < self.vf_count)
                .map(|(vf, attribute, value)| {
                    (VfIndex(*vf), AttributeValue::new(*attribute, *value).unwrap())
                })
                .collect(),
            ..PfSeed::new(self.driver.parse().unwrap(), TOTAL)
        }
    }

    /// Returns whether it is a PCI device.
    pub(crate) fn is_on_pci(&self) -> bool {
        self.driver != "netdevsim"
    }

    /// Returns whether it has a network interface.
    pub(crate) fn has_interface(&self) -> bool {
        self.driver != "nvme"
    }
}

impl Case {
    /// Returns the host.
    pub(crate) fn world(&self) -> SimWorld {
        let build = |modules: BTreeSet<ModuleName>| {
            let builder = self.pfs.iter().fold(SimHost::builder(), |builder, pf| builder.pf(pf.seed()));
            modules.into_iter().fold(builder, Builder::module).build()
        };
        let vfio = self.vfio_loaded.then(|| "vfio_pci".parse().unwrap());
        // A driver that holds a VF is loaded.
        let host = build(BTreeSet::new()).facts();
        let vfs = host.physical_functions.values().flat_map(|pf| pf.vfs.values());
        let holding = vfs.filter_map(|vf| vf.driver.as_ref().map(DriverName::module));
        let sim = build(holding.chain(vfio).collect());
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
        let next = |pf: &PfCase| if pf.is_on_pci() { pci.next() } else { other.next() };
        self.pfs.iter().filter_map(next).collect()
    }

    /// Returns the spec, given the PFs' addresses.
    pub(crate) fn config(&self, addresses: &[DeviceAddress]) -> SriovConfig {
        let entry = |(number, (pf, address)): (usize, (&PfCase, &DeviceAddress))| PfSpec {
            on_unsupported: OnUnsupported::Warn,
            admin_state: pf.request.admin,
            eswitch: pf.request.eswitch.map(|mode| EswitchSpec { mode, inline_mode: None, encap_mode: None }),
            mtu: pf.request.mtu.map(|mtu| Setting::Value(Mtu::try_from(mtu).unwrap())),
            vfs: Some(pf.request.spec(number)),
            ..PfSpec::new(
                format!("pf{number}"),
                Matcher { pci: Some(PciMatch(address.clone())), ..Matcher::default() },
            )
        };
        let modules = if self.names_module { vec!["8021q".parse().unwrap()] } else { Vec::new() };
        SriovConfig {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            metadata: Metadata { name: "case".to_owned() },
            spec: Body {
                system: SystemSpec { modules },
                physical_functions: self.pfs.iter().zip(addresses).enumerate().map(entry).collect(),
                ..Body::default()
            },
        }
    }
}
