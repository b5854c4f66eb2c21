#!/bin/sh
# The main job inside the guest: discover, plan, apply, nothing left to do; then drift, found and mended.
# Each exit code is asserted, and `ip`, not vfctl, confirms the values.
set -u
cd "$(dirname "$0")" || exit 1
ip=/usr/sbin/ip

# Runs a command, shows it as a person would type it, and asserts its exit code.
expect() {
    wanted=$1
    shift
    printf '\n$ %s\n' "$*"
    "$@"
    got=$?
    if [ "$got" -ne "$wanted" ]; then
        echo "DEMO FAILED: exit code $got, expected $wanted: $*"
        exit 1
    fi
    echo "[exit code $got, as expected]"
}

# Asserts that the VF's line of `ip -d link` holds a text.
confirm() {
    vf=$1
    text=$2
    line=$($ip -d link show eth0 | grep -E "^ +vf $vf ") || { echo "DEMO FAILED: ip shows no vf $vf"; exit 1; }
    case "$line" in
        *"$text"*) ;;
        *) echo "DEMO FAILED: ip does not show '$text' on vf $vf: $line"; exit 1 ;;
    esac
}

# Asserts everything that the spec says, by ip and sysfs alone.
confirm_all() {
    printf '\n$ ip -d link show eth0\n'
    $ip -d link show eth0
    $ip link show eth0 | grep -q "mtu 9000" || { echo "DEMO FAILED: ip does not show mtu 9000"; exit 1; }
    for vf in 0 1 2 3; do
        confirm $vf "link/ether 02:00:00:00:10:0$vf"
        confirm $vf "vlan 100, qos 3"
    done
    confirm 0 "spoof checking off"
    confirm 0 "trust on"
    for vf in 1 2 3 4 5; do
        confirm $vf "spoof checking on"
        confirm $vf "trust off"
    done
    for vf in 4 5; do
        driver=$(basename "$(readlink /sys/bus/pci/devices/0000:01:00.0/virtfn$vf/driver)")
        [ "$driver" = vfio-pci ] || { echo "DEMO FAILED: vf $vf is held by '$driver', not by vfio-pci"; exit 1; }
        [ -c "/dev/vfio/$(basename "$(readlink /sys/bus/pci/devices/0000:01:00.0/virtfn$vf/iommu_group)")" ] ||
            { echo "DEMO FAILED: vf $vf has no vfio group device"; exit 1; }
    done
    echo "[ip and sysfs confirm every value]"
}

expect 0 vfctl discover
expect 2 vfctl plan demo.yaml
expect 0 vfctl apply demo.yaml --yes
confirm_all
expect 0 vfctl plan demo.yaml

printf '\nSomebody changes a VLAN by hand:\n$ ip link set eth0 vf 2 vlan 300\n'
$ip link set eth0 vf 2 vlan 300 || exit 1
expect 2 vfctl plan demo.yaml
vfctl plan demo.yaml > drift.txt
grep -q "vf 2: vlan: 300 -> 100 qos 3" drift.txt || { echo "DEMO FAILED: the drift is not named"; exit 1; }
grep -q "1 step, 1 change" drift.txt || { echo "DEMO FAILED: there is more than one step"; exit 1; }
expect 0 vfctl apply demo.yaml --yes
expect 0 vfctl plan demo.yaml
confirm_all
printf '\nDEMO PASSED\n'
