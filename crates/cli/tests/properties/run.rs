//! Runs a case: plan, check, apply, compare with what is expected, plan again, and the live host as a spec.

use vfctl_apply::{Edges, Look, Progress, Report, Result as Ending};
use vfctl_kinds::document::{PlacedDocument, SriovConfig, live};
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_plan::{Detail, Options, Plan, check, render};
use vfctl_port::{Journal, Perform, Phase, World};
use vfctl_sim::SimHost;

use crate::case::Case;
use crate::expected;
use crate::journal::OrderCheck;

/// Shows no progress.
pub(crate) struct Silent;

impl Progress for Silent {
    fn phase(&self, _: &str, _: Phase, _: usize) {}
}

/// Returns the document of a text.
pub(crate) fn parsed(text: &str) -> SriovConfig {
    let source = vfctl_spec::Source { name: "spec.yaml".to_owned(), text: text.to_owned() };
    let mut set = vfctl_spec::load(&[source]).expect("a spec without mistakes");
    set.documents.remove(0).config
}

/// Plans for a world.
pub(crate) fn plan(config: &SriovConfig, world: &World) -> Plan {
    plan_with(config, world, Options::default())
}

/// Plans for a world with options.
pub(crate) fn plan_with(config: &SriovConfig, world: &World, options: Options) -> Plan {
    let place = |path: &SpecPath| Origin::new("spec.yaml", 1, path);
    vfctl_plan::plan(&[PlacedDocument { config, place: &place }], world, options)
}

/// Reads the whole simulated host.
pub(crate) fn look(sim: &SimHost) -> Look {
    Look::take([&sim.scope()], sim, sim).unwrap()
}

/// Returns the world of the simulated host as it is now.
pub(crate) fn world(sim: &SimHost) -> World {
    World::of_host(sim.name().clone(), sim.facts())
}

/// Applies a plan to the simulated host, and checks the order of journal and ops.
pub(crate) fn apply(plan: &Plan, before: &Look, sim: &SimHost) -> Result<Report, String> {
    apply_through(plan, before, sim, sim, sim)
}

/// Applies a plan by edges of the test's own that stand before the simulated host.
pub(crate) fn apply_through(
    plan: &Plan,
    before: &Look,
    sim: &SimHost,
    perform: &dyn Perform,
    journal: &dyn Journal,
) -> Result<Report, String> {
    let order = OrderCheck::new(perform, journal);
    let edges = Edges { observe: sim, perform: &order, journal: &order, clock: sim, progress: &Silent };
    let report = vfctl_apply::apply(plan, before, edges);
    order.conclude().map_err(|flaws| format!("{flaws}\n{}", report.render()))?;
    Ok(report)
}

/// Returns a plan's text with all commands.
pub(crate) fn text(plan: &Plan) -> String {
    render(plan, Detail::Verbose)
}

/// Plans, checks the plan, and writes it to a file and back.
pub(crate) fn checked(config: &SriovConfig, world: &World) -> Result<Plan, String> {
    let plan = plan(config, world);
    check(&plan).map_err(|flaws| format!("the check finds {flaws:?}\n{}", text(&plan)))?;
    round_trip(&plan)?;
    Ok(plan)
}

/// How a case ends that may ask for anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// The plan was blocked.
    Blocked,
    /// All was done.
    Converged,
    /// The kernel said no.
    Failed,
}

/// Runs a case that may ask for anything: whatever comes of it, no plan is flawed, and what was applied is so.
pub(crate) fn survive(case: &Case) -> Result<End, String> {
    let sim = sim_of(case);
    let before = look(&sim);
    let config = case.config(&case.addresses(&sim.facts()));
    let first = checked(&config, &before.world)?;
    if first.is_blocked() {
        return Ok(End::Blocked);
    }
    let report = apply(&first, &before, &sim)?;
    let second = checked(&config, &world(&sim))?;
    if report.result != Ending::Converged {
        return Ok(End::Failed);
    }
    if !second.is_empty() {
        return Err(format!("the second plan is not empty:\n{}\nafter\n{}", text(&second), text(&first)));
    }
    Ok(End::Converged)
}

/// Runs a case; returns its first plan.
pub(crate) fn converge(case: &Case) -> Result<Plan, String> {
    let sim = sim_of(case);
    let (before, host_before) = (look(&sim), sim.facts());
    let config = case.config(&case.addresses(&host_before));
    let first = checked(&config, &before.world)?;
    if first.is_blocked() {
        return Err(format!("the generator makes no blocked plans\n{}", text(&first)));
    }
    let report = apply(&first, &before, &sim)?;
    if report.result != Ending::Converged {
        return Err(format!("{}\n{}", report.render(), text(&first)));
    }
    expected::compare(case, &host_before, &sim.facts()).map_err(|why| format!("{why}\n{}", text(&first)))?;
    let second = plan(&config, &world(&sim));
    if !second.is_empty() || second.is_blocked() {
        return Err(format!("the second plan is not empty:\n{}\nafter\n{}", text(&second), text(&first)));
    }
    let now = plan(&live("live", None, &sim.facts()), &world(&sim));
    if !now.is_empty() || now.is_blocked() {
        return Err(format!("the live host as a spec has a plan:\n{}", text(&now)));
    }
    Ok(first)
}

/// Returns the simulated host of a case.
pub(crate) fn sim_of(case: &Case) -> SimHost {
    SimHost::new("lab".parse().unwrap(), case.world())
}

/// Writes a plan to text and reads it back: the same plan.
fn round_trip(plan: &Plan) -> Result<(), String> {
    let json = serde_json::to_string(plan).map_err(|error| error.to_string())?;
    let again: Plan = serde_json::from_str(&json).map_err(|error| format!("{error} in {json}"))?;
    if again == *plan { Ok(()) } else { Err("the plan does not survive its file".to_owned()) }
}
