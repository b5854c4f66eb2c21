//! Tests of ops as documents and as commands.

use std::collections::BTreeSet;

use super::*;
use crate::action::ActionKind;

/// An op of each action, with the command that does the same.
const OPS: &[(&str, &str)] = &[
    (r#"{"module":"vfio_pci","action":"loadModule"}"#, "modprobe vfio_pci"),
    (
        r#"{"pf":"pci/0000:01:00.0","action":"removeVfs"}"#,
        "echo 0 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs",
    ),
    (
        r#"{"pf":"netdevsim/netdevsim1","action":{"createVfs":8}}"#,
        "echo 8 > /sys/bus/netdevsim/devices/netdevsim1/sriov_numvfs",
    ),
    (
        r#"{"pf":"pci/0000:01:00.0","action":{"setDriversAutoprobe":"off"}}"#,
        "echo 0 > /sys/bus/pci/devices/0000:01:00.0/sriov_drivers_autoprobe",
    ),
    (
        r#"{"pf":"pci/0000:01:00.0","interface":"eth0","vf":"3","action":{"setVfAttribute":{"attribute":"vlan","value":"7"}}}"#,
        "ip link set dev eth0 vf 3 vlan 7 qos 0 proto 802.1Q",
    ),
    (
        r#"{"pf":"pci/0000:01:00.0","action":{"setEswitch":{"mode":"switchdev"}}}"#,
        "devlink dev eswitch set pci/0000:01:00.0 mode switchdev",
    ),
    (
        r#"{"pf":"pci/0000:01:00.0","interface":"eth0","action":{"setPfMtu":9000}}"#,
        "ip link set dev eth0 mtu 9000",
    ),
    (
        r#"{"pf":"pci/0000:01:00.0","interface":"eth0","action":{"setPfAdminState":"up"}}"#,
        "ip link set dev eth0 up",
    ),
    (
        r#"{"pf":"pci/0000:01:00.0","vf":"3","function":"0000:01:10.6","action":{"setVfMtu":1400}}"#,
        r#"ip link set dev "$(ls /sys/bus/pci/devices/0000:01:10.6/net)" mtu 1400"#,
    ),
    (
        r#"{"pf":"pci/0000:01:00.0","vf":"3","function":"0000:01:10.6","action":"unbindDriver"}"#,
        "echo 0000:01:10.6 > /sys/bus/pci/devices/0000:01:10.6/driver/unbind",
    ),
    (
        r#"{"pf":"pci/0000:01:00.0","vf":"3","function":"0000:01:10.6","action":{"bindDriver":{"driver":"vfio-pci","overrideAfter":"x"}}}"#,
        "echo vfio-pci > /sys/bus/pci/devices/0000:01:10.6/driver_override; \
         echo 0000:01:10.6 > /sys/bus/pci/drivers/vfio-pci/bind; \
         echo x > /sys/bus/pci/devices/0000:01:10.6/driver_override",
    ),
    (
        r#"{"pf":"pci/0000:01:00.0","vf":"3","function":"0000:01:10.6","action":"probeDriver"}"#,
        "echo > /sys/bus/pci/devices/0000:01:10.6/driver_override; echo 0000:01:10.6 > /sys/bus/pci/drivers_probe",
    ),
];

#[test]
fn op_of_each_action_round_trips_and_is_written_as_its_command() {
    let mut kinds = BTreeSet::new();
    for (text, command) in OPS {
        let op: Op = serde_json::from_str(text).expect(text);
        assert_eq!(serde_json::to_string(&op).expect("JSON"), *text);
        assert_eq!(op.to_string(), *command);
        kinds.insert(op.action.kind());
    }
    assert!(kinds.iter().eq(ActionKind::ALL), "each action is here: {kinds:?}");
}

#[test]
fn action_on_another_target_is_refused() {
    for wrong in [
        r#"{"pf":"pci/0000:01:00.0","action":"loadModule"}"#,
        r#"{"pf":"pci/0000:01:00.0","vf":"3","action":"unbindDriver"}"#,
        r#"{"action":"loadModule"}"#,
    ] {
        assert!(serde_json::from_str::<Op>(wrong).is_err(), "{wrong}");
    }
}
