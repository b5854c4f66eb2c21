//! Everything that the kinds look at to compare one PF with what it should be.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{
    DriverName, DriverRow, InterfaceName, PciAddress, Reading, VfAttribute, VfIndex, VfSet, VfValue,
};
use vfctl_port::{
    Action, AdminState, Claim, ClaimValue, InterfaceUse, Op, PfFacts, Property, Subject, Target, Thing,
    VfFacts,
};

use crate::fate::{Life, VfFate};
use crate::finding::Findings;
use crate::holder::Holder;
use crate::lane::HostContext;
use crate::obstacle::{Obstacle, no_interface};
use crate::path::Origin;
use crate::step::{Step, Victim};
use crate::{DesiredPf, DesiredVf, binding};

/// One PF as it is and as it should be.
#[derive(Clone)]
pub struct PfContext<'a> {
    /// The host that it is in.
    pub(crate) host: &'a HostContext<'a>,
    /// The PF as it is.
    pub(crate) facts: &'a PfFacts,
    /// The PF as it should be.
    pub(crate) desired: &'a DesiredPf,
    /// What is known of its driver.
    pub(crate) row: &'static DriverRow,
    /// How many VFs there will be.
    pub(crate) count: u16,
    /// Whether all VFs will be new.
    pub(crate) renews_vfs: bool,
    /// Whether no driver may take new VFs until they are configured.
    pub(crate) withholds_drivers: bool,
    /// What becomes of each VF that there will be, by its number.
    fates: Vec<VfFate>,
    /// What restores what an apply that was cut off had changed of the PF (`None`) and of its VFs.
    owed: BTreeMap<(Option<VfIndex>, Property), &'a Action>,
}

/// What the kinds find for one PF.
#[derive(Debug, Clone, Default)]
pub struct PfDiff {
    /// The steps, in no order yet.
    pub(crate) steps: Vec<Step>,
    /// What is true at the end, steps or not.
    pub(crate) goal: Vec<Claim>,
    /// What the diff rests on now.
    pub(crate) basis: Vec<Claim>,
    /// What of it is so already, and is to stay so.
    pub(crate) satisfied: Vec<Claim>,
    /// What VFs that are made anew begin with, as far as the diff rests on it.
    pub(crate) initial: Vec<Claim>,
    /// What else there is to say.
    pub(crate) findings: Findings,
    /// The drivers that VFs are given by name, or that the kernel is to choose for them.
    pub(crate) drivers: BTreeSet<DriverName>,
}

impl<'a> PfContext<'a> {
    /// Returns the context of a PF.
    pub(crate) fn new(host: &'a HostContext<'a>, facts: &'a PfFacts, desired: &'a DesiredPf) -> Self {
        let count = desired.count.as_ref().map_or(facts.vf_count, |wanted| wanted.value.count);
        let mut context = Self {
            host,
            facts,
            desired,
            row: facts.row(),
            count,
            renews_vfs: count != facts.vf_count,
            withholds_drivers: false,
            fates: Vec::new(),
            owed: BTreeMap::new(),
        };
        let owed = host.host.record.owed.iter().filter(|op| op.target.pf() == Some(&desired.address));
        context.owed = owed.map(|op| ((op.target.vf(), op.action.changes()), &op.action)).collect();
        context.withholds_drivers = binding::must_withhold_drivers(&context);
        context.fates = (0..count).map(|index| binding::fate(&context, VfIndex(index))).collect();
        context
    }

    /// Returns what restores a property of the PF that an apply which was cut off had changed for a while.
    pub(crate) fn owed(&self, property: Property) -> Option<&'a Action> {
        self.owed.get(&(None, property)).copied()
    }

    /// Returns what restores a property of a VF that stays and that an apply which was cut off had changed for a while.
    pub(crate) fn owed_to_vf(&self, index: VfIndex, property: Property) -> Option<&'a Action> {
        self.owed.get(&(Some(index), property)).copied().filter(|_| self.kept_vf(index).is_some())
    }

    /// Returns what becomes of each VF that there will be.
    pub(crate) fn fates(&self) -> impl Iterator<Item = (VfIndex, &VfFate)> {
        (0..).map(VfIndex).zip(&self.fates)
    }

    /// Returns what becomes of a VF; `None` where there will be no such VF.
    pub(crate) fn fate(&self, index: VfIndex) -> Option<&VfFate> {
        self.fates.get(usize::from(index.0))
    }

    /// Returns whether a VF is there before and after.
    pub(crate) fn life(&self, index: VfIndex) -> Life {
        match self.kept_vf(index) {
            None => Life::New,
            Some(vf) if vf.is_in_other_namespace() || vf.is_the_cnis() => Life::LeftAlone,
            Some(_) => Life::Kept,
        }
    }

    /// Returns what is wanted of the VFs that there will be.
    pub(crate) fn wanted_vfs(&self) -> impl Iterator<Item = (VfIndex, &'a DesiredVf)> {
        self.desired.vfs.range(..VfIndex(self.count)).map(|(index, vf)| (*index, vf))
    }

    /// Returns the subject of claims on the PF.
    pub(crate) fn pf(&self) -> Subject {
        self.host.subject(Thing::Pf(self.desired.address.clone()))
    }

    /// Returns the subject of claims on a VF.
    pub(crate) fn vf(&self, index: VfIndex) -> Subject {
        self.host.subject(Thing::Vf(self.desired.address.clone(), index))
    }

    /// Returns an op on the PF's device.
    pub(crate) fn op(&self, action: Action) -> Op {
        Op { target: Target::Pf(self.desired.address.clone()), action }
    }

    /// Returns an op on a VF's function.
    pub(crate) fn op_on_function(&self, index: VfIndex, function: PciAddress, action: Action) -> Op {
        Op { target: Target::Function(self.desired.address.clone(), index, function), action }
    }

    /// Returns the name of the PF's interface.
    pub(crate) fn interface(&self) -> Option<&'a InterfaceName> {
        self.facts.netdev.as_ref().map(|netdev| &netdev.name)
    }

    /// Returns the value of an attribute that a VF which stays has, as far as it is known.
    pub(crate) fn known(&self, index: VfIndex, attribute: VfAttribute) -> Option<VfValue> {
        match self.facts.attribute(self.kept_vf(index)?, attribute) {
            Reading::Known(value) => Some(value),
            Reading::Unsupported | Reading::Unreadable(_) => None,
        }
    }

    /// Returns the VF as it is; `None` where it will be made anew or never was.
    pub(crate) fn kept_vf(&self, index: VfIndex) -> Option<&'a VfFacts> {
        if self.renews_vfs { None } else { self.facts.vfs.get(&index) }
    }

    /// Reports that the PF has no interface that could be worked with, and why. `asked` is what only an interface can have.
    pub(crate) fn report_no_interface(&self, origin: &Origin, asked: &str, findings: &mut Findings) {
        let Obstacle { cause, fix } = no_interface(self.facts, asked);
        findings.problem(Some(origin), cause, fix);
    }

    /// Returns the PCI address that the VF has or will have. Of one that stays it is what was read: an op on its function
    /// rests on that.
    pub(crate) fn vf_address(&self, index: VfIndex) -> Option<PciAddress> {
        if !self.renews_vfs {
            return self.facts.vfs.get(&index)?.pci;
        }
        self.facts.vf_address(self.desired.address.pci(), index)
    }

    /// Claims the PCI address of a VF that stays: an op on its function rests on it.
    pub(crate) fn claim_address(&self, index: VfIndex, diff: &mut PfDiff) {
        if let Some(address) = self.kept_vf(index).and_then(|vf| vf.pci) {
            let value = ClaimValue::Name(address.to_string());
            diff.basis.push(Claim::is(self.vf(index), Property::Address, value));
        }
    }

    /// Returns the users of these VFs, whose traffic pauses, as victims.
    pub(crate) fn victims(&self, vfs: impl Iterator<Item = VfIndex>) -> Vec<Victim> {
        self.users(vfs, false)
    }

    /// Returns the users of these VFs, which leave their driver or the bus, as victims.
    pub(crate) fn victims_of_leaving(&self, vfs: impl Iterator<Item = VfIndex>) -> Vec<Victim> {
        self.users(vfs, true)
    }

    fn users(&self, vfs: impl Iterator<Item = VfIndex>, leaves: bool) -> Vec<Victim> {
        vfs.filter_map(|index| Some((index, self.facts.vfs.get(&index)?)))
            .flat_map(|(index, vf)| vf.uses.iter().map(move |user| Victim::of_vf(index, user, leaves)))
            .collect()
    }

    /// Has a step, after which drivers meet new VFs, wait until the PF is out of its reset: a driver that meets its VF before
    /// makes up a MAC address of its own (igbvf_probe, drivers/net/ethernet/intel/igbvf/netdev.c). A port that the plan sets
    /// up may have no cable.
    pub(crate) fn await_carrier(&self, step: &mut Step) {
        step.settle_ms = 15_000;
        let is_reset = self.renews_vfs && self.row.count_flaps_link;
        let Some(netdev) = self.facts.netdev.as_ref().filter(|_| is_reset) else { return };
        let asked_up = self.desired.admin_state.as_ref().is_some_and(|asked| asked.value == AdminState::Up);
        let carrier = Claim::is(self.pf(), Property::Carrier, ClaimValue::Flag(true));
        if netdev.up && netdev.carrier {
            step.requires.push(carrier);
        } else if netdev.up || asked_up || self.row.up_before_vfs {
            step.awaits.push(carrier);
        }
    }

    /// Adds the users of the PF's own interface to a step that disrupts them. Where it has none, none may come to it by
    /// the time of the step: nobody has agreed to disrupt them. A port that the plan itself sets up may get some.
    pub(crate) fn disrupt_pf(&self, step: &mut Step) {
        let victims = self.pf_victims();
        if victims.is_empty() && self.facts.netdev.as_ref().is_some_and(|netdev| netdev.up) {
            step.requires.push(Claim::is(self.pf(), Property::InUse, ClaimValue::Flag(false)));
        }
        step.victims.extend(victims);
    }

    /// Adds the users of VFs that stay, who lose their link with the PF.
    pub(crate) fn disrupt_kept_vfs(&self, step: &mut Step) {
        if !self.renews_vfs {
            let kept: VfSet = self.facts.vfs.keys().copied().collect();
            step.victims.extend(self.victims(kept.iter()));
            step.requires.extend(self.use_claims_of_kept(&kept));
        }
    }

    /// Returns the users of the PF's own interface as victims. One that cannot be seen, in another network namespace
    /// or with netlink unreadable, is perhaps in use.
    fn pf_victims(&self) -> Vec<Victim> {
        if self.facts.hides_netdev() {
            let why = "the PF's interface cannot be seen from here".to_owned();
            let user = format!("possibly in use: {why}");
            return vec![Victim {
                vf: None,
                user,
                holder: Holder::Unknown { why },
                perhaps: true,
                blocks: false,
            }];
        }
        let users = self.host.host.users_of(self.facts).into_iter();
        let victim = |user: InterfaceUse| Victim {
            vf: None,
            user: user.to_string(),
            holder: Holder::from(&user),
            perhaps: false,
            blocks: false,
        };
        users.map(victim).collect()
    }

    /// Returns the claims that nobody, or somebody, uses these VFs, as the facts say: for steps in which they leave
    /// their driver or the bus.
    pub(crate) fn use_claims(&self, vfs: &VfSet) -> Vec<Claim> {
        let mut claims = Vec::new();
        for (index, vf) in vfs.iter().filter_map(|index| Some((index, self.facts.vfs.get(&index)?))) {
            let in_use = !vf.uses.is_empty();
            claims.push(Claim::is(self.vf(index), Property::InUse, ClaimValue::Flag(in_use)));
            // Whoever agreed to disrupt one user has not agreed to disrupt the pod that the VF went to meanwhile.
            if in_use {
                let elsewhere = ClaimValue::Flag(vf.is_in_other_namespace());
                claims.push(Claim::is(self.vf(index), Property::ElsewhereNetns, elsewhere));
            }
        }
        claims
    }

    /// Returns the same for steps that leave the VFs where they are. One that meets a driver anew in this plan has
    /// lost its users by consent by then, or has gained some, such as a DHCP client on its new interface.
    pub(crate) fn use_claims_of_kept(&self, vfs: &VfSet) -> Vec<Claim> {
        if self.renews_vfs { Vec::new() } else { self.use_claims(&self.keeping_driver(vfs)) }
    }

    /// Returns those of these VFs whose driver stays: whose goes is named and claimed where that is done.
    pub(crate) fn keeping_driver(&self, vfs: &VfSet) -> VfSet {
        vfs.iter().filter(|index| !self.fate(*index).is_some_and(VfFate::leaves_driver)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_model::{AttributeValue, VfAttribute, VfValue};
    use vfctl_port::Phase;

    use crate::sample::{self, Sample};

    #[test]
    fn drivers_meet_new_vfs_with_the_carrier_of_before_or_as_soon_as_one_comes() {
        for (netdev, expected) in [
            (json!({"up": true, "carrier": true}), (1, 0)),
            (json!({"up": true, "carrier": false}), (0, 1)),
            // Nobody sets it up.
            (json!({"up": false, "carrier": false}), (0, 0)),
        ] {
            let mut host = sample::host();
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            (pf["vfCount"], pf["vfs"]) = (json!(0), json!({}));
            pf["netdev"] = json!({"name": "eth0", "mac": "02:00:00:00:00:01", "mtu": 1500});
            pf["netdev"]["up"] = netdev["up"].clone();
            pf["netdev"]["carrier"] = netdev["carrier"].clone();
            let mac = VfValue::Mac("02:00:00:00:00:21".parse().expect("an address"));
            let attribute = AttributeValue::new(VfAttribute::MacAddress, mac);
            let diff = sample::diff(host, Sample { count: Some(4), attribute, ..Sample::default() });
            let step = diff.steps.iter().find(|step| step.phase == Phase::AllowDrivers).expect("a step");
            assert_eq!((step.requires.len(), step.awaits.len()), expected, "{netdev}");
        }
    }

    #[test]
    fn interface_that_cannot_be_seen_is_perhaps_in_use_where_the_driver_has_one() {
        let victims = |driver: &str| {
            let mut host = sample::host();
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            pf["driver"] = json!(driver);
            pf["vfCount"] = json!(0);
            pf["vfs"] = json!({});
            let diff = sample::diff(host, Sample { count: Some(4), ..Sample::default() });
            let all: Vec<_> = diff.steps.into_iter().flat_map(|step| step.victims).collect();
            all.iter().map(|victim| victim.perhaps).collect::<Vec<_>>()
        };
        assert_eq!(victims("igb"), [true]);
        assert_eq!(victims("nvme"), [false; 0]);
        // Whose link stays as it is when the count changes.
        assert_eq!(victims("ice"), [false; 0]);
    }
}
