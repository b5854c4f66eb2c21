//! `vfctl plan --facts`: plans for hosts as their facts come, however many there are.

use std::collections::BTreeSet;
use std::path::PathBuf;

use vfctl_model::HostName;
use vfctl_plan::{Detail, Plan, Scale, ScopePlan, Standing, Tally, plan_cluster, plan_host, render_scope};
use vfctl_port::{Scope, World};
use vfctl_spec::SpecSet;

use crate::args::PlanArgs;
use crate::command::plan::proven;
use crate::command::plan_files::PlanFiles;
use crate::error::{CliError, Exit};
use crate::facts::{FactsSource, Sources};
use crate::in_order::in_order;
use crate::input::with_places;
use crate::machine::Console;
use crate::plan_stream::{PlanStream, scope_json};

/// Runs the command on facts that were recorded.
pub(super) fn run(args: &PlanArgs, set: &SpecSet, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let files = PlanFiles::at(args.folder_or_file(), &args.facts.facts)?;
    let mut sources = Sources::of(&args.facts.facts, console).peekable();
    let first = sources.next();
    let scale = if sources.peek().is_some() { Scale::Fleet } else { Scale::OneHost };
    let planner = Planner {
        set,
        scale,
        text: (!args.prints_json()).then(|| args.detail()),
        json: args.prints_json() || files.are_wanted(),
    };
    let mut report = Report::new(args, console, scale, files);
    in_order(
        first.into_iter().chain(sources),
        |source| planner.plan(source),
        |planned| report.take(planned),
    )?;
    report.finish()
}

/// Plans for the hosts of one source after the other.
struct Planner<'a> {
    set: &'a SpecSet,
    /// Whether there are other sources.
    scale: Scale,
    /// The text that is wanted, if any.
    text: Option<Detail>,
    /// Whether JSON is wanted.
    json: bool,
}

/// What is to be shown of one source.
struct Planned {
    path: PathBuf,
    hosts: Vec<(HostName, Result<Shown, CliError>)>,
    cluster: Option<Shown>,
}

/// What is to be shown of one scope.
struct Shown {
    standing: Standing,
    text: String,
    json: String,
}

impl Planner<'_> {
    fn plan(&self, source: Result<FactsSource, CliError>) -> Result<Planned, CliError> {
        let source = source?;
        let path = source.name().to_owned();
        let worlds = source.read()?;
        let scale = match self.scale {
            Scale::Fleet => Scale::Fleet,
            Scale::OneHost => Scale::of(worlds.iter().map(|world| world.hosts.len()).sum()),
        };
        let mut planned = Planned { path, hosts: Vec::new(), cluster: None };
        for world in worlds {
            self.plan_world(&world, scale, &mut planned)?;
        }
        Ok(planned)
    }

    fn plan_world(&self, world: &World, scale: Scale, planned: &mut Planned) -> Result<(), CliError> {
        for (name, host) in &world.hosts {
            let plan = with_places(self.set, |documents| plan_host(documents, name, host, world, scale));
            planned.hosts.push((name.clone(), self.show_host(name, plan)));
        }
        if let Some(cluster) = plan_cluster(world) {
            if planned.cluster.is_some() {
                return Err(CliError::ClusterTwice { path: planned.path.clone() });
            }
            planned.cluster = Some(self.show(&Scope::Cluster, &cluster)?);
        }
        Ok(())
    }

    /// Proves the plan of a host and returns what is to be shown of it.
    fn show_host(&self, name: &HostName, plan: ScopePlan) -> Result<Shown, CliError> {
        let plan = Plan::new([(name.clone(), plan)].into(), None);
        proven(&plan)?;
        let shown = plan.scopes().map(|(scope, plan)| self.show(&scope, plan)).next();
        shown.unwrap_or_else(|| {
            Ok(Shown { standing: Standing::Same, text: String::new(), json: String::new() })
        })
    }

    fn show(&self, scope: &Scope, plan: &ScopePlan) -> Result<Shown, CliError> {
        let text = self.text.map(|detail| render_scope(scope, plan, detail)).unwrap_or_default();
        let json = if self.json { scope_json(plan)? } else { String::new() };
        Ok(Shown { standing: plan.standing(), text, json })
    }
}

/// Prints plans as they come, and counts.
struct Report<'a, 'b> {
    console: &'a mut Console<'b>,
    prints_json: bool,
    scale: Scale,
    files: PlanFiles,
    stream: PlanStream,
    seen: BTreeSet<HostName>,
    tally: Tally,
    cluster: Option<Shown>,
}

impl<'a, 'b> Report<'a, 'b> {
    fn new(args: &PlanArgs, console: &'a mut Console<'b>, scale: Scale, files: PlanFiles) -> Self {
        Self {
            console,
            prints_json: args.prints_json(),
            scale,
            files,
            stream: PlanStream::default(),
            seen: BTreeSet::new(),
            tally: Tally::default(),
            cluster: None,
        }
    }

    /// Prints the plans of the next source. What is wrong with one source does not keep others from being planned for.
    fn take(&mut self, planned: Result<Planned, CliError>) -> Result<(), CliError> {
        let Planned { path, hosts, cluster } = match planned {
            Ok(planned) => planned,
            Err(error) => return self.fail(error),
        };
        for (name, shown) in hosts {
            if !self.seen.insert(name.clone()) {
                self.fail(CliError::HostTwice { path: path.clone(), host: name.to_string() })?;
                continue;
            }
            match shown {
                Ok(shown) => self.print(&name, &shown)?,
                Err(error) => self.fail(error)?,
            }
        }
        match (cluster, &self.cluster) {
            (Some(_), Some(_)) => self.fail(CliError::ClusterTwice { path })?,
            (Some(cluster), None) => self.cluster = Some(cluster),
            (None, _) => {}
        }
        Ok(())
    }

    /// Says what is wrong with one source of several; the only one has nothing beside it that could go on.
    fn fail(&mut self, error: CliError) -> Result<(), CliError> {
        if self.scale == Scale::OneHost {
            return Err(error);
        }
        self.tally.count_error();
        self.console.say_error(&error);
        Ok(())
    }

    fn print(&mut self, name: &HostName, shown: &Shown) -> Result<(), CliError> {
        let Shown { standing, text, json } = shown;
        if self.prints_json {
            self.stream.host(&mut self.console.out, name, json)?;
        } else {
            self.print_text(text)?;
        }
        self.tally.count(*standing);
        self.files.host(name, json)
    }

    /// Prints the text of a scope, with a gap to the one before.
    fn print_text(&mut self, text: &str) -> Result<(), CliError> {
        let gap = if self.tally.planned() > 0 { "\n" } else { "" };
        Ok(self.console.out.write_all(format!("{gap}{text}").as_bytes())?)
    }

    fn finish(mut self) -> Result<Exit, CliError> {
        let cluster = self.cluster.take();
        if let Some(Shown { text, .. }) = cluster.as_ref().filter(|_| !self.prints_json) {
            self.print_text(text)?;
        }
        let summary = (self.tally.hosts() > 1 || self.scale == Scale::Fleet).then(|| self.tally.to_string());
        let cluster = cluster.map(|shown| shown.json);
        if self.prints_json {
            self.stream.finish(&mut self.console.out, cluster.as_deref())?;
            self.console.out.flush()?;
            self.console.say(&summary.map_or_else(String::new, |summary| format!("{summary}\n")));
        } else if let Some(summary) = summary {
            writeln!(self.console.out, "\n{summary}")?;
        }
        self.files.finish(cluster.as_deref())?;
        Ok(exit(self.tally))
    }
}

/// Returns how the command ends: as the worst host.
fn exit(tally: Tally) -> Exit {
    match (tally.has_errors(), tally.has_changes()) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Done,
    }
}
