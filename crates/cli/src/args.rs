//! The command line.

mod apply;
mod discover;
mod init;
mod plan;
mod pod;
mod pools;
mod rbac;
mod record;
mod shell;
mod spec;
mod validate;
mod verify;

use std::path::PathBuf;

pub(crate) use apply::ApplyArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use discover::{DiscoverArgs, DiscoverOutput};
pub(crate) use init::InitArgs;
pub(crate) use plan::{FailOn, PlanArgs, PlanOutput};
pub(crate) use pod::PodArgs;
pub(crate) use pools::PoolsArgs;
pub(crate) use rbac::{RbacArgs, RbacPart};
pub(crate) use record::RecordArgs;
pub(crate) use shell::{CompletionsArgs, ManArgs};
pub(crate) use spec::{FileArgs, HostValuesArgs, SpecArgs, SpecPaths};
pub(crate) use validate::{ValidateArgs, ValidateOutput, plugin_version};
pub(crate) use verify::VerifyArgs;

use crate::format::FormatArgs;
use crate::help;
use crate::reach::ClusterArgs;
use crate::terminal::ColourChoice;

/// Declare what SR-IOV on this host should look like, show what would change, and do exactly that.
#[derive(Debug, Parser)]
#[command(name = "vfctl", version, max_term_width = 100, after_help = help::VFCTL)]
pub struct Cli {
    /// The folder for the lock and the journals [default: /var/lib/vfctl].
    #[arg(long, global = true, value_name = "DIR", env = "VFCTL_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
    /// When to color: `auto` on a terminal.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(help = "When to color: auto (on a terminal), always, never")]
    pub color: ColourChoice,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the ports that can have VFs, what is set on them, and why a port cannot.
    #[command(visible_alias = "get", after_help = help::DISCOVER)]
    Discover(DiscoverArgs),
    /// Print a spec to begin with, for one port of this host.
    #[command(after_help = help::INIT)]
    Init(InitArgs),
    /// Check specs, and what device plugins and pod networks read, without looking at any host, and report every mistake with
    /// its place.
    #[command(after_help = help::VALIDATE)]
    Validate(ValidateArgs),
    /// Show what apply would change, why, in which order, and which users it disrupts.
    #[command(visible_alias = "diff", after_help = help::PLAN)]
    Plan(PlanArgs),
    /// Show a plan file as plan printed it.
    #[command(after_help = help::SHOW)]
    Show(ShowArgs),
    /// Plan, ask for confirmation, make the changes, verify them and report.
    #[command(after_help = help::APPLY)]
    Apply(ApplyArgs),
    /// Explain one value: where the spec asks for it, what was read, and what would be done; or a pod: what keeps it from its VF.
    #[command(after_help = help::EXPLAIN)]
    Explain(ExplainArgs),
    /// Show which device the SR-IOV device plugin offers in which pool, and why it leaves out others.
    #[command(after_help = help::POOLS)]
    Pools(PoolsArgs),
    /// Print what a pod has to say to be given VFs of networks: annotations, requests and limits.
    #[command(after_help = help::POD)]
    Pod(PodArgs),
    /// Verify that this host and its cluster match specs, by looking, with pods that show what they are given, and with packets.
    #[command(after_help = help::VERIFY)]
    Verify(VerifyArgs),
    /// Print accounts and roles with the least rights that each part needs in a cluster, and a policy that keeps nodes apart.
    #[command(after_help = help::RBAC)]
    Rbac(RbacArgs),
    /// Write everything that plan reads, for `plan --facts` elsewhere or for a bug report.
    #[command(after_help = help::RECORD)]
    Record(RecordArgs),
    /// Print the JSON Schema of a document, for editors and programs.
    #[command(after_help = help::SCHEMA)]
    Schema(SchemaArgs),
    /// Print a script that completes vfctl's commands and options in a shell.
    #[command(after_help = help::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Print the version of vfctl.
    #[command(after_help = help::VERSION)]
    Version,
    /// Write man pages, for packages.
    #[command(hide = true, after_help = help::MAN)]
    Man(ManArgs),
}

impl Command {
    /// Returns whether standard output is to be a JSON document that says how the command ended.
    pub(crate) fn prints_json(&self) -> bool {
        match self {
            Self::Discover(args) => args.json || args.output == DiscoverOutput::Json,
            Self::Validate(args) => args.output() == ValidateOutput::Json,
            Self::Plan(args) => args.prints_json(),
            Self::Show(args) => args.format.is_json(),
            Self::Apply(args) => args.format.is_json(),
            Self::Explain(args) => args.format.is_json(),
            Self::Pools(args) => args.format.is_json(),
            Self::Verify(args) => args.format.is_json(),
            Self::Pod(_) | Self::Rbac(_) | Self::Record(_) | Self::Schema(_) => false,
            Self::Init(_) | Self::Completions(_) | Self::Version | Self::Man(_) => false,
        }
    }
}

/// Where facts come from.
#[derive(Debug, Args)]
pub struct FactsArgs {
    /// Read facts from this file, from the *.json and *.yaml files of this folder, or with `-` from standard input; may be
    /// given several times [default: this host].
    #[arg(long, value_name = "FILE|DIR")]
    pub facts: Vec<PathBuf>,
}

/// The options of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The file that `plan --out` wrote; `-` is standard input.
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub format: FormatArgs,
    /// Show the command for each change, and where the spec asks for it.
    #[arg(short, long)]
    pub verbose: bool,
}

/// The options of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// What to explain: `pf/NAME`, `pf/NAME/vf/N`, or either with a property: `pf/fast/vf/3/vlan`; or `pod NAMESPACE/NAME`.
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Spec files, folders of them, or `-` for standard input [default: /etc/vfctl; for a pod: none].
    #[arg(value_name = "SPEC")]
    pub specs: Vec<PathBuf>,
    #[command(flatten)]
    pub file: FileArgs,
    #[command(flatten)]
    pub host_values: HostValuesArgs,
    #[command(flatten)]
    pub facts: FactsArgs,
    #[command(flatten)]
    pub access: ClusterArgs,
    #[command(flatten)]
    pub format: FormatArgs,
}

/// The options of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The document.
    #[arg(value_enum)]
    pub document: SchemaDocument,
}

/// The documents that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaDocument {
    /// What users write.
    Spec,
    /// What `record` writes.
    Facts,
    /// What `plan --out` writes.
    Plan,
    /// What `apply -o json` prints.
    Report,
    /// What `validate -o json` prints, and every other command with `-o json` where it fails.
    Errors,
    /// What `explain -o json` prints.
    Explanations,
    /// What `pools -o json` prints.
    Pools,
    /// What `explain pod -o json` prints.
    PodChain,
    /// What `verify -o json` prints.
    Verification,
}

/// The formats of documents that have no text of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocumentFormat {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}
