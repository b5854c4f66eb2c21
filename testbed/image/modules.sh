#!/bin/sh
# Copies kernel modules, with all that they need, into a root folder.
#
# Unpacked, once here and not at each boot: the guest's processor is emulated.
#
# usage: modules.sh KERNEL ROOT <NAMES (KERNEL as kernel.sh prints it; names a line, `-` for `_` allowed)
set -eu

kernel=$1
root=$2
release=$(cat "$kernel/release")
modules=lib/modules/$release
list=$(mktemp)
trap 'rm -f "$list"' EXIT

sed -e '/^#/d' -e 's/-/_/g' | awk '
    NR == FNR { wanted[$1] = 1; next }
    {
        path = $1; sub(/:$/, "", path)
        name = path; sub(/.*\//, "", name); sub(/\.ko.*/, "", name); gsub(/-/, "_", name)
        if (name in wanted) { found[name] = 1; print path; for (i = 2; i <= NF; i++) print $i }
    }
    END { for (name in wanted) if (!(name in found)) { print "image: no module " name > "/dev/stderr"; exit 1 } }
' - "$kernel/$modules/modules.dep" >"$list" || { echo "image: a module is missing from $release" >&2; exit 1; }
sort -u "$list" | while read -r path; do
    mkdir -p "$root/usr/$modules/$(dirname "$path")"
    case $path in
        *.xz) xz -dc "$kernel/$modules/$path" >"$root/usr/$modules/${path%.xz}" ;;
        *) cp "$kernel/$modules/$path" "$root/usr/$modules/$path" ;;
    esac
done
cp "$kernel/$modules/modules.order" "$kernel/$modules/modules.builtin" "$kernel/$modules/modules.builtin.modinfo" \
    "$root/usr/$modules/"
depmod -b "$root" "$release"
