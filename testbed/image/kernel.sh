#!/bin/sh
# Fetches one Debian kernel and builds netdevsim and rtnl_hold for it; prints its
# folder.
#
# The folder holds `vmlinuz`, `release` and `lib/modules/<release>` with both
# in it. Nothing is installed on this machine. Image, headers and
# source are of one exact version: a netdevsim from another 6.12.x does not
# compile.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
SERIES=6.12
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/testbed

say() { printf 'kernel: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Prints `version release` of the newest kernel of which apt has image, headers
# and source in one version.
choose() {
    # shellcheck disable=SC2046 # A list of package names.
    apt-cache madison "linux-source-$SERIES" $(
        apt-cache pkgnames "linux-image-$SERIES." | grep -E -- '^linux-image-[^-]+-amd64-unsigned$'
        apt-cache pkgnames "linux-headers-$SERIES." | grep -E -- '^linux-headers-[^-]+-amd64$'
    ) 2>/dev/null | awk -F' *[|] *' '
        { sub(/^ */, "", $1); has[$1, $2] = 1 }
        $1 ~ /^linux-source/ { versions[++n] = $2 }
        $1 ~ /^linux-image/ { release = $1; sub(/^linux-image-/, "", release); sub(/-unsigned$/, "", release); releases[release] = 1 }
        END {
            for (i = 1; i <= n; i++) for (r in releases)
                if (has["linux-image-" r "-unsigned", versions[i]] && has["linux-headers-" r, versions[i]]) {
                    print versions[i], r; exit
                }
        }'
}

download() {
    mkdir -p "$debs"
    set -- "linux-image-$release-unsigned" "linux-headers-$release" "linux-headers-${release%-amd64}-common" \
        "linux-kbuild-${release%-amd64}" "linux-source-$SERIES"
    for package; do
        if ! ls "$debs/${package}"_*.deb >/dev/null 2>&1; then
            say "downloading $package $version"
            # A folder of its own: an interrupted download leaves no .deb behind.
            rm -rf "$debs/partial" && mkdir "$debs/partial"
            (cd "$debs/partial" && apt-get -qq -o APT::Sandbox::User=root download "$package=$version") >&2 ||
                die "apt-get failed to download $package $version; is the package list old? run apt-get update"
            mv "$debs"/partial/*.deb "$debs/"
        fi
    done
    rm -rf "$debs/partial"
}

# netdevsim is in no Debian kernel: built against the headers, of the same
# source.
build_netdevsim() {
    say "compiling netdevsim"
    mkdir "$work/source"
    dpkg -x "$debs/linux-source-$SERIES"_*.deb "$work/source"
    tar -xJf "$work/source/usr/src/linux-source-$SERIES.tar.xz" -C "$work/source" \
        "linux-source-$SERIES/drivers/net/netdevsim"
    # The headers name their common half by its installed path.
    sed -i "s#/usr/src/#$work/usr/src/#" "$work/usr/src/linux-headers-$release/Makefile"
    # Without it the build leaves out the BTF, which would need pahole.
    rm -f "$work/usr/src/linux-headers-$release/vmlinux"
    make -s -j"$(nproc)" -C "$work/usr/src/linux-headers-$release" \
        M="$work/source/linux-source-$SERIES/drivers/net/netdevsim" CONFIG_NETDEVSIM=m modules >"$work/make.log" 2>&1 ||
        { tail -n 30 "$work/make.log" >&2; die "netdevsim does not compile"; }
    mkdir -p "$work/lib/modules/$release/extra"
    cp "$work/source/linux-source-$SERIES/drivers/net/netdevsim/netdevsim.ko" "$work/lib/modules/$release/extra/"
}

# The testbed's own, for what a driver does whose firmware does not answer.
build_rtnl_hold() {
    say "compiling rtnl_hold"
    mkdir "$work/own"
    cp "$here/rtnl_hold.c" "$work/own/"
    echo 'obj-m := rtnl_hold.o' >"$work/own/Makefile"
    make -s -C "$work/usr/src/linux-headers-$release" M="$work/own" modules >"$work/make.log" 2>&1 ||
        { tail -n 30 "$work/make.log" >&2; die "rtnl_hold does not compile"; }
    cp "$work/own/rtnl_hold.ko" "$work/lib/modules/$release/extra/"
}

# apt takes seconds to answer: its answer holds until its lists change.
answer=$CACHE/kernels/chosen-$SERIES
mkdir -p "$CACHE/kernels"
if [ ! "$answer" -nt /var/lib/apt/lists ]; then
    choose >"$answer.$$"
    mv "$answer.$$" "$answer"
fi
chosen=$(cat "$answer")
[ -n "$chosen" ] || die "apt knows no $SERIES kernel with image, headers and source of one version; run ci/setup.sh or apt-get update"
version=${chosen% *}
release=${chosen#* }
# What builds it is an input.
key=$version-$(cat "$here/kernel.sh" "$here/rtnl_hold.c" | sha256sum | cut -c 1-12)
kernel=$CACHE/kernels/$key
if [ -e "$kernel/vmlinuz" ]; then
    echo "$kernel"
    exit 0
fi

debs=$CACHE/downloads/$version
exec 9>"$CACHE/kernels/lock"
flock 9
if [ -e "$kernel/vmlinuz" ]; then
    echo "$kernel"
    exit 0
fi
work=$(mktemp -d "$CACHE/kernels/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
download
say "unpacking $release"
for deb in "$debs"/linux-image-*.deb "$debs"/linux-headers-*.deb "$debs"/linux-kbuild-*.deb; do
    dpkg -x "$deb" "$work"
done
build_netdevsim
build_rtnl_hold
depmod -b "$work" "$release"
mkdir "$work/result"
mv "$work/lib" "$work/result/lib"
# kbuild's own files share /lib with the modules.
find "$work/result/lib" -mindepth 1 -maxdepth 1 ! -name modules -exec rm -rf {} +
echo "$release" >"$work/result/release"
mv "$work/boot/vmlinuz-$release" "$work/result/vmlinuz"
rm -rf "$kernel"
mv "$work/result" "$kernel"
echo "$kernel"
