#!/bin/bash
# Makes the kubelet forget device plugins that have gone: it is started again, without what it remembers of them.
pid=$(pgrep -x kubelet) || exit 0
rm -f /var/lib/kubelet/device-plugins/kubelet_internal_checkpoint
kill "$pid"
for _ in $(seq 100); do
    now=$(pgrep -x kubelet) && [ "$now" != "$pid" ] && exit 0
    sleep 0.1
done
echo "kubelet has not started again" >&2
exit 1
