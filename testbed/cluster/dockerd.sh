#!/bin/sh
# Runs a docker of a cluster's own, in namespaces of its own: processes, mounts and the network of whoever calls this. When
# this script ends, however that comes, so does everything that runs in its containers, and its bridges, rules and mounts go
# with the namespaces. What it writes lies below one folder. Only cgroups can stay behind: see `dockerd.sh clean`.
#
# usage: dockerd.sh run DIR NAME      DIR is absolute; NAME is that of the containers' cgroup; answers on DIR/docker.sock
#        dockerd.sh clean NAME        removes the cgroups of a docker that has ended
set -eu

say() { echo "dockerd: $*" >&2; }
die() { say "$*"; exit 1; }

# Containers that may do everything are refused where this machine itself lacks a capability: those are left out then.
# Prints the names of what is missing.
missing_capabilities() {
    capsh=$(command -v capsh) || capsh=/sbin/capsh
    all=$(sed -n 's/^CapBnd:[ \t]*//p' /proc/self/status)
    last=$(cat /proc/sys/kernel/cap_last_cap)
    for number in $(seq 0 "$last"); do
        [ $((0x$all >> number & 1)) = 1 ] || "$capsh" --decode="$(printf %x $((1 << number)))" | sed 's/.*=//'
    done
}

# A runc that takes them out of what it is given: the container's own document, and those of `exec --process`.
wrap_runc() {
    runc=$(command -v runc)
    mkdir -p "$dir/bin"
    words=
    for capability in $(echo "$1" | tr a-z A-Z); do
        words="$words -e 's/\"$capability\",//g' -e 's/,\"$capability\"//g'"
    done
    cat >"$dir/bin/runc" <<END
#!/bin/sh
before=
for word in "\$@"; do
    case \$before in
        --bundle | -b) sed -i $words "\$word/config.json" ;;
        --process | -p) sed -i $words "\$word" ;;
    esac
    before=\$word
done
exec $runc "\$@"
END
    chmod +x "$dir/bin/runc"
    export PATH="$dir/bin:$PATH"
}

# Makes sure that the cgroups are where docker looks for them. What somebody has mounted over them is taken away in this
# mount namespace alone.
find_cgroups() {
    [ -n "$(ls -A /sys/fs/cgroup)" ] || umount /sys 2>/dev/null || :
    [ -n "$(ls -A /sys/fs/cgroup)" ] || die "there are no cgroups in /sys/fs/cgroup: containers need them"
}

# As PID 1 of the namespace.
inside() {
    find_cgroups
    # Another's containerd is not for these containers.
    [ ! -d /run/containerd ] || mount -t tmpfs tmpfs /run/containerd
    # kind mounts it into nodes, and docker would make it on this machine.
    if [ ! -d /lib/modules ]; then
        mkdir -p "$dir/lib/upper" "$dir/lib/work"
        mount -t overlay -o "lowerdir=/usr/lib,upperdir=$dir/lib/upper,workdir=$dir/lib/work" overlay /usr/lib
        mkdir -p /lib/modules
    fi
    missing=$(missing_capabilities)
    if [ -n "$missing" ]; then
        say "this machine lacks $(echo $missing): containers do without"
        wrap_runc "$missing"
    fi
    echo '{}' >"$dir/daemon.json"
    dockerd --config-file "$dir/daemon.json" --host "unix://$dir/docker.sock" --data-root "$dir/data" \
        --exec-root "$dir/exec" --pidfile "$dir/docker.pid" --cgroup-parent "/$name" \
        --exec-opt native.cgroupdriver=cgroupfs --log-level warn &
    # Not in its place: somebody has to wait for the orphans of containers.
    wait $!
}

clean() {
    find_cgroups
    # Those who were in it are ending.
    for _ in $(seq 50); do
        find /sys/fs/cgroup -maxdepth 2 -type d -name "$1" 2>/dev/null | while read -r group; do
            find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || :
        done
        [ -n "$(find /sys/fs/cgroup -maxdepth 2 -type d -name "$1" 2>/dev/null)" ] || return 0
        sleep 0.1
    done
    die "the cgroup $1 is still in use"
}

case ${1:-} in
    run)
        command -v dockerd >/dev/null 2>&1 || die "docker is not installed: run ci/setup.sh kind"
        exec unshare --mount --pid --fork --kill-child --mount-proc "$0" inside "$2" "$3"
        ;;
    inside)
        dir=$2
        name=$3
        inside
        ;;
    clean) exec unshare --mount "$0" clean-inside "$2" ;;
    clean-inside) clean "$2" ;;
    *) die "usage: dockerd.sh run DIR NAME | clean NAME" ;;
esac
