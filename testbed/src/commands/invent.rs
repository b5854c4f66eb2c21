//! `testbed invent`: random scenarios as files.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::random;

/// The arguments of `testbed invent`.
#[derive(Debug, Args)]
pub(super) struct InventArguments {
    /// The first scenario's seed; the next ones count up
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How many scenarios
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    count: u64,
    /// Where to write them; made when it is not there
    folder: PathBuf,
}

/// Writes a file for each seed.
///
/// # Errors
///
/// When a file cannot be written.
pub(super) fn invent(arguments: &InventArguments) -> anyhow::Result<()> {
    let InventArguments { seed, count, folder } = arguments;
    fs::create_dir_all(folder).with_context(|| format!("make the folder {}", folder.display()))?;
    for seed in (*seed..).take(usize::try_from(*count)?) {
        let path = folder.join(format!("random-{seed}.scenario"));
        fs::write(&path, random::scenario(seed)).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}
