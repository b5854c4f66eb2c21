#!/usr/bin/env bash
# Rolls out to a fleet by Ansible over ssh: three emulated hosts with igb ports, reached on loopback, and the collection in ansible/.
# What the kernels of the hosts have is asked without vfctl. Ends with `N passed, N failed`; what was said is in fleet of the target
# folder.
#
# usage: ci/fleet.sh [VFCTL]: the program that is installed on the hosts; otherwise one is built
set -euo pipefail
vfctl=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
bash ci/setup.sh
target=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu
cargo build-all --quiet --bin testbed
if [ -z "$vfctl" ]; then
    cargo build-all --quiet --bin vfctl
    vfctl=$PWD/$target/debug/vfctl
fi
tools=$(bash ci/ansible-tools.sh)
package=$(bash packaging/build.sh "$vfctl" 1.0.0 "$target/fleet-package" | grep "\.deb$")
report=$target/fleet
rm -rf "$report"
mkdir -p "$report/ansible_collections/vfctl"
cp -a ansible "$report/ansible_collections/vfctl/sriov"
report=$(realpath "$report")
export PATH=$tools/venv/bin:$PATH ANSIBLE_COLLECTIONS_PATH=$report ANSIBLE_HOME=$report/home VFCTL_BIN=$vfctl
VFCTL_PACKAGE=$(realpath "$package")
export VFCTL_PACKAGE
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 ANSIBLE_NOCOLOR=1 ANSIBLE_PIPELINING=1 ANSIBLE_LOCALHOST_WARNING=false
exec "$target/debug/testbed" hosts --count 3 --dir "$report/hosts" -- bash ansible/tests/machines.sh
