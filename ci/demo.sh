#!/usr/bin/env bash
# The main job on emulated hardware: builds vfctl, boots a guest with igb ports that have SR-IOV, and lets vfctl
# discover, plan and apply there; ends with an error unless every exit code and value is as it should be.
set -euo pipefail
cd "$(dirname "$0")/.."
started=$SECONDS
bash ci/setup.sh
target=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu
cargo build --quiet --locked --release -p vfctl-cli --bin vfctl
cargo build --quiet --locked -p testbed
"$target/debug/testbed" exec --topology testbed/topologies/lab.toml --vfctl "$target/release/vfctl" \
    --copy testbed/demo -- 'sh demo/in-guest.sh'
echo "The demo took $((SECONDS - started)) s."
