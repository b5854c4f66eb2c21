//! What depmod wrote for the running kernel.

use std::io;
use std::path::PathBuf;

use crate::roots::Roots;

/// Where a distribution keeps the modules of its kernels.
const FOLDERS: [&str; 2] = ["/lib/modules", "/usr/lib/modules"];

/// Returns the file of this name for the kernel of this release.
///
/// # Errors
/// Where there is none, as in most containers.
pub(super) fn file_of(roots: &Roots, release: &str, name: &str) -> io::Result<PathBuf> {
    let files = FOLDERS.iter().map(|folder| roots.path(folder).join(release).join(name));
    files.into_iter().find(|file| file.is_file()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
}
