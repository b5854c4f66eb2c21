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
dropin() { echo "/etc/systemd/system/$1.service.d/role.conf"; }
# run_unit NAME: what the unit runs.
run_unit() { eval "$(sed -n 's/^ExecStart=\(.\)/\1/p' "$(dropin "$1")")"; }
hand() { "$sim" --world "$world" hand "$@"; }

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
hand set eth0 vf 1 vlan 200
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
[ ! -e "$(dropin vfctl)" ] || die "the unit still has the values"

# What was applied in part is kept: the old specs would undo it at the next boot.
a=(-e vfctl_src="$OUTPUT_DIR/a.yaml" -e '{"vfctl_host_values": {}}')
sed -i 's/count: 3/count: 3, all: {vlan: 300}/' "$OUTPUT_DIR/a.yaml"
echo '    - {name: second, match: {interface: eth1}, vfs: {count: 1}}' >>"$OUTPUT_DIR/a.yaml"
hand fault createVfs on eth1 refuse ENOSPC
if play "${a[@]}"; then die "the role ends well, and eth1 has no VF"; fi
grep -q "specs are kept for the next boot, but not all of them was applied" "$OUTPUT_DIR/said" || die "what is kept is not said"
diff "$OUTPUT_DIR/a.yaml" /etc/vfctl/a.yaml || die "what was applied in part is not kept"
hand fault createVfs on eth1 none
play "${a[@]}"

# So is all but what others hold, whether that run changed something or another before.
hand netns eth0 vf 1 tenant
sed -i 's/vlan: 300/vlan: 301/' "$OUTPUT_DIR/a.yaml"
for run in changes "finds the rest"; do
    echo "# The run that $run." >>"$OUTPUT_DIR/a.yaml"
    if play "${a[@]}"; then die "the role ends well, and vf 1 is held"; fi
    diff "$OUTPUT_DIR/a.yaml" /etc/vfctl/a.yaml || die "the run that $run does not keep what was applied"
done
hand netns-back tenant
play "${a[@]}"

# Two files that would be kept as one.
mkdir "$OUTPUT_DIR/twins"
cp "$OUTPUT_DIR/a.yaml" "$OUTPUT_DIR/twins/a.yaml"
sed 's/name: a}/name: twin}/; s/eth0/eni1np1/; s/eth1/eni2np1/' "$OUTPUT_DIR/a.yaml" >"$OUTPUT_DIR/twins/a.yml"
if play -e vfctl_src="$OUTPUT_DIR/twins" -e '{"vfctl_host_values": {}}'; then die "one of two files is lost"; fi
grep -q "would both be kept as one: a.yaml, a.yml" "$OUTPUT_DIR/said" || die "the twins are not named"

# A part, from another folder: at boot, too. There is no cluster, so all parts together are refused.
cat >"$OUTPUT_DIR/pods.yaml" <<YAML
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: pods}
spec:
  physicalFunctions:
    - {name: pods, match: {interface: eth1}, vfs: {count: 2}}
  pools:
    - {resource: intel.com/pods, from: [{physicalFunction: pods}]}
  networks:
    - {name: pods, namespaces: [default], resource: intel.com/pods}
YAML
pods=(-e vfctl_src="$OUTPUT_DIR/pods.yaml"
    -e '{"vfctl_host_values": {}, "vfctl_only": ["host"], "vfctl_folder": "/etc/vfctl-pods", "vfctl_allow_disruption": true}')
play "${pods[@]}"
if /usr/local/sbin/vfctl apply --yes /etc/vfctl-pods; then die "the specs do not need a cluster, so this proves nothing"; fi
run_unit vfctl | grep -q "No changes" || die "the boot applies other parts than the role"
run_unit vfctl-drift
"$sim" --world "$world" vfctl discover | grep -q "^eth1 .* 2/7" || die "the VFs are not there"
for unit in vfctl vfctl-drift; do
    [ "$(grep -c ConditionPathExistsGlob "$(dropin $unit)")" -eq 2 ] || die "$unit still looks into /etc/vfctl"
    grep -qx 'ConditionPathExistsGlob=/etc/vfctl-pods/\*.yaml' "$(dropin $unit)" || die "$unit does not look into /etc/vfctl-pods"
done
play "${pods[@]}"
recap 'changed=0 .*failed=0'

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
