//! Where the programs under test are.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Why a program cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It has not been built.
    #[error("find {name} beside this program: build it, or say where it is")]
    Missing {
        /// The program's name.
        name: String,
    },
    /// It was named and is not there.
    #[error("use {path} as {name}")]
    Named {
        /// The program's name.
        name: String,
        /// What was named.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The program that was named, or else the one that was built last in this
/// program's target folder.
///
/// # Errors
///
/// When there is none.
pub fn find(name: &str, named: Option<&Path>) -> Result<PathBuf, ProgramError> {
    if let Some(path) = named {
        return fs::canonicalize(path).map_err(|source| ProgramError::Named {
            name: name.to_owned(),
            path: path.to_owned(),
            source,
        });
    }
    let target = env::current_exe().ok().and_then(|program| Some(program.parent()?.parent()?.to_owned()));
    target
        .iter()
        .flat_map(|target| ["debug", "release", "dist"].map(|profile| target.join(profile).join(name)))
        .filter_map(|path| Some((built_at(&path)?, path)))
        .max()
        .map(|(_, path)| path)
        .ok_or_else(|| ProgramError::Missing { name: name.to_owned() })
}

/// Copies a program without its symbols: reading them would take the guest
/// seconds.
///
/// # Errors
///
/// When it cannot be copied.
pub fn copy_stripped(program: &Path, to: &Path) -> io::Result<()> {
    let status = Command::new("strip").arg("-o").arg(to).arg(program).status();
    // Without strip the whole program is copied, which is only slower.
    if !status.is_ok_and(|status| status.success()) {
        fs::copy(program, to)?;
    }
    Ok(())
}

fn built_at(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
