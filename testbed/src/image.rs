//! The guests' images: built by scripts, kept in the user's cache.

use std::env;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;

/// What runs in a guest beside the kernel, which is the same in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, ValueEnum)]
pub enum Userland {
    /// busybox and what vfctl needs: boots within seconds, and nobody else is there.
    #[default]
    Small,
    /// Debian with systemd and udev, and link managers that can be started.
    Debian,
}

impl Userland {
    /// Every userland, in the order in which they run.
    pub const ALL: [Self; 2] = [Self::Debian, Self::Small];

    /// The script that builds it.
    fn script(self) -> &'static str {
        match self {
            Self::Small => "image/build.sh",
            Self::Debian => "image/debian.sh",
        }
    }
}

impl fmt::Display for Userland {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Small => "small",
            Self::Debian => "debian",
        })
    }
}

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
    #[error("build with {script}")]
    Failed {
        /// The script.
        script: PathBuf,
    },
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

/// The image's folder, with `vmlinuz`, `initrd` and, where the initrd is not all, `root.ext4`; built when the
/// cache has none.
///
/// # Errors
///
/// When it cannot be built.
pub fn find_or_build(userland: Userland) -> Result<PathBuf, ImageError> {
    built_by(userland.script(), &[])
}

/// The folder that a script of the testbed builds or finds in the cache, and prints; `words` say what.
///
/// # Errors
///
/// When it cannot be built.
pub fn built_by(script: &str, words: &[&str]) -> Result<PathBuf, ImageError> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let output = Command::new(&script)
        .args(words)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| ImageError::Run { script: script.clone(), source })?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || folder.is_empty() {
        return Err(ImageError::Failed { script });
    }
    Ok(PathBuf::from(folder))
}
