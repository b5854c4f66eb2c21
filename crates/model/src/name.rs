//! Names that the kernel and the operator give: interfaces, drivers, modules, hosts. They are shared, not copied: each
//! claim and op of a plan has some.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::parse::ParseError;
use crate::text::{text_name, text_serde};

/// Makes the name of something of the kernel's from a text that passes `$valid`.
macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $wanted:literal, $description:literal, $pattern:literal, $valid:expr) => {
        text_name!(
            $(#[$doc])* $type, $wanted, $description, $valid,
            "pattern": $pattern,
            "not": { "enum": [".", ".."] },
        );
    };
}

/// Returns whether a text is a word of a kernel object: printable, without blank or slash.
fn is_kernel_word(text: &str, longest: usize) -> bool {
    !text.is_empty()
        && text.len() <= longest
        && text != "."
        && text != ".."
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '/')
}

name! {
    /// The name or altname of a network interface: at most 127 bytes (`ALTIFNAMSIZ`), no blank, slash or colon.
    InterfaceName, "interface name (no blank, `/` or `:`)", "Name or altname of a network interface.",
    "^[^\\s/:\\x00-\\x1f\\x7f-\\x9f]{1,127}$",
    |text| is_kernel_word(text, 127) && !text.contains(':')
}

name! {
    /// The name of a kernel driver as its folder under `/sys/bus/*/drivers` has it.
    DriverName, "driver name (letters, digits, `-`, `_`, `.`)", "Name of a kernel driver, such as vfio-pci.",
    "^[0-9A-Za-z._-]{1,63}$",
    |text| is_kernel_word(text, 63) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

impl DriverName {
    /// Returns the name of the vfio driver for PCI devices.
    pub fn vfio_pci() -> Self {
        Self("vfio-pci".into())
    }

    /// Returns whether devices of this driver are handed to user space through vfio
    /// (`vfio-pci` and its vendor variants such as `mlx5_vfio_pci`).
    pub fn is_vfio(&self) -> bool {
        &*self.0 == "vfio-pci" || self.0.ends_with("_vfio_pci") || self.0.ends_with("-vfio-pci")
    }

    /// Returns whether a device of this driver has no other use in the kernel than to be handed to user space, or to make VFs
    /// (drivers/uio, drivers/pci/pci-pf-stub.c, DPDK's igb_uio).
    pub fn is_for_user_space(&self) -> bool {
        let others = ["uio_pci_generic", "igb_uio", "pci-pf-stub", "pci-stub"];
        self.is_vfio() || others.contains(&&*self.0)
    }

    /// Returns the driver that the module of this name registers, where that is spelled otherwise: `vfio-pci` for `vfio_pci`.
    pub fn registered_by_module(&self) -> Option<Self> {
        const DASHED: [&str; 3] = ["vfio-pci", "pci-pf-stub", "pci-stub"];
        let name = DASHED.into_iter().find(|name| name.replace('-', "_") == self.0.replace('-', "_"))?;
        (name != &*self.0).then(|| Self(name.into()))
    }

    /// Returns the module that has the driver: mostly of its name, where the kernel writes `-` as `_`.
    pub fn module(&self) -> ModuleName {
        // drivers/crypto/intel/qat/qat_*vf/adf_drv.c and drivers/net/ethernet/cavium/liquidio/lio_vf_main.c.
        const OTHERWISE: [(&str, &str); 4] = [
            ("c3xxxvf", "qat_c3xxxvf"),
            ("c6xxvf", "qat_c62xvf"),
            ("dh895xccvf", "qat_dh895xccvf"),
            ("LiquidIO_VF", "liquidio_vf"),
        ];
        if let Some((_, module)) = OTHERWISE.into_iter().find(|(driver, _)| *driver == &*self.0) {
            return ModuleName(module.into());
        }
        ModuleName(self.0.replace('-', "_").into())
    }
}

/// The name of a kernel module; `-` and `_` are the same to the kernel and written `_` here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleName(Arc<str>);

impl ModuleName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        f.pad(name)
    }
}

impl FromStr for ModuleName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let plain =
            is_kernel_word(text, 55) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let starts_well = !text.starts_with('-');
        (plain && starts_well)
            .then(|| Self(text.replace('-', "_").into()))
            .ok_or_else(|| ParseError::new(text, "module name such as `vfio_pci`"))
    }
}

text_serde!(
    ModuleName,
    "ModuleName",
    "Name of a kernel module, such as vfio_pci.",
    "pattern": "^[0-9A-Za-z_][0-9A-Za-z_-]{0,54}$",
);

name! {
    /// The name of a host as its node or machine is called.
    HostName, "host name (no blank, no `/`)", "Name of a host.",
    "^([^.\\s/\\x00-\\x1f\\x7f-\\x9f]|[.][^.\\s/\\x00-\\x1f\\x7f-\\x9f]|[.]{2}[^\\s/\\x00-\\x1f\\x7f-\\x9f])[^\\s/\\x00-\\x1f\\x7f-\\x9f]{0,252}$",
    |text| is_kernel_word(text, 253)
}

impl HostName {
    /// Returns the name of a host that has none of its own.
    pub fn localhost() -> Self {
        Self("localhost".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_refuse_what_would_leave_their_folder() {
        for text in ["", ".", "..", "a/b", "a b", "a\n"] {
            assert!(text.parse::<InterfaceName>().is_err(), "{text:?}");
            assert!(text.parse::<DriverName>().is_err(), "{text:?}");
            assert!(text.parse::<ModuleName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn driver_is_not_called_as_its_module_where_that_has_dashes() {
        let registered = |name: &str| {
            let name: DriverName = name.parse().expect("a name");
            name.registered_by_module().map(|driver| driver.to_string())
        };
        assert_eq!(registered("vfio_pci").as_deref(), Some("vfio-pci"));
        assert_eq!(registered("pci-pf_stub").as_deref(), Some("pci-pf-stub"));
        for name in ["vfio-pci", "mlx5_vfio_pci", "uio_pci_generic"] {
            assert_eq!(registered(name), None, "{name}");
        }
    }

    #[test]
    fn modules_have_one_spelling() {
        assert_eq!("vfio-pci".parse::<ModuleName>(), "vfio_pci".parse());
        assert_eq!(DriverName::vfio_pci().module().as_str(), "vfio_pci");
    }
}
