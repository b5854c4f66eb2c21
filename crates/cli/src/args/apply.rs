//! The command line of `apply`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use vfctl_model::ParseError;

use super::{FileArgs, HostValuesArgs};
use crate::error::CliError;
use crate::format::FormatArgs;
use crate::progress::ProgressChoice;
use crate::reach::PartArgs;
use crate::spec_folder::or_folder;

/// The options of `apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Spec files, folders, `-` for standard input; or one plan that `plan --out` wrote [default: /etc/vfctl].
    #[arg(value_name = "SPEC|PLAN")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    pub host_values: HostValuesArgs,
    #[command(flatten)]
    pub parts: PartArgs,
    /// Skip the confirmation prompt; a plan file never asks.
    #[arg(short, long)]
    pub yes: bool,
    /// Show the plan and end as its apply would; change nothing, take no lock.
    #[arg(long)]
    pub dry_run: bool,
    /// Wait for the lock if another vfctl holds it, at most TIME, such as 30s or 1h; 5m without TIME [default: fail at once].
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "5m", value_parser = time)]
    wait: Option<Duration>,
    /// Allow changes that destroy VFs or disrupt their users [default: refuse them].
    #[arg(long)]
    pub allow_disruption: bool,
    /// Fail if no document concerns this host [default: only warn].
    #[arg(long)]
    pub require_host: bool,
    /// End with 0, not 4, if the only differences are on VFs that others hold.
    #[arg(long)]
    pub ignore_held: bool,
    /// How to report progress on standard error.
    #[arg(long, value_name = "HOW", default_value = "auto", hide_possible_values = true)]
    #[arg(
        help = "How to report progress on standard error: auto (one line that is updated in place on a terminal, \
                  else plain), plain (a line for each phase), none"
    )]
    progress: ProgressChoice,
    /// With --yes, --dry-run or a plan: print only what was refused or has failed, and no progress.
    #[arg(short, long, conflicts_with_all = ["output", "json", "progress"])]
    pub quiet: bool,
    #[command(flatten)]
    pub format: FormatArgs,
}

impl ApplyArgs {
    /// Returns the paths of what is to be applied.
    ///
    /// # Errors
    /// Where one is the time of `--wait` and no file.
    pub(crate) fn inputs(&self) -> Result<Vec<PathBuf>, CliError> {
        let is_time = |path: &&PathBuf| path.to_str().is_some_and(|word| time(word).is_ok());
        let mistaken = self.inputs.iter().find(|path| self.wait.is_some() && is_time(path) && !path.exists());
        if let Some(path) = mistaken {
            return Err(CliError::TimeAsFile { word: path.display().to_string() });
        }
        or_folder(self.file.after(&self.inputs))
    }

    /// Returns how long to wait for the lock.
    pub(crate) fn wait(&self) -> Duration {
        self.wait.unwrap_or_default()
    }

    /// Returns how to report progress.
    pub(crate) fn progress(&self) -> ProgressChoice {
        if self.quiet { ProgressChoice::None } else { self.progress }
    }
}

/// Returns the time that a word is: a whole number of seconds, or with the unit `s`, `m` or `h`.
fn time(word: &str) -> Result<Duration, ParseError> {
    let wrong = || ParseError::new(word, "time such as 30s, 5m or 1h");
    let (number, factor) = match word.char_indices().next_back() {
        Some((at, 'm')) => (word.get(..at), 60),
        Some((at, 'h')) => (word.get(..at), 3600),
        Some((at, 's')) => (word.get(..at), 1),
        _ => (Some(word), 1),
    };
    // Neither a sign nor a day is meant by anybody.
    let number =
        number.filter(|number| number.len() <= 5 && number.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds: u64 = number.and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_nothing_else_is_one() {
        for (word, seconds) in [("30", 30), ("30s", 30), ("5m", 300), ("1h", 3600), ("0", 0)] {
            assert_eq!(time(word), Ok(Duration::from_secs(seconds)), "{word}");
        }
        for word in ["", "s", "-1s", "+1", "1.5m", "5 m", "1d", "999999", "5é"] {
            assert!(time(word).is_err(), "{word}");
        }
    }
}
