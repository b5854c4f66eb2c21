//! The table of what the configuration file of the SR-IOV network device plugin knows: one row for each field of a
//! resource and of its selectors, with the release that has it first and what an older one does with it.
//!
//! What a selector means is no matter of this table, but of who renders, checks or simulates a configuration. Sources: the
//! plugin's own at v3.5.1 (pkg/types/types.go, pkg/factory/factory.go, cmd/sriovdp/manager.go), which was run; of later
//! releases pkg/types/types.go, the README and the merged changes, which were read only.

use std::fmt;
use std::str::FromStr;

use crate::parse::ParseError;
use crate::release::numbers;
use crate::text::text_serde;

/// A release of the plugin, `v3.5.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DevicePluginVersion {
    major: u16,
    minor: u16,
    patch: u16,
}

impl DevicePluginVersion {
    /// Of 2022. The oldest whose rules are known.
    pub const V3_5_1: Self = Self::new(3, 5, 1);
    /// Of October 2023.
    pub const V3_6_0: Self = Self::new(3, 6, 0);
    /// Of 2024.
    pub const V3_7_0: Self = Self::new(3, 7, 0);
    /// Of 2025: the first after additional information came to auxiliary devices, too.
    pub const V3_10_0: Self = Self::new(3, 10, 0);
    /// The first after December 2025, and the newest whose source was read.
    pub const V3_11_0: Self = Self::new(3, 11, 0);

    /// The oldest whose rules are known.
    pub const OLDEST: Self = Self::V3_5_1;
    /// The newest whose rules are known; a later one is taken to have its rules.
    pub const NEWEST: Self = Self::V3_11_0;
    /// Those that are run beside the simulator (`ci/device-plugin.sh`) and do as it says; the rules of others were read in their
    /// source only.
    pub const RUN: &'static [Self] = &[Self::V3_5_1];

    /// Every release whose rules are known, from the oldest on.
    pub const KNOWN: &'static [Self] = &[
        Self::V3_5_1,
        Self::V3_6_0,
        Self::new(3, 6, 1),
        Self::new(3, 6, 2),
        Self::V3_7_0,
        Self::new(3, 8, 0),
        Self::new(3, 9, 0),
        Self::V3_10_0,
        Self::V3_11_0,
    ];

    const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Returns whether the release was run beside the simulator.
    pub fn was_run(self) -> bool {
        Self::RUN.contains(&self)
    }

    /// Returns whether the plugin takes a resource of this name, the part after the prefix (`ValidResourceName`,
    /// pkg/utils/utils.go): letters, digits and `_`, and from v3.6.0 on `-`. It does not start where it does not.
    pub fn takes_name(self, name: &str) -> bool {
        let hyphens = self >= Self::V3_6_0;
        let takes = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || (hyphens && byte == b'-');
        !name.is_empty() && name.bytes().all(takes)
    }

    /// Returns whether `selectors` may be a list of objects, from v3.6.0 on. An older plugin logs a warning, and goes on
    /// without the resource (`GetDeviceFilter`, pkg/factory/factory.go).
    pub fn takes_selector_lists(self) -> bool {
        self >= Self::V3_6_0
    }
}

impl fmt::Display for DevicePluginVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor, patch } = self;
        f.pad(&format!("v{major}.{minor}.{patch}"))
    }
}

impl FromStr for DevicePluginVersion {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "version of the device plugin such as `v3.5.1`");
        let [major, minor, patch] = numbers(text).ok_or_else(wanted)?;
        Ok(Self { major, minor, patch })
    }
}

text_serde!(
    DevicePluginVersion,
    "DevicePluginVersion",
    "A release of the SR-IOV network device plugin, such as v3.5.1.",
    "pattern": "^v[0-9]{1,5}([.][0-9]{1,5}){2}$",
);

/// What a resource is made of: `deviceType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DevicePluginDeviceType {
    /// PCI functions of base class 02. A resource that names no type is of this one.
    #[default]
    NetDevice,
    /// PCI functions of base class 12.
    Accelerator,
    /// Auxiliary devices (subfunctions) of PCI functions of base class 02. A plugin before v3.6.0 ends where it reads of
    /// them, and serves no resource at all.
    AuxNetDevice,
}

impl DevicePluginDeviceType {
    /// Every type.
    pub const ALL: &'static [Self] = &[Self::NetDevice, Self::Accelerator, Self::AuxNetDevice];

    /// Returns the word in the file, which is matched as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::NetDevice => "netDevice",
            Self::Accelerator => "accelerator",
            Self::AuxNetDevice => "auxNetDevice",
        }
    }

    /// Returns the first known release that has it.
    pub fn since(self) -> DevicePluginVersion {
        match self {
            Self::NetDevice | Self::Accelerator => DevicePluginVersion::OLDEST,
            Self::AuxNetDevice => DevicePluginVersion::V3_6_0,
        }
    }

    /// Returns the base class of the PCI functions that it is made of (`SupportedDevices`, pkg/types/types.go).
    pub fn base_class(self) -> u8 {
        match self {
            Self::NetDevice | Self::AuxNetDevice => 0x02,
            Self::Accelerator => 0x12,
        }
    }
}

impl fmt::Display for DevicePluginDeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for DevicePluginDeviceType {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.iter().copied().find(|kind| kind.word() == text);
        found.ok_or_else(|| {
            ParseError::new(text, "device type (`netDevice`, `accelerator` or `auxNetDevice`)")
        })
    }
}

text_serde!(
    DevicePluginDeviceType,
    "DevicePluginDeviceType",
    "What a resource is made of: netDevice, accelerator or auxNetDevice.",
    "enum": ["netDevice", "accelerator", "auxNetDevice"],
);

/// Where a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DevicePluginLevel {
    /// In an entry of `resourceList`.
    Resource,
    /// In `selectors` of such an entry.
    Selectors,
}

/// Which JSON value a field takes. Another one costs a resource its selectors, or the plugin its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DevicePluginShape {
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
    /// A list of strings. An empty one is as good as none.
    Texts,
    /// An object of selectors, or a list of them.
    Selectors,
    /// An object whose values are objects of strings.
    Info,
}

/// What the table says of one field.
#[derive(Debug, Clone, Copy)]
pub struct DevicePluginFieldRow {
    /// The field.
    pub field: DevicePluginField,
    /// Its name. The plugin takes any case of its letters, as Go's encoding/json does.
    pub name: &'static str,
    /// Where it stands.
    pub level: DevicePluginLevel,
    /// The shape of its value.
    pub shape: DevicePluginShape,
    /// The device types that take it, each with the first known release in which it does. Elsewhere, and in an older one,
    /// it is ignored without a word, like any field that the plugin does not know: the resource has one condition less.
    pub taken_by: &'static [(DevicePluginDeviceType, DevicePluginVersion)],
    /// What it means.
    pub doc: &'static str,
}

/// Makes the enum, its table and the list of all from one row each.
macro_rules! fields {
    ($($name:ident $word:literal $level:ident $shape:ident [$($kind:ident $since:ident),*] $doc:literal,)*) => {
        /// A field of the plugin's configuration; see its row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each row of the table carries the text")]
        pub enum DevicePluginField { $($name),* }

        impl DevicePluginField {
            /// Every field, in the order in which the plugin's documentation has them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the field's row.
            pub fn row(self) -> &'static DevicePluginFieldRow {
                match self {
                    $(Self::$name => {
                        const ROW: DevicePluginFieldRow = DevicePluginFieldRow {
                            field: DevicePluginField::$name,
                            name: $word,
                            level: DevicePluginLevel::$level,
                            shape: DevicePluginShape::$shape,
                            taken_by: &[$((DevicePluginDeviceType::$kind, DevicePluginVersion::$since)),*],
                            doc: $doc,
                        };
                        &ROW
                    })*
                }
            }
        }
    };
}

fields! {
    ResourceName "resourceName" Resource Text
        [NetDevice OLDEST, Accelerator OLDEST, AuxNetDevice V3_6_0]
        "Name of the resource after its prefix; unique with its prefix.",
    ResourcePrefix "resourcePrefix" Resource Text
        [NetDevice OLDEST, Accelerator OLDEST, AuxNetDevice V3_6_0]
        "Prefix of the resource's name. Without it, what the plugin was started with: `intel.com`.",
    DeviceType "deviceType" Resource Text
        [NetDevice OLDEST, Accelerator OLDEST, AuxNetDevice V3_6_0]
        "What the resource is made of. Without it, `netDevice`.",
    ExcludeTopology "excludeTopology" Resource Flag
        [NetDevice OLDEST, Accelerator OLDEST, AuxNetDevice V3_6_0]
        "Whether the NUMA node of devices is kept from the kubelet.",
    Selectors "selectors" Resource Selectors
        [NetDevice OLDEST, Accelerator OLDEST, AuxNetDevice V3_6_0]
        "Which devices: all fields of one object must fit, and any one object of a list. The plugin crashes without it.",
    AdditionalInfo "additionalInfo" Resource Info
        [NetDevice V3_6_0, Accelerator V3_6_0, AuxNetDevice V3_10_0]
        "What pods are told of a device, by its address or `*`.",
    Vendors "vendors" Selectors Texts
        [NetDevice OLDEST, Accelerator OLDEST, AuxNetDevice V3_6_0]
        "PCI vendor ids, four lower-case hex digits.",
    Devices "devices" Selectors Texts
        [NetDevice OLDEST, Accelerator OLDEST, AuxNetDevice V3_6_0]
        "PCI device ids, four lower-case hex digits: those of the VF, which differ from its PF's.",
    Drivers "drivers" Selectors Texts
        [NetDevice OLDEST, Accelerator OLDEST, AuxNetDevice V3_6_0]
        "Drivers that hold the device, such as `iavf` or `vfio-pci`.",
    PciAddresses "pciAddresses" Selectors Texts
        [NetDevice OLDEST, Accelerator OLDEST]
        "Addresses of the devices, as sysfs has them.",
    AcpiIndexes "acpiIndexes" Selectors Texts
        [NetDevice V3_6_0]
        "ACPI indexes of the devices (`/sys/bus/pci/devices/*/acpi_index`).",
    PfNames "pfNames" Selectors Texts
        [NetDevice OLDEST, AuxNetDevice V3_6_0]
        "Interfaces of PFs, each with or without `#` and a set of VFs or subfunctions. Only the first entry for a PF counts.",
    RootDevices "rootDevices" Selectors Texts
        [NetDevice OLDEST, AuxNetDevice V3_6_0]
        "Addresses of PFs, each with or without `#` and a set of VFs or subfunctions. Only the first entry for a PF counts.",
    LinkTypes "linkTypes" Selectors Texts
        [NetDevice OLDEST, AuxNetDevice V3_6_0]
        "Link types of the device's interface, such as `ether` or `infiniband`.",
    DdpProfiles "ddpProfiles" Selectors Texts
        [NetDevice OLDEST]
        "Names of the DDP profile that the device has loaded, as `ddptool` prints them.",
    PKeys "pKeys" Selectors Texts
        [NetDevice V3_7_0]
        "Partition keys of an InfiniBand device.",
    IsRdma "isRdma" Selectors Flag
        [NetDevice OLDEST, AuxNetDevice V3_6_0]
        "Whether a device must have an RDMA device, which the pod gets, too. Excludes `vdpaType`.",
    NeedVhostNet "needVhostNet" Selectors Flag
        [NetDevice OLDEST, AuxNetDevice V3_11_0]
        "Whether the pod gets `/dev/vhost-net` and `/dev/net/tun`. Selects nothing.",
    VdpaType "vdpaType" Selectors Text
        [NetDevice OLDEST]
        "Which vdpa device a device must have: `virtio` or `vhost`.",
    AuxTypes "auxTypes" Selectors Texts
        [AuxNetDevice V3_6_0]
        "Types of auxiliary devices; only `sf` is known.",
}

impl DevicePluginField {
    /// Returns the name in the file.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the field of this name at this level, in any case of its letters, as the plugin reads it.
    pub fn read(level: DevicePluginLevel, name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|field| field.row().level == level && field.name().eq_ignore_ascii_case(name))
    }

    /// Returns the first known release in which resources of this type take the field; `None` where none does.
    pub fn since(self, kind: DevicePluginDeviceType) -> Option<DevicePluginVersion> {
        let mut taken_by = self.row().taken_by.iter();
        taken_by.find(|(taker, _)| *taker == kind).map(|(_, since)| *since)
    }

    /// Returns whether a plugin of this version heeds the field in a resource of this type; it ignores it otherwise.
    pub fn is_taken(self, version: DevicePluginVersion, kind: DevicePluginDeviceType) -> bool {
        self.since(kind).is_some_and(|since| version >= since)
    }
}

impl fmt::Display for DevicePluginField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_and_known_releases() {
        let names: BTreeSet<_> = DevicePluginField::ALL.iter().map(|field| field.name()).collect();
        assert_eq!(names.len(), DevicePluginField::ALL.len());
        for field in DevicePluginField::ALL {
            let row = field.row();
            assert!(!row.taken_by.is_empty(), "{field}");
            assert_eq!(DevicePluginField::read(row.level, &row.name.to_uppercase()), Some(*field));
            for (kind, since) in row.taken_by {
                assert!(DevicePluginVersion::KNOWN.contains(since), "{field}: {since}");
                assert!(*since >= kind.since(), "{field} is older than {kind}");
            }
        }
    }

    #[test]
    fn versions_round_trip_and_are_in_order() {
        let known = DevicePluginVersion::KNOWN;
        assert!(known.is_sorted());
        assert_eq!(known.first(), Some(&DevicePluginVersion::OLDEST));
        assert_eq!(known.last(), Some(&DevicePluginVersion::NEWEST));
        for version in known {
            assert_eq!(version.to_string().parse(), Ok(*version));
        }
        for text in ["", "3.5.1", "v3.5", "v3.5.1.0", "v3.5.x", "v+3.5.1", "latest", "v3.5.70000"] {
            assert!(text.parse::<DevicePluginVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn hyphens_and_lists_are_of_v3_6_0() {
        let (old, new) = (DevicePluginVersion::V3_5_1, DevicePluginVersion::V3_6_0);
        for (name, old_takes, new_takes) in
            [("sriov_net", true, true), ("sriov-net", false, true), ("a.b", false, false), ("", false, false)]
        {
            assert_eq!((old.takes_name(name), new.takes_name(name)), (old_takes, new_takes), "{name}");
        }
        assert!(!old.takes_selector_lists() && new.takes_selector_lists());
        let newer: Vec<_> = DevicePluginField::ALL
            .iter()
            .filter(|field| !field.is_taken(old, DevicePluginDeviceType::NetDevice))
            .map(|field| field.name())
            .collect();
        assert_eq!(newer, ["additionalInfo", "acpiIndexes", "pKeys", "auxTypes"]);
    }
}
