#!/usr/bin/env bash
# Holds the simulator of the SR-IOV device plugin against the plugin itself: v3.5.1, built from its module, runs in a guest with
# emulated cards, and for each configuration what it offers to a kubelet is compared with what `vfctl pools` said before.
# Run by hand: the builds take some three minutes once, the guest four.
set -euo pipefail
cd "$(dirname "$0")/.."
bash ci/setup.sh
target=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu
room=testbed/cluster/device-plugin
cargo build --quiet --locked --release -p vfctl-cli --bin vfctl
cargo build-all --quiet --bin testbed
inputs=$(cat $room/go.mod $room/go.sum $room/offered/main.go | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/device-plugin/$inputs
if [ ! -x "$cache/offered" ]; then
    echo "Building the device plugin and what asks it (3 min) …"
    mkdir -p "$cache"
    export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=readonly
    (cd $room && go build -trimpath -ldflags '-s -w' -o "$cache/sriovdp" \
        github.com/k8snetworkplumbingwg/sriov-network-device-plugin/cmd/sriovdp &&
        go build -trimpath -ldflags '-s -w' -o "$cache/offered.new" ./offered)
    mv "$cache/offered.new" "$cache/offered"
fi
"$target/debug/testbed" exec --vfctl "$target/release/vfctl" --limit 1500 --copy "$cache/sriovdp" --copy "$cache/offered" \
    --copy $room/configs --copy $room/compare.sh -- 'bash compare.sh ./sriovdp ./offered configs/*.json'
