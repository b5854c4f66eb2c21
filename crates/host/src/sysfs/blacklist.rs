//! Blacklisted modules: they are not loaded when a device asks for them by its ids.
//!
//! `modprobe NAME` still loads most of them, so that a driver that a spec names is none of this file's business.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use vfctl_model::ModuleName;

use super::files::{names, text};
use crate::errno::io_cause;
use crate::roots::Roots;

/// Where libkmod reads what it must not load, the strongest first: a file hides those of its name further down
/// (modprobe.d(5)).
const FOLDERS: [&str; 5] = [
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
];

/// Kernel arguments with such modules: one for the kernel itself (kernel/module/main.c), one for libkmod
/// (modprobe(8)).
const ARGUMENTS: [&str; 2] = ["module_blacklist=", "modprobe.blacklist="];

/// Programs that load nothing in a module's stead.
const NO_LOADERS: [&str; 2] = ["false", "true"];

/// Why the aliases of the running kernel, or the blacklist, could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct AliasesError(pub(super) String);

/// Reads which modules are blacklisted.
///
/// # Errors
/// Where a file that may blacklist a module could not be read.
pub(crate) fn read_blacklist(roots: &Roots) -> Result<BTreeSet<ModuleName>, AliasesError> {
    let failed =
        |path: &PathBuf, error: io::Error| AliasesError(format!("{}: {}", path.display(), io_cause(&error)));
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in FOLDERS.map(|folder| roots.path(folder)) {
        match names(&folder) {
            Ok(names) => {
                for name in names.into_iter().filter(|name| name.ends_with(".conf")) {
                    let path = folder.join(&name);
                    files.entry(name).or_insert(path);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&folder, error)),
        }
    }
    let mut blacklist = BTreeSet::new();
    for path in files.values() {
        let text = text(path).map_err(|error| failed(path, error))?;
        blacklist.extend(text.replace("\\\n", "").lines().filter_map(blacklisted_by));
    }
    let path = roots.path("/proc/cmdline");
    let arguments = text(&path).map_err(|error| failed(&path, error))?;
    for argument in arguments.split_whitespace() {
        let modules = ARGUMENTS.iter().find_map(|key| argument.strip_prefix(key));
        blacklist.extend(
            modules.into_iter().flat_map(|list| list.split(',')).filter_map(|name| name.parse().ok()),
        );
    }
    Ok(blacklist)
}

/// Returns the module that a line of `modprobe.d` blacklists: `blacklist NAME`, or `install NAME /bin/false`.
fn blacklisted_by(line: &str) -> Option<ModuleName> {
    let mut words = line.split_whitespace();
    let (verb, module) = (words.next()?, words.next()?);
    let is_blacklisting = match verb {
        "blacklist" => true,
        "install" => words
            .next()
            .and_then(|program| program.rsplit('/').next())
            .is_some_and(|program| NO_LOADERS.contains(&program)),
        _ => false,
    };
    module.parse().ok().filter(|_| is_blacklisting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_blacklists_a_module_by_its_verb_or_by_a_program_that_loads_nothing() {
        for (line, module) in [
            ("blacklist igbvf", Some("igbvf")),
            ("  blacklist\thv-netvsc  ", Some("hv_netvsc")),
            ("install igbvf /bin/false", Some("igbvf")),
            ("install igbvf /usr/bin/true # not here", Some("igbvf")),
            ("install igbvf /sbin/modprobe --ignore-install igbvf && true", None),
            ("install igbvf", None),
            ("# blacklist igbvf", None),
            ("options igbvf debug=1", None),
            ("", None),
        ] {
            let module = module.map(|name| name.parse().expect("a module"));
            assert_eq!(blacklisted_by(line), module, "{line}");
        }
    }
}
