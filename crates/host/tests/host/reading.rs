//! Tests of facts from a tree of files.

use vfctl_model::VfIndex;
use vfctl_port::{Observe, Use};

use crate::tree::{PF, Tree};

fn uses(tree: &Tree, vf: u16) -> Vec<String> {
    tree.pf_facts().vfs[&VfIndex(vf)].uses.iter().map(Use::to_string).collect()
}

#[test]
fn pf_and_vfs_are_read_as_sysfs_has_them() {
    let tree = Tree::with_two_vfs();
    tree.file(
        "usr/share/misc/pci.ids",
        "8086  Intel Corporation\n\t10c9  82576 Gigabit Network Connection\n",
    );
    insta::assert_json_snapshot!(tree.pf_facts());
}

#[test]
fn every_class_and_bus_with_vfs_is_a_pf_and_nothing_else_is() {
    let tree = Tree::with_two_vfs();
    tree.pf("0000:04:00.0", "nvme");
    tree.file("sys/bus/pci/devices/0000:04:00.0/class", "0x010802\n");
    tree.file("sys/bus/pci/devices/0000:05:00.0/class", "0x020000\n");
    tree.file("sys/bus/netdevsim/devices/netdevsim3/sriov_numvfs", "2\n");
    let facts = tree.facts();
    let found: Vec<String> = facts.physical_functions.keys().map(ToString::to_string).collect();
    assert_eq!(found, [PF, "pci/0000:04:00.0", "netdevsim/netdevsim3"]);
    let simulated = &facts.physical_functions[&"netdevsim/netdevsim3".parse().expect("an address")];
    assert_eq!((simulated.total_vfs, simulated.vf_count, simulated.vfs.len()), (4, 2, 2));
}

#[test]
fn pf_that_is_gone_is_none_and_one_that_cannot_have_vfs_too() {
    let tree = Tree::with_two_vfs();
    tree.file("sys/bus/pci/devices/0000:05:00.0/class", "0x020000\n");
    let host = tree.host();
    for address in ["pci/0000:09:00.0", "pci/0000:05:00.0", "netdevsim/netdevsim0"] {
        let address = address.parse().expect("an address");
        assert_eq!(host.observe_pf(&address).expect("an answer"), None, "{address}");
    }
    assert!(host.observe_pf(&PF.parse().expect("an address")).expect("an answer").is_some());
}

#[test]
fn removal_that_waits_for_a_vf_is_told_by_the_vfs_that_are_left() {
    let tree = Tree::with_two_vfs();
    std::fs::remove_file(tree.path("sys/bus/pci/devices/0000:01:00.0/virtfn0")).expect("removed");
    let facts = tree.pf_facts();
    assert_eq!(facts.vf_count, 1);
    assert_eq!(
        facts.unread,
        ["VFs before 1: somebody is removing the PF's VFs, or waits for one that is open"]
    );
}

#[test]
fn group_names_its_siblings_but_no_bridge() {
    let tree = Tree::with_two_vfs();
    tree.group(15, "0000:01:10.4");
    tree.group(15, "0000:00:1c.0");
    tree.file("sys/bus/pci/devices/0000:00:1c.0/class", "0x060400\n");
    let group = tree.pf_facts().vfs[&VfIndex(1)].iommu_group.clone().expect("a group");
    assert_eq!(group.siblings.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0000:01:10.4"]);
}

#[test]
fn default_driver_is_the_one_of_the_vfs_ids() {
    let driver = |tree: &Tree| {
        let facts = tree.pf_facts();
        (facts.vf_default_driver.map(|driver| driver.to_string()), facts.unread)
    };
    let igbvf = || (Some("igbvf".to_owned()), vec![]);
    let tree = Tree::empty();
    tree.pf("0000:01:00.0", "igb");
    assert_eq!(driver(&tree), igbvf());
    tree.vf("0000:01:00.0", 0, "0000:01:10.0", Some("pci-stub"), 14);
    tree.vf("0000:01:00.0", 1, "0000:01:10.2", Some("someones"), 15);
    assert_eq!(driver(&tree), igbvf());
    tree.file("lib/modules/6.12.0-test/modules.alias", "alias pci:v000015B3d* mlx5_core\n");
    assert_eq!(driver(&tree), (None, vec![]));
}

#[test]
fn default_driver_is_a_holders_where_no_ids_can_be_asked() {
    for (holder, found) in [
        (Some("igbvf"), Some("igbvf")),
        (Some("vfio-pci"), None),
        (Some("mlx5_vfio_pci"), None),
        (Some("uio_pci_generic"), None),
        (Some("igb_uio"), None),
        (Some("pci-stub"), None),
        (Some("pciback"), None),
        (None, None),
    ] {
        let tree = Tree::empty();
        tree.pf("0000:01:00.0", "igb");
        tree.vf("0000:01:00.0", 0, "0000:01:10.0", holder, 14);
        std::fs::remove_file(tree.path("lib/modules/6.12.0-test/modules.alias")).expect("removed");
        let facts = tree.pf_facts();
        let driver = facts.vf_default_driver.map(|driver| driver.to_string());
        assert_eq!(driver.as_deref(), found, "{holder:?}");
        let told = facts.unread.iter().any(|unread| unread.contains("modules.alias"));
        assert_eq!(told, found.is_none(), "{:?}", facts.unread);
    }
}

#[test]
fn driver_whose_module_is_barred_is_no_default_unless_it_is_there() {
    let with = |files: &[(&str, &str)]| {
        let tree = Tree::empty();
        tree.pf("0000:01:00.0", "igb");
        for (path, text) in files {
            tree.file(path, text);
        }
        tree
    };
    let found = |tree: &Tree| tree.pf_facts().vf_default_driver.map(|driver| driver.to_string());
    let barred: [&[(&str, &str)]; 7] = [
        &[("etc/modprobe.d/sriov.conf", "# for guests\nblacklist igbvf\n")],
        &[("run/modprobe.d/sriov.conf", "blacklist \\\n  igbvf\n")],
        &[("usr/lib/modprobe.d/sriov.conf", "install igbvf /bin/false\n")],
        &[("lib/modprobe.d/sriov.conf", "install igbvf /usr/bin/true\n")],
        &[("proc/cmdline", "quiet module_blacklist=nouveau,igbvf\n")],
        &[("proc/cmdline", "modprobe.blacklist=igbvf\n")],
        // Only the strongest of a name counts.
        &[("etc/modprobe.d/a.conf", "blacklist igbvf\n"), ("lib/modprobe.d/a.conf", "")],
    ];
    for files in barred {
        let tree = with(files);
        assert_eq!((found(&tree), tree.pf_facts().unread), (None, vec![]), "{files:?}");
        tree.driver("igbvf");
        assert_eq!(found(&tree).as_deref(), Some("igbvf"), "{files:?}");
    }
    let allowed: [&[(&str, &str)]; 4] = [
        &[("etc/modprobe.d/a.conf", ""), ("lib/modprobe.d/a.conf", "blacklist igbvf\n")],
        &[("etc/modprobe.d/README", "blacklist igbvf\n")],
        &[("etc/modprobe.d/a.conf", "blacklist igb\noptions igbvf x=1\n")],
        &[("etc/modprobe.d/a.conf", "install igbvf /sbin/modprobe --ignore-install igbvf\n")],
    ];
    for files in allowed {
        assert_eq!(found(&with(files)).as_deref(), Some("igbvf"), "{files:?}");
    }
    // What cannot be read may bar it.
    let tree = with(&[("etc/modprobe.d/a.conf/not-a-file", "")]);
    assert_eq!(found(&tree), None);
    let unread = tree.pf_facts().unread;
    assert!(unread.len() == 1 && unread[0].ends_with("a.conf: EISDIR: is a directory"), "{unread:?}");
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
        format!("possibly in use: {what} 1 processes are not readable ({errno}); run as root")
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
fn override_whose_reader_hangs_is_unread_and_the_others_are_read() {
    let tree = Tree::with_two_vfs();
    tree.hanging("sys/bus/pci/devices/0000:01:10.0/driver_override");
    let facts = tree.pf_facts();
    assert_eq!(facts.vfs[&VfIndex(1)].driver_override.as_ref().map(|d| d.as_str()), Some("vfio-pci"));
    assert_eq!(facts.unread.len(), 1);
    assert!(
        facts.unread[0].starts_with("driver_override of VF 0: the kernel keeps pid "),
        "{:?}",
        facts.unread
    );
    std::fs::write(tree.path("sys/bus/pci/devices/0000:01:10.0/driver_override"), "")
        .expect("the child goes on");
}

#[test]
fn stuck_write_of_an_earlier_run_is_seen() {
    let tree = Tree::with_two_vfs();
    tree.process(77, "vfctl-store", &[]);
    let path = "/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs";
    tree.file("proc/77/cmdline", format!("/proc/self/exe\0__store\0then\0{path}\x000\0"));
    let stuck = tree.facts().system.stuck_stores;
    assert_eq!(stuck.len(), 1);
    assert_eq!(
        (stuck[0].pid, stuck[0].device.to_string(), stuck[0].path.as_str()),
        (77, PF.to_owned(), path)
    );
}

#[test]
fn system_says_what_manages_links_what_is_locked_and_what_the_iommu_does() {
    let tree = Tree::with_two_vfs();
    tree.file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    tree.file("sys/module/vfio_pci/refcnt", "0\n");
    tree.process(1, "systemd", &[]);
    tree.process(300, "systemd-network", &[]);
    tree.process(301, "NetworkManager", &[]);
    let system = tree.facts().system;
    assert_eq!(system.kernel, "6.12.0-test");
    assert_eq!(system.arguments, ["quiet", "iommu=pt"]);
    assert_eq!(system.lockdown.as_deref(), Some("integrity"));
    assert_eq!((system.iommu.groups, system.iommu.kinds.len()), (2, 1));
    assert!(system.modules.contains(&"vfio-pci".parse().expect("a module")));
    let managers: Vec<&str> = system.link_managers.iter().map(|manager| manager.name.as_str()).collect();
    assert_eq!(managers, ["NetworkManager", "systemd-networkd"]);
    // The PFs of some cards have the same driver as their VFs.
    let by_driver = |remedy: &str| remedy.to_lowercase().contains("driver");
    assert!(!system.link_managers.iter().any(|manager| by_driver(&manager.remedy)), "{system:?}");
}

#[test]
fn module_that_is_part_of_the_kernel_is_there_without_an_entry_of_its_own() {
    let tree = Tree::empty();
    tree.file("sys/module/igb/refcnt", "1\n");
    let has = |name: &str| tree.facts().system.modules.contains(&name.parse().expect("a module"));
    assert_eq!((has("igb"), has("br-netfilter"), has("vfio_pci")), (true, false, false));
    tree.file(
        "lib/modules/6.12.0-test/modules.builtin",
        "kernel/net/bridge/br_netfilter.ko\nkernel/drivers/vfio/pci/vfio-pci.ko.xz\n",
    );
    assert_eq!((has("igb"), has("br-netfilter"), has("vfio_pci")), (true, true, true));
}

#[test]
fn vfio_without_iommu_is_told_and_its_own_groups_are_none_of_the_iommus() {
    let tree = Tree::empty();
    tree.file("sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
    tree.file("sys/kernel/iommu_groups/0/type", "unknown\n");
    for (parameter, expected) in [("N\n", false), ("Y\n", true)] {
        tree.file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", parameter);
        let iommu = tree.facts().system.iommu;
        assert_eq!((iommu.unsafe_noiommu, iommu.groups, iommu.kinds.len()), (expected, 0, 0));
    }
}

#[test]
fn machine_without_sysfs_is_an_error_and_not_an_empty_host() {
    let tree = Tree::empty();
    std::fs::remove_dir_all(tree.path("sys")).expect("removed");
    assert!(tree.host().observe_host().is_err());
}
