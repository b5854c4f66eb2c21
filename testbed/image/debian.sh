#!/bin/sh
# Builds the testbed's Debian guest, or finds it in the cache; prints its folder.
#
# The folder holds `vmlinuz`, `initrd` and `root.ext4`: a Debian 12 with systemd
# and udev, for what a host's other programs do to vfctl's work. Kernel and
# modules are the small guest's. It is keyed by everything that is written here;
# the packages are those of the day on which it was built.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/testbed
SUITE=bookworm
# libpam-systemd: debootstrap does not find out that polkitd, which
# network-manager needs, takes it for its logind. python3-apt: what Ansible installs packages by.
PACKAGES="systemd systemd-sysv udev dbus libpam-systemd network-manager openssh-server kmod iproute2 procps python3
    python3-apt ethtool busybox-static pci.ids"
# What root.ext4 may grow to while a guest runs; the file itself takes what is in it.
SIZE=1500M
# Modules of the initrd.
DISK="virtio_blk crc32c_generic ext4"

say() { printf 'image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

for program in /bin/busybox cpio gcc /sbin/depmod xz debootstrap /sbin/mkfs.ext4 qemu-system-x86_64; do
    command -v "$program" >/dev/null 2>&1 || [ -x "/usr$program" ] || die "$program is missing; run ci/setup.sh"
done

kernel=$("$here/kernel.sh")
key=$({
    basename "$kernel"
    cat "$here/debian.sh" "$here/debian-init" "$here/vfctl" "$here/modules" "$here/modules.sh" "$here/vfio-hold.c"
    cd "$here/debian"
    find . -type f | sort | while read -r file; do
        echo "$file"
        cat "$file"
    done
} | sha256sum | cut -c 1-16)
image=$CACHE/images/debian-$key
if [ -e "$image/root.ext4" ]; then
    echo "$image"
    exit 0
fi
[ "$(id -u)" = 0 ] || die "root is needed to make the Debian guest, once: its files have owners"

mkdir -p "$CACHE/images" "$CACHE/downloads/debian"
exec 9>"$CACHE/images/lock"
flock 9
if [ -e "$image/root.ext4" ]; then
    echo "$image"
    exit 0
fi
work=$(mktemp -d "$CACHE/images/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
say "building debian-$key"

# The machine's own mirror.
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Component: main" "Codename: $SUITE" |
    head -n 1)
[ -n "$mirror" ] || die "apt has no source of $SUITE main; is this Debian 12? run apt-get update"
say "installing Debian $SUITE with $(echo $PACKAGES | wc -w) packages and what they need"
debootstrap --variant=minbase --cache-dir="$CACHE/downloads/debian" \
    --include="$(echo $PACKAGES | tr ' ' ',')" "$SUITE" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 9>&- || {
    tail -n 20 "$work/debootstrap.log" "$root/debootstrap/debootstrap.log" >&2 || :
    die "debootstrap failed"
}

cp -r "$here/debian/." "$root/"
cp "$here/vfctl" "$root/usr/local/bin/vfctl"
chmod +x "$root/usr/lib/testbed/agent" "$root/usr/local/bin/vfctl"
gcc -static -O1 -Wall -o "$root/usr/bin/vfio-hold" "$here/vfio-hold.c"
echo lab >"$root/etc/hostname"
echo '127.0.0.1 localhost lab' >"$root/etc/hosts"
# A machine that has been booted before: without an id systemd would enable its presets.
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
sed -e '/^#/d' -e 's/^- //' "$here/modules" | "$here/modules.sh" "$kernel" "$root"

# Neighbours start when a scenario wants them; what would do something by the clock never does.
chroot "$root" systemctl --quiet enable testbed-agent.service
chroot "$root" systemctl --quiet disable NetworkManager.service ssh.service systemd-networkd.service \
    systemd-timesyncd.service >/dev/null 2>&1 || :
chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer motd-news.timer getty@tty1.service systemd-tmpfiles-clean.timer
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale" "$root/var/lib/apt/lists" \
    "$root/var/cache/apt" "$root/debootstrap"

initrd=$work/initrd
mkdir -p "$initrd/usr/bin" "$initrd/usr/sbin" "$initrd/usr/lib" "$initrd/dev" "$initrd/proc" "$initrd/sysroot"
for name in bin sbin lib; do
    ln -s "usr/$name" "$initrd/$name"
done
cp /bin/busybox "$initrd/usr/bin/busybox"
for applet in mount umount modprobe usleep seq switch_root poweroff; do
    ln -s busybox "$initrd/usr/bin/$applet"
done
cp "$here/debian-init" "$initrd/init"
chmod +x "$initrd/init"
echo "$DISK" | tr ' ' '\n' | "$here/modules.sh" "$kernel" "$initrd"

mkdir "$work/image"
(cd "$initrd" && find . -print0 | sort -z | cpio --null --quiet -R 0:0 -H newc -o) >"$work/image/initrd"
cp "$kernel/vmlinuz" "$work/image/vmlinuz"
# No journal: each boot begins with the file as it is here, and forgets what it wrote.
mkfs.ext4 -q -O ^has_journal,^metadata_csum -E lazy_itable_init=0 -d "$root" "$work/image/root.ext4" "$SIZE" >&2 ||
    die "mkfs.ext4 failed"
mv "$work/image" "$image"
say "built $(du -sh "$image" | cut -f 1)"
echo "$image"
