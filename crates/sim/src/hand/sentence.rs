//! The things that other people do, one variant for each sentence of the scenarios.

use vfctl_model::{
    Cidr, DriverName, EswitchMode, InterfaceName, MacAddress, Mtu, Toggle, VfAttribute, VfIndex, VfValue,
    VlanId,
};
use vfctl_port::{ActionKind, AdminState};

use crate::fault::Fault;

/// One thing that somebody else does. `device` is an interface, an altname or a device's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hand {
    /// `set DEV vf N KEY VALUE`: gives a VF's attribute a value.
    Set {
        /// The PF.
        device: String,
        /// The VF.
        vf: VfIndex,
        /// The attribute.
        attribute: VfAttribute,
        /// Its value, of the attribute's shape.
        value: VfValue,
    },
    /// `set-each DEV FIRST-LAST macAddress|vlan START`: gives each VF the next value.
    SetEach {
        /// The PF.
        device: String,
        /// The first VF.
        first: VfIndex,
        /// The last VF.
        last: VfIndex,
        /// The first VF's value.
        start: EachValue,
    },
    /// `count DEV N`: writes the count of VFs.
    Count {
        /// The PF.
        device: String,
        /// The count.
        count: u16,
    },
    /// `admin DEV up|down`: sets a PF's or a VF's interface up or down.
    Admin {
        /// The PF, or the VF's interface.
        device: String,
        /// Up or down.
        state: AdminState,
    },
    /// `carrier DEV on|off`: plugs the PF's cable in or out.
    Carrier {
        /// The PF.
        device: String,
        /// Whether a partner is there.
        link: Toggle,
    },
    /// `speed DEV N`: lets the PF's partner offer another speed, in Mbit/s.
    Speed {
        /// The PF.
        device: String,
        /// The speed in Mbit/s.
        speed: u32,
    },
    /// `mtu DEV N`: sets the MTU of the PF's interface.
    Mtu {
        /// The PF.
        device: String,
        /// The MTU in bytes.
        mtu: Mtu,
    },
    /// `autoprobe DEV on|off`: says whether new VFs get a driver.
    Autoprobe {
        /// The PF.
        device: String,
        /// On or off.
        autoprobe: Toggle,
    },
    /// `driver DEV vf N none|default|NAME`: gives a VF to a driver, or takes it away.
    Driver {
        /// The PF.
        device: String,
        /// The VF.
        vf: VfIndex,
        /// The driver.
        driver: VfDriver,
    },
    /// `vf-mtu DEV vf N MTU`: sets the MTU of a VF's interface.
    VfMtu {
        /// The PF.
        device: String,
        /// The VF.
        vf: VfIndex,
        /// The MTU in bytes.
        mtu: Mtu,
    },
    /// `netns DEV vf N NAME`: moves a VF's interface to a network namespace.
    Netns {
        /// The PF.
        device: String,
        /// The VF.
        vf: VfIndex,
        /// The namespace.
        namespace: String,
    },
    /// `netns-back NAME`: takes the interfaces of a namespace back.
    NetnsBack {
        /// The namespace.
        namespace: String,
    },
    /// `vfio-open DEV vf N`: a process opens the VF's vfio device.
    VfioOpen {
        /// The PF.
        device: String,
        /// The VF.
        vf: VfIndex,
    },
    /// `vfio-close`: every such process ends.
    VfioClose,
    /// `remove-pf DEV`: takes a PF from the bus.
    RemovePf {
        /// The PF.
        device: String,
    },
    /// `rescan`: finds PFs on the bus again.
    Rescan,
    /// `bond NAME DEV DEV…`: makes a bond.
    Bond {
        /// The bond.
        name: InterfaceName,
        /// Its ports.
        ports: Vec<InterfaceName>,
    },
    /// `bridge NAME DEV`: makes a bridge.
    Bridge {
        /// The bridge.
        name: InterfaceName,
        /// Its port.
        port: InterfaceName,
    },
    /// `bridge NAME DEV vf N`: makes a bridge over the VF's representor.
    BridgeRepresentor {
        /// The bridge.
        name: InterfaceName,
        /// The PF.
        device: String,
        /// The VF.
        vf: VfIndex,
    },
    /// `address DEV vf N ADDRESS/LENGTH`: gives the VF's representor an IP address.
    AddressRepresentor {
        /// The PF.
        device: String,
        /// The VF.
        vf: VfIndex,
        /// The address.
        address: Cidr,
    },
    /// `unbond NAME` and `unbridge NAME`: takes a bond or bridge away.
    Dissolve {
        /// The bond or bridge.
        name: InterfaceName,
    },
    /// `eswitch DEV legacy|switchdev`: sets the mode of the PF's embedded switch.
    Eswitch {
        /// The PF.
        device: String,
        /// The mode.
        mode: EswitchMode,
    },
    /// `altname DEV NAME`: gives the PF's interface another name.
    Altname {
        /// The PF.
        device: String,
        /// The other name.
        name: InterfaceName,
    },
    /// `address DEV CIDR`: gives an interface an IP address.
    Address {
        /// The interface.
        interface: InterfaceName,
        /// The address.
        address: Cidr,
    },
    /// `default-route DEV`: leads the default route through an interface.
    DefaultRoute {
        /// The interface.
        interface: InterfaceName,
    },
    /// `fault ACTION [on DEV] refuse ERRNO|lie|hang|transient N|fewer N`, or `fault ACTION [on DEV] none`.
    Fault {
        /// The kind of action.
        kind: ActionKind,
        /// The PF; absent for all.
        device: Option<String>,
        /// What such an action does instead; absent to take the fault back.
        fault: Option<Fault>,
    },
    /// `hold-interfaces SECONDS`: a driver keeps the lock of all network interfaces (rtnl).
    HoldInterfaces {
        /// How long, in seconds.
        seconds: u64,
    },
    /// `release-interfaces`: it lets go of it.
    ReleaseInterfaces,
    /// `ssh DEV`: leads the SSH connection through an interface.
    Ssh {
        /// The interface.
        interface: InterfaceName,
    },
    /// `wait SECONDS`: lets time pass.
    Wait {
        /// How long, in seconds.
        seconds: u64,
    },
}

/// The first of many values that count up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EachValue {
    /// A MAC address; the last three bytes count up.
    Mac(MacAddress),
    /// A VLAN id.
    Vlan(VlanId),
}

/// The driver that a VF is given to by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VfDriver {
    /// None.
    None,
    /// The one that the kernel chooses.
    Default,
    /// This one.
    Named(DriverName),
}
