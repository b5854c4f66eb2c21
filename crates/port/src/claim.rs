//! Claims: what is said to be true of the world, and the one function that holds it against facts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{
    DeviceAddress, HostName, JsonValue, ModuleName, ObjectName, ObjectRef, Reading, ResourceName, VfIndex,
};

use crate::claim_value::ClaimValue;
use crate::facts::World;
use crate::property::Property;
use crate::subject::{Scope, Subject, Thing};

/// A statement on one property of one subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// What it speaks of.
    pub subject: Subject,
    /// Which property of it.
    pub property: Property,
    /// What is said of the property.
    pub expect: Expect,
}

/// What a claim says of its property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expect {
    /// It has this value.
    Is(ClaimValue),
    /// There is no such thing: no driver, no override, no device.
    Absent,
    /// It was given back to the driver, which may show any value then.
    AnyWhenFactory,
}

impl Expect {
    /// Returns that it is so, or not.
    pub(crate) fn flag(value: bool) -> Self {
        Self::Is(ClaimValue::Flag(value))
    }

    /// Returns that it is this number.
    pub(crate) fn number(value: u32) -> Self {
        Self::Is(ClaimValue::Number(value))
    }

    /// Returns that it has this name.
    pub(crate) fn name(value: impl fmt::Display) -> Self {
        Self::Is(ClaimValue::Name(value.to_string()))
    }
}

/// What is found where a claim is on a subject that is not there.
pub const GONE: &str = "gone";

/// How a claim stands against facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is true.
    Holds,
    /// It is false; `found` is what is there instead.
    Broken {
        /// What is there instead.
        found: String,
    },
    /// The facts do not tell; the text says why.
    Unknowable(String),
}

impl Claim {
    /// Returns the claim that the property has this value.
    pub fn is(subject: Subject, property: Property, value: ClaimValue) -> Self {
        Self { subject, property, expect: Expect::Is(value) }
    }

    /// Returns the claim that there is no such thing.
    pub fn absent(subject: Subject, property: Property) -> Self {
        Self { subject, property, expect: Expect::Absent }
    }

    /// Returns the claim that the property is as it is found; `None` where the facts do not tell.
    pub fn as_found(subject: Subject, property: Property, world: &World) -> Option<Self> {
        match property.read(&subject, world)? {
            Reading::Known(Some(value)) => Some(Self::is(subject, property, value)),
            Reading::Known(None) => Some(Self::absent(subject, property)),
            Reading::Unsupported | Reading::Unreadable(_) => None,
        }
    }

    /// Returns whether nothing of an object's content contradicts the claim, whatever of it is missing.
    pub fn agrees(&self, world: &World) -> bool {
        match (&self.expect, self.property.read(&self.subject, world)) {
            (
                Expect::Is(ClaimValue::Content(wanted)),
                Some(Reading::Known(Some(ClaimValue::Content(found)))),
            ) => found.agrees(wanted),
            _ => self.check(world) == Verdict::Holds,
        }
    }

    /// Holds the claim against facts. On a subject that is not there only the claim holds that there is no such thing;
    /// what could not be read never counts as absent.
    pub fn check(&self, world: &World) -> Verdict {
        let Self { subject, property, expect } = self;
        match (expect, property.read(subject, world)) {
            (Expect::Absent, None) => Verdict::Holds,
            (Expect::Is(_) | Expect::AnyWhenFactory, None) => Verdict::Broken { found: GONE.to_owned() },
            (Expect::AnyWhenFactory, Some(_)) => Verdict::Holds,
            (_, Some(Reading::Unreadable(why))) => Verdict::Unknowable(why),
            (_, Some(Reading::Unsupported)) => {
                Verdict::Unknowable("the driver does not report it".to_owned())
            }
            (Expect::Is(wanted), Some(Reading::Known(Some(found)))) if found.meets(wanted) => Verdict::Holds,
            (Expect::Absent, Some(Reading::Known(None))) => Verdict::Holds,
            (Expect::Is(wanted), Some(Reading::Known(Some(found)))) => {
                Verdict::Broken { found: property.show(&subject.thing, &found.narrowed(wanted)) }
            }
            (_, Some(Reading::Known(Some(found)))) => {
                Verdict::Broken { found: property.show(&subject.thing, &found) }
            }
            (_, Some(Reading::Known(None))) => Verdict::Broken { found: "none".to_owned() },
        }
    }
}

/// Writes the claim for people, in the words of the spec.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, property, expect } = self;
        match expect {
            Expect::Is(value) => {
                write!(f, "{subject}: {property} is {}", property.show(&subject.thing, value))
            }
            Expect::Absent => write!(f, "{subject}: no {property}"),
            Expect::AnyWhenFactory => write!(f, "{subject}: {property} is given back"),
        }
    }
}

/// A claim as documents have it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClaimText {
    /// The host; absent where the claim is on the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<HostName>,
    /// The kernel module; absent where the claim is on a PF or a VF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    module: Option<ModuleName>,
    /// The PF; absent where the claim is on a module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pf: Option<DeviceAddress>,
    /// The VF; absent where the claim is on the PF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vf: Option<VfIndex>,
    /// The object of the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<ObjectRef>,
    /// The node, where the claim is on a resource that it offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<ObjectName>,
    /// The resource that the node offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource: Option<ResourceName>,
    /// The property.
    property: Property,
    /// The value it has; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<JsonValue>,
    /// Set where the property was given back to the driver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    any_when_factory: bool,
}

impl Serialize for Claim {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { subject: Subject { scope, thing }, property, expect } = self;
        let module = if let Thing::Module(module) = thing { Some(module.clone()) } else { None };
        let object = if let Thing::Object(object) = thing { Some(object.clone()) } else { None };
        let (node, resource) = match thing {
            Thing::Resource(node, resource) => (Some(node.clone()), Some(resource.clone())),
            _ => (None, None),
        };
        let (pf, vf) = (thing.pf().cloned(), thing.vf());
        let is = match expect {
            Expect::Is(value) => Some(property.json(thing, value)),
            Expect::Absent | Expect::AnyWhenFactory => None,
        };
        let any_when_factory = *expect == Expect::AnyWhenFactory;
        let host = scope.host().cloned();
        let property = *property;
        ClaimText { host, module, pf, vf, object, node, resource, property, is, any_when_factory }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Claim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let ClaimText { host, module, pf, vf, object, node, resource, property, is, any_when_factory } =
            ClaimText::deserialize(deserializer)?;
        let of_cluster = match (object, node, resource) {
            (None, None, None) => None,
            (Some(object), None, None) => Some(Thing::Object(object)),
            (None, Some(node), Some(resource)) => Some(Thing::Resource(node, resource)),
            _ => return Err(D::Error::custom("a claim speaks of an object, or of a node and its resource")),
        };
        let thing = match (module, pf, vf, of_cluster) {
            (None, None, None, None) => Thing::System,
            (None, None, None, Some(thing)) => thing,
            (Some(module), None, None, None) => Thing::Module(module),
            (None, Some(pf), None, None) => Thing::Pf(pf),
            (None, Some(pf), Some(vf), None) => Thing::Vf(pf, vf),
            _ => return Err(D::Error::custom("a claim speaks of a module, of a PF, or of a PF and its VF")),
        };
        let expect = match (is, any_when_factory) {
            (Some(_), true) => return Err(D::Error::custom("a claim with a value and any value")),
            (Some(value), false) => {
                Expect::Is(property.value_from(&thing, &value).map_err(D::Error::custom)?)
            }
            (None, true) => Expect::AnyWhenFactory,
            (None, false) => Expect::Absent,
        };
        let scope = host.map_or(Scope::Cluster, Scope::Host);
        Ok(Self { subject: Subject { scope, thing }, property, expect })
    }
}

impl JsonSchema for Claim {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Claim".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ClaimText::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use vfctl_model::VfAttribute;

    use super::*;

    /// Returns a world with one PF of this driver, which has VF 0 with these facts.
    fn world(driver: &str, vf: &str) -> World {
        serde_json::from_str(&format!(
            r#"{{"format": "vfctl.dev/facts/v1", "hosts": {{"lab": {{
                "system": {{"kernel": "6.12", "arguments": [], "iommu": {{"groups": 0, "kinds": []}}, "modules": []}},
                "physicalFunctions": {{"pci/0000:01:00.0": {{
                    "driver": "{driver}", "totalVfs": 7, "vfCount": 1, "vfs": {{"0": {vf}}}
                }}}},
                "links": {{}}
            }}}}}}"#
        ))
        .expect("facts")
    }

    fn subject(host: &str, thing: &str, vf: Option<u16>) -> Subject {
        let pf = thing.parse().expect("a PF");
        let thing =
            vf.map_or_else(|| Thing::Pf(Clone::clone(&pf)), |vf| Thing::Vf(Clone::clone(&pf), VfIndex(vf)));
        Subject { scope: Scope::Host(host.parse().expect("a host")), thing }
    }

    #[test]
    fn claim_on_a_subject_that_is_gone_is_broken_but_for_its_absence() {
        let world = world("igb", r#"{"attributes": {}}"#);
        for gone in [subject("lab", "pci/0000:01:00.0", Some(3)), subject("lab", "pci/0000:09:00.0", None)] {
            let broken = Verdict::Broken { found: "gone".to_owned() };
            let is = Claim::is(gone.clone(), Property::Driver, ClaimValue::Name("igbvf".to_owned()));
            assert_eq!(is.check(&world), broken);
            let expect = Expect::AnyWhenFactory;
            let any = Claim {
                subject: gone.clone(),
                property: Property::Attribute(VfAttribute::MacAddress),
                expect,
            };
            assert_eq!(any.check(&world), broken);
            assert_eq!(Claim::absent(gone.clone(), Property::Driver).check(&world), Verdict::Holds);
            let present = |flag| Claim::is(gone.clone(), Property::Present, ClaimValue::Flag(flag));
            assert_eq!(present(false).check(&world), Verdict::Holds);
            assert_eq!(present(true).check(&world), Verdict::Broken { found: "no".to_owned() });
        }
    }

    #[test]
    fn what_could_not_be_read_does_not_count_as_absent() {
        let unread = world("igb", r#"{"attributes": {}, "driverOverrideUnread": true}"#);
        let vf = subject("lab", "pci/0000:01:00.0", Some(0));
        let of_pf = subject("lab", "pci/0000:01:00.0", None);
        for claim in [
            Claim::absent(vf.clone(), Property::DriverOverride),
            // igb has made an interface, which is not to be seen.
            Claim::absent(of_pf.clone(), Property::Interface),
            Claim::absent(vf.clone(), Property::Attribute(VfAttribute::Vlan)),
            Claim::absent(subject("other", "pci/0000:01:00.0", None), Property::Driver),
            Claim::absent(Subject { scope: Scope::Cluster, thing: Thing::System }, Property::Driver),
        ] {
            assert!(
                matches!(claim.check(&unread), Verdict::Unknowable(_)),
                "{claim}: {:?}",
                claim.check(&unread)
            );
        }
        let nvme = world("nvme", r#"{"attributes": {}}"#);
        assert_eq!(Claim::absent(of_pf, Property::Interface).check(&nvme), Verdict::Holds);
        assert_eq!(Claim::absent(vf, Property::DriverOverride).check(&nvme), Verdict::Holds);
    }

    #[test]
    fn value_that_the_driver_does_not_have_is_not_known_whatever_the_kernel_presets() {
        let world =
            world("igb", r#"{"attributes": {"linkState": "auto", "trust": "not reported", "vlan": "7"}}"#);
        let vf = subject("lab", "pci/0000:01:00.0", Some(0));
        let verdict = |attribute: VfAttribute| {
            Claim::is(vf.clone(), Property::Attribute(attribute), ClaimValue::Vf(attribute.factory()))
                .check(&world)
        };
        assert!(matches!(verdict(VfAttribute::LinkState), Verdict::Unknowable(_)));
        assert!(matches!(verdict(VfAttribute::Trust), Verdict::Unknowable(_)));
        assert_eq!(verdict(VfAttribute::Vlan), Verdict::Broken { found: "7".to_owned() });
    }

    #[test]
    fn claims_round_trip_with_their_scope() {
        for text in [
            r#"{"host":"lab","pf":"pci/0000:01:00.0","vf":3,"property":"vlan","is":{"id":100,"protocol":"802.1Q","qos":3}}"#,
            r#"{"host":"lab","pf":"pci/0000:01:00.0","property":"adminState","is":"up"}"#,
            r#"{"host":"lab","module":"vfio_pci","property":"loaded","is":true}"#,
            r#"{"property":"present"}"#,
            r#"{"object":"configmap kube-system/x","property":"content","is":{"data":{"a":"1","b":null}}}"#,
            r#"{"node":"worker-1","resource":"intel.com/net","property":"allocatable","is":8}"#,
        ] {
            let claim: Claim = serde_json::from_str(text).expect("a claim");
            assert_eq!(serde_json::to_string(&claim).expect("JSON"), text);
        }
        let nonsense = r#"{"host":"lab","pf":"pci/0000:01:00.0","property":"vlan","is":"100"}"#;
        assert!(serde_json::from_str::<Claim>(nonsense).is_err(), "a PF has no VLAN of its own");
    }
}
