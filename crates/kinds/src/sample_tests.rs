//! A PF with one VF, for tests.

use serde_json::{Value, json};
use vfctl_model::{MacAddress, VfAttribute, VfIndex, VfValue};
use vfctl_port::HostFacts;

use crate::context::{PfContext, PfDiff};
use crate::desired::{DesiredPf, DesiredVf, Origin, Wanted};
use crate::pf::{CountSpec, OnUnsupported};
use crate::registry;
use crate::setting::Setting;
use crate::vf::DriverSpec;

/// What the spec asks of the sample.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// How many VFs.
    pub(crate) count: Option<u16>,
    /// The driver of VF 0.
    pub(crate) driver: Option<DriverSpec>,
    /// The MAC address of VF 0.
    pub(crate) mac: Option<MacAddress>,
}

/// Returns the facts of a host with one igb whose VF 0 is held by igbvf.
pub(crate) fn host() -> Value {
    let pf = json!({
        "driver": "igb", "totalVfs": 7, "vfCount": 1, "driversAutoprobe": "on", "vfDefaultDriver": "igbvf",
        "vfs": {"0": {"pci": "0000:01:10.0", "driver": "igbvf", "attributes": {}}},
    });
    json!({
        "system": {"kernel": "6.12.0", "arguments": [], "iommu": {"groups": 1, "kinds": []}, "modules": []},
        "physicalFunctions": {"pci/0000:01:00.0": pf},
        "links": {},
    })
}

/// Compares that PF with what is wanted of it; the places in the spec are `entry`, `count` and `driver`.
pub(crate) fn diff(host: Value, wish: Wish) -> PfDiff {
    let host: HostFacts = serde_json::from_value(host).expect("facts");
    let (address, facts) = host.physical_functions.first_key_value().expect("a PF");
    let origin = |place: &str| -> Origin { place.into() };
    let driver = wish.driver.map(|value| Wanted { value, origin: origin("driver") });
    let mac = wish.mac.map(|mac| {
        let value = Setting::Value(VfValue::Mac(mac));
        (VfAttribute::MacAddress, Wanted { value, origin: origin("macAddress") })
    });
    let vf = DesiredVf { attributes: mac.into_iter().collect(), driver, mtu: None };
    let desired = DesiredPf {
        name: "fast".to_owned(),
        address: address.clone(),
        origin: origin("entry"),
        selector: String::new(),
        pins: Default::default(),
        on_unsupported: OnUnsupported::default(),
        admin_state: None,
        mtu: None,
        count: wish.count.map(|count| Wanted { value: CountSpec::Number(count), origin: origin("count") }),
        drivers_autoprobe: None,
        vfs: [(VfIndex(0), vf)].into(),
    };
    registry::diff(&PfContext::new(&host, facts, &desired))
}
