#!/bin/bash
# Puts the guest back as it was at boot; `world.sh` says whether that worked.
#
# Processes are dear on an emulated processor: few are started where nothing
# is to be put back.
#
# usage: reset.sh INTERFACE… (those that were there, all up with MTU 1500)
shopt -s nullglob
ip=/usr/sbin/ip
here=$(dirname "$0")

# Neighbours that a scenario has started, where the guest has any.
if [ -d /run/systemd/system ]; then
    systemctl stop vfctl.service NetworkManager.service systemd-networkd.socket systemd-networkd.service 2>/dev/null
    systemctl reset-failed
    rm -rf /etc/systemd/network/* /etc/NetworkManager/conf.d/* /etc/udev/rules.d/* /etc/systemd/system/vfctl*
    systemctl daemon-reload
    udevadm control --reload
    # Link managers turn IPv6 on for what they take.
    for name in lo "$@"; do
        if [ -e "/proc/sys/net/ipv6/conf/$name" ]; then
            echo 1 >"/proc/sys/net/ipv6/conf/$name/disable_ipv6"
            $ip link set "$name" addrgenmode eui64
        fi
    done
fi

# Who holds a VF goes first: the kernel would wait for them.
for file in /run/testbed/vfio/*.pid; do
    "$here/hand" vfio-close
    break
done
for namespace in /run/netns/*; do
    $ip netns del "${namespace##*/}"
done
# What has no device was made: bonds, bridges, VLANs.
for interface in /sys/class/net/*; do
    name=${interface##*/}
    if [ "$name" != lo ] && [ -d "$interface" ] && [ ! -e "$interface/device" ]; then
        $ip link del "$name"
    fi
done

for name; do
    if [ ! -e "/sys/class/net/$name" ]; then
        echo 1 >/sys/bus/pci/rescan
        break
    fi
done
for device in /sys/bus/pci/devices/* /sys/bus/netdevsim/devices/*; do
    [ -e "$device/sriov_numvfs" ] || continue
    [ "$(<"$device/sriov_numvfs")" = 0 ] || echo 0 >"$device/sriov_numvfs"
    [ ! -e "$device/sriov_drivers_autoprobe" ] || echo 1 >"$device/sriov_drivers_autoprobe"
    if [ ! -e "$device/driver" ]; then
        echo >"$device/driver_override"
        echo "${device##*/}" >/sys/bus/pci/drivers_probe
    fi
done
for override in $(grep -Lx '(null)' /sys/bus/pci/devices/*/driver_override); do
    echo >"$override"
done
# netdevsim keeps what was set on VFs while there are none; this forgets it.
for most in /sys/kernel/debug/netdevsim/*/max_vfs; do
    echo "$(<"$most")" >"$most"
done
for device in /sys/bus/netdevsim/devices/*; do
    if devlink dev eswitch show "netdevsim/${device##*/}" | grep -q 'mode switchdev'; then
        devlink dev eswitch set "netdevsim/${device##*/}" mode legacy
    fi
done

# A worker keeps its way to the control plane.
$ip -o addr show scope global | while read -r _ name _; do
    [ "$name" = mgmt0 ] || $ip addr flush dev "$name"
done
[ -e /sys/class/net/mgmt0 ] || $ip route flush root 0/0 2>/dev/null
$ip -o link show | grep altname | while IFS=': ' read -r _ name words; do
    for altname in $(grep -o 'altname [^ \\]*' <<<"$words" | cut -d ' ' -f 2); do
        grep -qxF "altname $altname" /run/testbed/altnames.boot || $ip link property del dev "$name" altname "$altname"
    done
done
for name; do
    [ "$(<"/sys/class/net/$name/mtu")" = 1500 ] || $ip link set "$name" mtu 1500
    [ "$(($(<"/sys/class/net/$name/flags") & 1))" = 1 ] || $ip link set "$name" up
done
# A netdevsim that was down for a while has no carrier any more (`nsim_stop`, drivers/net/netdevsim/netdev.c): a new
# interface has one.
for name; do
    device=$(readlink -f "/sys/class/net/$name/device")
    if [[ $device == */netdevsim* ]] && [ "$(<"/sys/class/net/$name/carrier")" != 1 ]; then
        mac=$(<"/sys/class/net/$name/address")
        devlink dev reload "netdevsim/${device##*/}"
        for path in "$device"/net/*; do
            $ip link set "${path##*/}" name "$name" address "$mac"
            $ip link set "$name" up
        done
    fi
done
# What CNI plugins remember of pods that have gone: addresses would go on from there.
rm -rf /var/lib/vfctl /run/vfctl /etc/vfctl /var/lib/cni

[ ! -e /run/udev/control ] || udevadm settle
# What was loaded since boot is unloaded, users before what they use.
for _ in 1 2 3 4 5; do
    while read -r module _ users _; do
        [ "$users" = 0 ] && ! grep -qx "$module" /run/testbed/modules.boot && rmmod "$module"
    done </proc/modules
    [ "$(wc -l </proc/modules)" != "$(wc -l </run/testbed/modules.boot)" ] || break
done
# A carrier that was cut has been joined by the host.
for name; do
    for _ in $(seq 200); do
        [ "$(<"/sys/class/net/$name/carrier")" != 1 ] || break
        sleep 0.05
    done
done
