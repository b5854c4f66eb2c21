//! Everything that the kinds look at to compare one PF with what it should be.

use vfctl_model::{InterfaceName, PciAddress, VfIndex, VfSet};
use vfctl_port::{Claim, ClaimValue, HostFacts, PfFacts, Property, Subject, VfFacts};

use crate::desired::{DesiredPf, Origin};
use crate::driver::DriverRow;
use crate::finding::Findings;
use crate::step::{Step, Victim};
use crate::{binding, pf};

/// The default MTU of Ethernet in bytes (IEEE 802.3; `ETH_DATA_LEN`).
pub(crate) const ETHERNET_MTU: u32 = 1500;

/// One PF as it is and as it should be.
#[derive(Debug, Clone, Copy)]
pub struct PfContext<'a> {
    /// The host that it is in.
    pub host: &'a HostFacts,
    /// The PF as it is.
    pub facts: &'a PfFacts,
    /// The PF as it should be.
    pub desired: &'a DesiredPf,
    /// What is known of its driver.
    pub row: &'static DriverRow,
    /// How many VFs there will be.
    pub count: u16,
    /// Whether all VFs will be new.
    pub recreate: bool,
    /// Whether new VFs must wait for their driver; asked for every VF, so found out once.
    pub(crate) holds_new_vfs: bool,
}

/// What the kinds find for one PF.
#[derive(Debug, Clone, Default)]
pub struct PfDiff {
    /// The steps, in no order yet.
    pub steps: Vec<Step>,
    /// What is true at the end, steps or not.
    pub goal: Vec<Claim>,
    /// What the diff rests on now.
    pub basis: Vec<Claim>,
    /// What VFs that are made anew begin with, as far as the diff rests on it.
    pub initial: Vec<Claim>,
    /// What else there is to say.
    pub findings: Findings,
}

impl<'a> PfContext<'a> {
    /// Returns the context of a PF, with the count that the spec and the device together give.
    pub fn new(host: &'a HostFacts, facts: &'a PfFacts, desired: &'a DesiredPf) -> Self {
        let row = DriverRow::of(facts.driver.as_ref());
        let count = pf::wanted_count(facts, desired).unwrap_or(facts.vf_count);
        let recreate = count != facts.vf_count;
        let context = Self { host, facts, desired, row, count, recreate, holds_new_vfs: false };
        Self { holds_new_vfs: binding::must_hold_new_vfs(&context), ..context }
    }

    /// Returns the subject of claims on the PF.
    pub(crate) fn pf(&self) -> Subject {
        Subject::Pf(self.desired.address.clone())
    }

    /// Returns the subject of claims on a VF.
    pub(crate) fn vf(&self, index: VfIndex) -> Subject {
        Subject::Vf(self.desired.address.clone(), index)
    }

    /// Returns the name of the PF's interface.
    pub(crate) fn interface(&self) -> Option<&'a InterfaceName> {
        self.facts.netdev.as_ref().map(|netdev| &netdev.name)
    }

    /// Returns the VF as it is; `None` where it will be made anew or never was.
    pub(crate) fn kept_vf(&self, index: VfIndex) -> Option<&'a VfFacts> {
        if self.recreate { None } else { self.facts.vfs.get(&index) }
    }

    /// Reports that the PF has no interface that could be worked with: it is no network card, or the interface is in
    /// another network namespace. `asked` is what only an interface can have.
    pub(crate) fn tell_of_no_interface(&self, origin: &Origin, asked: &str, findings: &mut Findings) {
        let (message, fix) = if self.facts.driver.is_some() && self.row.has_interface {
            let fix = "run vfctl in the network namespace where it is: `ip netns exec NAME vfctl …`, a container with \
                       the host's network";
            ("the PF's network interface cannot be seen from here", fix.to_owned())
        } else {
            let fix = format!("take {asked} out, or bind the PF to its network driver");
            ("the PF has no network interface", fix)
        };
        findings.problem(Some(origin), message, fix);
    }

    /// Returns the PCI address that the VF has or will have.
    pub(crate) fn vf_address(&self, index: VfIndex) -> Option<PciAddress> {
        self.facts.vf_address(self.desired.address.pci(), index)
    }

    /// Returns whether a kept VF is somebody else's now: its interface is in another network namespace.
    pub(crate) fn is_lent_out(&self, index: VfIndex) -> bool {
        self.kept_vf(index).is_some_and(VfFacts::is_lent)
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

    /// Adds the users of the PF's own interface to a step that hurts them. Where it has none, none may come to it by the
    /// time of the step: nobody has agreed to hurt them. A port that the plan itself sets up may get some.
    pub(crate) fn hurt_pf(&self, step: &mut Step) {
        let victims = self.pf_victims();
        if victims.is_empty() && self.facts.netdev.as_ref().is_some_and(|netdev| netdev.up) {
            step.requires.push(Claim::is(self.pf(), Property::InUse, ClaimValue::Flag(false)));
        }
        step.victims.extend(victims);
    }

    /// Returns the users of the PF's own interface as victims. One that cannot be seen, in another network namespace
    /// or with netlink unreadable, is perhaps in use.
    fn pf_victims(&self) -> Vec<Victim> {
        if self.facts.netdev.is_none() && self.facts.driver.is_some() && self.row.has_interface {
            let user = "possibly in use: the PF's interface cannot be seen from here".to_owned();
            return vec![Victim { vf: None, user, perhaps: true, blocks: false }];
        }
        let users = self.host.users_of(self.facts).into_iter();
        users.map(|user| Victim { vf: None, user, perhaps: false, blocks: false }).collect()
    }

    /// Returns the claims that nobody, or somebody, uses these VFs, as the facts say: for steps in which they leave
    /// their driver or the bus.
    pub(crate) fn use_claims(&self, vfs: &VfSet) -> Vec<Claim> {
        let mut claims = Vec::new();
        for (index, vf) in vfs.iter().filter_map(|index| Some((index, self.facts.vfs.get(&index)?))) {
            let in_use = !vf.uses.is_empty();
            claims.push(Claim::is(self.vf(index), Property::InUse, ClaimValue::Flag(in_use)));
            // Whoever agreed to hurt one user has not agreed to hurt the pod that the VF went to meanwhile.
            if in_use {
                let lent = ClaimValue::Flag(vf.is_lent());
                claims.push(Claim::is(self.vf(index), Property::Lent, lent));
            }
        }
        claims
    }

    /// Returns the same for steps that leave the VFs where they are. One that meets a driver anew in this plan has
    /// lost its users by consent by then, or has gained some, such as a DHCP client on its new interface.
    pub(crate) fn use_claims_of_kept(&self, vfs: &VfSet) -> Vec<Claim> {
        if self.recreate {
            return Vec::new();
        }
        let stays = |index: &VfIndex| !binding::leaves(self, *index);
        self.use_claims(&vfs.iter().filter(stays).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::sample::{self, Wish};

    #[test]
    fn interface_that_cannot_be_seen_is_perhaps_in_use_where_the_driver_has_one() {
        let victims = |driver: &str| {
            let mut host = sample::host();
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            pf["driver"] = json!(driver);
            pf["vfCount"] = json!(0);
            pf["vfs"] = json!({});
            let diff = sample::diff(host, Wish { count: Some(4), ..Wish::default() });
            let all: Vec<_> = diff.steps.into_iter().flat_map(|step| step.victims).collect();
            all.iter().map(|victim| victim.perhaps).collect::<Vec<_>>()
        };
        assert_eq!(victims("igb"), [true]);
        assert_eq!(victims("nvme"), [false; 0]);
        // Whose link stays as it is when the count changes.
        assert_eq!(victims("ice"), [false; 0]);
    }
}
