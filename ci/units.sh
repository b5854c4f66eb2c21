#!/usr/bin/env bash
# Holds the systemd units of packaging/ against those of Debian's cloud-init, ifupdown, systemd-networkd and
# NetworkManager: whether systemd can start all of them, in an order that none has to be left out of.
#
# Each manager is tried by itself and all together, with cloud-init and without. A unit that is known to break
# cloud-init must be found, or the check checks nothing. The packages are unpacked, not installed, and kept in the
# user's cache.
set -euo pipefail
cd "$(dirname "$0")/.."

UNITS="vfctl.service vfctl-drift.timer"
PACKAGES="systemd udev dbus cloud-init ifupdown network-manager openssh-server"
CLOUD="cloud-init-local.service cloud-init.service cloud-config.service cloud-final.service"
declare -A MANAGERS=(
    [ifupdown]="networking.service"
    [networkd]="systemd-networkd.service"
    [NetworkManager]="NetworkManager.service"
    [all]="networking.service systemd-networkd.service NetworkManager.service"
)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/testbed

say() { printf 'units: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

for program in systemd-analyze systemctl dpkg-deb apt-get; do
    command -v "$program" >/dev/null || die "$program is missing; run ci/setup.sh"
done

# Prints the folder with the unpacked packages.
unpacked() {
    local key base
    key=$(sha256sum <"$0" | cut -c 1-16)
    base=$cache/units/$key
    if [ ! -e "$base" ]; then
        mkdir -p "$cache/units"
        rm -rf "$base.new"
        mkdir -p "$base.new/debs" "$base.new/tree"
        # shellcheck disable=SC2086 # A list of words.
        (cd "$base.new/debs" && apt-get -qq -o APT::Sandbox::User=root download $PACKAGES) >&2 ||
            die "apt-get failed to download $PACKAGES; is the package list old? run apt-get update"
        local deb
        for deb in "$base.new/debs"/*.deb; do
            dpkg-deb -x "$deb" "$base.new/tree"
        done
        # systemctl would ask the root's own programs for these.
        rm -rf "$base.new/tree/etc/init.d" "$base.new/debs"
        mv "$base.new" "$base"
    fi
    echo "$base/tree"
}

# root NAME UNIT…: a root in which the units are enabled.
root() {
    local root=$work/$1
    shift
    cp -al "$base" "$root"
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$root/usr/local/sbin"
    printf '#!/bin/sh\n' >"$root/usr/local/sbin/vfctl"
    chmod +x "$root/usr/local/sbin/vfctl"
    systemctl --quiet --root="$root" enable "$@"
    case " $* " in
        # cloud-init's generator does this at boot.
        *" cloud-init.service "*)
            ln -s /lib/systemd/system/cloud-init.target "$root/etc/systemd/system/multi-user.target.wants/" ;;
    esac
    echo "$root"
}

# What systemd has to say about the units that it would start at boot.
verify() {
    systemd-analyze verify --root="$1" --man=no --recursive-errors=yes default.target 2>&1
}

# add ROOT FILE…: enables units that are given as files.
add() {
    local root=$1 file
    shift
    cp "$@" "$root/etc/systemd/system/"
    for file; do
        if grep -q '^\[Install\]' "$file"; then
            systemctl --quiet --root="$root" enable "$(basename "$file")"
        fi
    done
}

base=$(unpacked)
# Beside the packages: a root is a tree of links to them.
work=$(mktemp -d "$cache/units/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
    say "$1"
    printf '    %s\n' "${2//$'\n'/$'\n    '}"
    failed=1
}

for manager in "${!MANAGERS[@]}"; do
    for cloud in "" "$CLOUD"; do
        name=$manager${cloud:+-with-cloud-init}
        # shellcheck disable=SC2086 # Lists of words.
        root=$(root "$name" ${MANAGERS[$manager]} ssh.service $cloud)
        before=$(verify "$root" || :)
        if [ -n "$before" ]; then
            fail "$name: systemd complains without vfctl's units" "$before"
        fi
        add "$root" packaging/systemd/*
        if ! said=$(verify "$root") || [ -n "$said" ]; then
            fail "$name: systemd complains about vfctl's units" "$said"
        else
            say "$name: in order"
        fi
        for unit in $UNITS; do
            [ -n "$(find "$root/etc/systemd/system" -path "*.wants/$unit")" ] || fail "$name: $unit is not enabled" ""
        done
    done
done

# The unit that the user guide had: with the default dependencies it waits for basic.target, and that for cloud-init.
# shellcheck disable=SC2086 # A list of words.
root=$(root broken networking.service $CLOUD)
cat >"$work/vfctl.service" <<'UNIT'
[Unit]
Description=SR-IOV as specified
After=systemd-modules-load.service
Before=network-pre.target
Wants=network-pre.target

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/vfctl apply --yes /etc/vfctl

[Install]
WantedBy=multi-user.target
UNIT
add "$root" "$work/vfctl.service"
said=$(verify "$root" || :)
if grep -q 'Found ordering cycle' <<<"$said"; then
    say "a unit that breaks cloud-init is found"
else
    fail "a unit that breaks cloud-init is not found: this check checks nothing" "$said"
fi
exit "$failed"
