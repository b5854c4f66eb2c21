//! `testbed hosts`: machines that are reached by ssh on loopback, as the hosts of a fleet are.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;

use crate::image::Userland;
use crate::lab::{Lab, Plan};
use crate::patience;
use crate::topology::Topology;

/// The port by which a host is reached: the topology's, whose hub leads to loopback.
const WAY: &str = "way";
/// The address of that port, in the network that QEMU plays.
const ADDRESS: &str = "10.0.2.15/24";
/// How long a host may take to answer by ssh.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// The arguments of `testbed hosts`.
#[derive(Debug, Args)]
pub(super) struct HostsArguments {
    /// How many hosts
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=8))]
    count: u8,
    /// The folder for inventory, ssh_config, key and the consoles' logs; it must not exist
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The hosts' hardware, with a port `way` by which they are reached
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/topologies/host.toml"), hide_default_value = true)]
    topology: PathBuf,
    /// What is run beside them, with the folder as TESTBED_HOSTS; they end with it
    #[arg(required = true, last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Boots the hosts, runs the command, ends the hosts.
///
/// # Errors
///
/// When a host does not come up, or the command cannot be started.
pub(super) fn hosts(arguments: &HostsArguments) -> anyhow::Result<ExitCode> {
    let HostsArguments { count, dir, topology, command } = arguments;
    let plan = Plan {
        topology: Topology::read(topology)?,
        userland: Userland::Debian,
        vfctl: None,
        more: Vec::new(),
    };
    let hosts = Hosts::boot(&plan, *count, dir)?;
    let (program, words) = command.split_first().context("a command is needed")?;
    let status = Command::new(program).args(words).env("TESTBED_HOSTS", &hosts.folder).status();
    let status = status.with_context(|| format!("start {program}"))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Hosts that run. Dropping them ends them.
#[derive(Debug)]
struct Hosts {
    labs: Vec<Lab>,
    folder: PathBuf,
}

impl Hosts {
    /// Boots so many hosts, and writes into a new folder how they are reached: `inventory` for Ansible, `ssh_config`,
    /// the key of root. Their consoles go to it, too.
    fn boot(plan: &Plan, count: u8, folder: &Path) -> anyhow::Result<Self> {
        let hub = hub_of_way(&plan.topology)?;
        fs::create_dir(folder).with_context(|| format!("make {}", folder.display()))?;
        let folder = folder.canonicalize().context("find the folder of the hosts")?;
        make_key(&folder)?;
        let ports = free_ports(count)?;
        // One after another in this thread: QEMU ends with the thread that has started it.
        let boot = |(number, port): (usize, &u16)| {
            let name = name(number);
            let plan = Plan { more: way(*port, hub), ..plan.clone() };
            Lab::open(&plan, &folder.join(format!("{name}.log"))).with_context(|| format!("boot {name}"))
        };
        let labs = ports.iter().enumerate().map(boot).collect::<anyhow::Result<Vec<Lab>>>()?;
        let mut hosts = Self { labs, folder };
        let keys = (0..).zip(&mut hosts.labs).map(|(number, lab)| open_way(lab, number, &hosts.folder));
        let keys = keys.collect::<anyhow::Result<Vec<String>>>()?;
        hosts.write(&ports, &keys)?;
        hosts.await_answers()?;
        Ok(hosts)
    }

    /// Writes how the hosts are reached.
    fn write(&self, ports: &[u16], keys: &[String]) -> anyhow::Result<()> {
        let folder = self.folder.display();
        let (mut inventory, mut known, mut config) = ("[sriov]\n".to_owned(), String::new(), String::new());
        for (number, (port, key)) in ports.iter().zip(keys).enumerate() {
            let name = name(number);
            writeln!(inventory, "{name}")?;
            writeln!(known, "[127.0.0.1]:{port} {key}")?;
            writeln!(
                config,
                "Host {name}\n    HostName 127.0.0.1\n    Port {port}\n    User root\n    IdentityFile {folder}/key\n    \
                 IdentitiesOnly yes\n    UserKnownHostsFile {folder}/known_hosts\n    StrictHostKeyChecking yes\n    ServerAliveInterval 5\n    ServerAliveCountMax 3\n"
            )?;
        }
        write!(
            inventory,
            "[sriov:vars]\nansible_ssh_common_args=-F {folder}/ssh_config\nansible_become=false\nansible_python_interpreter=/usr/bin/python3\n"
        )?;
        for (file, text) in [("inventory", inventory), ("known_hosts", known), ("ssh_config", config)] {
            let path = self.folder.join(file);
            fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        }
        Ok(())
    }

    fn await_answers(&mut self) -> anyhow::Result<()> {
        for number in 0..self.labs.len() {
            let started = Instant::now();
            while !self.ssh(number).args(["-o", "ConnectTimeout=5", "true"]).output()?.status.success() {
                if started.elapsed() > patience::stretched(ANSWERED_WITHIN) {
                    bail!(
                        "reach {} by ssh: no answer within {} s",
                        name(number),
                        started.elapsed().as_secs()
                    );
                }
                thread::sleep(Duration::from_millis(500));
            }
        }
        Ok(())
    }

    fn ssh(&self, number: usize) -> Command {
        let mut command = Command::new("ssh");
        command.arg("-F").arg(self.folder.join("ssh_config")).arg(name(number));
        command
    }
}

fn name(number: usize) -> String {
    format!("host-{}", number + 1)
}

fn hub_of_way(topology: &Topology) -> anyhow::Result<u32> {
    let way = topology.igb.iter().find(|port| port.role == WAY);
    way.map(|port| port.hub).with_context(|| format!("find the port `{WAY}` of the topology"))
}

fn make_key(folder: &Path) -> anyhow::Result<()> {
    let key = folder.join("key");
    let mut command = Command::new("ssh-keygen");
    let output = command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).output();
    let output = output.context("start ssh-keygen; run ci/setup.sh")?;
    if !output.status.success() {
        bail!("make {}: {}", key.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// So many ports of loopback that are free now: each is held until all are found, since the system may name one twice.
fn free_ports(count: u8) -> anyhow::Result<Vec<u16>> {
    let hold = |_| TcpListener::bind("127.0.0.1:0").context("find a free port");
    let held = (0..count).map(hold).collect::<anyhow::Result<Vec<TcpListener>>>()?;
    held.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

/// QEMU's words for a host that may restart, and for the way to it: from loopback to the hub of its port, and no further.
fn way(port: u16, hub: u32) -> Vec<String> {
    let words = [
        "-action".to_owned(),
        "reboot=reset".to_owned(),
        "-netdev".to_owned(),
        format!("user,id=loopback,ipv6=off,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"),
        "-netdev".to_owned(),
        format!("hubport,id=loopback-hub,hubid={hub},netdev=loopback"),
    ];
    words.to_vec()
}

/// Lets root in by ssh, now and after each restart; returns the host's public key.
fn open_way(lab: &mut Lab, number: usize, folder: &Path) -> anyhow::Result<String> {
    let name = name(number);
    let key = fs::read_to_string(folder.join("key.pub")).context("read the key of root")?;
    let port = lab
        .roles
        .get(WAY)
        .and_then(|way| way.interface.clone())
        .with_context(|| format!("find the port `{WAY}` of {name}"))?;
    let script = format!(
        "set -e\nhostname {name}\necho {name} >/etc/hostname\necho '127.0.0.1 localhost {name}' >/etc/hosts\n\
         mkdir -p -m 700 ~/.ssh\necho '{}' >~/.ssh/authorized_keys\n\
         echo '{}' >/etc/systemd/system/testbed-way.service\n\
         systemctl daemon-reload\nsystemctl --quiet enable testbed-way ssh\nsystemctl start testbed-way ssh\ncat /etc/ssh/ssh_host_ed25519_key.pub",
        key.trim(),
        way_unit(&port),
    );
    let output = lab.guest.run(&script, "/", patience::stretched(ANSWERED_WITHIN))?;
    match output.code {
        Some(0) => Ok(output.stdout.split_whitespace().take(2).collect::<Vec<_>>().join(" ")),
        _ => bail!("let root into {name}: {}{}", output.stdout, output.stderr),
    }
}

/// A unit that gives the way's port its address as soon as it is there.
fn way_unit(port: &str) -> String {
    let device = format!("sys-subsystem-net-devices-{port}.device");
    format!(
        "[Unit]\nBindsTo={device}\nAfter={device}\n[Service]\nType=oneshot\nRemainAfterExit=yes\n\
         ExecStart=ip link set {port} up\nExecStart=ip address replace {ADDRESS} dev {port}\n\
         [Install]\nWantedBy=multi-user.target\n"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_host_has_a_port_of_its_own() {
        // Of so many, some would be the same if each was free again before the next is found.
        for _ in 0..4 {
            let ports = free_ports(u8::MAX).unwrap();
            let different: BTreeSet<u16> = ports.iter().copied().collect();
            assert_eq!(different.len(), usize::from(u8::MAX));
        }
    }
}
