//! Folders of specs, and the one where specs are looked for if none is named: the one that the unit applies at boot.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::Uid;
use vfctl_spec::is_yaml;

use crate::error::CliError;

/// The folder.
const SPEC_FOLDER: &str = "/etc/vfctl";

/// The environment's variable that names another.
const VARIABLE: &str = "VFCTL_SPEC_DIR";

/// Returns the paths that were named, or the folder where there is none.
///
/// # Errors
/// Where no path was named, and the folder cannot be read.
pub(crate) fn or_folder(named: Vec<PathBuf>) -> Result<Vec<PathBuf>, CliError> {
    if !named.is_empty() {
        return Ok(named);
    }
    let chosen = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty());
    let path = chosen.map_or_else(|| PathBuf::from(SPEC_FOLDER), PathBuf::from);
    match std::fs::read_dir(&path) {
        Ok(_) => Ok(vec![path]),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(CliError::NoSpecFolder { path }),
        Err(cause) => Err(CliError::Read { path, cause }),
    }
}

/// Returns the specs of a folder, in their order. Each name that is a spec's must be that of a file: one that was left out, such as a
/// link whose file system is not mounted yet, would look like a spec that asks for nothing.
///
/// # Errors
/// Where the folder has no spec, or one that is no file; where it is the folder that is applied at boot, and others than root may write
/// to it.
pub(crate) fn files_of(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |cause| CliError::Read { path: folder.to_owned(), cause };
    let names = fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.file_name()));
    let names = names.collect::<io::Result<Vec<OsString>>>().map_err(failed)?;
    if let Some(name) = names.iter().find(|name| is_misnamed(Path::new(name))) {
        let why =
            "the names of specs end with .yaml or .yml, in small letters; rename it, or move it elsewhere";
        return Err(unfit(&folder.join(name), ErrorKind::InvalidInput, why));
    }
    let files = vfctl_spec::spec_file_order(names).into_iter().map(|name| folder.join(name));
    let files = files.map(|file| must_be_file(&file).map(|found| (file, found)));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    if files.is_empty() {
        return Err(CliError::NoSpec { path: folder.to_owned() });
    }
    if is_applied_at_boot(folder) && Uid::effective().is_root() {
        let of_folder = (folder.to_owned(), fs::metadata(folder).map_err(failed)?);
        for (path, found) in files.iter().chain([&of_folder]) {
            must_be_of_root(path, found)?;
        }
    }
    Ok(files.into_iter().map(|(file, _)| file).collect())
}

/// Checks that an entry of a folder is a file that can be read to its end.
///
/// # Errors
/// Where it is something else, or a link to nothing.
pub(crate) fn must_be_file(path: &Path) -> Result<Metadata, CliError> {
    let found = fs::metadata(path).map_err(|cause| CliError::Read { path: path.to_owned(), cause })?;
    match (found.is_file(), found.is_dir()) {
        (true, _) => Ok(found),
        (false, true) => {
            Err(unfit(path, ErrorKind::IsADirectory, "it is a folder, and has the name of a file"))
        }
        (false, false) => {
            Err(unfit(path, ErrorKind::InvalidInput, "it is no regular file; move it out of the folder"))
        }
    }
}

/// Checks that only root may write to what is applied as root at boot.
fn must_be_of_root(path: &Path, found: &Metadata) -> Result<(), CliError> {
    if is_of_root(found.uid(), found.mode()) {
        return Ok(());
    }
    let (owner, mode) = (found.uid(), found.mode() & 0o7777);
    let why = format!(
        "it belongs to user {owner} and has mode {mode:04o}, so that others can write to it, and root applies it at boot; \
         only root may, as after `chown root` and `chmod go-w`"
    );
    Err(unfit(path, ErrorKind::PermissionDenied, &why))
}

/// Returns whether nobody but root may write to a file of this owner and mode.
fn is_of_root(owner: u32, mode: u32) -> bool {
    owner == 0 && mode & 0o022 == 0
}

fn is_applied_at_boot(folder: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(folder).is_some_and(|folder| real(Path::new(SPEC_FOLDER)) == Some(folder))
}

fn is_misnamed(name: &Path) -> bool {
    let is_hidden = name.as_os_str().as_encoded_bytes().starts_with(b".");
    !is_hidden && !is_yaml(name) && is_yaml(Path::new(&name.as_os_str().to_ascii_lowercase()))
}

fn unfit(path: &Path, kind: ErrorKind, why: &str) -> CliError {
    CliError::Read { path: path.to_owned(), cause: io::Error::new(kind, why.to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::Cli;

    #[test]
    fn what_others_may_write_is_not_roots() {
        for (owner, mode, is_roots) in
            [(0, 0o644, true), (0, 0o755, true), (0, 0o664, false), (0, 0o777, false)]
        {
            assert_eq!(is_of_root(owner, mode), is_roots, "{owner} {mode:o}");
        }
        assert!(!is_of_root(1000, 0o600));
    }

    #[test]
    fn each_name_of_a_spec_is_that_of_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("b.yml"), "").expect("write");
        fs::write(at("a.yaml"), "").expect("write");
        for other in ["README.md", ".a.yaml.swp", "a.yaml~", "host-values.json"] {
            fs::write(at(other), "").expect("write");
        }
        let good = || files_of(folder.path());
        assert_eq!(good().expect("specs"), [at("a.yaml"), at("b.yml")]);
        type Make = fn(&Path) -> io::Result<()>;
        let link: Make = |path| std::os::unix::fs::symlink("/nosuch/c.yaml", path);
        let wrong: [(&str, Make, &str); 5] = [
            ("c.yaml", link, "No such file"),
            ("d.yaml", |path| std::os::unix::fs::symlink(path, path), "symbolic link"),
            ("e.yaml", |path| fs::create_dir(path), "it is a folder"),
            (
                "f.yml",
                |path| Ok(nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU)?),
                "no regular file",
            ),
            ("G.YAML", |path| fs::write(path, ""), "rename it"),
        ];
        for (name, make, why) in wrong {
            make(&at(name)).expect("make it");
            let said = vfctl_port::with_causes(&good().expect_err(name)).to_string();
            assert!(said.contains(name) && said.contains(why), "{said}");
            fs::remove_file(at(name)).or_else(|_| fs::remove_dir(at(name))).expect("remove it");
        }
        good().expect("specs");
    }

    #[test]
    fn folder_is_that_of_the_unit_and_of_the_help() {
        let unit = include_str!("../../../packaging/systemd/vfctl.service");
        assert!(unit.contains(&format!(" apply --yes --only host {SPEC_FOLDER}\n")), "{unit}");
        let mut command = Cli::command();
        for name in ["validate", "plan", "apply", "explain", "pools", "pod", "verify"] {
            let help = command.find_subcommand_mut(name).map(|command| command.render_help().to_string());
            let help = help.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(help.contains(&format!("[default: {SPEC_FOLDER}")), "{name}: {help}");
        }
    }
}
