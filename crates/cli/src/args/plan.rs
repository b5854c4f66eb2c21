//! The options of `plan`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use vfctl_plan::Detail;

use super::{FactsArgs, SpecArgs};
use crate::format::Formats;
use crate::limit::HostPattern;
use crate::output::is_stdout;
use crate::reach::PartArgs;

/// The options of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub specs: SpecArgs,
    #[command(flatten)]
    pub facts: FactsArgs,
    /// Plan only for these hosts of the facts: a list of names with commas between, in which `*` stands for any text.
    #[arg(long, value_name = "HOSTS", requires = "facts", value_delimiter = ',')]
    pub limit: Vec<HostPattern>,
    #[command(flatten)]
    pub parts: PartArgs,
    /// Also write the plan to this file, for apply, or a file for each host into this folder; `-` is the same as -o json.
    #[arg(long, value_name = "FILE|DIR")]
    pub out: Option<PathBuf>,
    /// The output format.
    #[arg(short, long, value_name = "FORMAT", value_parser = Formats::<PlanOutput>::or_to_file("the plan"), default_value = "text")]
    pub output: PlanOutput,
    /// The same as `-o json`.
    #[arg(long, conflicts_with = "output")]
    pub json: bool,
    /// Fail if no document concerns this host, or one of the facts [default: only warn].
    #[arg(long)]
    pub require_host: bool,
    /// End with 0, not 4, if the only differences are on VFs that others hold.
    #[arg(long)]
    pub ignore_held: bool,
    /// End with 5, not 2, if apply needs `--allow-disruption`.
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    #[arg(help = "End with 5, not 2, if apply needs --allow-disruption: disruption")]
    pub fail_on: Option<FailOn>,
    /// Show the command for each change, and where the spec asks for it.
    #[arg(short, long)]
    pub verbose: bool,
    /// Print only what blocks the plan; the exit code says whether there are changes.
    #[arg(short, long, conflicts_with_all = ["output", "json", "verbose"])]
    pub quiet: bool,
}

/// The formats of `plan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanOutput {
    /// Text for people.
    Text,
    /// A JSON document for programs.
    Json,
    /// A comment for a merge request.
    Markdown,
    /// A page with pictures of the hosts.
    Html,
}

impl PlanOutput {
    fn is_review(self) -> bool {
        matches!(self, Self::Markdown | Self::Html)
    }
}

/// What of a plan that can be applied counts as a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Apply needs `--allow-disruption`.
    Disruption,
}

impl PlanArgs {
    /// Returns how much the text is to say.
    pub(crate) fn detail(&self) -> Detail {
        if self.verbose { Detail::Verbose } else { Detail::Short }
    }

    /// Returns the file or folder to write to; standard output is none.
    pub(crate) fn folder_or_file(&self) -> Option<&Path> {
        self.out.as_deref().filter(|path| !is_stdout(path))
    }

    /// Returns what standard output is to be.
    pub(crate) fn printed(&self) -> PlanOutput {
        if self.json || self.is_out_stdout() { PlanOutput::Json } else { self.output }
    }

    /// Returns whether standard output is to be two documents at once: JSON by `--out -`, and another by `-o`.
    pub(crate) fn has_two_outputs(&self) -> bool {
        self.is_out_stdout() && self.output.is_review()
    }

    /// Returns the file for the plan where it has the name of a page, and standard output is to be one.
    pub(crate) fn plan_as_page(&self) -> Option<&Path> {
        let is_page = |path: &&Path| {
            path.extension().is_some_and(|ending| ending == "html" || ending == "htm" || ending == "md")
        };
        self.folder_or_file().filter(|_| self.is_review()).filter(is_page)
    }

    /// Returns whether standard output is to be a review.
    pub(crate) fn is_review(&self) -> bool {
        self.printed().is_review()
    }

    /// Returns whether hosts are pictured.
    pub(crate) fn is_pictured(&self) -> bool {
        self.printed() == PlanOutput::Html
    }

    fn is_out_stdout(&self) -> bool {
        self.out.as_deref().is_some_and(is_stdout)
    }

    /// Returns whether standard output is to be JSON.
    pub(crate) fn prints_json(&self) -> bool {
        self.printed() == PlanOutput::Json
    }
}
