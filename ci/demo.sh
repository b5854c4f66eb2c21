#!/usr/bin/env bash
# The main job on emulated hardware: builds vfctl, boots a guest with igb ports that have SR-IOV, and lets vfctl
# discover, plan and apply there; ends with an error unless every exit code and value is as it should be.
set -euo pipefail
cd "$(dirname "$0")/.."
started=$SECONDS

# Says what is being done, also where nobody watches.
say() { printf 'demo: %s\n' "$*"; }

say "1 of 4: install QEMU and a few tools where they are missing (2 min; 1 s where all are there)"
bash ci/setup.sh
target=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu
say "2 of 4: download crates and build vfctl (3 min at first)"
cargo build --quiet --locked --release -p vfctl-cli --bin vfctl
say "3 of 4: build the testbed (1 min at first)"
cargo build-all --quiet --bin testbed
say "4 of 4: boot a guest with emulated igb ports and run the demo (20 s with KVM, a minute without; at first a kernel is"
say "        downloaded and an image made, 2 min)"
"$target/debug/testbed" exec --topology testbed/topologies/lab.toml --vfctl "$target/release/vfctl" \
    --copy testbed/demo -- 'sh demo/in-guest.sh'
echo "The demo took $((SECONDS - started)) s."
