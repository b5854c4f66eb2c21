#!/usr/bin/env bash
# Writes what is generated and committed: the schemas, what the examples print, and what documents show of them. Look
# at the difference before it is committed: it is what users will see.
set -euo pipefail
cd "$(dirname "$0")/.."
export VFCTL_BLESS=1
cargo test-all --quiet --test examples
cargo test-all --quiet --test tidy -- schemas commands_on_examples
cargo test-all --quiet --lib -- bad_days
git --no-pager diff --stat -- schemas examples README.md docs
