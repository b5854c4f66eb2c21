#!/usr/bin/env bash
# Reads damaged facts, plan files and journals for as long as is wanted: what ci/test.sh does for a minute.
#
# usage: soak.sh [SEED [SECONDS]]   (the seed otherwise comes from the clock; ten minutes for each kind of document). A
# failure names its seed, and `soak.sh SEED 1` shows it again.
set -euo pipefail
cd "$(dirname "$0")/.."
export VFCTL_FUZZ_SEED=${1:-$(date +%s)} VFCTL_FUZZ_SECONDS=${2:-600}
echo "Seeds from $VFCTL_FUZZ_SEED on"
cargo test-all --quiet --test fuzz -- --nocapture
