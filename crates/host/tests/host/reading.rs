//! Tests of facts from a tree of files.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use vfctl_model::VfIndex;
use vfctl_port::{Observe, Observed, Scope, What};

use crate::tree::{PF, READ_LIMIT, Tree};

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
    assert_eq!((simulated.total_vfs, simulated.vf_count, simulated.vfs.len()), (Some(4), 2, 2));
}

#[test]
fn total_that_only_root_may_read_is_unread_and_no_default() {
    let tree = Tree::with_two_vfs();
    tree.file("sys/bus/netdevsim/devices/netdevsim3/sriov_numvfs", "2\n");
    // A folder cannot be read as a file by anybody, root included.
    tree.file("sys/kernel/debug/netdevsim/netdevsim3/max_vfs/folder", "");
    let facts = tree.facts();
    let simulated = &facts.physical_functions[&"netdevsim/netdevsim3".parse().expect("an address")];
    assert_eq!((simulated.total_vfs, simulated.vf_count), (None, 2));
    let told = serde_json::to_string(&facts).expect("facts");
    assert!(told.contains("how many VFs the device offers"), "{told}");
}

#[test]
fn pf_that_is_gone_is_none_and_one_that_cannot_have_vfs_too() {
    let tree = Tree::with_two_vfs();
    tree.file("sys/bus/pci/devices/0000:05:00.0/class", "0x020000\n");
    for address in ["pci/0000:09:00.0", "pci/0000:05:00.0", "netdevsim/netdevsim0"] {
        assert_eq!(tree.one_pf(address), None, "{address}");
    }
    assert!(tree.one_pf(PF).is_some());
}

#[test]
fn removal_that_waits_for_a_vf_shows_in_the_vfs_that_are_left() {
    let tree = Tree::with_two_vfs();
    std::fs::remove_file(tree.path("sys/bus/pci/devices/0000:01:00.0/virtfn0")).expect("removed");
    let facts = tree.pf_facts();
    assert_eq!(facts.vf_count, 1);
    assert_eq!(
        facts.unread,
        ["VFs before 1: another process is removing the PF's VFs, or waits for one that is open"]
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
        let is_reported = facts.unread.iter().any(|unread| unread.contains("modules.alias"));
        assert_eq!(is_reported, found.is_none(), "{:?}", facts.unread);
    }
}

#[test]
fn driver_whose_module_is_blacklisted_is_no_default_unless_it_is_there() {
    let with = |files: &[(&str, &str)]| {
        let tree = Tree::empty();
        tree.pf("0000:01:00.0", "igb");
        for (path, text) in files {
            tree.file(path, text);
        }
        tree
    };
    let found = |tree: &Tree| tree.pf_facts().vf_default_driver.map(|driver| driver.to_string());
    let blacklisting: [&[(&str, &str)]; 7] = [
        &[("etc/modprobe.d/sriov.conf", "# for guests\nblacklist igbvf\n")],
        &[("run/modprobe.d/sriov.conf", "blacklist \\\n  igbvf\n")],
        &[("usr/lib/modprobe.d/sriov.conf", "install igbvf /bin/false\n")],
        &[("lib/modprobe.d/sriov.conf", "install igbvf /usr/bin/true\n")],
        &[("proc/cmdline", "quiet module_blacklist=nouveau,igbvf\n")],
        &[("proc/cmdline", "modprobe.blacklist=igbvf\n")],
        // Only the strongest of a name counts.
        &[("etc/modprobe.d/a.conf", "blacklist igbvf\n"), ("lib/modprobe.d/a.conf", "")],
    ];
    for files in blacklisting {
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
    // What cannot be read may blacklist it.
    let tree = with(&[("etc/modprobe.d/a.conf/not-a-file", "")]);
    assert_eq!(found(&tree), None);
    let unread = tree.pf_facts().unread;
    assert!(unread.len() == 1 && unread[0].ends_with("a.conf: EISDIR: is a directory"), "{unread:?}");
}

#[test]
fn override_whose_reader_hangs_is_unread_and_the_others_are_read() {
    let tree = Tree::with_two_vfs();
    tree.hanging("sys/bus/pci/devices/0000:01:10.0/driver_override");
    let facts = tree.pf_facts();
    assert_eq!(facts.vfs[&VfIndex(1)].driver_override.as_ref().map(|d| d.as_str()), Some("vfio-pci"));
    assert_eq!(facts.unread.len(), 1);
    assert!(facts.unread[0].starts_with("driver_override of VF 0: pid "), "{:?}", facts.unread);
    tree.release("sys/bus/pci/devices/0000:01:10.0/driver_override");
}

#[test]
fn reads_that_hang_end_at_the_callers_limit_where_that_is_the_smaller_one() {
    let tree = Tree::with_two_vfs();
    tree.hanging("sys/bus/pci/devices/0000:01:10.0/driver_override");
    let (host, pf, begin) = (tree.host(), PF.parse().expect("an address"), Instant::now());
    let limit = Duration::from_millis(100);
    let observed = host.observe(&tree.scope(), &What::Pf(pf), limit).expect("facts");
    // By itself the host waits for 2 s.
    assert!(begin.elapsed() < Duration::from_millis(1900), "{:?}", begin.elapsed());
    let Observed::Pf(_, Some(facts)) = observed else { panic!("{observed:?}") };
    assert!(facts.vfs[&VfIndex(0)].driver_override_unread);
    tree.release("sys/bus/pci/devices/0000:01:10.0/driver_override");
}

#[test]
fn two_devices_that_are_stuck_do_not_keep_the_third_from_being_read() {
    let tree = Tree::empty();
    let pfs = ["0000:01:00.0", "0000:02:00.0", "0000:03:00.0"];
    for (number, pf) in pfs.iter().enumerate() {
        tree.pf(pf, "igb");
        for vf in 0..3 {
            let address = format!("0000:0{}:10.{vf}", number + 1);
            tree.vf(pf, vf, &address, Some("igbvf"), 14);
            if number < 2 {
                tree.hanging(&format!("sys/bus/pci/devices/{address}/driver_override"));
            } else {
                tree.file(&format!("sys/bus/pci/devices/{address}/driver_override"), "vfio-pci\n");
            }
        }
    }
    let limit = Duration::from_millis(200);
    let observed = tree.host().observe(&tree.scope(), &What::Whole, limit).expect("facts");
    let Observed::Host(host) = observed else { panic!("{observed:?}") };
    let read = |pf: &str| -> Vec<bool> {
        let pf = &host.physical_functions[&format!("pci/{pf}").parse().expect("an address")];
        pf.vfs.values().map(|vf| !vf.driver_override_unread).collect()
    };
    assert_eq!(pfs.map(read), [vec![false; 3], vec![false; 3], vec![true; 3]]);
    assert!(host.physical_functions[&"pci/0000:03:00.0".parse().expect("an address")].unread.is_empty());
    for (bus, vf) in (1..3).flat_map(|bus| (0..3).map(move |vf| (bus, vf))) {
        // Those whose turn did not come have no reader.
        let path = tree.path(&format!("sys/bus/pci/devices/0000:0{bus}:10.{vf}/driver_override"));
        let flags = nix::fcntl::OFlag::O_WRONLY | nix::fcntl::OFlag::O_NONBLOCK;
        drop(nix::fcntl::open(&path, flags, nix::sys::stat::Mode::empty()));
    }
}

#[test]
fn one_pf_with_all_that_concerns_it_is_as_in_the_whole_and_no_other_is_read() {
    let tree = Tree::with_two_vfs();
    tree.process(42, "qemu-system-x86", &["/dev/vfio/15"]);
    tree.pf("0000:04:00.0", "igb");
    let mut whole = tree.facts();
    // Whoever reads one of these waits without end.
    for file in ["vendor", "numa_node"] {
        tree.hanging(&format!("sys/bus/pci/devices/0000:04:00.0/{file}"));
    }
    let (sender, receiver) = mpsc::channel();
    let (host, scope, only) = (tree.host(), tree.scope(), What::OnlyPf(PF.parse().ok()));
    thread::spawn(move || sender.send(host.observe(&scope, &only, READ_LIMIT)));
    let observed = receiver.recv_timeout(Duration::from_secs(10)).expect("an answer").expect("facts");
    whole.physical_functions.retain(|pf, _| pf.to_string() == PF);
    assert_eq!(whole.physical_functions.len(), 1);
    assert_eq!(observed, Observed::Host(Box::new(whole)));
}

#[test]
fn other_scopes_are_out_of_reach() {
    let tree = Tree::with_two_vfs();
    for (scope, why) in [
        (Scope::Cluster, "reach cluster from here"),
        (Scope::Host("other".parse().expect("a name")), "reach host other from here"),
    ] {
        for what in [What::Whole, What::System, What::Pf(PF.parse().expect("an address"))] {
            let error = tree.host().observe(&scope, &what, READ_LIMIT).expect_err("no facts");
            assert_eq!(error.to_string(), why);
        }
    }
}

#[test]
fn system_alone_is_the_hosts_and_no_pf_is_read_for_it() {
    let tree = Tree::with_two_vfs();
    tree.file("sys/module/vfio_pci/refcnt", "0\n");
    tree.process(300, "NetworkManager", &[]);
    tree.process(77, "vfctl-store", &[]);
    tree.file(
        "proc/77/cmdline",
        "/proc/self/exe\0__store\0then\0/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs\x000\0",
    );
    let of_host = tree.facts().system;
    assert_eq!((of_host.link_managers.len(), of_host.stuck_stores.len()), (1, 1));
    assert_eq!(tree.system(), of_host);
    // Whoever reads one of these waits without end.
    for file in ["0000:01:00.0/sriov_totalvfs", "0000:01:00.0/vendor", "0000:01:10.0/class"] {
        tree.hanging(&format!("sys/bus/pci/devices/{file}"));
    }
    let (sender, receiver) = mpsc::channel();
    let (host, scope) = (tree.host(), tree.scope());
    thread::spawn(move || sender.send(host.observe(&scope, &What::System, READ_LIMIT).is_ok()));
    assert_eq!(receiver.recv_timeout(Duration::from_secs(10)), Ok(true));
}

#[test]
fn interface_of_the_ssh_connection_is_found_for_the_system_alone_as_for_the_host() {
    let tree = Tree::empty();
    tree.file("proc/self/environ", "SSH_CONNECTION=127.0.0.1 51000 127.0.0.1 22\0");
    assert_eq!(tree.system().ssh_interface, tree.facts().system.ssh_interface);
    let loopback = tree.system().ssh_interface.map(|name| name.to_string());
    assert_eq!(loopback.as_deref(), Some("lo"), "lo is up in the tests' network namespace");
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
fn another_users_process_is_no_stuck_write_whatever_it_calls_itself() {
    let tree = Tree::with_two_vfs();
    let path = "/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs";
    // Who makes it root's for a moment keeps ids of their own.
    for (pid, ids) in [(77, "1000\t1000\t1000\t1000"), (78, "1000\t0\t0\t0")] {
        tree.process(pid, "vfctl-store", &[]);
        tree.file(&format!("proc/{pid}/cmdline"), format!("/proc/self/exe\0__store\0then\0{path}\x000\0"));
        tree.file(&format!("proc/{pid}/status"), format!("PPid:\t1\nUid:\t{ids}\n"));
    }
    assert_eq!(tree.facts().system.stuck_stores, []);
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
fn modules_with_pci_drivers_are_known_before_they_are_loaded() {
    let tree = Tree::empty();
    let loadable = |tree: &Tree| tree.facts().system.loadable.map(|modules| modules.to_string());
    assert_eq!(loadable(&tree), None, "without modules.dep nobody knows");
    tree.file(
        "lib/modules/6.12.0-test/modules.dep",
        "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\nkernel/fs/ext4/ext4.ko:\n\
         kernel/drivers/uio/uio_pci_generic.ko:\nextra/mine.ko.zst:\nkernel/drivers/net/igbvf/igbvf.ko:\n",
    );
    assert_eq!(loadable(&tree).as_deref(), Some("igbvf mine uio_pci_generic vfio_pci"));
    let aliases =
        "alias usb:v1 cdc\nalias vfio_pci:v000015B3d* mlx5_vfio_pci\nalias pci:v00008086d000010CAsv* igbvf\n";
    tree.file("lib/modules/6.12.0-test/modules.alias", aliases);
    assert_eq!(loadable(&tree).as_deref(), Some("igbvf mine mlx5_vfio_pci uio_pci_generic vfio_pci"));
    std::fs::remove_file(tree.path("lib/modules/6.12.0-test/modules.alias")).expect("removed");
    assert_eq!(loadable(&tree), None);
}

#[test]
fn vfio_without_iommu_is_reported_and_its_own_groups_are_none_of_the_iommus() {
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
    for what in [What::Whole, What::System] {
        assert!(tree.host().observe(&tree.scope(), &what, READ_LIMIT).is_err(), "{what:?}");
    }
}
