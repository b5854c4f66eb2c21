# The pods' primary network of a kind node: writes its configuration once the node has a range, then keeps routes to the
# ranges of nodes that can be reached without a hop in between.
set -eu
# What kind says; its Service does not answer before kube-proxy runs.
export KUBERNETES_SERVICE_HOST="${CONTROL_PLANE_ENDPOINT%:*}" KUBERNETES_SERVICE_PORT="${CONTROL_PLANE_ENDPOINT##*:}"
NODES="jsonpath={range .items[*]}{.metadata.name} {.spec.podCIDR} {.status.addresses[?(@.type=='InternalIP')].address}{'\n'}{end}"

range=
until [ -n "$range" ]; do
    range=$(kubectl get node "$NODE" -o 'jsonpath={.spec.podCIDR}') || sleep 1
done
cat >/etc/cni/net.d/10-kindnet.conflist.new <<END
{"cniVersion": "0.3.1", "name": "kindnet", "plugins": [
  {"type": "ptp", "ipMasq": true,
   "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam-state", "routes": [{"dst": "0.0.0.0/0"}], "ranges": [[{"subnet": "$range"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
mv /etc/cni/net.d/10-kindnet.conflist.new /etc/cni/net.d/10-kindnet.conflist
echo "pods of $NODE have addresses of $range, of $PODS"
while :; do
    kubectl get nodes -o "$NODES" | while read -r node range address; do
        [ "$node" = "$NODE" ] || [ -z "$address" ] || ip route replace "$range" via "$address" 2>/dev/null || :
    done
    sleep 10
done
