module vfctl.dev/testbed/cluster/whereabouts

go 1.24.0

require github.com/k8snetworkplumbingwg/whereabouts v0.9.2
