//! Which modules with drivers for PCI devices the running kernel could load.

use vfctl_model::{DriverName, ModuleName, ModuleSet};

use super::default_driver::{Aliases, takes_what_it_is_given};
use super::depmod::file_of;
use super::files::text;
use crate::roots::Roots;

/// Returns the modules with drivers for PCI devices, loaded or not, by depmod's files; `None` where there are none for this
/// kernel, as in most containers.
///
/// Not all modules, of which a distribution has thousands, so that facts stay small: those with ids of PCI devices, those whose
/// drivers take what they are given and need no ids, and all that are no part of the kernel's own sources.
pub(crate) fn read_loadable(roots: &Roots, kernel: &str, aliases: &Aliases) -> Option<ModuleSet> {
    let files = text(&file_of(roots, kernel, "modules.dep").ok()?).ok()?;
    let by_file = files.lines().filter_map(|line| of_file(line.split(':').next()?));
    // A module has hundreds of aliases, one after the other.
    let mut by_alias: Vec<&str> = aliases.lines(roots).ok()?.filter_map(of_alias).collect();
    by_alias.dedup();
    let by_alias = by_alias.into_iter().filter_map(|module| module.parse().ok());
    Some(by_file.chain(by_alias).collect())
}

/// Returns the module of a path such as `kernel/drivers/vfio/pci/vfio-pci.ko.xz`, where the path tells that it is one to name.
fn of_file(path: &str) -> Option<ModuleName> {
    let name = path.rsplit('/').next()?.split('.').next()?;
    let needs_no_ids = || name.parse::<DriverName>().is_ok_and(|driver| takes_what_it_is_given(&driver));
    (!path.starts_with("kernel/") || needs_no_ids()).then(|| name.parse().ok()).flatten()
}

/// Returns the module of an alias `pci:… module`, and of those of `vfio_pci:` for devices with an override.
fn of_alias<'l>((pattern, module): (&'l str, &'l str)) -> Option<&'l str> {
    let is_pci = pattern.split(':').next().is_some_and(|bus| bus == "pci" || bus == "vfio_pci");
    is_pci.then_some(module)
}
