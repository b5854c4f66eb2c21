# Functions that make images of containers without docker; for scripts that source this file.
#
# They read $root, a Debian that has what goes into the images, $layer, the folder that becomes an image, and $work.

# Puts programs of $root, with their libraries, into the layer.
with_libraries() {
    for file in "$@" $(chroot "$root" ldd "$@" 2>/dev/null | grep -o '/[^ :)]*' | sort -u); do
        [ -f "$root$file" ] || continue
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

# Writes a folder as an image of one layer, as `docker save` does: FOLDER NAME CONFIG (the members of its `config`) TARGET
as_archive() {
    tar -C "$1" --sort=name --numeric-owner --mtime=@0 -cf "$work/layer.tar" .
    cat >"$work/config.json" <<END
{"architecture": "amd64", "os": "linux", "created": "1970-01-01T00:00:00Z", "config": {$3},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256sum "$work/layer.tar" | cut -d ' ' -f 1)"]}}
END
    echo "[{\"Config\": \"config.json\", \"RepoTags\": [\"$2\"], \"Layers\": [\"layer.tar\"]}]" >"$work/manifest.json"
    tar -C "$work" -cf "$4" manifest.json config.json layer.tar
    rm -f "$work/layer.tar" "$work/manifest.json" "$work/config.json"
}

# Makes $layer an image that will be imported: NAME ENTRYPOINT (a JSON list)
archive() {
    mkdir -p "$work/archives"
    chown -R 0:0 "$layer"
    as_archive "$layer" "$1" \
        "\"Entrypoint\": $2, \"Env\": [\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"]" \
        "$work/archives/$(echo "$1" | tr '/:' '--').tar"
    echo "$1" >>"$work/names"
    rm -rf "$layer"
}

# Imports them with the containerd of $root, in it, and removes the archives.
import_archives() {
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
ctr -n k8s.io images ls
kill $pid
wait $pid || :
END
    timeout 300 unshare --mount --pid --fork --kill-child chroot "$root" /bin/sh /import.sh >"$work/import.log" 2>&1 9>&- || {
        tail -n 30 "$work/import.log" >&2
        die "the images cannot be imported"
    }
    while read -r name; do
        grep -q "$name" "$work/import.log" || die "containerd does not have the image $name"
    done <"$work/names"
    rm -rf "$root/archives" "$root/import.sh"
}

# The folder of a module: the folder of a go.mod that names it, and its path
module_folder() {
    (cd "$1" && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go mod download -json "$2" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
}
