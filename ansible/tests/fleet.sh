#!/usr/bin/env bash
# Runs the playbooks on a fleet of simulated hosts: a rollout, a canary that fails, a drain, a report of drift.
# kubectl is a script that notes what it is asked; its drain takes the VFs back from the pods of a simulated host.
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

mkdir "$work/bin" "$work/specs"
hosts="w1 w2 w3 w4"
{
    echo "[sriov]"
    for host in $hosts; do
        "$VFCTL_SIM" --world "$work/$host.json" new "$VFCTL_REPOSITORY/testbed/fixtures/lab.facts.json"
        printf '#!/bin/sh\nexec %s --world %s vfctl "$@"\n' "$VFCTL_SIM" "$work/$host.json" >"$work/bin/$host"
        chmod +x "$work/bin/$host"
        echo "$host ansible_connection=local rollout_executable=$work/bin/$host drift_executable=$work/bin/$host"
    done
    printf '[canary]\nw1\n[all:vars]\nansible_python_interpreter="{{ ansible_playbook_python }}"\n'
} >"$work/inventory"

cat >"$work/bin/kubectl" <<KUBECTL
#!/bin/sh
echo "\$@" >>"$work/kubectl"
case \$1 in
get) echo '{"spec": {}}' ;;
drain) "$VFCTL_SIM" --world "$work/\$2.json" hand netns-back pod 2>/dev/null || : ;;
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

echo "== a mistake stops before any host"
spec 2 5000
if rollout; then die "a mistake was rolled out"; fi
said "fleet.yaml:6:.*found .5000."
for host in $hosts; do same "$(vfs "$host")" 0/7 "$host after a mistake"; done

echo "== a first host that fails stops the rollout"
spec 2 100
hand w1 fault createVfs on eth0 refuse ENOSPC
if rollout; then die "the rollout went on"; fi
said ENOSPC
for host in w2 w3 w4; do same "$(vfs "$host")" 0/7 "$host after the first has failed"; done
hand w1 fault createVfs on eth0 none

echo "== a rollout, and another that changes nothing"
rollout
for host in $hosts; do same "$(vfs "$host")" 2/7 "$host after the rollout"; done
rollout
for host in $hosts; do said "^$host +: .*changed=0 .*failed=0"; done

echo "== a canary is watched before the others follow"
spec 2 101
play vfctl.sriov.canary -e rollout_src="$work/specs" -e canary_minutes=0.02
said "^w4 +: .*changed=[1-9].*failed=0"

echo "== drift is reported, and a host that cannot be reached"
printf '[sriov]\nw5 ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\n' >>"$work/inventory"
hand w3 set eth0 vf 1 vlan 200
if play vfctl.sriov.drift -e drift_src="$work/specs" -e drift_report="$work/drift.json"; then die "drift is no error"; fi
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
rollout -e rollout_cluster=true
for host in $hosts; do same "$(vfs "$host")" 3/7 "$host after the drain"; done
same "$(grep -c '^drain ' "$work/kubectl")" 4 "drains"
same "$(grep w1 "$work/kubectl" | cut -d ' ' -f 1 | tr '\n' ' ')" "get drain uncordon " "what was asked for w1"

echo "== a node that is still in use stays as it is, and out of service"
spec 4 101
hand w1 netns eth0 vf 1 other
: >"$work/kubectl"
if rollout -e rollout_cluster=true; then die "a VF in use was destroyed"; fi
said "still in use: in network namespace other"
said "w1 stays cordoned"
same "$(vfs w1)" 3/7 "w1"
same "$(vfs w2)" 3/7 "w2"
same "$(cut -d ' ' -f 1 "$work/kubectl" | tr '\n' ' ')" "get drain " "what was asked"
echo "fleet: all passed"
