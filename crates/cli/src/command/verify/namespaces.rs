//! Verifies by packets between VFs of this host that nobody uses, each in a network namespace of its own.

use std::time::Duration;

use vfctl_kinds::probe::{HostTrials, ProbeRow, trials_of};
use vfctl_port::{Bounds, World};

use super::document::Verification;
use super::spec::WantedOfHost;
use crate::error::CliError;
use crate::machine::Machine;

/// Sends packets between the VFs of each PF of the spec, looks whether all is as before, and reports both.
pub(super) fn try_host(
    machine: &Machine<'_>,
    world: &World,
    wanted: &WantedOfHost,
    timeout: u64,
    report: &mut Verification,
) -> Result<(), CliError> {
    let not_tried = |subject: &str, why: &str| ProbeRow::not_compared(subject, "between VFs", "reached", why);
    let Some(host) = world.hosts.get(&machine.name) else {
        report.rows.push(not_tried("traffic", "this host could not be read"));
        return Ok(());
    };
    let HostTrials { trials, untried, skipped } = trials_of(host, &wanted.pfs);
    report.notes.extend(skipped.iter().map(|(vf, why)| format!("{vf} took no part: {why}")));
    report.rows.extend(untried.iter().map(|(pf, why)| not_tried(&format!("traffic {pf}"), why)));
    if wanted.pfs.is_empty() {
        report.rows.push(not_tried("traffic", "the specs select no physical function of this host"));
    }
    if trials.is_empty() {
        return Ok(());
    }
    let stop = || machine.clock.interrupted();
    for trial in trials.iter().take_while(|_| !stop()) {
        // No carrier comes after such a time, and each VF may wait for it.
        let bounds = Bounds { limit: Duration::from_secs(timeout.min(30)), stop: &stop };
        let seen = machine.traffic.try_traffic(&trial.asked(), bounds);
        report.rows.extend(trial.rows(seen.as_ref()));
        if let Ok(seen) = seen {
            let subject = format!("traffic {}", trial.name);
            let trouble = |why: &String| ProbeRow::not_compared(&subject, "trial", "done", why.clone());
            report.rows.extend(seen.troubles.iter().map(trouble));
        }
    }
    let after = machine.world()?;
    if let Some(host) = after.hosts.get(&machine.name) {
        report.rows.extend(trials.iter().flat_map(|trial| trial.rows_afterwards(host)));
    }
    Ok(())
}
