//! The values of before and after a change: what there is, that there is nothing, or that the kernel chooses.

use vfctl_model::{DriverName, EswitchMode, JsonValue, Mtu, ParseError, ReadsBack, Toggle, VfValue};
use vfctl_port::{ClaimValue, Property, Thing};

/// How JSON says that the kernel chooses, as the spec does.
const KERNELS_CHOICE: &str = "default";

/// A value that a change leads from or to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeValue {
    /// This.
    Is(ClaimValue),
    /// There is no such thing: no driver, no override.
    Nothing,
    /// The driver that the kernel chooses, which is not known beforehand.
    KernelsChoice,
}

impl ChangeValue {
    /// Returns a name, or that there is none.
    pub(crate) fn name(name: Option<&DriverName>) -> Self {
        name.map_or(Self::Nothing, |name| Self::Is(ClaimValue::Name(name.to_string())))
    }

    /// Returns the value for people.
    pub(crate) fn show(&self, property: Property, thing: &Thing) -> String {
        let value = match self {
            Self::Is(value) => value,
            Self::Nothing => return "none".to_owned(),
            Self::KernelsChoice => return "the kernel's choice".to_owned(),
        };
        match (property, value) {
            (Property::Loaded, ClaimValue::Flag(true)) => "loaded".to_owned(),
            (Property::Loaded, ClaimValue::Flag(false)) => "not loaded".to_owned(),
            // An address of zeros is none.
            (Property::Attribute(attribute), ClaimValue::Vf(value))
                if attribute.row().reads_back == ReadsBack::ExceptFactory
                    && *value == attribute.factory() =>
            {
                "none".to_owned()
            }
            _ => property.show(thing, value),
        }
    }

    /// Returns the value as programs read it.
    pub(crate) fn json(&self, property: Property, thing: &Thing) -> JsonValue {
        match self {
            Self::Is(value) => property.json(thing, value),
            Self::Nothing => JsonValue::Null,
            Self::KernelsChoice => JsonValue::Text(KERNELS_CHOICE.to_owned()),
        }
    }

    /// Reads what `json` returns.
    pub(crate) fn from_json(
        property: Property,
        thing: &Thing,
        value: &JsonValue,
    ) -> Result<Self, ParseError> {
        match (property, value) {
            (_, JsonValue::Null) => Ok(Self::Nothing),
            (Property::Driver, JsonValue::Text(text)) if text == KERNELS_CHOICE => Ok(Self::KernelsChoice),
            _ => property.value_from(thing, value).map(Self::Is),
        }
    }
}

impl From<bool> for ChangeValue {
    fn from(flag: bool) -> Self {
        Self::Is(ClaimValue::Flag(flag))
    }
}

impl From<Toggle> for ChangeValue {
    fn from(toggle: Toggle) -> Self {
        (toggle == Toggle::On).into()
    }
}

impl From<u32> for ChangeValue {
    fn from(number: u32) -> Self {
        Self::Is(ClaimValue::Number(number))
    }
}

impl From<u16> for ChangeValue {
    fn from(number: u16) -> Self {
        u32::from(number).into()
    }
}

impl From<Mtu> for ChangeValue {
    fn from(mtu: Mtu) -> Self {
        mtu.get().into()
    }
}

impl From<VfValue> for ChangeValue {
    fn from(value: VfValue) -> Self {
        Self::Is(ClaimValue::Vf(value))
    }
}

impl From<String> for ChangeValue {
    fn from(name: String) -> Self {
        Self::Is(ClaimValue::Name(name))
    }
}

impl From<EswitchMode> for ChangeValue {
    fn from(mode: EswitchMode) -> Self {
        mode.to_string().into()
    }
}
