#!/usr/bin/env bash
# Runs vfctl in real Kubernetes clusters: a control plane on loopback, and emulated machines with SR-IOV cards as workers.
# Builds what is missing (15 min the first time, Kubernetes is most of it), then runs the scenarios below
# testbed/scenarios/cluster: those without workers, those for one worker, those for two, those for one bare worker. Transcripts
# and logs of each cluster are in cluster-0, cluster-1, cluster-2 and cluster-bare of the target folder.
#
# With the provider kind the control plane is that of a kind cluster, in docker; what was there before is compared with what
# is there afterwards, and what stays behind is a failure. Its transcripts and logs are in kind-0, kind-1 and kind-2.
#
# usage: ci/cluster.sh [--provider kind] [--small] [VFCTL]
#        VFCTL                     the program that workers have; otherwise one is built
#        --small                   one cluster with one worker, one scenario in it and one without workers
#        ALL=1 ci/cluster.sh …     also those below testbed/scenarios/cluster-long, which take minutes each, and those below
#                                  testbed/scenarios/without-vfctl, which try the testbed itself
set -euo pipefail
provider=local
small=
while [ $# -gt 0 ]; do
    case $1 in
        --provider) provider=${2:-}; shift 2 || break ;;
        --small) small=1; shift ;;
        -*) provider=; break ;;
        *) break ;;
    esac
done
case $provider in
    local) name=cluster ;;
    kind) name=kind ;;
    *) echo "usage: ci/cluster.sh [--provider local|kind] [--small] [VFCTL]" >&2; exit 64 ;;
esac
vfctl=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
if [ "$provider" = kind ]; then bash ci/setup.sh kind; else bash ci/setup.sh; fi
target=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu
cargo build-all --quiet --bin testbed
if [ -z "$vfctl" ]; then
    cargo build-all --quiet --bin vfctl
    vfctl=$target/debug/vfctl
fi
testbed=$target/debug/testbed
# Short: sockets lie below it.
room=$(mktemp -d "${TMPDIR:-/tmp}/vfctl-cluster.XXXXXX")
running=
# The folders of clusters that could not be stopped.
unstopped=()
# The process in which scenarios without workers run.
without=
# What a kind cluster might leave on this machine: links, rules, what docker has.
machine() {
    ip -o link | awk -F ': ' '{ print "link " $2 }'
    iptables-save 2>/dev/null | sed -n -e 's/ \[.*//' -e '/^[-:]/s/^/rule /p'
    if docker version >/dev/null 2>&1; then
        docker ps --all --format 'container {{.Names}}'
        docker network ls --format 'network {{.Name}}'
        docker image ls --format 'image {{.Repository}}:{{.Tag}}'
        docker volume ls --format 'volume {{.Name}}'
    fi
}

# What is there now and was not before, and what still belongs to clusters of this run.
left_behind() {
    machine | sort | comm -13 "$room/machine" -
    grep -F " $room/" /proc/mounts | sed 's/^/mount /' || :
    local process words group
    for process in /proc/[0-9]*/cmdline; do
        words=$(tr '\0' ' ' 2>/dev/null <"$process") || continue
        [[ $words != *"$room/"* ]] || echo "process $words"
    done
    # Called after the process that a cluster lives in.
    while read -r group; do
        [ -d "/proc/${group##*-}" ] || echo "cgroup $group"
    done < <(find /sys/fs/cgroup -maxdepth 2 -type d -name 'vfctl-kind-*')
}

# Waits for the process in which scenarios without workers run.
join() {
    wait "$without" || true
    without=
    [ ! -e "$room/0/cluster.json" ] || unstopped+=("$room/0")
}

# However this ends, no cluster stays. By its folder it is stopped: that of one which cannot be stopped stays.
end() {
    local dir left=
    if [ -n "$without" ]; then
        kill -- "-$without" 2>/dev/null || true
        join
    fi
    [ -z "$running" ] || stop "$running" || true
    for dir in "${unstopped[@]}"; do
        "$testbed" cluster stop --dir "$dir" && continue
        left=1
        echo "cluster: could not be stopped; stop it with: $(realpath "$testbed") cluster stop --dir $dir" >&2
    done
    [ -n "$left" ] || rm -rf "$room"
}
trap end EXIT

passed=0
broken=0

# SIZE: the scenarios for that many workers
wanted_for() {
    local word=$1
    [ "$word" != 0 ] || word=no
    [ "$word" != bare ] || word='1 bare'
    grep -lE "^cluster: $word worker" -r testbed/scenarios/cluster \
        ${ALL:+testbed/scenarios/cluster-long testbed/scenarios/without-vfctl}
}

# SIZE DIR SCENARIO…: runs these in the cluster of that folder, where one runs; what they said is in `said` afterwards
scenarios_of() {
    local wanted=("${@:3}") good bad
    said=
    if [ -n "$2" ]; then
        # Indented: the last line alone is the sum.
        said=$("$testbed" cluster run --dir "$2" --vfctl "$vfctl" --report "$target/$name-$1" "${wanted[@]}" |
            tee >(sed -u 's/^/  /' >&2)) || true
    fi
    read -r good bad < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, .*/\1 \2/p' <<<"$said" | tail -n 1) ||
        # What was not run has failed.
        { good=0 bad=${#wanted[@]}; }
    passed=$((passed + good))
    broken=$((broken + bad))
}

# SIZE: starts a cluster with that many workers, or with one bare worker
start() {
    local size=(--workers "$1")
    [ "$1" != bare ] || size=(--workers 1 --bare)
    [[ " ${unstopped[*]} " != *" $room/$1 "* ]] || return
    running=$1
    rm -rf "${room:?}/$1"
    "$testbed" cluster start --provider "$provider" --dir "$room/$1" "${size[@]}" --vfctl "$vfctl"
}

# SIZE: stops that cluster; its logs stay beside its transcripts
stop() {
    local log=$target/$name-$1/log number
    rm -rf "$log"
    mkdir -p "$log"
    for number in $(seq "${1/bare/1}"); do
        timeout 60 "$testbed" cluster exec --dir "$room/$1" --worker "$number" -- 'tail -n 5000 /var/log/kubelet.log' \
            >"$log/kubelet-$number.log" 2>/dev/null || true
    done
    "$testbed" cluster stop --dir "$room/$1" || {
        unstopped+=("$room/$1")
        running=
        return 1
    }
    cp -r "$room/$1/log/." "$log/"
    running=
}

# SIZE: what needs no worker runs as in a cluster that is there already: that of this size
in_existing() {
    local existing='' wanted
    if KUBECONFIG=$room/$1/admin.conf "$testbed" cluster start --provider existing --dir "$room/x" --vfctl "$vfctl"; then
        existing=$room/x
    fi
    mapfile -t wanted < <(wanted_for 0)
    [ -z "$small" ] || wanted=(testbed/scenarios/cluster/networks_only.scenario)
    scenarios_of 0 "$existing" "${wanted[@]}"
    [ -z "$existing" ] || "$testbed" cluster stop --dir "$existing" || broken=$((broken + 1))
}

# What needs no worker waits most of the time, for limits and for what was delayed: it has a control plane of its own beside the
# clusters with workers.
without_workers() {
    trap '[ -z "$running" ] || stop "$running" || true' EXIT
    trap 'exit 143' TERM
    start 0 || :
    in_existing 0
    stop 0 || broken=$((broken + 1))
    echo "$passed $broken" >"$room/without"
}

[ "$provider" = local ] || machine | sort >"$room/machine"
sizes="1 2 bare"
if [ -n "$small" ]; then
    sizes=1
elif [ "$provider" = local ]; then
    # In a group of its own, so that it can be ended with all that it has started.
    set -m
    without_workers >"$room/without.log" 2>&1 &
    without=$!
    set +m
fi
for workers in $sizes; do
    mapfile -t wanted < <(wanted_for "$workers")
    [ ${#wanted[@]} -gt 0 ] || continue
    [ -z "$small" ] || wanted=(testbed/scenarios/cluster/needle.scenario)
    for attempt in 1 2; do
        if start "$workers"; then dir=$room/$workers; else dir=; fi
        # It has no cluster of its own then.
        [ -n "$without" ] || [ "$workers$attempt" != 11 ] || in_existing "$workers"
        scenarios_of "$workers" "$dir" "${wanted[@]}"
        stop "$workers" || broken=$((broken + 1))
        # QEMU seldom stands still, which is nobody's doing in the guest: once, and it is said.
        if [ "$attempt" = 2 ] || ! grep -q 'no answer within' <<<"$said"; then break; fi
        mapfile -t wanted < <(sed -n 's,^FAIL  \([a-z-]*/[^ ]*\) .*,testbed/scenarios/\1.scenario,p' <<<"$said")
        broken=$((broken - ${#wanted[@]}))
        echo "cluster: a worker stood still; what failed runs once more in a new cluster" >&2
    done
done
if [ -n "$without" ]; then
    join
    echo "cluster: without workers:" >&2
    cat "$room/without.log" >&2
    if read -r good bad <"$room/without"; then
        passed=$((passed + good))
        broken=$((broken + bad))
    else
        # What has not come to its end has failed.
        broken=$((broken + 1))
    fi
fi
if [ "$provider" = kind ]; then
    left=$(left_behind)
    if [ -n "$left" ]; then
        printf 'cluster: left behind:\n%s\n' "$left" >&2
        broken=$((broken + 1))
    else
        echo "cluster: nothing is left behind" >&2
    fi
fi
echo "$passed passed, $broken failed"
[ "$broken" = 0 ] && [ "$passed" -gt 0 ]
