#!/usr/bin/env bash
# Runs vfctl in real Kubernetes clusters: a control plane on loopback, and emulated machines with SR-IOV cards as workers.
# Builds what is missing (15 min the first time, Kubernetes is most of it), then runs the scenarios below
# testbed/scenarios/cluster, first those for one worker, then those for two. Transcripts and logs of each cluster are in
# cluster-1 and cluster-2 of the target folder.
#
# usage: ci/cluster.sh [VFCTL]     the program that workers have; otherwise one is built
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
workers=0
# However this ends, no cluster stays.
end() {
    [ "$workers" = 0 ] || stop || true
    rm -rf "$room"
}
trap end EXIT

# Stops the cluster that runs; its logs stay in its report.
stop() {
    local log=$target/cluster-$workers/log number
    rm -rf "$log"
    mkdir -p "$log"
    for number in $(seq "$workers"); do
        "$testbed" cluster exec --dir "$room/$workers" --worker "$number" -- 'tail -n 5000 /var/log/kubelet.log' \
            >"$log/kubelet-$number.log" 2>/dev/null || true
    done
    "$testbed" cluster stop --dir "$room/$workers"
    cp -r "$room/$workers/log/." "$log/"
}

passed=0
broken=0
for workers in 1 2; do
    wanted=$(grep -lE "^cluster: $workers worker" -r testbed/scenarios/cluster | wc -l)
    [ "$wanted" -gt 0 ] || continue
    said=
    if "$testbed" cluster start --dir "$room/$workers" --workers "$workers" --vfctl "$vfctl"; then
        # Indented: the last line alone is the sum.
        said=$("$testbed" cluster run --dir "$room/$workers" --vfctl "$vfctl" --report "$target/cluster-$workers" |
            tee >(sed 's/^/  /' >&2)) || true
    fi
    stop || true
    count=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, .*/\1 \2/p' <<<"$said" | tail -n 1)
    # What was not run has failed.
    read -r good bad <<<"${count:-0 $wanted}"
    passed=$((passed + good))
    broken=$((broken + bad))
done
workers=0
echo "$passed passed, $broken failed"
[ "$broken" = 0 ] && [ "$passed" -gt 0 ]
