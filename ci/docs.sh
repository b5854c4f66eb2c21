#!/usr/bin/env bash
# Builds the documentation site from the documents of the repository, without network, and checks its links; runs the files for
# continuous integration that documents offer, as scripts, and the playbook by Ansible. Ends with `N passed, N failed`. The site is in docs/site of the target folder.
#
# usage: ci/docs.sh [VFCTL]     the program that the files for continuous integration call; by default that of the debug build
#
# mkdocs and its theme come from PyPI, in the versions of docs/site/requirements.txt, once, and are kept in the user's cache, as are Ansible
# and its tools, and the JSON schema of SARIF logs, as OASIS publishes it, from the sources of a crate that has it. Needs Python 3.11 and
# cargo.
set -euo pipefail
vfctl=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 NO_MKDOCS_2_WARNING=1

PYTHON=python3.11
SARIF_CRATE=0.8.0
target=${CARGO_TARGET_DIR:-target}
vfctl=${vfctl:-$(realpath "$target/x86_64-unknown-linux-gnu/debug/vfctl")}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/docs
passed=0
failed=0
mkdir -p "$target/docs"
export VFCTL_SITE_SOURCE VFCTL_SITE
VFCTL_SITE_SOURCE=$(realpath "$target/docs")/source
VFCTL_SITE=$(realpath "$target/docs")/site

say() { printf 'docs: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

# check NAME COMMAND…: a command that succeeds or not.
check() {
    local name=$1 good=1
    shift
    "$@" >"$target/docs/$name.log" 2>&1 || good=0
    passed=$((passed + good))
    failed=$((failed + 1 - good))
    printf '%-12s %s: %s\n' "$name" "$([ $good = 1 ] && echo passed || echo FAILED)" "$(tail -n 1 "$target/docs/$name.log")"
    [ $good = 1 ] || tail -n 40 "$target/docs/$name.log" | sed 's/^/    /'
}

# Writes the facts of this host by the playbook that documents offer; a plan takes them.
playbook() {
    local repository
    repository=$(mktemp -d "$work/playbook.XXXXXX")
    mkdir "$repository/bin" "$repository/facts"
    ln -s "$vfctl" "$repository/bin/vfctl"
    cp docs/ci/facts.yml "$repository/"
    printf '%s\n' "apiVersion: vfctl.dev/v1alpha1" "kind: SriovConfig" "metadata: {name: a}" "spec: {}" >"$repository/spec.yaml"
    # As root of a namespace, with a /run of its own: nothing is left on this machine.
    PATH=$repository/bin:$PATH ANSIBLE_LOCALHOST_WARNING=false unshare --map-root-user --mount \
        sh -c 'mount -t tmpfs none /run && exec "$@"' sh "$ansible/venv/bin/ansible-playbook" -i localhost, -c local \
        -e ansible_become=false -e ansible_python_interpreter="$ansible/venv/bin/python" "$repository/facts.yml" && "$vfctl" plan "$repository/spec.yaml" --facts "$repository/facts"
}

# Runs a command that has no way out to any network.
offline() { unshare --map-root-user --net "$@"; }

[ -x "$vfctl" ] || die "$vfctl is missing; run cargo build -p vfctl-cli"
command -v "$PYTHON" >/dev/null || die "$PYTHON is missing"
tools=$cache/$({ "$PYTHON" --version; cat docs/site/requirements.txt; } | sha256sum | cut -c 1-16)
if [ ! -e "$tools/done" ]; then
    say "install mkdocs into $tools (once) …"
    rm -rf "$tools"
    "$PYTHON" -m venv "$tools"
    "$tools/bin/pip" install -q --disable-pip-version-check -r docs/site/requirements.txt
    touch "$tools/done"
fi
python=$tools/bin/python
# The crate is not built.
sarif=$cache/serde-sarif-$SARIF_CRATE
if [ ! -e "$sarif/schema.json" ]; then
    say "fetch the schema of SARIF into $sarif (once) …"
    rm -rf "$sarif"
    mkdir -p "$sarif"
    touch "$sarif/lib.rs"
    cat >"$sarif/Cargo.toml" <<END
[package]
name = "schema-of-sarif"
version = "0.0.0"
edition = "2024"
[lib]
path = "lib.rs"
[dependencies]
serde-sarif = "=$SARIF_CRATE"
[workspace]
END
    cargo metadata --quiet --format-version 1 --manifest-path "$sarif/Cargo.toml" >"$sarif/metadata.json"
    manifest=$("$python" -c 'import json, sys
print(next(one["manifest_path"] for one in json.load(sys.stdin)["packages"] if one["name"] == "serde-sarif"))' <"$sarif/metadata.json")
    cp "$(dirname "$manifest")/src/schema.json" "$sarif/schema.json"
fi
ansible=$(bash ci/ansible-tools.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rm -rf "$VFCTL_SITE"
check source "$python" docs/site/source.py . "$VFCTL_SITE_SOURCE"
check build offline "$tools/bin/mkdocs" build --strict --config-file docs/site/mkdocs.yml
check links "$python" docs/site/links.py "$VFCTL_SITE"
check ci-files "$python" docs/site/ci_files.py docs/ci "$vfctl" "$sarif/schema.json"
check playbook playbook
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
