#!/bin/bash
# What somebody does by hand, in the guest: the words of src/scenario/hand.rs.
#
# A device is an interface, or bus/name. Nothing here asks whether it is wise.
set -eu
shopt -s nullglob
ip=/usr/sbin/ip
state=/run/testbed
mkdir -p "$state/vfio"

die() { echo "by hand: $*" >&2; exit 1; }

# wait_for SECONDS COMMAND…
wait_for() {
    local tries=$(($1 * 20))
    shift
    while ! "$@"; do
        [ $((tries--)) -gt 0 ] || die "waited in vain: $*"
        sleep 0.05
    done
}

device() {
    case $1 in
        */*) echo "/sys/bus/${1%%/*}/devices/${1#*/}" ;;
        *) readlink -f "/sys/class/net/$1/device" ;;
    esac
}
vf_device() { readlink -f "$(device "$1")/virtfn$2"; }
vf_interface() { for path in "$(device "$1")/virtfn$2"/net/*; do echo "${path##*/}"; done; }
# The interface that stands for a VF, by the name that devlink has for its port, as the driver gives it.
representor() {
    local port
    port=$(grep -lx "pf[0-9]*vf$2" "$(device "$1")"/net/*/phys_port_name)
    basename "$(dirname "$port")"
}
has_interface() { [ -n "$(vf_interface "$1" "$2")" ]; }
exists() { [ -e "$1" ]; }

# What of a vlan value ip wants, in words.
vlan_words() {
    local id qos protocol
    IFS=: read -r id qos protocol <<<"$1"
    echo "$id${qos:+ qos $qos}${protocol:+ proto $protocol}"
}

vf_words() {
    case $1 in
        macAddress) echo "mac $2" ;;
        vlan) echo "vlan $(vlan_words "$2")" ;;
        trust) echo "trust $2" ;;
        spoofCheck) echo "spoofchk $2" ;;
        linkState) echo "state $2" ;;
        rate) echo "max_tx_rate ${2#*:} min_tx_rate ${2%%:*}" ;;
        queryRss) echo "query_rss $2" ;;
        *) die "no VF attribute is called $1" ;;
    esac
}

# Each VF its own value, counted up from the first: one ip for all of them.
set_each() {
    local first=${2%-*} last=${2#*-} number index mac
    case $3 in
        macAddress) number=$((0x${4//:/})) ;;
        vlan) number=$4 ;;
    esac
    for ((index = first; index <= last; index++, number++)); do
        printf -v mac '%02x:%02x:%02x:%02x:%02x:%02x' $((number >> 40)) $((number >> 32 & 255)) \
            $((number >> 24 & 255)) $((number >> 16 & 255)) $((number >> 8 & 255)) $((number & 255))
        case $3 in
            macAddress) echo "link set $1 vf $index mac $mac" ;;
            vlan) echo "link set $1 vf $index vlan $number" ;;
        esac
    done | $ip -batch -
}

bind() {
    local vf driver=$3
    [ -e "$(device "$1")/virtfn$2" ] || die "$1 has no vf $2"
    vf=$(vf_device "$1" "$2")
    case $driver in
        none)
            [ ! -e "$vf/driver" ] || echo "${vf##*/}" >"$vf/driver/unbind"
            return
            ;;
        default) echo >"$vf/driver_override" ;;
        *) echo "$driver" >"$vf/driver_override" ;;
    esac
    [ ! -e "$vf/driver" ] || echo "${vf##*/}" >"$vf/driver/unbind"
    echo "${vf##*/}" >/sys/bus/pci/drivers_probe
    echo >"$vf/driver_override"
    [ -e "$vf/driver" ] || die "no driver has taken ${vf##*/}"
    if [ "$driver" != default ] && [ "$(basename "$(readlink "$vf/driver")")" != "$driver" ]; then
        die "another driver has taken ${vf##*/}"
    fi
}

vfio_open() {
    local vf group held
    vf=$(vf_device "$1" "$2")
    group=$(basename "$(readlink "$vf/iommu_group")")
    held=$state/vfio/${vf##*/}
    setsid vfio-hold "$group" "${vf##*/}" >"$held.out" 2>&1 </dev/null &
    echo $! >"$held.pid"
    wait_for 5 grep -q . "$held.out"
    grep -qx held "$held.out" || die "$(cat "$held.out")"
}

vfio_close() {
    local file pid
    for file in "$state"/vfio/*.pid; do
        pid=$(cat "$file")
        kill -KILL "$pid" 2>/dev/null || true
        while [ -e "/proc/$pid/exe" ] && readlink "/proc/$pid/exe" >/dev/null; do sleep 0.02; done
        rm -f "$file" "${file%.pid}.out"
    done
}

is_up() { [ "$(($(cat "/sys/class/net/$1/flags") & 1))" = 1 ]; }
has_carrier() { [ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" = 1 ]; }

# The ports among these words that lose their carrier for a moment by what is
# done to them: those that have one, or are down and may get one.
flapping() {
    local port
    for port; do
        [ -e "/sys/class/net/$port/device" ] || continue
        { is_up "$port" && ! has_carrier "$port"; } || echo "$port"
    done
}

# What is done is over once the carrier is back; a wire that is cut gives none.
# A netdevsim keeps its own, or has lost it for good by being down (`nsim_stop`).
settle() {
    local port tries
    for port; do
        [[ $(device "$port") != */netdevsim* ]] || continue
        tries=100
        while is_up "$port" && ! has_carrier "$port" && [ $((tries--)) -gt 0 ]; do sleep 0.05; done
    done
}

verb=$1
shift
case $verb in
    count | admin | mtu | bond) ports=$(flapping "$@") ;;
    *) ports= ;;
esac
case $verb in
    set)
        # shellcheck disable=SC2046 # Several words.
        $ip link set "$1" vf "$3" $(vf_words "$4" "$5")
        ;;
    set-each) set_each "$@" ;;
    count) echo "$2" >"$(device "$1")/sriov_numvfs" ;;
    admin) $ip link set "$1" "$2" ;;
    await-carrier)
        # Nothing to wait for where a port is down: it has no carrier at all.
        if [ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" ]; then
            wait_for 20 grep -qx "$([ "$2" = on ] && echo 1 || echo 0)" "/sys/class/net/$1/carrier"
        fi
        ;;
    # Not said by scenarios: what waits for a carrier that will come back.
    settle) settle "$@" ;;
    mtu) $ip link set "$1" mtu "$2" ;;
    autoprobe) echo "$([ "$2" = on ] && echo 1 || echo 0)" >"$(device "$1")/sriov_drivers_autoprobe" ;;
    driver) bind "$1" "$3" "$4" ;;
    vf-mtu)
        wait_for 5 has_interface "$1" "$3"
        $ip link set "$(vf_interface "$1" "$3")" mtu "$4"
        ;;
    netns)
        wait_for 5 has_interface "$1" "$3"
        [ -e "/run/netns/$4" ] || $ip netns add "$4"
        $ip link set "$(vf_interface "$1" "$3")" netns "$4"
        ;;
    netns-back) $ip netns del "$1" ;;
    vfio-open) vfio_open "$1" "$3" ;;
    vfio-close) vfio_close ;;
    remove-pf) echo 1 >"$(device "$1")/remove" ;;
    rescan) echo 1 >/sys/bus/pci/rescan ;;
    bond)
        $ip link add "$1" type bond mode active-backup miimon 100
        for port in "$2" "$3"; do
            $ip link set "$port" down
            $ip link set "$port" master "$1"
            $ip link set "$port" up
        done
        $ip link set "$1" up
        ;;
    bridge)
        port=$2
        if [ "${3:-}" = vf ]; then
            port=$(representor "$2" "$4")
        fi
        $ip link add "$1" type bridge
        $ip link set "$port" master "$1"
        $ip link set "$1" up
        ;;
    unbond | unbridge) $ip link del "$1" ;;
    altname) $ip link property add dev "$1" altname "$2" ;;
    address)
        if [ "$2" = vf ]; then
            $ip addr add "$4" dev "$(representor "$1" "$3")"
        else
            $ip addr add "$2" dev "$1"
        fi
        ;;
    default-route) $ip route add default dev "$1" ;;
    eswitch) devlink dev eswitch set "$(basename "$(readlink -f "$(device "$1")/subsystem")")/$(basename "$(device "$1")")" mode "$2" ;;
    hold-interfaces) modprobe rtnl_hold "seconds=$1" ;;
    release-interfaces) modprobe -r rtnl_hold ;;
    *) die "no such thing: $verb" ;;
esac
# shellcheck disable=SC2086 # Several words.
settle $ports
