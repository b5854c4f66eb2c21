//! Claims: what is said to be true of the world, and the one function that holds it against facts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{DeviceAddress, ModuleName, Reading, VfIndex};

use crate::facts::HostFacts;
use crate::property::{ClaimValue, Property, Subject};

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
    pub fn as_found(subject: Subject, property: Property, host: &HostFacts) -> Option<Self> {
        match property.read(&subject, host) {
            Reading::Known(Some(value)) => Some(Self::is(subject, property, value)),
            Reading::Known(None) => Some(Self::absent(subject, property)),
            Reading::Unsupported | Reading::Unreadable(_) => None,
        }
    }

    /// Holds the claim against facts.
    pub fn check(&self, host: &HostFacts) -> Verdict {
        let Self { subject, property, expect } = self;
        match (expect, property.read(subject, host)) {
            (Expect::AnyWhenFactory, _) => Verdict::Holds,
            (_, Reading::Unreadable(why)) => Verdict::Unknowable(why),
            (_, Reading::Unsupported) => Verdict::Unknowable("the driver does not report it".to_owned()),
            (Expect::Is(wanted), Reading::Known(Some(found))) if found == *wanted => Verdict::Holds,
            (Expect::Absent, Reading::Known(None)) => Verdict::Holds,
            (_, Reading::Known(Some(found))) => Verdict::Broken { found: property.show(&found) },
            (_, Reading::Known(None)) => Verdict::Broken { found: "none".to_owned() },
        }
    }
}

/// Writes the claim for people, in the words of the spec.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, property, expect } = self;
        let word = property.word();
        match expect {
            Expect::Is(value) => write!(f, "{subject}: {word} is {}", property.show(value)),
            Expect::Absent => write!(f, "{subject}: no {word}"),
            Expect::AnyWhenFactory => write!(f, "{subject}: {word} is given back"),
        }
    }
}

/// A claim as documents have it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClaimText {
    /// The kernel module; absent where the claim is on a PF or a VF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    module: Option<ModuleName>,
    /// The PF; absent where the claim is on a module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pf: Option<DeviceAddress>,
    /// The VF; absent where the claim is on the PF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vf: Option<VfIndex>,
    /// The property.
    property: String,
    /// The value it has; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<String>,
    /// Set where the property was given back to the driver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    any_when_factory: bool,
}

impl Serialize for Claim {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { subject, property, expect } = self;
        let (module, pf, vf) = match subject {
            Subject::Module(module) => (Some(module.clone()), None, None),
            Subject::Pf(pf) => (None, Some(pf.clone()), None),
            Subject::Vf(pf, vf) => (None, Some(pf.clone()), Some(*vf)),
        };
        let is = match expect {
            Expect::Is(value) => Some(value.to_string()),
            Expect::Absent | Expect::AnyWhenFactory => None,
        };
        let any_when_factory = *expect == Expect::AnyWhenFactory;
        ClaimText { module, pf, vf, property: property.to_string(), is, any_when_factory }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Claim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let ClaimText { module, pf, vf, property, is, any_when_factory } =
            ClaimText::deserialize(deserializer)?;
        let subject = match (module, pf, vf) {
            (Some(module), None, None) => Subject::Module(module),
            (None, Some(pf), None) => Subject::Pf(pf),
            (None, Some(pf), Some(vf)) => Subject::Vf(pf, vf),
            _ => return Err(D::Error::custom("a claim speaks of a module, of a PF, or of a PF and its VF")),
        };
        let property: Property = property.parse().map_err(D::Error::custom)?;
        let expect = match (is, any_when_factory) {
            (Some(_), true) => return Err(D::Error::custom("a claim with a value and any value")),
            (Some(text), false) => {
                Expect::Is(property.parse_value(&subject, &text).map_err(D::Error::custom)?)
            }
            (None, true) => Expect::AnyWhenFactory,
            (None, false) => Expect::Absent,
        };
        Ok(Self { subject, property, expect })
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
