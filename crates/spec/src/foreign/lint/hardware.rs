//! How hardware is named: ids of vendors and devices, drivers, addresses, ports with sets of VFs. Each is compared letter by
//! letter with what the kernel says, so one that is spelled otherwise fits nothing, without a word.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::suggest::plain;
use vfctl_model::{DevicePluginDeviceType, DriverName, DriverRow, PciAddress, PciId, pci_driver_below};

use super::field;
use super::finding::Linter;
use super::ids::{VENDORS, card_of_port};
use super::json;
use super::row::Lint;
use crate::diagnostic::quoted;
use crate::yaml::{Entry, Map, Node, Span};

/// Drivers that have another name today: since Linux 4.20.
const RENAMED_DRIVERS: &[(&str, &str)] = &[("i40evf", "iavf")];

/// Checks a list of ids of vendors, and returns them as the kernel writes them.
pub(super) fn check_vendors(map: &Map, key: &str, linter: &mut Linter) -> Vec<String> {
    let vendors = texts(map, key).filter_map(|(place, text)| spelled_id(place, text, key, linter));
    vendors.collect()
}

/// Checks a list of ids of devices. Where the devices are VFs of these vendors, those of their ports are mistakes.
pub(super) fn check_devices(map: &Map, key: &str, vfs_of: Option<&[String]>, linter: &mut Linter) {
    let ids: Vec<(Span, String)> = texts(map, key)
        .filter_map(|(place, text)| Some((place, spelled_id(place, text, key, linter)?)))
        .collect();
    let all: BTreeSet<&str> = ids.iter().map(|(_, id)| id.as_str()).collect();
    for (place, id) in &ids {
        if VENDORS.contains(&id.as_str()) {
            let message = format!("`{id}` is the id of a vendor, not of a device");
            linter.say(Lint::VendorAsDevice, *place, message, "move it to `vendors`");
        }
        let Some(card) = vfs_of.and_then(|vendors| card_of_port(vendors, id)) else { continue };
        let (what, vf) = (card.what, card.vf);
        let message = format!("`{id}` is the device id of a whole port of {what}: its VFs have `{vf}`");
        let help = match all.contains(vf) {
            true => format!("remove it: `{vf}` is in the list"),
            false => format!("write `{vf}`"),
        };
        linter.say(Lint::PortDeviceId, *place, message, help);
    }
}

/// Returns the id that a text means, as the kernel writes it; another spelling is said. `None` where it is none.
fn spelled_id(place: Span, text: &str, key: &str, linter: &mut Linter) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.strip_prefix("0x").unwrap_or(&lower);
    let Ok(id) = digits.parse::<PciId>() else {
        let message = format!("`{key}` takes ids of four hex digits, found {}", quoted(text));
        let help = match text.split_once(':') {
            Some((vendor, device)) => {
                format!("write {} to `vendors` and {} to the ids of devices", quoted(vendor), quoted(device))
            }
            None => "write the id as `lspci -n` prints it: \"154c\"".to_owned(),
        };
        linter.say(Lint::IdMalformed, place, message, help);
        return None;
    };
    let id = id.to_string();
    if lower.starts_with("0x") {
        let message = format!("the id {} begins with 0x, and fits no device", quoted(text));
        linter.say(Lint::IdPrefix, place, message, format!("write \"{id}\""));
    } else if id != text {
        let message = format!("the id {} has upper-case digits, and fits no device", quoted(text));
        linter.say(Lint::IdCase, place, message, format!("write \"{id}\""));
    }
    Some(id)
}

/// Which devices drivers are named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// VFs, in a resource of this type.
    Vfs(DevicePluginDeviceType),
    /// VFs and whole ports.
    Any,
}

/// Checks a list of drivers.
pub(super) fn check_drivers(map: &Map, key: &str, wanted: Wanted, linter: &mut Linter) {
    let drivers: Vec<(Span, &str)> = texts(map, key).collect();
    let all: BTreeSet<&str> = drivers.iter().map(|(_, driver)| *driver).collect();
    for (place, driver) in &drivers {
        let has = |other: &str| all.contains(other);
        let instead = |meant: &str| {
            if has(meant) {
                format!("remove it: `{meant}` is in the list")
            } else {
                format!("write `{meant}`")
            }
        };
        if let Some(pci) = pci_driver_below(driver) {
            let message = format!("`{driver}` drives RDMA devices, and no PCI device has it as its driver");
            linter.say(Lint::RdmaDriver, *place, message, instead(pci));
        } else if let Some((_, name)) = RENAMED_DRIVERS.iter().find(|(old, _)| old == driver) {
            // Beside the new name, it serves old kernels.
            if !has(name) {
                let message = format!("the driver `{driver}` has been called `{name}` since Linux 4.20");
                linter.say(
                    Lint::RenamedDriver,
                    *place,
                    message,
                    format!("write `{name}`; keep the old name beside it for older kernels"),
                );
            }
        } else if let Some(known) = known_driver_like(driver) {
            let message = format!("no driver is called {}: the kernel has `{known}`", quoted(driver));
            linter.say(Lint::DriverSpelling, *place, message, instead(known));
        } else if let Wanted::Vfs(kind) = wanted {
            check_class(*place, driver, kind, linter);
            if let Some(vf_driver) = driver_of_vfs(driver) {
                let message = format!(
                    "`{driver}` drives whole ports alone: their VFs have `{vf_driver}`, or `vfio-pci`"
                );
                linter.say(Lint::PortDriver, *place, message, instead(vf_driver));
            }
        }
    }
}

/// Returns the driver of a driver's VFs, where it is another.
fn driver_of_vfs(driver: &str) -> Option<&'static str> {
    let row = DriverRow::all().find(|row| row.driver == driver)?;
    row.vf_driver.filter(|vf_driver| *vf_driver != driver)
}

/// Returns the known driver that a name means which differs from it in case, `-` and `_` alone.
fn known_driver_like(driver: &str) -> Option<&'static str> {
    let known = DriverRow::all().flat_map(|row| [Some(row.driver), row.vf_driver]).flatten();
    let written = plain(driver);
    let alike: Vec<&str> = known.filter(|known| plain(known) == written).collect();
    alike.first().copied().filter(|_| !alike.contains(&driver))
}

/// Says where the devices of a driver are of a class that the resource's type does not take.
fn check_class(place: Span, driver: &str, kind: DevicePluginDeviceType, linter: &mut Linter) {
    let row = DriverRow::all().find(|row| row.driver == driver || row.vf_driver == Some(driver));
    let is_for_user_space = driver.parse::<DriverName>().is_ok_and(|name| name.is_for_user_space());
    let Some(row) = row.filter(|_| !is_for_user_space) else { return };
    let takes_network_cards = kind.base_class() == 0x02;
    if row.has_interface == takes_network_cards {
        return;
    }
    let message =
        format!("devices of `{driver}` are not of PCI class {:02x}, which {kind} takes", kind.base_class());
    let help = if row.has_interface {
        format!("write `\"deviceType\": \"{}\"`", DevicePluginDeviceType::NetDevice)
    } else {
        "remove it: the plugin serves network cards (class 02) and accelerators (class 12), no NVMe, GPU or QuickAssist".to_owned()
    };
    linter.say(Lint::ClassMismatch, place, message, help);
}

/// Checks a list of PCI addresses.
pub(super) fn check_addresses(map: &Map, key: &str, linter: &mut Linter) {
    for (place, text) in texts(map, key) {
        check_address(place, text, linter);
    }
}

fn check_address(place: Span, text: &str, linter: &mut Linter) {
    let parsed = text.parse::<PciAddress>();
    if parsed.as_ref().is_ok_and(|address| address.to_string() == text) {
        return;
    }
    let meant = parsed.or_else(|_| format!("0000:{text}").parse::<PciAddress>());
    let message = format!("no device has the PCI address {}", quoted(text));
    let help = match meant {
        Ok(address) => format!("write it as sysfs does: \"{address}\""),
        Err(_) => "write domain, bus, device and function: \"0000:3b:02.0\"".to_owned(),
    };
    linter.say(Lint::PciAddress, place, message, help);
}

/// What a list of ports names them by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PortsBy {
    /// The name of the interface.
    Name,
    /// The PCI address.
    Address,
}

/// Checks a list of ports, each with or without `#` and a set of VFs.
pub(super) fn check_ports(map: &Map, key: &str, by: PortsBy, linter: &mut Linter) {
    let mut seen: BTreeMap<String, (Span, Option<&str>)> = BTreeMap::new();
    for (place, text) in texts(map, key) {
        let (port, set) = text.split_once('#').map_or((text, None), |(port, set)| (port, Some(set)));
        if by == PortsBy::Address {
            check_address(place, port, linter);
        }
        if let Some(why) = set.and_then(wrong_set) {
            let message = format!("{} has no set of VFs after `#`: {why}", quoted(text));
            linter.say(
                Lint::PortRange,
                place,
                message,
                format!("write numbers and ranges: {}", json::written(&format!("{port}#0-3,6"))),
            );
        }
        match seen.get(&port.to_ascii_lowercase()) {
            Some((first, earlier)) => {
                let message = format!(
                    "{} is in the list already: only the first entry for a port counts",
                    quoted(port)
                );
                // Without a set an entry means all VFs.
                let all = earlier.zip(set).map(|(earlier, set)| format!("{port}#{earlier},{set}"));
                let all = all.unwrap_or_else(|| port.to_owned());
                let help = format!("write one entry with all its VFs: {}", json::written(&all));
                linter.say_with(Lint::PortTwice, place, message, help, (*first, "this entry counts"));
            }
            None => {
                seen.insert(port.to_ascii_lowercase(), (place, set));
            }
        }
    }
}

/// Returns what is wrong with a set of VFs (`getItem`, pkg/resources/deviceSelectors.go).
fn wrong_set(set: &str) -> Option<&'static str> {
    let number =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    set.split(',').find_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first > last => Some("the range ends before it begins"),
            (Some(_), Some(_)) => None,
            _ if part.is_empty() => Some("a number is missing"),
            _ => Some("there is more than numbers, `-` and `,`"),
        }
    })
}

/// Returns the texts of a list, each with its place.
pub(super) fn texts<'a>(map: &'a Map, key: &str) -> impl Iterator<Item = (Span, &'a str)> {
    let list: &[Node] =
        field::get(map, key).map(|Entry { value, .. }| json::items(value)).unwrap_or_default();
    list.iter().filter_map(|item| Some((item.span, json::text(item)?)))
}
