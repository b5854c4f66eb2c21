//! A PF with one VF, for tests.

#![allow(clippy::needless_update, reason = "a kind that is added later is one more field")]

use serde_json::{Value, json};
use vfctl_model::{AttributeValue, VfIndex};
use vfctl_port::{HostFacts, World};

use crate::binding::DriverChoice;
use crate::cluster::Parts;
use crate::context::{PfContext, PfDiff};
use crate::desired::Wanted;
use crate::document::{OnUnsupported, Selection};
use crate::eswitch::EswitchSpec;
use crate::lane::HostContext;
use crate::path::{Origin, SpecPath};
use crate::setting::Setting;
use crate::{DesiredPf, DesiredVf, pf};

/// What the spec asks of the sample.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// How many VFs.
    pub(crate) count: Option<u16>,
    /// What of the embedded switch.
    pub(crate) eswitch: Option<EswitchSpec>,
    /// The driver of VF 0.
    pub(crate) driver: Option<DriverChoice>,
    /// What an unsupported value does.
    pub(crate) on_unsupported: OnUnsupported,
    /// An attribute of VF 0.
    pub(crate) attribute: Option<AttributeValue>,
}

/// Returns a place in the sample's spec.
pub(crate) fn origin(place: &str) -> Origin {
    Origin::new("a.yaml", 1, &SpecPath::default().key(place))
}

/// Returns the facts of a host with one igb whose VF 0 is held by igbvf.
pub(crate) fn host() -> Value {
    let pf = json!({
        "driver": "igb", "totalVfs": 7, "vfCount": 1, "vfDefaultDriver": "igbvf",
        "properties": {"driversAutoprobe": "on"},
        "vfs": {"0": {"pci": "0000:01:10.0", "driver": "igbvf", "attributes": {}}},
    });
    json!({
        "system": {"kernel": "6.12.0", "arguments": [], "iommu": {"groups": 1, "kinds": []}, "modules": []},
        "physicalFunctions": {"pci/0000:01:00.0": pf},
        "links": {},
    })
}

/// Compares that PF with what is wanted of it; the places in the spec are `entry`, `count`, `driver` and the
/// attribute's.
pub(crate) fn diff(host: Value, sample: Sample) -> PfDiff {
    let host: HostFacts = serde_json::from_value(host).expect("facts");
    let name: vfctl_model::HostName = "lab".parse().expect("a name");
    let world = World::of_host(name.clone(), host.clone());
    let (address, facts) = host.physical_functions.first_key_value().expect("a PF");
    let driver = sample.driver.map(|value| Wanted { value, origin: origin("driver") });
    let attributes = sample.attribute.into_iter().map(|asked| {
        let wanted = Wanted { value: Setting::Value(asked.value()), origin: origin(asked.attribute().key()) };
        (asked.attribute(), wanted)
    });
    let vf = DesiredVf { attributes: attributes.collect(), driver, ..DesiredVf::default() };
    let mut desired = DesiredPf::new("fast".to_owned(), address.clone(), origin("entry"));
    desired.count = sample.count.map(|count| {
        let value = crate::count::WantedCount { count, asked: crate::count::CountSpec::Number(count) };
        Wanted { value, origin: origin("count") }
    });
    desired.on_unsupported = sample.on_unsupported;
    desired.eswitch = sample.eswitch.map(|value| Wanted { value, origin: origin("eswitch") });
    desired.vfs = [(VfIndex(0), vf)].into();
    let selection = Selection::of(&[], &name, None);
    let context = HostContext::new(&selection, &host, &world, Parts::ALL);
    pf::diff(&PfContext::new(&context, facts, &desired))
}
