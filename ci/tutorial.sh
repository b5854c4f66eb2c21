#!/usr/bin/env bash
# Follows the tutorial word by word, as one who reads it does: saves its files, and runs its commands in one shell, in an empty folder
# of their own where they do not build. Ends with `N passed, N failed`, where each command is one, and each text that it must show.
#
# usage: ci/tutorial.sh [docs/tutorial.md | docs/zh/tutorial.md]
set -euo pipefail
cd "$(dirname "$0")/.."
# It says where cargo builds when it is told nothing.
unset CARGO_TARGET_DIR
tutorial=${1:-docs/tutorial.md}
work=$(mktemp -d "${TMPDIR:-/tmp}/vfctl-tutorial.XXXXXX")
said=$work/said
passed=0
failed=0
trap 'testbed cluster stop >/dev/null 2>&1 || :; rm -rf "$work"' EXIT

# What must have been shown in the end, in this order.
WANTED=('worker-1' 'eth1' 'Valid: 1 document.' 'count: 0 -> 4' 'Applied:' '"example.com/net":"4"' 'No changes.'
    'vf 3: spoofCheck: off -> on' 'k8s.v1.cni.cncf.io/networks: tenant-a' 'pod/first condition met' 'inet 10.56.0.' 'default/first')

# The files and commands of the tutorial, as a script that calls `save` and `run`.
steps() {
    awk '
        /^```console/ { block = "console"; next }
        /^```yaml/ { block = "yaml"; printf "save %s <<\"END OF FILE\"\n", file; next }
        /^```/ { if (block == "yaml") print "END OF FILE"; block = ""; next }
        block == "yaml" { print; next }
        block == "console" && /^\$ / { printf "run <<\"END OF COMMAND\"\n%s\nEND OF COMMAND\n", substr($0, 3); next }
        block == "" && match($0, /`[a-z]+\.yaml`/) { file = substr($0, RSTART + 1, RLENGTH - 2) }' "$tutorial"
}

save() { cat >"$work/$1"; }

run() {
    local command code=0
    command=$(cat)
    # This is root already, in a shell.
    [[ $command != sudo* ]] || return 0
    printf '$ %s\n' "$command" | tee -a "$said"
    # What builds does so from the repository; the first that does not leads to where the files are.
    case $command in
        'bash ci/'* | cargo* | *PATH=*) ;;
        *) cd "$work" ;;
    esac
    eval "$command" >"$work/output" 2>&1 || code=$?
    tee -a "$said" <"$work/output" | sed 's/^/    /'
    case "$code $command" in
        '0 '* | '2 '*'vfctl plan'*) passed=$((passed + 1)) ;;
        *)
            failed=$((failed + 1))
            echo "FAIL  exit code $code"
            ;;
    esac
}

steps >"$work/steps"
# shellcheck disable=SC1091 # It is made of the tutorial.
. "$work/steps"
line=0
for text in "${WANTED[@]}"; do
    found=$(tail -n "+$((line + 1))" "$said" | grep -nF -m 1 -- "$text" | cut -d : -f 1) || :
    if [ -n "$found" ]; then
        passed=$((passed + 1))
        line=$((line + found - 1))
    else
        failed=$((failed + 1))
        echo "FAIL  $text is not shown after line $line of what was said"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt "${#WANTED[@]}" ]
