//! The table of properties: what a claim can be about, in which words it is written, and how it is read from facts.
//!
//! Planning and verifying read a property through the same row, so that both believe the same of it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{ModuleName, ParseError, Reading, ResourceName, VfAttribute};

use crate::claim_value::{ClaimShape, ClaimValue};
use crate::facts::{HostFacts, ObjectFacts, PfFacts, VfFacts};
use crate::found::{Found, flag, name, number, of_netdev, total_vfs};
use crate::subject::Thing;

const YES: ClaimShape = ClaimShape::Flag("no", "yes");
const ON: ClaimShape = ClaimShape::Flag("off", "on");
const UP: ClaimShape = ClaimShape::Flag("down", "up");

/// How a property of one sort of thing is read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reader {
    Module(fn(&HostFacts, &ModuleName) -> Found),
    Pf(fn(&HostFacts, &PfFacts) -> Found),
    /// From the facts of a PF that are kept by row.
    Kept,
    Vf(fn(&HostFacts, &PfFacts, &VfFacts) -> Found),
    Object(fn(&ObjectFacts) -> Found),
    /// From the facts of a node.
    Resource(fn(&ObjectFacts, &ResourceName) -> Found),
}

/// What the table says of one property.
#[derive(Debug, Clone, Copy)]
pub struct PropertyRow {
    /// Its word in spec, plan and claims.
    pub word: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Where it is read.
    pub source: &'static str,
    /// Whether only a look at the whole host tells it: one at the PF alone does not see who uses what.
    pub needs_whole_look: bool,
    pub(crate) of: &'static [(ClaimShape, Reader)],
}

/// Makes the enum and its table from one row each.
macro_rules! properties {
    ($($name:ident $word:literal {
        doc: $doc:literal,
        source: $source:literal
        $(, module: $module_shape:expr, $module:expr)?
        $(, pf: $pf_shape:expr, $pf:expr)?
        $(, pf_kept: $kept_shape:expr)?
        $(, vf: $vf_shape:expr, $vf:expr)?
        $(, object: $object_shape:expr, $object:expr)?
        $(, resource: $resource_shape:expr, $resource:expr)?
        $(, needs_whole_look: $whole:literal)?
        $(,)?
    })*) => {
        /// Which property of its subject a claim speaks of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $(#[doc = $doc] $name,)*
            /// VF: an attribute that its PF sets.
            Attribute(VfAttribute),
        }

        impl Property {
            /// Every property that is no VF attribute.
            pub const PLAIN: &'static [Self] = &[$(Self::$name),*];

            /// Returns the property's row.
            pub fn row(self) -> PropertyRow {
                match self {
                    $(Self::$name => PropertyRow {
                        word: $word,
                        doc: $doc,
                        source: $source,
                        needs_whole_look: false $(|| $whole)?,
                        of: &[
                            $(($module_shape, Reader::Module($module)),)?
                            $(($pf_shape, Reader::Pf($pf)),)?
                            $(($kept_shape, Reader::Kept),)?
                            $(($vf_shape, Reader::Vf($vf)),)?
                            $(($object_shape, Reader::Object($object)),)?
                            $(($resource_shape, Reader::Resource($resource)),)?
                        ],
                    },)*
                    Self::Attribute(attribute) => PropertyRow {
                        word: attribute.key(),
                        doc: attribute.row().doc,
                        source: "the PF's VF list (RTM_GETLINK, RTEXT_FILTER_VF)",
                        needs_whole_look: false,
                        of: &[],
                    },
                }
            }
        }
    };
}

properties! {
    Loaded "loaded" {
        doc: "Module: whether it is loaded.",
        source: "/sys/module",
        module: YES, |host, module| flag(host.system.modules.contains(module)),
    }
    Present "present" {
        doc: "PF: the device is there. VF: it exists.",
        source: "sysfs",
        pf: YES, |_, _| flag(true),
        vf: YES, |_, _, _| flag(true),
    }
    Address "address" {
        doc: "VF: its PCI address.",
        source: "the PF's `virtfn` link in sysfs",
        vf: ClaimShape::Name, |_, _, vf| name(vf.pci.as_ref()),
    }
    Interface "interface" {
        doc: "PF: the name of its interface. VF: whether it has one in the host's namespace.",
        source: "RTM_GETLINK",
        pf: ClaimShape::Name, |_, pf| of_netdev(pf, name(pf.netdev.as_ref().map(|netdev| &netdev.name))),
        vf: YES, |_, _, vf| flag(vf.netdev.is_some()),
    }
    InterfaceMac "interfaceMac" {
        doc: "VF: the MAC address that its interface has in the host's namespace.",
        source: "RTM_GETLINK",
        vf: ClaimShape::Name, |_, _, vf| name(vf.netdev.as_ref().map(|netdev| netdev.mac).as_ref()),
    }
    Driver "driver" {
        doc: "PF, VF: the driver that holds it.",
        source: "the `driver` link in sysfs",
        pf: ClaimShape::Name, |_, pf| name(pf.driver.as_ref()),
        vf: ClaimShape::Name, |_, _, vf| name(vf.driver.as_ref()),
    }
    DriverOverride "driverOverride" {
        doc: "VF: the only driver that may take it.",
        source: "driver_override in sysfs",
        vf: ClaimShape::Name, |_, _, vf| match vf.driver_override_unread {
            true => Reading::Unreadable("driver_override could not be read".to_owned()),
            false => name(vf.driver_override.as_ref()),
        },
    }
    VfCount "count" {
        doc: "PF: how many VFs there are.",
        source: "the PF's `virtfn` links in sysfs, counted",
        pf: ClaimShape::Number, |_, pf| number(Some(u32::from(pf.vf_count))),
    }
    TotalVfs "totalVfs" {
        doc: "PF: how many VFs device and driver offer.",
        source: "sriov_totalvfs",
        pf: ClaimShape::Number, |_, pf| total_vfs(pf),
    }
    Serial "serial" {
        doc: "PF: the device's serial number.",
        source: "the Device Serial Number capability",
        pf: ClaimShape::Name, |_, pf| name(pf.serial.as_ref()),
    }
    PermanentMac "permanentMac" {
        doc: "PF: the MAC address its interface was made with.",
        source: "RTM_GETLINK",
        pf: ClaimShape::Name, |_, pf| of_netdev(pf, name(pf.netdev.as_ref().and_then(|n| n.permanent_mac.as_ref()))),
    }
    Master "master" {
        doc: "PF: the bond, bridge or the like that its interface is a port of.",
        source: "RTM_GETLINK",
        pf: ClaimShape::Name, |_, pf| {
            of_netdev(pf, name(pf.netdev.as_ref().and_then(|n| n.master.as_ref()).map(|master| &master.name)))
        },
    }
    DefaultRoute "defaultRoute" {
        doc: "PF: whether a default route leads through its interface or what stands on it.",
        source: "RTM_GETROUTE",
        pf: YES, |host, pf| of_netdev(pf, flag(host.leads_to_default_route(pf))),
    }
    DriversAutoprobe "driversAutoprobe" {
        doc: "PF: whether the kernel binds new VFs to a driver.",
        source: "sriov_drivers_autoprobe",
        pf_kept: ON,
    }
    EswitchMode "eswitchMode" {
        doc: "PF: the mode of its embedded switch.",
        source: "devlink (DEVLINK_CMD_ESWITCH_GET)",
        pf_kept: ClaimShape::Name,
    }
    EswitchInlineMode "eswitchInlineMode" {
        doc: "PF: up to which header VFs must put a frame into its descriptor.",
        source: "devlink (DEVLINK_CMD_ESWITCH_GET)",
        pf_kept: ClaimShape::Name,
    }
    EswitchEncapMode "eswitchEncapMode" {
        doc: "PF: whether its embedded switch wraps frames into tunnels.",
        source: "devlink (DEVLINK_CMD_ESWITCH_GET)",
        pf_kept: ClaimShape::Name,
    }
    Mtu "mtu" {
        doc: "PF, VF: the MTU of its interface in bytes.",
        source: "RTM_GETLINK",
        pf: ClaimShape::Number, |_, pf| of_netdev(pf, number(pf.netdev.as_ref().map(|netdev| netdev.mtu))),
        vf: ClaimShape::Number, |_, _, vf| number(vf.netdev.as_ref().map(|netdev| netdev.mtu)),
    }
    AdminState "adminState" {
        doc: "PF: whether its interface is set up.",
        source: "RTM_GETLINK",
        pf: UP, |_, pf| of_netdev(pf, Reading::Known(pf.netdev.as_ref().map(|netdev| ClaimValue::Flag(netdev.up)))),
    }
    Carrier "carrier" {
        doc: "PF: whether its interface has a carrier.",
        source: "RTM_GETLINK",
        pf: YES, |_, pf| of_netdev(pf, Reading::Known(pf.netdev.as_ref().map(|netdev| ClaimValue::Flag(netdev.carrier)))),
    }
    InUse "inUse" {
        doc: "PF: whether somebody uses its interface. VF: whether somebody uses it, or it could not be looked.",
        source: "network namespaces, routes, addresses and open files",
        pf: YES, |host, pf| of_netdev(pf, flag(!host.users_of(pf).is_empty())),
        vf: YES, |_, _, vf| flag(!vf.uses.is_empty()),
        needs_whole_look: true,
    }
    ElsewhereNetns "inOtherNamespace" {
        doc: "VF: whether its interface is in another network namespace.",
        source: "network namespaces",
        vf: YES, |_, _, vf| flag(vf.is_in_other_namespace()),
        needs_whole_look: true,
    }
    RepresentorInUse "representorInUse" {
        doc: "VF: whether something stands on its representor.",
        source: "RTM_GETLINK",
        vf: YES, |host, pf, vf| match host.users_of_representor(pf, vf) {
            Reading::Known(users) => flag(!users.is_empty()),
            Reading::Unsupported => Reading::Unsupported,
            Reading::Unreadable(why) => Reading::Unreadable(why),
        },
        needs_whole_look: true,
    }
    Content "content" {
        doc: "Object of the cluster: what it says, its labels and annotations included.",
        source: "the Kubernetes API",
        object: ClaimShape::Content, |object| Reading::Known(Some(ClaimValue::Content(object.content.clone()))),
    }
    Keys "keys" {
        doc: "ConfigMap: the names of all its keys, with spaces between them.",
        source: "the Kubernetes API (`data`)",
        object: ClaimShape::Name, |object| {
            name(Some(&object.data().map(|(key, _)| key).collect::<Vec<_>>().join(" ")))
        },
    }
    Uid "uid" {
        doc: "Object of the cluster: the uid that the API server gave it.",
        source: "the Kubernetes API (`metadata.uid`)",
        object: ClaimShape::Name, |object| name(Some(&object.uid)),
    }
    RolledOut "rolledOut" {
        doc: "DaemonSet: whether each of its pods runs as the DaemonSet says.",
        source: "the Kubernetes API (`status` of the DaemonSet, once its controller has seen the newest `metadata.generation`)",
        object: YES, |object| flag(object.is_rolled_out()),
    }
    Established "established" {
        doc: "CustomResourceDefinition: whether the API server serves its kind.",
        source: "the Kubernetes API (the condition `Established`)",
        object: YES, |object| flag(object.is_established()),
    }
    Allocatable "allocatable" {
        doc: "Resource of a node: how many devices the node offers to pods; 0 where it does not know the resource.",
        source: "the Kubernetes API (`status.allocatable` of the node)",
        resource: ClaimShape::Number, |node, resource| match node.allocatable(resource) {
            Some(count) => number(Some(count)),
            None => Reading::Unreadable("what the node offers is no count".to_owned()),
        },
    }
}

impl Property {
    /// Returns the property's word in spec, plan and claims.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// Returns how its value is written for a thing of this sort; `None` where such a thing does not have it.
    pub fn shape(self, thing: &Thing) -> Option<ClaimShape> {
        if let Self::Attribute(attribute) = self {
            return matches!(thing, Thing::Vf(..)).then_some(ClaimShape::Vf(attribute));
        }
        let fits = |reader: &Reader| {
            let pair = (reader, thing);
            matches!(
                pair,
                (Reader::Module(_), Thing::Module(_)) | (Reader::Pf(_) | Reader::Kept, Thing::Pf(_))
            ) || matches!(
                pair,
                (Reader::Vf(_), Thing::Vf(..))
                    | (Reader::Object(_), Thing::Object(_))
                    | (Reader::Resource(_), Thing::Resource(..))
            )
        };
        self.row().of.iter().find(|(_, reader)| fits(reader)).map(|(shape, _)| *shape)
    }

    /// Returns how its value is written among the facts of a PF that are kept by row; `None` where it is not one.
    pub(crate) fn kept_shape(self) -> Option<ClaimShape> {
        let kept = self.row().of.iter().find(|(_, reader)| matches!(reader, Reader::Kept));
        kept.map(|(shape, _)| *shape)
    }

    /// Returns a value of this property of a thing as it is written everywhere.
    pub fn show(self, thing: &Thing, value: &ClaimValue) -> String {
        self.shape(thing).unwrap_or(ClaimShape::Name).show(value)
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Property {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let plain = Self::PLAIN.iter().copied().find(|property| property.word() == text);
        let property = plain.map_or_else(|| text.parse().map(Self::Attribute), Ok);
        property.map_err(|_| ParseError::new(text, "property of a claim"))
    }
}

impl Serialize for Property {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Property {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Property {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Property".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "A property such as count or mtu." })
    }
}

#[cfg(test)]
#[path = "property_tests.rs"]
mod tests;
