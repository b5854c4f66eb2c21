//! Tests of ops on a tree of files.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use vfctl_port::{Bounds, Observe, Observed, Op, Outcome, Perform, Scope, What};

use crate::tree::{PF, Tree};

const VF0: &str = "sys/bus/pci/devices/0000:01:10.0";
const VF1: &str = "sys/bus/pci/devices/0000:01:10.2";
const LIMIT: Duration = Duration::from_secs(20);

/// Returns the op that this JSON is, with the PF filled in.
fn op(json: &str) -> Op {
    serde_json::from_str(&json.replace("PF", PF)).expect("an op")
}

fn perform(tree: &Tree, json: &str) -> Outcome {
    let mut outcomes = tree.host().perform(&tree.scope(), &[op(json)], Bounds::only(LIMIT));
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

/// Returns what a refusal says.
fn refused(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused(error) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn stores_write_what_their_op_says() {
    let tree = Tree::with_two_vfs();
    let count = r#"{"pf": "PF", "action": {"createVfs": 7}}"#;
    let autoprobe = r#"{"pf": "PF", "action": {"setDriversAutoprobe": "off"}}"#;
    let unbind = r#"{"pf": "PF", "vf": "0", "function": "0000:01:10.0", "action": "unbindDriver"}"#;
    for (json, path, text) in [
        (count, "sys/bus/pci/devices/0000:01:00.0/sriov_numvfs", "7\n"),
        (autoprobe, "sys/bus/pci/devices/0000:01:00.0/sriov_drivers_autoprobe", "0\n"),
        (unbind, "sys/bus/pci/drivers/igbvf/unbind", "0000:01:10.0"),
    ] {
        assert_eq!(perform(&tree, json), Outcome::Done, "{json}");
        assert_eq!(tree.text(path), text, "{json}");
    }
}

#[test]
fn bind_overrides_binds_and_takes_the_override_back() {
    let tree = Tree::with_two_vfs();
    let bind = r#"{"pf": "PF", "vf": "1", "function": "0000:01:10.2", "action": {"bindDriver": {"driver": "vfio-pci"}}}"#;
    assert_eq!(perform(&tree, bind), Outcome::Done);
    assert_eq!(tree.text("sys/bus/pci/drivers/vfio-pci/bind"), "0000:01:10.2");
    // A store writes in one call from the file's begin; the kernel's files have no rest.
    assert!(tree.text(&format!("{VF1}/driver_override")).starts_with('\n'));
}

#[test]
fn bind_leaves_the_override_that_was_found() {
    let tree = Tree::with_two_vfs();
    let bind = r#"{"pf": "PF", "vf": "1", "function": "0000:01:10.2",
                   "action": {"bindDriver": {"driver": "vfio-pci", "overrideAfter": "vfio-pci"}}}"#;
    assert_eq!(perform(&tree, bind), Outcome::Done);
    assert_eq!(tree.text(&format!("{VF1}/driver_override")), "vfio-pci\n");
    std::fs::remove_file(tree.path("sys/bus/pci/drivers/vfio-pci/bind")).expect("removed");
    assert!(refused(perform(&tree, bind)).starts_with("ENOENT"));
    assert_eq!(tree.text(&format!("{VF1}/driver_override")), "vfio-pci\n");
}

#[test]
fn bind_that_fails_takes_the_override_back_and_names_the_cause() {
    let tree = Tree::with_two_vfs();
    let bind = |driver: &str| {
        format!(
            r#"{{"pf": "PF", "vf": "0", "function": "0000:01:10.0",
                 "action": {{"bindDriver": {{"driver": "{driver}"}}}}}}"#
        )
    };
    std::fs::remove_file(tree.path("sys/bus/pci/drivers/vfio-pci/bind")).expect("removed");
    let why = refused(perform(&tree, &bind("vfio-pci")));
    assert!(why.starts_with("ENOENT: no such file or directory (there is no "), "{why}");
    assert!(tree.text(&format!("{VF0}/driver_override")).starts_with('\n'));

    tree.driver("vfio-pci");
    assert_eq!(refused(perform(&tree, &bind("vfio-pci"))), "the kernel gave 0000:01:10.0 to igbvf instead");
    std::fs::remove_file(tree.path(&format!("{VF0}/driver"))).expect("removed");
    let why = refused(perform(&tree, &bind("vfio-pci")));
    assert_eq!(why, "the kernel reported success and bound 0000:01:10.0 to no driver");
    let why = refused(perform(&tree, &bind("mlx5_core")));
    assert_eq!(why, "no driver mlx5_core is registered; load module mlx5_core");
}

#[test]
fn probe_that_no_driver_answers_is_refused_though_the_kernel_says_yes() {
    let tree = Tree::with_two_vfs();
    tree.file("sys/bus/pci/drivers_probe", "");
    let probe = r#"{"pf": "PF", "vf": "0", "function": "0000:01:10.0", "action": "probeDriver"}"#;
    assert_eq!(perform(&tree, probe), Outcome::Done);
    assert_eq!(tree.text("sys/bus/pci/drivers_probe"), "0000:01:10.0");
    std::fs::remove_file(tree.path(&format!("{VF0}/driver"))).expect("removed");
    assert_eq!(refused(perform(&tree, probe)), "the kernel found no driver for 0000:01:10.0");
}

#[test]
fn no_write_is_begun_that_would_wait_for_an_open_vfio_device() {
    let tree = Tree::with_two_vfs();
    tree.process(42, "qemu-system-x86", &["/dev/vfio/15"]);
    let why = "pid 42 (qemu-system-x86) has the vfio device of 0000:01:10.2 open; \
               the kernel would block until it is closed";
    let unbind = r#"{"pf": "PF", "vf": "1", "function": "0000:01:10.2", "action": "unbindDriver"}"#;
    assert_eq!(refused(perform(&tree, unbind)), why);
    assert_eq!(refused(perform(&tree, r#"{"pf": "PF", "action": "removeVfs"}"#)), why);
    assert_eq!(tree.text("sys/bus/pci/drivers/vfio-pci/unbind"), "");
    assert_eq!(tree.text("sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"), "0\n");
    let other = r#"{"pf": "PF", "vf": "0", "function": "0000:01:10.0", "action": "unbindDriver"}"#;
    assert_eq!(perform(&tree, other), Outcome::Done);
}

#[test]
fn no_write_is_begun_that_would_wait_for_an_open_vdpa_device() {
    let tree = Tree::with_two_vfs();
    tree.vdpa("0000:01:10.0", "vdpa0", "vhost-vdpa-0");
    let unbind = r#"{"pf": "PF", "vf": "0", "function": "0000:01:10.0", "action": "unbindDriver"}"#;
    let count = r#"{"pf": "PF", "action": "removeVfs"}"#;
    assert_eq!(perform(&tree, unbind), Outcome::Done);
    tree.process(42, "qemu-system-x86", &["/dev/vhost-vdpa-0"]);
    let why = "pid 42 (qemu-system-x86) has the vdpa device of 0000:01:10.0 open; \
               the kernel would block until it is closed";
    assert_eq!(refused(perform(&tree, unbind)), why);
    assert_eq!(refused(perform(&tree, count)), why);
    for process in ["proc/1", "proc/42"] {
        std::fs::remove_dir_all(tree.path(process)).expect("removed");
    }
    let why = "it is not known whether the vdpa device of 0000:01:10.0 is open (processes of other users are not \
               visible; to open its vdpa file would reset it); if it is, the kernel would block until it is closed";
    assert_eq!(refused(perform(&tree, unbind)), why);
}

#[test]
fn what_cannot_be_seen_is_asked_of_the_kernel_before_a_vf_leaves_vfio() {
    let unbind = |vf: u16, device: &str| {
        format!(r#"{{"pf": "PF", "vf": "{vf}", "function": "{device}", "action": "unbindDriver"}}"#)
    };
    let (igbvf, vfio) = (unbind(0, "0000:01:10.0"), unbind(1, "0000:01:10.2"));
    let hidden = |tree: &Tree| std::fs::remove_dir_all(tree.path("proc/1")).expect("removed");
    let unnamed = |tree: &Tree| tree.process(44, "vmm", &["anon_inode:[vfio-device]"]);
    for (hide, unseen) in [
        (&hidden as &dyn Fn(&Tree), "processes of other users are not visible"),
        (&unnamed, "pid 44 (vmm) has a vfio device open, and the kernel does not say which"),
    ] {
        let tree = Tree::with_two_vfs();
        hide(&tree);
        let unclear = |asked: &str| {
            format!(
                "it is not known whether the vfio device of 0000:01:10.2 is open ({unseen}; {asked}); if it is, \
                 the kernel would block until it is closed"
            )
        };
        let why = unclear("it has no vfio group that could be opened");
        assert_eq!(refused(perform(&tree, &vfio)), why);
        assert_eq!(perform(&tree, &igbvf), Outcome::Done);

        tree.file("sys/class/vfio/15/dev", "511:0\n");
        let file = tree.path("dev/vfio/15");
        let why = unclear(&format!("there is no {}", file.display()));
        assert_eq!(refused(perform(&tree, &vfio)), why);
        assert_eq!(refused(perform(&tree, r#"{"pf": "PF", "action": "removeVfs"}"#)), why);

        std::fs::create_dir_all(&file).expect("a folder");
        let why = unclear(&format!("open {}: EISDIR: is a directory", file.display()));
        assert_eq!(refused(perform(&tree, &vfio)), why);
        assert_eq!(tree.text("sys/bus/pci/drivers/vfio-pci/unbind"), "");

        std::fs::remove_dir(&file).expect("removed");
        tree.file("dev/vfio/15", "");
        assert_eq!(perform(&tree, &vfio), Outcome::Done);
        assert_eq!(tree.text("sys/bus/pci/drivers/vfio-pci/unbind"), "0000:01:10.2");
    }
}

#[test]
fn vf_without_driver_is_asked_of_the_kernel_only_where_vfio_has_its_group() {
    let tree = Tree::with_two_vfs();
    std::fs::remove_dir_all(tree.path("proc/1")).expect("removed");
    std::fs::remove_file(tree.path(&format!("{VF1}/driver"))).expect("removed");
    let count = r#"{"pf": "PF", "action": "removeVfs"}"#;
    assert_eq!(perform(&tree, count), Outcome::Done);
    tree.file("sys/class/vfio/noiommu-15/dev", "511:0\n");
    let why = refused(perform(&tree, count));
    assert!(why.contains("there is no ") && why.contains("/dev/vfio/noiommu-15"), "{why}");
}

#[test]
fn write_that_hangs_is_left_and_closes_what_comes_after_it() {
    let tree = Tree::with_two_vfs();
    tree.hanging("sys/bus/pci/devices/0000:01:00.0/sriov_numvfs");
    let ops = [
        op(r#"{"pf": "PF", "action": {"setDriversAutoprobe": "off"}}"#),
        op(r#"{"pf": "PF", "action": {"createVfs": 7}}"#),
        op(r#"{"pf": "PF", "action": {"setDriversAutoprobe": "on"}}"#),
    ];
    let (host, begin) = (tree.host(), Instant::now());
    let outcomes = host.perform(&tree.scope(), &ops, Bounds::only(Duration::from_secs(1)));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let [Outcome::Done, Outcome::Unknown(why), Outcome::NotTried] = outcomes.as_slice() else {
        panic!("{outcomes:?}")
    };
    let pid = why.strip_prefix("after 1 s pid ").and_then(|rest| rest.split(' ').next()).expect("a process");
    assert!(why.ends_with("/sriov_numvfs"), "{why}");
    // The next look at the machine finds it: it is a child with a name and arguments of its own.
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).expect("it is still there");
    assert_eq!(name, "vfctl-store\n");
    tree.process(pid.parse().expect("a number"), "vfctl-store", &[]);
    tree.file(
        &format!("proc/{pid}/cmdline"),
        std::fs::read(format!("/proc/{pid}/cmdline")).expect("arguments"),
    );
    let Ok(Observed::System(system)) = host.observe(&tree.scope(), &What::System, LIMIT) else {
        panic!("no facts of the machine")
    };
    let stuck = system.stuck_stores;
    assert_eq!(stuck.iter().map(|store| store.pid.to_string()).collect::<Vec<_>>(), [pid]);
    assert_eq!(stuck[0].device.to_string(), PF);
    let written = std::fs::read_to_string(tree.path("sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"));
    assert_eq!(written.expect("the child goes on"), "7");
}

#[test]
fn module_is_loaded_by_modprobe_and_its_words_are_kept() {
    let tree = Tree::empty();
    let load = r#"{"module": "vfio-pci", "action": "loadModule"}"#;
    assert!(refused(perform(&tree, load)).contains("/sbin/modprobe"));
    let log = tree.path("log");
    let script = |body: &str| {
        tree.file("sbin/modprobe", format!("#!/bin/sh\necho \"$@\" >{}\n{body}\n", log.display()));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(tree.path("sbin/modprobe"), mode).expect("executable");
    };
    script("exit 0");
    assert_eq!(perform(&tree, load), Outcome::Done);
    assert_eq!(tree.text("log"), "-- vfio_pci\n");
    script("echo 'FATAL: Module vfio_pci not found' >&2; exit 1");
    assert_eq!(refused(perform(&tree, load)), "modprobe: exit status: 1 (FATAL: Module vfio_pci not found)");
    script("exec sleep 20");
    let outcomes = tree.host().perform(&tree.scope(), &[op(load)], Bounds::only(Duration::from_secs(1)));
    assert_eq!(outcomes, [Outcome::Unknown("modprobe of vfio_pci has not ended within 1 s".to_owned())]);
}

#[test]
fn interface_that_is_not_the_pfs_is_not_touched() {
    let tree = Tree::with_two_vfs();
    tree.file("sys/bus/pci/devices/0000:01:00.0/net/ens1f0/ifindex", "4000000\n");
    let mtu = |interface: &str| {
        format!(r#"{{"pf": "PF", "interface": "{interface}", "action": {{"setPfMtu": 1500}}}}"#)
    };
    let why = refused(perform(&tree, &mtu("lo")));
    assert!(why.ends_with("has no interface lo now; it has ens1f0"), "{why}");
    // By number: no interface of this machine has that one.
    let why = refused(perform(&tree, &mtu("ens1f0")));
    assert!(why.starts_with("ENODEV") || why.starts_with("EPERM"), "{why}");
}

#[test]
fn function_that_is_not_the_vf_that_its_op_means_is_not_touched() {
    let tree = Tree::with_two_vfs();
    for device in ["0000:01:10.0", "0000:01:10.2"] {
        tree.file(&format!("sys/bus/pci/devices/{device}/net/ens1f0v/ifindex"), "4000000\n");
    }
    for action in [
        r#""unbindDriver""#,
        r#"{"bindDriver": {"driver": "igbvf"}}"#,
        r#""probeDriver""#,
        r#"{"setVfMtu": 1500}"#,
    ] {
        let on = |vf: u16, device: &str| {
            let op = format!(r#"{{"pf": "PF", "vf": "{vf}", "function": "{device}", "action": {action}}}"#);
            refused(perform(&tree, &op))
        };
        let why = format!("vf 0 of {PF} is at 0000:01:10.0, not at 0000:01:10.2; run plan again");
        assert_eq!(on(0, "0000:01:10.2"), why, "{action}");
        let why = format!("vf 5 of {PF} is nowhere, not at 0000:01:10.0; run plan again");
        assert_eq!(on(5, "0000:01:10.0"), why, "{action}");
    }
    for driver in ["igbvf", "vfio-pci"] {
        assert_eq!(tree.text(&format!("sys/bus/pci/drivers/{driver}/unbind")), "");
    }
    // The VF itself is: no interface of this machine has that number.
    let mtu = r#"{"pf": "PF", "vf": "0", "function": "0000:01:10.0", "action": {"setVfMtu": 1500}}"#;
    let why = refused(perform(&tree, mtu));
    assert!(why.starts_with("ENODEV") || why.starts_with("EPERM"), "{why}");
}

#[test]
fn nothing_is_done_in_another_scope() {
    let tree = Tree::with_two_vfs();
    let ops = [
        op(r#"{"pf": "PF", "action": {"setDriversAutoprobe": "off"}}"#),
        op(r#"{"pf": "PF", "interface": "lo", "action": {"setPfMtu": 1500}}"#),
    ];
    for (scope, why) in [
        (Scope::Cluster, "cluster cannot be reached from here"),
        (Scope::Host("other".parse().expect("a name")), "host other cannot be reached from here"),
    ] {
        let outcomes = tree.host().perform(&scope, &ops, Bounds::only(LIMIT));
        assert_eq!(outcomes.into_iter().map(refused).collect::<Vec<_>>(), [why, why]);
    }
    assert_eq!(tree.text("sys/bus/pci/devices/0000:01:00.0/sriov_drivers_autoprobe"), "1\n");
}

#[test]
fn refused_unbind_is_the_last_op_and_another_refused_op_is_not() {
    let tree = Tree::with_two_vfs();
    tree.process(42, "qemu-system-x86", &["/dev/vfio/15"]);
    let unbind = |vf: u16, device: &str| {
        op(&format!(r#"{{"pf": "PF", "vf": "{vf}", "function": "{device}", "action": "unbindDriver"}}"#))
    };
    let autoprobe = op(r#"{"pf": "PF", "action": {"setDriversAutoprobe": "off"}}"#);
    let remove = op(r#"{"pf": "PF", "action": "removeVfs"}"#);
    let perform = |ops: &[Op]| tree.host().perform(&tree.scope(), ops, Bounds::only(LIMIT));
    let outcomes = perform(&[unbind(1, "0000:01:10.2"), unbind(0, "0000:01:10.0"), autoprobe.clone()]);
    assert!(
        matches!(outcomes[..], [Outcome::Refused(_), Outcome::NotTried, Outcome::NotTried]),
        "{outcomes:?}"
    );
    assert_eq!(tree.text("sys/bus/pci/drivers/igbvf/unbind"), "");
    let outcomes = perform(&[remove, autoprobe]);
    assert!(matches!(outcomes[..], [Outcome::Refused(_), Outcome::Done]), "{outcomes:?}");
}
