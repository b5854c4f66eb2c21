//! What the journal says is owed once each phase has begun: whoever reads it after a cut knows what to restore.

use vfctl_kinds::step::Reason;
use vfctl_model::Toggle;
use vfctl_plan::Lane;
use vfctl_port::{AdminState, JournalEntry, Op, Phase};

use crate::bench::{Bench, short};
use crate::kernel::make_vfs;
use crate::port::Port;
use crate::work::{lane, on_ports, two_vfs};

/// Returns what is owed as each phase of a lane begins.
fn owed(bench: &Bench, lane: Lane) -> Vec<(Option<Phase>, String)> {
    let report = bench.apply(&on_ports(vec![lane]));
    assert_eq!(report.result, vfctl_apply::Result::Converged, "{}", report.render());
    let owed = |entry: &JournalEntry| match entry {
        JournalEntry::PhaseBegan { phase, owed, .. } => Some((*phase, short(owed))),
        _ => None,
    };
    bench.state().entries.iter().filter_map(owed).collect()
}

fn row(phase: Phase, ops: &[Op]) -> (Option<Phase>, String) {
    (Some(phase), short(ops))
}

#[test]
fn settings_are_owed_from_the_phase_that_changes_them_and_drivers_from_the_one_that_makes_vfs() {
    let eth0 = Port::eth0();
    let (on, down) = (eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down));
    let drivers = [eth0.probe(0), eth0.probe(1)];
    let settings = [on, down.clone()];
    let all = [&settings[..], &drivers[..]].concat();
    let without_autoprobe = [&[down][..], &drivers[..]].concat();
    let expected = [
        row(Phase::PreparePf, &settings),
        row(Phase::CreateVfs, &all),
        row(Phase::ConfigureVfs, &all),
        // What is being given back is owed until it is done.
        row(Phase::AllowDrivers, &all),
        row(Phase::Probe, &without_autoprobe),
        row(Phase::FinishPf, &settings[1..]),
    ];
    assert_eq!(owed(&Bench::new(&[&eth0]), two_vfs(&eth0)), expected);
}

#[test]
fn setting_that_stays_and_driver_that_the_spec_asks_for_are_not_owed() {
    let eth0 = Port::eth0();
    let steps = vec![
        eth0.step(Phase::PreparePf, Reason::Asked, &[eth0.admin(AdminState::Up), eth0.mtu(9000)]),
        eth0.step(Phase::CreateVfs, Reason::Asked, &[eth0.create(1)]),
        eth0.step(Phase::Bind, Reason::Asked, &[eth0.probe(0)]),
    ];
    let expected = [Phase::PreparePf, Phase::CreateVfs, Phase::Bind].map(|phase| row(phase, &[]));
    assert_eq!(owed(&Bench::new(&[&eth0]), lane(&eth0, 0, steps)), expected);
}

#[test]
fn driver_that_is_taken_is_owed_to_that_vf_alone_until_the_vfs_are_gone() {
    let eth0 = Port::eth0();
    let with_vfs = || {
        let bench = Bench::new(&[&eth0]);
        make_vfs(bench.state().pf(&eth0), 2);
        bench
    };
    let unbind = eth0.step(Phase::Unbind, Reason::MacNeedsRebind, &[eth0.unbind(0)]);
    let vlan = eth0.step(Phase::ConfigureVfs, Reason::Asked, &[eth0.vlan(0, "100")]);
    let bind = eth0.step(Phase::Bind, Reason::MacNeedsRebind, &[eth0.probe(0)]);
    let rebind = lane(&eth0, 0, vec![unbind.clone(), vlan, bind.clone()]);
    let expected =
        [Phase::Unbind, Phase::ConfigureVfs, Phase::Bind].map(|phase| row(phase, &[eth0.probe(0)]));
    assert_eq!(owed(&with_vfs(), rebind), expected);
    // VFs that are gone are owed none, and those that are made in their place are.
    let both = [eth0.probe(0), eth0.probe(1)];
    let remade = lane(
        &eth0,
        0,
        vec![
            unbind,
            eth0.step(Phase::RemoveVfs, Reason::CountThroughZero, &[eth0.remove()]),
            eth0.step(Phase::CreateVfs, Reason::Asked, &[eth0.create(2)]),
            eth0.step(Phase::Bind, Reason::DefaultDriver, &both),
        ],
    );
    let expected = [
        row(Phase::Unbind, &both[..1]),
        row(Phase::RemoveVfs, &[]),
        row(Phase::CreateVfs, &both),
        row(Phase::Bind, &both),
    ];
    assert_eq!(owed(&with_vfs(), remade), expected);
}

#[test]
fn setting_is_owed_as_the_lane_leaves_it_in_the_end() {
    let eth0 = Port::eth0();
    let (off, on) = (eth0.autoprobe(Toggle::Off), eth0.autoprobe(Toggle::On));
    let one = std::slice::from_ref::<Op>;
    let steps = vec![
        eth0.step(Phase::PreparePf, Reason::WithholdDrivers, one(&off)),
        eth0.step(Phase::CreateVfs, Reason::Asked, &[eth0.create(1)]),
        eth0.step(Phase::AllowDrivers, Reason::LetKernelChoose, one(&on)),
        eth0.step(Phase::FinishPf, Reason::Asked, one(&off)),
    ];
    let expected = [
        row(Phase::PreparePf, one(&off)),
        // It is so already.
        row(Phase::CreateVfs, &[]),
        row(Phase::AllowDrivers, one(&off)),
        row(Phase::FinishPf, one(&off)),
    ];
    assert_eq!(owed(&Bench::new(&[&eth0]), lane(&eth0, 0, steps)), expected);
}
