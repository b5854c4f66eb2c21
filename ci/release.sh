#!/usr/bin/env bash
# Makes what a release consists of: an archive, the .deb, the .rpm, the container image, the Ansible collection, a list of all libraries in
# the binary (CycloneDX), and checksums. Then unpacks each: it holds the binary that was built, and all are of one version.
#
# usage: ci/release.sh [--dirty] [FOLDER]
#        --dirty    also with changes that are not committed
#        FOLDER     where it is written, by default release/VERSION of the target folder. An earlier release there is removed; a folder
#                   that holds anything else is refused
#
# The time of all files is that of the last commit. Needs Go, for nfpm; Python 3.11, for Ansible; dpkg and rpm. cargo-cyclonedx is built once
# (minutes) and kept in the user's cache.
set -euo pipefail
say() { printf 'release: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

dirty=
if [ "${1:-}" = --dirty ]; then
    dirty=1
    shift
fi
folder=${1:+$(realpath -m "$1")}
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

# Lists libraries in the format of CycloneDX; the project itself maintains it.
CYCLONEDX=0.5.9
TRIPLE=x86_64-unknown-linux-gnu
# What unpacks and builds.
PROGRAMS="cargo git go dpkg-deb rpm rpm2archive"
target=${CARGO_TARGET_DIR:-target}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/release
vfctl=$target/$TRIPLE/dist/vfctl

# Refuses a folder that holds more than an earlier release, which its checksums name: it will be removed.
refuse_others() {
    local own="" strange
    [ -e "$1" ] || return 0
    if [ -e "$1/SHA256SUMS" ]; then own=$(sed -E 's/^[0-9a-f]{64}  //' "$1/SHA256SUMS"; echo SHA256SUMS); fi
    strange=$(find "$1" -mindepth 1 -printf '%P\n' | grep -vxF -- "$own" | head -n 1 || :)
    [ -z "$strange" ] || die "$1 is not a folder of an earlier release alone: it holds $strange"
}

cyclonedx() {
    local tools=$cache/cargo-cyclonedx-$CYCLONEDX
    if [ ! -x "$tools/bin/cargo-cyclonedx" ]; then
        say "building cargo-cyclonedx $CYCLONEDX (minutes; once) …" >&2
        mkdir -p "$cache"
        # Not here: this repository's settings are for what ships.
        (cd "$cache" && cargo install --quiet --locked --root "$tools" "cargo-cyclonedx@$CYCLONEDX")
    fi
    echo "$tools/bin/cargo-cyclonedx"
}

# bill FILE: which libraries are in the binary, by a copy of the sources, since the tool writes beside them.
bill() {
    local program copy=$work/vfctl
    program=$(cyclonedx)
    mkdir "$copy"
    git archive HEAD | tar -x -C "$copy"
    (cd "$copy" && "$program" cyclonedx --quiet --format json --spec-version 1.5 --target "$TRIPLE" \
        --describe binaries --no-build-deps)
    # Paths of this machine say nothing to others.
    sed "s#path+file://$copy#path+file:///vfctl#g" "$copy/crates/cli/vfctl_bin.cdx.json" >"$1"
}

# packed FOLDER FILE NAME…: what is in the folder as an archive, of which the same content gives the same bytes.
packed() {
    local from=$1 file=$2
    shift 2
    tar -C "$from" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c -- "$@" | gzip -9n >"$file"
}

# archive NAME FILE: the binary with all that the packages have beside it.
archive() {
    local tree=$work/$1 share=$work/package/usr/share
    mkdir -p "$tree/completions" "$work/package"
    dpkg-deb -x "$made"/vfctl_*.deb "$work/package"
    cp "$vfctl" README.md LICENSE CHANGELOG.md "$tree/"
    cp -r packaging/systemd "$tree/systemd"
    cp -r "$share/doc/vfctl/examples" "$tree/examples"
    cp -r "$share/man" "$tree/man"
    cp "$share/bash-completion/completions/vfctl" "$share/zsh/vendor-completions/_vfctl" \
        "$share/fish/vendor_completions.d/vfctl.fish" "$tree/completions/"
    packed "$work" "$2" "$1"
}

# collection FOLDER: the Ansible collection, of the files that git knows. Its archive is packed again, since Ansible writes the time into it.
collection() {
    local ansible
    ansible=$(bash ci/ansible-tools.sh)/venv/bin
    mkdir "$work/sources" "$work/collection"
    git ls-files -z ansible | xargs -0 cp --parents -t "$work/sources"
    "$ansible/ansible-galaxy" collection build --output-path "$work" "$work/sources/ansible" >/dev/null
    tar -C "$work/collection" -xf "$work"/vfctl-sriov-*.tar.gz
    (cd "$work/collection" && names=(*) && packed . "$1/vfctl-sriov-$version.tar.gz" "${names[@]}")
}

# is_ours WHAT FILE: the binary that was taken out of something is the one that was built.
is_ours() {
    cmp "$vfctl" "$2" || die "$1 holds another binary"
    [ "$("$2" --version)" = "vfctl $version" ] || die "the binary of $1 is of another version"
}

# is_version WHAT FOUND
is_version() { [ "$2" = "$version" ] || die "$1 is of version $2 and not $version"; }

check_packages() {
    mkdir "$work/deb" "$work/rpm"
    is_version "the .deb" "$(dpkg-deb -f "$made"/vfctl_*.deb Version)"
    dpkg-deb -x "$made"/vfctl_*.deb "$work/deb"
    is_ours "the .deb" "$work/deb/usr/bin/vfctl"
    is_version "the .rpm" "$(rpm -qp --nosignature --qf '%{VERSION}' "$made"/vfctl-*.rpm)"
    rpm2archive - <"$(echo "$made"/vfctl-*.rpm)" | tar -C "$work/rpm" -xz
    is_ours "the .rpm" "$work/rpm/usr/bin/vfctl"
}

check_image() {
    mkdir -p "$work/image/layer"
    tar -C "$work/image" -xf "$made/vfctl-$version-x86_64-image.tar.gz"
    is_version "the image" "$(sed -n 's/.*"RepoTags": \["vfctl:\([^"]*\)"\].*/\1/p' "$work/image/manifest.json")"
    tar -C "$work/image/layer" -xf "$work/image/layer.tar"
    is_ours "the image" "$work/image/layer/vfctl"
}

check_archive() {
    local tree=$work/unpacked/vfctl-$version-x86_64-linux completions
    mkdir "$work/unpacked"
    tar -C "$work/unpacked" -xf "$made/vfctl-$version-x86_64-linux.tar.gz"
    is_ours "the archive" "$tree/vfctl"
    (cd "$tree" && ./vfctl validate examples/fleet/spec.yaml >/dev/null)
    completions=("$tree/completions"/*)
    [ "${completions[*]##*/}" = "_vfctl vfctl vfctl.fish" ] || die "the archive lacks completions"
    [ -s "$tree/man/man1/vfctl.1.gz" ] || die "the archive lacks man pages"
}

check_collection() {
    local tree=$work/collection-unpacked
    mkdir "$tree"
    tar -C "$tree" -xf "$made/vfctl-sriov-$version.tar.gz"
    is_version "the collection" "$(sed -n 's/^ *"version": "\(.*\)",*$/\1/p' "$tree/MANIFEST.json")"
    diff -r packaging/systemd "$tree/roles/vfctl/files" || die "the collection has other units"
    [ ! -e "$tree/tests" ] || die "the collection has its tests"
}

# Prints how many libraries the list has.
check_bill() {
    local list=$made/vfctl-$version.cdx.json libraries
    libraries=$(grep -c '"purl": "pkg:cargo/' "$list")
    [ "$libraries" -gt 50 ] || die "the list of libraries has only $libraries"
    if grep -q "$work" "$list"; then die "the list of libraries names paths of this machine"; fi
    echo "$libraries"
}

version=$(cargo pkgid --locked -p vfctl-cli | sed 's/.*[#@]//')
folder=${folder:-$(realpath -m "$target/release/$version")}
refuse_others "$folder"
for program in $PROGRAMS; do
    command -v "$program" >/dev/null || die "$program is missing"
done
[ -n "$dirty" ] || [ -z "$(git status --porcelain)" ] || die "there are changes that are not committed; commit them, or pass --dirty"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
cargo build --quiet --locked --profile dist -p vfctl-cli --bin vfctl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
made=$work/made
mkdir "$made"

packaging/build.sh "$vfctl" "$version" "$made" >/dev/null
archive "vfctl-$version-x86_64-linux" "$made/vfctl-$version-x86_64-linux.tar.gz"
packaging/image/archive.sh "$vfctl" "$version" "$made/vfctl-$version-x86_64-image.tar.gz"
collection "$made"
bill "$made/vfctl-$version.cdx.json"

check_packages
check_image
check_archive
check_collection
libraries=$(check_bill)
(cd "$made" && sha256sum -- * >SHA256SUMS)
# What fails a check takes no earlier release's place.
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
cp -r "$made" "$folder"
cat "$folder/SHA256SUMS"
say "$(find "$folder" -type f | wc -l) files in $folder, $libraries libraries in the list"
