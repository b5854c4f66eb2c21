#!/bin/sh
# Builds the testbed's node image for kind, or finds it in the cache; prints its folder.
#
# The folder holds `image.tar`, for `docker load`, and `name`, what the image is called then. It is made as kind's own
# images/base/Dockerfile and its `kind build node-image` do it, from the cluster's parts and Debian's packages: no image
# is downloaded, and no docker is needed to make it. It is keyed by everything that is written here and by the parts; the
# packages are those of the day on which it was built.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/testbed
SUITE=bookworm
# Must be the version that cluster/parts/kubernetes pins.
VERSION=v1.34.4
PACKAGES="bash busybox-static ca-certificates conntrack containerd dbus e2fsprogs ethtool hostname iproute2 iptables jq kmod
    libseccomp2 mount nftables pigz procps runc socat systemd systemd-sysv util-linux"

say() { printf 'image: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
. "$here/containers.sh"

for program in /bin/busybox gcc go debootstrap unshare; do
    command -v "$program" >/dev/null 2>&1 || [ -x "/usr$program" ] || die "$program is missing; run ci/setup.sh, and install Go"
done

parts=$("$here/../cluster/build.sh" kind)
key=$({
    basename "$parts"
    cat "$here/kind-node.sh" "$here/containers.sh"
    cd "$here/kind-node"
    find . -type f | sort | while read -r file; do
        echo "$file"
        cat "$file"
    done
} | sha256sum | cut -c 1-16)
image=$CACHE/images/kind-node-$key
if [ -e "$image/image.tar" ]; then
    echo "$image"
    exit 0
fi
[ "$(id -u)" = 0 ] || die "root is needed to make the node image, once: its files have owners"

mkdir -p "$CACHE/images" "$CACHE/downloads/debian"
exec 9>"$CACHE/images/lock"
flock 9
if [ -e "$image/image.tar" ]; then
    echo "$image"
    exit 0
fi
work=$(mktemp -d "$CACHE/images/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
layer=$work/layer
started=$(date +%s)
say "building kind-node-$key (1 min; once) …"

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

say "adding kind's files and Kubernetes"
kind=$(module_folder "$here/../cluster/parts/kind-cli" sigs.k8s.io/kind)
cp -r --no-preserve=mode,ownership "$kind/images/base/files/." "$root/"
chmod 755 "$root"/usr/local/bin/* "$root"/kind/bin/*
mkdir -p "$root/opt/cni/bin" "$root/etc/kubernetes/manifests"
cp -r "$here/kind-node/kind" "$root/"
cp "$parts/kubernetes/kubelet" "$parts/kubernetes/kubeadm" "$parts/kubernetes/kubectl" "$root/usr/bin/"
cp "$parts/crictl/crictl" "$root/usr/local/bin/"
cp "$parts"/cni-plugins/* "$root/opt/cni/bin/"
echo "$VERSION" >"$root/kind/version"
# Where kind's unit expects it.
ln -s /usr/bin/containerd "$root/usr/local/bin/containerd"
names=$("$parts/kubernetes/kubeadm" config images list --kubernetes-version "$VERSION" 2>"$work/kubeadm.log") || {
    cat "$work/kubeadm.log" >&2
    die "kubeadm does not say which images it needs"
}
name_of() { echo "$names" | grep "/$1:" || die "kubeadm needs no image $1"; }
# The second: a machine, or a container, may lack the capability that a lower score takes.
sed -i -e "s|sandbox_image = .*|sandbox_image = \"$(name_of pause)\"|" \
    -e 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' "$root/etc/containerd/config.toml"
# What only the machine's own start needs, as kind's Dockerfile has it.
find "$root/lib/systemd/system/sysinit.target.wants/" -name systemd-tmpfiles-setup.service -delete
rm -f "$root"/lib/systemd/system/multi-user.target.wants/* "$root"/etc/systemd/system/*.wants/* \
    "$root"/lib/systemd/system/local-fs.target.wants/* "$root"/lib/systemd/system/sockets.target.wants/*udev* \
    "$root"/lib/systemd/system/sockets.target.wants/*initctl* "$root"/lib/systemd/system/basic.target.wants/*
echo "ReadKMsg=no" >>"$root/etc/systemd/journald.conf"
chroot "$root" systemctl enable kubelet.service containerd.service undo-mount-hacks.service 2>>"$work/debootstrap.log"
chroot "$root" systemctl mask systemd-binfmt.service 2>>"$work/debootstrap.log"
chroot "$root" sh -c "ctr oci spec | jq '.hooks.createContainer = [{path: \"/kind/bin/mount-product-files.sh\"}] |
    del(.process.rlimits)'" >"$work/cri-base.json" || die "containerd says no base for containers"
mv "$work/cri-base.json" "$root/etc/containerd/cri-base.json"
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale" "$root/var/lib/apt/lists" \
    "$root/var/cache/apt" "$root/var/log"/* "$root/debootstrap"
: >"$root/etc/machine-id"

say "making images of containers"
# Named as kubeadm names them, so that it finds them here.
for program in kube-apiserver kube-controller-manager kube-scheduler; do
    mkdir -p "$layer/usr/local/bin"
    cp "$parts/kubernetes/$program" "$layer/usr/local/bin/"
    archive "$(name_of "$program")" '[]'
done
mkdir -p "$layer/usr/local/bin"
cp "$parts/etcd/etcd" "$layer/usr/local/bin/"
archive "$(name_of etcd)" '[]'

mkdir -p "$layer/etc/ssl/certs"
cp "$parts/coredns/coredns" "$layer/"
archive "$(name_of coredns)" '["/coredns"]'

mkdir -p "$layer"
gcc -static -Os -Wall -DVERSION=3.10 -o "$layer/pause" \
    "$(module_folder "$here/../cluster/parts/kubernetes" k8s.io/kubernetes)/build/pause/linux/pause.c"
archive "$(name_of pause)" '["/pause"]'

# Its extensions' libraries, too: without them some rules are refused, and Services with two endpoints do not answer.
mkdir -p "$layer/usr/local/bin" "$layer/usr/sbin" "$layer/run" "$layer/usr/lib/x86_64-linux-gnu"
cp "$parts/kube-proxy/kube-proxy" "$layer/usr/local/bin/"
cp -r "$root/usr/lib/x86_64-linux-gnu/xtables" "$layer/usr/lib/x86_64-linux-gnu/"
ln -s usr/lib "$layer/lib"
ln -s usr/lib64 "$layer/lib64"
mkdir -p "$layer/usr/lib64"
with_libraries /usr/sbin/xtables-nft-multi /usr/sbin/nft /usr/sbin/conntrack \
    $(cd "$root" && find usr/lib/x86_64-linux-gnu/xtables -name '*.so' -printf '/%p\n')
for link in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -s xtables-nft-multi "$layer/usr/sbin/$link"
done
archive "$(name_of kube-proxy)" '[]'

mkdir -p "$layer/usr/bin"
with_busybox
cp "$here/kind-node/kindnet.sh" "$layer/kindnet.sh"
archive localhost/kindnet:1 '[]'

say "importing them with the node's containerd"
import_archives

say "making the archive"
mkdir "$work/image"
name=localhost/kind-node:$key
as_archive "$root" "$name" \
    '"Entrypoint": ["/usr/local/bin/entrypoint", "/sbin/init"], "Env": ["container=docker"], "StopSignal": "SIGRTMIN+3"' \
    "$work/image/image.tar"
echo "$name" >"$work/image/name"
mv "$work/image" "$image"
say "built $(du -sh "$image" | cut -f 1) in $(($(date +%s) - started)) s"
echo "$image"
