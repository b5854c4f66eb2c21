#!/bin/bash
# Runs in the guest: changes five attributes of 512 VFs in six ways, one after
# another in each round, plans with nothing to do, shows the interface by ip,
# and prints what each took.
#
# Two sets of values take turns, so that each run changes all 2560 settings;
# after each the VFs are read back and held against the set.
set -eu

VFS=${VFS:-512}
ROUNDS=${ROUNDS:-5}
WAYS=${WAYS:-apply plan show lines vfs prebuilt processes}
DEVICE=/sys/bus/netdevsim/devices/netdevsim1
ip=/usr/sbin/ip

work=$(mktemp -d)
cp send_prebuilt "$work"
cd "$work"
# Copied to memory by its first call, as everything that is measured.
vfctl --version >/dev/null
vfctl=/opt/vfctl
interface=$(ls "$DEVICE/net")

die() { printf 'bench: %s\n' "$*" >&2; exit 1; }

# What one VF gets, in the words of ip; the second argument is the VF.
settings() {
    case $1 in
        even) printf 'mac 02:00:00:0a:%02x:%02x\nvlan 100 qos 3 proto 802.1Q\ntrust on\nspoofchk on\n' \
                  $(($2 >> 8)) $(($2 & 255))
              printf 'max_tx_rate 1000 min_tx_rate 100\n' ;;
        odd)  printf 'mac 02:00:00:0b:%02x:%02x\nvlan 200 qos 0 proto 802.1Q\ntrust off\nspoofchk off\n' \
                  $(($2 >> 8)) $(($2 & 255))
              printf 'max_tx_rate 2000 min_tx_rate 0\n' ;;
    esac
}

spec() {
    case $1 in
        even) values='vlan: {id: 100, qos: 3}, trust: on, spoofCheck: on, rate: {min: 100, max: 1000}' mac=0a ;;
        odd) values='vlan: {id: 200}, trust: off, spoofCheck: off, rate: {max: 2000}' mac=0b ;;
    esac
    cat <<SPEC
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: bench}
spec:
  physicalFunctions:
    - name: many
      match: {interface: $interface}
      vfs:
        count: $VFS
        all: {$values, macAddress: {first: "02:00:00:$mac:00:00"}}
SPEC
}

echo "$VFS" >"$DEVICE/sriov_numvfs"
for set in even odd; do
    spec $set >$set.yaml
    : >$set.settings >$set.vfs
    for ((vf = 0; vf < VFS; vf++)); do
        IFS=$'\n' read -r -d '' -a lines <<<"$(settings $set $vf)" || true
        printf "link set dev $interface vf $vf %s\n" "${lines[@]}" >>$set.settings
        echo "link set dev $interface vf $vf ${lines[*]}" >>$set.vfs
    done
done

# Runs a way with the values of the next set, notes its microseconds, and proves
# that the set is there.
set=odd
way() {
    local name=$1
    shift
    if [ $set = odd ]; then set=even; else set=odd; fi
    ./send_prebuilt --check "$interface" $set.settings >/dev/null 2>&1 && die "$set is there before $name"
    local began=$EPOCHREALTIME
    "$@" >out 2>err || die "$name failed: $(cat err out)"
    local ended=$EPOCHREALTIME
    note "$name" $((${ended/./} - ${began/./}))
    ./send_prebuilt --check "$interface" $set.settings >/dev/null || die "$name did not set what it should"
}

note() { echo "$2" >>"times.$1"; }

apply() { VFCTL_LOG=vfctl_apply=debug $vfctl apply --yes $set.yaml; }
batch() { $ip -batch "$set.$1"; }
processes() { busybox sh -c "while read -r line; do $ip \$line || exit 1; done" <$set.settings; }
prebuilt() { ./send_prebuilt "$interface" $set.settings; }
seconds() { awk '{ printf "%d\n", $1 * 1000000 }'; }

for ((round = 1; round <= ROUNDS; round++)); do
    for name in $WAYS; do
        case $name in
            apply)
                way apply apply
                note write "$(sed -n 's/.* performed .*seconds=\([0-9.]*\).*/\1/p' err | seconds)"
                ;;
            plan)
                began=$EPOCHREALTIME
                $vfctl plan $set.yaml >out || die "there is something to do: $(cat out)"
                ended=$EPOCHREALTIME
                note plan $((${ended/./} - ${began/./}))
                ;;
            show)
                began=$EPOCHREALTIME
                $ip -d link show dev "$interface" >out
                ended=$EPOCHREALTIME
                note show $((${ended/./} - ${began/./}))
                ;;
            lines) way lines batch settings ;;
            vfs) way vfs batch vfs ;;
            prebuilt)
                way prebuilt prebuilt
                note messages "$(seconds <out)"
                ;;
            processes) way processes processes ;;
        esac
    done
done

median() { sort -n "times.$1" | sed -n "$(((ROUNDS + 1) / 2))p"; }
best() { sort -n "times.$1" | head -n 1; }

row() { [ ! -e "times.$2" ] || awk -v w="$1" -v m="$(median "$2")" -v b="$(best "$2")" 'BEGIN { printf "%-52s %9.3f %9.3f\n", w, m / 1e6, b / 1e6 }'; }
ratio() {
    [ -e "times.$2" ] && [ -e "times.$3" ] || return 0
    awk -v w="$1" -v m="$(median "$2")" -v n="$(median "$3")" -v asked="$4" 'BEGIN {
        r = m / n; printf "%-52s %9.3f  asked: at most %.3f%s\n", w, r, asked, r <= asked ? "" : "  MISSED" }'
}

echo "$VFS VFs, five attributes each: $((5 * VFS)) settings, $ROUNDS rounds"
printf '%-52s %9s %9s\n' seconds median best
row "a  vfctl apply, its writes alone" write
row "b  vfctl apply, whole" apply
row "c  ip -batch, a setting in a line" lines
row "d  ip -batch, a VF in a line" vfs
row "e  an ip process for each setting" processes
row "f  prebuilt messages, sending and reading alone" messages
row "g  vfctl plan, nothing to do" plan
row "h  ip -d link show" show
ratio "a / f" write messages 1.2
ratio "b / c" apply lines 0.2
ratio "b / d" apply vfs 1
ratio "b / e" apply processes 0.025
ratio "b / f" apply messages 2.5
ratio "g / h" plan show 2
