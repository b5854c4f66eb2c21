//! `testbed cluster rights`: is each printed right needed, and named where it is missing?

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use crate::cluster::Cluster;
use crate::least_rights::{LeastRights, Noticed, PrintedRight};
use crate::{fixtures, programs};

/// The role of the port that the simulated host works on.
const PF: &str = "pf0";

/// Tries all rights, or those that have a word; says of each what came of it.
pub(super) fn try_all(cluster: &Cluster, sim: Option<&Path>, only: Option<&str>) -> anyhow::Result<ExitCode> {
    let simulator = programs::find("vfctl-sim", sim)?;
    let roles = fixtures::roles()?;
    let interface =
        roles.get(PF).and_then(|device| device.interface.clone()).context("find pf0 in the lab")?;
    let mut trial = LeastRights::begin(cluster, &simulator, fixtures::facts(), &interface)?;
    if let Some((by, said)) = trial.baseline()? {
        bail!("do everything with all rights: {by}\n{said}");
    }
    println!("pass  with all rights");
    let is_meant = |right: &PrintedRight| {
        let PrintedRight { role, verb, resource, .. } = right;
        only.is_none_or(|word| [role, verb, resource].iter().any(|text| text.contains(word)))
    };
    let rights: Vec<PrintedRight> = trial.rights().into_iter().filter(is_meant).collect();
    ensure!(!rights.is_empty(), "find a right among those that vfctl rbac prints");
    let mut failed = 0;
    for right in &rights {
        let PrintedRight { role, verb, resource, .. } = right;
        let started = Instant::now();
        let noticed = trial.without(right)?;
        let name = format!("{role} without {verb} {resource}");
        let time = started.elapsed().as_secs_f32();
        match noticed {
            Noticed::Named { by } => println!("pass  {name}  {time:.1} s  ({by})"),
            Noticed::Unnamed { by, said } => {
                failed += 1;
                println!("FAIL  {name}: not named by {by}\n{said}");
            }
            Noticed::Granted => {
                failed += 1;
                println!("FAIL  {name}: another rule grants it, too");
            }
            Noticed::Not => {
                failed += 1;
                println!("FAIL  {name}: nothing needs it");
            }
        }
    }
    println!("{} passed, {failed} failed", rights.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
