#!/bin/sh
# Runs after an installation and after an upgrade. It enables no unit and starts none: the administrator decides when specs are
# applied at boot, and an upgrade must not apply them.
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload || :; fi

# Files of an installation by hand come before those of a package. They are the administrator's and stay; a notice names them.
for file in /etc/systemd/system/vfctl.service /etc/systemd/system/vfctl-drift.service /etc/systemd/system/vfctl-drift.timer \
    /usr/local/sbin/vfctl /usr/local/bin/vfctl; do
    # A unit that is masked is a link to /dev/null.
    if [ -f "$file" ]; then echo "vfctl: notice: $file is used instead of the file of this package; remove it" >&2; fi
done
