//! Plans of the tests, put together as data.

use std::collections::BTreeMap;

use vfctl_kinds::finding::Findings;
use vfctl_kinds::step::{Reason, Step};
use vfctl_model::Toggle;
use vfctl_plan::{Lane, PhasePlan, Plan, ScopePlan, StagePlan};
use vfctl_port::{Action, AdminState, ClaimValue, Op, Phase, Property, Scope, Stage, Target, Thing};

use crate::port::Port;

/// Returns a lane on a port with these steps, in their order; a goal and a basis are the test's to add.
pub(crate) fn lane(port: &Port, queue: u32, steps: Vec<Step>) -> Lane {
    Lane {
        thing: Thing::Pf(port.pf.clone()),
        title: port.title.to_owned(),
        heading: port.title.to_owned(),
        queue,
        basis: Vec::new(),
        phases: phases(steps),
        goal: Vec::new(),
        afterwards: Vec::new(),
        findings: Findings::default(),
    }
}

fn phases(steps: Vec<Step>) -> Vec<PhasePlan> {
    let mut phases: Vec<PhasePlan> = Vec::new();
    for step in steps {
        match phases.last_mut() {
            Some(last) if last.phase == step.phase => last.steps.push(step),
            _ => phases.push(PhasePlan { phase: step.phase, steps: vec![step] }),
        }
    }
    phases
}

/// Returns a lane with one phase, which sets the MTU.
pub(crate) fn mtu_lane(port: &Port, queue: u32) -> Lane {
    lane(port, queue, vec![port.step(Phase::FinishPf, Reason::Asked, &[port.mtu(9000)])])
}

/// Returns the lane of two new VFs with a VLAN: autoprobe is off and the PF is up for a while.
pub(crate) fn two_vfs(port: &Port) -> Lane {
    let mut lane = lane(
        port,
        0,
        vec![
            port.step(Phase::PreparePf, Reason::WithholdDrivers, &[port.autoprobe(Toggle::Off)]),
            port.step(Phase::PreparePf, Reason::PfMustBeUp, &[port.admin(AdminState::Up)]),
            port.step(Phase::CreateVfs, Reason::Asked, &[port.create(2)]),
            port.step(Phase::ConfigureVfs, Reason::Asked, &[port.vlan(0, "100"), port.vlan(1, "100")]),
            port.step(Phase::AllowDrivers, Reason::GiveBack, &[port.autoprobe(Toggle::On)]),
            port.step(Phase::Probe, Reason::DefaultDriver, &[port.probe(0), port.probe(1)]),
            port.step(Phase::FinishPf, Reason::GiveBack, &[port.admin(AdminState::Down)]),
        ],
    );
    let driver = ClaimValue::Name("igbvf".to_owned());
    lane.goal = vec![
        port.is(Property::VfCount, ClaimValue::Number(2)),
        port.is(Property::AdminState, ClaimValue::Flag(false)),
        port.is(Property::DriversAutoprobe, ClaimValue::Flag(true)),
        port.vf_is(0, Property::Driver, driver.clone()),
        port.vf_is(1, Property::Driver, driver),
    ];
    lane
}

/// Returns a lane that loads a module, and claims nothing where the scope has no modules to read.
pub(crate) fn module_lane(scope: &Scope, queue: u32, module: &str) -> Lane {
    let port = Port::on("lab", "system", 9);
    let op = Op { target: Target::Module(module.parse().expect("a module")), action: Action::LoadModule };
    let mut step = port.step(Phase::LoadModules, Reason::DriverNeedsModule, &[op]);
    match scope.host() {
        Some(_) => step.ends.iter_mut().for_each(|claim| claim.subject.scope = scope.clone()),
        None => step.ends.clear(),
    }
    Lane { thing: Thing::System, title: module.to_owned(), ..lane(&port, queue, vec![step]) }
}

/// Returns the plan of a scope with these stages.
pub(crate) fn scope_plan(stages: Vec<(Stage, Vec<Lane>)>) -> ScopePlan {
    let stages = stages.into_iter().map(|(stage, lanes)| StagePlan { stage, lanes }).collect();
    ScopePlan { documents: vec!["workers".to_owned()], stages, findings: Findings::default() }
}

/// Returns the plan of hosts, and of the cluster where one is given.
pub(crate) fn plan(hosts: Vec<(&str, ScopePlan)>, cluster: Option<ScopePlan>) -> Plan {
    let named = hosts.into_iter().map(|(host, plan)| (host.parse().expect("a host's name"), plan));
    Plan::new(named.collect::<BTreeMap<_, _>>(), cluster)
}

/// Returns the plan of lanes on the ports of host `lab`.
pub(crate) fn on_ports(lanes: Vec<Lane>) -> Plan {
    plan(vec![("lab", scope_plan(vec![(Stage::Ports, lanes)]))], None)
}
