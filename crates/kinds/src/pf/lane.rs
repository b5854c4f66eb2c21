//! The lane of one PF: what its kinds find, what it rests on, and what it has in common with other lanes.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::DeviceAddress;
use vfctl_port::{Claim, ClaimValue, HostFacts, PfFacts, Phase, Property, Stage, Thing};

use crate::context::{PfContext, PfDiff};
use crate::finding::{Finding, Findings};
use crate::lane::{HostContext, HostDraft, LaneDraft, SharedPath};
use crate::step::Step;
use crate::{DesiredPf, walk};

/// Drafts the lanes of all PFs that are spoken of.
pub(super) fn plan(host: &HostContext<'_>, pfs: &BTreeMap<DeviceAddress, DesiredPf>, draft: &mut HostDraft) {
    for desired in pfs.values() {
        if let Some(facts) = host.host.physical_functions.get(&desired.address) {
            let lane = lane(host, facts, desired, draft);
            draft.lanes.push(lane);
        }
    }
    let works = |lane: &LaneDraft| !lane.steps.is_empty() && !lane.findings.block();
    if draft.lanes.iter().any(works) {
        // Whom a step disrupts is known as far as could be looked.
        for unread in &host.host.unread {
            draft.findings.note(None, format!("could not be read: {unread}"));
        }
    }
}

/// Drafts the lane of one PF.
fn lane(host: &HostContext<'_>, facts: &PfFacts, desired: &DesiredPf, draft: &mut HostDraft) -> LaneDraft {
    let address = &desired.address;
    let context = PfContext::new(host, facts, desired);
    let PfDiff { mut steps, mut goal, mut basis, satisfied, initial, mut findings, drivers } = diff(&context);
    add_notes(&context, &mut findings);
    add_blocking_users(&steps, desired, &mut findings);
    findings.problems.sort_by(|one, other| one.origin.cmp(&other.origin));
    findings.problems.dedup();
    // What is not written because new VFs begin with it is verified before anything else is done.
    if let Some(step) = steps.iter_mut().find(|step| step.phase == Phase::CreateVfs) {
        step.ends.extend(initial);
    }
    basis.extend(pf_basis(&context, !steps.is_empty()));
    let of_users = |claim: &&Claim| claim.property.row().needs_whole_look;
    basis.extend(steps.iter().flat_map(|step| &step.requires).filter(of_users).cloned());
    if !steps.is_empty() {
        // What is gone in the end has not become as it should be, whatever was wanted of it.
        let count = ClaimValue::Number(u32::from(context.count));
        goal.push(Claim::is(context.pf(), Property::Present, ClaimValue::Flag(true)));
        goal.push(Claim::is(context.pf(), Property::VfCount, count));
    }
    // Where nothing is done, the basis says all of it.
    let stays = if steps.is_empty() { Vec::new() } else { satisfied.clone() };
    let (goal, basis) = (in_order(goal, stays), in_order(basis, satisfied));
    draft.drivers.extend(drivers);
    if findings.block() {
        steps.clear();
    }
    let shares = shared_paths(host.host, facts);
    let afterwards = if steps.is_empty() { Vec::new() } else { afterwards(&context, &shares, &goal) };
    let interface = facts.netdev.as_ref().map(|netdev| &netdev.name);
    let driver = facts.driver.as_ref().map_or("no driver", |driver| driver.as_str());
    let device = interface.map_or_else(
        || format!("{address} ({driver})"),
        |interface| format!("{interface} ({address}, {driver})"),
    );
    let title = interface.map_or_else(|| address.to_string(), ToString::to_string);
    let heading = format!("{device} as {}", desired.name);
    let subject = host.subject(Thing::Pf(address.clone()));
    LaneDraft {
        shares,
        basis,
        steps,
        goal,
        afterwards,
        findings,
        ..LaneDraft::new(Stage::Ports, subject, title, heading)
    }
}

/// Returns all of these claims in order, each once. The many, on one VF after the other, mostly are in order already,
/// and come after the few, on the PF.
fn in_order(mut few: Vec<Claim>, mut many: Vec<Claim>) -> Vec<Claim> {
    few.sort();
    few.dedup();
    many.splice(0..0, few);
    if !many.is_sorted_by(|one, next| one < next) {
        many.sort();
        many.dedup();
    }
    many
}

/// Compares a PF with what is wanted of it.
pub(crate) fn diff(context: &PfContext<'_>) -> PfDiff {
    let mut diff = PfDiff { findings: context.desired.findings.clone(), ..PfDiff::default() };
    walk::diff(context, &mut diff);
    diff
}

/// Reports users for whom the kernel would wait without end: no consent helps.
fn add_blocking_users(steps: &[Step], desired: &DesiredPf, findings: &mut Findings) {
    for step in steps {
        for victim in step.victims.iter().filter(|victim| victim.blocks) {
            let vf_of = |change: &crate::change::Change| change.vf();
            let change =
                step.changes.iter().find(|change| vf_of(change) == victim.vf || vf_of(change).is_none());
            let origin = change.and_then(|change| change.origin.as_ref()).unwrap_or(&desired.origin);
            let vf = victim.vf.map_or_else(String::new, |vf| format!("vf {vf}: "));
            let message = format!("{vf}{}: the kernel would block until it is closed", victim.user);
            findings.problem(Some(origin), message, "stop that process first; no flag overrides this");
        }
    }
}

/// Returns what a plan for a PF rests on: it is there, under this name, with this driver and count; and where there is
/// work, that it is this very card in the role by which its selector found it, whatever takes its place later.
fn pf_basis(context: &PfContext<'_>, works: bool) -> Vec<Claim> {
    let PfContext { facts, desired, host, .. } = *context;
    let mut properties =
        BTreeSet::from([Property::Present, Property::VfCount, Property::Driver, Property::Interface]);
    if works {
        properties.extend(desired.pins.iter().copied());
        let has_permanent_mac = facts.netdev.as_ref().is_some_and(|netdev| netdev.permanent_mac.is_some());
        properties.extend(has_permanent_mac.then_some(Property::PermanentMac));
        properties.insert(Property::InUse);
    }
    let found = |property| Claim::as_found(context.pf(), property, host.world);
    properties.into_iter().filter_map(found).collect()
}

/// Adds what is to be said of the PF itself: an unknown driver, facts that could not be read, a write that has not
/// returned, and who will take new interfaces.
fn add_notes(context: &PfContext<'_>, findings: &mut Findings) {
    let PfContext { facts, desired, row, .. } = *context;
    let system = &context.host.host.system;
    if let Some(driver) = facts.driver.as_ref().filter(|_| !row.is_known()) {
        findings
            .note(None, format!("driver {driver} is not known to vfctl; the kernel decides what it can do"));
    }
    for unread in &facts.unread {
        findings.note(None, format!("could not be read: {unread}"));
    }
    let own = |device: &DeviceAddress| {
        *device == desired.address
            || device.pci().is_some_and(|pci| facts.vfs.values().any(|vf| vf.pci == Some(pci)))
    };
    for stuck in system.stuck_stores.iter().filter(|stuck| own(&stuck.device)) {
        let message = format!("process {} is blocked in the kernel, writing {}", stuck.pid, stuck.path);
        findings.problem(
            None,
            message,
            "wait until it ends; if it does not, stop the program that holds the device, or reboot; then run plan again",
        );
    }
    if context.renews_vfs && context.count > 0 {
        for manager in &system.link_managers {
            findings.notes.push(Finding {
                origin: None,
                message: format!("{} may take the new interfaces", manager.name),
                details: Vec::new(),
                help: Some(manager.remedy.clone()),
            });
        }
    }
}

/// Returns what must be true again before another PF on a shared path is touched: a PF that has a carrier, and is not
/// set down on purpose, has it again.
fn afterwards(context: &PfContext<'_>, shares: &BTreeSet<SharedPath>, goal: &[Claim]) -> Vec<Claim> {
    let carries = context.facts.netdev.as_ref().is_some_and(|netdev| netdev.carrier) && !shares.is_empty();
    let set_down = Claim::is(context.pf(), Property::AdminState, ClaimValue::Flag(false));
    if !carries || goal.contains(&set_down) {
        return Vec::new();
    }
    vec![Claim::is(context.pf(), Property::Carrier, ClaimValue::Flag(true))]
}

/// Returns what a PF may have in common with others: a bond, a bridge, an Open vSwitch or the host's own path, since two
/// ports of one bond changed at once take the host off the net.
fn shared_paths(host: &HostFacts, facts: &PfFacts) -> BTreeSet<SharedPath> {
    let Some(netdev) = &facts.netdev else { return BTreeSet::new() };
    let mut shared = BTreeSet::new();
    shared.extend(netdev.master.iter().map(|master| SharedPath::Upper(master.name.clone())));
    for name in host.standing_on(&netdev.name) {
        let upper = host.links.get(&name).filter(|_| name != netdev.name);
        let routes = upper.map_or(netdev.default_route, |link| link.default_route);
        if routes || host.system.ssh_interface.as_ref() == Some(&name) {
            shared.insert(SharedPath::ToThisHost);
        }
        if upper.is_some() {
            shared.insert(SharedPath::Upper(name));
        }
    }
    shared
}
