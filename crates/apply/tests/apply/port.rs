//! One port of a host of the tests: its names, its facts, and the ops, claims and steps on it.

use vfctl_kinds::change::Change;
use vfctl_kinds::change_value::ChangeValue;
use vfctl_kinds::step::{Impact, Reason, Step};
use vfctl_model::{AttributeValue, DeviceAddress, HostName, Mtu, Toggle, VfAttribute, VfIndex};
use vfctl_port::{
    Action, AdminState, Binding, Claim, ClaimValue, HostFacts, Op, Phase, Property, Scope, Subject, Target,
    Thing,
};

/// A PF of the driver `igb`.
#[derive(Debug, Clone)]
pub(crate) struct Port {
    pub(crate) host: HostName,
    pub(crate) pf: DeviceAddress,
    /// The name of its interface.
    pub(crate) title: &'static str,
    bus: u16,
}

impl Port {
    /// Returns port `eth0` of host `lab`.
    pub(crate) fn eth0() -> Self {
        Self::on("lab", "eth0", 1)
    }

    /// Returns port `eth1` of host `lab`.
    pub(crate) fn eth1() -> Self {
        Self::on("lab", "eth1", 2)
    }

    /// Returns a port of a host on this bus.
    pub(crate) fn on(host: &str, title: &'static str, bus: u16) -> Self {
        let host = host.parse().expect("a host's name");
        let pf = format!("pci/0000:{bus:02}:00.0").parse().expect("a PF's address");
        Self { host, pf, title, bus }
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope::Host(self.host.clone())
    }

    /// Adds the port to its host: without VFs, set down, and with autoprobe on.
    pub(crate) fn add_to(&self, host: &mut HostFacts) {
        let facts = serde_json::json!({
            "driver": "igb", "totalVfs": 7, "vfCount": 0, "vfDefaultDriver": "igbvf", "vfs": {},
            "properties": { "driversAutoprobe": "on" },
            "netdev": {
                "name": self.title, "mac": "02:00:00:00:00:01", "mtu": 1500, "up": false, "carrier": false,
            },
        });
        host.physical_functions.insert(self.pf.clone(), serde_json::from_value(facts).expect("facts"));
    }

    fn of_device(&self, action: Action) -> Op {
        Op { target: Target::Pf(self.pf.clone()), action }
    }

    fn of_interface(&self, action: Action) -> Op {
        let interface = self.title.parse().expect("an interface's name");
        Op { target: Target::PfInterface(self.pf.clone(), interface), action }
    }

    fn of_function(&self, vf: u16, action: Action) -> Op {
        let function = format!("0000:{:02}:10.{vf}", self.bus).parse().expect("an address");
        Op { target: Target::Function(self.pf.clone(), VfIndex(vf), function), action }
    }

    pub(crate) fn autoprobe(&self, autoprobe: Toggle) -> Op {
        self.of_device(Action::SetDriversAutoprobe(autoprobe))
    }

    pub(crate) fn create(&self, count: u16) -> Op {
        self.of_device(Action::CreateVfs(count))
    }

    pub(crate) fn remove(&self) -> Op {
        self.of_device(Action::RemoveVfs)
    }

    pub(crate) fn admin(&self, state: AdminState) -> Op {
        self.of_interface(Action::SetPfAdminState(state))
    }

    pub(crate) fn mtu(&self, mtu: u32) -> Op {
        self.of_interface(Action::SetPfMtu(Mtu::try_from(mtu).expect("an MTU")))
    }

    pub(crate) fn vlan(&self, vf: u16, vlan: &str) -> Op {
        let value = vfctl_model::VfValue::parse(VfAttribute::Vlan.row().shape, vlan).expect("a VLAN");
        let setting = AttributeValue::new(VfAttribute::Vlan, value).expect("a VLAN");
        let interface = self.title.parse().expect("an interface's name");
        let target = Target::VfThroughPf(self.pf.clone(), interface, VfIndex(vf));
        Op { target, action: Action::SetVfAttribute(setting) }
    }

    pub(crate) fn unbind(&self, vf: u16) -> Op {
        self.of_function(vf, Action::UnbindDriver)
    }

    pub(crate) fn bind(&self, vf: u16, driver: &str) -> Op {
        let driver = driver.parse().expect("a driver");
        self.of_function(vf, Action::BindDriver(Binding { driver, override_after: None }))
    }

    pub(crate) fn probe(&self, vf: u16) -> Op {
        self.of_function(vf, Action::ProbeDriver)
    }

    /// Returns what an op does to a VF whose number no function of the tests has: the function is that of VF 0.
    pub(crate) fn on_any_vf(&self, vf: u16, op: fn(&Self, u16) -> Op) -> Op {
        let Op { target, action } = op(self, 0);
        let Target::Function(pf, _, function) = target else { panic!("an op on a function") };
        Op { target: Target::Function(pf, VfIndex(vf), function), action }
    }

    fn subject(&self, vf: Option<u16>) -> Subject {
        let pf = self.pf.clone();
        let thing = vf.map_or_else(|| Thing::Pf(pf.clone()), |vf| Thing::Vf(pf.clone(), VfIndex(vf)));
        Subject { scope: self.scope(), thing }
    }

    /// Returns the claim that the PF has this property.
    pub(crate) fn is(&self, property: Property, value: ClaimValue) -> Claim {
        Claim::is(self.subject(None), property, value)
    }

    /// Returns the claim that a VF has this property.
    pub(crate) fn vf_is(&self, vf: u16, property: Property, value: ClaimValue) -> Claim {
        Claim::is(self.subject(Some(vf)), property, value)
    }

    /// Returns the claim that there is a carrier.
    pub(crate) fn has_carrier(&self) -> Claim {
        self.is(Property::Carrier, ClaimValue::Flag(true))
    }

    /// Returns the claim that nobody uses a VF.
    pub(crate) fn is_unused(&self, vf: u16) -> Claim {
        self.vf_is(vf, Property::InUse, ClaimValue::Flag(false))
    }

    /// Returns a step of these ops, which ends as the table of actions says.
    pub(crate) fn step(&self, phase: Phase, reason: Reason, ops: &[Op]) -> Step {
        let claim = |op: &Op| {
            let subject = Subject { scope: self.scope(), thing: op.target.thing() };
            op.action.after().map(|expect| Claim { subject, property: op.action.changes(), expect })
        };
        let change = |op: &Op| Change { from: None, to: ChangeValue::Nothing, origin: None, op: op.clone() };
        Step {
            phase,
            property: ops.first().expect("an op").action.changes(),
            reason,
            impact: Impact::None,
            consequence: None,
            victims: Vec::new(),
            changes: ops.iter().map(change).collect(),
            requires: Vec::new(),
            awaits: Vec::new(),
            ends: ops.iter().filter_map(claim).collect(),
            settle_ms: 0,
            details: Vec::new(),
        }
    }
}
