//! Every op can be refused, lie, hang and fail in passing.

use vfctl_model::{Toggle, VfAttribute, VfIndex, VfSetting};
use vfctl_port::{AdminState, Clock, Observe, Op, OpKind, Outcome, Perform};
use vfctl_sim::{Errno, Fault, PfSeed, SimHost};

use crate::words::{LIMIT, address, by_hand, hand, host, perform, refused, set_vf, vf};

/// Returns an op of each kind that changes what a reader sees of a host with two igb VFs, the second unbound.
fn ops(host: &SimHost) -> Vec<Op> {
    let (pf, vf, interface) = (address(host), VfIndex(0), || "eth0".parse().unwrap());
    let device = crate::words::vf(host, 0).pci.unwrap();
    let unbound = crate::words::vf(host, 1).pci.unwrap();
    let mtu = 1400.try_into().unwrap();
    let setting = VfSetting::new(VfAttribute::Trust, "on".parse().map(vfctl_model::VfValue::Toggle).unwrap());
    vec![
        Op::LoadModule { module: "dummy".parse().unwrap() },
        Op::SetVfCount { pf: pf.clone(), count: 0 },
        Op::SetDriversAutoprobe { pf: pf.clone(), autoprobe: Toggle::Off },
        Op::SetVf { pf: pf.clone(), interface: interface(), vf, setting: setting.unwrap() },
        Op::SetPfMtu { pf: pf.clone(), interface: interface(), mtu },
        Op::SetPfAdminState { pf: pf.clone(), interface: interface(), state: AdminState::Down },
        Op::SetVfMtu { pf: pf.clone(), vf, device, mtu },
        Op::UnbindDriver { pf: pf.clone(), vf, device },
        Op::BindDriver {
            pf: pf.clone(),
            vf: VfIndex(1),
            device: unbound,
            driver: "igbvf".parse().unwrap(),
            override_after: None,
        },
        Op::ProbeDriver { pf, vf: VfIndex(1), device: unbound },
    ]
}

fn stage() -> SimHost {
    let host = host("igb", 2);
    by_hand(&host, "driver eth0 vf 1 none");
    host
}

#[test]
fn every_op_is_done_and_seen_when_nothing_is_wrong() {
    let kinds: Vec<OpKind> = ops(&stage()).iter().map(Op::kind).collect();
    assert_eq!(kinds, OpKind::ALL);
    for op in ops(&stage()) {
        let host = stage();
        let before = host.observe_host().unwrap();
        assert_eq!(perform(&host, op.clone()), Outcome::Done, "{op}");
        host.settle();
        assert_ne!(host.observe_host().unwrap(), before, "{op}");
    }
}

#[test]
fn every_op_that_is_refused_lies_or_hangs_changes_nothing() {
    for fault in [Fault::Refuse(Errno::EIO.0), Fault::Lie, Fault::Hang, Fault::Transient(1000)] {
        for op in ops(&stage()) {
            let host = stage();
            host.inject(op.kind(), None, fault);
            let mut before = host.observe_host().unwrap();
            match (fault, perform(&host, op.clone())) {
                (Fault::Lie, Outcome::Done) | (Fault::Hang, Outcome::Unknown(_)) => {}
                (Fault::Refuse(_), outcome) => assert_eq!(refused(&outcome), Some(Errno::EIO), "{op}"),
                (_, outcome) => assert_eq!(refused(&outcome), Some(Errno::EAGAIN), "{op}"),
            }
            host.settle();
            let after = host.observe_host().unwrap();
            before.system.stuck_stores.clone_from(&after.system.stuck_stores);
            assert_eq!(after, before, "{op} {fault:?}");
        }
    }
}

#[test]
fn passing_fault_of_a_setting_is_tried_again_and_of_another_op_is_not() {
    let host = stage();
    host.inject(OpKind::SetVf, None, Fault::Transient(3));
    host.inject(OpKind::UnbindDriver, None, Fault::Transient(1));
    let before = host.now();
    assert_eq!(set_vf(&host, 0, VfAttribute::Trust, "on"), Outcome::Done);
    assert!(host.now() > before);
    assert_eq!(refused(&crate::words::unbind(&host, 0)), Some(Errno::EAGAIN));
    assert_eq!(crate::words::unbind(&host, 0), Outcome::Done);
}

#[test]
fn fault_on_one_pf_leaves_the_others_alone() {
    let seed = || PfSeed::new("igb".parse().unwrap(), 7);
    let host = SimHost::builder().pf(seed()).pf(seed()).build();
    by_hand(&host, "fault setVfCount on eth0 refuse EIO");
    let pfs: Vec<_> = host.observe_host().unwrap().physical_functions.into_keys().collect();
    let answers: Vec<_> =
        pfs.into_iter().map(|pf| refused(&perform(&host, Op::SetVfCount { pf, count: 1 }))).collect();
    assert_eq!(answers, [Some(Errno::EIO), None]);
}

#[test]
fn fault_spares_what_is_done_by_hand_and_is_taken_back() {
    let host = stage();
    by_hand(&host, "fault setVf refuse 5");
    assert_eq!(refused(&set_vf(&host, 0, VfAttribute::Trust, "on")), Some(Errno::EIO));
    assert_eq!(hand(&host, "set eth0 vf 0 trust on"), Ok(()));
    by_hand(&host, "fault setVf none");
    assert_eq!(set_vf(&host, 0, VfAttribute::Trust, "off"), Outcome::Done);
}

#[test]
fn op_after_a_refused_one_of_the_same_batch_is_performed() {
    let host = stage();
    let interface = || "eth0".parse().unwrap();
    let setting = VfSetting::factory(VfAttribute::SpoofCheck);
    let set = |vf: u16| Op::SetVf { pf: address(&host), interface: interface(), vf: VfIndex(vf), setting };
    by_hand(&host, "set eth0 vf 0 spoofCheck off");
    let outcomes = host.perform(&[set(9), set(0)], LIMIT);
    assert_eq!(refused(&outcomes[0]), Some(Errno::EINVAL));
    assert_eq!(outcomes[1], Outcome::Done);
    assert_eq!(vf(&host, 0).attributes.0[&VfAttribute::SpoofCheck].to_string(), "on");
}

#[test]
fn op_after_one_that_hangs_in_the_same_batch_is_not_tried() {
    let host = stage();
    host.inject(OpKind::UnbindDriver, None, Fault::Hang);
    let ops = ops(&host);
    let outcomes = host.perform(&ops[7..9], LIMIT);
    assert!(matches!(outcomes[..], [Outcome::Unknown(_), Outcome::NotTried]), "{outcomes:?}");
}

#[test]
fn user_asks_to_stop_after_so_many_ops() {
    let host = stage();
    host.interrupt_after(1);
    assert!(!host.interrupted());
    set_vf(&host, 0, VfAttribute::Trust, "on");
    assert!(host.interrupted());
}
