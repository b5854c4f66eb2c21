//! Whether this machine's KVM can be trusted with the guest.
//!
//! `/dev/kvm` may open and still not run a stock kernel: QEMU then hangs. So
//! only a guest that has booted proves it, and the verdict is kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file in the cache that keeps the verdict.
const VERDICT: &str = "accelerator";

/// What runs the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accelerator {
    /// The processor.
    Kvm,
    /// QEMU, several times slower and the same everywhere.
    Tcg,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum AcceleratorError {
    /// QEMU does not even say its version.
    #[error("ask QEMU for its version; is it installed? ci/setup.sh does it")]
    NoQemu(#[source] io::Error),
    /// The verdict cannot be kept.
    #[error("keep the verdict on KVM in {path}")]
    Keep {
        /// The verdict's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Accelerator {
    /// Chooses one: KVM if `boots_with_kvm` says so, which is asked once for
    /// each QEMU and kernel of this machine.
    ///
    /// # Errors
    ///
    /// When QEMU is missing or the verdict cannot be kept.
    pub fn choose(cache: &Path, boots_with_kvm: impl FnOnce() -> bool) -> Result<Self, AcceleratorError> {
        if let Some(accelerator) = Self::kept(cache)? {
            return Ok(accelerator);
        }
        eprintln!("testbed: trying KVM once");
        let (verdict, accelerator) = if boots_with_kvm() { ("kvm", Self::Kvm) } else { ("tcg", Self::Tcg) };
        eprintln!("testbed: the guest runs with {verdict} on this machine");
        let path = cache.join(VERDICT);
        fs::write(&path, format!("{verdict}\n{}", place()?))
            .map_err(|source| AcceleratorError::Keep { path: path.clone(), source })?;
        Ok(accelerator)
    }

    /// What is known without trying: without a `/dev/kvm` there is nothing to
    /// try.
    ///
    /// # Errors
    ///
    /// When QEMU is missing.
    pub fn kept(cache: &Path) -> Result<Option<Self>, AcceleratorError> {
        if fs::OpenOptions::new().read(true).write(true).open("/dev/kvm").is_err() {
            return Ok(Some(Self::Tcg));
        }
        let kept = fs::read_to_string(cache.join(VERDICT)).unwrap_or_default();
        let place = place()?;
        Ok([("kvm", Self::Kvm), ("tcg", Self::Tcg)].into_iter().find_map(|(verdict, accelerator)| {
            (kept == format!("{verdict}\n{place}")).then_some(accelerator)
        }))
    }
}

/// What a verdict holds for: this QEMU on this kernel.
fn place() -> Result<String, AcceleratorError> {
    let version =
        Command::new("qemu-system-x86_64").arg("--version").output().map_err(AcceleratorError::NoQemu)?;
    let host = fs::read_to_string("/proc/version").unwrap_or_default();
    Ok(format!("{}\n{host}", String::from_utf8_lossy(&version.stdout)))
}
