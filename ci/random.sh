#!/usr/bin/env bash
# Lets random things happen on the simulator and on a real kernel, and says where the two do not agree.
#
# usage: random.sh [SEED [COUNT]]   (the seed otherwise comes from the clock; ten scenarios, each for an igb and a
# netdevsim). A seed makes the same scenario again: what differs is in random/ of the target folder, with a transcript of each place.
set -euo pipefail
cd "$(dirname "$0")/.."
seed=${1:-$(date +%s)}
count=${2:-10}
bash ci/setup.sh
cargo build-all --quiet --bins
target=${CARGO_TARGET_DIR:-target}
testbed=$target/x86_64-unknown-linux-gnu/debug/testbed
results=$target/random
rm -rf "$results"
echo "Seeds $seed to $((seed + count - 1))"
"$testbed" invent --seed "$seed" --count "$count" "$results/scenarios"
# What fails in one place is told by the comparison.
"$testbed" simulate "$results/scenarios" --report "$results/sim" || :
"$testbed" run "$results/scenarios" --report "$results/kernel" || :
"$testbed" compare "$results/scenarios" --report "$results/sim" --report "$results/kernel"
