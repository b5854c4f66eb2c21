//! Who uses a VF or a port, as programs read it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{Cidr, InterfaceName};
use vfctl_port::{InterfaceUse, Master, Use};

/// Who uses a VF or a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Holder {
    /// A process has a device file open.
    Process {
        /// The process; absent where it has no number here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pid: Option<u32>,
        /// The name of its program.
        program: String,
        /// The file: `vfio`, or its path.
        file: String,
    },
    /// The CNI or the kubelet has given it to a pod.
    Pod {
        /// The pod, its container and interface, or its network namespace.
        pod: String,
    },
    /// Its interface is in another network namespace.
    Namespace {
        /// The namespace's name under `/run/netns`, or the process that lives in it.
        namespace: String,
    },
    /// Its interface is a port of a bond, a bridge or the like.
    Master {
        /// The bond or bridge.
        master: Master,
    },
    /// Another interface stands on it.
    Upper {
        /// The other interface; what it is, too, where it is in another network namespace.
        upper: String,
        /// What it is: `vlan`, `macvtap`, …
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sort: Option<String>,
        /// The network namespace that it is in, where that is another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    /// An interface has this address.
    Address {
        /// The interface; absent where it is the VF's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interface: Option<InterfaceName>,
        /// The address with the length of its prefix.
        address: String,
    },
    /// A default route leads through it.
    DefaultRoute {
        /// The interface.
        interface: InterfaceName,
    },
    /// The SSH connection that vfctl was started from leads through it.
    Ssh {
        /// The interface.
        interface: InterfaceName,
    },
    /// Perhaps somebody: it could not be looked.
    Unknown {
        /// What could not be looked at, and why.
        why: String,
    },
}

impl Holder {
    /// Returns the process that is called `pid 123 (qemu-system-x86)`.
    fn process(holder: &str, file: &str) -> Self {
        let named = holder.strip_prefix("pid ").and_then(|rest| rest.strip_suffix(')')?.split_once(" ("));
        let (pid, program) = match named {
            Some((pid, program)) => (pid.parse().ok(), program),
            None => (None, holder),
        };
        Self::Process { pid, program: program.to_owned(), file: file.to_owned() }
    }
}

impl From<&Use> for Holder {
    fn from(user: &Use) -> Self {
        match user {
            Use::Namespace { name } => Self::Namespace { namespace: name.clone() },
            Use::Cni { holder } | Use::Pod { pod: holder } => Self::Pod { pod: holder.clone() },
            Use::VfioOpen { holder } => Self::process(holder, "vfio"),
            Use::VdpaOpen { file, holder } | Use::DeviceOpen { file, holder } => Self::process(holder, file),
            Use::Port { master } => Self::Master { master: master.clone() },
            Use::StandsOn { upper, kind, namespace } => Self::Upper {
                upper: upper.to_string(),
                sort: Some(kind.clone()),
                namespace: namespace.clone(),
            },
            Use::Addressed { interface, address } => {
                Self::Address { interface: interface.clone(), address: address.clone() }
            }
            Use::DefaultRoute { interface } => Self::DefaultRoute { interface: interface.clone() },
            Use::Ssh { interface } => Self::Ssh { interface: interface.clone() },
            Use::CouldNotLook { why } => Self::Unknown { why: why.clone() },
        }
    }
}

impl From<&InterfaceUse> for Holder {
    fn from(user: &InterfaceUse) -> Self {
        let address = |interface: &InterfaceName, address: &Cidr| Self::Address {
            interface: Some(interface.clone()),
            address: address.to_string(),
        };
        match user {
            InterfaceUse::Ssh(interface) => Self::Ssh { interface: interface.clone() },
            InterfaceUse::DefaultRoute(interface) => Self::DefaultRoute { interface: interface.clone() },
            InterfaceUse::Address(interface, cidr) => address(interface, cidr),
            InterfaceUse::StandsOn { upper, kind, lower: _ } => {
                Self::Upper { upper: upper.to_string(), sort: Some(kind.clone()), namespace: None }
            }
            InterfaceUse::StandsOnElsewhere { upper, lower: _ } => {
                Self::Upper { upper: upper.clone(), sort: None, namespace: None }
            }
            InterfaceUse::VfioOpen(holder) => Self::process(holder, "vfio"),
            InterfaceUse::Port(master) => Self::Master { master: master.clone() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_is_a_number_and_a_program() {
        let of = |holder: &str| Holder::from(&Use::VfioOpen { holder: holder.to_owned() });
        let json = |holder: &str| serde_json::to_string(&of(holder)).expect("JSON");
        let qemu = r#"{"kind":"process","pid":123,"program":"qemu-system-x86","file":"vfio"}"#;
        assert_eq!(json("pid 123 (qemu-system-x86)"), qemu);
        assert_eq!(serde_json::from_str::<Holder>(qemu).expect("a holder"), of("pid 123 (qemu-system-x86)"));
        assert_eq!(json("somebody"), r#"{"kind":"process","program":"somebody","file":"vfio"}"#);
    }
}
