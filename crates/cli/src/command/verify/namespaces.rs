//! Verifies by packets between VFs of this host that nobody uses, each in a network namespace of its own.

use std::time::Duration;

use vfctl_kinds::probe::{ProbeRow, trials_of};
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
    let Some(host) = world.hosts.get(&machine.name) else { return Ok(()) };
    let (trials, skipped) = trials_of(host, &wanted.pfs);
    report.notes.extend(skipped.iter().map(|(vf, why)| format!("{vf} took no part: {why}")));
    if trials.is_empty() {
        let why = "no two VFs of a PF of the spec are free";
        report.rows.push(ProbeRow::not_compared("traffic", "between VFs", "reached", why));
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
