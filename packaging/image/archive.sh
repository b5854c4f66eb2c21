#!/bin/sh
# Writes the container image of a vfctl binary as an archive for `docker load`, without docker. The same binary gives the same bytes.
#
# usage: packaging/image/archive.sh VFCTL VERSION FILE.tar.gz
set -eu
[ $# -eq 3 ] || { echo "usage: packaging/image/archive.sh VFCTL VERSION FILE.tar.gz" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../testbed/image/containers.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/image"
install -m 755 "$1" "$work/image/vfctl"
entrypoint=$(sed -n 's/^ENTRYPOINT //p' "$here/Dockerfile")
as_archive "$work/image" "vfctl:$2" "\"Entrypoint\": $entrypoint" "$work/archive.tar"
# Names and times of what is in it differ from run to run.
mkdir "$work/again"
tar -C "$work/again" -xf "$work/archive.tar"
# Not in a pipe: this shell would pass over a failure of tar, and the archive would end early.
tar -C "$work/again" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$work/again.tar" .
gzip -9n <"$work/again.tar" >"$3"
