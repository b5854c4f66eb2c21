#!/bin/sh
# Runs after a removal, an upgrade and a purge. The state folder stays when the package is removed, since its journals hold what
# hosts looked like before each apply; a purge of the .deb removes it. Specs in /etc/vfctl are the administrator's and stay.
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload || :; fi
case ${1:-} in
purge) rm -rf /var/lib/vfctl ;;
esac
