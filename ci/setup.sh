#!/bin/sh
# Prepares a Debian 12 machine for building vfctl and for its testbed.
#
# Installs QEMU from the backports suite (Debian 12's own has no igb device)
# and the few tools that make the guests' images and check the systemd units. Running it again changes
# nothing and takes well under a second. It does not install Rust.
#
# usage: ci/setup.sh [kind]     `kind` also installs docker, which clusters of the provider kind run in
set -eu

BACKPORTS=/etc/apt/sources.list.d/vfctl-backports.sources
# The first QEMU whose igb gives working VFs and whose nvme has SR-IOV.
QEMU_AT_LEAST=1:9.0

# From the release itself.
PACKAGES="
    busybox-static
    cpio
    debootstrap
    e2fsprogs
    gcc
    iproute2
    kmod
    libc6-dev
    libelf1
    make
    openssh-client
    pci.ids
    systemd
    xz-utils
"
# docker, and what a cluster's own docker is started with.
FOR_KIND="docker.io iptables libcap2-bin"
# From backports.
NEWER_PACKAGES="qemu-system-x86"

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

installed() {
    # The version of an installed package, nothing when it is not installed.
    dpkg-query -W -f '${db:Status-Abbrev}${Version}\n' "$1" 2>/dev/null | sed -n 's/^ii *//p'
}

missing_packages() {
    for package in $PACKAGES; do
        [ -n "$(installed "$package")" ] || printf '%s ' "$package"
    done
}

qemu_is_new_enough() {
    version=$(installed qemu-system-x86)
    [ -n "$version" ] && dpkg --compare-versions "$version" ge "$QEMU_AT_LEAST"
}

# Prints `URIs<TAB>Signed-By` of the source that carries the release's main
# component, from deb822 files or from one-line files.
release_source() {
    codename=$1
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        awk -v codename="$codename" '
            function flush() {
                n = split(suites, word, /[ \t]+/); found = 0
                for (i = 1; i <= n; i++) if (word[i] == codename) found = 1
                if (found && types ~ /(^| )deb( |$)/ && enabled != "no" && components ~ /(^| )main( |$)/) {
                    print uris "\t" key; done = 1; exit
                }
                types = uris = suites = components = key = enabled = ""
            }
            /^#/ { next }
            /^[ \t]*$/ { flush(); next }
            {
                field = tolower($1); value = $0; sub(/^[^:]*:[ \t]*/, "", value)
                if (field == "types:") types = value
                else if (field == "uris:") uris = value
                else if (field == "suites:") suites = value
                else if (field == "components:") components = value
                else if (field == "signed-by:") key = value
                else if (field == "enabled:") enabled = value
            }
            END { if (!done) flush() }
        ' "$file"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] || continue
        awk -v codename="$codename" '
            $1 != "deb" { next }
            {
                options = ""; at = 2
                if ($2 ~ /^\[/) { while ($at !~ /\]$/ && at < NF) { options = options " " $at; at++ }; options = options " " $at; at++ }
                if ($(at + 1) != codename) next
                key = options
                if (!sub(/.*signed-by=/, "", key)) key = ""
                sub(/[] ].*/, "", key)
                print $at "\t" key
            }
        ' "$file"
    done
}

add_backports() {
    . /etc/os-release
    [ "${ID:-}" = debian ] && [ -n "${VERSION_CODENAME:-}" ] ||
        die "this is ${PRETTY_NAME:-an unknown system}: install QEMU 9 or newer with its igb device by hand"
    suite=$VERSION_CODENAME-backports
    if grep -qsE "^[^#]*[[:space:]]$suite([[:space:]]|\$)" /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
        /etc/apt/sources.list.d/*.sources; then
        say "$suite is among the machine's apt sources already"
        return
    fi
    source=$(release_source "$VERSION_CODENAME" | head -n 1)
    [ -n "$source" ] || die "no apt source of $VERSION_CODENAME main found in /etc/apt: cannot derive $suite"
    uris=${source%%	*}
    key=${source#*	}
    say "adding the suite $suite, from the mirror of $VERSION_CODENAME, as $BACKPORTS"
    {
        echo "Types: deb"
        echo "URIs: $uris"
        echo "Suites: $suite"
        echo "Components: main"
        [ -z "$key" ] || echo "Signed-By: $key"
    } >"$BACKPORTS.new"
    mv "$BACKPORTS.new" "$BACKPORTS"
}

install_packages() {
    missing=$(missing_packages)
    if [ -z "$missing" ] && qemu_is_new_enough; then
        return 1
    fi
    [ "$(id -u)" = 0 ] || die "root is needed to install: ${missing}$NEWER_PACKAGES"
    export DEBIAN_FRONTEND=noninteractive
    qemu_is_new_enough || add_backports
    say "reading the package lists"
    apt-get -q update >&2 || die "apt-get update failed"
    if [ -n "$missing" ]; then
        say "installing $missing"
        # shellcheck disable=SC2086 # A list of words.
        apt-get -q -y install --no-install-recommends $missing >&2 || die "apt-get failed to install $missing"
    fi
    if ! qemu_is_new_enough; then
        . /etc/os-release
        say "installing $NEWER_PACKAGES from $VERSION_CODENAME-backports"
        apt-get -q -y install --no-install-recommends -t "$VERSION_CODENAME-backports" $NEWER_PACKAGES >&2 ||
            die "apt-get failed to install $NEWER_PACKAGES from backports"
        qemu_is_new_enough || die "qemu-system-x86 is $(installed qemu-system-x86), not $QEMU_AT_LEAST or newer"
    fi
}

case ${1:-} in
    '') ;;
    kind)
        # Somebody else's docker is as good.
        if command -v dockerd >/dev/null 2>&1 || docker version >/dev/null 2>&1; then FOR_KIND=${FOR_KIND#docker.io }; fi
        PACKAGES="$PACKAGES $FOR_KIND"
        ;;
    *) die "usage: ci/setup.sh [kind]" ;;
esac
if install_packages; then
    say "done"
else
    say "all there already"
fi
command -v cargo >/dev/null 2>&1 || say "note: cargo is not in PATH; vfctl needs Rust (see rust-version in Cargo.toml)"
