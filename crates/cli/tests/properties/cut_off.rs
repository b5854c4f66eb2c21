//! What the commands report of applies that were refused, cut off, or still run, on a state folder of their own.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use vfctl_cli::Exit;
use vfctl_model::{DeviceAddress, Toggle};
use vfctl_port::{Action, ActionKind, AdminState, Op, OpError, Outcome, Perform, Scope};
use vfctl_sim::{Fault, PfSeed, SimHost};
use vfctl_state::Lock;

use crate::place::Place;
use crate::run::{parsed, plan, world};

impl Place {
    /// Runs an apply that is cut off once it has done an action of this kind.
    fn cut_off(&self, words: &str, kind: ActionKind) {
        let perform = Dying { sim: &self.sim, kind };
        let died = catch_unwind(AssertUnwindSafe(|| self.vfctl_with(words, &perform)));
        assert!(died.is_err());
        self.sim.settle();
    }
}

/// Performs on the simulator, and dies after a batch that has an action of this kind.
struct Dying<'a> {
    sim: &'a SimHost,
    kind: ActionKind,
}

impl Perform for Dying<'_> {
    fn perform(&self, scope: &Scope, ops: &[Op], limit: Duration) -> Vec<Outcome> {
        let outcomes = self.sim.perform(scope, ops, limit);
        assert!(ops.iter().all(|op| op.action.kind() != self.kind), "cut off");
        outcomes
    }
}

/// Performs on the simulator, where nobody may turn the kernel's choice of drivers on again.
struct Stubborn<'a>(&'a SimHost);

impl Perform for Stubborn<'_> {
    fn perform(&self, scope: &Scope, ops: &[Op], limit: Duration) -> Vec<Outcome> {
        let turns_on = |op: &Op| op.action == Action::SetDriversAutoprobe(Toggle::On);
        let refused = || OpError { errno: Some(1), cause: "EPERM".to_owned(), detail: None };
        let one = |op: &Op| match turns_on(op) {
            true => vec![Outcome::Refused(refused())],
            false => self.0.perform(scope, std::slice::from_ref(op), limit),
        };
        ops.iter().flat_map(one).collect()
    }
}

/// Returns the names of the journals of a state folder.
fn journals(state: &Path) -> Vec<String> {
    let names = fs::read_dir(state).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut journals: Vec<String> = names.filter(|name| name.starts_with("journal-")).collect();
    journals.sort();
    journals
}

fn igb() -> PfSeed {
    PfSeed::new("igb".parse().unwrap(), 7)
}

const FIRST: &str = "0000:01:00.0";
const SECOND: &str = "0000:02:00.0";

#[test]
fn refused_apply_leaves_no_journal_and_is_not_reported() {
    let place = Place::new(SimHost::builder().pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 2}");
    assert_eq!(place.vfctl("plan a.yaml -o stale.json").exit, Exit::Changes);
    assert_eq!(place.vfctl("apply a.yaml --yes").exit, Exit::Done);
    let before = journals(&place.state());
    for _ in 0..12 {
        let said = place.vfctl("apply stale.json");
        assert_eq!(said.exit, Exit::Failed);
        assert!(said.out.contains("plan is stale: expected"), "{}", said.out);
    }
    assert_eq!(journals(&place.state()), before);
    assert!(!place.vfctl("plan a.yaml").err.contains("cut off"));
}

#[test]
fn journal_without_entry_is_not_reported() {
    let place = Place::new(SimHost::builder().pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 2}");
    assert_eq!(place.vfctl("apply a.yaml --yes").exit, Exit::Done);
    fs::write(place.state().join("journal-0002.jsonl"), "{\"format\":").unwrap();
    let said = place.vfctl("plan a.yaml");
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
}

#[test]
fn stuck_store_refuses_only_where_its_port_is_worked_on() {
    let place = Place::new(SimHost::builder().pf(PfSeed { vf_count: 2, ..igb() }).pf(igb()).build());
    let first: DeviceAddress = format!("pci/{FIRST}").parse().unwrap();
    place.spec("vf.yaml", FIRST, "vfs: {groups: [{vfs: \"1\", driver: none}]}");
    place.spec("first.yaml", FIRST, "vfs: {count: 3}");
    place.spec("first-kept.yaml", FIRST, "vfs: {count: 2}");
    place.spec("second.yaml", SECOND, "vfs: {count: 3}");
    for name in ["first", "first-kept", "second"] {
        place.vfctl(&format!("plan {name}.yaml -o {name}.json"));
    }
    place.sim.inject(ActionKind::UnbindDriver, Some(first), Fault::Hang);
    assert_eq!(place.vfctl("apply vf.yaml --yes").exit, Exit::Failed);
    let host = place.sim.facts();
    let [stuck] = host.system.stuck_stores.as_slice() else { panic!("{:?}", host.system) };
    let reported = format!("process {} is blocked in the kernel, writing {}", stuck.pid, stuck.path);

    // Where it is: refused, or blocked.
    let said = place.vfctl("apply first.json --allow-disruption");
    assert_eq!(said.exit, Exit::Failed);
    assert!(said.out.contains("expected no unfinished write, found pid"), "{}", said.out);
    let said = place.vfctl("plan first.yaml");
    assert_eq!(said.exit, Exit::Failed);
    let word = "is blocked in the kernel";
    assert!(said.out.contains(word) && !said.err.contains(word), "{}{}", said.out, said.err);

    // Elsewhere, and where nothing is done: reported, and no hindrance.
    assert!(place.vfctl("plan second.yaml").err.contains(&reported));
    for words in ["apply second.json", "apply second.yaml --yes", "apply first-kept.json"] {
        let said = place.vfctl(words);
        assert_eq!(said.exit, Exit::Done, "{words}: {}{}", said.out, said.err);
        assert!(said.err.contains(&reported), "{words}: {}", said.err);
    }
}

#[test]
fn store_that_is_stuck_on_a_vf_is_one_of_its_port() {
    let sim = SimHost::builder().pf(PfSeed { vf_count: 2, ..igb() }).pf(igb()).build();
    let mut world = world(&sim);
    let config = parsed(&format!(
        "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: a}}\nspec:\n  \
         physicalFunctions:\n    - {{name: a, match: {{pci: \"{FIRST}\"}}, vfs: {{count: 3}}}}\n"
    ));
    let plan = plan(&config, &world);
    assert_eq!(vfctl_apply::broken_basis(&plan, &world), [""; 0]);
    let host = world.hosts.get_mut(sim.name()).unwrap();
    let vfs: Vec<_> = host.physical_functions.values().flat_map(|pf| pf.vfs.values()).collect();
    let present = vfs[1].pci.unwrap();
    // The last is VF 6 of 7: not there now.
    let absent = host.physical_functions.first_key_value().unwrap();
    let absent = absent.1.vf_address(absent.0.pci(), vfctl_model::VfIndex(6)).unwrap();
    for (device, refuses) in [(present, true), (absent, true), (SECOND.parse().unwrap(), false)] {
        let device: DeviceAddress = format!("pci/{device}").parse().unwrap();
        let path = format!("{}/driver/unbind", device.sysfs());
        let host = world.hosts.get_mut(sim.name()).unwrap();
        host.system.stuck_stores = vec![vfctl_port::StuckStore { pid: 7, device, path }];
        let elsewhere = vfctl_apply::stuck_elsewhere(&plan.hosts[sim.name()], host).len();
        assert_eq!(elsewhere, usize::from(!refuses));
        assert_eq!(vfctl_apply::broken_basis(&plan, &world).len(), usize::from(refuses));
    }
}

#[test]
fn what_a_cut_off_apply_left_behind_is_reported_until_it_is_restored() {
    let place =
        Place::new(SimHost::builder().module("vfio_pci".parse().unwrap()).pf(igb()).pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 4, groups: [{vfs: \"3\", driver: vfio-pci}]}");
    for count in 1..4 {
        place.spec(&format!("other{count}.yaml"), SECOND, &format!("vfs: {{count: {count}}}"));
    }
    place.cut_off("apply a.yaml --yes", ActionKind::CreateVfs);
    let says = |words: &str, there: &[&str], absent: &[&str]| {
        let err = place.vfctl(words).err;
        assert!(there.iter().all(|text| err.contains(text)), "{words}: {err}");
        assert!(!absent.iter().any(|text| err.contains(text)), "{words}: {err}");
    };
    let cut_off = "journal-0001.jsonl";
    let off = "pci/0000:01:00.0: driversAutoprobe is off, which was for a while only; `echo 1 > ";
    let bare = "VFs 0-3 of pci/0000:01:00.0 have no driver";
    says("plan a.yaml", &["an apply was cut off", cut_off, off, bare], &[]);
    // Another port's apply silences nothing.
    says("apply other1.yaml --yes --allow-disruption", &[cut_off, off, bare], &[]);
    says("plan other1.yaml", &[cut_off, off, bare], &[]);
    // Only what is still so is reported.
    place.by_hand("autoprobe eth0 on");
    says("plan a.yaml", &[cut_off, bare], &[off]);
    for vf in 0..3 {
        place.by_hand(&format!("driver eth0 vf {vf} default"));
    }
    says("plan a.yaml", &[cut_off, "VFs 3 of pci/0000:01:00.0 have no driver"], &[off]);
    place.by_hand("driver eth0 vf 3 vfio-pci");
    says("plan a.yaml", &[], &["cut off", off, "have no driver"]);
    // What was restored before another apply began, and is so again, is as somebody else wants it.
    says("apply other2.yaml --yes --allow-disruption", &[], &["cut off"]);
    place.by_hand("autoprobe eth0 off");
    place.by_hand("driver eth0 vf 3 none");
    says("plan a.yaml", &[], &["cut off"]);
    says("apply other3.yaml --yes --allow-disruption", &[], &["cut off"]);
}

#[test]
fn what_a_failed_apply_could_not_restore_is_reported_until_it_is() {
    let place =
        Place::new(SimHost::builder().module("vfio_pci".parse().unwrap()).pf(igb()).pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 4, groups: [{vfs: \"3\", driver: vfio-pci}]}");
    let failed = place.vfctl_with("apply a.yaml --yes", &Stubborn(&place.sim));
    assert!(failed.out.contains("could not be restored"), "{}{}", failed.out, failed.err);
    place.sim.settle();
    let off = "pci/0000:01:00.0: driversAutoprobe is off, which was for a while only; `echo 1 > ";
    let noted = place.vfctl("plan a.yaml").err;
    assert!(noted.contains("an apply failed to restore something") && noted.contains(off), "{noted}");
    place.by_hand("autoprobe eth0 on");
    let noted = place.vfctl("plan a.yaml").err;
    assert!(!noted.contains(off), "{noted}");
}

#[test]
fn vf_that_was_on_its_way_to_another_driver_is_reported_until_it_has_one() {
    let sim = SimHost::builder().module("vfio_pci".parse().unwrap()).pf(PfSeed { vf_count: 3, ..igb() });
    let place = Place::new(sim.build());
    place.sim.settle();
    place.spec("a.yaml", FIRST, "vfs: {groups: [{vfs: \"1-2\", driver: vfio-pci}]}");
    place.spec("other.yaml", FIRST, "mtu: 1400");
    place.cut_off("apply a.yaml --yes --allow-disruption", ActionKind::UnbindDriver);
    let bare = |vfs: &str| format!("VFs {vfs} of pci/0000:01:00.0 have no driver");
    let says = |words: &str| place.vfctl(words).err;
    let said = says("plan other.yaml");
    assert!(said.contains(&bare("1-2")), "{said}");
    place.by_hand("driver eth0 vf 1 default");
    let said = says("plan other.yaml");
    assert!(said.contains(&bare("2")), "{said}");
    assert_eq!(place.vfctl("apply a.yaml --yes --allow-disruption").exit, Exit::Done);
    assert_eq!(says("plan other.yaml"), "");
}

#[test]
fn newest_apply_that_was_cut_off_is_reported_also_where_nothing_is_left_behind() {
    let place = Place::new(SimHost::builder().pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 2}");
    place.cut_off("apply a.yaml --yes", ActionKind::CreateVfs);
    let said = place.vfctl("plan a.yaml");
    let note = "note: an apply was cut off before its end; its journal is ";
    assert!(said.err.starts_with(note) && said.err.lines().count() == 1, "{}", said.err);
}

#[test]
fn port_that_was_set_up_to_make_vfs_is_reported() {
    let down = |driver: &str| PfSeed { admin: AdminState::Down, ..PfSeed::new(driver.parse().unwrap(), 4) };
    let place = Place::new(SimHost::builder().pf(down("bnxt_en")).pf(down("igb")).build());
    place.spec("for-a-while.yaml", FIRST, "vfs: {count: 2}");
    place.spec("asks.yaml", SECOND, "adminState: up, vfs: {count: 2}");
    let left = "pci/0000:01:00.0: adminState is up, which was for a while only; `ip link set dev eth0 down` \
                restores it";
    place.cut_off("apply for-a-while.yaml --yes", ActionKind::SetPfAdminState);
    assert!(place.vfctl("plan for-a-while.yaml").err.contains(left));
    place.cut_off("apply asks.yaml --yes", ActionKind::SetPfAdminState);
    let said = place.vfctl("plan asks.yaml");
    assert_eq!(said.err.matches("adminState is up").count(), 1, "{}", said.err);
    assert_eq!(said.err.matches("was cut off").count(), 2, "{}", said.err);
    place.by_hand("admin eth0 down");
    let said = place.vfctl("plan asks.yaml");
    assert!(!said.err.contains("adminState is up"), "{}", said.err);
    assert_eq!(said.err.matches("was cut off").count(), 1, "{}", said.err);
}

#[test]
fn apply_that_runs_is_not_reported_as_cut_off() {
    let place = Place::new(SimHost::builder().pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 2}");
    place.cut_off("apply a.yaml --yes", ActionKind::CreateVfs);
    let running = Lock::acquire(&place.state()).unwrap();
    let said = place.vfctl("plan a.yaml").err;
    assert!(
        said.starts_with(&format!("note: an apply is running (process {}, since 20", std::process::id()))
    );
    assert!(!said.contains("cut off"), "{said}");
    fs::write(place.state().join("lock"), "").unwrap();
    assert_eq!(place.vfctl("plan a.yaml").err, "note: an apply is running\n");
    drop(running);
    assert!(place.vfctl("plan a.yaml").err.contains("was cut off"));
}

#[test]
fn journal_that_cannot_be_read_is_reported_and_hides_no_other() {
    let place = Place::new(SimHost::builder().module("vfio_pci".parse().unwrap()).pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 4, groups: [{vfs: \"3\", driver: vfio-pci}]}");
    place.cut_off("apply a.yaml --yes", ActionKind::CreateVfs);
    fs::write(place.state().join("journal-0002.jsonl"), "no line\nno line\n").unwrap();
    for words in ["plan a.yaml", "apply a.yaml --yes"] {
        let err = place.vfctl(words).err;
        assert!(err.contains("note: failed to read the journal `"), "{words}: {err}");
        assert!(err.contains("line 1 is damaged"), "{words}: {err}");
        assert!(err.contains("driversAutoprobe is off, which was for a while only"), "{words}: {err}");
    }
    fs::remove_dir_all(place.state()).unwrap();
    fs::write(place.state(), "no folder").unwrap();
    let err = place.vfctl("plan a.yaml").err;
    assert!(err.contains("note: failed to "), "{err}");
}
