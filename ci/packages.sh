#!/usr/bin/env bash
# Builds the .deb and the .rpm of vfctl and tries them: installs, upgrades, removes and purges each in a Debian root of its own, the
# .rpm by Debian's `rpm --root`. What is in the root is compared before and after. Ends with `N passed, N failed`.
#
# usage: ci/packages.sh [VFCTL]     the binary that is packaged; by default it is built as it ships
#
# Needs root, for chroot and overlays. Debian's packages are those of the day on which the root was made; it is kept in the user's cache.
set -euo pipefail
vfctl=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

# What an upgrade leads to; the binary in it has a note at its end, and runs all the same.
NEXT=99.0.0
SUITE=bookworm
# What the root has beside the smallest Debian: maintainer scripts ask systemctl.
INCLUDED=systemd
# The pages of vfctl and of a command, and where zsh of each distribution looks.
MANUALS=(usr/share/man/man1/vfctl.1.gz usr/share/man/man1/vfctl-apply.1.gz)
declare -A ZSH=([deb]=vendor-completions [rpm]=site-functions)
# What the packages are tried with. apt finds nothing to do where they are installed.
TOOLS="debootstrap rpm"
# Outside of these, a package manager writes its own records.
RECORDS='^\./(var/lib/(dpkg|rpm)|var/log|var/cache|usr/lib/sysimage|tmp|proc|sys|dev|run|calls )'

target=${CARGO_TARGET_DIR:-target}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/packages
passed=0
failed=0

say() { printf 'packages: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || die "root is needed, for chroot and overlays"
# The overlays end with this namespace.
if [ -z "${VFCTL_PACKAGES_UNSHARED:-}" ]; then
    VFCTL_PACKAGES_UNSHARED=1 exec unshare --mount --propagation private bash "$(realpath ci/packages.sh)" ${vfctl:+"$vfctl"}
fi

install_tools() {
    local tool missing=()
    for tool in $TOOLS; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update >/dev/null
    apt-get -q -y install --no-install-recommends "${missing[@]}" >/dev/null
}

# Prints the folder of the Debian root, which is made where it is missing.
debian_root() {
    local key root mirror
    key=$(printf '%s\n' "$SUITE" "$INCLUDED" | sha256sum | cut -c 1-16)
    root=$cache/root-$key
    if [ ! -e "$root" ]; then
        say "making a Debian $SUITE (a minute; once) …" >&2
        mkdir -p "$cache"
        rm -rf "$root.new"
        # The machine's own mirror.
        # shellcheck disable=SC2016 # apt fills it in.
        mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Component: main" \
            "Codename: $SUITE" | head -n 1)
        [ -n "$mirror" ] || die "apt has no source of $SUITE main; run apt-get update"
        debootstrap --variant=minbase --include="$INCLUDED" "$SUITE" "$root.new" "$mirror" >"$cache/debootstrap.log" 2>&1 ||
            { tail -n 20 "$cache/debootstrap.log" >&2; die "debootstrap failed"; }
        rm -rf "$root.new/var/cache/apt/archives"/*.deb
        mv "$root.new" "$root"
    fi
    echo "$root"
}

# check NAME COMMAND…: a command that succeeds or not, in a shell that stops at its first failure.
check() {
    local name=$1 good=1
    shift
    (set -e; trap - EXIT; "$@") >"$work/log" 2>&1 &
    wait $! || good=0
    passed=$((passed + good))
    failed=$((failed + 1 - good))
    printf '%-24s %s\n' "$name" "$([ $good = 1 ] && echo passed || echo FAILED)"
    [ $good = 1 ] || tail -n 40 "$work/log" | sed 's/^/    /'
}

# A root of its own, in which systemctl writes down how it is called.
fresh_root() {
    local layers=$work/layers-$1
    root=$work/root-$1
    mkdir -p "$layers/upper" "$layers/work" "$root"
    mount -t overlay overlay -o "lowerdir=$base,upperdir=$layers/upper,workdir=$layers/work" "$root"
    mv "$root/usr/bin/systemctl" "$root/usr/bin/systemctl.real"
    cat >"$root/usr/bin/systemctl" <<'SH'
#!/bin/sh
echo "$*" >>/calls
case $* in
*--root=/*) exec /usr/bin/systemctl.real "$@" ;;
esac
SH
    chmod +x "$root/usr/bin/systemctl"
    if [ "$1" = rpm ]; then
        rpm --root "$root" --initdb
        # Every distribution with rpm has these, in its package `filesystem`; no other package owns them.
        mkdir -p "$root"/usr/share/{licenses,man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
    fi
}

# Whether systemd runs, as programs ask: by this folder.
systemd_runs() { mkdir -p "$root/run/systemd/system"; }

# How systemctl was called since the last time this was asked.
calls() {
    if [ -e "$root/calls" ]; then cat "$root/calls"; fi
    rm -f "$root/calls"
}

# same WHAT EXPECTED FOUND
same() {
    [ "$2" = "$3" ] || {
        printf '%s: expected\n%s\nand found\n%s\n' "$1" "$2" "$3"
        diff <(echo "$2") <(echo "$3") || :
        return 1
    }
}

# All that is in the root, but for records: its kind, mode, owner and path.
listed() { (cd "$root" && find . -mindepth 1 -printf '%p %y %m %u:%g\n') | grep -vE "$RECORDS" | sort; }

# What the root has that it had not.
added() { listed | comm -13 "$work/before" -; }

# The same of a package, from what its manager says, without the folders that every Debian has.
packaged() {
    case $1 in
    deb)
        dpkg-deb --fsys-tarfile "${built[deb]}" | tar -tv --numeric-owner |
            awk '{ type = substr($1, 1, 1); path = $6; sub("/$", "", path); print path, (type == "-" ? "f" : type), $1 }'
        ;;
    rpm) rpm -qlvp "${built[rpm]}" | awk '{ type = substr($1, 1, 1); print "." $9, (type == "-" ? "f" : type), $1 }' ;;
    esac | while read -r path type mode; do
        [ "$path" = . ] || grep -qF "$path d " "$work/before" || echo "$path $type $(octal "$mode") root:root"
    done | sort
}

# rwxr-xr-x as a number.
octal() {
    local letters=${1:1:9} bits
    bits=$(tr 'rwx-' '1110' <<<"$letters")
    printf '%o' $((2#$bits))
}

by_manager() {
    local format=$1 verb=$2
    case $format-$verb in
    deb-install | deb-upgrade) cp "$3" "$root/tmp/package.deb" && chroot "$root" dpkg -i /tmp/package.deb ;;
    deb-remove) chroot "$root" dpkg -r vfctl ;;
    deb-purge) chroot "$root" dpkg -P vfctl ;;
    rpm-install) rpm --root "$root" -i --nosignature "$3" ;;
    rpm-upgrade) rpm --root "$root" -U --nosignature "$3" ;;
    rpm-remove) rpm --root "$root" -e vfctl ;;
    esac
}

version() {
    # shellcheck disable=SC2016 # dpkg-query fills it in.
    case $1 in
    deb) chroot "$root" dpkg-query -W -f '${Version}' vfctl ;;
    rpm) rpm --root "$root" -q --qf '%{VERSION}' vfctl ;;
    esac
}

same_bytes() {
    packaging/build.sh "$vfctl" "$version" "$work/again" >/dev/null
    local path
    for path in "${built[@]}"; do
        cmp "$path" "$work/again/${path##*/}"
    done
}

holds_what_it_should() {
    local file listing
    listing=$(packaged "$1")
    for file in "usr/bin/vfctl f 755" "usr/lib/systemd/system/vfctl.service f 644" \
        "usr/lib/systemd/system/vfctl-drift.service f 644" "usr/lib/systemd/system/vfctl-drift.timer f 644" \
        "etc/vfctl d 755" "var/lib/vfctl d 700" "usr/share/doc/vfctl/examples/fleet/spec.yaml f 644" \
        "${MANUALS[@]/%/ f 644}" "usr/share/bash-completion/completions/vfctl f 644" \
        "usr/share/zsh/${ZSH[$1]}/_vfctl f 644" "usr/share/fish/vendor_completions.d/vfctl.fish f 644"; do
        grep -qxF "./$file root:root" <<<"$listing" || { echo "without $file"; return 1; }
    done
}

# A binary without one of these commands is refused: packages without its files would look complete.
refuses_what_lacks() {
    local binary=$work/without-$1
    cc -static -x c -o "$binary" - <<C
#include <string.h>
#include <unistd.h>
int main(int count, char **words) {
    for (int i = 1; i < count; i++)
        if (!strcmp(words[i], "$1")) return 2;
    return execv("$(realpath "$vfctl")", words);
}
C
    if packaging/build.sh "$binary" "$version" "$work/refused-$1"; then return 1; fi
    same packages "" "$(ls "$work/refused-$1")"
}

installs() {
    by_manager "$1" install "${built[$1]}" 2>&1 | tee "$work/said"
    same notices "" "$(notices)"
    same files "$(packaged "$1")" "$(added)"
    cmp "$vfctl" "$root/usr/bin/vfctl"
    same version "$version" "$(version "$1")"
    chroot "$root" vfctl --version
    "$root/usr/bin/vfctl" validate "$root/usr/share/doc/vfctl/examples/fleet/spec.yaml"
    same "calls without systemd" "" "$(calls)"
    # Nothing is enabled, here or by the installation.
    [ -z "$(find "$root/etc/systemd" -name 'vfctl*')" ]
}

# Units run what is installed.
units_find_their_program() {
    local unit
    for unit in "$root"/usr/lib/systemd/system/vfctl*; do
        if grep -n /usr/local "$unit"; then return 1; fi
    done
    grep -q 'ExecStart=/usr/bin/vfctl apply' "$root/usr/lib/systemd/system/vfctl.service"
}

upgrades() {
    systemd_runs
    chroot "$root" systemctl.real --quiet --root=/ enable vfctl.service vfctl-drift.timer
    echo "of the administrator" >"$root/etc/vfctl/sriov.yaml"
    echo "of vfctl" >"$root/var/lib/vfctl/journal"
    rm -f "$root/calls"
    by_manager "$1" upgrade "${next[$1]}"
    same version "$NEXT" "$(version "$1")"
    cmp "$next_vfctl" "$root/usr/bin/vfctl"
    chroot "$root" vfctl --version
    # dpkg's scripts run for the old package and the new one.
    same calls daemon-reload "$(calls | sort -u)"
    [ -L "$root/etc/systemd/system/multi-user.target.wants/vfctl.service" ]
    same spec "of the administrator" "$(cat "$root/etc/vfctl/sriov.yaml")"
    same state "of vfctl" "$(cat "$root/var/lib/vfctl/journal")"
}

removes() {
    by_manager "$1" remove
    same calls "stop vfctl-drift.timer vfctl.service
--quiet --root=/ disable vfctl.service vfctl-drift.timer
daemon-reload" "$(calls | uniq)"
    same "what stays" "./etc/vfctl d 755 root:root
./etc/vfctl/sriov.yaml f 644 root:root
./var/lib/vfctl d 700 root:root
./var/lib/vfctl/journal f 644 root:root" "$(added)"
    same "what is missing" "" "$(listed | comm -23 "$work/before" -)"
}

purges() {
    by_manager deb purge
    same "what stays" "./etc/vfctl d 755 root:root
./etc/vfctl/sriov.yaml f 644 root:root" "$(added)"
}

# What the installation says of files that are in its way.
notices() { sed -n 's/^vfctl: notice: \([^ ]*\) is used instead .*/\1/p' "$work/said"; }

# An installation by hand is named, as far as its files come first: a unit that is masked does not.
names_what_is_in_its_way() {
    local file
    fresh_root "$1"
    for file in etc/systemd/system/vfctl.service usr/local/sbin/vfctl; do
        mkdir -p "$root/$(dirname "$file")"
        echo "of the administrator" >"$root/$file"
    done
    ln -s /dev/null "$root/etc/systemd/system/vfctl-drift.timer"
    by_manager "$1" install "${built[$1]}" 2>&1 | tee "$work/said"
    same notices "/etc/systemd/system/vfctl.service
/usr/local/sbin/vfctl" "$(notices)"
    same "the administrator's unit" "of the administrator" "$(cat "$root/etc/systemd/system/vfctl.service")"
}

# Without specs and journals nothing is left at all.
leaves_nothing() {
    fresh_root "$1"
    by_manager "$1" install "${built[$1]}"
    by_manager "$1" remove
    same "what stays" "" "$(added)"
}

install_tools
if [ -z "$vfctl" ]; then
    cargo build --quiet --locked --profile dist -p vfctl-cli --bin vfctl
    vfctl=$target/x86_64-unknown-linux-gnu/dist/vfctl
fi
version=$("$vfctl" --version | cut -d ' ' -f 2)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
base=$(debian_root)
work=$(mktemp -d "$cache/work.XXXXXX")
# One file system each, so that nothing of a root is removed that is not a layer.
end() {
    local mounted
    for mounted in "$work"/root-*; do
        if mountpoint -q "$mounted"; then umount "$mounted"; fi
    done
    rm -rf --one-file-system "$work"
}
trap end EXIT
declare -A built next
for path in $(packaging/build.sh "$vfctl" "$version" "$work/built"); do built[${path##*.}]=$(realpath "$path"); done
next_vfctl=$work/vfctl-$NEXT
{ cat "$vfctl"; echo "a note"; } >"$next_vfctl"
chmod 755 "$next_vfctl"
for path in $(packaging/build.sh "$next_vfctl" "$NEXT" "$work/next"); do next[${path##*.}]=$(realpath "$path"); done
stat --printf '%n\t%s\n' "$work/built"/* | awk -F '\t' '{ sub(".*/", "", $1); printf "%-24s %d bytes\n", $1, $2 }'

check same-bytes same_bytes
for command in man completions; do check "needs-$command" refuses_what_lacks "$command"; done
for format in deb rpm; do
    fresh_root "$format"
    listed >"$work/before"
    check "$format-holds" holds_what_it_should "$format"
    check "$format-installs" installs "$format"
    check "$format-units" units_find_their_program
    check "$format-upgrades" upgrades "$format"
    check "$format-removes" removes "$format"
    if [ "$format" = deb ]; then check deb-purges purges; fi
    umount "$root"
    for try in leaves_nothing names_what_is_in_its_way; do
        rm -rf "$work/layers-$format"
        check "$format-${try//_/-}" "$try" "$format"
        # It was mounted by the check, in another shell.
        umount "$root" 2>/dev/null || :
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
