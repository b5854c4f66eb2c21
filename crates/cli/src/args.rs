//! The command line.

mod pod;
mod pools;
mod rbac;
mod record;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use pod::PodArgs;
pub(crate) use pools::PoolsArgs;
pub(crate) use rbac::{RbacArgs, RbacPart};
pub(crate) use record::RecordArgs;
pub(crate) use verify::VerifyArgs;
use vfctl_model::{DevicePluginVersion, ParseError};

use crate::format::{Format, FormatArgs, Formats};
use crate::help;
use crate::progress::ProgressChoice;
use crate::reach::{ClusterArgs, PartArgs};
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
    #[command(after_help = help::DISCOVER)]
    Discover(DiscoverArgs),
    /// Check specs, and what device plugins and pod networks read, without looking at any host, and report every mistake with
    /// its place.
    #[command(after_help = help::VALIDATE)]
    Validate(ValidateArgs),
    /// Show what apply would change, why, in which order, and which users it disrupts.
    #[command(after_help = help::PLAN)]
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
}

impl Command {
    /// Returns whether standard output is to be a JSON document that says how the command ended.
    pub(crate) fn prints_json(&self) -> bool {
        match self {
            Self::Discover(args) => args.json || args.output == DiscoverOutput::Json,
            Self::Validate(args) => args.format.is_json(),
            Self::Plan(args) => args.prints_json(),
            Self::Show(args) => args.format.is_json(),
            Self::Apply(args) => args.format.is_json(),
            Self::Explain(args) => args.format.is_json(),
            Self::Pools(args) => args.format.is_json(),
            Self::Verify(args) => args.format.is_json(),
            Self::Pod(_) | Self::Rbac(_) | Self::Record(_) | Self::Schema(_) => false,
        }
    }
}

/// Where specs come from.
#[derive(Debug, Args)]
pub struct SpecArgs {
    /// Spec files, folders of them, or `-` for standard input.
    #[arg(required = true, value_name = "SPEC")]
    pub specs: Vec<PathBuf>,
    #[command(flatten)]
    pub host_values: HostValuesArgs,
}

/// Where values of hosts come from that are not in the specs.
#[derive(Debug, Clone, Args)]
pub struct HostValuesArgs {
    /// Read values of hosts, as in `spec.hosts`, from this JSON or YAML file and merge them into the specs; may be given
    /// several times, `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub host_values: Vec<PathBuf>,
}

/// Where facts come from.
#[derive(Debug, Args)]
pub struct FactsArgs {
    /// Read facts from this file, from the *.json and *.yaml files of this folder, or with `-` from standard input; may be
    /// given several times [default: this host].
    #[arg(long, value_name = "FILE|DIR")]
    pub facts: Vec<PathBuf>,
}

/// The options of `discover`.
#[derive(Debug, Args)]
pub struct DiscoverArgs {
    /// The output format.
    #[arg(short, long, value_name = "FORMAT", value_parser = Formats::<DiscoverOutput>::of(), default_value = "table")]
    pub output: DiscoverOutput,
    /// The same as `-o json`.
    #[arg(long, conflicts_with = "output")]
    pub json: bool,
    /// With -o spec: also write MAC addresses that may be random [default: list them in comments].
    #[arg(long)]
    pub pin_macs: bool,
    #[command(flatten)]
    pub facts: FactsArgs,
}

/// The formats of `discover`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiscoverOutput {
    /// A table for people.
    Table,
    /// The facts as JSON.
    Json,
    /// The facts as YAML.
    Yaml,
    /// The host as a spec, whose plan is empty.
    Spec,
}

/// The options of `validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    #[command(flatten)]
    pub specs: SpecArgs,
    /// Check configurations of sriov-network-device-plugin by the rules of this version, such as v3.5.1 [default: the newest
    /// known].
    #[arg(long, value_name = "VERSION", value_parser = plugin_version)]
    pub plugin_version: Option<DevicePluginVersion>,
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Returns the version of the device plugin that a word is, where its rules are known.
fn plugin_version(word: &str) -> Result<DevicePluginVersion, ParseError> {
    let version: DevicePluginVersion = word.parse()?;
    let oldest = DevicePluginVersion::OLDEST;
    if version >= oldest { Ok(version) } else { Err(ParseError::new(word, "version from v3.5.1 on")) }
}

/// The options of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub specs: SpecArgs,
    #[command(flatten)]
    pub facts: FactsArgs,
    #[command(flatten)]
    pub parts: PartArgs,
    /// Also write the plan to this file, for apply, or a file for each host into this folder; `-` is the same as -o json.
    #[arg(long, value_name = "FILE|DIR")]
    pub out: Option<PathBuf>,
    /// The output format.
    #[arg(short, long, value_name = "FORMAT", value_parser = Formats::<Format>::or_to_file("the plan"), default_value = "text")]
    pub output: Format,
    /// The same as `-o json`.
    #[arg(long, conflicts_with = "output")]
    pub json: bool,
    /// Fail if no document concerns this host [default: only warn].
    #[arg(long)]
    pub require_host: bool,
    /// End with 0, not 4, if the only differences are on VFs that others hold.
    #[arg(long)]
    pub ignore_held: bool,
    /// Show the command for each change, and where the spec asks for it.
    #[arg(short, long)]
    pub verbose: bool,
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

/// The options of `apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Spec files, folders, `-` for standard input; or one plan that `plan --out` wrote.
    #[arg(required = true, value_name = "SPEC|PLAN")]
    pub inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub host_values: HostValuesArgs,
    #[command(flatten)]
    pub parts: PartArgs,
    /// Skip the confirmation prompt; a plan file never asks.
    #[arg(short, long)]
    pub yes: bool,
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
    pub progress: ProgressChoice,
    #[command(flatten)]
    pub format: FormatArgs,
}

/// The options of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// What to explain: `pf/NAME`, `pf/NAME/vf/N`, or either with a property: `pf/fast/vf/3/vlan`; or `pod NAMESPACE/NAME`.
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Spec files, folders of them, or `-` for standard input; a pod may be explained without.
    #[arg(value_name = "SPEC")]
    pub specs: Vec<PathBuf>,
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
