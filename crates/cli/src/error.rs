//! What can go wrong in a command.

use std::path::PathBuf;

use vfctl_kinds::network::StanzaError;
use vfctl_model::NamespaceName;
use vfctl_port::EdgeError;
use vfctl_state::StateError;

use crate::command::VerifyError;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A file could not be read.
    #[error("read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        cause: std::io::Error,
    },
    /// A file could not be written.
    #[error("write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        cause: std::io::Error,
    },
    /// Another file is where a document is to be written.
    #[error("write `{path}`: the file exists already and is not {what}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What may be replaced.
        what: &'static str,
    },
    /// A plan of an earlier run could not be removed.
    #[error("remove `{path}`, a plan of an earlier run")]
    Remove {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        cause: std::io::Error,
    },
    /// A document of vfctl's could not be understood.
    #[error("parse `{path}` as {what}")]
    Document {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// The cause.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A JSON document of vfctl's is of a version that this program does not know.
    #[error("read `{path}`: its format is {found}, but this version reads {what} of format {known}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// The format it is of.
        found: String,
        /// The format that is read.
        known: &'static str,
    },
    /// A file is no JSON document.
    #[error("read `{path}`: {what} is JSON, and this is not; `{writer}` writes it")]
    NoJson {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// What writes such a document.
        writer: &'static str,
        /// The cause.
        #[source]
        cause: serde_json::Error,
    },
    /// A document of vfctl's was given as a spec.
    #[error(
        "read `{path}` as a spec: it is a document of format {format}; give facts with --facts, and a plan as the only argument of apply"
    )]
    NotASpec {
        /// The file.
        path: String,
        /// The format it is of.
        format: String,
    },
    /// A host is to be planned for that the facts have not.
    #[error("find the hosts of --limit: no host matches `{pattern}`; hosts: {}", some_of(hosts, *more))]
    NoSuchHost {
        /// The name, or the pattern.
        pattern: String,
        /// The first hosts of the facts.
        hosts: String,
        /// How many more there are.
        more: usize,
    },
    /// One file was given twice.
    #[error("read `{path}`: it is given twice")]
    Twice {
        /// The file.
        path: PathBuf,
    },
    /// Standard input is to be read for two things.
    #[error("read standard input: it is given for {one} and for {other}")]
    StdinTwice {
        /// The one.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A plan file is given together with values of hosts.
    #[error("apply `{path}` with --host-values: it is a plan, which has its values already")]
    ValuesForPlan {
        /// The plan.
        path: PathBuf,
    },
    /// A release of the device plugin is given together with a spec.
    #[error("show the pools of a spec with --plugin-version: a spec declares the release itself")]
    VersionOfSpec,
    /// A folder holds no spec.
    #[error("find a spec in `{path}`: there is no *.yaml or *.yml file in it")]
    NoSpec {
        /// The folder.
        path: PathBuf,
    },
    /// No spec was named, and the folder where they are looked for then is not there.
    #[error("find a spec: none is named, and the folder `{path}` does not exist")]
    NoSpecFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A word names no port.
    #[error("find the port `{word}`: {known}")]
    NoSuchPort {
        /// The word.
        word: String,
        /// Which ports there are.
        known: String,
        /// What to do about it.
        fix: String,
    },
    /// A port is meant, and several hosts have one of this name.
    #[error("find the port `{word}`: it is in the facts of several hosts: {hosts}")]
    SeveralPorts {
        /// The word.
        word: String,
        /// The hosts.
        hosts: String,
    },
    /// A port cannot have what is asked for.
    #[error("write a spec {wanted}: {cause}")]
    NotForPort {
        /// What is asked for, and the port.
        wanted: String,
        /// Why it cannot have it.
        cause: String,
        /// What to do about it.
        fix: String,
    },
    /// A file is to be replaced, and none is named.
    #[error("replace a file with --force: the spec goes to standard output")]
    ForceWithoutFile,
    /// A file is there already.
    #[error("write `{path}`: the file exists already")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A folder holds no facts.
    #[error("find facts in `{path}`: there is no *.json, *.yaml or *.yml file in it")]
    NoFacts {
        /// The folder.
        path: PathBuf,
    },
    /// Plans would be written over the facts that they are made from.
    #[error("write plans to `{path}`: the facts are read from there")]
    OverFacts {
        /// The file or folder.
        path: PathBuf,
    },
    /// A plan would be written over the spec that it is made from.
    #[error("write the plan to `{path}`: the spec is read from there")]
    OverSpec {
        /// The file.
        path: PathBuf,
    },
    /// Standard output is asked to be two documents.
    #[error("write to standard output: `--out -` asks for the plan as JSON, and -o for another document")]
    TwoOutputs,
    /// The plan for `apply`, which is JSON, is to be written to a file with the name of a page.
    #[error("write the plan for `vfctl apply` to `{path}`: it is JSON, and the file has the name of a page")]
    PlanAsPage {
        /// The file.
        path: PathBuf,
    },
    /// What is to be applied is no file, and the time of `--wait` most likely.
    #[error("read `{word}`: there is no such file")]
    TimeAsFile {
        /// What is to be applied.
        word: String,
    },
    /// Two facts files speak of one host.
    #[error("read `{path}`: host {host} is in another facts file, too")]
    HostTwice {
        /// The later file.
        path: PathBuf,
        /// The host.
        host: String,
    },
    /// Two facts files speak of a cluster.
    #[error("read `{path}`: another facts file has facts of a cluster, too; plan for one cluster at a time")]
    ClusterTwice {
        /// The later file.
        path: PathBuf,
    },
    /// A plan file has no plan for this host.
    #[error("apply `{path}`: it has no plan for this host, {host}")]
    NoPlanForHost {
        /// The file.
        path: PathBuf,
        /// The host.
        host: String,
    },
    /// An edge failed.
    #[error(transparent)]
    Edge(#[from] EdgeError),
    /// The cluster could not be reached or read.
    #[error(transparent)]
    Cluster(EdgeError),
    /// There is nothing to reach a cluster by.
    #[error("reach a cluster: there is no kubeconfig, and this is no pod")]
    NoCluster,
    /// The facts have no cluster, and only its part of a plan is wanted.
    #[error("plan for the cluster: the facts have none")]
    NoClusterFacts,
    /// The facts have no cluster, and a pod is to be explained.
    #[error("explain a pod: the facts have no cluster")]
    NoPodFacts,
    /// The specs have no network of this name.
    #[error("find the network `{name}`: the specs have {known}")]
    NoSuchNetwork {
        /// The name.
        name: String,
        /// Those that they have.
        known: String,
    },
    /// The specs have no networks.
    #[error("print what a pod needs: the specs have no networks")]
    NoNetworks,
    /// No pod can have these networks.
    #[error("print what a pod needs")]
    Stanza(#[source] StanzaError),
    /// No namespace is named for an account that may create pods.
    #[error("print the rights of `verify`: they allow creating pods, and no namespace is named for these")]
    VerifyWithoutNamespace,
    /// An account that may create pods in the namespace of the system could do everything.
    #[error(
        "print the rights of `verify` in namespace {namespace}: a pod there can run as any of its accounts, and some of them are cluster administrators"
    )]
    VerifyInSystemNamespace {
        /// The namespace.
        namespace: NamespaceName,
    },
    /// Nothing can be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A plan for several hosts works in their cluster as well, in parts that belong to single hosts.
    #[error("use `{path}`: a plan for several hosts and their cluster cannot be applied host by host")]
    ClusterOfSeveral {
        /// The file or folder.
        path: PathBuf,
    },
    /// Parts of a plan file were chosen.
    #[error("apply parts of `{path}`: it is a plan, whose parts were chosen when it was made")]
    PartsOfPlan {
        /// The plan.
        path: PathBuf,
    },
    /// The plan would not do what it says: a defect of vfctl.
    #[error("check the plan, an internal error of vfctl; please report it with `vfctl record`: {flaws}")]
    FlawedPlan {
        /// The flaws.
        flaws: String,
    },
    /// A plan file would not do what it says: it was edited, or vfctl has a defect.
    #[error("accept {}: it was edited, and its parts contradict each other; create it again with `vfctl plan --out` ({flaws})", path.display())]
    SpoiltPlan {
        /// The file.
        path: PathBuf,
        /// The first flaw, and how many there are.
        flaws: String,
    },
    /// `apply` may not ask.
    #[error("ask for confirmation: standard input is not a terminal; pass --yes, or apply a plan file")]
    CannotAsk,
    /// The answer to a question could not be read.
    #[error("read the answer from standard input")]
    Answer(#[source] std::io::Error),
    /// An address of `explain` that means nothing.
    #[error("explain `{address}`: {why}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// Standard output is closed.
    #[error("write to standard output")]
    Output(#[from] std::io::Error),
    /// Signals cannot be caught.
    #[error("catch signals")]
    Signals(#[source] std::io::Error),
    /// Facts cannot be written as YAML.
    #[error("write facts as YAML")]
    Yaml(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A document has no text as YAML.
    #[error(transparent)]
    Emit(#[from] vfctl_spec::EmitError),
    /// The state folder cannot be used.
    #[error("use the state folder")]
    State(#[source] StateError),
}

impl CliError {
    /// Returns what to do about it, where the message does not say it yet and there is an answer.
    pub fn fix(&self) -> Option<&str> {
        match self {
            Self::Cluster(EdgeError { hint: Some(hint), .. })
            | Self::Edge(EdgeError { hint: Some(hint), .. }) => Some(hint),
            Self::Document { .. } | Self::NoJson { .. } => Some(
                "create the file again, facts with `vfctl record --out` and plans with `vfctl plan --out`",
            ),
            Self::NoSuchHost { .. } => Some("name hosts of the facts, or add the host's facts to --facts"),
            Self::StdinTwice { .. } => Some("write one of them to a file and name that"),
            Self::ValuesForPlan { .. } => Some("give --host-values to `vfctl plan --out`, or apply the spec"),
            Self::VersionOfSpec => {
                Some("write `components: {devicePlugin: {version: v3.5.1}}` into the spec")
            }
            Self::NoSpec { .. } | Self::NoSpecFolder { .. } => {
                Some("name a spec, or write one into the folder; `vfctl init PORT` prints one")
            }
            Self::NoSuchPort { fix, .. } | Self::NotForPort { fix, .. } => Some(fix),
            Self::SeveralPorts { .. } => Some("give the facts of one host"),
            Self::ForceWithoutFile => Some("name the file with --out FILE"),
            Self::Exists { .. } => Some("pass --force to replace it, or name another file"),
            Self::HostTwice { .. } => Some("keep one facts file for each host"),
            Self::NoFacts { .. } => Some("write facts into it, on each host with `vfctl record --out`"),
            Self::State(error) if error.is_for_root_alone() => {
                Some("run as root (sudo), or use --state-dir DIR")
            }
            Self::Cluster(_) => Some(
                "check --kubeconfig and --context, or pass --only host if no document selects nodes by labels",
            ),
            Self::NoCluster => {
                Some("pass --kubeconfig FILE, or set KUBECONFIG; --only host leaves the cluster out")
            }
            Self::NoNetworks => Some("add `networks` to the spec, one for each that pods are to have"),
            Self::VerifyWithoutNamespace | Self::VerifyInSystemNamespace { .. } => Some(
                "pass -n NAMESPACE: the namespace that has the networks, and has no accounts with more rights than its pods need",
            ),
            Self::Verify(error) => error.fix(),
            Self::NoClusterFacts | Self::NoPodFacts => {
                Some("add what `vfctl record --cluster` writes to --facts")
            }
            Self::ClusterOfSeveral { .. } => {
                Some("apply the spec on each host, or plan with --only host or --only shared")
            }
            Self::PartsOfPlan { .. } => {
                Some("pass --only, --force-conflicts and --prune to `vfctl plan --out`")
            }
            Self::Foreign { .. } => Some("name another file with --out, or remove this one first"),
            Self::TwoOutputs => Some("write the plan to a file with `--out FILE`"),
            Self::PlanAsPage { .. } => {
                Some("print the page to that file with `>`, and give --out the name of a JSON file")
            }
            Self::TimeAsFile { .. } => Some("if it is a time to wait, write `--wait=TIME`"),
            Self::OverFacts { .. } | Self::OverSpec { .. } => Some("name another file or folder with --out"),
            _ => None,
        }
    }
}

/// Returns the names of a few hosts, and how many more there are; `none` where there is no host.
fn some_of(hosts: &str, more: usize) -> String {
    match (hosts, more) {
        ("", _) => "none".to_owned(),
        (hosts, 0) => hosts.to_owned(),
        (hosts, more) => format!("{hosts} and {more} more"),
    }
}
