#!/usr/bin/env bash
# Runs vfctl in real Kubernetes clusters: a control plane on loopback, and emulated machines with SR-IOV cards as workers.
# Builds what is missing (15 min the first time, Kubernetes is most of it), then runs the scenarios below
# testbed/scenarios/cluster: those without workers, those for one worker, those for two. Transcripts and logs of each cluster
# are in cluster-0, cluster-1 and cluster-2 of the target folder.
#
# usage: ci/cluster.sh [VFCTL]     the program that workers have; otherwise one is built
#        ALL=1 ci/cluster.sh …     also those below testbed/scenarios/without-vfctl, which try the testbed itself
set -euo pipefail
vfctl=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
bash ci/setup.sh
target=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu
cargo build --quiet --locked -p testbed --bins
if [ -z "$vfctl" ]; then
    cargo build --quiet --locked -p vfctl-cli --bin vfctl
    vfctl=$target/debug/vfctl
fi
testbed=$target/debug/testbed
# Short: sockets lie below it.
room=$(mktemp -d "${TMPDIR:-/tmp}/vfctl-cluster.XXXXXX")
running=
# However this ends, no cluster stays.
end() {
    [ -z "$running" ] || stop "$running" || true
    rm -rf "$room"
}
trap end EXIT

passed=0
broken=0

# SIZE: the scenarios for that many workers
wanted_for() {
    local word=$1
    [ "$word" != 0 ] || word=no
    grep -lE "^cluster: $word worker" -r testbed/scenarios/cluster ${ALL:+testbed/scenarios/without-vfctl}
}

# SIZE DIR SCENARIO…: runs these in the cluster of that folder, where one runs; what they said is in `said` afterwards
scenarios_of() {
    local wanted=("${@:3}") good bad
    said=
    if [ -n "$2" ]; then
        # Indented: the last line alone is the sum.
        said=$("$testbed" cluster run --dir "$2" --vfctl "$vfctl" --report "$target/cluster-$1" "${wanted[@]}" |
            tee >(sed -u 's/^/  /' >&2)) || true
    fi
    read -r good bad < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, .*/\1 \2/p' <<<"$said" | tail -n 1) ||
        # What was not run has failed.
        { good=0 bad=${#wanted[@]}; }
    passed=$((passed + good))
    broken=$((broken + bad))
}

# SIZE: starts a cluster with that many workers
start() {
    running=$1
    rm -rf "${room:?}/$1"
    "$testbed" cluster start --dir "$room/$1" --workers "$1" --vfctl "$vfctl"
}

# SIZE: stops that cluster; its logs stay beside its transcripts
stop() {
    local log=$target/cluster-$1/log number
    rm -rf "$log"
    mkdir -p "$log"
    for number in $(seq "$1"); do
        timeout 60 "$testbed" cluster exec --dir "$room/$1" --worker "$number" -- 'tail -n 5000 /var/log/kubelet.log' \
            >"$log/kubelet-$number.log" 2>/dev/null || true
    done
    "$testbed" cluster stop --dir "$room/$1" || return
    cp -r "$room/$1/log/." "$log/"
    running=
}

# What needs no worker runs as in a cluster that is there already.
existing=
if start 0 && KUBECONFIG=$room/0/admin.conf "$testbed" cluster start --provider existing --dir "$room/x" --vfctl "$vfctl"
then
    existing=$room/x
fi
mapfile -t wanted < <(wanted_for 0)
scenarios_of 0 "$existing" "${wanted[@]}"
[ -z "$existing" ] || "$testbed" cluster stop --dir "$existing" || broken=$((broken + 1))
stop 0 || broken=$((broken + 1))
for workers in 1 2; do
    mapfile -t wanted < <(wanted_for "$workers")
    for attempt in 1 2; do
        if start "$workers"; then dir=$room/$workers; else dir=; fi
        scenarios_of "$workers" "$dir" "${wanted[@]}"
        stop "$workers" || broken=$((broken + 1))
        # QEMU seldom stands still, which is nobody's doing in the guest: once, and it is said.
        if [ "$attempt" = 2 ] || ! grep -q 'no answer within' <<<"$said"; then break; fi
        mapfile -t wanted < <(sed -n 's,^FAIL  \([a-z-]*/[^ ]*\) .*,testbed/scenarios/\1.scenario,p' <<<"$said")
        broken=$((broken - ${#wanted[@]}))
        echo "cluster: a worker stood still; what failed runs once more in a new cluster" >&2
    done
done
echo "$passed passed, $broken failed"
[ "$broken" = 0 ] && [ "$passed" -gt 0 ]
