//! The guest's image: built by scripts, kept in the user's cache.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// There is neither `XDG_CACHE_HOME` nor `HOME`.
    #[error("find the cache folder: neither XDG_CACHE_HOME nor HOME is set")]
    NoHome,
    /// The script cannot be run.
    #[error("run {script}")]
    Run {
        /// The script.
        script: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The script failed; it has said why on standard error.
    #[error("build the guest's image")]
    Failed,
}

/// The testbed's own folder in the user's cache.
///
/// # Errors
///
/// When the environment does not say where the cache is.
pub fn cache() -> Result<PathBuf, ImageError> {
    let cache = match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => Path::new(&home).join(".cache"),
        (_, None) => return Err(ImageError::NoHome),
    };
    Ok(cache.join("vfctl").join("testbed"))
}

/// The image's folder, with `vmlinuz` and `initrd`; built when the cache has
/// none.
///
/// # Errors
///
/// When it cannot be built.
pub fn find_or_build() -> Result<PathBuf, ImageError> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("image/build.sh");
    let output = Command::new(&script)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| ImageError::Run { script: script.clone(), source })?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || folder.is_empty() {
        return Err(ImageError::Failed);
    }
    Ok(PathBuf::from(folder))
}
