//! What a topology wants of a fresh guest, as a shell script.

use crate::topology::{NetdevsimDevice, Topology};

/// Waits for udev, where there is one: it loads drivers, and gives new interfaces names and addresses.
const SETTLE: &str = "[ ! -e /run/udev/control ] || udevadm settle";

/// The script that makes netdevsim devices, names interfaces, sets their links
/// up and awaits carrier, and fails where an interface is not the one that the topology means.
pub fn script(topology: &Topology) -> String {
    let mut script = format!("set -e\n{SETTLE}\n");
    let interfaces = topology.interfaces();
    for device in &topology.netdevsim {
        netdevsim(&mut script, device);
    }
    for port in &topology.igb {
        let interface = interfaces.get(port.role.as_str()).map(String::as_str).unwrap_or_default();
        line(&mut script, &format!("grep -qx {} /sys/class/net/{interface}/address", port.mac));
    }
    // Side by side: an igb port takes half a second.
    for interface in interfaces.values() {
        line(&mut script, &format!("/usr/sbin/ip link set {interface} up &"));
    }
    line(&mut script, "wait");
    for interface in interfaces.values() {
        let carrier = format!("/sys/class/net/{interface}/carrier");
        line(&mut script, &format!("until [ \"$(cat {carrier})\" = 1 ]; do sleep 0.05; done"));
    }
    line(&mut script, SETTLE);
    line(&mut script, "mkdir -p /run/testbed");
    line(
        &mut script,
        "{ /usr/sbin/ip -o link show | grep -o 'altname [^ \\\\]*' || :; } >/run/testbed/altnames.boot",
    );
    line(&mut script, "cut -d ' ' -f 1 /proc/modules >/run/testbed/modules.boot");
    script
}

fn netdevsim(script: &mut String, device: &NetdevsimDevice) {
    let NetdevsimDevice { role: _, id, mac, vfs } = device;
    let interface = device.interface();
    line(script, &format!("echo '{id} 1' >/sys/bus/netdevsim/new_device"));
    line(script, SETTLE);
    // What udev would do without `net.ifnames=0`, with which it makes the name an alternative one.
    line(script, &format!("name=$(ls /sys/bus/netdevsim/devices/netdevsim{id}/net)"));
    line(
        script,
        &format!("/usr/sbin/ip link property del dev \"$name\" altname {interface} 2>/dev/null || :"),
    );
    line(script, &format!("/usr/sbin/ip link set \"$name\" name {interface} address {mac}"));
    line(script, &format!("echo {vfs} >/sys/kernel/debug/netdevsim/netdevsim{id}/max_vfs"));
}

fn line(script: &mut String, text: &str) {
    script.push_str(text);
    script.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn vfs_are_allowed_for_before_anybody_can_make_them() {
        let text = "[[netdevsim]]\nrole='n'\nid=3\nmac='52:54:00:00:00:03'\nvfs=512";
        let script = script(&Topology::parse(text, Path::new("t.toml")).unwrap());
        assert!(script.contains("echo '3 1' >/sys/bus/netdevsim/new_device\n"), "{script}");
        assert!(script.contains("echo 512 >/sys/kernel/debug/netdevsim/netdevsim3/max_vfs\n"), "{script}");
    }

    #[test]
    fn an_igb_port_under_another_name_is_noticed() {
        let text = "[[igb]]\nrole='a'\nmac='52:54:00:00:00:01'";
        let script = script(&Topology::parse(text, Path::new("t.toml")).unwrap());
        assert!(script.contains("grep -qx 52:54:00:00:00:01 /sys/class/net/eth0/address\n"), "{script}");
    }
}
