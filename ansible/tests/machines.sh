#!/usr/bin/env bash
# Runs playbooks on three hosts that are reached by ssh: MAC addresses of each host's own, nothing to do the second time, a drift that is
# shown, a canary that must fail, a host that goes away in the middle, a host that restarts. What a kernel has is asked by ip.
#
# Needs TESTBED_HOSTS, the folder of the hosts, VFCTL_BIN, VFCTL_PACKAGE (a .deb), and the collection in ANSIBLE_COLLECTIONS_PATH.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$TESTBED_HOSTS"
said=$TESTBED_HOSTS/said
passed=0
failed=0
started=$SECONDS

on() { ssh -F "$TESTBED_HOSTS/ssh_config" "$@"; }
# vfs HOST: MAC address and VLAN of each VF, as the kernel has them
vfs() { on "$1" ip link show dev eth0 | sed -nE 's/^ *vf [0-9]+ .*(([0-9a-f]{2}:){5}[0-9a-f]{2}) brd.*vlan ([0-9]+).*/\1 \3/p'; }
# wanted HOST VLAN: the same as it should be
wanted() { for vf in 0 1 2; do echo "02:00:00:00:0${1#host-}:0$vf $2"; done; }
play() { ansible-playbook -i "$TESTBED_HOSTS/inventory" "$@" 2>&1 | tee "$said"; }
ports() { play "$here/machines.yml" -e vlan="$1" "${@:2}"; }
# recap HOST WORDS…: the last lines of the playbook say this of the host
recap() {
    local line word
    line=$(grep -E "^$1 +:" "$said") || { echo "nothing is said of $1"; return 1; }
    for word in "${@:2}"; do grep -qw "$word" <<<"$line" || { echo "expected $word: $line"; return 1; }; done
}
# has VLAN HOST…: these hosts have their own MAC addresses and this VLAN
has() {
    local host
    for host in "${@:2}"; do diff <(wanted "$host" "$1") <(vfs "$host") || { echo "$host is not as expected"; return 1; }; done
}
says() { grep -qE "$1" "$said" || { echo "expected $1"; return 1; }; }

# check NAME COMMAND…: a function that succeeds or not
check() {
    local begun=$SECONDS good=1
    # In a shell of its own, where a command that fails ends it.
    (set -e; "${@:2}") >"$TESTBED_HOSTS/$passed-$failed.log" 2>&1 & wait $! || good=0
    passed=$((passed + good))
    failed=$((failed + 1 - good))
    printf '%s %s  %d s\n' "$([ $good = 1 ] && echo 'pass ' || echo 'FAIL ')" "$1" $((SECONDS - begun))
    [ $good = 1 ] || sed 's/^/    /' "$TESTBED_HOSTS/$((passed))-$((failed - 1)).log" | tail -n 60
}

mkdir host_vars specs
for number in 1 2 3; do
    {
        echo "tenant_macs:"
        for vf in 0 1 2; do echo "  - \"02:00:00:00:0$number:0$vf\""; done
    } >"host_vars/host-$number.yml"
done

# The role installs it on one of them later, as a package: its many tasks take minutes on three emulated hosts.
installs() {
    ansible -i "$TESTBED_HOSTS/inventory" sriov -m ansible.builtin.copy -a "src=$VFCTL_BIN dest=/usr/local/sbin/vfctl mode=0755"
    for host in host-1 host-2 host-3; do on "$host" /usr/local/sbin/vfctl --version || return 1; done
}

each_its_own() {
    ports 100
    for host in host-1 host-2 host-3; do recap "$host" changed=1 failed=0; done
    has 100 host-1 host-2 host-3
}

nothing_twice() {
    ports 100
    for host in host-1 host-2 host-3; do recap "$host" changed=0 failed=0; done
}

shows_drift() {
    on host-2 ip link set eth0 vf 1 mac 02:00:00:00:00:99
    ports 100 --check --diff
    recap host-1 changed=0
    recap host-2 changed=1 failed=0
    recap host-3 changed=0
    says '^-.*02:00:00:00:00:99'
    says '^\+.*02:00:00:00:02:01'
    vfs host-2 | grep -q '^02:00:00:00:00:99 100$'
    ports 100
    recap host-2 changed=1 failed=0
    has 100 host-1 host-2 host-3
}

# More VFs than the card has.
stops_at_the_canary() {
    cat >specs/fleet.yaml <<YAML
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: fleet}
spec:
  physicalFunctions:
    - {name: fast, match: {interface: eth0}, vfs: {count: 8}}
YAML
    if play vfctl.sriov.rollout -e rollout_src="$PWD/specs" -e rollout_become=false -e rollout_executable=/usr/local/sbin/vfctl; then
        echo "it was rolled out"
        return 1
    fi
    says 'host-1.*FAILED|FAILED.*host-1|fatal: \[host-1\]'
    says '8 VFs are more than the 7 that device and driver offer'
    # The check of the specs before is all that the others took part in.
    recap host-1 failed=1
    recap host-2 failed=0 changed=0
    recap host-3 failed=0 changed=0
    has 100 host-1 host-2 host-3
}

# The second host loses its way to the world once vfctl has begun, and finds it again half a minute later.
goes_on_without_a_host() {
    # shellcheck disable=SC2087 # The time is this shell's.
    on host-2 "cat >/usr/local/sbin/vfctl-cut && chmod +x /usr/local/sbin/vfctl-cut" <<'SH'
#!/bin/sh
if [ "$1" = apply ]; then
    systemd-run --quiet --collect sh -c 'ip link set eth2 down; sleep 45; ip link set eth2 up'
    sleep 2
fi
exec /usr/local/sbin/vfctl "$@"
SH
    echo 'vfctl_program: /usr/local/sbin/vfctl-cut' >>host_vars/host-2.yml
    if ports 200; then
        echo "a host was lost, and it ended well"
        return 1
    fi
    recap host-1 changed=1 failed=0 unreachable=0
    recap host-2 unreachable=1
    has 200 host-1
    has 100 host-3
    sed -i '/^vfctl_program/d' host_vars/host-2.yml
    until on -o ConnectTimeout=5 host-2 true; do sleep 2; done
    ports 200
    recap host-1 changed=0 failed=0
    recap host-3 changed=1 failed=0
    has 200 host-1 host-2 host-3
}

# What its boot did is asked of the kernel and of systemd. The kubelet is a unit that begins as one would.
restarts() {
    local before after
    on host-3 "cat >/etc/systemd/system/kubelet.service && systemctl --quiet enable kubelet" <<'UNIT'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip link show dev eth0 | grep -c "^ *vf "'
[Install]
WantedBy=multi-user.target
UNIT
    mkdir boot
    {
        cat <<YAML
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: boot}
spec:
  physicalFunctions:
    - name: fast
      match: {interface: eth0}
      vfs:
        count: 3
YAML
        echo '        all: {vlan: 300, macAddress: {first: "02:00:00:00:03:00"}}'
    } >boot/boot.yaml
    play vfctl.sriov.site -l host-3 -e site_hosts=sriov -e vfctl_package="$VFCTL_PACKAGE" -e vfctl_src="$PWD/boot" \
        -e vfctl_allow_disruption=true
    has 300 host-3
    before=$(on host-3 cat /proc/sys/kernel/random/boot_id)
    ansible -i "$TESTBED_HOSTS/inventory" host-3 -m ansible.builtin.reboot
    after=$(on host-3 cat /proc/sys/kernel/random/boot_id)
    [ "$before" != "$after" ]
    on host-3 systemctl is-system-running --wait || on host-3 systemctl list-units --failed
    has 300 host-3
    [ "$(on host-3 systemctl is-active vfctl.service kubelet.service | sort -u)" = active ]
    # It saw three VFs when it began.
    [ "$(on host-3 journalctl -b -u kubelet.service -o cat | grep -cx 3)" = 1 ]
    on host-3 /usr/bin/vfctl plan | grep "^No changes"
}

removed() {
    ansible -i "$TESTBED_HOSTS/inventory" host-3 -m ansible.builtin.apt -a 'name=vfctl state=absent'
    on host-3 'find / -xdev -path /proc -prune -o -iname "*vfctl*" -print' | sort | tee left
    # The specs are the user's; the state is what undo and the next installation go by. dpkg keeps its records until the purge. The
    # testbed has a program of that name on each host, and the role keeps the file that it installed.
    diff <(grep -vE '^(/etc/vfctl|/var/lib/dpkg/info/vfctl\.|/var/lib/vfctl|/usr/local/bin/vfctl$|/var/cache/vfctl_.*\.deb$)' left) /dev/null
    grep -qx /var/lib/vfctl left
    # A package that goes takes no VFs from a host.
    has 300 host-3
}

check "vfctl is installed" installs
check "each host has MAC addresses of its own" each_its_own
check "the second run changes nothing" nothing_twice
check "a drift is shown, and is changed only without --check" shows_drift
check "a canary that fails stops the rollout" stops_at_the_canary
check "a host that goes away leaves the others right, and the next run finishes" goes_on_without_a_host
check "a host with the package restarts, and has its VFs before the kubelet begins" restarts
check "the package goes, and leaves the specs, the state and the VFs" removed
echo "It took $((SECONDS - started)) s."
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
