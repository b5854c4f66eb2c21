//! Holds one device against one object of selectors, term by term in the plugin's order (`GetFilteredDevices`,
//! pkg/netdevice/netDeviceProvider.go and pkg/accelerator/accelDeviceProvider.go).

use vfctl_model::{DevicePluginDeviceType, DevicePluginField, DevicePluginVersion, DriverName, PciAddress};

use super::device::{Device, Fact, Role};
use super::entry::{entry_for, means, pf_of};
use crate::pool::plugin::SelectorSet;

/// What becomes of a device in a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It fits.
    Fits,
    /// It does not, since this is so.
    Fails(String),
    /// Nobody can know, since this is so.
    Unknown(String),
}

/// Returns whether the plugin has the device on its list for resources of this type at all: class, default route, VFs, driver
/// (`AddTargetDevices` and `NewPciNetDevice`).
pub(super) fn is_listed(
    device: &Device,
    kind: DevicePluginDeviceType,
    version: DevicePluginVersion,
) -> Judgement {
    let mut terms = Vec::new();
    terms.push(match &device.class {
        Fact::Known(class) if class.0 >> 16 == u32::from(kind.base_class()) => Judgement::Fits,
        Fact::Known(class) => Judgement::Fails(format!(
            "PCI class {:02x}, and a resource of {kind} takes {:02x}",
            class.0 >> 16,
            kind.base_class()
        )),
        Fact::Unknown(why) => Judgement::Unknown(why.clone()),
    });
    terms.push(domain(device.address, version));
    if kind == DevicePluginDeviceType::NetDevice {
        terms.push(match &device.has_default_route {
            Fact::Known(false) => Judgement::Fits,
            Fact::Known(true) => {
                Judgement::Fails("an IPv4 default route leads through its interface".to_owned())
            }
            Fact::Unknown(why) => Judgement::Unknown(why.clone()),
        });
        terms.push(match device.role {
            Role::Pf(0) | Role::Vf { .. } | Role::Plain => Judgement::Fits,
            Role::Pf(count) => {
                let vfs = if count == 1 { "a VF".to_owned() } else { format!("{count} VFs") };
                Judgement::Fails(format!("a PF that has {vfs}"))
            }
        });
    }
    terms.push(match &device.driver {
        Fact::Known(Some(_)) => Judgement::Fits,
        Fact::Known(None) => Judgement::Fails("no driver holds it".to_owned()),
        Fact::Unknown(why) => Judgement::Unknown(why.clone()),
    });
    all_of(terms)
}

/// Judges the domain: the library that lists devices for the plugin reads addresses of at most four digits
/// (`PCIAddressFromString`, github.com/jaypipes/ghw v0.6.0). The plugin's own check for domain 0000 is never called.
fn domain(address: PciAddress, version: DevicePluginVersion) -> Judgement {
    let text = address.to_string();
    let digits = text.split(':').next().map_or(0, str::len);
    match digits {
        ..=4 => Judgement::Fits,
        _ if version == DevicePluginVersion::V3_5_1 => {
            Judgement::Fails("its PCI domain has more than four digits".to_owned())
        }
        _ => Judgement::Unknown("its PCI domain has more than four digits".to_owned()),
    }
}

/// Judges a device that is listed by all terms of an object of selectors.
pub(super) fn judge(
    device: &Device,
    set: &SelectorSet,
    kind: DevicePluginDeviceType,
    version: DevicePluginVersion,
) -> Judgement {
    let used = set.used().into_iter().filter(|field| field.is_taken(version, kind));
    all_of(used.map(|field| {
        let entries = set.texts.get(&field).map_or(&[][..], Vec::as_slice);
        term(device, field, entries, set, version)
    }))
}

/// Returns the judgement of terms that must all hold: the first that fails, or else the first that nobody knows.
fn all_of(terms: impl IntoIterator<Item = Judgement>) -> Judgement {
    let mut unknown = None;
    for term in terms {
        match term {
            Judgement::Fits => {}
            Judgement::Fails(why) => return Judgement::Fails(why),
            Judgement::Unknown(why) => {
                unknown.get_or_insert(why);
            }
        }
    }
    unknown.map_or(Judgement::Fits, Judgement::Unknown)
}

fn term(
    device: &Device,
    field: DevicePluginField,
    entries: &[String],
    set: &SelectorSet,
    version: DevicePluginVersion,
) -> Judgement {
    match field {
        DevicePluginField::Vendors => among(field, entries, text_of(&device.vendor)),
        DevicePluginField::Devices => among(field, entries, text_of(&device.device)),
        DevicePluginField::Drivers => among(field, entries, driver_of(&device.driver)),
        DevicePluginField::PciAddresses => among(field, entries, Fact::Known(device.address.to_string())),
        DevicePluginField::PfNames | DevicePluginField::RootDevices => by_pf(device, field, entries),
        DevicePluginField::LinkTypes => by_link_type(device, entries, version),
        DevicePluginField::IsRdma => match &device.has_rdma {
            Fact::Known(true) => Judgement::Fits,
            Fact::Known(false) => Judgement::Fails("isRdma: it has no RDMA device".to_owned()),
            Fact::Unknown(why) => Judgement::Unknown(format!("isRdma: {why}")),
        },
        DevicePluginField::VdpaType => match set.vdpa_type.as_deref() {
            Some("virtio" | "vhost") => {
                Judgement::Unknown("vdpaType: the facts do not tell of vdpa devices".to_owned())
            }
            _ => Judgement::Fails("vdpaType: no device has one that is neither virtio nor vhost".to_owned()),
        },
        DevicePluginField::AcpiIndexes | DevicePluginField::DdpProfiles | DevicePluginField::PKeys => {
            Judgement::Unknown(format!("{field}: the facts do not tell of them"))
        }
        // These select nothing.
        DevicePluginField::NeedVhostNet
        | DevicePluginField::AuxTypes
        | DevicePluginField::ResourceName
        | DevicePluginField::ResourcePrefix
        | DevicePluginField::DeviceType
        | DevicePluginField::ExcludeTopology
        | DevicePluginField::Selectors
        | DevicePluginField::AdditionalInfo => Judgement::Fits,
    }
}

fn text_of<T: ToString>(fact: &Fact<T>) -> Fact<String> {
    match fact {
        Fact::Known(value) => Fact::Known(value.to_string()),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    }
}

fn driver_of(fact: &Fact<Option<DriverName>>) -> Fact<String> {
    match fact {
        Fact::Known(driver) => Fact::Known(driver.as_ref().map_or_else(String::new, ToString::to_string)),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    }
}

/// Judges by a list that must hold the text, letter by letter.
fn among(field: DevicePluginField, entries: &[String], found: Fact<String>) -> Judgement {
    match found {
        Fact::Known(found) if entries.contains(&found) => Judgement::Fits,
        Fact::Known(found) => {
            Judgement::Fails(format!("{field}: {found} is not among {}", entries.join(", ")))
        }
        Fact::Unknown(why) => Judgement::Unknown(format!("{field}: {why}")),
    }
}

/// Judges by the PF: only VFs have one, a PF is not its own.
fn by_pf(device: &Device, field: DevicePluginField, entries: &[String]) -> Judgement {
    let Role::Vf { pf, pf_name, index } = &device.role else {
        return Judgement::Fails(format!("{field}: it is no VF"));
    };
    let name = match (field, pf_name) {
        (DevicePluginField::RootDevices, _) => pf.to_string(),
        (_, Fact::Known(Some(name))) => name.to_string(),
        (_, Fact::Known(None)) => {
            return Judgement::Fails(format!("{field}: its PF has no interface"));
        }
        (_, Fact::Unknown(why)) => return Judgement::Unknown(format!("{field}: {why}")),
    };
    let Some(entry) = entry_for(entries, &name) else {
        return Judgement::Fails(format!("{field}: its PF {name} is not among {}", entries.join(", ")));
    };
    if means(entry, *index) {
        return Judgement::Fits;
    }
    let is_of_pf = |other: &&String| pf_of(other).eq_ignore_ascii_case(&name) && other.as_str() != entry;
    let dead = entries.iter().find(|other| is_of_pf(other) && means(other, *index));
    let dead = dead.map_or_else(String::new, |dead| {
        format!("; only the first entry for a PF counts, so {dead} is dead")
    });
    Judgement::Fails(format!("{field}: vf {index} is not in {entry}{dead}"))
}

/// Judges by the link type of the device's own interface. A release after v3.5.1 takes the PF's where the device has none, and
/// which was the first was not read.
fn by_link_type(device: &Device, entries: &[String], version: DevicePluginVersion) -> Judgement {
    let field = DevicePluginField::LinkTypes;
    match &device.interface {
        Fact::Known(Some(interface)) => among(field, entries, interface.link_type.clone()),
        Fact::Known(None) if version == DevicePluginVersion::V3_5_1 => {
            if entries.iter().any(String::is_empty) {
                return Judgement::Fits;
            }
            Judgement::Fails(format!("{field}: it has no interface"))
        }
        Fact::Known(None) => Judgement::Unknown(format!(
            "{field}: it has no interface, and releases differ in what they do then"
        )),
        Fact::Unknown(why) => Judgement::Unknown(format!("{field}: {why}")),
    }
}
