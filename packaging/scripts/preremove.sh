#!/bin/sh
# Runs before a removal and before an upgrade. dpkg calls it with `remove` or `upgrade`, rpm with the number of packages that
# will be left.
set -e
case ${1:-} in
remove | 0)
    # Stopping the boot unit changes no VF: it has nothing that runs at its end.
    if [ -d /run/systemd/system ]; then systemctl stop vfctl-drift.timer vfctl.service || :; fi
    # These are links in /etc, which systemctl also removes in an image that is being built.
    if command -v systemctl >/dev/null; then
        systemctl --quiet --root=/ disable vfctl.service vfctl-drift.timer || :
    fi
    ;;
esac
