#!/usr/bin/env bash
# Runs the role as a user does: again, in check mode, with what must be refused. The binary that it installs runs vfctl on a simulated
# host. It writes to /etc and /usr, and installs a package: run it where these may be lost.
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
said() { grep -q -- "$1" "$OUTPUT_DIR/said" || die "expected $1"; }
recap() { said "$1"; }
kept() { [ -e /etc/vfctl/a.yaml ]; }
dropin() { echo "/etc/systemd/system/$1.service.d/role.conf"; }
# run_unit NAME: what the unit runs.
run_unit() { eval "$(show "$1.service" | sed 's/.*argv\[\]=\(.*\) ; ignore_errors.*/\1/')"; }
show() { "$OUTPUT_DIR/bin/systemctl" show --property=ExecStart "$1"; }
hand() { "$sim" --world "$world" hand "$@"; }
vfs() { "$sim" --world "$world" vfctl discover; }

# What a systemd that runs says of its units: this one reads them from their files. For all else there is the real one.
mkdir "$OUTPUT_DIR/bin"
cat >"$OUTPUT_DIR/bin/systemctl" <<'SH'
#!/bin/sh
[ "$1 $2" = "show --property=ExecStart" ] || exec /usr/bin/systemctl "$@"
for file in /lib/systemd/system/"$3" /etc/systemd/system/"$3" /etc/systemd/system/"$3".d/*.conf; do
    [ ! -e "$file" ] || cat "$file"
done | sed -n 's/^ExecStart=\(\([^ ]*\).*\)/ExecStart={ path=\2 ; argv[]=\1 ; ignore_errors=no ; start_time=[n\/a] }/p' | tail -n 1
SH
chmod +x "$OUTPUT_DIR/bin/systemctl"
# systemd_runs WORDS…: runs the role on a host where systemd runs.
systemd_runs() {
    mkdir -p /run/systemd/system
    SYSTEMD_OFFLINE=1 PATH=$OUTPUT_DIR/bin:$PATH play "$@" || { rmdir /run/systemd/system; return 1; }
    rmdir /run/systemd/system
}

"$sim" --world "$world" new "$repository/testbed/fixtures/lab.facts.json"
printf '#!/bin/sh\necho "$@" >>%s/asked\nexec %s --world %s vfctl "$@"\n' "$OUTPUT_DIR" "$sim" "$world" >"$binary"
chmod +x "$binary"
echo "no program" >"$OUTPUT_DIR/broken"

if play -e vfctl_binary="$OUTPUT_DIR/broken"; then die "installed what is not vfctl"; fi
[ ! -e /usr/local/sbin/vfctl ] || die "what is not vfctl is installed"

# There is no vfctl, and nothing to install.
if play --check; then die "check mode ends well, and the run cannot"; fi
said "/usr/local/sbin/vfctl is not installed"

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

# What does not fit the specs of others is not applied, and the boot finds what it found before.
sed 's/eth0/eni1np1/; s/, macAddress: .*/}}/' files/folder/a.yml >/etc/vfctl/other.yml
before=$(cat /etc/vfctl/* && vfs)
sed 's/vlan: 100/vlan: 101/' files/folder/a.yml >"$OUTPUT_DIR/a.yaml"
for mode in "" --check; do
    # shellcheck disable=SC2086 # No word, or one.
    if play -e vfctl_src="$OUTPUT_DIR/a.yaml" $mode; then die "two documents with one name are kept"; fi
    said "two documents are called .a."
    said "/etc/vfctl/other.yml"
    [ "$(cat /etc/vfctl/* && vfs)" = "$before" ] || die "what does not fit was kept or applied"
done
rm /etc/vfctl/other.yml
ln -s /nosuch/other.yaml /etc/vfctl/other.yaml
if play -e vfctl_src="$OUTPUT_DIR/a.yaml"; then die "the boot would find a spec that cannot be read"; fi
said "the boot would find these specs .*other.yaml"
rm /etc/vfctl/other.yaml
[ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'vfctl-specs.*' -newer "$binary")" ] || die "the folder of the check is left"

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
said "specs are kept for the next boot, but some changes were not applied"
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
    -e '{"vfctl_host_values": {}, "vfctl_only": ["host"], "vfctl_folder": "/etc/vfctl-pods", "vfctl_allow_disruption": true}'
    -e vfctl_kubeconfig=/nosuch/config -e vfctl_context=lab)
play "${pods[@]}"
for command in plan apply; do
    grep -q "^$command .*--kubeconfig /nosuch/config --context lab" "$OUTPUT_DIR/asked" || die "$command is not given the kubeconfig"
done
if /usr/local/sbin/vfctl apply --yes /etc/vfctl-pods; then die "the specs do not need a cluster, so this proves nothing"; fi
run_unit vfctl | grep -q "No changes" || die "the boot applies other parts than the role"
run_unit vfctl-drift
"$sim" --world "$world" vfctl discover | grep -q "^eth1 .* 2/7" || die "the VFs are not there"
for unit in vfctl vfctl-drift; do
    [ "$(grep ConditionPathExistsGlob "$(dropin $unit)" | tr '\n' ' ')" = "ConditionPathExistsGlob= ConditionPathExistsGlob=|/etc/vfctl-pods/*.yaml ConditionPathExistsGlob=|/etc/vfctl-pods/*.yml " ] ||
        die "$unit does not look into /etc/vfctl-pods alone"
done
play "${pods[@]}"
recap 'changed=0 .*failed=0'

# Only at the next boot, from one document, without what others left there.
cp "$OUTPUT_DIR/a.yaml" /etc/vfctl/old.yaml
document='{"apiVersion": "vfctl.dev/v1alpha1", "kind": "SriovConfig", "metadata": {"name": "b"},
    "spec": {"physicalFunctions": [{"name": "b", "match": {"interface": "eth1"}, "vfs": {"count": 1}}]}}'
later=(-e '{"vfctl_src": "", "vfctl_host_values": {}, "vfctl_apply": false, "vfctl_exclusive": true, "vfctl_drift": false, "vfctl_folder": "/etc/vfctl/"}'
    -e "{\"vfctl_spec\": $document}")
play "${later[@]}"
[ "$(ls /etc/vfctl)" = b.yaml ] || die "other specs are kept"
if /usr/local/sbin/vfctl plan /etc/vfctl; then die "the document was applied"; fi
if systemctl is-enabled vfctl-drift.timer; then die "the timer is still enabled"; fi
play "${later[@]}"
recap 'changed=0 .*failed=0'

# VFs that others hold fail the units only if they fail the role.
play "${a[@]}" -e vfctl_allow_disruption=true -e vfctl_exclusive=true
hand netns eth0 vf 1 tenant
sed -i 's/vlan: 30./vlan: 302/' "$OUTPUT_DIR/a.yaml"
play "${a[@]}" -e vfctl_held=warn
run_unit vfctl || die "the boot fails for VFs that others hold"
run_unit vfctl-drift || die "drift is found on VFs that others hold"
hand netns-back tenant
play "${a[@]}"
[ ! -e "$(dropin vfctl)" ] || die "the units ignore what others hold"

# Where nothing of this host is applied, the boot applies nothing.
play "${a[@]}" -e '{"vfctl_only": ["shared"]}' -e vfctl_apply=false
if systemctl is-enabled vfctl.service; then die "the boot applies what the role does not"; fi

# Another place for the binary: the units run that one, and the role finds out if they do not.
elsewhere=("${a[@]}" -e vfctl_binary="$binary" -e vfctl_executable=/usr/local/bin/vfctl)
rm /usr/local/sbin/vfctl
systemd_runs "${elsewhere[@]}"
for unit in vfctl vfctl-drift; do run_unit $unit || die "$unit does not run /usr/local/bin/vfctl"; done
grep -qx 'RequiresMountsFor=/etc/vfctl /usr/local/bin' "$(dropin vfctl)" || die "the unit does not wait for /usr/local/bin"
printf '[Service]\nExecStart=\nExecStart=/nosuch apply\n' >/etc/systemd/system/vfctl.service.d/zz.conf
if systemd_runs "${elsewhere[@]}"; then die "the boot runs another program"; fi
said "vfctl.service does not run /usr/local/bin/vfctl: .*path=/nosuch"
rm /etc/systemd/system/vfctl.service.d/zz.conf /usr/local/bin/vfctl
if play "${a[@]}" -e vfctl_binary="$binary" -e vfctl_executable=vfctl; then die "the binary is installed at no path"; fi
said "vfctl_executable must be the absolute path"

# A package after a binary: nothing of the binary is left that would hide the package.
play "${a[@]}" -e vfctl_binary="$binary"
package=$OUTPUT_DIR/package
mkdir -p "$package/DEBIAN" "$package/usr/bin" "$package/lib/systemd/system"
cp "$binary" "$package/usr/bin/vfctl"
for unit in "$repository"/packaging/systemd/*; do
    sed 's#/usr/local/sbin#/usr/bin#' "$unit" >"$package/lib/systemd/system/${unit##*/}"
done
cat >"$package/DEBIAN/control" <<'CONTROL'
Package: vfctl
Version: 0.0.1
Architecture: all
Maintainer: The test of the role
Description: vfctl on a simulated host
CONTROL
dpkg-deb --root-owner-group --build "$package" "$OUTPUT_DIR/vfctl.deb"
systemd_runs "${a[@]}" -e vfctl_package="$OUTPUT_DIR/vfctl.deb"
for left in /usr/local/sbin/vfctl /etc/systemd/system/vfctl.service /etc/systemd/system/vfctl-drift.service /etc/systemd/system/vfctl-drift.timer "$(dropin vfctl)"; do
    [ ! -e "$left" ] || die "$left hides the package"
done
systemctl is-enabled vfctl.service vfctl-drift.timer
[ -e /etc/systemd/system/multi-user.target.wants/vfctl.service ] || die "the unit for the boot is a link to nothing"
run_unit vfctl | grep -q "No changes" || die "the package's unit applies something else"
systemd_runs "${a[@]}" -e vfctl_package="$OUTPUT_DIR/vfctl.deb"
recap 'changed=0 .*failed=0'
