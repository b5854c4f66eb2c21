#!/usr/bin/env bash
# Builds the .deb and the .rpm of a vfctl binary, with nfpm. The same binary and the same time give the same bytes.
#
# usage: packaging/build.sh VFCTL VERSION FOLDER
#        VFCTL      a static binary, as `cargo build --profile dist` makes it
#        VERSION    of the packages
#        FOLDER     where the packages are written; their paths are printed
#
# SOURCE_DATE_EPOCH is the time of the files; without it, that of the last commit. nfpm is built from its Go module, as
# packaging/nfpm pins it, and kept in the user's cache.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(dirname "$here")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/packages
PROGRAM=github.com/goreleaser/nfpm/v2/cmd/nfpm

say() { printf 'packages: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Prints the path of nfpm, which is built where it is missing.
nfpm() {
    local key program
    command -v go >/dev/null || die "Go is missing (1.24 or newer): nfpm is built from its module"
    key=$({ go env GOVERSION GOARCH; cat "$here/nfpm/go.mod" "$here/nfpm/go.sum"; } | sha256sum | cut -c 1-16)
    program=$cache/nfpm-$key
    if [ ! -x "$program" ]; then
        say "building nfpm (about a minute; once) …"
        mkdir -p "$cache"
        (cd "$here/nfpm" && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
            go build -trimpath -ldflags '-s -w' -o "$program.$$" "$PROGRAM") || die "failed to build nfpm"
        mv "$program.$$" "$program"
    fi
    echo "$program"
}

# tree FOLDER FORMAT: what a package of that format holds, from the root on.
tree() {
    local tree=$1 format=$2 unit case doc=$1/usr/share/doc/vfctl
    install -D -m 755 "$vfctl" "$tree/usr/bin/vfctl"
    for unit in "$here"/systemd/*; do
        install -D -m 644 "$unit" "$tree/usr/lib/systemd/system/${unit##*/}"
        # Units that are installed by hand run a binary that is.
        sed -i 's#/usr/local/sbin#/usr/bin#' "$tree/usr/lib/systemd/system/${unit##*/}"
    done
    for case in "$repository"/examples/*/; do
        case=$(basename "$case")
        install -D -m 644 -t "$doc/examples/$case" "$repository/examples/$case"/*
    done
    install -m 644 "$repository/examples/README.md" "$doc/examples/"
    install -m 644 "$repository/README.md" "$repository/CHANGELOG.md" "$doc/"
    case $format in
    deb) install -m 644 "$here/copyright" "$doc/copyright" ;;
    rpm) install -D -m 644 "$repository/LICENSE" "$tree/usr/share/licenses/vfctl/LICENSE" ;;
    esac
    manuals "$tree/usr/share/man"
    completions "$tree/usr/share" "$format"
    find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

# manuals FOLDER: the man pages that vfctl writes of itself, each in the folder of its section.
manuals() {
    local written page
    written=$(mktemp -d "$work/man.XXXXXX")
    "$vfctl" man "$written" >&2
    for page in "$written"/*.[1-8]; do
        gzip -9n "$page"
        install -D -m 644 -t "$1/man${page##*.}" "$page.gz"
    done
}

# completions FOLDER FORMAT: where the shells of distributions with that format look for them.
completions() {
    local zsh=zsh/site-functions
    if [ "$2" = deb ]; then zsh=zsh/vendor-completions; fi
    mkdir -p "$1/bash-completion/completions" "$1/$zsh" "$1/fish/vendor_completions.d"
    "$vfctl" completions bash >"$1/bash-completion/completions/vfctl"
    "$vfctl" completions zsh >"$1/$zsh/_vfctl"
    "$vfctl" completions fish >"$1/fish/vendor_completions.d/vfctl.fish"
}

[ $# -eq 3 ] || die "usage: packaging/build.sh VFCTL VERSION FOLDER"
vfctl=$(realpath "$1")
export VERSION=$2
mkdir -p "$3"
folder=$(realpath "$3")
# What is packaged runs on every distribution.
said=$(ldd "$vfctl" 2>&1 || :)
grep -qE 'statically linked|not a dynamic executable' <<<"$said" || die "$1 is not static"
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git -C "$repository" log -1 --format=%ct)
fi
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC
umask 022
nfpm=$(nfpm)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/nfpm.yaml" "$here/scripts" "$work/"
find "$work" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
for format in deb rpm; do
    rm -rf "$work/tree"
    tree "$work/tree" "$format"
    (cd "$work" && "$nfpm" package --config nfpm.yaml --packager "$format" --target "$folder/") >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; die "nfpm failed"; }
    sed -n 's/^created package: //p' "$work/log"
done
