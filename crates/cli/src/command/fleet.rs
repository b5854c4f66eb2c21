//! `vfctl plan --facts`: plans for hosts as their facts come, however many there are.

use std::collections::BTreeMap;

use vfctl_kinds::document::Selection;
use vfctl_model::HostName;
use vfctl_plan::{Detail, NodeShare, Options, Plan, Scale, ScopePlan, ScopeRows, plan_cluster, plan_host};
use vfctl_port::{ClusterFacts, Scope};
use vfctl_spec::SpecSet;

use crate::args::{PlanArgs, PlanOutput};
use crate::command::concern::Selectors;
use crate::command::fleet_report::{Planned, Report, Shown};
use crate::command::pictures::as_planned;
use crate::command::plan::proven;
use crate::command::plan_files::PlanFiles;
use crate::command::reviewed::Sheet;
use crate::error::CliError;
use crate::exit::Exit;
use crate::facts::{Beginning, FactsSource, Sources};
use crate::in_order::in_order;
use crate::input::with_places;
use crate::limit::Limit;
use crate::machine::Console;
use crate::plan_stream::scope_json;

/// Runs the command on facts that were recorded.
pub(super) fn run(
    args: &PlanArgs,
    set: &SpecSet,
    console: &mut Console<'_>,
    sheet: &mut Sheet,
) -> Result<Exit, CliError> {
    let files = PlanFiles::at(args.folder_or_file(), &args.facts.facts, &sheet.made)?;
    let mut sources = Sources::of(&args.facts.facts, console).peekable();
    let Beginning { sources: first, hosts, cluster } = Beginning::read(&mut sources, set.selects_by_labels());
    let scale = if sources.peek().is_some() { Scale::Fleet } else { Scale::of(hosts) };
    let planner = Planner {
        set,
        options: args.parts.options(),
        scale,
        cluster,
        limit: Limit::to(&args.limit),
        rows: (args.printed() != PlanOutput::Json).then(|| args.detail()),
        quiet: args.quiet,
        pictures: args.is_pictured(),
        json: args.prints_json() || files.are_wanted(),
    };
    let selectors = with_places(set, Selectors::of);
    let mut report = Report::new(args, selectors, console, scale, files, sheet);
    let done = in_order(
        first.into_iter().chain(sources),
        |source| planner.plan(source),
        |planned| report.take(planned),
    );
    let done = done.and_then(|()| report.check(&planner.limit));
    if done.is_err() {
        report.files.discard();
    }
    if done.is_err() || report.tally.has_errors() || report.tally.planned() == 0 {
        report.remove_stale(&planner.limit);
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
    let is_changed = cluster.as_ref().is_some_and(|shown| shown.summary.changed);
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
    /// Which hosts are planned for.
    limit: Limit,
    /// How much is to be said in words, if anything.
    rows: Option<Detail>,
    /// Whether only plans that are blocked are to be said.
    quiet: bool,
    /// Whether hosts are pictured.
    pictures: bool,
    /// Whether JSON is wanted.
    json: bool,
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
        let mut planned = Planned {
            path,
            scale,
            names: world.hosts.keys().cloned().collect(),
            hosts: Vec::new(),
            cluster: None,
        };
        let cluster = self.cluster.as_ref().or(world.cluster.as_ref());
        for (name, host) in world.hosts.iter().filter(|(name, _)| self.limit.allows(name)) {
            let plan = with_places(self.set, |documents| {
                plan_host(&Selection::of(documents, name, cluster), host, &world, scale, self.options.parts)
            });
            let (plan, share) = plan.split(self.options);
            let shown = plan.map(|plan| {
                let picture = self.pictures.then(|| {
                    with_places(self.set, |documents| {
                        let selection = Selection::of(documents, name, cluster);
                        as_planned(&selection, host, (&world, cluster), &plan, self.options.parts)
                    })
                });
                self.show_host(name, plan).map(|shown| Shown { picture, ..shown })
            });
            planned.hosts.push((name.clone(), share, shown));
        }
        planned.cluster = world.cluster;
        Ok(planned)
    }

    /// Proves the plan of a host and returns what is to be shown of it.
    fn show_host(&self, name: &HostName, plan: ScopePlan) -> Result<Shown, CliError> {
        let mut whole = Plan::new([(name.clone(), plan)].into(), None);
        proven(&whole)?;
        let plan = whole.hosts.remove(name).unwrap_or_default();
        self.show(&Scope::Host(name.clone()), &plan)
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
        let detail = self.rows.filter(|_| !self.quiet || plan.is_blocked());
        let rows = detail.map(|detail| ScopeRows::of(scope, plan, detail));
        let json = if self.json { scope_json(plan)? } else { String::new() };
        Ok(Shown { summary: plan.summary(), rows, picture: None, json })
    }
}
