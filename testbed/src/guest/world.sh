#!/bin/bash
# Prints the state of the guest that a scenario might have changed, without
# vfctl: what is not as it was at boot was left behind.
#
# Processes are dear on an emulated processor: few are started here.
shopt -s nullglob
ip=/usr/sbin/ip

{
    $ip -o -d link show
    $ip -o addr show
} | sed -e 's/^[0-9]*: //' -e 's/ qlen [0-9]*//' -e 's/\\ *vf .*//' -e 's/ numtxqueues.*//' | sort
$ip route show
for namespace in /run/netns/*; do
    echo "namespace $namespace"
done
printf '%s\n' /sys/bus/pci/drivers/*/0000:* /sys/bus/pci/devices/*
grep -H . /sys/bus/*/devices/*/{sriov_numvfs,sriov_drivers_autoprobe,driver_override}
for device in /sys/bus/netdevsim/devices/*; do
    devlink dev eswitch show "netdevsim/${device##*/}"
done
for folder in /var/lib/vfctl /run/vfctl /etc/vfctl; do
    [ ! -e "$folder" ] || echo "$folder"
done
cut -d ' ' -f 1 /proc/modules | sort
