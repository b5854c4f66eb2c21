#!/bin/bash
# In the guest: makes VFs of three ports, and for each configuration asks vfctl what a plugin offers, starts the plugin, and
# asks that.
#
# usage: compare.sh PLUGIN OFFERED CONFIG...
set -u
plugin=$1 offered=$2
shift 2
sockets=/var/lib/kubelet/plugins_registry
mkdir -p "$sockets" /var/lib/kubelet/device-plugins /var/run/k8s.cni.cncf.io/devinfo/dp
ports=()
for device in /sys/bus/pci/drivers/igb/0000:*; do
    ports+=("$(basename "$device")")
done
name() { basename "$(echo /sys/bus/pci/devices/"$1"/net/*)"; }
vf() { basename "$(readlink -f /sys/bus/pci/devices/"$1"/virtfn"$2")"; }
for port in "${ports[@]}"; do /usr/sbin/ip link set "$(name "$port")" up; done
# Four VFs with their driver, three for user space, and a port without VFs.
cat >spec.yaml <<SPEC
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: pools}
spec:
  physicalFunctions:
    - {name: a, match: {pci: "${ports[0]}"}, adminState: up, vfs: {count: 4, all: {driver: igbvf}}}
    - {name: b, match: {pci: "${ports[1]}"}, adminState: up, vfs: {count: 3, all: {driver: vfio-pci}}}
SPEC
vfctl apply spec.yaml --yes --allow-disruption >apply.log 2>&1 || { cat apply.log; exit 1; }
differ=0
for config; do
    sed -e "s/@pf0@/$(name "${ports[0]}")/g" -e "s/@pf1@/$(name "${ports[1]}")/g" \
        -e "s/@PF0@/$(name "${ports[0]}" | tr a-z A-Z)/g" -e "s/@pci0@/${ports[0]}/g" -e "s/@pci1@/${ports[1]}/g" \
        -e "s/@vf00@/$(vf "${ports[0]}" 0)/g" -e "s/@vf11@/$(vf "${ports[1]}" 1)/g" "$config" >config.json
    vfctl pools config.json --plugin-version v3.5.1 -o json >predicted.json 2>predicted.err
    rm -f "$sockets"/*
    "$plugin" --config-file config.json --logtostderr -v=10 >plugin.log 2>&1 &
    running=$!
    for _ in $(seq 150); do
        grep -q "All servers started" plugin.log && break
        kill -0 $running 2>/dev/null || break
        sleep 0.2
    done
    if said=$("$offered" --sockets "$sockets" --predicted predicted.json 2>&1); then
        echo "same  $(basename "$config"): $said"
    else
        echo "DIFFER  $(basename "$config"): $said"
        tail -3 plugin.log
        differ=$((differ + 1))
    fi
    kill $running 2>/dev/null
    wait $running 2>/dev/null
done
echo "$# configurations, $differ differ"
[ "$differ" = 0 ]
