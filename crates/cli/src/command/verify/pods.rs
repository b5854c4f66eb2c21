//! Verifies by pods: which are started in which order, and what is compared of each.

use std::collections::BTreeSet;

use vfctl_kinds::network::NetworkSpec;
use vfctl_kinds::probe::{
    Holding, Inside, ProbeHost, ProbePod, ProbeRow, ProbedVf, Script, TestNetwork, Tried, attached_networks,
    interface_of, rows_of_holdings, rows_of_network, rows_of_traffic, stranger_of, waves,
};
use vfctl_model::{NamespaceName, ObjectKind};
use vfctl_port::{ClusterFacts, HostFacts, ObjectFacts, What};

use super::document::Verification;
use super::error::VerifyError;
use super::prober::{Prober, Trial};
use super::spec::WantedOfHost;
use crate::machine::{Machine, READ_LIMIT};

/// How often a pod tries until the first reply, a second each.
const TRIES: u32 = 10;

/// Verifies by pods.
pub(super) struct PodCheck<'a> {
    pub(super) machine: &'a Machine<'a>,
    pub(super) networks: &'a [&'a NetworkSpec],
    pub(super) namespace: Option<&'a NamespaceName>,
    pub(super) wanted: &'a WantedOfHost,
    /// The cluster before any of the pods.
    pub(super) cluster: &'a ClusterFacts,
    pub(super) test: TestNetwork,
    pub(super) prober: Prober<'a>,
    pub(super) report: &'a mut Verification,
    /// How many pods were made so far.
    pub(super) made: usize,
}

impl PodCheck<'_> {
    /// Starts a pod of each group, and compares what it is given.
    pub(super) fn look(&mut self, groups: &[Vec<&NetworkSpec>]) -> Result<(), VerifyError> {
        for wave in waves(groups) {
            if self.machine.clock.interrupted() {
                break;
            }
            let pods: Vec<ProbePod> =
                wave.iter().map(|group| self.pod(group, script(group))).collect::<Result<_, _>>()?;
            let trials = self.prober.run(pods);
            self.compare(&trials);
            self.clear();
        }
        Ok(())
    }

    /// Starts two pods of a network and one of another VLAN, and compares who reaches whom. Where that one is silent, a second of its
    /// VLAN shows whether it can be reached at all.
    pub(super) fn traffic(&mut self, network: &NetworkSpec) -> Result<(), VerifyError> {
        let (interface, test) = ("net1".to_owned(), self.test);
        let with_test = |host: u8, targets: Vec<(String, String)>| Script {
            interfaces: vec![interface.clone()],
            test: Some((interface.clone(), test.address(host))),
            targets,
            tries: TRIES,
        };
        let first = self.pod(&[network], with_test(1, Vec::new()))?;
        let first = self.prober.run(vec![first]);
        self.compare(&first);
        let Some(Trial { pod: answering, outcome: Ok((_, answers)), .. }) = first.first() else {
            let why = "the pod that should answer did not start";
            let subject = format!("traffic {}", network.name);
            self.report.rows.push(ProbeRow::not_compared(&subject, "two pods", "reached", why));
            self.clear();
            return Ok(());
        };
        let address = answers.link(&interface).and_then(|link| link.addresses.first());
        let address = address.map(|address| address.address().to_string());
        let by_test = || ("test".to_owned(), test.address(1));
        let by_ipam = address.clone().map(|address| ("ipam".to_owned(), address));
        let stranger = stranger_of(network, self.networks);
        let mut targets = vec![by_test()];
        targets.extend(by_ipam);
        let mut pods = vec![self.pod(&[network], with_test(2, targets))?];
        if let Some(stranger) = stranger {
            pods.push(self.pod(&[stranger], with_test(3, vec![by_test()]))?);
        }
        let trials = self.prober.run(pods);
        let all: Vec<&Trial> = first.iter().chain(&trials).collect();
        self.compare_all(&trials, &all);
        if let Some(partner) = trials.first() {
            self.rows_of_partner(network, partner, answering, address.as_deref());
        }
        match (stranger, trials.get(1)) {
            (Some(stranger), Some(trial)) => {
                let control = with_test(4, vec![("test".to_owned(), test.address(3))]);
                let unproven = match trials.first().filter(|partner| has_reached(partner)) {
                    Some(_) => self.unproven(stranger, trial, control)?,
                    None => Some(format!("no pod reached {}", answering.name())),
                };
                self.rows_of_stranger(network, stranger, trial, answering, unproven);
            }
            _ => self.report.notes.push(format!(
                "isolation of {} not tested: the specs have no network in another VLAN",
                network.name
            )),
        }
        self.clear();
        Ok(())
    }

    fn rows_of_partner(
        &mut self,
        network: &NetworkSpec,
        partner: &Trial,
        answering: &ProbePod,
        address: Option<&str>,
    ) {
        let subject = format!("traffic {}", network.name);
        let who = format!("{} to {}", partner.report.pod, answering.name());
        let mut attempts = vec![(format!("{who} over the VFs"), "test".to_owned())];
        let own = partner.outcome.as_ref().ok().and_then(|(_, inside)| inside.link("net1"));
        let has_same = |address: &str| {
            own.is_some_and(|link| link.addresses.iter().any(|own| own.address().to_string() == address))
        };
        match address {
            Some(address) if has_same(address) => {
                let why = format!("both pods have {address}");
                self.report.rows.push(ProbeRow::not_compared(&subject, "by IPAM address", "reached", why));
            }
            Some(address) => attempts.push((format!("{who} at {address}"), "ipam".to_owned())),
            None => {}
        }
        let tried = Tried {
            subject,
            is_to_reach: true,
            unproven: None,
            found: inside_of(partner),
            attempts,
            interface: "net1".to_owned(),
        };
        self.report.rows.extend(rows_of_traffic(&tried));
    }

    /// Starts a second pod of another VLAN where the first was silent, and says why that silence shows nothing; `None` where the second
    /// reaches the first.
    fn unproven(
        &mut self,
        stranger: &NetworkSpec,
        silent: &Trial,
        control: Script,
    ) -> Result<Option<String>, VerifyError> {
        if silent.outcome.is_err() || has_reached(silent) {
            return Ok(None);
        }
        if self.machine.clock.interrupted() {
            return Ok(Some("interrupted".to_owned()));
        }
        let control = self.pod(&[stranger], control)?;
        let controls = self.prober.run(vec![control]);
        // It only tries; what its network gives was compared of the first.
        self.report.pods.extend(controls.iter().map(|control| control.report.clone()));
        let silent = &silent.report.pod;
        Ok(match controls.first() {
            Some(control) if has_reached(control) => None,
            Some(Trial { report, outcome: Err(why), .. }) => {
                Some(format!("{}, which should reach {silent}, did not start: {why}", report.pod))
            }
            _ => Some(format!("{silent} was not reached in its own VLAN either")),
        })
    }

    fn rows_of_stranger(
        &mut self,
        network: &NetworkSpec,
        stranger: &NetworkSpec,
        trial: &Trial,
        answering: &ProbePod,
        unproven: Option<String>,
    ) {
        let who = format!("{} of {} to {}", trial.report.pod, stranger.name, answering.name());
        let tried = Tried {
            subject: format!("traffic {}", network.name),
            is_to_reach: false,
            unproven,
            found: inside_of(trial),
            attempts: vec![(who, "test".to_owned())],
            interface: "net1".to_owned(),
        };
        self.report.rows.extend(rows_of_traffic(&tried));
    }

    fn pod(&mut self, networks: &[&NetworkSpec], script: Script) -> Result<ProbePod, VerifyError> {
        self.made += 1;
        ProbePod::new(networks, self.namespace, self.made, &self.prober.place, &script).map_err(|cause| {
            let networks = networks.iter().map(|network| network.name.as_str()).collect::<Vec<_>>().join(",");
            VerifyError::Stanza { networks, cause }
        })
    }

    /// Compares pods that run side by side with nobody else of this run.
    fn compare(&mut self, trials: &[Trial]) {
        let all: Vec<&Trial> = trials.iter().collect();
        self.compare_all(trials, &all);
    }

    /// Compares pods with what their networks ask for, and their addresses with those of all pods.
    fn compare_all(&mut self, trials: &[Trial], all: &[&Trial]) {
        let is_here = |facts: &ObjectFacts| self.place_of(facts).is_ok();
        let host = trials.iter().any(|trial| trial.outcome.as_ref().is_ok_and(|(facts, _)| is_here(facts)));
        let host = if host { self.host_now() } else { Err("no pod is on this host".to_owned()) };
        let holdings = self.holdings(all);
        let unread = self.cluster.unread.get(&ObjectKind::Pod).map(String::as_str);
        for trial in trials {
            self.report.pods.push(trial.report.clone());
            match &trial.outcome {
                Err(why) => {
                    for network in &trial.pod.networks {
                        let subject = format!("{} {}", trial.report.pod, network.name);
                        self.report.rows.push(ProbeRow::not_compared(
                            &subject,
                            "pod",
                            "running",
                            why.clone(),
                        ));
                    }
                }
                Ok((facts, inside)) => {
                    let rows = self.rows_of(trial, facts, inside, host.as_ref());
                    self.report.rows.extend(rows);
                    let conflicts = rows_of_holdings(&trial.report.pod, &holdings, self.networks, unread);
                    self.report.rows.extend(conflicts);
                }
            }
        }
    }

    fn rows_of(
        &self,
        trial: &Trial,
        facts: &ObjectFacts,
        inside: &Inside,
        host: Result<&HostFacts, &String>,
    ) -> Vec<ProbeRow> {
        let attached = attached_networks(facts);
        let place = self.place_of(facts);
        let mut rows = Vec::new();
        for network in &trial.pod.networks {
            let interface = interface_of(&trial.pod.networks, &network.name);
            let host = match (&place, host) {
                (Ok(()), Ok(host)) => {
                    Ok(ProbeHost { facts: host, pfs: &self.wanted.pfs, pools: self.wanted.pools.as_ref() })
                }
                (Err(why), _) => Err(why.as_str()),
                (Ok(()), Err(why)) => Err(why.as_str()),
            };
            let probed = ProbedVf {
                pod: &trial.report.pod,
                network,
                interface: &interface,
                attached: attached.iter().find(|attached| attached.interface == interface),
                inside,
                host,
            };
            rows.extend(rows_of_network(&probed));
        }
        rows
    }

    /// Returns nothing where a pod is on this host, or else where it has to be looked.
    fn place_of(&self, pod: &ObjectFacts) -> Result<(), String> {
        let here = self.cluster.node_of(&self.machine.name).map(|(name, _)| name.as_str());
        match pod.node_name() {
            Some(node) if Some(node) == here => Ok(()),
            Some(node) => Err(format!("run on {node}")),
            None => Err("the pod has no node".to_owned()),
        }
    }

    fn host_now(&self) -> Result<HostFacts, String> {
        let scope = self.machine.scope();
        match self.machine.observe.observe(&scope, &What::Whole, READ_LIMIT) {
            Ok(vfctl_port::Observed::Host(host)) => Ok(*host),
            Ok(_) => Err("the host did not say what it is".to_owned()),
            Err(error) => Err(vfctl_port::with_causes(&error)),
        }
    }

    /// Returns who has which address: the pods of this run, and those that were there before.
    fn holdings(&self, trials: &[&Trial]) -> BTreeSet<Holding> {
        let mut holdings = BTreeSet::new();
        for (pod, facts) in self.cluster.of_kind(ObjectKind::Pod) {
            if self.report.removed.contains(&pod.to_string()) {
                continue;
            }
            let namespace = pod.namespace().map(ToString::to_string).unwrap_or_default();
            holdings.extend(holdings_of(&format!("{namespace}/{}", pod.name()), facts));
        }
        for trial in trials {
            if let Ok((facts, _)) = &trial.outcome {
                holdings.extend(holdings_of(&trial.report.pod, facts));
            }
        }
        holdings
    }

    /// Removes the pods so that the next have their VFs.
    fn clear(&mut self) {
        let left = self.prober.remove();
        self.report.left_behind.extend(left);
    }
}

/// Returns whether a pod had a reply.
fn has_reached(trial: &Trial) -> bool {
    inside_of(trial).is_ok_and(|inside| inside.pings.values().any(|ping| ping.received > 0))
}

fn inside_of(trial: &Trial) -> Result<&Inside, String> {
    trial.outcome.as_ref().map(|(_, inside)| inside).map_err(Clone::clone)
}

fn script(group: &[&NetworkSpec]) -> Script {
    let networks: Vec<NetworkSpec> = group.iter().map(|network| (*network).clone()).collect();
    let interfaces = networks.iter().map(|network| interface_of(&networks, &network.name)).collect();
    Script { interfaces, ..Script::default() }
}

fn holdings_of(pod: &str, facts: &ObjectFacts) -> Vec<Holding> {
    let of_network = |attached: vfctl_kinds::probe::AttachedNetwork| {
        let network = attached.name.rsplit('/').next().unwrap_or_default().to_owned();
        let holding =
            move |address: String| Holding { pod: pod.to_owned(), network: network.clone(), address };
        attached.addresses.into_iter().map(holding)
    };
    let is_over = facts.content.at(&["status", "phase"]).and_then(vfctl_model::JsonValue::text);
    if matches!(is_over, Some("Succeeded" | "Failed")) {
        return Vec::new();
    }
    attached_networks(facts)
        .into_iter()
        .filter(|attached| attached.interface != "eth0")
        .flat_map(of_network)
        .collect()
}
