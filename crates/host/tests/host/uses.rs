//! Tests of who uses a VF, by open files and namespaces of a tree of files.

use vfctl_model::VfIndex;
use vfctl_port::Use;

use crate::tree::Tree;

fn uses(tree: &Tree, vf: u16) -> Vec<String> {
    tree.pf_facts().vfs[&VfIndex(vf)].uses.iter().map(Use::to_string).collect()
}

#[test]
fn open_vfio_group_or_device_is_a_use_that_names_the_process() {
    let tree = Tree::with_two_vfs();
    tree.process(
        42,
        "qemu-system-x86",
        &["/dev/null", "/dev/vfio/vfio", "/dev/vfio/15", "anon_inode:[vfio-device]"],
    );
    assert_eq!(uses(&tree, 1), ["its vfio device is open in pid 42 (qemu-system-x86)"]);
    assert_eq!(uses(&tree, 0), [""; 0]);

    let tree = Tree::with_two_vfs();
    tree.file("sys/bus/pci/devices/0000:01:10.2/vfio-dev/vfio3/dev", "511:3\n");
    tree.process(43, "dpdk", &["/var/lib/pod/dev/vfio/devices/vfio3"]);
    assert_eq!(uses(&tree, 1), ["its vfio device is open in pid 43 (dpdk)"]);
}

#[test]
fn port_whose_own_vfio_device_is_open_names_the_process() {
    let tree = Tree::with_two_vfs();
    tree.process(43, "testpmd", &["/dev/vfio/14"]);
    tree.link("sys/bus/pci/devices/0000:01:00.0/iommu_group", "../../../../kernel/iommu_groups/14");
    assert!(tree.pf_facts().openers.is_empty());
    std::fs::remove_file(tree.path("sys/bus/pci/devices/0000:01:00.0/driver")).expect("a driver");
    tree.link("sys/bus/pci/devices/0000:01:00.0/driver", "../../drivers/vfio-pci");
    assert_eq!(tree.pf_facts().openers.into_iter().collect::<Vec<_>>(), ["pid 43 (testpmd)"]);
}

#[test]
fn vfio_device_that_the_kernel_does_not_name_may_be_any() {
    let tree = Tree::with_two_vfs();
    tree.process(44, "vmm", &["anon_inode:[vfio-device]"]);
    assert_eq!(
        uses(&tree, 1),
        ["possibly in use: pid 44 (vmm) has a vfio device open, and the kernel does not say which"]
    );
    tree.file("proc/44/fdinfo/0", "pos:\t0\nvfio-device-syspath: /sys/devices/pci0000:00/0000:01:10.2\n");
    assert_eq!(uses(&tree, 1), ["its vfio device is open in pid 44 (vmm)"]);
}

#[test]
fn device_files_of_rdma_and_uio_are_uses_but_do_not_block() {
    let tree = Tree::with_two_vfs();
    tree.file("sys/bus/pci/devices/0000:01:10.0/infiniband_verbs/uverbs3/dev", "231:3\n");
    tree.process(46, "testpmd", &["/dev/infiniband/uverbs3", "/dev/uio0", "/dev/infiniband/uverbs30"]);
    assert_eq!(uses(&tree, 0), ["its /dev/infiniband/uverbs3 is open in pid 46 (testpmd)"]);
    assert!(!tree.pf_facts().vfs[&VfIndex(0)].uses[0].blocks_the_kernel());
    tree.file("sys/bus/pci/devices/0000:01:10.0/uio/uio0/dev", "240:0\n");
    assert_eq!(uses(&tree, 0).len(), 2);
}

#[test]
fn vdpa_device_that_a_guest_has_open_is_a_use_that_blocks() {
    let tree = Tree::with_two_vfs();
    tree.vdpa("0000:01:10.0", "blue", "vhost-vdpa-3");
    tree.vdpa("0000:01:10.2", "vdpa1", "vhost-vdpa-30");
    assert_eq!(uses(&tree, 0), [""; 0]);
    tree.process(46, "qemu-system-x86", &["/dev/vhost-vdpa-3"]);
    assert_eq!(uses(&tree, 0), ["its /dev/vhost-vdpa-3 is open in pid 46 (qemu-system-x86)"]);
    assert!(tree.pf_facts().vfs[&VfIndex(0)].uses[0].blocks_the_kernel());
    assert_eq!(uses(&tree, 1), [""; 0]);
    std::fs::remove_dir_all(tree.path("proc/1")).expect("removed");
    assert_eq!(uses(&tree, 0).len(), 2);
}

#[test]
fn processes_that_are_hidden_may_have_any_vfio_device_open() {
    let tree = Tree::with_two_vfs();
    std::fs::remove_dir_all(tree.path("proc/1")).expect("removed");
    assert_eq!(uses(&tree, 1), ["possibly in use: processes of other users are not visible"]);
    assert_eq!(uses(&tree, 0), [""; 0]);
    assert_eq!(tree.facts().unread, ["processes of other users are not visible"]);
}

#[test]
fn process_whose_name_or_files_cannot_be_read_may_have_any_vfio_device_open() {
    let why = |what: &str, errno: &str| {
        format!("possibly in use: {what} 1 process are not readable ({errno}); run as root")
    };
    // Root may read all: a folder in a file's place, and the reverse, fail all the same.
    let tree = Tree::with_two_vfs();
    tree.file("proc/47/comm/not-a-file", "");
    assert_eq!(uses(&tree, 1), [why("the names of", "EISDIR: is a directory")]);
    assert_eq!(uses(&tree, 0), [""; 0]);

    let tree = Tree::with_two_vfs();
    tree.file("proc/47/comm", "qemu\n");
    tree.file("proc/47/fd", "not a folder");
    assert_eq!(uses(&tree, 1), [why("the open files of", "ENOTDIR: not a directory")]);

    let tree = Tree::with_two_vfs();
    tree.process(47, "qemu", &["/dev/null"]);
    tree.file("proc/47/fd/9", "not a link");
    assert_eq!(uses(&tree, 1), [why("the open files of", "EINVAL: invalid argument")]);

    // One that ended meanwhile has nothing open.
    let tree = Tree::with_two_vfs();
    std::fs::create_dir(tree.path("proc/47")).expect("a folder");
    tree.file("proc/48/comm", "ended\n");
    assert_eq!(uses(&tree, 1), [""; 0]);
}

#[test]
fn vf_whose_unbind_waits_for_its_user_is_in_use_without_driver() {
    let tree = Tree::with_two_vfs();
    tree.vf("0000:01:00.0", 2, "0000:01:10.4", None, 16);
    tree.process(45, "qemu-system-x86", &["/dev/vfio/16"]);
    assert_eq!(uses(&tree, 2), ["its vfio device is open in pid 45 (qemu-system-x86)"]);
}

#[test]
fn vf_whose_interfaces_are_all_elsewhere_is_never_free() {
    let tree = Tree::with_two_vfs();
    std::fs::create_dir(tree.path("sys/bus/pci/devices/0000:01:10.0/net")).expect("a folder");
    let found = uses(&tree, 0);
    assert!(found.len() == 1 && found[0].starts_with("in network namespace that"), "{found:?}");
}

#[test]
fn threads_of_the_kernel_are_passed_over_but_for_the_files_of_a_helper_among_them() {
    let tree = Tree::with_two_vfs();
    tree.process(2, "kthreadd", &[]);
    tree.file("proc/2/task/2/children", "3 4 5 ");
    // Whoever reads these names fails.
    for pid in [3, 4] {
        tree.file(&format!("proc/{pid}/comm/not-a-file"), "");
        std::fs::create_dir(tree.path(&format!("proc/{pid}/fd"))).expect("a folder");
    }
    assert_eq!(uses(&tree, 1), [""; 0]);
    assert_eq!(tree.facts().unread, [""; 0]);
    tree.link("proc/4/fd/0", "/dev/vfio/15");
    assert_eq!(uses(&tree, 1), ["its vfio device is open in pid 4 (started by the kernel)"]);
    // Another process 2 has children like any other.
    tree.process(2, "bash", &[]);
    assert_eq!(
        tree.facts().unread,
        ["the names of 2 processes are not readable (EISDIR: is a directory); run as root"]
    );
}
