//! Runs a case: plan, check, apply, oracle, plan again, and the live host as a spec.

use vfctl_apply::{Edges, Look, Progress, Result as Ending};
use vfctl_kinds::document::{SriovConfig, live};
use vfctl_kinds::vf::DriverSpec;
use vfctl_model::{DeviceAddress, RawReading, VfIndex};
use vfctl_plan::{Detail, HostPlan, Plan, Source, check, plan_host, render};
use vfctl_port::{AdminState, HostFacts, Observe, Phase};
use vfctl_sim::SimHost;

use crate::case::{Case, PfCase};

/// Hears nothing.
pub(crate) struct Silent;

impl Progress for Silent {
    fn phase(&self, _: &str, _: Phase, _: usize) {}
}

/// Plans for a host.
pub(crate) fn plan(config: &SriovConfig, host: &HostFacts) -> HostPlan {
    let place = |path: &vfctl_kinds::path::SpecPath| path.to_string();
    plan_host(&[Source { config, place: &place }], &"lab".parse().unwrap(), host)
}

fn text(plan: &HostPlan) -> String {
    render(&Plan::new([("lab".parse().unwrap(), plan.clone())].into()), Detail::Verbose)
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
    let sim = SimHost::new(case.world());
    let before = Look::take(&sim, &sim).map_err(|error| error.to_string())?;
    let addresses = case.addresses(&before.host);
    let config = case.config(&addresses);
    let planned = |host: &HostFacts| -> Result<HostPlan, String> {
        let plan = plan(&config, host);
        check(&plan).map_err(|flaws| format!("the check finds {flaws:?}\n{}", text(&plan)))?;
        round_trip(&plan)?;
        Ok(plan)
    };
    let first = planned(&before.host)?;
    if first.is_blocked() {
        return Ok(End::Blocked);
    }
    let edges = Edges { observe: &sim, perform: &sim, journal: &sim, clock: &sim, progress: &Silent };
    let report = vfctl_apply::apply(&first, &before, edges);
    let after = sim.observe_host().map_err(|error| error.to_string())?;
    let second = planned(&after)?;
    if report.result != Ending::Converged {
        return Ok(End::Failed);
    }
    if !second.is_empty() {
        return Err(format!("the second plan is not empty:\n{}\nafter\n{}", text(&second), text(&first)));
    }
    Ok(End::Converged)
}

/// Runs a case; returns its first plan.
pub(crate) fn converge(case: &Case) -> Result<HostPlan, String> {
    let sim = SimHost::new(case.world());
    let before = Look::take(&sim, &sim).map_err(|error| error.to_string())?;
    let addresses = case.addresses(&before.host);
    let config = case.config(&addresses);
    let first = plan(&config, &before.host);
    check(&first).map_err(|flaws| format!("the check finds {flaws:?}\n{}", text(&first)))?;
    round_trip(&first)?;
    if first.is_blocked() {
        return Err(format!("the generator makes no blocked plans\n{}", text(&first)));
    }
    let edges = Edges { observe: &sim, perform: &sim, journal: &sim, clock: &sim, progress: &Silent };
    let report = vfctl_apply::apply(&first, &before, edges);
    if report.result != Ending::Converged {
        return Err(format!("{}\n{}", report.render(), text(&first)));
    }
    let after = sim.observe_host().map_err(|error| error.to_string())?;
    for (pf, address) in case.pfs.iter().zip(&addresses) {
        hold(pf, address, &before.host, &after)
            .map_err(|why| format!("{address}: {why}\n{}", text(&first)))?;
    }
    let second = plan(&config, &after);
    if !second.is_empty() || second.is_blocked() {
        return Err(format!("the second plan is not empty:\n{}\nafter\n{}", text(&second), text(&first)));
    }
    let now = plan(&live("live", None, &after), &after);
    if !now.is_empty() || now.is_blocked() {
        return Err(format!("the live host as a spec has a plan:\n{}", text(&now)));
    }
    Ok(first)
}

/// Holds what was asked for against what is there, without asking the planner.
fn hold(pf: &PfCase, address: &DeviceAddress, before: &HostFacts, after: &HostFacts) -> Result<(), String> {
    let facts = after.physical_functions.get(address).ok_or("the PF is gone")?;
    let was = before.physical_functions.get(address).ok_or("the PF was not there")?;
    let same = |what: &str, wanted: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
        let (wanted, found) = (format!("{wanted:?}"), format!("{found:?}"));
        if wanted == found { Ok(()) } else { Err(format!("{what} should be {wanted} and is {found}")) }
    };
    same("count", &pf.count(), &facts.vf_count)?;
    if let (Some(netdev), Some(netdev_was)) = (&facts.netdev, &was.netdev) {
        let up = pf.wish.admin.map_or(netdev_was.up, |admin| admin == AdminState::Up);
        same("up", &up, &netdev.up)?;
        same("mtu", &pf.wish.mtu.unwrap_or(netdev_was.mtu), &netdev.mtu)?;
    }
    for index in 0..pf.count() {
        let vf = facts.vfs.get(&VfIndex(index)).ok_or_else(|| format!("vf {index} is missing"))?;
        let [all, narrow] = pf.settings_of(index);
        match narrow.driver.as_ref().or(all.driver.as_ref()) {
            Some(DriverSpec::Named(driver)) => same("driver", &Some(driver), &vf.driver.as_ref())?,
            Some(DriverSpec::None) => same("driver", &None::<()>, &vf.driver)?,
            Some(DriverSpec::Default) | None => {}
        }
        same("driver_override", &None::<()>, &vf.driver_override)?;
        if pf.takes_everything() {
            for (attribute, wanted) in
                all.attributes.iter().filter(|(a, _)| !narrow.attributes.contains_key(a))
            {
                let value = RawReading::Value(wanted.unwrap_or(attribute.factory()));
                same(attribute.key(), &Some(&value), &vf.attributes.0.get(attribute))?;
            }
            for (attribute, wanted) in &narrow.attributes {
                let value = RawReading::Value(wanted.unwrap_or(attribute.factory()));
                same(attribute.key(), &Some(&value), &vf.attributes.0.get(attribute))?;
            }
        }
    }
    Ok(())
}

/// Writes a plan to text and reads it back: the same plan.
fn round_trip(plan: &HostPlan) -> Result<(), String> {
    let json = serde_json::to_string(plan).map_err(|error| error.to_string())?;
    let again: HostPlan = serde_json::from_str(&json).map_err(|error| format!("{error} in {json}"))?;
    if again == *plan { Ok(()) } else { Err("the plan does not survive its file".to_owned()) }
}
