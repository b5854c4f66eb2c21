#!/usr/bin/env bash
# Tests the Ansible collection in ansible/: its sanity tests and lints, its modules with vfctl on the facts of the examples and on
# the simulator, its role in folders of its own, its documentation and its archive. Ends with `N passed, N failed`.
#
# ci/ansible.sh [VFCTL [VFCTL_SIM]]: the programs; by default those of the debug build.
#
# Tools from PyPI, in the versions of ansible/tests/requirements.txt, are kept in the user's cache. Needs Python 3.11; the role's test needs root.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 ANSIBLE_NOCOLOR=1

PYTHON=3.11
SANITY=24 # how many sanity tests this ansible-test has, at least
SCRIPTS=27 # how many shell scripts there are, at least

# What does not run, and why.
NOT_RUN=(
    "ansible-test sanity --test pslint: needs PowerShell, and the collection has none"
    "ansible-lint's rules that install or look up collections: --offline"
    "ansible-lint --rule galaxy[no-repository]: there is no public repository yet"
    "role, install of vfctl's own .deb and .rpm: ci/packages.sh builds and installs them; here the .deb has the units, and a vfctl that is simulated"
    "hosts over ssh: here hosts are simulated, and the connection is local; ci/fleet.sh has real ones"
)

repository=$PWD
target=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu/debug
vfctl=$(realpath "${1:-$target/vfctl}")
sim=$(realpath "${2:-$target/vfctl-sim}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/ansible
passed=0
failed=0

die() { echo "ansible: $*" >&2; exit 1; }

for program in "$vfctl" "$sim"; do
    [ -x "$program" ] || die "$program is missing; run cargo build -p vfctl-cli --features vfctl-cli/sim --bins"
done
tools=$(bash ci/ansible-tools.sh)
work=$(mktemp -d "$cache/work.XXXXXX")
role=
trap '[ -z "$role" ] || kill "$role" 2>/dev/null || :; rm -rf "$work"' EXIT
logs=$work/logs
collection=$work/ansible_collections/vfctl/sriov
mkdir -p "$logs" "$(dirname "$collection")"
cp -a ansible "$collection"
cat >"$collection/tests/integration/integration_config.yml" <<YAML
vfctl_bin: $vfctl
vfctl_sim: $sim
vfctl_repository: $repository
YAML
# pip's own settings of the user count still.
if [ -e "$HOME/.config/pip/pip.conf" ]; then export PIP_CONFIG_FILE=$HOME/.config/pip/pip.conf; fi
export HOME=$tools/home PATH=$tools/venv/bin:$PATH
export ANSIBLE_HOME=$work/home ANSIBLE_COLLECTIONS_PATH=$work ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false
export VFCTL_BIN=$vfctl VFCTL_SIM=$sim VFCTL_REPOSITORY=$repository PYTHONPATH=$work

# count NAME GOOD BAD
count() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    printf '%-24s %3d passed, %d failed\n' "$1" "$2" "$3"
    if [ "$3" -ne 0 ]; then tail -n 60 "$logs/$1.log" | cut -c 1-400 | sed 's/^/    /'; fi
}

# check NAME COMMAND…: a command that succeeds or not.
check() {
    local name=$1 good=1
    shift
    (cd "$collection" && "$@") >"$logs/$name.log" 2>&1 || good=0
    count "$name" $good $((1 - good))
}

# The files of the role are those of packaging/.
same_units() {
    diff -r "$repository/packaging/systemd" roles/vfctl/files
}

# units NAME WORDS…: runs unit tests.
units() {
    local name=$1 status=0 good bad
    shift
    (cd "$collection" && pytest -q -p no:cacheprovider --import-mode=importlib --rootdir . "$@") >"$logs/$name.log" 2>&1 || status=$?
    good=$(grep -oE '[0-9]+ passed' "$logs/$name.log" | tail -n 1 | cut -d ' ' -f 1 || :)
    # One that is skipped has not run.
    bad=$(awk '/ in [0-9.]+s/ { for (i = 2; i <= NF; i++) if ($i ~ /^(failed|error|skipped)/) sum += $(i - 1) } END { print sum + 0 }' "$logs/$name.log")
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] || [ "${good:-0}" -eq 0 ]; then bad=$((bad + 1)); fi
    count "$name" "${good:-0}" "$bad"
}

# Writes the names of all sanity tests. A list that is empty or cut short would pass.
list_sanity() {
    ansible-test sanity --list-tests >"$work/sanity" || return 1
    [ "$(wc -l <"$work/sanity")" -ge "$SANITY" ] || {
        echo "ansible-test lists $(wc -l <"$work/sanity") sanity tests, and should list at least $SANITY"
        return 1
    }
}

# Each sanity test by itself, so that one that does not run is not one that passes.
sanity() {
    local test tests
    check sanity-list list_sanity
    mapfile -t tests <"$work/sanity"
    for test in "${tests[@]}"; do
        case $test in
        pslint) continue ;;
        esac
        check "sanity-$test" ansible-test sanity --python "$PYTHON" --color no --test "$test"
    done
}

# Runs a command where /etc and what the role writes to are this command's own.
own_folders() {
    # shellcheck disable=SC2016 # It is the other shell that expands it.
    unshare --mount bash -euc '
        layers=$1
        shift
        mkdir -p "$layers"
        mount -t tmpfs tmpfs "$layers"
        for folder in /etc /usr /run /var/lib /var/cache /var/log; do
            upper=$layers/${folder//\//_}
            mkdir -p "$upper.upper" "$upper.work"
            mount -t overlay overlay -o "lowerdir=$folder,upperdir=$upper.upper,workdir=$upper.work" "$folder"
        done
        "$@"' own_folders "$work/layers" "$@"
}

# tried TARGET [WORDS…]: runs an integration test, by what the words name.
tried() { "${@:2}" ansible-test integration --python "$PYTHON" --color no --allow-destructive --allow-root "$1"; }

integration() { check "integration-$1" tried "$1"; }

# Begins the role's test, which waits for Ansible most of its minutes: beside the others, in a copy of its own.
begin_role() {
    local copy=$work/of-role
    mkdir -p "$copy/ansible_collections/vfctl"
    cp -a "$collection" "$copy/ansible_collections/vfctl/sriov"
    (
        cd "$copy/ansible_collections/vfctl/sriov"
        tried role own_folders env "ANSIBLE_HOME=$copy/home" "ANSIBLE_COLLECTIONS_PATH=$copy" "PYTHONPATH=$copy"
    ) >"$logs/integration-role.log" 2>&1 &
    role=$!
}

end_role() {
    local good=1
    wait "$role" || good=0
    role=
    count integration-role $good $((1 - good))
}

# In these `set -e` does not count: `check` asks how they end.
documented() {
    local text
    text=$(ansible-doc "$@") && grep -q 'EXAMPLES\|ENTRY POINT' <<<"$text"
}

# The archive holds what is needed, and Ansible can install and use it.
archive() {
    export ANSIBLE_COLLECTIONS_PATH=$work/installed PYTHONPATH=
    ansible-galaxy collection build --output-path "$work/built" &&
        cd "$work" &&
        ansible-galaxy collection install --offline -p "$work/installed" "$work"/built/vfctl-sriov-*.tar.gz &&
        ansible localhost -m vfctl.sriov.validate -a "executable=$vfctl src=$repository/examples/fleet/spec.yaml"
}

# The scripts of ci/, packaging/ and the collection, with what they read.
all_scripts() {
    local scripts
    mapfile -t scripts < <(cd "$repository" && find "$PWD/ci" "$PWD/packaging" "$PWD/ansible" -name '*.sh')
    [ ${#scripts[@]} -ge "$SCRIPTS" ] || {
        echo "found ${#scripts[@]} scripts, and there should be at least $SCRIPTS"
        return 1
    }
    shellcheck -x -P SCRIPTDIR "${scripts[@]}"
}

playbooks() {
    local playbook
    for playbook in playbooks/*.yml; do
        ansible-playbook --syntax-check -i localhost, "$playbook" || return 1
    done
}

if [ "$(id -u)" -eq 0 ]; then begin_role; fi
check units-of-the-role same_units
# What runs on the controller is tested in a process of its own: where Ansible's own parts are loaded, modules keep no warnings.
units unit tests/unit --ignore tests/unit/plugins/plugin_utils
units unit-controller tests/unit/plugins/plugin_utils
integration validate
integration config
check playbooks playbooks
check fleet bash "$repository/ansible/tests/fleet.sh"
for module in config facts validate; do
    check "doc-$module" documented "vfctl.sriov.$module"
done
check doc-role documented -t role vfctl.sriov.vfctl
check archive archive
check changelog antsibull-changelog lint
check lint ansible-lint --offline --profile production --strict
check shellcheck all_scripts
sanity
if [ -n "$role" ]; then
    end_role
else
    echo "needs root" >"$logs/integration-role.log"
    count integration-role 0 1
fi

echo "Not run here:"
printf '  %s\n' "${NOT_RUN[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
