//! What an apply that was cut off or failed may have left, by its journal and by the facts of later.

use vfctl_apply::leftovers;
use vfctl_model::Toggle;
use vfctl_port::{
    ActionKind, AdminState, JournalEntry, LaneId, Op, Outcome, PfFacts, Phase, Stage, Thing, World,
};

use crate::bench::{Answer, Bench, refusal};
use crate::kernel::make_vfs;
use crate::port::Port;
use crate::work::{on_ports, two_vfs};

/// Returns what is said of what is left.
fn texts(entries: &[JournalEntry], since: &[&World]) -> Vec<String> {
    leftovers(entries, since).iter().map(ToString::to_string).collect()
}

fn id(port: &Port) -> LaneId {
    LaneId { host: Some(port.host.clone()), stage: Stage::Ports, thing: Thing::Pf(port.pf.clone()) }
}

fn began(port: &Port, phase: Phase, ops: &[Op], owed: &[Op]) -> JournalEntry {
    let found = vec![None; ops.len()];
    JournalEntry::PhaseBegan {
        lane: id(port),
        phase: Some(phase),
        ops: ops.to_vec(),
        found,
        owed: owed.to_vec(),
    }
}

fn ended(port: &Port, phase: Phase, outcomes: &[Outcome]) -> JournalEntry {
    JournalEntry::PhaseEnded { lane: id(port), phase: Some(phase), outcomes: outcomes.to_vec() }
}

/// Returns the facts of a port after this has been done to it.
fn facts(port: &Port, change: impl FnOnce(&mut PfFacts)) -> World {
    let bench = Bench::new(&[port]);
    change(bench.state().pf(port));
    bench.look().world
}

/// Returns facts with autoprobe off, or on.
fn autoprobe(port: &Port, autoprobe: bool) -> World {
    facts(port, |pf| note_autoprobe(pf, autoprobe))
}

fn note_autoprobe(pf: &mut PfFacts, autoprobe: bool) {
    pf.properties.note(vfctl_port::Property::DriversAutoprobe, vfctl_port::ClaimValue::Flag(autoprobe));
}

/// Returns facts with autoprobe off and these of 2 VFs without driver.
fn bare(port: &Port, bare: &[u16]) -> World {
    facts(port, |pf| {
        make_vfs(pf, 2);
        for (index, vf) in &mut pf.vfs {
            vf.pci = Some(format!("0000:01:10.{index}").parse().expect("an address"));
            vf.driver.take_if(|_| bare.contains(&index.0));
        }
    })
}

fn autoprobe_left(port: &Port) -> String {
    let on = port.autoprobe(Toggle::On);
    format!(
        "{}: driversAutoprobe is off, a temporary change that was not restored; `{on}` restores it",
        port.pf
    )
}

fn bare_left(port: &Port, vfs: &[u16]) -> Vec<String> {
    let line = |vf: &u16| {
        let probe = port.probe(*vf);
        format!(
            "{}: driver is none, a temporary change that was not restored; `{probe}` restores it",
            probe.target.thing()
        )
    };
    vfs.iter().map(line).collect()
}

#[test]
fn setting_is_left_from_where_its_phase_began_until_it_was_given_back() {
    let eth0 = Port::eth0();
    let (off, on) = (eth0.autoprobe(Toggle::Off), eth0.autoprobe(Toggle::On));
    let change = began(&eth0, Phase::PreparePf, &[off], std::slice::from_ref(&on));
    let changed = ended(&eth0, Phase::PreparePf, &[Outcome::Done]);
    let give_back = began(&eth0, Phase::AllowDrivers, std::slice::from_ref(&on), std::slice::from_ref(&on));
    let given_back = ended(&eth0, Phase::AllowDrivers, &[Outcome::Done]);
    let refused = ended(&eth0, Phase::AllowDrivers, &[Outcome::Refused(refusal())]);
    let converged = |converged| JournalEntry::Ended { converged };
    let journal =
        |entries: &[&JournalEntry]| entries.iter().map(|entry| (*entry).clone()).collect::<Vec<_>>();
    let cases = [
        ("nothing began", journal(&[]), false),
        ("cut off mid-phase", journal(&[&change]), true),
        ("cut off after it", journal(&[&change, &changed]), true),
        ("cut off while giving back", journal(&[&change, &changed, &give_back]), true),
        ("given back and cut off", journal(&[&change, &changed, &give_back, &given_back]), false),
        ("refused to take back", journal(&[&change, &changed, &give_back, &refused]), true),
        ("failed and owing", journal(&[&change, &changed, &converged(false)]), true),
        (
            "failed and given back",
            journal(&[&change, &changed, &give_back, &given_back, &converged(false)]),
            false,
        ),
        ("converged", journal(&[&change, &changed, &converged(true)]), false),
    ];
    for (name, entries, is_left) in cases {
        let now = autoprobe(&eth0, false);
        let expected: Vec<String> = is_left.then(|| autoprobe_left(&eth0)).into_iter().collect();
        assert_eq!(texts(&entries, &[&now]), expected, "{name}");
        // What is on is not owed, whatever the journal says.
        assert_eq!(texts(&entries, &[&autoprobe(&eth0, true)]), [""; 0], "{name}");
    }
}

#[test]
fn what_was_right_at_one_moment_since_is_somebody_elses_doing() {
    let eth0 = Port::eth0();
    let (off, on) = (eth0.autoprobe(Toggle::Off), eth0.autoprobe(Toggle::On));
    let entries = [began(&eth0, Phase::PreparePf, &[off], &[on])];
    let (is_off, is_on) = (autoprobe(&eth0, false), autoprobe(&eth0, true));
    assert_eq!(texts(&entries, &[&is_off, &is_off]), [autoprobe_left(&eth0)]);
    assert_eq!(texts(&entries, &[&is_off, &is_on]), [""; 0]);
    assert_eq!(texts(&entries, &[&is_on, &is_off]), [""; 0]);
}

#[test]
fn port_that_is_gone_took_along_what_was_changed() {
    let eth0 = Port::eth0();
    let entries =
        [began(&eth0, Phase::PreparePf, &[eth0.autoprobe(Toggle::Off)], &[eth0.autoprobe(Toggle::On)])];
    let mut gone = autoprobe(&eth0, false);
    gone.hosts.get_mut(&eth0.host).expect("the host").physical_functions.clear();
    assert_eq!(texts(&entries, &[&gone]), [""; 0]);
}

#[test]
fn vfs_made_while_drivers_were_withheld_are_left_bare_until_they_are_bound() {
    let eth0 = Port::eth0();
    let probes = [eth0.probe(0), eth0.probe(1)];
    let owed = [&[eth0.autoprobe(Toggle::On)][..], &probes].concat();
    let create = began(&eth0, Phase::CreateVfs, &[eth0.create(2)], &owed);
    let bind = began(&eth0, Phase::Probe, &probes, &probes);
    let one_bound = ended(&eth0, Phase::Probe, &[Outcome::Done, Outcome::Refused(refusal())]);
    let cut_off = [create.clone()];
    assert_eq!(texts(&cut_off, &[&bare(&eth0, &[0, 1])]), bare_left(&eth0, &[0, 1]));
    assert_eq!(texts(&cut_off, &[&bare(&eth0, &[1])]), bare_left(&eth0, &[1]), "VF 0 has a driver");
    let bound = [create.clone(), bind, one_bound];
    assert_eq!(texts(&bound, &[&bare(&eth0, &[0, 1])]), bare_left(&eth0, &[1]), "VF 0 was given one");
    // With autoprobe on, the kernel has chosen what it would.
    let free = [began(&eth0, Phase::CreateVfs, &[eth0.create(2)], &[])];
    assert_eq!(texts(&free, &[&bare(&eth0, &[0, 1])]), [""; 0]);
    let removed = [create, began(&eth0, Phase::RemoveVfs, &[eth0.remove()], &[])];
    assert_eq!(texts(&removed, &[&bare(&eth0, &[0, 1])]), [""; 0], "other VFs are none of its own");
}

#[test]
fn vf_that_was_taken_from_its_driver_is_left_bare_after_a_cut_and_after_a_failure_alike() {
    let eth0 = Port::eth0();
    let taken = [eth0.unbind(0), eth0.unbind(1)];
    let owed = [eth0.probe(0)];
    let cut_off = vec![began(&eth0, Phase::Unbind, &taken, &owed)];
    let now = bare(&eth0, &[0, 1]);
    assert_eq!(texts(&cut_off, &[&now]), bare_left(&eth0, &[0, 1]));
    let failed = [&cut_off[..], &[JournalEntry::Ended { converged: false }]].concat();
    assert_eq!(texts(&failed, &[&now]), bare_left(&eth0, &[0, 1]));
}

#[test]
fn lanes_are_told_apart_by_their_port() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let bench = Bench::new(&[&eth0, &eth1]);
    for port in [&eth0, &eth1] {
        note_autoprobe(bench.state().pf(port), false);
    }
    let change = |port: &Port| {
        began(port, Phase::PreparePf, &[port.autoprobe(Toggle::Off)], &[port.autoprobe(Toggle::On)])
    };
    let give_back = [
        began(&eth0, Phase::AllowDrivers, &[eth0.autoprobe(Toggle::On)], &[eth0.autoprobe(Toggle::On)]),
        ended(&eth0, Phase::AllowDrivers, &[Outcome::Done]),
    ];
    let entries = [&[change(&eth0), change(&eth1)][..], &give_back].concat();
    assert_eq!(texts(&entries, &[&bench.look().world]), [autoprobe_left(&eth1)]);
}

#[test]
fn journal_of_the_engine_tells_of_a_cut_after_any_entry_what_the_world_shows() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let _ = bench.apply(&on_ports(vec![two_vfs(&eth0)]));
    let entries = bench.state().entries.clone();
    // As if all that was begun had been done, and what is owed had not.
    let left = facts(&eth0, |pf| {
        note_autoprobe(pf, false);
        make_vfs(pf, 2);
        pf.netdev.as_mut().expect("an interface").up = true;
    });
    let down = eth0.admin(AdminState::Down);
    let up = format!(
        "{}: adminState is up, a temporary change that was not restored; `{down}` restores it",
        eth0.pf
    );
    let autoprobe = autoprobe_left(&eth0);
    let [one, other] = <[String; 2]>::try_from(bare_left(&eth0, &[0, 1])).expect("two");
    // Began, then begin and end of: prepare PF, create VFs, configure VFs, allow drivers, probe, finish PF.
    let expected: [&[&String]; 14] = [
        &[],
        &[&autoprobe, &up],
        &[&autoprobe, &up],
        &[&autoprobe, &up, &one, &other],
        &[&autoprobe, &up, &one, &other],
        &[&autoprobe, &up, &one, &other],
        &[&autoprobe, &up, &one, &other],
        &[&autoprobe, &up, &one, &other],
        &[&up, &one, &other],
        &[&up, &one, &other],
        &[&up],
        &[&up],
        &[],
        &[],
    ];
    assert_eq!(entries.len(), expected.len());
    for (cut, expected) in (1..).zip(expected) {
        assert_eq!(texts(&entries[..cut], &[&left]).iter().collect::<Vec<_>>(), expected, "{cut}");
    }
}

#[test]
fn failed_apply_that_gave_everything_back_left_nothing_and_one_that_could_not_says_what() {
    let eth0 = Port::eth0();
    for (answer, is_left) in [(Answer::Works, false), (Answer::Refused, true)] {
        let bench = Bench::new(&[&eth0]).answering(&[
            (ActionKind::CreateVfs, Answer::Refused),
            (ActionKind::SetDriversAutoprobe, Answer::Works),
            (ActionKind::SetDriversAutoprobe, answer),
        ]);
        let _ = bench.apply(&on_ports(vec![two_vfs(&eth0)]));
        let entries = bench.state().entries.clone();
        let expected: Vec<String> = is_left.then(|| autoprobe_left(&eth0)).into_iter().collect();
        assert_eq!(texts(&entries, &[&bench.look().world]), expected, "{answer:?}");
    }
}

#[test]
fn what_the_kernel_accepted_and_did_not_keep_is_left_after_a_failure() {
    let eth0 = Port::eth0();
    let lies = [Answer::Works, Answer::Lies, Answer::Lies];
    let bench = Bench::new(&[&eth0]).answering(&lies.map(|answer| (ActionKind::SetDriversAutoprobe, answer)));
    let _ = bench.apply(&on_ports(vec![two_vfs(&eth0)]));
    let entries = bench.state().entries.clone();
    let expected = [vec![autoprobe_left(&eth0)], bare_left(&eth0, &[0, 1])].concat();
    assert_eq!(texts(&entries, &[&bench.look().world]), expected);
}

#[test]
fn what_cannot_be_read_is_reported_as_that_unless_it_was_right_in_between() {
    let eth0 = Port::eth0();
    let (off, on) = (eth0.autoprobe(Toggle::Off), eth0.autoprobe(Toggle::On));
    let entries = [began(&eth0, Phase::PreparePf, &[off], std::slice::from_ref(&on))];
    let unread = facts(&eth0, |pf| {
        pf.properties.note_unread(vfctl_port::Property::DriversAutoprobe, "input/output error".to_owned());
    });
    let (is_off, is_on) = (autoprobe(&eth0, false), autoprobe(&eth0, true));
    let thing = &eth0.pf;
    let could_not = format!(
        "{thing}: driversAutoprobe was changed temporarily and could not be read (input/output error); \
         `{on}` restores it"
    );
    assert_eq!(texts(&entries, &[&unread]), std::slice::from_ref(&could_not));
    assert_eq!(texts(&entries, &[&unread, &is_off]), [could_not]);
    assert_eq!(texts(&entries, &[&is_off, &unread]), [autoprobe_left(&eth0)]);
    assert_eq!(texts(&entries, &[&unread, &is_on]), [""; 0]);
}

#[test]
fn host_without_facts_may_still_have_what_was_left_there() {
    let eth0 = Port::eth0();
    let owed = [&[eth0.autoprobe(Toggle::On)][..], &[eth0.probe(0), eth0.probe(1)]].concat();
    let entries = [began(&eth0, Phase::CreateVfs, &[eth0.create(2)], &owed)];
    let (why, thing, on) = ("there are no facts of host lab", &eth0.pf, eth0.autoprobe(Toggle::On));
    let lost = |thing: &str, property: &str, op: &Op| {
        format!(
            "{thing}: {property} was changed temporarily and could not be read ({why}); `{op}` restores it"
        )
    };
    let of_vf = |vf| lost(&format!("{thing} vf {vf}"), "driver", &eth0.probe(vf));
    let expected = [lost(&thing.to_string(), "driversAutoprobe", &on), of_vf(0), of_vf(1)];
    assert_eq!(texts(&entries, &[&World::empty()]), expected);
}
