//! What a random case asks for, and how that is written as a spec.

#![allow(clippy::needless_update, reason = "a kind that is added later is one more field")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use vfctl_kinds::binding::DriverChoice;
use vfctl_kinds::count::CountSpec;
use vfctl_kinds::setting::Setting;
use vfctl_kinds::vf::{AttributeSpec, MacSource, VfGroup};
use vfctl_kinds::{VfSpec, VfsSpec};
use vfctl_model::{
    EswitchMode, MacAddress, Mbps, Mtu, RateLimits, Shape, Toggle, VfAttribute, VfLinkState, VfSet, VfValue,
    VlanProtocol, VlanTag,
};
use vfctl_port::{ActionKind, AdminState};

/// How many VFs a PF offers.
pub(crate) const TOTAL: u16 = 7;

/// With what the MAC addresses begin that hosts begin with; those that are asked for begin otherwise.
pub(crate) const SEEDED_MACS: [u8; 3] = [2, 1, 9];

/// The actions that what is asked for here can need; another one's own kind is asked for nowhere.
pub(crate) const NEEDED: &[ActionKind] = &[
    ActionKind::LoadModule,
    ActionKind::RemoveVfs,
    ActionKind::CreateVfs,
    ActionKind::SetDriversAutoprobe,
    ActionKind::SetVfAttribute,
    ActionKind::SetEswitch,
    ActionKind::SetPfMtu,
    ActionKind::SetPfAdminState,
    ActionKind::SetVfMtu,
    ActionKind::UnbindDriver,
    ActionKind::BindDriver,
    ActionKind::ProbeDriver,
];

/// What is asked of a PF.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The count.
    pub(crate) count: Option<u16>,
    /// Up or down.
    pub(crate) admin: Option<AdminState>,
    /// The mode of the embedded switch.
    pub(crate) eswitch: Option<EswitchMode>,
    /// The MTU.
    pub(crate) mtu: Option<u32>,
    /// Whether the kernel binds new VFs to a driver.
    pub(crate) autoprobe: Option<Toggle>,
    /// What is asked of all VFs.
    pub(crate) all: VfRequest,
    /// What is asked of VFs 0 to 1, over `all`.
    pub(crate) low: VfRequest,
    /// What is asked of VFs 2 to 3, over `all`.
    pub(crate) high: VfRequest,
}

/// What is asked of some VFs.
#[derive(Debug, Clone)]
pub(crate) struct VfRequest {
    /// The attributes; `None` is `default`.
    pub(crate) attributes: BTreeMap<VfAttribute, Option<VfValue>>,
    /// MAC addresses that count up; the number tells those of one case from those of another.
    pub(crate) macs: Option<u8>,
    /// The driver.
    pub(crate) driver: Option<DriverChoice>,
    /// The MTU of the VF's own interface.
    pub(crate) mtu: Option<u32>,
}

fn toggles() -> impl Strategy<Value = Toggle> {
    prop_oneof![Just(Toggle::On), Just(Toggle::Off)]
}

/// Returns values of an attribute's shape.
pub(crate) fn values(attribute: VfAttribute) -> BoxedStrategy<VfValue> {
    match attribute.row().shape {
        Shape::Mac => {
            let [x, y, z] = SEEDED_MACS;
            let mac = move |[a, b, c]: [u8; 3]| VfValue::Mac(MacAddress::new([x, y, z, a, b, c]));
            any::<[u8; 3]>().prop_map(mac).boxed()
        }
        Shape::Toggle => toggles().prop_map(VfValue::Toggle).boxed(),
        Shape::LinkState => {
            let all = [VfLinkState::Auto, VfLinkState::Enable, VfLinkState::Disable];
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

fn vf_requests() -> impl Strategy<Value = VfRequest> {
    let attribute = |attribute: VfAttribute| {
        let value = prop_oneof![1 => Just(None), 4 => values(attribute).prop_map(Some)];
        proptest::option::weighted(0.3, value).prop_map(move |value| value.map(|value| (attribute, value)))
    };
    let attributes: Vec<_> =
        VfAttribute::ALL.iter().filter(|a| a.row().shareable).map(|a| attribute(*a).boxed()).collect();
    let drivers = prop_oneof![
        2 => Just(DriverChoice::Named("vfio-pci".parse().unwrap())),
        1 => Just(DriverChoice::Default),
        1 => Just(DriverChoice::None)
    ];
    (
        attributes,
        proptest::option::weighted(0.4, any::<u8>()),
        proptest::option::weighted(0.3, drivers),
        proptest::option::weighted(0.5, 1000u32..=1500),
    )
        .prop_map(|(attributes, macs, driver, mtu)| VfRequest {
            attributes: attributes.into_iter().flatten().collect(),
            macs,
            driver,
            mtu,
        })
}

/// Returns random requests.
pub(crate) fn requests() -> impl Strategy<Value = Request> {
    let admin = prop_oneof![3 => Just(AdminState::Up), 1 => Just(AdminState::Down)];
    let mode = prop_oneof![3 => Just(EswitchMode::Switchdev), 1 => Just(EswitchMode::Legacy)];
    (
        proptest::option::weighted(0.8, 0..=TOTAL),
        (proptest::option::weighted(0.5, admin), proptest::option::weighted(0.8, mode)),
        proptest::option::weighted(0.5, 1500u32..=9000),
        proptest::option::weighted(0.2, toggles()),
        vf_requests(),
        vf_requests(),
        vf_requests(),
    )
        .prop_map(|(count, (admin, eswitch), mtu, autoprobe, all, low, high)| Request {
            count,
            admin,
            eswitch,
            mtu,
            autoprobe,
            all,
            low,
            high,
        })
}

impl Request {
    /// Returns what is asked of VFs, wherever that stands.
    pub(crate) fn of_vfs(&self) -> [&VfRequest; 3] {
        [&self.all, &self.low, &self.high]
    }

    /// Returns the request as a spec; `number` is that of the PF.
    pub(crate) fn spec(&self, number: usize) -> VfsSpec {
        let group = |set: &str, request: &VfRequest, base: u8| VfGroup {
            vfs: set.parse::<VfSet>().unwrap(),
            settings: request.spec(number, base),
        };
        VfsSpec {
            count: self.count.map(CountSpec::Number),
            drivers_autoprobe: self.autoprobe,
            all: self.all.spec(number, 0),
            groups: vec![group("0-1", &self.low, 1), group("2-3", &self.high, 2)],
            ..VfsSpec::default()
        }
    }
}

impl VfRequest {
    /// Returns the first of the MAC addresses that count up; `base` is 0 for all VFs, and the group's otherwise.
    pub(crate) fn first_mac(&self, number: usize, base: u8) -> Option<MacAddress> {
        let number = u8::try_from(number).unwrap();
        self.macs.map(|macs| MacAddress::new([2, 0, number, base, macs, 0]))
    }

    fn spec(&self, number: usize, base: u8) -> VfSpec {
        let mut attributes: BTreeMap<VfAttribute, AttributeSpec> = self
            .attributes
            .iter()
            .map(|(attribute, value)| {
                (*attribute, value.map_or(AttributeSpec::Default, AttributeSpec::Value))
            })
            .collect();
        if let Some(first) = self.first_mac(number, base) {
            attributes.insert(VfAttribute::MacAddress, AttributeSpec::PerVf(MacSource::First(first)));
        }
        let mtu = self.mtu.map(|mtu| Setting::Value(Mtu::try_from(mtu).unwrap()));
        VfSpec { attributes, driver: self.driver.clone(), mtu, ..VfSpec::default() }
    }
}
