#!/usr/bin/env bash
# Writes what is generated and committed: the schemas, what the examples print, and what documents show of them. Look
# at the difference before it is committed: it is what users will see.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --locked -p vfctl-cli --bin vfctl
vfctl=$PWD/target/x86_64-unknown-linux-gnu/debug/vfctl
for document in spec facts plan report; do
    "$vfctl" schema "$document" >"schemas/$document.schema.json"
done
for example in examples/*/; do
    cd "$example"
    if [ -f facts.json ]; then
        "$vfctl" plan spec.yaml --facts facts.json >plan.txt || true    # its README says the exit code
    else
        "$vfctl" validate spec.yaml 2>diagnostics.txt || true
    fi
    cd - >/dev/null
done
VFCTL_WRITE_DOCUMENTS=1 cargo test --quiet --locked -p vfctl-tidy commands_on_examples >/dev/null
git --no-pager diff --stat -- schemas examples README.md docs
