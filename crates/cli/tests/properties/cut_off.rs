//! What the commands report of applies that were refused, cut off, or still run, on a state folder of their own.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use vfctl_cli::Exit;
use vfctl_model::{DeviceAddress, Toggle};
use vfctl_port::{Action, ActionKind, AdminState, Bounds, HostFacts, Op, OpError, Outcome, Perform, Scope};
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
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        let outcomes = self.sim.perform(scope, ops, bounds);
        assert!(ops.iter().all(|op| op.action.kind() != self.kind), "cut off");
        outcomes
    }
}

/// Performs on the simulator, where nobody may turn the kernel's choice of drivers on again.
struct Stubborn<'a>(&'a SimHost);

impl Perform for Stubborn<'_> {
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        let turns_on = |op: &Op| op.action == Action::SetDriversAutoprobe(Toggle::On);
        let refused = || OpError { errno: Some(1), cause: "EPERM".to_owned(), detail: None };
        let one = |op: &Op| match turns_on(op) {
            true => vec![Outcome::Refused(refused())],
            false => self.0.perform(scope, std::slice::from_ref(op), bounds),
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
    assert_eq!(place.vfctl("plan a.yaml --out stale.json").exit, Exit::Changes);
    assert_eq!(place.vfctl("apply a.yaml --yes").exit, Exit::Done);
    let before = journals(&place.state());
    for _ in 0..12 {
        let said = place.vfctl("apply stale.json");
        assert_eq!(said.exit, Exit::Failed);
        assert!(said.out.contains("plan is stale: expected"), "{}", said.out);
    }
    assert_eq!(journals(&place.state()), before);
    assert!(!place.vfctl("plan a.yaml").err.contains("did not finish"));
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
        place.vfctl(&format!("plan {name}.yaml --out {name}.json"));
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

/// What was changed for a while and is restored by whatever plan concerns the PF.
const RESTORES: &str = "the plan restores its temporary changes";

#[test]
fn what_a_cut_off_apply_left_is_restored_by_a_plan_for_its_port_and_reported_by_any_other() {
    let place =
        Place::new(SimHost::builder().module("vfio_pci".parse().unwrap()).pf(igb()).pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 4, groups: [{vfs: \"3\", driver: vfio-pci}]}");
    place.spec("mtu.yaml", FIRST, "mtu: 1500");
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
    let off =
        "pci/0000:01:00.0: driversAutoprobe is off, a temporary change that was not restored; `echo 1 > ";
    let bare = "vf 0-3 of pci/0000:01:00.0 has no driver, a temporary change";
    says("plan a.yaml", &["an apply did not finish", cut_off, RESTORES], &[off, bare]);
    // A plan that names the port only restores, too.
    let planned = place.vfctl("plan mtu.yaml");
    assert_eq!(planned.exit, Exit::Changes);
    for line in [
        "driversAutoprobe: off -> on  (restored: an earlier apply left it so)",
        "vf 0-3: driver: none -> igbvf",
    ] {
        assert!(planned.out.contains(line), "{}", planned.out);
    }
    // Another port's apply silences nothing.
    says("apply other1.yaml --yes --allow-disruption", &[cut_off, off, bare], &[RESTORES]);
    says("plan other1.yaml", &[cut_off, off, bare], &[RESTORES]);
    // Only what is still so is reported.
    place.by_hand("autoprobe eth0 on");
    says("plan other1.yaml", &[cut_off, bare], &[off]);
    for vf in 0..3 {
        place.by_hand(&format!("driver eth0 vf {vf} default"));
    }
    says("plan other1.yaml", &[cut_off, "vf 3 of pci/0000:01:00.0 has no driver"], &[off]);
    place.by_hand("driver eth0 vf 3 vfio-pci");
    says("plan a.yaml", &[], &["did not finish", off, "has no driver"]);
    // What was restored before another apply began, and is so again, is as somebody else wants it.
    says("apply other2.yaml --yes --allow-disruption", &[], &["did not finish"]);
    place.by_hand("autoprobe eth0 off");
    place.by_hand("driver eth0 vf 3 none");
    says("plan other2.yaml", &[], &["did not finish"]);
    says("apply other3.yaml --yes --allow-disruption", &[], &["did not finish"]);
}

#[test]
fn what_a_failed_apply_could_not_restore_is_restored_by_the_next() {
    let place =
        Place::new(SimHost::builder().module("vfio_pci".parse().unwrap()).pf(igb()).pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 4, groups: [{vfs: \"3\", driver: vfio-pci}]}");
    let failed = place.vfctl_with("apply a.yaml --yes", &Stubborn(&place.sim));
    assert!(failed.out.contains("could not be restored"), "{}{}", failed.out, failed.err);
    place.sim.settle();
    let noted = place.vfctl("plan a.yaml");
    assert!(
        noted.err.contains("an apply failed to restore a temporary change") && noted.err.contains(RESTORES)
    );
    assert!(noted.out.contains("driversAutoprobe: off -> on  (restored"), "{}", noted.out);
    // Not even now: it is owed still.
    assert_eq!(place.vfctl_with("apply a.yaml --yes", &Stubborn(&place.sim)).exit, Exit::Failed);
    assert_eq!(place.vfctl("apply a.yaml --yes").exit, Exit::Done);
    let said = place.vfctl("plan a.yaml");
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
}

#[test]
fn vf_that_was_on_its_way_to_another_driver_is_given_its_own_by_a_plan_that_names_none() {
    let sim = SimHost::builder().module("vfio_pci".parse().unwrap()).pf(PfSeed { vf_count: 3, ..igb() });
    let place = Place::new(sim.build());
    place.sim.settle();
    place.spec("a.yaml", FIRST, "vfs: {groups: [{vfs: \"1-2\", driver: vfio-pci}]}");
    place.spec("other.yaml", FIRST, "mtu: 1400");
    place.cut_off("apply a.yaml --yes --allow-disruption", ActionKind::UnbindDriver);
    let says = |words: &str| place.vfctl(words).out;
    assert!(says("plan other.yaml").contains("vf 1-2: driver: none -> igbvf"), "{}", says("plan other.yaml"));
    place.by_hand("driver eth0 vf 1 default");
    assert!(says("plan other.yaml").contains("vf 2: driver: none -> igbvf"), "{}", says("plan other.yaml"));
    assert_eq!(place.vfctl("apply a.yaml --yes --allow-disruption").exit, Exit::Done);
    assert_eq!(place.vfctl("plan other.yaml").err, "");
}

#[test]
fn apply_that_was_cut_off_and_has_left_nothing_is_not_reported() {
    let place = Place::new(SimHost::builder().pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 2}");
    place.cut_off("apply a.yaml --yes", ActionKind::CreateVfs);
    let said = place.vfctl("plan a.yaml");
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
}

#[test]
fn port_that_was_set_up_to_make_vfs_is_set_down_again() {
    let down = |driver: &str| PfSeed { admin: AdminState::Down, ..PfSeed::new(driver.parse().unwrap(), 4) };
    let place = Place::new(SimHost::builder().pf(down("bnxt_en")).pf(down("igb")).build());
    place.spec("for-a-while.yaml", FIRST, "vfs: {count: 2}");
    place.spec("mtu.yaml", FIRST, "mtu: 1500");
    place.spec("asks.yaml", SECOND, "adminState: up, vfs: {count: 2}");
    let left = "pci/0000:01:00.0: adminState is up, a temporary change that was not restored; `ip link set dev eth0 down` \
                restores it";
    place.cut_off("apply for-a-while.yaml --yes", ActionKind::SetPfAdminState);
    for spec in ["for-a-while.yaml", "mtu.yaml"] {
        let said = place.vfctl(&format!("plan {spec}"));
        assert!(said.out.contains("adminState: up -> down  (restored: an earlier apply"), "{}", said.out);
        assert!(said.err.contains(RESTORES), "{}", said.err);
    }
    place.cut_off("apply asks.yaml --yes", ActionKind::SetPfAdminState);
    let said = place.vfctl("plan asks.yaml").err;
    assert_eq!((said.matches(left).count(), said.matches("did not finish").count()), (1, 1), "{said}");
    place.by_hand("admin eth0 down");
    assert_eq!(place.vfctl("plan asks.yaml").err, "");
}

#[test]
fn what_is_left_ends_with_the_boot_of_the_machine() {
    let place = Place::new(SimHost::builder().module("vfio_pci".parse().unwrap()).pf(igb()).build());
    place.sim.boot("1f0c");
    place.spec("a.yaml", FIRST, "vfs: {count: 4, groups: [{vfs: \"3\", driver: vfio-pci}]}");
    place.cut_off("apply a.yaml --yes", ActionKind::CreateVfs);
    assert!(place.vfctl("plan a.yaml").err.contains(RESTORES));
    place.sim.boot("8b77");
    assert_eq!(place.vfctl("plan a.yaml").err, "");
}

/// Takes up the work where an apply that dies has left it; returns the facts in the end.
fn again_after(spec: &str, dies_after: Option<ActionKind>) -> HostFacts {
    let sim = SimHost::builder().module("vfio_pci".parse().unwrap());
    let down = PfSeed { admin: AdminState::Down, ..PfSeed::new("bnxt_en".parse().unwrap(), 8) };
    let place = Place::new(sim.pf(igb()).pf(PfSeed { vf_count: 3, ..igb() }).pf(down).build());
    place.sim.settle();
    let document = |entries: &str| {
        format!(
            "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: a}}\nspec:\n  physicalFunctions:\n{entries}"
        )
    };
    fs::write(place.path("a.yaml"), document(spec)).unwrap();
    if let Some(kind) = dies_after {
        place.cut_off("apply a.yaml --yes --allow-disruption", kind);
    }
    let said = place.vfctl("apply a.yaml --yes --allow-disruption");
    assert_eq!(said.exit, Exit::Done, "{dies_after:?}: {}{}", said.out, said.err);
    place.sim.settle();
    let said = place.vfctl("plan a.yaml");
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""), "{dies_after:?}: {}", said.out);
    let mut facts = place.sim.facts();
    // The kernel numbers interfaces and groups as they come.
    for vf in facts.physical_functions.values_mut().flat_map(|pf| pf.vfs.values_mut()) {
        if let Some(netdev) = &mut vf.netdev {
            netdev.name = "vf".parse().unwrap();
        }
        vf.iommu_group = None;
    }
    facts
}

#[test]
fn apply_that_dies_after_any_op_and_is_run_again_gives_what_an_uninterrupted_one_gives() {
    let spec = "    - name: fresh\n      match: {pci: \"0000:01:00.0\"}\n      vfs:\n        count: 7\n        \
                groups:\n          - {vfs: \"0-2\", macAddress: {first: \"02:00:17:00:00:01\"}, mtu: 1400}\n          \
                - {vfs: \"3-6\", driver: vfio-pci}\n    - name: rebound\n      match: {pci: \"0000:02:00.0\"}\n      \
                vfs:\n        groups: [{vfs: \"0\", macAddress: \"02:00:17:00:01:01\"}, {vfs: \"1\", driver: vfio-pci}]\n    \
                - name: down\n      match: {pci: \"0000:03:00.0\"}\n      vfs: {count: 2, all: {vlan: 100}}\n";
    let whole = again_after(spec, None);
    let kinds = [
        ActionKind::UnbindDriver,
        ActionKind::SetPfAdminState,
        ActionKind::SetDriversAutoprobe,
        ActionKind::CreateVfs,
        ActionKind::SetVfAttribute,
        ActionKind::BindDriver,
        ActionKind::ProbeDriver,
        ActionKind::SetVfMtu,
    ];
    for kind in kinds {
        assert_eq!(again_after(spec, Some(kind)), whole, "{kind}");
    }
}

#[test]
fn apply_that_runs_is_not_reported_as_cut_off() {
    let place = Place::new(SimHost::builder().module("vfio_pci".parse().unwrap()).pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 2, all: {driver: vfio-pci}}");
    place.cut_off("apply a.yaml --yes", ActionKind::CreateVfs);
    let running = Lock::acquire(&place.state()).unwrap();
    let said = place.vfctl("plan a.yaml").err;
    assert!(
        said.starts_with(&format!("note: an apply is running (process {}, since 20", std::process::id()))
    );
    assert!(!said.contains("did not finish"), "{said}");
    fs::write(place.state().join("lock"), "").unwrap();
    assert_eq!(place.vfctl("plan a.yaml").err, "note: an apply is running\n");
    drop(running);
    assert!(place.vfctl("plan a.yaml").err.contains("did not finish"));
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
        assert!(err.contains(RESTORES), "{words}: {err}");
    }
    fs::remove_dir_all(place.state()).unwrap();
    fs::write(place.state(), "no folder").unwrap();
    let err = place.vfctl("plan a.yaml").err;
    assert!(err.contains("note: failed to "), "{err}");
}
