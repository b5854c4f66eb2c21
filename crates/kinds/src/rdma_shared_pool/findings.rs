//! What the facts of a host say of the pools: ports that the plugin cannot take, and what is good to know.

use std::collections::BTreeMap;

use vfctl_model::DeviceAddress;
use vfctl_port::NoInterface;

use super::render::{PLUGIN, PlacedPool, Port, placed_pools};
use crate::DesiredPf;
use crate::finding::Findings;
use crate::lane::HostContext;

/// Adds what is to be said of the pools of a host.
pub(super) fn add(
    context: &HostContext<'_>,
    pfs: &BTreeMap<DeviceAddress, DesiredPf>,
    findings: &mut Findings,
) {
    let pools = placed_pools(context.documents);
    let mut document = None;
    for placed in &pools {
        let name = placed.document.config.metadata.name.as_str();
        // Once for each document; its pools stand together.
        if document.replace(name) != Some(name) {
            let message = format!(
                "the configuration of {PLUGIN} is not written in this version: `vfctl pools` prints it"
            );
            findings.note(Some(&placed.origin()), message);
        }
        add_of_pool(context, pfs, placed, findings);
    }
}

fn add_of_pool(
    context: &HostContext<'_>,
    pfs: &BTreeMap<DeviceAddress, DesiredPf>,
    placed: &PlacedPool<'_>,
    findings: &mut Findings,
) {
    if placed.pool.from.is_empty() {
        return;
    }
    let ports = placed.ports(context, pfs);
    if ports.is_empty() {
        let message = format!("{} is left out on this host: it has no port of it", placed.pool.resource);
        findings.note(Some(&placed.origin()), message);
    }
    for port in &ports {
        if let Some((why, help)) = unfit(port) {
            findings.problem(Some(&port.origin), format!("`{}`: {why}", port.name), help);
            continue;
        }
        add_other_name(placed, port, findings);
        add_rdma(context, placed, port, findings);
        add_exclusive(placed, port, findings);
    }
}

/// Returns why the plugin cannot take a port, and what to do; `None` where it can.
fn unfit(port: &Port<'_>) -> Option<(String, &'static str)> {
    if port.device.pci().is_none() {
        let why = format!("{} is no PCI device, and {PLUGIN} takes none but those", port.device);
        return Some((why, "remove it from the pool"));
    }
    let why = match port.facts.no_interface()? {
        NoInterface::NoDriver => "it has no driver, and so no interface",
        NoInterface::UserSpace => {
            "its driver hands it to user space, so that it has no interface and no RDMA device"
        }
        NoInterface::NoNetworkCard => "it is no network card",
        NoInterface::OnlyWithVfs => "it has an interface only with VFs, whose name is not known yet",
        NoInterface::NotEthernet => {
            let why = "its interface is InfiniBand's, whose name is not read in this version";
            return Some((why.to_owned(), "write `selectors` with `ifNames` instead, such as `ib0`"));
        }
        NoInterface::Hidden => "its interface could not be read, or is in another network namespace",
    };
    Some((
        format!("{why}, and {PLUGIN} knows a port by its interface"),
        "remove it from the pool, or give it a driver of the kernel",
    ))
}

/// Notes that the plugin knows a port by another of its interfaces: it takes the first by name (`NewPciNetDevice`,
/// pkg/resources/pci_net_device.go).
fn add_other_name(placed: &PlacedPool<'_>, port: &Port<'_>, findings: &mut Findings) {
    let Some(netdev) = &port.facts.netdev else { return };
    if let Some(first) = port.facts.other_interfaces.first().filter(|first| **first < netdev.name) {
        let message = format!(
            "{PLUGIN} knows `{}` by the first name of its interfaces, {first} and not {}: {} does not have it",
            port.name, netdev.name, placed.pool.resource
        );
        findings.note(Some(&port.origin), message);
    }
}

fn add_rdma(context: &HostContext<'_>, placed: &PlacedPool<'_>, port: &Port<'_>, findings: &mut Findings) {
    let (Some(functions), Some(address)) = (&context.host.pci_functions, port.device.pci()) else { return };
    if !functions.rdma_devices.contains_key(&address) {
        let message = format!(
            "`{}` has no RDMA device now: without one, {} has nothing of it",
            port.name, placed.pool.resource
        );
        findings.note(Some(&port.origin), message);
    }
}

/// Notes that VFs of a shared port are RDMA devices of pods of their own. Both work in the `shared` mode of network namespaces
/// only: the plugin does not start in the other (`ValidateRdmaSystemMode`, pkg/resources/resources_manager.go).
fn add_exclusive(placed: &PlacedPool<'_>, port: &Port<'_>, findings: &mut Findings) {
    let pools = &placed.document.config.spec.pools;
    let has_port = |pool: &&crate::pool::PoolSpec| {
        pool.is_rdma && pool.from.iter().any(|reference| reference.physical_function == port.name)
    };
    for pool in pools.iter().filter(has_port) {
        let message = format!(
            "{} has RDMA devices of VFs of `{}`, which {} shares: {PLUGIN} starts only where `rdma system` says \
             netns shared, and then they are not bound to the network namespaces of pods",
            pool.resource, port.name, placed.pool.resource
        );
        findings.note(Some(&port.origin), message);
    }
}
