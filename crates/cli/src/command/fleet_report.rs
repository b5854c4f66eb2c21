//! What `vfctl plan --facts` says of hosts as their plans come, and how it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use vfctl_model::HostName;
use vfctl_plan::{Failure, NodeShare, PlanSummary, Scale, ScopeRows, Standing, Summary, Tally};
use vfctl_port::{ClusterFacts, with_causes};
use vfctl_view::Picture;

use crate::args::{FailOn, PlanArgs};
use crate::command::concern::Selectors;
use crate::command::plan_files::PlanFiles;
use crate::command::plan_printer::Printer;
use crate::command::reviewed::Sheet;
use crate::error::CliError;
use crate::exit::Exit;
use crate::limit::Limit;
use crate::machine::Console;
use crate::plan_stream::PlanEnd;

/// How many hosts an error names that finds none of a name.
const NAMED: usize = 5;

/// What is to be shown of one source.
pub(super) struct Planned {
    /// What the source is called.
    pub(super) path: PathBuf,
    /// Whether there are other hosts, in other sources or in this one.
    pub(super) scale: Scale,
    /// The names of all its hosts.
    pub(super) names: Vec<HostName>,
    /// Those that are planned for.
    pub(super) hosts: Vec<PlannedHost>,
    /// The cluster's facts, if it has any.
    pub(super) cluster: Option<ClusterFacts>,
}

/// A host, what it has to do with its cluster, and what is to be shown of it; `None` where its own part is not wanted.
pub(super) type PlannedHost = (HostName, Option<NodeShare>, Option<Result<Shown, CliError>>);

/// What is to be shown of one scope.
pub(super) struct Shown {
    /// The plan at a glance.
    pub(super) summary: Summary,
    /// The plan in words, where these are wanted.
    pub(super) rows: Option<ScopeRows>,
    /// The host as a picture, where that is wanted.
    pub(super) picture: Option<Picture>,
    /// The plan as JSON, where that is wanted; else empty.
    pub(super) json: String,
}

/// Prints plans as they come, and counts.
pub(super) struct Report<'a, 'b> {
    console: &'a mut Console<'b>,
    ends: Ends,
    /// By what documents select hosts.
    selectors: Selectors,
    /// A host that no document concerns, if there is one.
    left_out: Option<HostName>,
    scale: Scale,
    /// Where plans are written to.
    pub(super) files: PlanFiles,
    printer: Printer<'a>,
    seen: BTreeSet<HostName>,
    /// How many hosts stand how.
    pub(super) tally: Tally,
    errors: Vec<Failure>,
    /// The cluster's facts, once they have come.
    pub(super) cluster: Option<ClusterFacts>,
    /// What hosts have to do with their cluster.
    pub(super) shares: BTreeMap<HostName, NodeShare>,
}

/// What the user has said of how the command ends.
pub(super) struct Ends {
    ignores_held: bool,
    /// Whether a host that no document concerns is a failure.
    requires_hosts: bool,
    fails_on: Option<FailOn>,
}

impl<'a, 'b> Report<'a, 'b> {
    /// Returns a report of nothing.
    pub(super) fn new(
        args: &PlanArgs,
        selectors: Selectors,
        console: &'a mut Console<'b>,
        scale: Scale,
        files: PlanFiles,
        sheet: &'a mut Sheet,
    ) -> Self {
        Self {
            console,
            ends: Ends::of_args(args),
            selectors,
            left_out: None,
            scale,
            files,
            printer: Printer::of(args, sheet),
            seen: BTreeSet::new(),
            tally: Tally::default(),
            errors: Vec::new(),
            cluster: None,
            shares: BTreeMap::new(),
        }
    }

    /// Prints the plans of the next source. What is wrong with one source does not keep others from being planned for.
    pub(super) fn take(&mut self, planned: Result<Planned, CliError>) -> Result<(), CliError> {
        let Planned { path, scale, names, hosts, cluster } = match planned {
            Ok(planned) => planned,
            Err(error) => return self.fail(error),
        };
        self.scale = scale;
        let is_new = |name: &HostName| !self.seen.contains(name);
        let (names, twice): (BTreeSet<_>, BTreeSet<_>) = names.into_iter().partition(is_new);
        self.seen.extend(names);
        for (name, share, shown) in hosts {
            if twice.contains(&name) {
                self.fail(CliError::HostTwice { path: path.clone(), host: name.to_string() })?;
                continue;
            }
            match shown {
                Some(Ok(shown)) => self.print(&name, shown)?,
                Some(Err(error)) => self.fail(error)?,
                None => {}
            }
            self.shares.extend(share.map(|share| (name, share)));
        }
        match (cluster, &self.cluster) {
            (Some(_), Some(_)) => self.fail(CliError::ClusterTwice { path })?,
            (Some(cluster), None) => self.cluster = Some(cluster),
            (None, _) => {}
        }
        Ok(())
    }

    /// Says what is wrong with one source or host of several; the only one has nothing beside it that could go on.
    fn fail(&mut self, error: CliError) -> Result<(), CliError> {
        if self.scale == Scale::OneHost {
            return Err(error);
        }
        self.note(&error);
        Ok(())
    }

    /// Notes an error that keeps no plan from being shown.
    fn note(&mut self, error: &CliError) {
        self.tally.count_error();
        self.printer.host_without_plan();
        let message = format!("failed to {}", with_causes(error));
        self.errors.push(Failure { message, help: error.fix().map(str::to_owned) });
        self.console.say_error(error);
    }

    /// Checks that each name of the limit is that of a host.
    pub(super) fn check(&mut self, limit: &Limit) -> Result<(), CliError> {
        let unmatched = limit.unmatched(self.seen.iter()).into_iter().map(|pattern| CliError::NoSuchHost {
            pattern: pattern.to_string(),
            hosts: self.seen.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", "),
            more: self.seen.len().saturating_sub(NAMED),
        });
        for error in unmatched.collect::<Vec<_>>() {
            if self.tally.hosts() == 0 {
                return Err(error);
            }
            self.note(&error);
        }
        Ok(())
    }

    /// Ends with an error that leaves nothing to go on with. A JSON document that is begun has no room for another.
    pub(super) fn broken_off(self, error: CliError) -> Result<Exit, CliError> {
        if !self.printer.has_begun_json() {
            return Err(error);
        }
        self.console.say_error(&error);
        Ok(Exit::Failed)
    }

    /// Removes the plans of an earlier run, and says so.
    pub(super) fn remove_stale(&mut self, limit: &Limit) {
        match self.files.remove_stale(limit) {
            Ok(stale) => {
                for path in stale {
                    self.console
                        .say(&format!("note: removed the plan of an earlier run, `{}`\n", path.display()));
                }
            }
            Err(error) => self.console.say_error(&error),
        }
    }

    fn print(&mut self, name: &HostName, shown: Shown) -> Result<(), CliError> {
        self.tally.count(&shown.summary);
        if shown.summary.standing == Standing::NotConcerned {
            self.left_out.get_or_insert_with(|| name.clone());
        }
        self.files.host(name, &shown.json, &shown.summary)?;
        self.printer.host(self.console, name, shown)
    }

    /// Prints what comes after the hosts, and puts files in their places.
    pub(super) fn finish(self, cluster: Option<Shown>) -> Result<Exit, CliError> {
        let Self { console, ends, selectors, left_out, scale, files, printer, tally, errors, .. } = self;
        let in_one_line = (tally.hosts() > 1 || scale == Scale::Fleet).then(|| tally.to_string());
        let cluster_summary = cluster.as_ref().map(|shown| shown.summary);
        let (cluster_rows, cluster_json) = cluster.map(|shown| (shown.rows, shown.json)).unzip();
        let end = PlanEnd {
            cluster: cluster_json.as_deref(),
            errors: &errors,
            summary: PlanSummary::of(tally, cluster_summary),
        };
        printer.finish(console, cluster_rows.flatten(), &end, in_one_line)?;
        files.finish(&end)?;
        if tally.concerns_nobody() {
            console.say("error: no document concerns any of these hosts\n  fix: see `nodes` of the spec\n");
            return Ok(Exit::Failed);
        }
        if let Some(host) = left_out.filter(|_| tally.planned() == 1 || ends.requires_hosts) {
            console.say(&selectors.warning(&host));
            if ends.requires_hosts {
                return Ok(Exit::Failed);
            }
        }
        Ok(ends.of(exit(tally, cluster_summary), end.summary.needs_consent, console))
    }
}

impl Ends {
    /// Returns what the user has said.
    pub(super) fn of_args(args: &PlanArgs) -> Self {
        Self { ignores_held: args.ignore_held, requires_hosts: args.require_host, fails_on: args.fail_on }
    }

    /// Returns how the command ends that ends so by its plans.
    pub(super) fn of(&self, exit: Exit, needs_consent: bool, console: &mut Console<'_>) -> Exit {
        match (exit, self.fails_on) {
            (Exit::Changes, Some(FailOn::Disruption)) if needs_consent => {
                console.say("error: the plan destroys VFs or disrupts their users, and --fail-on disruption is given\n  fix: stop these users first, or apply it with --allow-disruption\n");
                Exit::Disrupts
            }
            (Exit::Held, _) if self.ignores_held => Exit::Done,
            _ => exit,
        }
    }
}

/// Returns how the command ends: as the worst of hosts and cluster.
fn exit(tally: Tally, cluster: Option<Summary>) -> Exit {
    let is_blocked = cluster.is_some_and(|cluster| cluster.blocked);
    let is_changed = cluster.is_some_and(|cluster| cluster.changed);
    match (tally.has_errors() || is_blocked, tally.has_changes() || is_changed) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Changes,
        (false, false) if tally.has_held() => Exit::Held,
        (false, false) => Exit::Done,
    }
}

#[cfg(test)]
mod tests {
    use vfctl_plan::{Plan, PlanFormat, ScopePlan};

    use super::*;
    use crate::plan_stream::{PlanStream, scope_json};
    use crate::terminal::Terminal;

    #[test]
    fn a_flawed_plan_of_one_host_of_a_single_source_leaves_the_json_of_the_others_whole() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console =
            Console { out: &mut out, err: &mut err, can_ask: false, terminal: Terminal::default() };
        let mut report = Report {
            console: &mut console,
            ends: Ends { ignores_held: false, requires_hosts: false, fails_on: None },
            selectors: Selectors::default(),
            left_out: None,
            scale: Scale::OneHost,
            files: PlanFiles::Unwanted,
            printer: Printer::Json(PlanStream::new(None)),
            seen: BTreeSet::new(),
            tally: Tally::default(),
            errors: Vec::new(),
            cluster: None,
            shares: BTreeMap::new(),
        };
        let json = scope_json(&ScopePlan::default()).expect("JSON");
        let shown = |json: &str| Shown {
            summary: ScopePlan::default().summary(),
            rows: None,
            picture: None,
            json: json.to_owned(),
        };
        let flawed = Err(CliError::FlawedPlan { flaws: "a flaw".to_owned() });
        let hosts = [("a", Ok(shown(&json))), ("b", flawed), ("c", Ok(shown(&json)))];
        let hosts: Vec<PlannedHost> =
            hosts.map(|(name, shown)| (name.parse().expect("a name"), None, Some(shown))).into();
        let names = hosts.iter().map(|(name, _, _)| name.clone()).collect();
        let planned =
            Planned { path: PathBuf::from("facts.json"), scale: Scale::of(3), names, hosts, cluster: None };
        report.take(Ok(planned)).expect("the others go on");
        assert_eq!(report.finish(None).expect("an end"), Exit::Failed);
        let plan: Plan = serde_json::from_slice(&out).expect("a whole document");
        let names: Vec<String> = plan.hosts.keys().map(ToString::to_string).collect();
        assert_eq!((plan.format, names), (PlanFormat::V1, vec!["a".to_owned(), "c".to_owned()]));
        let said = String::from_utf8(err).expect("text");
        assert!(said.contains("a flaw") && said.contains("3 hosts:"), "{said}");
    }
}
