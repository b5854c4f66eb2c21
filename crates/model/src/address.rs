//! Addresses and ids of devices, written as the kernel writes them.

use std::fmt;
use std::str::FromStr;

use crate::parse::ParseError;
use crate::text::text_serde;

/// The address of a PCI function, `DDDD:BB:DD.F` in lower-case hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PciAddress {
    domain: u32,
    routing_id: u16,
}

impl PciAddress {
    /// Returns the address `steps` routing ids further on, or `None` past the domain's last one.
    ///
    /// SR-IOV 1.1, 2.1.2: the routing id of VF n is the PF's plus `First VF Offset` plus n times `VF Stride`.
    pub fn offset_by(self, steps: u32) -> Option<Self> {
        let routing_id = u32::from(self.routing_id).checked_add(steps)?;
        Some(Self { domain: self.domain, routing_id: u16::try_from(routing_id).ok()? })
    }
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, routing_id } = self;
        write!(
            f,
            "{domain:04x}:{:02x}:{:02x}.{:x}",
            routing_id >> 8,
            (routing_id >> 3) & 0x1f,
            routing_id & 7
        )
    }
}

impl FromStr for PciAddress {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "PCI address such as `0000:3b:00.0`");
        let hex = |part: &str, digits: std::ops::RangeInclusive<usize>| {
            let plain = digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
            plain.then(|| u32::from_str_radix(part, 16).ok()).flatten().ok_or_else(wanted)
        };
        let (domain, rest) = text.split_once(':').ok_or_else(wanted)?;
        let (bus, rest) = rest.split_once(':').ok_or_else(wanted)?;
        let (device, function) = rest.split_once('.').ok_or_else(wanted)?;
        let (device, function) = (hex(device, 2..=2)?, hex(function, 1..=1)?);
        if device > 0x1f || function > 7 {
            return Err(wanted());
        }
        let routing_id = (hex(bus, 2..=2)? << 8) | (device << 3) | function;
        Ok(Self { domain: hex(domain, 4..=8)?, routing_id: u16::try_from(routing_id).map_err(|_| wanted())? })
    }
}

text_serde!(
    PciAddress,
    "PciAddress",
    "A PCI address such as 0000:3b:00.0.",
    "pattern": "^[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[01][0-9a-fA-F][.][0-7]$",
);

/// The bus that a device sits on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bus {
    /// A PCI function.
    Pci,
    /// A simulated device of the kernel's `netdevsim` driver.
    Netdevsim,
}

/// Bus and name of a device as devlink writes them: `pci/0000:3b:00.0`, `netdevsim/netdevsim1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceAddress {
    /// A PCI function.
    Pci(PciAddress),
    /// A netdevsim device by its id (`netdevsimN`).
    Netdevsim(u32),
}

impl DeviceAddress {
    /// Returns the PCI address, or `None` for a device of another bus.
    pub fn pci(&self) -> Option<PciAddress> {
        match self {
            Self::Pci(address) => Some(*address),
            Self::Netdevsim(_) => None,
        }
    }

    /// Returns the bus.
    pub fn bus(&self) -> Bus {
        match self {
            Self::Pci(_) => Bus::Pci,
            Self::Netdevsim(_) => Bus::Netdevsim,
        }
    }

    /// Returns the device's folder in sysfs.
    pub fn sysfs(&self) -> String {
        match self {
            Self::Pci(address) => format!("/sys/bus/pci/devices/{address}"),
            Self::Netdevsim(id) => format!("/sys/bus/netdevsim/devices/netdevsim{id}"),
        }
    }
}

impl fmt::Display for DeviceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pci(address) => write!(f, "pci/{address}"),
            Self::Netdevsim(id) => write!(f, "netdevsim/netdevsim{id}"),
        }
    }
}

impl FromStr for DeviceAddress {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "device address such as `pci/0000:3b:00.0`");
        match text.split_once('/') {
            Some(("pci", name)) => Ok(Self::Pci(name.parse()?)),
            Some(("netdevsim", name)) => {
                let id = name.strip_prefix("netdevsim").ok_or_else(wanted)?;
                Ok(Self::Netdevsim(id.parse().map_err(|_| wanted())?))
            }
            _ => Err(wanted()),
        }
    }
}

text_serde!(
    DeviceAddress,
    "DeviceAddress",
    "Bus and name as devlink writes them, such as pci/0000:3b:00.0.",
    "pattern": "^(pci/[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[01][0-9a-fA-F][.][0-7]|netdevsim/netdevsim[+]?[0-9]+)$",
);

/// A vendor or device id of PCI, four lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PciId(pub u16);

impl fmt::Display for PciId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(id) = self;
        write!(f, "{id:04x}")
    }
}

impl FromStr for PciId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let plain = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        plain
            .then(|| u16::from_str_radix(digits, 16).ok())
            .flatten()
            .map(Self)
            .ok_or_else(|| ParseError::new(text, "PCI id of four hex digits, such as `8086`"))
    }
}

text_serde!(
    PciId,
    "PciId",
    "A PCI vendor or device id of four hex digits, such as 8086.",
    "pattern": "^(0x)?[0-9a-fA-F]{4}$",
);

/// A PCI class code of 24 bits, as `/sys/bus/pci/devices/*/class` prints it: `0x020000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PciClass(pub u32);

impl PciClass {
    /// Returns whether this is a network controller (base class 02).
    pub fn is_network(self) -> bool {
        self.0 >> 16 == 0x02
    }

    /// Returns whether this is an InfiniBand controller (class 0207).
    pub fn is_infiniband(self) -> bool {
        self.0 >> 8 == 0x0207
    }
}

impl fmt::Display for PciClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(code) = self;
        write!(f, "0x{code:06x}")
    }
}

impl FromStr for PciClass {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        u32::from_str_radix(digits, 16)
            .map(Self)
            .map_err(|_| ParseError::new(text, "PCI class such as `0x020000`"))
    }
}

text_serde!(PciClass, "PciClass", "A PCI class code such as 0x020000.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pci_address_round_trips_and_refuses_what_the_kernel_would_not_write() {
        for text in ["0000:3b:00.0", "0000:01:1f.7", "10000:e1:00.0"] {
            assert_eq!(text.parse::<PciAddress>().map(|a| a.to_string()).as_deref(), Ok(text));
        }
        for text in
            ["3b:00.0", "0000:3b:20.0", "0000:3b:00.8", "0000:3b:00", "", "0000:zz:00.0", "0000:3b:00.+1"]
        {
            assert!(text.parse::<PciAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn vf_address_carries_over_devices_and_buses() {
        let pf: PciAddress = "0000:01:00.0".parse().expect("an address");
        // igb: offset 0x80, stride 2.
        assert_eq!(pf.offset_by(0x80).map(|a| a.to_string()).as_deref(), Some("0000:01:10.0"));
        assert_eq!(pf.offset_by(0x80 + 2 * 4).map(|a| a.to_string()).as_deref(), Some("0000:01:11.0"));
        assert_eq!(pf.offset_by(0x100).map(|a| a.to_string()).as_deref(), Some("0000:02:00.0"));
        assert_eq!(pf.offset_by(0x1_0000), None);
    }

    #[test]
    fn device_address_round_trips() {
        for text in ["pci/0000:3b:00.0", "netdevsim/netdevsim12"] {
            assert_eq!(text.parse::<DeviceAddress>().map(|a| a.to_string()).as_deref(), Ok(text));
        }
        assert!("usb/1-1".parse::<DeviceAddress>().is_err());
    }
}
