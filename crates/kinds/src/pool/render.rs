//! Renders the pools of documents for one host as the plugin's configuration.
//!
//! What `from` refers to becomes `rootDevices`, a PF's PCI address and the set of its VFs, and nothing else:
//!
//! - The plugin compares it with the device that `physfn` of a VF leads to, so that a PF never fits, be it with VFs or without,
//!   and a VF of another PF neither. By vendor, device or driver PFs and foreign VFs may fit.
//! - `pfNames` would say the same by the PF's interface, which an operator or udev may rename, which is gone while the PF is
//!   in user space, and of which the plugin does not know the altnames.
//! - Only the first entry for a PF counts, so there is one entry for each, with all of its VFs.
//! - No `drivers` beside it: the pool is made of these VFs, whatever holds them. A VF with another driver than the others is
//!   found when a plan is made; the selector would only make the pool smaller than its spec says.
//!
//! The plugin heeds no `rootDevices` in a resource of accelerators: there the VFs are named one by one in `pciAddresses`.

use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, DevicePluginDeviceType, DevicePluginField, PciAddress, VfIndex, VfSet};

use super::plugin::{PluginConfig, PluginResource, PluginSelectors, SelectorSet};
use super::references::{PlacedPool, Reference};
use super::spec::PoolSpec;
use crate::DesiredPf;
use crate::context::PfContext;
use crate::lane::HostContext;

/// Returns the configuration for a host. A pool of VFs of which the host has none is left out: without any entry the plugin
/// would take every device.
pub(super) fn render<'a>(
    context: &HostContext<'a>,
    pfs: &'a BTreeMap<DeviceAddress, DesiredPf>,
    pools: &[PlacedPool<'a>],
) -> PluginConfig {
    let resources = pools.iter().filter_map(|placed| {
        let selectors = if placed.pool.from.is_empty() {
            of_selectors(placed.pool)?
        } else {
            PluginSelectors::One(of_references(context, placed.pool, &placed.references(context, pfs))?)
        };
        Some(resource(placed.pool, selectors))
    });
    PluginConfig { resources: resources.collect() }
}

fn resource(pool: &PoolSpec, selectors: PluginSelectors) -> PluginResource {
    let kind = pool.device_type;
    PluginResource {
        name: pool.resource.name().to_owned(),
        prefix: Some(pool.resource.prefix().to_owned()),
        device_type: (kind != DevicePluginDeviceType::default()).then(|| kind.word().to_owned()),
        exclude_topology: pool.exclude_topology,
        selectors,
        additional_info: pool.additional_info.clone(),
        ..PluginResource::default()
    }
}

/// Returns an object of selectors with what the pool says of all its devices.
fn set_of(pool: &PoolSpec, texts: BTreeMap<DevicePluginField, Vec<String>>) -> SelectorSet {
    SelectorSet {
        texts,
        is_rdma: pool.is_rdma,
        need_vhost_net: pool.need_vhost_net,
        vdpa_type: pool.vdpa_type.map(|kind| kind.word().to_owned()),
        ..SelectorSet::default()
    }
}

fn of_selectors(pool: &PoolSpec) -> Option<PluginSelectors> {
    let mut sets: Vec<SelectorSet> = pool
        .selectors
        .0
        .iter()
        .map(|selector| set_of(pool, selector.texts().into_iter().collect()))
        .collect();
    // One object is taken by every release.
    match sets.len() {
        0 => None,
        1 => sets.pop().map(PluginSelectors::One),
        _ => Some(PluginSelectors::List(sets)),
    }
}

fn of_references(
    context: &HostContext<'_>,
    pool: &PoolSpec,
    references: &[Reference<'_>],
) -> Option<SelectorSet> {
    let (field, entries) = match pool.device_type {
        DevicePluginDeviceType::NetDevice | DevicePluginDeviceType::AuxNetDevice => {
            (DevicePluginField::RootDevices, root_devices(references))
        }
        DevicePluginDeviceType::Accelerator => {
            (DevicePluginField::PciAddresses, addresses(context, references))
        }
    };
    (!entries.is_empty()).then(|| set_of(pool, BTreeMap::from([(field, entries)])))
}

/// Returns one entry for each PF, in the order in which they are first referred to.
fn root_devices(references: &[Reference<'_>]) -> Vec<String> {
    let mut order: Vec<PciAddress> = Vec::new();
    let mut sets: BTreeMap<PciAddress, Option<VfSet>> = BTreeMap::new();
    for reference in references {
        let Some(pf) = reference.device.pci() else { continue };
        let earlier = sets.remove(&pf);
        if earlier.is_none() {
            order.push(pf);
        }
        let both = match (earlier, reference.vfs) {
            (Some(None), _) | (_, None) => None,
            (None, Some(vfs)) => Some(vfs.clone()),
            (Some(Some(earlier)), Some(vfs)) => Some(earlier.iter().chain(vfs.iter()).collect()),
        };
        sets.insert(pf, both);
    }
    let entry = |pf: &PciAddress| match sets.get(pf) {
        Some(Some(vfs)) => format!("{pf}#{vfs}"),
        Some(None) | None => pf.to_string(),
    };
    order.iter().map(entry).collect()
}

fn addresses(context: &HostContext<'_>, references: &[Reference<'_>]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for reference in references {
        let context = PfContext::new(context, reference.facts, reference.desired);
        let all = (0..context.count).map(VfIndex);
        let wanted = all.filter(|index| reference.vfs.is_none_or(|vfs| vfs.contains(*index)));
        for address in wanted.filter_map(|index| context.vf_address(index)) {
            let address = address.to_string();
            if !found.contains(&address) {
                found.push(address);
            }
        }
    }
    found
}
