//! What the facts of a host say of its pools: mistakes that make the plugin offer something else than is meant, and what is good
//! to know.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{DeviceAddress, DevicePluginVersion, DriverName, PciAddress, VfSet};

use super::predict::{HostPrediction, predict_pools};
use super::references::{PlacedPool, placed_pools};
use super::simulator::{Device, Fact, LeftOut, Pool, Role};
use super::{findings_of_references, findings_of_selectors};
use crate::DesiredPf;
use crate::finding::{Finding, Findings};
use crate::lane::HostContext;

/// How many devices a text names one by one.
const NAMED: usize = 4;

/// Adds what is to be said of the pools of a host.
pub(super) fn add(
    context: &HostContext<'_>,
    pfs: &BTreeMap<DeviceAddress, DesiredPf>,
    findings: &mut Findings,
) {
    let Some(predicted) = predict_pools(context, pfs) else { return };
    let pools = placed_pools(context.documents);
    add_what_was_checked(&predicted, &pools, context.plans_cluster(), findings);
    let judged = match &predicted.prediction.pools {
        Ok(judged) => judged.as_slice(),
        Err(_) if predicted.config.resources.is_empty() => &[],
        Err(ending) => {
            let origin = pools.first().map(PlacedPool::origin);
            let help = "correct the pool; `vfctl validate` shows where";
            findings.problem(origin.as_ref(), ending.to_string(), help);
            return;
        }
    };
    for placed in &pools {
        findings_of_references::add(context, pfs, placed, findings);
        let name = placed.pool.resource.to_string();
        match judged.iter().find(|pool| pool.resource == name) {
            Some(pool) => add_of_pool(context, pfs, placed, pool, &predicted.devices.known, findings),
            None => {
                let message = format!("{name} is not offered on this host: it has no VF that the pool names");
                findings.note(Some(&placed.origin()), message);
            }
        }
    }
}

/// Says once for each document what was not looked at, and by which rules the pools were checked.
fn add_what_was_checked(
    predicted: &HostPrediction,
    pools: &[PlacedPool<'_>],
    has_cluster: bool,
    findings: &mut Findings,
) {
    let version = predicted.prediction.version;
    let is_sure = predicted.is_declared && version.was_run();
    if has_cluster && is_sure {
        return;
    }
    let by = match predicted.is_declared {
        true if version.was_run() => format!("device plugin {version}"),
        true if version > DevicePluginVersion::NEWEST => {
            let known = DevicePluginVersion::NEWEST;
            format!("device plugin {known}, the newest known (read in its source, not run), not {version}")
        }
        true => format!("device plugin {version} (read in its source, not run)"),
        false => format!(
            "device plugin {version}, the newest known (read in its source, not run): `components` declares none"
        ),
    };
    let mut documents = BTreeSet::new();
    for placed in pools {
        if documents.insert(placed.document.config.metadata.name.as_str()) {
            let message = format!(
                "{}pools follow the rules of {by}",
                if has_cluster { "" } else { "no cluster was looked at, so nothing is done there; " }
            );
            findings.note(Some(&placed.origin()), message);
        }
    }
}

fn add_of_pool<'a>(
    context: &HostContext<'a>,
    pfs: &'a BTreeMap<DeviceAddress, DesiredPf>,
    placed: &PlacedPool<'a>,
    pool: &Pool,
    devices: &[Device],
    findings: &mut Findings,
) {
    let origin = placed.origin();
    let name = &pool.resource;
    if let Some(why) = &pool.dropped {
        findings.problem(
            Some(&origin),
            format!("the device plugin goes on without {name}: {why}"),
            "correct it",
        );
        return;
    }
    if placed.pool.from.is_empty() {
        findings_of_selectors::add(placed, pool, devices, findings);
    } else {
        findings_of_references::add_left_out(context, pfs, placed, pool, devices, findings);
    }
    add_drivers(placed, pool, devices, findings);
    for (why, addresses) in grouped(pool.perhaps.iter().map(|(address, why)| (*address, why.clone()))) {
        let message = format!("{name} may take {}, which cannot be known: {why}", some_of(&addresses));
        findings.note(Some(&origin), message);
    }
    if let Some(why) = &pool.perhaps_more {
        findings.note(Some(&origin), format!("{name} may take devices that are not known: {why}"));
    } else if pool.takes.is_empty() && pool.perhaps.is_empty() {
        let reasons = grouped(pool.left_out.iter().map(|(address, why)| (*address, why.to_string())));
        let details = reasons.into_iter().map(|(why, addresses)| format!("{}: {why}", some_of(&addresses)));
        findings.notes.push(Finding {
            origin: Some(origin),
            message: format!("{name} is empty on this host, and the device plugin does not offer it"),
            details: details.collect(),
            help: None,
        });
    }
}

/// Reports devices of a pool with drivers that differ: a pod gets any one of them.
fn add_drivers(placed: &PlacedPool<'_>, pool: &Pool, devices: &[Device], findings: &mut Findings) {
    let mut by_driver: BTreeMap<&DriverName, Vec<PciAddress>> = BTreeMap::new();
    let perhaps = pool.perhaps.iter().map(|(address, _)| address);
    let members: BTreeSet<&PciAddress> = pool.takes.iter().chain(perhaps).collect();
    for device in devices.iter().filter(|device| members.contains(&device.address)) {
        if let Fact::Known(Some(driver)) = &device.driver {
            by_driver.entry(driver).or_default().push(device.address);
        }
    }
    if by_driver.len() < 2 {
        return;
    }
    let origin = placed.origin();
    let name = &pool.resource;
    let of =
        |(driver, addresses): (&&DriverName, &Vec<PciAddress>)| format!("{driver}: {}", some_of(addresses));
    let details: Vec<String> = by_driver.iter().map(of).collect();
    let in_user_space = by_driver.keys().filter(|driver| driver.is_for_user_space()).count();
    let message = format!("the devices of {name} have different drivers, and a pod gets any one of them");
    let help = "give them the same `driver`, or make a pool for each";
    let finding = Finding { origin: Some(origin), message, details, help: Some(help.to_owned()) };
    // Two drivers of the kernel both make an interface; a pod cannot work with both a vfio device and an interface.
    if in_user_space > 0 && in_user_space < by_driver.len() {
        findings.problems.push(finding);
    } else {
        findings.notes.push(finding);
    }
}

/// Returns which devices have something in common, in the order in which it is first met.
pub(super) fn grouped(pairs: impl Iterator<Item = (PciAddress, String)>) -> Vec<(String, Vec<PciAddress>)> {
    let mut groups: Vec<(String, Vec<PciAddress>)> = Vec::new();
    for (address, what) in pairs {
        match groups.iter_mut().find(|(other, _)| *other == what) {
            Some((_, addresses)) => addresses.push(address),
            None => groups.push((what, vec![address])),
        }
    }
    groups
}

/// Returns devices in words, the first few by address.
pub(super) fn some_of(addresses: &[PciAddress]) -> String {
    let named: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
    let named = named.join(", ");
    match addresses.len().checked_sub(NAMED) {
        None | Some(0) => named,
        Some(more) => format!("{named} and {more} more"),
    }
}

/// Returns why a device was left out, but for one that another pool takes.
pub(super) fn failed_term(why: &LeftOut) -> Option<&str> {
    match why {
        LeftOut::Term(why) => Some(why),
        LeftOut::TakenBy(_) => None,
    }
}

/// Returns the VF that a device is of this PF, if it is one of the set.
pub(super) fn vf_among(device: &Device, of: PciAddress, vfs: Option<&VfSet>) -> bool {
    matches!(&device.role, Role::Vf { pf, index, .. }
        if *pf == of && vfs.is_none_or(|vfs| vfs.contains(*index)))
}
