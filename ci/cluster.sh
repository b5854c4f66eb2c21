#!/usr/bin/env bash
# Runs vfctl in real Kubernetes clusters: a control plane on loopback, and emulated machines with SR-IOV cards as workers.
# Builds what is missing (15 min the first time, Kubernetes is most of it), then runs the scenarios below
# testbed/scenarios/cluster, first those for one worker, then those for two.
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
room=$(mktemp -d "${TMPDIR:-/tmp}/vfctl-cluster.XXXXXX")
# However this ends, no cluster stays; its logs stay where something failed.
end() {
    "$testbed" cluster stop --dir "$room" || true
    [ "$failed" != 0 ] || rm -rf "$room"
}
failed=1
trap end EXIT
passed=0
broken=0
for workers in 1 2; do
    wanted=$(grep -lE "^cluster: $workers worker" -r testbed/scenarios/cluster | wc -l)
    [ "$wanted" -gt 0 ] || continue
    "$testbed" cluster start --dir "$room" --workers "$workers" --vfctl "$vfctl"
    # Indented: the last line alone is the sum.
    said=$("$testbed" cluster run --dir "$room" --vfctl "$vfctl" --report "$target/cluster-$workers" |
        tee >(sed 's/^/  /' >&2)) || true
    "$testbed" cluster stop --dir "$room"
    count=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, .*/\1 \2/p' <<<"$said" | tail -n 1)
    # What was not run has failed.
    read -r good bad <<<"${count:-0 $wanted}"
    passed=$((passed + good))
    broken=$((broken + bad))
done
echo "$passed passed, $broken failed"
[ "$broken" = 0 ] && [ "$passed" -gt 0 ] && failed=0
exit "$failed"
