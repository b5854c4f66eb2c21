//! Rules of drivers, modules and vfio.

use vfctl_model::{DriverName, Toggle, VfIndex};
use vfctl_port::{Action, Binding, Clock, Op, OpError, Outcome, Target};
use vfctl_sim::{Errno, PfSeed, SimHost};

use crate::words::{
    LIMIT, address, bind, by_hand, facts, hand, host, on_vf, perform, pf, probe, refused, set_autoprobe,
    set_count, unbind, vf,
};

fn driver(host: &SimHost, index: u16) -> Option<String> {
    vf(host, index).driver.map(|driver| driver.to_string())
}

#[test]
fn unbound_vf_has_neither_driver_nor_interface_and_cannot_be_unbound_again() {
    let host = host("igb", 1);
    assert_eq!(unbind(&host, 0), Outcome::Done);
    assert_eq!((driver(&host, 0), vf(&host, 0).netdev), (None, None));
    assert_eq!(refused(&unbind(&host, 0)), Some(Errno::ENODEV));
}

#[test]
fn vfio_takes_a_vf_with_its_module_and_an_iommu_group() {
    let host = host("igb", 1);
    assert_eq!(unbind(&host, 0), Outcome::Done);
    assert_eq!(bind(&host, 0, "vfio-pci"), Outcome::Done);
    host.settle();
    assert_eq!(driver(&host, 0).as_deref(), Some("vfio-pci"));
    assert_eq!((vf(&host, 0).netdev, vf(&host, 0).driver_override), (None, None));
}

#[test]
fn bind_leaves_the_override_that_its_op_names() {
    let host = host("igb", 1);
    let override_after = Some(DriverName::vfio_pci());
    let binding = Binding { driver: DriverName::vfio_pci(), override_after: override_after.clone() };
    assert_eq!(unbind(&host, 0), Outcome::Done);
    let op = on_vf(&host, 0, Action::BindDriver(binding));
    assert_eq!(perform(&host, op), Outcome::Done);
    assert_eq!(vf(&host, 0).driver_override, override_after);
}

#[test]
fn vfio_without_its_module_is_refused_until_the_module_is_loaded() {
    let seed = PfSeed { vf_count: 1, ..PfSeed::new("igb".parse().unwrap(), 7) };
    let host = SimHost::builder().pf(seed).build();
    assert_eq!(unbind(&host, 0), Outcome::Done);
    let Outcome::Refused(error) = bind(&host, 0, "vfio-pci") else { panic!("it was bound") };
    assert_eq!((error.errno, error.cause.contains("load module vfio_pci")), (None, true));
    let target = Target::Module("vfio_pci".parse().unwrap());
    assert_eq!(perform(&host, Op { target, action: Action::LoadModule }), Outcome::Done);
    assert!(facts(&host).system.modules.contains(&"vfio".parse().unwrap()));
    assert_eq!(bind(&host, 0, "vfio-pci"), Outcome::Done);
}

#[test]
fn vfio_without_iommu_group_is_invalid() {
    let seed = PfSeed { vf_count: 1, ..PfSeed::new("igb".parse().unwrap(), 7) };
    let module = "vfio_pci".parse().unwrap();
    let host = SimHost::builder().iommu(Toggle::Off).module(module).pf(seed).build();
    assert_eq!(unbind(&host, 0), Outcome::Done);
    assert_eq!(refused(&bind(&host, 0, "vfio-pci")), Some(Errno::EINVAL));
}

#[test]
fn vfio_that_may_do_without_iommu_makes_a_group_as_long_as_it_holds_the_vf() {
    let seed = PfSeed { vf_count: 2, ..PfSeed::new("igb".parse().unwrap(), 7) };
    let module = "vfio_pci".parse().unwrap();
    let host = SimHost::builder().iommu(Toggle::Off).unsafe_noiommu().module(module).pf(seed).build();
    for index in [0, 1] {
        assert_eq!(unbind(&host, index), Outcome::Done);
        assert_eq!(bind(&host, index, "vfio-pci"), Outcome::Done);
    }
    host.settle();
    assert_eq!(driver(&host, 1).as_deref(), Some("vfio-pci"));
    let groups = [0, 1].map(|index| vf(&host, index).iommu_group.map(|group| group.number));
    assert_eq!(groups, [Some(0), Some(1)]);
    assert_eq!(facts(&host).system.iommu.groups, 0);
    assert_eq!(unbind(&host, 1), Outcome::Done);
    assert_eq!(vf(&host, 1).iommu_group, None);
}

#[test]
fn driver_that_does_not_take_the_vf_is_no_device() {
    let host = host("igb", 1);
    assert_eq!(unbind(&host, 0), Outcome::Done);
    assert_eq!(refused(&bind(&host, 0, "ixgbevf")), Some(Errno::ENODEV));
}

#[test]
fn bind_of_a_vf_that_has_a_driver_is_busy() {
    let host = host("igb", 1);
    assert_eq!(refused(&bind(&host, 0, "vfio-pci")), Some(Errno::EBUSY));
    assert_eq!(driver(&host, 0).as_deref(), Some("igbvf"));
}

#[test]
fn probe_with_autoprobe_off_binds_nothing_and_is_refused_by_the_edge_while_bind_by_override_works() {
    let host = host("igb", 2);
    assert_eq!(set_autoprobe(&host, Toggle::Off), Outcome::Done);
    assert_eq!((unbind(&host, 0), unbind(&host, 1)), (Outcome::Done, Outcome::Done));
    assert!(matches!(probe(&host, 0), Outcome::Refused(OpError { errno: None, .. })));
    host.settle();
    assert_eq!(driver(&host, 0), None);
    assert_eq!(bind(&host, 1, "igbvf"), Outcome::Done);
    assert_eq!(set_autoprobe(&host, Toggle::On), Outcome::Done);
    assert_eq!(probe(&host, 0), Outcome::Done);
    host.settle();
    assert_eq!((driver(&host, 0), driver(&host, 1)), (Some("igbvf".into()), Some("igbvf".into())));
    assert!(vf(&host, 0).netdev.is_some());
}

#[test]
fn netdevsim_has_no_autoprobe() {
    assert_eq!(refused(&set_autoprobe(&host("netdevsim", 0), Toggle::Off)), Some(Errno::ENOENT));
}

#[test]
fn driver_that_is_still_on_its_way_cannot_be_taken_away_and_comes_all_the_same() {
    let host = host("igb", 0);
    assert_eq!(set_count(&host, 1), Outcome::Done);
    assert_eq!(refused(&unbind(&host, 0)), Some(Errno::ENODEV));
    host.settle();
    assert_eq!(driver(&host, 0).as_deref(), Some("igbvf"));
}

#[test]
fn address_that_is_not_the_vfs_is_no_device() {
    let host = host("igb", 2);
    let target = Target::Function(address(&host), VfIndex(0), vf(&host, 1).pci.unwrap());
    let op = Op { target, action: Action::UnbindDriver };
    assert_eq!(refused(&perform(&host, op)), Some(Errno::ENODEV));
}

#[test]
fn unbinding_a_vf_whose_vfio_device_is_open_never_ends_and_blocks_the_pfs_stores() {
    let host = host("igb", 2);
    by_hand(&host, "driver eth0 vf 0 vfio-pci");
    by_hand(&host, "vfio-open eth0 vf 0");
    let before = host.now();
    assert!(matches!(unbind(&host, 0), Outcome::Unknown(_)));
    assert!(host.now() >= before + LIMIT);
    assert_eq!(driver(&host, 0).as_deref(), Some("vfio-pci"));
    assert!(matches!(unbind(&host, 1), Outcome::Unknown(_)));
    assert!(matches!(set_count(&host, 0), Outcome::Unknown(_)));
    let stuck = facts(&host).system.stuck_stores;
    assert_eq!(stuck.len(), 1);
    assert!(stuck[0].path.ends_with("driver/unbind"));
    by_hand(&host, "vfio-close");
    assert_eq!(driver(&host, 0), None);
    assert!(facts(&host).system.stuck_stores.is_empty());
    assert_eq!(set_count(&host, 0), Outcome::Done);
}

#[test]
fn destroying_a_vf_whose_vfio_device_is_open_never_ends() {
    let host = host("igb", 2);
    by_hand(&host, "driver eth0 vf 0 vfio-pci");
    by_hand(&host, "vfio-open eth0 vf 0");
    assert!(matches!(set_count(&host, 0), Outcome::Unknown(_)));
    assert_eq!(pf(&host).vf_count, 2);
    assert_eq!(hand(&host, "remove-pf eth0"), Err(None));
    by_hand(&host, "vfio-close");
    assert_eq!(pf(&host).vf_count, 0);
}
