//! Which driver the kernel would give to a PF's VFs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use vfctl_model::{DriverName, ModuleName};

use super::blacklist::{AliasesError, read_blacklist};
use super::depmod::file_of;
use super::files::{names, text};
use super::system::kernel_release;
use crate::roots::Roots;

/// Which modules the running kernel has for which ids, and which of them it must not load; read when first asked.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    /// `modules.alias`.
    file: OnceLock<Result<String, AliasesError>>,
    /// Patterns of ids, each with its module.
    all: OnceLock<Result<Vec<(String, String)>, AliasesError>>,
    blacklist: OnceLock<Result<BTreeSet<ModuleName>, AliasesError>>,
}

impl Aliases {
    /// Returns the driver for a VF whose `modalias` this is; `None` where the kernel has none, or has one that is
    /// not there and must not be loaded.
    ///
    /// # Errors
    /// Where the aliases of the running kernel, or the blacklist, could not be read.
    pub(crate) fn driver(&self, roots: &Roots, modalias: &str) -> Result<Option<DriverName>, AliasesError> {
        let all = self.all.get_or_init(|| of_pci(roots, self.lines(roots)?));
        let aliases = all.as_ref().map_err(Clone::clone)?;
        let fitting = aliases.iter().filter(|(pattern, _)| matches(pattern, modalias));
        for (_, module) in fitting {
            let Ok(module) = module.parse() else { continue };
            let Some(driver) = driver_of_module(roots, &module) else { continue };
            if is_registered(roots, &driver) || !self.blacklist(roots)?.contains(&module) {
                return Ok(Some(driver));
            }
        }
        Ok(None)
    }

    /// Returns the patterns of all ids that modules are for, each with its module.
    ///
    /// # Errors
    /// Where the aliases of the running kernel could not be read.
    pub(super) fn lines(&self, roots: &Roots) -> Result<impl Iterator<Item = (&str, &str)>, AliasesError> {
        let file = self.file.get_or_init(|| read_file(roots)).as_ref().map_err(Clone::clone)?;
        Ok(file.lines().filter_map(|line| line.strip_prefix("alias ")?.split_once(' ')))
    }

    fn blacklist(&self, roots: &Roots) -> Result<&BTreeSet<ModuleName>, AliasesError> {
        self.blacklist.get_or_init(|| read_blacklist(roots)).as_ref().map_err(Clone::clone)
    }
}

/// Returns whether a driver has no ids of its own and takes what somebody gives it: such a driver is never the
/// kernel's choice (drivers/vfio, drivers/uio/uio_pci_generic.c, drivers/pci/pci-stub.c, drivers/xen/xen-pciback;
/// DPDK's igb_uio).
pub(crate) fn takes_what_it_is_given(driver: &DriverName) -> bool {
    const BY_NAME: [&str; 4] = ["pci-stub", "pciback", "xen-pciback", "xen_pciback"];
    let name = driver.as_str();
    driver.is_vfio() || name.starts_with("vfio") || name.contains("uio") || BY_NAME.contains(&name)
}

/// Returns the `modalias` that VFs will have: they share vendor and class with their PF (SR-IOV 1.1, 3.4.1),
/// and the subsystem does not matter to drivers of VFs.
pub(crate) fn expected_modalias(pf: &Path, vf_device: &str) -> Option<String> {
    let own = text(&pf.join("modalias")).ok()?;
    let (before, rest) = own.split_once('d')?;
    let (_, after) = rest.split_once("sv")?;
    let device = u16::from_str_radix(vf_device, 16).ok()?;
    Some(format!("{before}d{device:08X}sv{after}"))
}

/// Returns the aliases of PCI devices: those of drivers that are no modules, from `modules.builtin.modinfo`, and these.
fn of_pci<'l>(
    roots: &Roots,
    lines: impl Iterator<Item = (&'l str, &'l str)>,
) -> Result<Vec<(String, String)>, AliasesError> {
    let mut aliases = Vec::new();
    let built_in = file_of(roots, &release(roots)?, "modules.builtin.modinfo").and_then(fs::read);
    for entry in built_in.unwrap_or_default().split(|byte| *byte == 0) {
        let Some((module, pattern)) =
            std::str::from_utf8(entry).ok().and_then(|entry| entry.split_once(".alias="))
        else {
            continue;
        };
        if pattern.starts_with("pci:") {
            aliases.push((pattern.to_owned(), module.to_owned()));
        }
    }
    // Those of `vfio_pci:` are for overridden devices only.
    let pci = lines.filter(|(pattern, _)| pattern.starts_with("pci:"));
    aliases.extend(pci.map(|(pattern, module)| (pattern.to_owned(), module.to_owned())));
    Ok(aliases)
}

/// Reads `modules.alias` of the running kernel.
fn read_file(roots: &Roots) -> Result<String, AliasesError> {
    let release = release(roots)?;
    let Ok(file) = file_of(roots, &release, "modules.alias") else {
        return Err(AliasesError(format!("/lib/modules/{release}/modules.alias: no such file")));
    };
    text(&file).map_err(|error| AliasesError(crate::errno::io_cause(&error)))
}

fn release(roots: &Roots) -> Result<String, AliasesError> {
    kernel_release(roots).map_err(|error| AliasesError(crate::errno::io_cause(&error)))
}

/// Returns the PCI driver that a module registers: by its folder where it is loaded, else by its name.
fn driver_of_module(roots: &Roots, module: &ModuleName) -> Option<DriverName> {
    let folder = roots.path("/sys/module").join(module.as_str()).join("drivers");
    let registered = names(&folder).unwrap_or_default();
    registered
        .iter()
        .find_map(|name| name.strip_prefix("pci:")?.parse().ok())
        .or_else(|| module.as_str().parse().ok())
}

/// Returns whether a driver is there to take functions, however it came to be.
fn is_registered(roots: &Roots, driver: &DriverName) -> bool {
    roots.path("/sys/bus/pci/drivers").join(driver.as_str()).is_dir()
}

/// Returns whether a shell pattern with `*`, `?` and `[…]` matches the whole text.
fn matches(pattern: &str, text: &str) -> bool {
    // Each star takes as little as it can; a mismatch goes back to the last star and lets it take one more.
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), text.get(place)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                star = Some((at, place));
                at += 1;
                continue;
            }
            (Some(b'['), Some(letter)) => {
                let class = pattern.get(at + 1..).unwrap_or_default();
                if let Some(length) = class.iter().position(|byte| *byte == b']')
                    && class.get(..length).is_some_and(|class| in_class(class, *letter))
                {
                    at += length + 2;
                    place += 1;
                    continue;
                }
            }
            (Some(wanted), Some(letter)) if *wanted == b'?' || wanted == letter => {
                at += 1;
                place += 1;
                continue;
            }
            _ => {}
        }
        match star {
            Some((after, from)) if from < text.len() => {
                star = Some((after, from + 1));
                at = after + 1;
                place = from + 1;
            }
            _ => return false,
        }
    }
}

/// Returns whether a letter is in the inside of `[…]`.
fn in_class(mut class: &[u8], letter: u8) -> bool {
    while let [first, rest @ ..] = class {
        match rest {
            [b'-', last, after @ ..] => {
                if (*first..=*last).contains(&letter) {
                    return true;
                }
                class = after;
            }
            _ => {
                if *first == letter {
                    return true;
                }
                class = rest;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const IGBVF: &str = "pci:v00008086d000010CAsv00008086sd0000A03Cbc02sc00i00";

    #[test]
    fn pattern_matches_as_the_module_loader_does() {
        for (pattern, hit) in [
            ("pci:v00008086d000010CAsv*sd*bc*sc*i*", true),
            ("pci:v00008086d000010C9sv*sd*bc*sc*i*", false),
            ("pci:v00008086d*sv*sd*bc02sc00i*", true),
            ("pci:v00008086d*sv*sd*bc01sc*i*", false),
            ("pci:v*d*sv*sd*bc0[1-3]sc0?i*", true),
            ("pci:v*d*sv*sd*bc0[4-6a]sc0?i*", false),
            ("pci:v*", true),
            ("pci:v", false),
        ] {
            assert_eq!(matches(pattern, IGBVF), hit, "{pattern}");
        }
    }

    #[test]
    fn modalias_of_vfs_is_the_pfs_with_their_device() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = "pci:v00008086d000010C9sv00008086sd0000A03Cbc02sc00i00\n";
        std::fs::write(folder.path().join("modalias"), own).expect("a file");
        assert_eq!(expected_modalias(folder.path(), "10ca").as_deref(), Some(IGBVF));
    }
}
