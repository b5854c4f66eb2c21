module vfctl.dev/testbed/cluster/sriov-cni

go 1.17

require (
	github.com/containernetworking/cni v0.6.0
	github.com/containernetworking/plugins v0.7.4
	github.com/intel/sriov-cni v0.0.0
	github.com/vishvananda/netlink v1.1.0
)

require github.com/coreos/go-iptables v0.8.0 // indirect

// It imports itself by its old name.
replace github.com/intel/sriov-cni => github.com/k8snetworkplumbingwg/sriov-cni v2.1.0+incompatible
