//! QEMU's command line for a topology.

use std::path::{Path, PathBuf};

use super::Accelerator;
use crate::guest::protocol;
use crate::topology::{IgbPort, NvmeController, Topology};

/// The disk in an image's folder.
const ROOT: &str = "root.ext4";

/// Where the guest's console goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Console {
    /// Into a file.
    Log(PathBuf),
    /// To the terminal, with a shell.
    Terminal,
}

/// The host's files that a machine uses.
#[derive(Debug, Clone)]
pub struct Files {
    /// The folder with `vmlinuz`, `initrd` and perhaps `root.ext4`.
    pub image: PathBuf,
    /// The folder shared with the guest.
    pub share: PathBuf,
    /// The folder that holds the program under test.
    pub programs: PathBuf,
    /// The socket of the conversation with the guest's agent.
    pub agent_socket: PathBuf,
    /// The socket of QEMU's monitor.
    pub monitor_socket: PathBuf,
}

/// The arguments after `qemu-system-x86_64`.
pub fn arguments(
    topology: &Topology,
    accelerator: Accelerator,
    files: &Files,
    console: &Console,
) -> Vec<String> {
    let mut line = Line::default();
    match accelerator {
        Accelerator::Kvm => line.add("-accel kvm -cpu host"),
        Accelerator::Tcg => line.add("-accel tcg,thread=multi -cpu max"),
    }
    line.add("-nographic -nodefaults -no-reboot -M q35,kernel-irqchip=split");
    line.add(&format!("-smp {} -m {}", topology.cpus, topology.memory));
    // VF BARs above 4 GiB do not work in QEMU 10.0.
    line.add("-global q35-pcihost.pci-hole64-size=0");
    if topology.iommu {
        line.add("-device intel-iommu,intremap=on");
    }
    let mut slot = 0;
    for port in &topology.igb {
        slot += 1;
        line.igb(port, slot);
    }
    for controller in &topology.nvme {
        slot += 1;
        line.nvme(controller, slot);
    }
    line.root(&files.image);
    line.ways_in(files);
    line.console(console);
    line.kernel(topology, accelerator, &files.image, console);
    line.0
}

#[derive(Debug, Default)]
struct Line(Vec<String>);

impl Line {
    /// Adds words that hold no paths.
    fn add(&mut self, words: &str) {
        self.0.extend(words.split_whitespace().map(str::to_owned));
    }

    fn option(&mut self, name: &str, value: String) {
        self.0.push(name.to_owned());
        self.0.push(value);
    }

    /// A root port of its own gives each VF an IOMMU group of its own.
    fn root_port(&mut self, slot: u32) {
        self.add(&format!("-device pcie-root-port,id=slot{slot},chassis={slot},slot={slot}"));
    }

    /// The device's id is the role: `set_link` on it cuts this port alone.
    fn igb(&mut self, port: &IgbPort, slot: u32) {
        let IgbPort { role, mac, hub } = port;
        self.root_port(slot);
        self.add(&format!("-netdev hubport,id=wire-{role},hubid={hub}"));
        self.add(&format!("-device igb,id={role},netdev=wire-{role},mac={mac},bus=slot{slot}"));
    }

    fn nvme(&mut self, controller: &NvmeController, slot: u32) {
        let NvmeController { role, vfs } = controller;
        self.root_port(slot);
        self.add(&format!("-device nvme-subsys,id=subsystem-{role}"));
        // Each VF needs two queues (admin and one of work) and one interrupt.
        let queues = vfs * 2;
        self.add(&format!(
            "-device nvme,id={role},serial={role},subsys=subsystem-{role},bus=slot{slot},\
             sriov_max_vfs={vfs},sriov_vq_flexible={queues},sriov_vi_flexible={vfs}"
        ));
    }

    /// The disk with the root, where the initrd is not all of it. What the guest writes is forgotten with it.
    fn root(&mut self, image: &Path) {
        let root = image.join(ROOT);
        if root.exists() {
            self.option(
                "-drive",
                format!("if=none,id=root,format=raw,snapshot=on,cache=unsafe,file={}", root.display()),
            );
            // Not among the ports: their bus numbers stay as they are.
            self.add("-device virtio-blk-pci,drive=root,bus=pcie.0");
        }
    }

    fn ways_in(&mut self, files: &Files) {
        let Files { image: _, share, programs, agent_socket, monitor_socket } = files;
        self.add("-device virtio-rng-pci -device virtio-serial-pci");
        self.option(
            "-chardev",
            format!("socket,id=agent,server=on,wait=off,path={}", agent_socket.display()),
        );
        self.add(&format!("-device virtserialport,chardev=agent,name={}", protocol::PORT));
        self.option("-qmp", format!("unix:{},server=on,wait=off", monitor_socket.display()));
        for (tag, folder, access) in [("share", share, "off"), ("programs", programs, "on")] {
            self.option(
                "-virtfs",
                format!(
                    "local,mount_tag={tag},security_model=none,multidevs=remap,readonly={access},path={}",
                    folder.display()
                ),
            );
        }
    }

    fn console(&mut self, console: &Console) {
        match console {
            Console::Log(path) => self.option("-serial", format!("file:{}", path.display())),
            Console::Terminal => self.add("-serial mon:stdio"),
        }
    }

    fn kernel(&mut self, topology: &Topology, accelerator: Accelerator, image: &Path, console: &Console) {
        self.option("-kernel", image.join("vmlinuz").display().to_string());
        self.option("-initrd", image.join("initrd").display().to_string());
        // The watchdogs take an emulated processor's slowness for a lockup.
        let mut words =
            "console=ttyS0 panic=-1 net.ifnames=0 mitigations=off random.trust_cpu=on nowatchdog \
                         rcupdate.rcu_cpu_stall_suppress=1 loglevel=5"
                .to_owned();
        if accelerator == Accelerator::Tcg {
            // On a busy machine the timer's interrupts come too late for the kernel's check of them, which panics.
            words.push_str(" no_timer_check");
        }
        if topology.iommu {
            words.push_str(" intel_iommu=on iommu=pt");
        }
        if *console == Console::Terminal {
            words.push_str(" testbed.console");
        }
        self.option("-append", words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(topology: &str, console: &Console) -> String {
        let topology = Topology::parse(topology, Path::new("t.toml")).unwrap();
        let files = Files {
            image: "/image".into(),
            share: "/share".into(),
            programs: "/programs".into(),
            agent_socket: "/agent".into(),
            monitor_socket: "/monitor".into(),
        };
        arguments(&topology, Accelerator::Tcg, &files, console).join(" ")
    }

    #[test]
    fn each_port_has_a_root_port_and_a_wire_of_its_own() {
        let line = line(
            "[[igb]]\nrole='a'\nmac='52:54:00:00:00:01'\n[[igb]]\nrole='b'\nmac='52:54:00:00:00:02'\nhub=2",
            &Console::Terminal,
        );
        assert!(line.contains("igb,id=a,netdev=wire-a,mac=52:54:00:00:00:01,bus=slot1"), "{line}");
        assert!(line.contains("igb,id=b,netdev=wire-b,mac=52:54:00:00:00:02,bus=slot2"), "{line}");
        assert!(line.contains("hubport,id=wire-b,hubid=2"), "{line}");
    }

    #[test]
    fn the_iommu_is_in_the_machine_and_in_the_kernel_or_in_neither() {
        let with = line("iommu = true", &Console::Terminal);
        assert!(with.contains("intel-iommu") && with.contains("intel_iommu=on"), "{with}");
        let without = line("", &Console::Terminal);
        assert!(!without.contains("iommu"), "{without}");
    }

    #[test]
    fn an_emulated_processor_is_not_taken_for_a_broken_one() {
        let line = line("", &Console::Terminal);
        assert!(line.contains("nowatchdog") && line.contains("no_timer_check"), "{line}");
    }

    #[test]
    fn a_root_on_a_disk_is_never_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut line = Line::default();
        line.root(folder.path());
        assert!(line.0.is_empty(), "{line:?}");
        std::fs::write(folder.path().join(ROOT), "").unwrap();
        line.root(folder.path());
        assert!(line.0.join(" ").contains("snapshot=on"), "{line:?}");
    }

    #[test]
    fn vf_bars_stay_below_four_gibibytes() {
        let line = line("", &Console::Log("/log".into()));
        assert!(line.contains("-m 2560") && line.contains("pci-hole64-size=0"), "{line}");
    }
}
