#!/usr/bin/env bash
# Measures, on one machine and in one run: planning alone, planning for fleets, and on emulated hardware what vfctl
# takes to change 2560 settings of 512 VFs beside `ip`, `ip -batch` and messages built beforehand. Prints all ratios;
# fails only where a value is not as it should be afterwards. `rounds=1 bash ci/bench.sh` is a quick look.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${rounds:-5}
bash ci/setup.sh
target=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu
cargo build --quiet --locked --profile dist -p vfctl-cli --bin vfctl
cargo build --quiet --locked --release -p vfctl-host --example send_prebuilt
cargo build-all --quiet --bin testbed
echo "Planning alone"
cargo bench --quiet --locked -p vfctl-plan --bench planning
echo
echo "Fleets of facts files"
cargo bench --quiet --locked -p vfctl-cli --bench fleet
echo
echo "Changing VFs in the guest"
"$target/debug/testbed" exec --topology testbed/topologies/bench.toml --vfctl "$target/dist/vfctl" --limit 1800 \
    --copy testbed/bench/attributes.sh --copy "$target/release/examples/send_prebuilt" -- \
    "ROUNDS=$rounds bash attributes.sh"
