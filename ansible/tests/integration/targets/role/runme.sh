#!/usr/bin/env bash
# Runs the role as a user does: again, in check mode, with what must be refused. The binary that it installs runs vfctl on a simulated
# host. It writes to /etc and /usr/local/sbin: run it where these may be lost.
set -euo pipefail
export ANSIBLE_PIPELINING=1

value() { sed -n "s/^$1: *//p" ../../integration_config.yml; }
sim=$(value vfctl_sim)
repository=$(value vfctl_repository)
world=$OUTPUT_DIR/world.json
binary=$OUTPUT_DIR/binary

die() { echo "role: $*" >&2; exit 1; }
# play WORDS…: runs the role; prints what it said.
play() {
    ansible-playbook -i localhost, -c local -e '{"ansible_python_interpreter": "{{ ansible_playbook_python }}"}' site.yml "$@" |
        tee "$OUTPUT_DIR/said"
}
recap() { grep -q "$1" "$OUTPUT_DIR/said" || die "expected $1"; }
kept() { [ -e /etc/vfctl/a.yaml ]; }
# run_unit NAME: what the unit runs.
run_unit() { eval "$(sed -n 's/^ExecStart=\(.\)/\1/p' "/etc/systemd/system/$1.service.d/host-values.conf")"; }

"$sim" --world "$world" new "$repository/testbed/fixtures/lab.facts.json"
printf '#!/bin/sh\nexec %s --world %s vfctl "$@"\n' "$sim" "$world" >"$binary"
chmod +x "$binary"
echo "no program" >"$OUTPUT_DIR/broken"

if play -e vfctl_binary="$OUTPUT_DIR/broken"; then die "installed what is not vfctl"; fi
[ ! -e /usr/local/sbin/vfctl ] || die "what is not vfctl is installed"

play -e vfctl_binary="$binary" --check
if kept || [ -e /usr/local/sbin/vfctl ]; then die "check mode changed something"; fi
grep -q "vfctl would be installed first" "$OUTPUT_DIR/said" || die "check mode does not say what it cannot tell"

play -e vfctl_binary="$binary"
kept || die "the specs are not kept"
systemctl is-enabled vfctl.service vfctl-drift.timer
play -e vfctl_binary="$binary"
recap 'changed=0 .*failed=0'
play --check --diff
recap 'changed=0 .*failed=0'

run_unit vfctl-drift
run_unit vfctl | grep -q "No changes" || die "the unit for the boot applies something else"
"$sim" --world "$world" hand set eth0 vf 1 vlan 200
if run_unit vfctl-drift; then die "the unit does not see drift"; fi
play --check --diff
grep -q -- '-  vf 1 vlan: 200' "$OUTPUT_DIR/said" || die "check mode does not show drift"
recap 'changed=1 .*failed=0'

# What is refused is not kept.
before=$(cat /etc/vfctl/a.yaml)
sed 's/count: 2, .*/count: 3}/' files/folder/a.yml >"$OUTPUT_DIR/a.yaml"
if play -e vfctl_src="$OUTPUT_DIR/a.yaml" -e '{"vfctl_host_values": {}}'; then die "VFs were destroyed without consent"; fi
grep -q "set allow_disruption to allow this" "$OUTPUT_DIR/said" || die "the refusal has no reason"
[ "$(cat /etc/vfctl/a.yaml)" = "$before" ] || die "what was refused is kept"
play -e vfctl_src="$OUTPUT_DIR/a.yaml" -e '{"vfctl_host_values": {}, "vfctl_allow_disruption": true}'
[ ! -e /etc/vfctl/host-values.json ] || die "values that are no longer given are kept"
[ ! -e /etc/systemd/system/vfctl.service.d/host-values.conf ] || die "the unit still has the values"

# Only at the next boot, from one document, without what others left there.
cp "$OUTPUT_DIR/a.yaml" /etc/vfctl/old.yaml
document='{"apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "b"},
    "spec": {"physicalFunctions": [{"name": "b", "match": {"interface": "eth1"}, "vfs": {"count": 1}}]}}'
later=(-e '{"vfctl_src": "", "vfctl_host_values": {}, "vfctl_apply": false, "vfctl_exclusive": true, "vfctl_drift": false}'
    -e "{\"vfctl_spec\": $document}")
play "${later[@]}"
[ "$(ls /etc/vfctl)" = b.yaml ] || die "other specs are kept"
if /usr/local/sbin/vfctl plan /etc/vfctl; then die "the document was applied"; fi
if systemctl is-enabled vfctl-drift.timer; then die "the timer is still enabled"; fi
play "${later[@]}"
recap 'changed=0 .*failed=0'
