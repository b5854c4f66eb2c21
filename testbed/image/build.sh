#!/bin/sh
# Builds the testbed's guest, or finds it in the cache; prints its folder.
#
# The folder holds `vmlinuz` and `initrd`: a busybox userland with Debian's own
# ip, devlink and bridge, and the modules listed beside this script. It is
# keyed by everything that goes into it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/testbed
# Real programs, with their libraries; busybox has the rest. Not its shell, which
# prefers its own ip, nor dash, which says I/O error for every failed write.
PROGRAMS="/usr/sbin/ip /usr/sbin/devlink /usr/sbin/bridge /usr/bin/kmod /usr/bin/bash"
PACKAGES="bash busybox-static iproute2 kmod libc6 pci.ids"

say() { printf 'image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

for program in /bin/busybox cpio gcc /sbin/depmod xz qemu-system-x86_64; do
    command -v "$program" >/dev/null 2>&1 || die "$program is missing; run ci/setup.sh"
done

kernel=$("$here/kernel.sh")
# shellcheck disable=SC2086 # A list of words.
key=$({
    basename "$kernel"
    dpkg-query -W -f '${Package} ${Version}\n' $PACKAGES
    cat "$here/build.sh" "$here/init" "$here/vfctl" "$here/modules" "$here/modules.sh" "$here/vfio-hold.c"
} | sha256sum | cut -c 1-16)
image=$CACHE/images/$key
if [ -e "$image/initrd" ]; then
    echo "$image"
    exit 0
fi

mkdir -p "$CACHE/images"
exec 9>"$CACHE/images/lock"
flock 9
if [ -e "$image/initrd" ]; then
    echo "$image"
    exit 0
fi
work=$(mktemp -d "$CACHE/images/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
say "building $key"

# Merged /usr, as Debian has it.
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64" "$root/usr/local/bin" \
    "$root/usr/share/misc" "$root/etc/testbed" "$root/etc/modprobe.d" "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp" \
    "$root/var" "$root/root" "$root/opt"
for name in bin sbin lib lib64; do
    ln -s "usr/$name" "$root/$name"
done

cp /bin/busybox "$root/usr/bin/busybox"
for applet in $(/bin/busybox --list | grep -vxF busybox); do
    ln -s busybox "$root/usr/bin/$applet"
done
# shellcheck disable=SC2086 # A list of words.
for file in $PROGRAMS $(ldd $PROGRAMS | grep -o '/[^ :]*' | sort -u); do
    case " $PROGRAMS " in
        *" $file "*) ;;
        *) file=/usr${file#/usr} ;;
    esac
    mkdir -p "$root$(dirname "$file")"
    # Not through an applet's link of the same name.
    rm -f "$root/usr/bin/${file##*/}"
    cp -L "$file" "$root$file"
done
for name in modprobe insmod rmmod lsmod modinfo depmod; do
    rm -f "$root/usr/bin/$name"
    ln -s ../bin/kmod "$root/usr/sbin/$name"
done
ln -sf bash "$root/usr/bin/sh"
cp /usr/share/misc/pci.ids "$root/usr/share/misc/pci.ids"

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'nobody:x:65534:65534:nobody:/nonexistent:/bin/sh' >>"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo 'nogroup:x:65534:' >>"$root/etc/group"
cp "$here/init" "$root/init"
cp "$here/vfctl" "$root/usr/local/bin/vfctl"
chmod +x "$root/init" "$root/usr/local/bin/vfctl"
gcc -static -O1 -Wall -o "$root/usr/bin/vfio-hold" "$here/vfio-hold.c"

grep -v '^[#-]' "$here/modules" >"$root/etc/testbed/modules"
# Without them the modules make a bond0 and a dummy0 that nobody asked for.
echo 'options bonding max_bonds=0' >"$root/etc/modprobe.d/testbed.conf"
echo 'options dummy numdummies=0' >>"$root/etc/modprobe.d/testbed.conf"
sed 's/^- //' "$here/modules" | "$here/modules.sh" "$kernel" "$root"

mkdir "$work/image"
# Not compressed: the guest's processor is emulated, its memory is not.
(cd "$root" && find . -print0 | sort -z | cpio --null --quiet -R 0:0 -H newc -o) >"$work/image/initrd"
cp "$kernel/vmlinuz" "$work/image/vmlinuz"
mv "$work/image" "$image"
say "built $(du -sh "$image" | cut -f 1)"
echo "$image"
