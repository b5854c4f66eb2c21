#!/usr/bin/env bash
# Every test of every tier, from a bare checkout on: installs what is missing, checks format and lints, runs the
# tests of all crates, then the scenarios on the simulator and on a real kernel in a guest with emulated hardware,
# and holds the two against each other. Ends with `N passed, N failed`; fails where anything failed or could not run.
#
# `quick` leaves out what needs a guest.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never LC_ALL=C.UTF-8 RUST_BACKTRACE=0
# Everything is built once: what would make a second build fast, and a backtrace useful, only takes time.
export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
unset VFCTL_BIN VFCTL_BLESS VFCTL_STATE_DIR VFCTL_LOG VFCTL_FUZZ_SEED VFCTL_FUZZ_SECONDS

mode=${1:-all}
target=${CARGO_TARGET_DIR:-target}
results=$target/ci
logs=$results/logs
programs=$target/x86_64-unknown-linux-gnu
passed=0
failed=0
mkdir -p "$logs"

# What each part does, and about how long it takes on two cores: first on a fresh machine, then again.
declare -A ABOUT=(
    [setup]="install QEMU and a few tools where they are missing (2 min; again 1 s)"
    [units]="download Debian's systemd units and check ours beside them (1 min; again 10 s)"
    [format]="check the format of the code (5 s)"
    [lint]="download and check all crates with clippy (4 min; again 1 min)"
    [crates]="build and run the tests of all crates (8 min; again 3 min)"
    [pages]="open the pages of the examples in a headless browser (1 min; again 10 s)"
    [fuzz]="read damaged documents, a quarter of a minute of each kind (1 min)"
    [programs]="build the programs that run scenarios (2 min; again 5 s)"
    [invent]="invent random scenarios from a fixed seed (1 s)"
    [simulator]="run every scenario on the simulator (1 min)"
    [release]="build vfctl as it ships (5 min, begun before ansible; again 5 s)"
    [static]="check that what ships is one static file (1 s)"
    [image]="download a kernel and packages and make the guests' images (6 min; again 2 s)"
    [kernel]="boot guests and run every scenario on a real kernel (6 min)"
    [matrix]="compare which rows of each table both tiers have covered (1 s)"
    [parts]="build a Kubernetes control plane and what runs on workers, and their image (15 min, begun at once; again 2 s)"
    [cluster]="start clusters with emulated workers and run specs until pods have VFs (12 min)"
    [docs]="build the documentation site and follow its links (1 min; again 5 s)"
    [packages]="install, upgrade and remove the packages in roots of their own (3 min; again 1 min)"
    [container]="build the container image and start it (1 min; again 10 s)"
    [kind-parts]="install docker, build kind and its node image (3 min; again 5 s)"
    [kind]="start a kind cluster with an emulated worker, and delete it with all that came with it (8 min)"
    [ansible]="install Ansible's tools, and test and lint the collection (8 min; again 7 min)"
    [fleet]="boot three hosts, roll out to them by Ansible over ssh, and restart one (8 min)"
    [agree]="compare what simulator and kernel did (1 s)"
)

# Says what is being done, also where nobody watches: a log that is silent for minutes looks like one that hangs.
begin() { printf '%-10s %s …\n' "$1" "${ABOUT[$1]}"; }

# Adds to the counts, says so, and shows the log of what failed.
report() {
    local name=$1 good=$2 bad=$3 seconds=$4
    passed=$((passed + good))
    failed=$((failed + bad))
    printf '%-10s %4d passed, %d failed, %d s\n' "$name" "$good" "$bad" "$seconds"
    if [ "$bad" -ne 0 ]; then
        sed 's/^/    /' "$logs/$name.log" | tail -n 200
        printf '    the whole log: %s\n' "$logs/$name.log"
        return 1
    fi
}

# check NAME COMMAND…: a command that succeeds or not.
check() {
    local name=$1 started=$SECONDS good=1
    begin "$name"
    shift
    "$@" >"$logs/$name.log" 2>&1 || good=0
    report "$name" $good $((1 - good)) $((SECONDS - started))
}

# suite NAME COMMAND…: a command that says how many tests it ran. One that ran none, left some out, or ended badly
# without saying why, has failed.
suite() {
    local name=$1 started=$SECONDS status=0 good bad ignored
    begin "$name"
    shift
    "$@" >"$logs/$name.log" 2>&1 || status=$?
    read -r good bad ignored < <(awk '
        # cargo: test result: ok. 3 passed; 0 failed; 0 ignored; …      testbed: 3 passed, 0 failed, …
        /^test result: / { for (i = 2; i <= NF; i++) { if ($i == "passed;") good += $(i - 1); if ($i == "failed;") bad += $(i - 1); if ($i == "ignored;") ignored += $(i - 1) } }
        /^[0-9]+ passed, [0-9]+ failed/ { good += $1; bad += $3 }
        END { print good + 0, bad + 0, ignored + 0 }' "$logs/$name.log")
    if [ "$ignored" -ne 0 ]; then
        echo "$ignored tests were left out" >>"$logs/$name.log"
        bad=$((bad + ignored))
    fi
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
        echo "exit code $status, and $good tests" >>"$logs/$name.log"
        bad=1
    fi
    report "$name" "$good" "$bad" $((SECONDS - started))
}

# lost NAME WHY: a tier that cannot run.
lost() {
    echo "could not run: $2" >"$logs/$1.log"
    report "$1" 0 1 0
}

# What ships is one file that needs nothing else.
is_static() {
    local said
    said=$(ldd "$programs/release/vfctl" 2>&1 || :)
    echo "$said"
    grep -qE 'statically linked|not a dynamic executable' <<<"$said"
}

# A guest for each core, as far as memory goes: without KVM each keeps one busy.
guests() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1024 / 1024 / 3) }' /proc/meminfo)
    local least=$((cores < memory ? cores : memory))
    echo $((least > 4 ? 4 : least < 1 ? 1 : least))
}

both_images() {
    "$programs/debug/testbed" image && "$programs/debug/testbed" image --guest debian
}

# begin_beside NAME COMMAND…: begins what a later tier needs, beside tiers that leave a core idle. Whether it ended well is what that tier says.
# With all that it starts it is one group of processes, which ends with this script.
declare -A besides
trap 'kill "${besides[@]}" 2>/dev/null || :' EXIT
begin_beside() {
    timeout 1h "${@:2}" >"$logs/$1-begun.log" 2>&1 &
    besides[$1]=$!
}

# end_beside NAME: waits until it has ended.
end_beside() {
    [ -z "${besides[$1]:-}" ] || wait "${besides[$1]}" || :
    unset "besides[$1]"
}

kernel_tiers() {
    end_beside release
    if ! check release cargo build --locked --release -p vfctl-cli --bin vfctl; then
        lost kernel "there is no vfctl to run" || :
        lost matrix "there are no results to compare" || :
        return
    fi
    check static is_static || :
    if check image both_images; then
        suite kernel "$programs/debug/testbed" run --guests "$(guests)" --vfctl "$programs/release/vfctl" \
            --report "$results/kernel" testbed/scenarios "$results/random" || :
        check matrix "$programs/debug/testbed" matrix "$results/sim" "$results/kernel" || :
        check agree "$programs/debug/testbed" compare "$results/random" \
            --report "$results/sim" --report "$results/kernel" || :
    else
        lost kernel "there is no guest" || :
        lost matrix "there are no results to compare" || :
    fi
}

cluster_parts() { bash testbed/cluster/build.sh && sh testbed/image/worker.sh; }

cluster_tier() {
    if [ ! -x "$programs/release/vfctl" ]; then
        lost cluster "there is no vfctl to run" || :
    elif end_beside parts && check parts cluster_parts; then
        suite cluster bash ci/cluster.sh "$programs/release/vfctl" || :
    else
        lost cluster "there is no cluster to start" || :
    fi
}

kind_parts() { bash ci/setup.sh kind && bash testbed/cluster/build.sh kind && sh testbed/image/kind-node.sh; }

# The whole set takes the time of two clusters more: by hand.
kind_tier() {
    if [ ! -x "$programs/release/vfctl" ]; then
        lost kind "there is no vfctl to run" || :
    elif check kind-parts kind_parts; then
        suite kind bash ci/cluster.sh --provider kind --small "$programs/release/vfctl" || :
    else
        lost kind "there is no kind to start a cluster with" || :
    fi
}

# What vfctl is shipped in.
shipping_tier() {
    if [ -x "$programs/release/vfctl" ]; then
        suite packages bash ci/packages.sh "$programs/release/vfctl" || :
        suite container bash ci/image.sh "$programs/release/vfctl" || :
    else
        lost packages "there is no vfctl to pack" || :
        lost container "there is no vfctl to pack" || :
    fi
}

# Where hosts are started, after the others: each keeps a core busy.
fleet_tier() {
    if [ -x "$programs/release/vfctl" ]; then
        suite fleet bash ci/fleet.sh "$programs/release/vfctl" || :
    else
        lost fleet "there is no vfctl to install" || :
    fi
}

case $mode in
all | quick) ;;
*) echo "usage: ci/test.sh [quick]" >&2; exit 64 ;;
esac
printf 'Everything that is printed meanwhile goes to %s.\n' "$logs"
if [ "$mode" = all ]; then
    check setup bash ci/setup.sh || :
    begin_beside parts nice -n 19 bash testbed/cluster/build.sh
fi
# What an earlier run has left must not count.
rm -rf "$results/sim" "$results/kernel" "$results/random"
check units ci/units.sh || :
check format cargo fmt --all --check || :
check lint cargo clippy --locked --workspace --all-targets --features vfctl-cli/sim -- -D warnings || :
suite crates cargo test-all --no-fail-fast || :
if [ "$mode" = all ]; then
    check pages bash ci/page.sh "$results/pages" || :
fi
# The same seeds each time, a quarter of a minute for each kind of document; ci/soak.sh tries others, and longer.
suite fuzz env VFCTL_FUZZ_SECONDS=15 cargo test-all --test fuzz || :
if check programs cargo build-all --bins; then
    # The same seeds each time, so that only a change can make this fail; ci/random.sh tries others.
    check invent "$programs/debug/testbed" invent --seed 1 --count 2 "$results/random" || :
    suite simulator "$programs/debug/testbed" simulate --sim "$programs/debug/vfctl-sim" \
        --report "$results/sim" testbed/scenarios "$results/random" || :
    # What ships is linked by one core for minutes.
    [ "$mode" = quick ] || begin_beside release cargo build --locked --release -p vfctl-cli --bin vfctl
    suite ansible bash ci/ansible.sh || :
    suite docs bash ci/docs.sh || :
    if [ "$mode" = all ]; then
        kernel_tiers
        cluster_tier
        kind_tier
        shipping_tier
        fleet_tier
    fi
else
    lost simulator "the programs could not be built" || :
    lost ansible "the programs could not be built" || :
    lost docs "the programs could not be built" || :
    if [ "$mode" = all ]; then
        lost kernel "the programs could not be built" || :
        lost matrix "the programs could not be built" || :
        lost cluster "the programs could not be built" || :
        lost kind "the programs could not be built" || :
        lost packages "the programs could not be built" || :
        lost container "the programs could not be built" || :
        lost fleet "the programs could not be built" || :
    fi
fi

if [ "$mode" = quick ]; then echo "Not asked for: pages, kernel, matrix, cluster, kind, packages, container, fleet."; fi
echo "Run by hand: ci/cluster.sh --provider kind, ALL=1 ci/cluster.sh, ci/tutorial.sh, ci/soak.sh."
echo "It took $((SECONDS / 60)) min $((SECONDS % 60)) s."
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
