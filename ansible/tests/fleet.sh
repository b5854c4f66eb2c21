#!/usr/bin/env bash
# Runs the playbooks on a fleet of simulated hosts: rollouts that end well and that must not, canaries, drains, reports of drift.
# kubectl is a script that notes what it is asked, and which nodes are cordoned; its drain takes the VFs back from the pods of a
# simulated host.
#
# Needs VFCTL_SIM, VFCTL_REPOSITORY, and the collection in ANSIBLE_COLLECTIONS_PATH.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH=$work/bin:$PATH ANSIBLE_PIPELINING=1

die() { echo "fleet: $*" >&2; exit 1; }
hand() { "$VFCTL_SIM" --world "$work/$1.json" hand "${@:2}"; }
vfs() { "$VFCTL_SIM" --world "$work/$1.json" vfctl discover | awk '$1 == "eth0" { print $4 }'; }
same() { [ "$1" = "$2" ] || die "expected $2, found $1: $3"; }
play() { ansible-playbook -i "$work/inventory" -e rollout_become=false -e drift_become=false "$@" 2>&1 | tee "$work/said"; }
said() { grep -qE "$1" "$work/said" || die "expected $1"; }
# fails WHY COMMAND…: a command that must fail.
fails() { if "${@:2}"; then die "$1"; fi; }
# untouched VFS: no host has another number of VFs.
untouched() { for host in $hosts; do same "$(vfs "$host")" "$1" "$host"; done; }
# asked: which nodes kubectl drained and uncordoned
asked() { awk '$1 != "get" && $1 != "annotate" { printf "%s %s ", $1, $2 }' "$work/kubectl"; }
# in_service: no node is cordoned, or has a note that a rollout cordoned it.
in_service() { same "$(cd "$work" && find . -name '*.cordoned' -o -name '*.note')" "" "nodes out of service"; }
# meanwhile HOST COMMAND NUMBER WORDS…: once this command was run there so many times, somebody does this.
meanwhile() {
    : >"$work/$1.count"
    cat >"$work/$1.meanwhile" <<SH
[ "\$1" != $2 ] || echo >>"$work/$1.count"
if [ "\$(wc -l <"$work/$1.count")" -eq $3 ]; then
    "$VFCTL_SIM" --world "$work/$1.json" hand ${*:4}
    rm "$work/$1.meanwhile"
fi
SH
}

mkdir "$work/bin" "$work/specs"
hosts="w1 w2 w3 w4"
{
    echo "[sriov]"
    for host in $hosts; do
        "$VFCTL_SIM" --world "$work/$host.json" new "$VFCTL_REPOSITORY/testbed/fixtures/lab.facts.json"
        cat >"$work/bin/$host" <<SH
#!/bin/sh
echo "$host \$*" >>"$work/ran"
# The simulated host is in no cluster.
left=\$#
while [ \$left -gt 0 ]; do
    if [ "\$1" = --kubeconfig ]; then
        shift 2
        left=\$((left - 2))
    else
        set -- "\$@" "\$1"
        shift
        left=\$((left - 1))
    fi
done
"$VFCTL_SIM" --world "$work/$host.json" vfctl "\$@"
code=\$?
[ ! -e "$work/$host.meanwhile" ] || . "$work/$host.meanwhile" >&2
exit \$code
SH
        chmod +x "$work/bin/$host"
        echo "$host ansible_connection=local rollout_executable=$work/bin/$host drift_executable=$work/bin/$host"
    done
    printf '[canary]\nw1\n[all:vars]\nansible_python_interpreter="{{ ansible_playbook_python }}"\n'
} >"$work/inventory"

cat >"$work/bin/kubectl" <<KUBECTL
#!/bin/sh
echo "\$@" >>"$work/kubectl"
case \$1 in
get)
    cordoned=false
    notes={}
    [ ! -e "$work/\$3.cordoned" ] || cordoned=true
    [ ! -e "$work/\$3.note" ] || notes="{\"vfctl.dev/cordoned-by\": \"\$(cat "$work/\$3.note")\"}"
    echo "{\"metadata\": {\"annotations\": \$notes}, \"spec\": {\"unschedulable\": \$cordoned}}"
    ;;
annotate)
    case \$4 in
    vfctl.dev/cordoned-by-) rm -f "$work/\$3.note" ;;
    vfctl.dev/cordoned-by=*) echo "\${4#*=}" >"$work/\$3.note" ;;
    *) exit 1 ;;
    esac
    ;;
drain)
    touch "$work/\$2.cordoned"
    "$VFCTL_SIM" --world "$work/\$2.json" hand netns-back pod 2>/dev/null || :
    ;;
uncordon) rm "$work/\$2.cordoned" ;;
esac
KUBECTL
chmod +x "$work/bin/kubectl"

# spec COUNT VLAN
spec() {
    cat >"$work/specs/fleet.yaml" <<YAML
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: fleet}
spec:
  physicalFunctions:
    - {name: fast, match: {interface: eth0}, vfs: {count: $1, all: {vlan: $2}}}
YAML
}
rollout() { play vfctl.sriov.rollout -e rollout_src="$work/specs" "$@"; }
# shellcheck disable=SC2120 # `fails` passes words on.
canary() { play vfctl.sriov.canary -e rollout_src="$work/specs" -e canary_minutes=0.02 "$@"; }

echo "== a mistake stops before any host"
spec 2 5000
fails "a mistake was rolled out" rollout
said "fleet.yaml:6:.*found .5000."
untouched 0/7

echo "== so does one host that cannot be reached, and one without vfctl"
spec 2 100
cp "$work/inventory" "$work/all"
printf '[sriov]\nw5 ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\n' >>"$work/inventory"
fails "the rollout went on without a host" rollout
said 'fatal: \[w5\]: UNREACHABLE!'
untouched 0/7
sed "s|rollout_executable=$work/bin/w4|rollout_executable=/nosuch|" "$work/all" >"$work/inventory"
fails "the rollout went on without vfctl on w4" rollout
said "/nosuch is not installed"
untouched 0/7
cp "$work/all" "$work/inventory"

echo "== no host is no success"
fails "nothing was rolled out" rollout -e rollout_hosts=nosuch
said "no host of the inventory .* matches nosuch"
fails "canaries that do not exist" canary -e canary_hosts=cannary
said "no host of the inventory .* matches cannary"
fails "the canary is left out" canary --limit w2,w3
said "no host of the inventory .* matches canary"
fails "vfctl is installed on no host" play vfctl.sriov.site -e site_hosts=nosuch
said "no host of the inventory .* matches nosuch"
fails "each host is a canary" canary -e canary_hosts=sriov
said "each host of the fleet is a canary"
fails "the canary is not in the fleet" canary -e 'rollout_hosts=sriov:!w1'
said "not in the fleet: w1"
untouched 0/7

echo "== a host that fails stops the rollout"
hand w2 fault createVfs on eth0 refuse ENOSPC
fails "the rollout went on" rollout
said ENOSPC
same "$(vfs w1)" 2/7 "w1, the first"
for host in w2 w3 w4; do same "$(vfs "$host")" 0/7 "$host after the second has failed"; done
hand w2 fault createVfs on eth0 none

echo "== so does a host that vfctl cannot be installed on"
fails "vfctl is installed without a source" play vfctl.sriov.site -e site_become=false -e vfctl_executable=/nosuch/vfctl
said 'fatal: \[w1\]: .*/nosuch/vfctl is not installed'
for host in w2 w3 w4; do if grep -F "[$host]" "$work/said"; then die "$host after the first has failed"; fi; done

echo "== check mode shows what would be done"
rollout --check
for host in w2 w3 w4; do same "$(vfs "$host")" 0/7 "$host in check mode"; done
said "^w4 +: .*changed=[1-9].*failed=0"

echo "== a rollout, and another that changes nothing"
rollout
for host in $hosts; do same "$(vfs "$host")" 2/7 "$host after the rollout"; done
rollout
for host in $hosts; do said "^$host +: .*changed=0 .*failed=0"; done

echo "== a canary is watched before the others follow"
spec 2 101
# The fleet is named on the command line, where a variable outranks those of the playbook.
canary -e rollout_hosts=sriov
same "$(awk '/^TASK \[Wait\]/ { exit } /^changed: / { print $2 }' "$work/said" | sort -u)" "[w1]" "changed before the wait"
grep -q '^TASK \[Wait\]' "$work/said" || die "the canaries were not watched"
said "^w4 +: .*changed=[1-9].*failed=0"

echo "== drift is reported, and a host that cannot be reached"
printf '[sriov]\nw5 ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\n' >>"$work/inventory"
hand w3 set eth0 vf 1 vlan 200
drift() { play vfctl.sriov.drift -e drift_src="$work/specs" -e drift_report="$work/drift.json" "$@"; }
fails "--limit hides drift" drift --limit w2,w3
said "1 of 2 hosts differ: w3"
drift -e 'drift_hosts=sriov:!w3:!w5'
said "3 hosts are as specified"
fails "no host is as specified" drift -e drift_hosts=nosuch
said "no host of the inventory .* matches nosuch"
fails "no host is as specified" drift --limit w5 -e drift_hosts=canary
said "no host of the inventory .* matches canary"
fails "drift is no error" drift
said "2 of 5 hosts differ: w3, w5"
python3 - "$work/drift.json" <<'PYTHON'
import json, sys
hosts = {row["host"]: row for row in json.load(open(sys.argv[1]))["hosts"]}
assert {name: row["state"] for name, row in hosts.items()} == {
    "w1": "converged", "w2": "converged", "w3": "changes", "w4": "converged", "w5": "unreachable"
}, hosts
change, = hosts["w3"]["steps"][0]["changes"]
assert change["vf"] == 1 and change["from"]["id"] == 200 and change["to"]["id"] == 101, change
PYTHON
same "$("$work/bin/w3" plan "$work/specs" | grep -c 'vf 1: vlan: 200 -> 101')" 1 "the report changed w3"

echo "== a node is drained where VFs are in use, and uncordoned afterwards"
sed -i '/^w5/d' "$work/inventory"
spec 3 101
for host in $hosts; do hand "$host" netns eth0 vf 1 pod; done
rollout -e rollout_cluster=true --check
said "would be drained and planned again"
untouched 2/7
[ ! -e "$work/kubectl" ] || die "check mode asked for $(cat "$work/kubectl")"
rm "$work/ran"
drift -e drift_cluster=true --limit w1 || :
same "$(grep -c '^w1 plan .*--only host --only node' "$work/ran")" 1 "drift of the parts that a rollout applies in a cluster"
# A variable of the hosts, which is not known when batches are made.
sed -i 's/^\(w[0-9]\) ansible_connection.*/& rollout_cluster=true/' "$work/inventory"
rollout
untouched 3/7
in_service
same "$(asked)" "$(for host in $hosts; do printf 'drain %s uncordon %s ' "$host" "$host"; done)" "what was asked, one node after the other"
same "$(grep -c '^get node ' "$work/kubectl")" 8 "looks whether a node was in service, and who cordoned it"
rm "$work/ran"
drift
same "$(grep -c '^w[0-9] plan .*--only host --only node' "$work/ran")" 4 "drift of the same parts"

echo "== more nodes at once, if that was asked for"
spec 4 101
for host in $hosts; do hand "$host" netns eth0 vf 1 pod; done
: >"$work/kubectl"
rollout -e rollout_drain_at_once=3
same "$(asked | sed 's/ w[0-9] / /g')" "drain uncordon drain drain drain uncordon uncordon uncordon " "what was asked"
in_service
spec 3 101
rollout

echo "== a node that somebody else cordoned stays cordoned"
spec 4 101
touch "$work/w2.cordoned"
hand w2 netns eth0 vf 1 pod
: >"$work/kubectl"
rollout --limit w1,w2
same "$(asked)" "drain w1 uncordon w1 drain w2 " "what was asked"
rm "$work/w2.cordoned"
in_service
spec 3 101
rollout --limit w1,w2

echo "== a node that is still in use stays as it is, and out of service"
spec 4 101
hand w1 netns eth0 vf 1 other
: >"$work/kubectl"
fails "a VF in use was destroyed" rollout
said "still in use: in network namespace other"
said "w1 stays cordoned"
untouched 3/7
same "$(asked)" "drain w1 " "what was asked"

echo "== the next rollout that succeeds returns it to service"
hand w1 netns-back other
: >"$work/kubectl"
rollout --limit w1
same "$(asked)" "drain w1 uncordon w1 " "what was asked"
in_service
spec 3 101
rollout --limit w1
spec 4 101

echo "== who comes after the check of the users is not disrupted"
hand w1 netns eth0 vf 1 pod
: >"$work/kubectl"
meanwhile w1 plan 2 netns eth0 vf 2 late
fails "a VF that came into use was destroyed" rollout
said "plan is stale"
said "w1 stays cordoned"
untouched 3/7
hand w1 netns-back late

echo "== a node that differs again after apply stays out of service"
hand w1 netns eth0 vf 1 pod
: >"$work/kubectl"
meanwhile w1 apply 1 set eth0 vf 0 vlan 7
fails "w1 is in service with another VLAN" rollout
said "the host differs again after apply: .*vlan: 7 -> 101"
said "w1 stays cordoned"
same "$(asked)" "drain w1 " "what was asked"
same "$(vfs w2)" 3/7 "w2"

echo "== so does a rollout that needs no drain any more"
: >"$work/kubectl"
rollout --check --limit w1
said "would be uncordoned"
same "$(asked)" "" "what check mode asked"
rollout --limit w1
same "$(asked)" "uncordon w1 " "what was asked"
in_service

echo "== the cluster is that of a kubeconfig that is named"
spec 3 101
named=(-e rollout_kubeconfig=/named/config -e rollout_context=lab --limit w1)
: >"$work/kubectl"
: >"$work/ran"
rollout "${named[@]}"
same "$(asked)" "drain w1 uncordon w1 " "what was asked"
same "$(grep -vc -- ' --kubeconfig=/named/config --context=lab$' "$work/kubectl")" 0 "questions to another cluster"
same "$(grep -E '^w1 (plan|apply) ' "$work/ran" | grep -vc -- '--kubeconfig /named/config --context lab')" 0 "vfctl with another cluster"
: >"$work/ran"
rollout "${named[@]}" -e rollout_node_kubeconfig=/node/config
same "$(grep -E '^w1 (plan|apply) ' "$work/ran" | grep -c -- '--kubeconfig /node/config ')" 3 "vfctl with the kubeconfig of the node"
same "$(grep -c -- '--context' "$work/ran")" 0 "the context of another kubeconfig"
: >"$work/ran"
canary "${named[@]}" --limit w1,w2
same "$(grep -E '^w1 (plan|apply) ' "$work/ran" | grep -vc -- '--kubeconfig /named/config --context lab')" 0 "canary with another cluster"
: >"$work/ran"
drift --limit w1 -e drift_kubeconfig=/named/config -e drift_context=lab
same "$(grep -c '^w1 plan .*--kubeconfig /named/config --context lab' "$work/ran")" 1 "drift in the cluster that is named"
echo "fleet: all passed"
