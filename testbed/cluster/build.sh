#!/bin/sh
# Builds the parts of a cluster that are written in Go, or finds them in the cache; prints their folder.
#
# The folder has one folder for each part: Kubernetes, etcd, the CNI plugins, multus, sriov-cni, whereabouts and the SR-IOV
# device plugin. Each comes from its module at one exact version, pinned by the go.mod and go.sum beside its list of programs,
# and is kept by what goes into it: a part that changes does not rebuild the others. Without a PART it is what every cluster
# needs; `kind` stands for that and what a kind cluster needs further: kind itself, kube-proxy, CoreDNS, crictl.
#
# usage: build.sh [PART…]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/cluster
ALL="etcd kubernetes cni-plugins multus sriov-cni whereabouts device-plugin"
FOR_KIND="kind-cli kube-proxy coredns crictl"
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=readonly

say() { printf 'cluster: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The folder of the part's go.mod.
module() {
    case $1 in
        # Its pins serve what is compared with the plugin, too.
        device-plugin) echo "$here/device-plugin" ;;
        *) echo "$here/parts/$1" ;;
    esac
}

# How long a part takes on two cores, the first time.
time_of() {
    case $1 in
        kubernetes) echo '6 to 10 min' ;;
        *) echo 'about a minute' ;;
    esac
}

key_of() {
    {
        # What the flags below say.
        grep 'go build' "$here/build.sh"
        go env GOVERSION GOARCH
        cat "$(module "$1")/go.mod" "$(module "$1")/go.sum" "$here/parts/$1/programs"
        for file in "$(module "$1")"/*.go; do
            [ ! -e "$file" ] || cat "$file"
        done
        [ ! -e "$here/parts/$1/ldflags" ] || cat "$here/parts/$1/ldflags"
    } | sha256sum | cut -c 1-16
}

build() {
    part=$1
    target=$2
    work=$(mktemp -d "$CACHE/parts/work.XXXXXX")
    started=$(date +%s)
    say "building $part ($(time_of "$part"); once) …"
    flags="-s -w"
    [ ! -e "$here/parts/$part/ldflags" ] || flags="$flags $(cat "$here/parts/$part/ldflags")"
    grep -v '^#' "$here/parts/$part/programs" | while read -r program package; do
        (cd "$(module "$part")" && go build -trimpath -ldflags "$flags" -o "$work/$program" "$package" 9>&-) ||
            exit 1
    done || { rm -rf "$work"; die "failed to build $part"; }
    # The whole folder or none: an interrupted build leaves only work behind.
    mv "$work" "$target"
    say "built $part in $(($(date +%s) - started)) s, $(du -sh "$target" | cut -f 1)"
}

command -v go >/dev/null 2>&1 || die "Go is missing (1.24 or newer): the parts of a cluster are built from its modules"
[ $# -gt 0 ] || set -- $ALL
[ "$*" != kind ] || set -- $ALL $FOR_KIND
mkdir -p "$CACHE/parts"
exec 9>"$CACHE/parts/lock"
keys=
for part; do
    [ -e "$here/parts/$part/programs" ] || die "there is no part $part; known: $ALL $FOR_KIND"
    target=$CACHE/parts/$part-$(key_of "$part")
    if [ ! -d "$target" ]; then
        flock 9
        rm -rf "$CACHE/parts"/work.*
        [ -d "$target" ] || build "$part" "$target"
        flock -u 9
    fi
    keys="$keys ${target##*/}"
done
# One folder with a link for each part.
folder=$CACHE/$(echo "$keys" | sha256sum | cut -c 1-16)
if [ ! -d "$folder" ]; then
    links=$(mktemp -d "$CACHE/work.XXXXXX")
    for key in $keys; do
        ln -s "../parts/$key" "$links/${key%-*}"
    done
    mv -T "$links" "$folder" 2>/dev/null || rm -rf "$links"
fi
echo "$folder"
