//! The host changes while a plan is applied, and answers are lost.

use std::sync::Mutex;

use vfctl_apply::{Report, Result as Ending};
use vfctl_model::{InterfaceName, VfIndex};
use vfctl_port::{ActionKind, Bounds, Op, Outcome, Perform, Scope, Transport};
use vfctl_sim::{Hand, PfSeed, SimHost};

use crate::run::{apply_through, look, parsed, plan};

/// Performs on the simulator, and lets something happen with each batch.
struct Disturbed<'a> {
    sim: &'a SimHost,
    /// Somebody does this by hand once a module is loaded, or the first VFs are gone.
    hand: Mutex<Option<Hand>>,
    /// What becomes of messages.
    messages: Messages,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Messages {
    Answered,
    /// They are done, and the answer is lost.
    Unanswered,
    /// They never arrive.
    Lost,
}

impl Perform for Disturbed<'_> {
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        let unknown = || Outcome::Unknown("the answer was lost".to_owned());
        let is_message = |op: &Op| op.action.kind().row().transport == Transport::LinkMessage;
        let messages = ops.iter().all(is_message);
        if messages && self.messages == Messages::Lost {
            return ops.iter().map(|_| unknown()).collect();
        }
        let outcomes = self.sim.perform(scope, ops, bounds);
        let in_time = |op: &Op| matches!(op.action.kind(), ActionKind::RemoveVfs | ActionKind::LoadModule);
        if ops.iter().any(in_time)
            && let Some(hand) = self.hand.lock().unwrap().take()
        {
            self.sim.by_hand(&hand).unwrap();
        }
        match messages && self.messages == Messages::Unanswered {
            true => ops.iter().map(|_| unknown()).collect(),
            false => outcomes,
        }
    }
}

/// The document around the entries for PFs.
const HEADER: &str = "apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: meanwhile}
spec:
  physicalFunctions:";

fn apply(sim: &SimHost, entries: &str, hand: Option<Hand>, messages: Messages) -> Report {
    let config = parsed(&format!("{HEADER}{entries}"));
    let before = look(sim);
    let plan = plan(&config, &before.world);
    assert!(!plan.is_blocked() && !plan.is_empty());
    let perform = Disturbed { sim, hand: Mutex::new(hand), messages };
    apply_through(&plan, &before, sim, &perform, sim).unwrap()
}

fn ports(sim: &SimHost) -> Vec<InterfaceName> {
    let host = sim.facts();
    host.physical_functions.values().map(|pf| pf.netdev.as_ref().unwrap().name.clone()).collect()
}

#[test]
fn vf_that_is_taken_into_use_while_its_lane_waits_is_not_destroyed() {
    let igb = || PfSeed { vf_count: 2, ..PfSeed::new("igb".parse().unwrap(), 7) };
    let sim = SimHost::builder().pf(igb()).pf(igb()).build();
    sim.settle();
    let names = ports(&sim);
    let [first, second] = names.as_slice() else { panic!("{names:?}") };
    sim.by_hand(&format!("bond bond0 {first} {second}").parse().unwrap()).unwrap();
    sim.settle();
    let spec = r#"
    - {name: uplinks, match: {bond: bond0}, expect: 2, vfs: {count: 4}}
"#;
    let taken: Hand = format!("netns {second} vf 1 pod").parse().unwrap();
    let report = apply(&sim, spec, Some(taken), Messages::Answered);
    let text = report.render();
    assert_eq!(report.result, Ending::Failed, "{text}");
    assert!(text.contains("vf 1: inUse is no"), "{text}");
    let counts: Vec<u16> = sim.facts().physical_functions.values().map(|pf| pf.vf_count).collect();
    assert_eq!(counts, [4, 2], "{text}");
}

#[test]
fn port_that_is_taken_into_use_while_a_module_is_loaded_is_not_set_down() {
    let sim = SimHost::builder().pf(PfSeed::new("ice".parse().unwrap(), 7)).build();
    let name = ports(&sim).remove(0);
    let entry = r#"
    - {name: uplink, match: {driver: ice}, adminState: down, vfs: {count: 2, all: {driver: vfio-pci}}}
"#;
    let taken: Hand = format!("address {name} 10.0.0.2/24").parse().unwrap();
    let report = apply(&sim, entry, Some(taken), Messages::Answered);
    let text = report.render();
    assert_eq!(report.result, Ending::Failed, "{text}");
    let host = sim.facts();
    assert!(host.physical_functions.values().all(|pf| pf.netdev.as_ref().unwrap().up), "{text}");
}

#[test]
fn vf_that_is_taken_into_use_while_a_module_is_loaded_is_not_unbound() {
    let sim = SimHost::builder().pf(PfSeed { vf_count: 2, ..PfSeed::new("igb".parse().unwrap(), 7) }).build();
    sim.settle();
    let name = ports(&sim).remove(0);
    let entry = r#"
    - {name: uplink, match: {driver: igb}, vfs: {all: {driver: vfio-pci}}}
"#;
    let taken: Hand = format!("netns {name} vf 1 pod").parse().unwrap();
    let report = apply(&sim, entry, Some(taken), Messages::Answered);
    let text = report.render();
    assert_eq!(report.result, Ending::Failed, "{text}");
    assert!(text.contains("vf 1: inUse is no"), "{text}");
    let host = sim.facts();
    let drivers = host.physical_functions.values().flat_map(|pf| pf.vfs.values()).map(|vf| &vf.driver);
    assert!(drivers.flatten().all(|driver| driver.as_str() == "igbvf"), "{host:?}");
}

const SETTINGS: &str = r#"
    - {name: fast, match: {driver: netdevsim}, vfs: {count: 4, all: {vlan: 100, trust: on}}}
"#;

#[test]
fn message_whose_answer_is_lost_is_read_again() {
    for (messages, ending) in [(Messages::Unanswered, Ending::Converged), (Messages::Lost, Ending::Failed)] {
        let sim = SimHost::builder().pf(PfSeed::new("netdevsim".parse().unwrap(), 8)).build();
        let report = apply(&sim, SETTINGS, None, messages);
        let text = report.render();
        assert_eq!(report.result, ending, "{text}");
        let host = sim.facts();
        let set = host.physical_functions.values().all(|pf| {
            pf.vfs.get(&VfIndex(3)).is_some_and(|vf| format!("{:?}", vf.attributes).contains("VlanId(100)"))
        });
        assert_eq!(set, ending == Ending::Converged, "{host:?}");
    }
}

#[test]
fn vf_in_use_gets_what_was_agreed_to_though_its_users_are_gone_by_then() {
    let igb = PfSeed { vf_count: 2, ..PfSeed::new("igb".parse().unwrap(), 7) };
    let sim = SimHost::builder().pf(igb).build();
    sim.settle();
    let host = sim.facts();
    let vf = host.physical_functions.values().next().unwrap().vfs.get(&VfIndex(0)).unwrap();
    let interface = &vf.netdev.as_ref().unwrap().name;
    sim.by_hand(&format!("address {interface} 10.0.0.2/24").parse().unwrap()).unwrap();
    let spec = r#"
    - name: fast
      match: {driver: igb}
      vfs:
        groups:
          - {vfs: "0", macAddress: "02:00:00:00:00:01", vlan: 7, mtu: 1400}
"#;
    let report = apply(&sim, spec, None, Messages::Answered);
    assert_eq!(report.result, Ending::Converged, "{}", report.render());
}
