//! `vfctl plan --facts`: plans for hosts as their facts come, however many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use vfctl_kinds::document::Selection;
use vfctl_model::HostName;
use vfctl_plan::{
    Detail, Failure, Made, NodeShare, Options, Plan, PlanSummary, Scale, ScopePlan, Summary, Tally,
    plan_cluster, plan_host, render_scope,
};
use vfctl_port::{ClusterFacts, Scope, with_causes};
use vfctl_spec::SpecSet;

use crate::args::PlanArgs;
use crate::command::plan::proven;
use crate::command::plan_files::PlanFiles;
use crate::error::{CliError, Exit};
use crate::facts::{Beginning, FactsSource, Sources};
use crate::in_order::in_order;
use crate::input::with_places;
use crate::machine::Console;
use crate::output::print_text;
use crate::plan_stream::{PlanEnd, PlanStream, scope_json};

/// Runs the command on facts that were recorded.
pub(super) fn run(
    args: &PlanArgs,
    set: &SpecSet,
    made: Made,
    console: &mut Console<'_>,
) -> Result<Exit, CliError> {
    let files = PlanFiles::at(args.folder_or_file(), &args.facts.facts, &made)?;
    let mut sources = Sources::of(&args.facts.facts, console).peekable();
    let Beginning { sources: first, hosts, cluster } = Beginning::read(&mut sources, set.selects_by_labels());
    let scale = if sources.peek().is_some() { Scale::Fleet } else { Scale::of(hosts) };
    let planner = Planner {
        set,
        options: args.parts.options(),
        scale,
        cluster,
        text: (!args.prints_json()).then(|| args.detail()),
        json: args.prints_json() || files.are_wanted(),
    };
    let mut report = Report::new(args, console, scale, files, made);
    let done = in_order(
        first.into_iter().chain(sources),
        |source| planner.plan(source),
        |planned| report.take(planned),
    );
    if done.is_err() {
        report.files.discard();
    }
    if done.is_err() || report.tally.has_errors() || report.tally.planned() == 0 {
        report.remove_stale();
    }
    if let Err(error) = done {
        return report.broken_off(error);
    }
    let cluster = report.cluster.take();
    if cluster.is_none() && !planner.options.parts.host {
        return report.broken_off(CliError::NoClusterFacts);
    }
    let shares = std::mem::take(&mut report.shares);
    let cluster = match cluster.map(|facts| planner.plan_cluster(&facts, shares)).transpose() {
        Ok(cluster) => cluster.flatten(),
        Err(error) => return report.broken_off(error),
    };
    let is_changed = cluster.as_ref().and_then(|shown| shown.summary).is_some_and(|summary| summary.changed);
    if let (true, true, Some(path)) = (is_changed, planner.options.parts.host, args.folder_or_file()) {
        // Hosts would be taken their VFs without their nodes being taken out of service.
        report.files.discard();
        return report.broken_off(CliError::ClusterOfSeveral { path: path.to_owned() });
    }
    report.finish(cluster)
}

/// Plans for the hosts of one source after the other.
struct Planner<'a> {
    set: &'a SpecSet,
    /// What of the plans is wanted.
    options: Options,
    /// Whether there are other sources.
    scale: Scale,
    /// The facts of the cluster, where hosts are selected by them.
    cluster: Option<ClusterFacts>,
    /// The text that is wanted, if any.
    text: Option<Detail>,
    /// Whether JSON is wanted.
    json: bool,
}

/// What is to be shown of one source.
struct Planned {
    path: PathBuf,
    /// Whether there are other hosts, in other sources or in this one.
    scale: Scale,
    hosts: Vec<PlannedHost>,
    cluster: Option<ClusterFacts>,
}

/// A host, what it has to do with its cluster, and what is to be shown of it; `None` where its own part is not wanted.
type PlannedHost = (HostName, Option<NodeShare>, Option<Result<Shown, CliError>>);

/// What is to be shown of one scope.
struct Shown {
    summary: Option<Summary>,
    text: String,
    json: String,
}

impl Planner<'_> {
    fn plan(&self, source: Result<FactsSource, CliError>) -> Result<Planned, CliError> {
        let source = source?;
        let path = source.name().to_owned();
        let world = source.read()?;
        let scale = match self.scale {
            Scale::Fleet => Scale::Fleet,
            Scale::OneHost => Scale::of(world.hosts.len()),
        };
        let mut planned = Planned { path, scale, hosts: Vec::new(), cluster: None };
        let cluster = self.cluster.as_ref().or(world.cluster.as_ref());
        for (name, host) in &world.hosts {
            let plan = with_places(self.set, |documents| {
                plan_host(&Selection::of(documents, name, cluster), host, &world, scale, self.options.parts)
            });
            let (plan, share) = plan.split(self.options);
            planned.hosts.push((name.clone(), share, plan.map(|plan| self.show_host(name, plan))));
        }
        planned.cluster = world.cluster;
        Ok(planned)
    }

    /// Proves the plan of a host and returns what is to be shown of it.
    fn show_host(&self, name: &HostName, plan: ScopePlan) -> Result<Shown, CliError> {
        let plan = Plan::new([(name.clone(), plan)].into(), None);
        proven(&plan)?;
        let shown = plan.scopes().map(|(scope, plan)| self.show(&scope, plan)).next();
        shown.unwrap_or_else(|| Ok(Shown { summary: None, text: String::new(), json: String::new() }))
    }

    /// Plans for the cluster once every host is planned for.
    fn plan_cluster(
        &self,
        facts: &ClusterFacts,
        shares: BTreeMap<HostName, NodeShare>,
    ) -> Result<Option<Shown>, CliError> {
        let plan = with_places(self.set, |documents| plan_cluster(documents, facts, shares, self.options));
        let Some(plan) = plan else { return Ok(None) };
        let whole = Plan::new(BTreeMap::new(), Some(plan));
        proven(&whole)?;
        whole.cluster.as_ref().map(|plan| self.show(&Scope::Cluster, plan)).transpose()
    }

    fn show(&self, scope: &Scope, plan: &ScopePlan) -> Result<Shown, CliError> {
        let text = self.text.map(|detail| render_scope(scope, plan, detail)).unwrap_or_default();
        let json = if self.json { scope_json(plan)? } else { String::new() };
        Ok(Shown { summary: Some(plan.summary()), text, json })
    }
}

/// Prints plans as they come, and counts.
struct Report<'a, 'b> {
    console: &'a mut Console<'b>,
    prints_json: bool,
    ignores_held: bool,
    scale: Scale,
    files: PlanFiles,
    stream: PlanStream,
    seen: BTreeSet<HostName>,
    tally: Tally,
    errors: Vec<Failure>,
    cluster: Option<ClusterFacts>,
    shares: BTreeMap<HostName, NodeShare>,
}

impl<'a, 'b> Report<'a, 'b> {
    fn new(
        args: &PlanArgs,
        console: &'a mut Console<'b>,
        scale: Scale,
        files: PlanFiles,
        made: Made,
    ) -> Self {
        Self {
            console,
            prints_json: args.prints_json(),
            ignores_held: args.ignore_held,
            scale,
            files,
            stream: PlanStream::new(Some(made)),
            seen: BTreeSet::new(),
            tally: Tally::default(),
            errors: Vec::new(),
            cluster: None,
            shares: BTreeMap::new(),
        }
    }

    /// Prints the plans of the next source. What is wrong with one source does not keep others from being planned for.
    fn take(&mut self, planned: Result<Planned, CliError>) -> Result<(), CliError> {
        let Planned { path, scale, hosts, cluster } = match planned {
            Ok(planned) => planned,
            Err(error) => return self.fail(error),
        };
        self.scale = scale;
        for (name, share, shown) in hosts {
            if !self.seen.insert(name.clone()) {
                self.fail(CliError::HostTwice { path: path.clone(), host: name.to_string() })?;
                continue;
            }
            match shown {
                Some(Ok(shown)) => self.print(&name, &shown)?,
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
        self.tally.count_error();
        let message = format!("failed to {}", with_causes(&error));
        self.errors.push(Failure { message, help: error.fix().map(str::to_owned) });
        self.console.say_error(&error);
        Ok(())
    }

    /// Ends with an error that leaves nothing to go on with. A JSON document that is begun has no room for another.
    fn broken_off(self, error: CliError) -> Result<Exit, CliError> {
        if !self.stream.is_begun() {
            return Err(error);
        }
        self.console.say_error(&error);
        Ok(Exit::Failed)
    }

    /// Removes the plans of an earlier run, and says so.
    fn remove_stale(&mut self) {
        match self.files.remove_stale() {
            Ok(stale) => {
                for path in stale {
                    self.console
                        .say(&format!("note: removed the plan of an earlier run, `{}`\n", path.display()));
                }
            }
            Err(error) => self.console.say_error(&error),
        }
    }

    fn print(&mut self, name: &HostName, shown: &Shown) -> Result<(), CliError> {
        let Shown { summary, text, json } = shown;
        if self.prints_json {
            self.stream.host(&mut self.console.out, name, json)?;
        } else {
            self.print_text(text)?;
        }
        let Some(summary) = summary else { return Ok(()) };
        self.tally.count(summary);
        self.files.host(name, json, summary)
    }

    /// Prints the text of a scope, with a gap to the one before.
    fn print_text(&mut self, text: &str) -> Result<(), CliError> {
        let gap = if self.tally.planned() > 0 { "\n" } else { "" };
        print_text(self.console, &format!("{gap}{text}"))
    }

    fn finish(mut self, cluster: Option<Shown>) -> Result<Exit, CliError> {
        if let Some(Shown { text, .. }) = cluster.as_ref().filter(|_| !self.prints_json) {
            self.print_text(text)?;
        }
        let summary = (self.tally.hosts() > 1 || self.scale == Scale::Fleet).then(|| self.tally.to_string());
        let cluster_summary = cluster.as_ref().and_then(|shown| shown.summary);
        let cluster = cluster.map(|shown| shown.json);
        let end = PlanEnd {
            cluster: cluster.as_deref(),
            errors: &self.errors,
            summary: PlanSummary::of(self.tally, cluster_summary),
        };
        if self.prints_json {
            self.stream.finish(&mut self.console.out, &end)?;
            self.console.out.flush()?;
            self.console.say(&summary.map_or_else(String::new, |summary| format!("{summary}\n")));
        } else if let Some(summary) = summary {
            writeln!(self.console.out, "\n{summary}")?;
        }
        self.files.finish(&end)?;
        if self.tally.concerns_nobody() {
            self.console
                .say("error: no document concerns any of these hosts\n  fix: see `nodes` of the spec\n");
            return Ok(Exit::Failed);
        }
        Ok(match exit(self.tally, cluster_summary) {
            Exit::Held if self.ignores_held => Exit::Done,
            exit => exit,
        })
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
    use vfctl_plan::PlanFormat;

    use super::*;
    use crate::terminal::Terminal;

    #[test]
    fn a_flawed_plan_of_one_host_of_a_single_source_leaves_the_json_of_the_others_whole() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console =
            Console { out: &mut out, err: &mut err, can_ask: false, terminal: Terminal::default() };
        let mut report = Report {
            console: &mut console,
            prints_json: true,
            ignores_held: false,
            scale: Scale::OneHost,
            files: PlanFiles::Unwanted,
            stream: PlanStream::new(None),
            seen: BTreeSet::new(),
            tally: Tally::default(),
            errors: Vec::new(),
            cluster: None,
            shares: BTreeMap::new(),
        };
        let json = scope_json(&ScopePlan::default()).expect("JSON");
        let shown = |json: &str| Shown {
            summary: Some(ScopePlan::default().summary()),
            text: String::new(),
            json: json.to_owned(),
        };
        let flawed = Err(CliError::FlawedPlan { flaws: "a flaw".to_owned() });
        let hosts = [("a", Ok(shown(&json))), ("b", flawed), ("c", Ok(shown(&json)))];
        let hosts = hosts.map(|(name, shown)| (name.parse().expect("a name"), None, Some(shown))).into();
        let planned =
            Planned { path: PathBuf::from("facts.json"), scale: Scale::of(3), hosts, cluster: None };
        report.take(Ok(planned)).expect("the others go on");
        assert_eq!(report.finish(None).expect("an end"), Exit::Failed);
        let plan: Plan = serde_json::from_slice(&out).expect("a whole document");
        let names: Vec<String> = plan.hosts.keys().map(ToString::to_string).collect();
        assert_eq!((plan.format, names), (PlanFormat::V1, vec!["a".to_owned(), "c".to_owned()]));
        let said = String::from_utf8(err).expect("text");
        assert!(said.contains("a flaw") && said.contains("3 hosts:"), "{said}");
    }
}
