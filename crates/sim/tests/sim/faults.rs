//! Every op can be refused, lie, hang and fail in passing.

use vfctl_model::{AttributeValue, EswitchMode, EswitchSetting, Toggle, VfAttribute, VfValue};
use vfctl_port::{Action, ActionKind, AdminState, Clock, Op, OpError, Outcome, Target, Transport};
use vfctl_sim::{Errno, Fault, PfSeed, SimHost};

use crate::words::{
    address, bind_to, by_hand, facts, hand, on_eth0, on_pf, on_vf, perform, perform_all, reading, refused,
    set_vf, through_eth0, unbind,
};

/// Returns an op of each kind that changes what a reader sees of a host with two igb VFs, the second unbound, and
/// two other PFs without any, the last with an embedded switch.
fn ops(host: &SimHost) -> Vec<Op> {
    let mtu = 1400.try_into().unwrap();
    let trust = AttributeValue::new(VfAttribute::Trust, VfValue::Toggle(Toggle::On)).unwrap();
    let mut pfs = facts(host).physical_functions.into_keys();
    let (empty, switched) = (pfs.nth(1).unwrap(), pfs.next().unwrap());
    let op_of = |kind: &ActionKind| match kind {
        ActionKind::LoadModule => {
            Op { target: Target::Module("dummy".parse().unwrap()), action: Action::LoadModule }
        }
        ActionKind::CreateVfs => Op { target: Target::Pf(empty.clone()), action: Action::CreateVfs(2) },
        ActionKind::SetVfAttribute => through_eth0(host, 0, trust),
        ActionKind::SetEswitch => {
            let setting = EswitchSetting::Mode(EswitchMode::Switchdev);
            Op { target: Target::Pf(switched.clone()), action: Action::SetEswitch(setting) }
        }
        ActionKind::SetPfMtu => on_eth0(host, Action::SetPfMtu(mtu)),
        ActionKind::SetPfAdminState => on_eth0(host, Action::SetPfAdminState(AdminState::Down)),
        ActionKind::SetVfMtu => on_vf(host, 0, Action::SetVfMtu(mtu)),
        ActionKind::BindDriver => on_vf(host, 1, bind_to("igbvf")),
        ActionKind::ProbeDriver => on_vf(host, 1, Action::ProbeDriver),
        // The others do something as their samples do, on the first PF.
        _ => {
            let Op { target, action } = serde_json::from_str(kind.row().sample.op).unwrap();
            match target {
                Target::Module(_) => Op { target, action },
                Target::Pf(_) => on_pf(host, action),
                Target::PfInterface(..) => on_eth0(host, action),
                Target::VfThroughPf(_, interface, vf) => {
                    Op { target: Target::VfThroughPf(address(host), interface, vf), action }
                }
                Target::Function(..) => on_vf(host, 0, action),
                Target::Object(_) => Op { target, action },
            }
        }
    };
    // What is done to the cluster is done elsewhere.
    let of_host = |kind: &&ActionKind| kind.row().transport != Transport::Api;
    ActionKind::ALL.iter().filter(of_host).map(op_of).collect()
}

fn stage() -> SimHost {
    let seed = || PfSeed::new("igb".parse().unwrap(), 7);
    let host = SimHost::builder()
        .module("vfio_pci".parse().unwrap())
        .pf(PfSeed { vf_count: 2, ..seed() })
        .pf(seed())
        .pf(PfSeed::new("netdevsim".parse().unwrap(), 4))
        .build();
    by_hand(&host, "driver eth0 vf 1 none");
    host
}

#[test]
fn every_op_is_done_and_seen_when_nothing_is_wrong() {
    for op in ops(&stage()) {
        let host = stage();
        let before = facts(&host);
        assert_eq!(perform(&host, op.clone()), Outcome::Done, "{op}");
        host.settle();
        assert_ne!(facts(&host), before, "{op}");
    }
}

#[test]
fn every_op_that_is_refused_lies_or_hangs_changes_nothing() {
    for fault in [Fault::Refuse(Errno::EIO.0), Fault::Lie, Fault::Hang, Fault::Transient(1000)] {
        for op in ops(&stage()) {
            let host = stage();
            host.inject(op.action.kind(), None, fault);
            let mut before = facts(&host);
            match (fault, perform(&host, op.clone())) {
                (Fault::Lie, Outcome::Done) | (Fault::Hang, Outcome::Unknown(_)) => {}
                (Fault::Refuse(_), outcome) => assert_eq!(refused(&outcome), Some(Errno::EIO), "{op}"),
                (_, outcome) => assert_eq!(refused(&outcome), Some(Errno::EAGAIN), "{op}"),
            }
            host.settle();
            let after = facts(&host);
            before.system.stuck_stores.clone_from(&after.system.stuck_stores);
            assert_eq!(after, before, "{op} {fault:?}");
        }
    }
}

#[test]
fn store_that_hangs_stays_in_the_kernel_and_keeps_the_lock_of_its_pf_if_it_takes_one() {
    let written = |op: &Op| {
        let file = |name: &str| Some(format!("{}/{name}", op.target.pf()?.sysfs()));
        match op.action.kind() {
            ActionKind::RemoveVfs | ActionKind::CreateVfs => file("sriov_numvfs"),
            ActionKind::UnbindDriver => file("driver/unbind"),
            ActionKind::BindDriver | ActionKind::ProbeDriver => file("drivers_probe"),
            ActionKind::SetEswitch => Some("the embedded switch".to_owned()),
            _ => None,
        }
    };
    for op in ops(&stage()) {
        let (host, kind) = (stage(), op.action.kind());
        host.inject(kind, None, Fault::Hang);
        assert!(matches!(perform(&host, op.clone()), Outcome::Unknown(_)), "{op}");
        let stuck: Vec<_> = facts(&host).system.stuck_stores.into_iter().map(|stuck| stuck.path).collect();
        assert_eq!(stuck, Vec::from_iter(written(&op)), "{op}");
        host.clear_faults();
        if let Some(pf) = op.target.pf() {
            let next = Op { target: Target::Pf(pf.clone()), action: Action::RemoveVfs };
            let hangs = matches!(perform(&host, next), Outcome::Unknown(_));
            assert_eq!(hangs, written(&op).is_some(), "{op}");
        }
    }
}

#[test]
fn passing_fault_of_an_attribute_is_tried_again_and_of_another_op_is_not() {
    let host = stage();
    host.inject(ActionKind::SetVfAttribute, None, Fault::Transient(3));
    host.inject(ActionKind::UnbindDriver, None, Fault::Transient(1));
    let before = host.now();
    assert_eq!(set_vf(&host, 0, VfAttribute::Trust, "on"), Outcome::Done);
    assert!(host.now() > before);
    assert_eq!(refused(&unbind(&host, 0)), Some(Errno::EAGAIN));
    assert_eq!(unbind(&host, 0), Outcome::Done);
}

#[test]
fn fault_on_one_pf_leaves_the_others_alone() {
    let seed = || PfSeed::new("igb".parse().unwrap(), 7);
    let host = SimHost::builder().pf(seed()).pf(seed()).build();
    by_hand(&host, "fault createVfs on eth0 refuse EIO");
    let pfs: Vec<_> = facts(&host).physical_functions.into_keys().collect();
    let create = |pf| Op { target: Target::Pf(pf), action: Action::CreateVfs(1) };
    let outcomes: Vec<_> = pfs.into_iter().map(|pf| refused(&perform(&host, create(pf)))).collect();
    assert_eq!(outcomes, [Some(Errno::EIO), None]);
}

#[test]
fn fault_spares_what_is_done_by_hand_and_is_taken_back() {
    let host = stage();
    by_hand(&host, "fault setVfAttribute refuse 5");
    assert_eq!(refused(&set_vf(&host, 0, VfAttribute::Trust, "on")), Some(Errno::EIO));
    assert_eq!(hand(&host, "set eth0 vf 0 trust on"), Ok(()));
    by_hand(&host, "fault setVfAttribute none");
    assert_eq!(set_vf(&host, 0, VfAttribute::Trust, "off"), Outcome::Done);
}

#[test]
fn op_after_a_refused_one_of_the_same_batch_is_performed() {
    let host = stage();
    let set = |vf: u16| through_eth0(&host, vf, AttributeValue::factory(VfAttribute::SpoofCheck));
    by_hand(&host, "set eth0 vf 0 spoofCheck off");
    let outcomes = perform_all(&host, &[set(9), set(0)]);
    assert_eq!(refused(&outcomes[0]), Some(Errno::EINVAL));
    assert_eq!(outcomes[1], Outcome::Done);
    assert_eq!(reading(&host, 0, VfAttribute::SpoofCheck), "on");
}

#[test]
fn op_after_one_that_hangs_in_the_same_batch_is_not_tried() {
    let host = stage();
    host.inject(ActionKind::UnbindDriver, None, Fault::Hang);
    let mut ops = ops(&host);
    ops.retain(|op| matches!(op.action, Action::UnbindDriver | Action::BindDriver(_)));
    let outcomes = perform_all(&host, &ops);
    assert!(matches!(outcomes[..], [Outcome::Unknown(_), Outcome::NotTried]), "{outcomes:?}");
}

#[test]
fn messages_after_a_batch_with_a_refused_one_are_not_tried_and_other_ops_are() {
    let host = stage();
    let set = |vf: u16| through_eth0(&host, vf, AttributeValue::factory(VfAttribute::SpoofCheck));
    let mut ops = vec![set(9)];
    ops.extend((0..128).map(|_| set(0)));
    ops.push(on_pf(&host, Action::SetDriversAutoprobe(Toggle::Off)));
    let outcomes = perform_all(&host, &ops);
    assert_eq!(refused(&outcomes[0]), Some(Errno::EINVAL));
    assert_eq!(outcomes[127..], [Outcome::Done, Outcome::NotTried, Outcome::Done]);
}

#[test]
fn refused_unbind_and_refused_switch_stop_what_follows_and_nothing_else_does() {
    for op in ops(&stage()) {
        let host = stage();
        let kind = op.action.kind();
        host.inject(kind, None, Fault::Refuse(Errno::EIO.0));
        let next = ops(&host).into_iter().rfind(|next| next.action.kind() != kind).unwrap();
        let outcomes = perform_all(&host, &[op, next]);
        assert_eq!(refused(&outcomes[0]), Some(Errno::EIO), "{kind}");
        let stops = [ActionKind::UnbindDriver, ActionKind::SetEswitch].contains(&kind);
        let expected = if stops { Outcome::NotTried } else { Outcome::Done };
        assert_eq!(outcomes[1], expected, "{kind}");
    }
}

#[test]
fn action_on_a_target_that_it_does_not_fit_is_refused_by_the_edge_and_changes_nothing() {
    let host = stage();
    let before = facts(&host);
    let ops = ops(&host);
    for op in &ops {
        let others = ops.iter().filter(|other| other.target.kind() != op.target.kind());
        for target in others.map(|other| other.target.clone()) {
            let outcome = perform(&host, Op { target, action: op.action.clone() });
            assert!(matches!(outcome, Outcome::Refused(OpError { errno: None, .. })), "{op}: {outcome:?}");
        }
    }
    assert_eq!(facts(&host), before);
}

#[test]
fn user_asks_to_stop_after_so_many_ops() {
    let host = stage();
    host.interrupt_after(1);
    assert!(!host.interrupted());
    set_vf(&host, 0, VfAttribute::Trust, "on");
    assert!(host.interrupted());
}
