//! Verifies by packets between VFs of this host that nobody uses, each in a network namespace of its own.

use std::path::Path;
use std::time::Duration;

use vfctl_kinds::probe::{HostTrials, PfTrial, ProbeRow, trials_of};
use vfctl_port::{Bounds, World, with_causes};
use vfctl_state::Lock;

use super::document::Verification;
use super::spec::WantedOfHost;
use crate::error::CliError;
use crate::machine::Machine;

/// Sends packets between the VFs of each PF of the spec, looks whether all is as before, and reports both. Nobody else who takes the
/// lock of `folder` changes the host meanwhile.
pub(super) fn try_host(
    machine: &Machine<'_>,
    folder: &Path,
    world: &World,
    wanted: &WantedOfHost,
    timeout: u64,
    report: &mut Verification,
) -> Result<(), CliError> {
    let Some(host) = world.hosts.get(&machine.name) else {
        report.rows.push(not_tried("traffic", "this host could not be read"));
        return Ok(());
    };
    let HostTrials { trials, untried, skipped } = trials_of(host, &wanted.pfs);
    report.notes.extend(skipped.iter().map(|(vf, why)| format!("{vf} skipped: {why}")));
    report.rows.extend(untried.iter().map(|(pf, why)| not_tried(&format!("traffic {pf}"), why)));
    if wanted.pfs.is_empty() {
        report.rows.push(not_tried("traffic", "the specs select no physical function of this host"));
    }
    if trials.is_empty() {
        return Ok(());
    }
    let lock = Lock::acquire(folder).map_err(CliError::State)?;
    let stop = || machine.clock.interrupted();
    let mut tried = Vec::new();
    for trial in trials.iter().take_while(|_| !stop()) {
        let subject = format!("traffic {}", trial.name);
        if let Some(why) = changed_meanwhile(machine, wanted, trial) {
            report.rows.push(not_tried(&subject, &why));
            continue;
        }
        // No carrier comes after such a time, and each VF may wait for it.
        let bounds = Bounds { limit: Duration::from_secs(timeout.min(30)), stop: &stop };
        let seen = machine.traffic.try_traffic(&trial.asked(), bounds);
        tried.push(trial);
        report.rows.extend(trial.rows(seen.as_ref()));
        if let Ok(seen) = seen {
            let trouble = |why: &String| ProbeRow::not_compared(&subject, "trial", "done", why.clone());
            report.rows.extend(seen.troubles.iter().map(trouble));
        }
    }
    let after = machine.world()?;
    drop(lock);
    if let Some(host) = after.hosts.get(&machine.name) {
        report.rows.extend(tried.iter().flat_map(|trial| trial.rows_afterwards(host)));
    }
    Ok(())
}

fn not_tried(subject: &str, why: &str) -> ProbeRow {
    ProbeRow::not_compared(subject, "between VFs", "reached", why)
}

/// Reads the host again, and says why a trial cannot be made as it was planned: somebody may use one of its VFs now. `None` where all
/// is as it was.
fn changed_meanwhile(machine: &Machine<'_>, wanted: &WantedOfHost, trial: &PfTrial) -> Option<String> {
    let now = match machine.world() {
        Ok(now) => now,
        Err(error) => return Some(with_causes(&error)),
    };
    let host = now.hosts.get(&machine.name);
    let is_same = host.is_some_and(|host| trials_of(host, &wanted.pfs).trials.contains(trial));
    (!is_same).then(|| "its VFs were changed meanwhile; run verify again".to_owned())
}
