#!/usr/bin/env bash
# Builds the container image of vfctl and starts it by testcontainers: `validate` and `plan --facts` in it do what they do outside, and
# there is nothing else in it. The same for the archive of a release. Ends with `N passed, N failed`.
#
# usage: ci/image.sh [VFCTL]     the binary in the image; by default it is built as it ships
#
# Uses this machine's docker where it answers; otherwise it starts one of its own, which needs root, without any network. testcontainers
# comes from PyPI, in the version of packaging/image/requirements.txt, and is kept in the user's cache. Needs Python 3.11.
set -euo pipefail
vfctl=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 TESTCONTAINERS_RYUK_DISABLED=true

PYTHON=python3.11
# How long docker may take until it answers, in seconds.
LIMIT=60
target=${CARGO_TARGET_DIR:-target}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/image
requirements=packaging/image/requirements.txt

say() { printf 'image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

bash ci/setup.sh kind
command -v "$PYTHON" >/dev/null || die "$PYTHON is missing"
if [ -z "$vfctl" ]; then
    cargo build --quiet --locked --profile dist -p vfctl-cli --bin vfctl
    vfctl=$(realpath "$target/x86_64-unknown-linux-gnu/dist/vfctl")
fi
tools=$cache/$({ "$PYTHON" --version; cat "$requirements"; } | sha256sum | cut -c 1-16)
if [ ! -e "$tools/done" ]; then
    say "install testcontainers into $tools (once) …"
    rm -rf "$tools"
    "$PYTHON" -m venv "$tools"
    "$tools/bin/pip" install -q --disable-pip-version-check -r "$requirements"
    touch "$tools/done"
fi

# Short: a socket lies below it.
work=$(mktemp -d "${TMPDIR:-/tmp}/vfctl-image.XXXXXX")
docker=
end() {
    if [ -n "$docker" ]; then
        # The namespaces end with the process that made them, and so does all that runs in them. It ignores other signals.
        kill -KILL "$docker" 2>/dev/null || :
        wait "$docker" 2>/dev/null || :
        sh testbed/cluster/dockerd.sh clean "vfctl-image-$$" || say "a cgroup of docker is left behind"
    fi
    rm -rf "$work"
}
trap end EXIT

start_docker() {
    [ "$(id -u)" -eq 0 ] || die "no docker answers, and root is needed to start one"
    export DOCKER_HOST=unix://$work/docker/docker.sock
    mkdir "$work/docker"
    unshare --net testbed/cluster/dockerd.sh run "$work/docker" "vfctl-image-$$" >"$work/docker.log" 2>&1 &
    docker=$!
    local started=$SECONDS
    until docker version >/dev/null 2>&1; do
        kill -0 "$docker" 2>/dev/null || { tail -n 20 "$work/docker.log" >&2; die "docker ended"; }
        [ $((SECONDS - started)) -lt "$LIMIT" ] || { tail -n 20 "$work/docker.log" >&2; die "docker does not answer within $LIMIT s"; }
        sleep 0.2
    done
}

docker version >/dev/null 2>&1 || start_docker
packaging/image/archive.sh "$vfctl" test "$work/image.tar.gz"
export VFCTL_BIN=$vfctl VFCTL_ARCHIVE=$work/image.tar.gz
status=0
"$tools/bin/pytest" -q -p no:cacheprovider --tb short packaging/image 2>&1 | tee "$work/log" || status=$?
passed=$(grep -oE '[0-9]+ passed' "$work/log" | tail -n 1 | cut -d ' ' -f 1 || :)
# One that is skipped has not run.
failed=$(awk '/ in [0-9.]+s/ { for (i = 2; i <= NF; i++) if ($i ~ /^(failed|error|skipped)/) sum += $(i - 1) } END { print sum + 0 }' "$work/log")
if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || [ "${passed:-0}" -eq 0 ]; }; then failed=1; fi
echo "${passed:-0} passed, $failed failed"
[ "$failed" -eq 0 ]
