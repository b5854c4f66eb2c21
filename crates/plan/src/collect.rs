//! Collects what the kinds find into the plan of a host.

use std::collections::BTreeSet;

use vfctl_kinds::context::PfContext;
use vfctl_kinds::desired::DesiredPf;
use vfctl_kinds::finding::{Finding, Findings};
use vfctl_kinds::path::SpecPath;
use vfctl_kinds::step::Step;
use vfctl_kinds::{binding, registry, system};
use vfctl_model::{DeviceAddress, DriverName, HostName, VfIndex};
use vfctl_port::{Claim, HostFacts, PfFacts, Property, Subject, World};

use crate::document::{HostPlan, Lane, Plan};
use crate::order::{afterwards, into_phases, queues};
use crate::resolve::{Desired, Source, resolve};

/// Plans for every host of the world.
pub fn plan(sources: &[Source<'_>], world: &World) -> Plan {
    let anywhere = sources.iter().find(|source| source.config.spec.nodes.is_none());
    let unclear = anywhere.filter(|_| world.hosts.len() > 1);
    let hosts = world.hosts.iter().map(|(name, host)| {
        let mut plan = plan_host(sources, name, host);
        if let Some(source) = unclear {
            let origin = (source.place)(&SpecPath::default().key("spec"));
            let message = format!(
                "there are facts of {} hosts, and the document does not say whom it concerns",
                world.hosts.len()
            );
            plan.findings.problem(Some(&origin), message, "add `nodes: {names: [...]}`; `\"*\"` means all");
        }
        (name.clone(), plan)
    });
    Plan::new(hosts.collect())
}

/// Plans for one host.
pub fn plan_host(sources: &[Source<'_>], name: &HostName, host: &HostFacts) -> HostPlan {
    let Desired { documents, modules, pfs, mut findings } = resolve(sources, name, host);
    let queues = queues(host, pfs.keys());
    let mut drivers = BTreeSet::new();
    let mut lanes = Vec::new();
    for desired in pfs.values() {
        if let Some(facts) = host.physical_functions.get(&desired.address) {
            let queue = queues.get(&desired.address).copied().unwrap_or(0);
            lanes.push(lane(host, facts, desired, queue, &mut drivers));
        }
    }
    let prepare = system::steps(host, &modules, &drivers);
    system::tell_of_taken(host, &prepare, &pfs, &mut findings);
    if lanes.iter().any(|lane: &Lane| lane.steps().next().is_some()) {
        // Whom a step hurts is known as far as could be looked.
        for unread in &host.unread {
            findings.note(None, format!("could not be read: {unread}"));
        }
    }
    HostPlan { documents, prepare, lanes, findings }
}

/// Plans one PF, and adds the drivers that its VFs need.
fn lane(
    host: &HostFacts,
    facts: &PfFacts,
    desired: &DesiredPf,
    queue: u32,
    drivers: &mut BTreeSet<DriverName>,
) -> Lane {
    let context = PfContext::new(host, facts, desired);
    let mut diff = registry::diff(&context);
    tell_of_the_pf(&context, &mut diff.findings);
    for step in &diff.steps {
        for victim in step.victims.iter().filter(|victim| victim.blocks) {
            let origin = step.changes.iter().find(|change| change.vf == victim.vf || change.vf.is_none());
            let origin = origin.and_then(|change| change.origin.as_deref()).unwrap_or(&desired.origin);
            let vf = victim.vf.map_or_else(String::new, |vf| format!("vf {vf}: "));
            let message = format!("{vf}{}: the kernel would wait for ever", victim.user);
            diff.findings.problem(Some(origin), message, "end that user first; no flag overrides this");
        }
    }
    diff.findings.problems.sort_by_key(|problem| problem.origin.as_deref().map(place_of));
    diff.findings.problems.dedup();
    drivers.extend(binding::drivers_needed(&context));
    let mut basis = pf_basis(&context, !diff.steps.is_empty());
    basis.append(&mut diff.basis);
    let of_users = |claim: &&Claim| matches!(claim.property, Property::InUse | Property::Lent);
    basis.extend(diff.steps.iter().flat_map(|step| &step.requires).filter(of_users).cloned());
    basis.sort();
    basis.dedup();
    diff.goal.sort();
    diff.goal.dedup();
    let creates = context.recreate && context.count > 0;
    let vf_addresses = (0..if creates { context.count } else { 0 })
        .map(VfIndex)
        .filter_map(|index| Some((index, facts.vf_address(desired.address.pci(), index)?)))
        .collect();
    let blocked = !diff.findings.problems.is_empty();
    let steps: Vec<Step> = if blocked { Vec::new() } else { diff.steps };
    let afterwards =
        if steps.is_empty() { Vec::new() } else { afterwards(host, &desired.address, &diff.goal) };
    Lane {
        pf: desired.address.clone(),
        name: desired.name.clone(),
        interface: facts.netdev.as_ref().map(|netdev| netdev.name.clone()),
        driver: facts.driver.clone(),
        queue,
        vf_count: context.count,
        vf_addresses,
        basis,
        phases: into_phases(steps),
        goal: diff.goal,
        afterwards,
        findings: diff.findings,
    }
}

/// Returns file and line of a place, to sort by.
fn place_of(origin: &str) -> (String, u64) {
    let mut parts = origin.splitn(3, ':');
    let file = parts.next().unwrap_or("").to_owned();
    (file, parts.next().and_then(|line| line.parse().ok()).unwrap_or(0))
}

/// Returns what a plan for a PF rests on: it is there, under this name, with this driver and count; and where there is
/// work, that it is this very card in the role by which its selector found it, whatever takes its place later.
fn pf_basis(context: &PfContext<'_>, works: bool) -> Vec<Claim> {
    let PfContext { host, facts, desired, .. } = context;
    let mut properties =
        BTreeSet::from([Property::Present, Property::VfCount, Property::Driver, Property::Interface]);
    if works {
        properties.extend(desired.pins.iter().cloned());
        let has_permanent_mac = facts.netdev.as_ref().is_some_and(|netdev| netdev.permanent_mac.is_some());
        properties.extend(has_permanent_mac.then_some(Property::PermanentMac));
        properties.insert(Property::InUse);
    }
    let pf = || Subject::Pf(desired.address.clone());
    properties.into_iter().filter_map(|property| Claim::as_found(pf(), property, host)).collect()
}

/// Adds what is to be said of the PF itself: an unknown driver, facts that could not be read, a write that still
/// sits in the kernel, and who will take new interfaces.
fn tell_of_the_pf(context: &PfContext<'_>, findings: &mut Findings) {
    let PfContext { host, facts, desired, row, .. } = context;
    if let Some(driver) = facts.driver.as_ref().filter(|_| !row.is_known()) {
        findings
            .note(None, format!("driver {driver} is not known to vfctl; the kernel decides what it can do"));
    }
    let sets = desired.vfs.values().any(|vf| !vf.attributes.is_empty());
    if sets && facts.eswitch_mode.as_deref() == Some("switchdev") {
        let message = "the embedded switch is in mode switchdev, where many drivers refuse VF attributes";
        findings.note(None, message.to_owned());
    }
    for unread in &facts.unread {
        findings.note(None, format!("could not be read: {unread}"));
    }
    let own = |device: &DeviceAddress| {
        *device == desired.address
            || device.pci().is_some_and(|pci| facts.vfs.values().any(|vf| vf.pci == Some(pci)))
    };
    for stuck in host.system.stuck_stores.iter().filter(|stuck| own(&stuck.device)) {
        let message = format!("process {} still sits in the kernel, writing {}", stuck.pid, stuck.path);
        findings.problem(None, message, "end what holds the device, or reboot; then run plan again");
    }
    if context.recreate && context.count > 0 {
        for manager in &host.system.link_managers {
            findings.notes.push(Finding {
                origin: None,
                message: format!("{} may take the new interfaces", manager.name),
                details: Vec::new(),
                help: Some(manager.remedy.clone()),
            });
        }
    }
}
