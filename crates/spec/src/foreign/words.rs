//! The words of other tools, each with what a spec says instead.

use vfctl_kinds::suggest::plain;

/// Where in a spec something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot {
    /// Under `spec`.
    Spec,
    /// In an entry of `physicalFunctions`.
    Entry,
    /// Under an entry's `match`.
    Match,
    /// Under an entry's `vfs`.
    Vfs,
    /// Among the settings of VFs.
    Vf,
    /// In an entry of `networks`.
    Network,
}

/// What a spec says instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    /// This line, there.
    Write(Spot, &'static str),
    /// Nothing, for this reason.
    Nothing(&'static str),
}

/// A word of other tools.
#[derive(Debug)]
pub(crate) struct Word {
    /// Its spellings; case, `-` and `_` do not matter.
    pub(super) spellings: &'static [&'static str],
    /// What a spec says instead.
    pub(super) instead: Instead,
}

impl Spot {
    fn in_words(self) -> &'static str {
        match self {
            Self::Spec => "under `spec`",
            Self::Entry => "in the entry of `physicalFunctions`",
            Self::Match => "under `match`",
            Self::Vfs => "under `vfs`",
            Self::Vf => "under `vfs.all`, or in a group of `vfs.groups`",
            Self::Network => "in an entry of `networks`",
        }
    }
}

impl Word {
    /// Returns the field that says the same; `None` where there is none.
    pub(crate) fn field(&self) -> Option<&'static str> {
        match self.instead {
            Instead::Write(_, line) => line.split(':').next(),
            Instead::Nothing(_) => None,
        }
    }

    /// Returns what to do about the word in a place that has these fields.
    pub(crate) fn help(&self, fields: &[&str]) -> String {
        match self.instead {
            Instead::Write(_, line) if self.field().is_some_and(|field| fields.contains(&field)) => {
                format!("write `{line}`")
            }
            Instead::Write(spot, line) => format!("write `{line}` {}", spot.in_words()),
            Instead::Nothing(reason) => format!("take it out: {reason}"),
        }
    }
}

/// Returns the word of other tools that a key is.
pub(crate) fn word(key: &str) -> Option<&'static Word> {
    let key = plain(key);
    WORDS.iter().find(|word| word.spellings.iter().any(|spelling| plain(spelling) == key))
}

const fn write(spot: Spot, line: &'static str, spellings: &'static [&'static str]) -> Word {
    Word { spellings, instead: Instead::Write(spot, line) }
}

const fn nothing(reason: &'static str, spellings: &'static [&'static str]) -> Word {
    Word { spellings, instead: Instead::Nothing(reason) }
}

/// For words of what pods see.
const OF_PODS: &str = "it says how pods get VFs, and this version of vfctl configures only hosts";

/// The words. Sources: sriov-network-operator api/v1, sriov-network-device-plugin pkg/types, sriov-cni pkg/types, nmstate
/// rust/src/lib/ifaces/sriov.rs, netplan's YAML reference, systemd.link(5), NetworkManager's setting `sriov`, os-net-config
/// schema.yaml, Harvester's SRIOVNetworkDevice.
pub(super) const WORDS: &[Word] = &[
    write(
        Spot::Vfs,
        "count: 8",
        &[
            "numVfs",
            "total-vfs",
            "virtual-function-count",
            "sriov_numvfs",
            "SR-IOVVirtualFunctions",
            "vfCount",
            "count",
        ],
    ),
    write(Spot::Vf, "rate: {max: 1000}", &["maxTxRate", "max_rate", "rate"]),
    write(Spot::Vf, "rate: {min: 100}", &["minTxRate", "min_rate"]),
    write(Spot::Vf, "driver: vfio-pci", &["deviceType", "driver"]),
    write(
        Spot::Entry,
        "eswitch: {mode: switchdev}",
        &["eSwitchMode", "embedded-switch-mode", "link_mode", "eswitch"],
    ),
    write(Spot::Entry, "eswitch: {mode: switchdev, inlineMode: transport}", &["eswitch-inline-mode"]),
    write(Spot::Entry, "eswitch: {mode: switchdev, encapMode: basic}", &["eswitch-encap-mode"]),
    write(Spot::Vf, "spoofCheck: on", &["spoofChk", "spoof-check", "MACSpoofCheck"]),
    write(Spot::Vf, "linkState: auto", &["linkState", "state"]),
    write(Spot::Vf, "trust: on", &["trust"]),
    write(Spot::Vf, "queryRss: on", &["queryRss", "QueryReceiveSideScaling"]),
    write(Spot::Vf, "vlan: {id: 100, qos: 3}", &["vlanQoS", "qos", "QualityOfService"]),
    write(Spot::Vf, "vlan: {id: 100}", &["vlan", "vlan-id", "vlans"]),
    write(Spot::Vf, "vlan: {id: 100, protocol: 802.1ad}", &["vlanProto", "VLANProtocol"]),
    write(
        Spot::Vf,
        "macAddress: {first: \"02:00:00:00:10:00\"}",
        &["mac", "mac-address", "macaddr", "macAddresses"],
    ),
    write(Spot::Entry, "mtu: 9000", &["mtu", "MTUBytes"]),
    write(
        Spot::Vfs,
        "driversAutoprobe: off",
        &["drivers-autoprobe", "autoprobe-drivers", "sriov-drivers-autoprobe"],
    ),
    write(
        Spot::Vfs,
        "groups: [{vfs: \"0-3\", driver: vfio-pci}]",
        &["vfGroups", "vfRange", "vfID", "VirtualFunction", "groups"],
    ),
    write(Spot::Vfs, "groups: [{vfs: \"0-3\", trust: on}]", &["id", "link"]),
    write(Spot::Entry, "match: {interface: ens1f0}", &["nicSelector", "selectors"]),
    write(
        Spot::Match,
        "interface: ens1f0",
        &["pfNames", "pfName", "ifName", "ifNames", "iface-name", "set-name", "interface"],
    ),
    write(
        Spot::Match,
        "pci: \"0000:3b:00.0\"",
        &["rootDevices", "pciAddress", "pciAddresses", "pfPciAddresses", "pci"],
    ),
    write(Spot::Match, "vendor: \"8086\"", &["vendors", "vendorID"]),
    write(Spot::Match, "device: \"1592\"", &["devices", "deviceID"]),
    write(Spot::Match, "driver: ice", &["drivers"]),
    write(Spot::Match, "serial: MT2116X09299", &["serialNumbers"]),
    write(Spot::Match, "address: 10.0.0.0/16", &["netFilter"]),
    write(Spot::Spec, "nodes: {names: [worker-1]}", &["nodeSelector", "nodeName", "node", "hostname"]),
    write(
        Spot::Spec,
        "physicalFunctions: [{name: fast, match: {interface: ens1f0}, vfs: {count: 8}}]",
        &["interfaces", "ethernets", "network_config", "pfs", "sriov_pf", "sriov_vf"],
    ),
    write(Spot::Entry, "vfs: {count: 8}", &["sr-iov", "ethernet", "virtualFunctions"]),
    nothing(
        "a VF has its RDMA device from its driver; vfctl has no switch for it",
        &["isRdma", "rdmaMode", "rdmaIsolation"],
    ),
    nothing(
        "what a spec does not name is left to others: leave `count` out where another program creates the VFs",
        &["externallyManaged"],
    ),
    nothing("a port's link type is set in its firmware, by `mlxconfig`", &["linkType", "linkTypes"]),
    nothing("vdpa devices are made by `vdpa dev add`, and are no part of a spec", &["vdpaType", "vdpa"]),
    nothing("two entries for one port are an error, whichever comes first", &["priority"]),
    nothing(
        "VFs get their drivers after the switch's mode is set, in every case",
        &["delay-virtual-functions-rebind"],
    ),
    nothing("VFs stay as they are until a spec says otherwise", &["preserve-on-down"]),
    write(Spot::Network, "resource: intel.com/sriov_net", &["resourceName"]),
    write(Spot::Network, "namespaces: [default]", &["networkNamespace"]),
    write(Spot::Network, "ipam: {type: host-local, subnet: 10.56.217.0/24}", &["ipam"]),
    write(Spot::Network, "capabilities: {mac: true}", &["capabilities"]),
    write(Spot::Network, "metaPlugins: [{type: tuning}]", &["metaPlugins"]),
    write(Spot::Network, "cniVersion: 1.0.0", &["cniVersion"]),
    nothing(
        OF_PODS,
        &[
            "resourcePrefix",
            "resourceList",
            "needVhostNet",
            "excludeTopology",
            "runtimeConfig",
            "additionalInfo",
        ],
    ),
];
