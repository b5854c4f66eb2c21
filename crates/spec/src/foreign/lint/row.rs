//! The lints: one row each, with its name and whether it is a mistake.

/// What becomes of a document with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// It is refused.
    Mistake,
    /// It is taken.
    Warning,
}

macro_rules! lints {
    ($($(#[$doc:meta])* $lint:ident $name:literal $severity:ident),* $(,)?) => {
        /// What the linter finds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Lint {
            $($(#[$doc])* $lint,)*
        }

        impl Lint {
            /// Every lint.
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$lint),*];

            /// Returns the name; a golden has it.
            #[cfg(test)]
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$lint => $name,)*
                }
            }

            /// Returns whether it is a mistake.
            pub(crate) fn severity(self) -> Severity {
                match self {
                    $(Self::$lint => Severity::$severity,)*
                }
            }
        }
    };
}

lints! {
    // Of every document.
    /// A text that should be JSON is not.
    InvalidJson "invalid-json" Mistake,
    /// A key that its reader does not know, and ignores.
    UnknownKey "unknown-key" Mistake,
    /// A key that must be there is not.
    MissingKey "missing-key" Mistake,
    /// A value is of another type than its reader takes.
    WrongType "wrong-type" Mistake,
    /// A single value stands where a list is read.
    NotAList "not-a-list" Mistake,
    /// A word is none of those that there are.
    UnknownWord "unknown-word" Mistake,
    /// A number is too small or too large.
    OutOfRange "out-of-range" Mistake,
    /// A list has no entry.
    EmptyList "empty-list" Mistake,

    // Of networks of pods.
    /// The object is of a group or version that multus does not read.
    NetworkApiVersion "network-api-version" Mistake,
    /// `config` holds keys and values instead of a text.
    ConfigNotText "config-not-text" Mistake,
    /// Nothing says which resource a network of VFs takes.
    ResourceAnnotationMissing "resource-annotation-missing" Mistake,
    /// The resource has no prefix.
    ResourceAnnotationPrefix "resource-annotation-prefix" Mistake,
    /// The document's name is to be given by somebody else.
    NetworkName "network-name" Warning,
    /// The version of CNI is not said.
    CniVersionMissing "cni-version-missing" Warning,
    /// There is no such version of CNI.
    CniVersionUnknown "cni-version-unknown" Mistake,
    /// There is no such plugin.
    PluginType "plugin-type" Mistake,
    /// A VF is named by hand.
    DeviceByHand "device-by-hand" Mistake,
    /// A field of the first sriov-cni.
    OldSriovCni "old-sriov-cni" Mistake,
    /// A switch is neither "on" nor "off".
    NotASwitch "not-a-switch" Mistake,
    /// A VLAN priority without a VLAN.
    QosWithoutVlan "qos-without-vlan" Mistake,
    /// A VLAN protocol without a VLAN.
    ProtocolWithoutVlan "protocol-without-vlan" Mistake,
    /// The guaranteed rate is above the limit.
    RateMinAboveMax "rate-min-above-max" Mistake,
    /// A MAC address is none.
    MacAddress "mac-address" Mistake,

    // Of IPAM.
    /// IPAM is given as a text.
    IpamAsText "ipam-as-text" Mistake,
    /// The IPAM plugin is misspelt.
    IpamMisspelt "ipam-misspelt" Mistake,
    /// The IPAM plugin is not known here.
    IpamUnknown "ipam-unknown" Warning,
    /// Nothing says which addresses there are.
    IpamWithoutAddresses "ipam-without-addresses" Mistake,
    /// An address or a network is none.
    BadAddress "bad-address" Mistake,
    /// A gateway lies outside its network.
    GatewayOutside "gateway-outside" Mistake,
    /// An end of a range lies outside its network.
    RangeOutside "range-outside" Mistake,
    /// A secondary network takes the pod's default route.
    DefaultRoute "default-route" Mistake,
    /// Two networks have a default route.
    DefaultRouteTwice "default-route-twice" Mistake,

    // Of resources.
    /// A field that only newer versions of the plugin have.
    NewerField "newer-field" Warning,
    /// A selector stands beside `selectors`.
    SelectorOutside "selector-outside" Mistake,
    /// A field of the resource stands among its selectors.
    FieldInSelectors "field-in-selectors" Mistake,
    /// A selector is written in the singular, or as another plugin has it.
    SingularKey "singular-key" Mistake,
    /// A field that resources of this type do not have.
    FieldOfOtherType "field-of-other-type" Mistake,
    /// The plugin takes no such name.
    ResourceName "resource-name" Mistake,
    /// This version of the plugin takes no hyphen in a name.
    ResourceHyphen "resource-hyphen" Mistake,
    /// Kubernetes takes no such prefix.
    ResourcePrefix "resource-prefix" Mistake,
    /// Two resources have one name.
    ResourceTwice "resource-twice" Mistake,
    /// A resource has no selectors.
    SelectorsMissing "selectors-missing" Mistake,
    /// Selectors select nothing, or everything.
    SelectorsEmpty "selectors-empty" Mistake,
    /// An earlier resource takes all devices of this one.
    ShadowedPool "shadowed-pool" Mistake,
    /// vdpa and RDMA exclude one another.
    VdpaWithRdma "vdpa-with-rdma" Mistake,
    /// Both ways to name devices.
    DevicesAndSelectors "devices-and-selectors" Mistake,
    /// The old way to name devices.
    RdmaDevices "rdma-devices" Warning,

    // Of hardware.
    /// An id is no id.
    IdMalformed "id-malformed" Mistake,
    /// An id begins with 0x.
    IdPrefix "id-prefix" Mistake,
    /// An id has upper-case digits.
    IdCase "id-case" Mistake,
    /// A vendor's id stands among those of devices.
    VendorAsDevice "vendor-as-device" Mistake,
    /// The id of a port where that of its VFs is needed.
    PortDeviceId "port-device-id" Mistake,
    /// The driver of a port where that of its VFs is needed.
    PortDriver "port-driver" Mistake,
    /// The driver of an RDMA device where that of the PCI device is needed.
    RdmaDriver "rdma-driver" Mistake,
    /// A driver that has another name today.
    RenamedDriver "renamed-driver" Mistake,
    /// A driver is spelled otherwise.
    DriverSpelling "driver-spelling" Mistake,
    /// Devices of a class that the resource cannot have.
    ClassMismatch "class-mismatch" Mistake,
    /// A PCI address is spelled otherwise, or none.
    PciAddress "pci-address" Mistake,
    /// What follows `#` is no set of VFs.
    PortRange "port-range" Mistake,
    /// A port is in one list twice.
    PortTwice "port-twice" Mistake,
}
