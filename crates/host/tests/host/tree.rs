//! A machine in a folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;
use vfctl_host::{HostOptions, LinuxHost, Roots};
use vfctl_model::DeviceAddress;
use vfctl_port::{HostFacts, Observe, Observed, PfFacts, Scope, SystemFacts, What};

/// The PF of most tests.
pub(crate) const PF: &str = "pci/0000:01:00.0";

/// The name of the machine.
const HOST: &str = "lab";
/// How long a read that can hang may take: long enough that the host's own limit is shorter.
pub(crate) const READ_LIMIT: Duration = Duration::from_secs(20);

/// A folder with files and links of a machine.
pub(crate) struct Tree(TempDir);

impl Tree {
    /// Returns an empty machine with a PCI bus and a process list.
    pub(crate) fn empty() -> Self {
        let tree = Self(tempfile::tempdir().expect("a folder"));
        for folder in ["sys/bus/pci/devices", "sys/bus/pci/drivers", "proc/sys/kernel", "dev"] {
            fs::create_dir_all(tree.path(folder)).expect("a folder");
        }
        tree.process(1, "init", &[]);
        tree.file("proc/sys/kernel/osrelease", "6.12.0-test\n");
        tree.file("proc/cmdline", "quiet iommu=pt\n");
        tree.file(
            "lib/modules/6.12.0-test/modules.alias",
            "alias pci:v00008086d000010CAsv*sd*bc*sc*i* igbvf\n",
        );
        tree
    }

    /// Returns a machine with one PF of igb and two VFs: VF 0 on igbvf, VF 1 on vfio-pci.
    pub(crate) fn with_two_vfs() -> Self {
        let tree = Self::empty();
        tree.pf("0000:01:00.0", "igb");
        tree.vf("0000:01:00.0", 0, "0000:01:10.0", Some("igbvf"), 14);
        tree.vf("0000:01:00.0", 1, "0000:01:10.2", Some("vfio-pci"), 15);
        tree.file("sys/bus/pci/devices/0000:01:10.2/driver_override", "vfio-pci\n");
        tree
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect("a text")
    }

    /// Writes a file and the folders it is in.
    pub(crate) fn file(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Makes a link and the folders it is in.
    pub(crate) fn link(&self, path: &str, target: impl AsRef<Path>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        symlink(target, path).expect("a link");
    }

    /// Puts a file there that lets its reader or writer wait without end.
    pub(crate) fn hanging(&self, path: &str) {
        let path = self.path(path);
        let _ = fs::remove_file(&path);
        mkfifo(&path, Mode::S_IRWXU).expect("a pipe with a name");
    }

    /// Lets whoever still reads such a file go on. Opened for both ways, since nobody may be there any more.
    pub(crate) fn release(&self, path: &str) {
        drop(fs::OpenOptions::new().read(true).write(true).open(self.path(path)).expect("the pipe"));
    }

    /// Adds a PF of Intel's 82576.
    pub(crate) fn pf(&self, address: &str, driver: &str) {
        let folder = format!("sys/bus/pci/devices/{address}");
        for (name, text) in [
            ("vendor", "0x8086"),
            ("device", "0x10c9"),
            ("class", "0x020000"),
            ("numa_node", "-1"),
            ("modalias", "pci:v00008086d000010C9sv00008086sd0000A03Cbc02sc00i00"),
            ("sriov_totalvfs", "7"),
            ("sriov_numvfs", "0"),
            ("sriov_drivers_autoprobe", "1"),
            ("sriov_offset", "128"),
            ("sriov_stride", "2"),
            ("sriov_vf_device", "10ca"),
        ] {
            self.file(&format!("{folder}/{name}"), format!("{text}\n"));
        }
        self.driver(driver);
        self.link(&format!("{folder}/driver"), format!("../../drivers/{driver}"));
    }

    /// Adds a VF.
    pub(crate) fn vf(&self, pf: &str, index: u16, address: &str, driver: Option<&str>, group: u32) {
        let folder = format!("sys/bus/pci/devices/{address}");
        self.link(&format!("sys/bus/pci/devices/{pf}/virtfn{index}"), format!("../{address}"));
        self.file(&format!("{folder}/class"), "0x020000\n");
        self.file(&format!("{folder}/driver_override"), "(null)\n");
        self.file(&format!("{folder}/modalias"), "pci:v00008086d000010CAsv00008086sd0000A03Cbc02sc00i00\n");
        if let Some(driver) = driver {
            self.driver(driver);
            self.link(&format!("{folder}/driver"), format!("../../drivers/{driver}"));
        }
        self.group(group, address);
    }

    /// Adds a vdpa device of a function, with the file that guests open.
    pub(crate) fn vdpa(&self, function: &str, name: &str, file: &str) {
        self.file(&format!("sys/bus/pci/devices/{function}/{name}/{file}/dev"), "510:0\n");
        self.link(
            &format!("sys/bus/vdpa/devices/{name}"),
            format!("../../../bus/pci/devices/{function}/{name}"),
        );
    }

    /// Adds a driver with the files that unbind and bind.
    pub(crate) fn driver(&self, driver: &str) {
        for name in ["bind", "unbind"] {
            self.file(&format!("sys/bus/pci/drivers/{driver}/{name}"), "");
        }
    }

    /// Puts a function into an IOMMU group.
    pub(crate) fn group(&self, group: u32, address: &str) {
        let folder = format!("sys/kernel/iommu_groups/{group}");
        self.file(&format!("{folder}/type"), "DMA-FQ\n");
        self.link(&format!("{folder}/devices/{address}"), format!("../../../../bus/pci/devices/{address}"));
        self.link(
            &format!("sys/bus/pci/devices/{address}/iommu_group"),
            format!("../../../../kernel/iommu_groups/{group}"),
        );
    }

    /// Adds a process with these open files.
    pub(crate) fn process(&self, pid: u32, name: &str, open: &[&str]) {
        self.file(&format!("proc/{pid}/comm"), format!("{name}\n"));
        self.file(&format!("proc/{pid}/status"), "PPid:\t1\nUid:\t0\t0\t0\t0\n");
        fs::create_dir_all(self.path(&format!("proc/{pid}/fd"))).expect("a folder");
        for (number, target) in open.iter().enumerate() {
            self.link(&format!("proc/{pid}/fd/{number}"), target);
        }
    }

    pub(crate) fn host(&self) -> LinuxHost {
        let options =
            HostOptions { roots: Roots::under(self.0.path()), ssh_local: None, executable: executable() };
        LinuxHost::new(HOST.parse().expect("a name"), options)
    }

    /// Returns the scope by which the machine is reached.
    pub(crate) fn scope(&self) -> Scope {
        Scope::Host(HOST.parse().expect("a name"))
    }

    pub(crate) fn facts(&self) -> HostFacts {
        match self.host().observe(&self.scope(), &What::Whole, READ_LIMIT).expect("facts") {
            Observed::Host(facts) => *facts,
            other => panic!("not a host: {other:?}"),
        }
    }

    /// Returns the facts of the machine alone.
    pub(crate) fn system(&self) -> SystemFacts {
        match self.host().observe(&self.scope(), &What::System, READ_LIMIT).expect("facts") {
            Observed::System(facts) => *facts,
            other => panic!("not a system: {other:?}"),
        }
    }

    /// Returns the facts of one PF, read by itself.
    pub(crate) fn one_pf(&self, address: &str) -> Option<PfFacts> {
        let address: DeviceAddress = address.parse().expect("an address");
        match self.host().observe(&self.scope(), &What::Pf(address.clone()), READ_LIMIT).expect("facts") {
            Observed::Pf(pf, facts) if pf == address => facts.map(|facts| *facts),
            other => panic!("not the PF: {other:?}"),
        }
    }

    pub(crate) fn pf_facts(&self) -> PfFacts {
        let address = PF.parse().expect("an address");
        self.facts().physical_functions.remove(&address).expect("the PF")
    }
}

/// Returns the example program, which can be this crate's child; `cargo test` builds it.
pub(crate) fn executable() -> PathBuf {
    let own = std::env::current_exe().expect("the test's path");
    let folder = own.parent().and_then(Path::parent).expect("the folder of what is built");
    let example = folder.join("examples/facts");
    assert!(example.is_file(), "{}: build it with `cargo build --example facts`", example.display());
    example
}
