#!/bin/sh
# Builds the testbed's worker of a cluster, or finds it in the cache; prints its folder.
#
# The folder holds `vmlinuz`, `initrd` and `root.ext4`: a Debian 12 with containerd, runc and what the worker needs
# of the cluster's parts, and images of containers that are there already. Kernel and modules are the other guests'. It is
# keyed by everything that is written here and by the parts; the packages are those of the day on which it was built.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/testbed
SUITE=bookworm
PACKAGES="containerd runc kmod iproute2 iptables nftables iputils-ping procps busybox-static pci.ids util-linux mount
    ethtool"
# What root.ext4 may grow to while a guest runs; the file itself takes what is in it.
SIZE=2500M
# Modules of the initrd.
DISK="virtio_blk crc32c_generic ext4"
# As it is called by those who deploy it.
PLUGIN_MODULE=github.com/k8snetworkplumbingwg/sriov-network-device-plugin

say() { printf 'image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

for program in /bin/busybox cpio gcc go /sbin/depmod xz debootstrap unshare /sbin/mkfs.ext4 qemu-system-x86_64; do
    command -v "$program" >/dev/null 2>&1 || [ -x "/usr$program" ] || die "$program is missing; run ci/setup.sh, and install Go"
done

kernel=$("$here/kernel.sh")
parts=$("$here/../cluster/build.sh")
key=$({
    basename "$kernel"
    basename "$parts"
    for file in worker.sh worker-init worker-modules debian-init vfctl modules.sh vfio-hold.c; do
        cat "$here/$file"
    done
    cd "$here/worker"
    find . -type f | sort | while read -r file; do
        echo "$file"
        cat "$file"
    done
} | sha256sum | cut -c 1-16)
image=$CACHE/images/worker-$key
if [ -e "$image/root.ext4" ]; then
    echo "$image"
    exit 0
fi
[ "$(id -u)" = 0 ] || die "root is needed to make the worker, once: its files have owners"

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
started=$(date +%s)
say "building worker-$key (2 min; once) …"

# The machine's own mirror.
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Component: main" "Codename: $SUITE" |
    head -n 1)
[ -n "$mirror" ] || die "apt has no source of $SUITE main; is this Debian 12? run apt-get update"
say "installing Debian $SUITE with $(echo $PACKAGES | wc -w) packages and what they need"
debootstrap --variant=minbase --cache-dir="$CACHE/downloads/debian" \
    --include="$(echo $PACKAGES | tr -s ' \n' ',')" "$SUITE" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 9>&- || {
    tail -n 20 "$work/debootstrap.log" "$root/debootstrap/debootstrap.log" >&2 || :
    die "debootstrap failed"
}

cp -r "$here/worker/." "$root/"
cp "$here/vfctl" "$root/usr/local/bin/vfctl"
cp "$here/worker-init" "$root/usr/local/sbin/worker-init"
chmod +x "$root/opt/cni/bin/sriov" "$root/usr/local/bin/vfctl" "$root/usr/local/sbin/worker-init"
gcc -static -O1 -Wall -o "$root/usr/bin/vfio-hold" "$here/vfio-hold.c"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
mkdir -p "$root/etc/testbed" "$root/share" "$root/programs"
grep -v '^[#-]' "$here/worker-modules" >"$root/etc/testbed/modules"
# Without them the modules make a bond0 and a dummy0 that nobody asked for.
echo 'options bonding max_bonds=0' >"$root/etc/modprobe.d/testbed.conf"
echo 'options dummy numdummies=0' >>"$root/etc/modprobe.d/testbed.conf"
sed -e '/^#/d' -e 's/^- //' "$here/worker-modules" | "$here/modules.sh" "$kernel" "$root"
cp "$parts/kubernetes/kubelet" "$parts/kubernetes/kubectl" "$root/usr/local/bin/"
cp "$parts"/cni-plugins/* "$root/opt/cni/bin/"
cp "$parts/sriov-cni/sriov" "$root/opt/cni/sriov-2.1.0"
cp "$parts/whereabouts/whereabouts" "$root/opt/cni/bin/"
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale" "$root/var/lib/apt/lists" \
    "$root/var/cache/apt" "$root/debootstrap"

# Puts programs of the guest, with their libraries, into another root.
with_libraries() {
    for file in "$@" $(chroot "$root" ldd "$@" 2>/dev/null | grep -o '/[^ :]*' | sort -u); do
        mkdir -p "$layer$(dirname "$file")"
        cp -L "$root$file" "$layer$file"
    done
}

with_busybox() {
    mkdir -p "$layer/bin" "$layer/tmp"
    cp /bin/busybox "$layer/bin/busybox"
    for applet in $(/bin/busybox --list | grep -vxF busybox); do
        ln -s busybox "$layer/bin/$applet"
    done
}

# Writes $layer as an image of one layer, as `docker save` does: NAME ENTRYPOINT (a JSON list)
archive() {
    tar -C "$layer" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$work/layer.tar" .
    mkdir -p "$work/archives"
    cat >"$work/config.json" <<END
{"architecture": "amd64", "os": "linux", "created": "1970-01-01T00:00:00Z",
 "config": {"Entrypoint": $2, "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256sum "$work/layer.tar" | cut -d ' ' -f 1)"]}}
END
    echo "[{\"Config\": \"config.json\", \"RepoTags\": [\"$1\"], \"Layers\": [\"layer.tar\"]}]" >"$work/manifest.json"
    tar -C "$work" -cf "$work/archives/$(echo "$1" | tr '/:' '--').tar" manifest.json config.json layer.tar
    rm -rf "$layer" "$work/layer.tar"
}

module_folder() { (cd "$1" && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go mod download -json "$2" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p'); }

say "making images of containers"
layer=$work/layer
mkdir -p "$layer"
gcc -static -Os -Wall -DVERSION=3.10 -o "$layer/pause" \
    "$(module_folder "$here/../cluster/parts/kubernetes" k8s.io/kubernetes)/build/pause/linux/pause.c"
archive localhost/pause:3.10 '["/pause"]'

mkdir -p "$layer"
with_busybox
with_libraries /usr/sbin/ip /usr/bin/ping
archive localhost/tools:1 '[]'

mkdir -p "$layer/usr/src/multus-cni/bin"
cp "$parts/multus/multus" "$parts/multus/passthru" "$layer/usr/src/multus-cni/bin/"
cp "$parts/multus/install_multus" "$parts/multus/thin_entrypoint" "$layer/"
archive localhost/multus-cni:v4.2.4 '["/thin_entrypoint"]'

# With the start script that the CNI plugin's own image has. Its program is the one that workers have, which runs the one
# beside it.
mkdir -p "$layer/usr/bin"
with_busybox
cp "$root/opt/cni/bin/sriov" "$layer/usr/bin/sriov"
cp "$(module_folder "$here/../cluster/parts/sriov-cni" github.com/k8snetworkplumbingwg/sriov-cni@v2.1.0+incompatible)/images/entrypoint.sh" \
    "$layer/entrypoint.sh"
chmod 755 "$layer/entrypoint.sh"
archive localhost/sriov-cni:v2.1.0 '["/entrypoint.sh"]'

mkdir -p "$layer"
with_busybox
cp "$parts/whereabouts/whereabouts" "$parts/whereabouts/ip-control-loop" "$layer/"
for script in install-cni.sh lib.sh token-watcher.sh; do
    cp "$(module_folder "$here/../cluster/parts/whereabouts" github.com/k8snetworkplumbingwg/whereabouts)/script/$script" \
        "$layer/$script"
    chmod 755 "$layer/$script"
done
archive localhost/whereabouts:v0.9.2 '["/install-cni.sh"]'

# With the start script that the plugin's own image has.
mkdir -p "$layer/usr/bin" "$layer/usr/share/misc" "$layer/usr/share/hwdata"
with_busybox
cp "$parts/device-plugin/sriovdp" "$layer/usr/bin/"
cp "$root/usr/share/misc/pci.ids" "$layer/usr/share/misc/pci.ids"
ln -s ../misc/pci.ids "$layer/usr/share/hwdata/pci.ids"
cp "$(module_folder "$here/../cluster/device-plugin" "$PLUGIN_MODULE")/images/entrypoint.sh" "$layer/entrypoint.sh"
chmod 755 "$layer/entrypoint.sh"
archive localhost/sriov-device-plugin:v3.5.1 '["/entrypoint.sh"]'

# By the guest's own containerd, in its root: in the guest it would take half a minute at each boot.
say "importing them with the worker's containerd"
mv "$work/archives" "$root/archives"
cat >"$root/import.sh" <<'END'
set -eu
mount -t proc proc /proc
mount -t sysfs -o ro sysfs /sys 2>/dev/null || :
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
containerd >/tmp/containerd.log 2>&1 &
pid=$!
for _ in $(seq 100); do
    ctr version >/dev/null 2>&1 && break
    sleep 0.2
done
for archive in /archives/*.tar; do
    ctr -n k8s.io images import --digests --all-platforms "$archive" || { tail -n 20 /tmp/containerd.log; kill $pid; exit 1; }
done
# A second name, as if it were a newer release.
ctr -n k8s.io images tag localhost/sriov-cni:v2.1.0 localhost/sriov-cni:v2.1.1
ctr -n k8s.io images ls
kill $pid
wait $pid || :
END
timeout 120 unshare --mount --pid --fork --kill-child chroot "$root" /bin/sh /import.sh >"$work/import.log" 2>&1 9>&- || {
    tail -n 30 "$work/import.log" >&2
    die "the images cannot be imported"
}
for name in pause:3.10 tools:1 multus-cni:v4.2.4 sriov-device-plugin:v3.5.1 sriov-cni:v2.1.0 sriov-cni:v2.1.1 \
    whereabouts:v0.9.2; do
    grep -q "localhost/$name" "$work/import.log" || die "containerd does not have the image localhost/$name"
done
rm -rf "$root/archives" "$root/import.sh"

initrd=$work/initrd
mkdir -p "$initrd/usr/bin" "$initrd/usr/sbin" "$initrd/usr/lib" "$initrd/dev" "$initrd/proc" "$initrd/sysroot"
for name in bin sbin lib; do
    ln -s "usr/$name" "$initrd/$name"
done
cp /bin/busybox "$initrd/usr/bin/busybox"
for applet in mount umount modprobe usleep seq switch_root poweroff; do
    ln -s busybox "$initrd/usr/bin/$applet"
done
sed 's#/usr/lib/systemd/systemd#/usr/local/sbin/worker-init#' "$here/debian-init" >"$initrd/init"
chmod +x "$initrd/init"
echo "$DISK" | tr ' ' '\n' | "$here/modules.sh" "$kernel" "$initrd"

mkdir "$work/image"
(cd "$initrd" && find . -print0 | sort -z | cpio --null --quiet -R 0:0 -H newc -o) >"$work/image/initrd"
cp "$kernel/vmlinuz" "$work/image/vmlinuz"
say "making the disk"
# No journal: each boot begins with the file as it is here, and forgets what it wrote.
mkfs.ext4 -q -O ^has_journal,^metadata_csum -E lazy_itable_init=0 -d "$root" "$work/image/root.ext4" "$SIZE" >&2 ||
    die "mkfs.ext4 failed"
mv "$work/image" "$image"
say "built $(du -sh "$image" | cut -f 1) in $(($(date +%s) - started)) s"
echo "$image"
