//! What must hold of pools of the plugin, within one document and between several, before any host is looked at.

use std::collections::BTreeMap;

use vfctl_model::{ResourceName, pci_driver_below};

use super::config::{RdmaSharedSelectors, takes_name};
use super::interval;
use super::render::{PLUGIN, pools_path};
use super::spec::RdmaSharedPoolSpec;
use crate::document::{SriovConfig, share_a_host};
use crate::path::{SpecPath, Violation, Violations};
use crate::pf::referred_entry;

/// The largest `rdmaHcaMax`. The plugin takes any number and lists each as a device, of at most 19 bytes with a number of six
/// digits; the kubelet takes a list of at most 4 MiB, which is what gRPC takes unless told (`dial`,
/// pkg/kubelet/cm/devicemanager/plugin/v1beta1/client.go).
const LARGEST_MAX: u32 = 100_000;

/// How many bytes the name of an interface has at most (`IFNAMSIZ`); altnames may have more.
const LONGEST_NAME: usize = 15;

/// Notes the rules that pools break.
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        interval::check(documents, position, violations);
        for (number, pool) in document.spec.rdma_shared_pools.iter().enumerate() {
            let path = pools_path().index(number);
            check_name(&pool.resource, &path.key("resource"), violations);
            check_max(pool, &path.key("rdmaHcaMax"), violations);
            check_devices(pool, &path, violations);
            check_selectors(&pool.selectors, &path.key("selectors"), violations);
            check_references(pool, document, &path.key("from"), violations);
        }
    }
    check_names(documents, violations);
    check_names_of_pools(documents, violations);
}

fn check_name(resource: &ResourceName, path: &SpecPath, violations: &mut Violations) {
    if takes_name(resource.name()) {
        return;
    }
    let plain: String =
        resource.name().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let message = format!("{PLUGIN} refuses the name `{}` and does not start", resource.name());
    let help = format!("write `{}/{plain}`: letters, digits and `_`", resource.prefix());
    violations.add(Violation::new(path.clone(), message, help));
}

fn check_max(pool: &RdmaSharedPoolSpec, path: &SpecPath, violations: &mut Violations) {
    let message = match pool.rdma_hca_max {
        0 => "with 0, a node offers none of the resource".to_owned(),
        max if max > LARGEST_MAX => {
            format!(
                "{max} is too many: the plugin lists each to the kubelet, which takes at most 4 MiB at once"
            )
        }
        _ => return,
    };
    let help = format!("write 1 to {LARGEST_MAX}: how many containers of a node may share the devices");
    violations.add(Violation::new(path.clone(), message, help));
}

/// Checks that the pool says which devices it is made of, in one way.
fn check_devices(pool: &RdmaSharedPoolSpec, path: &SpecPath, violations: &mut Violations) {
    let (path, message, help) = match (pool.from.is_empty(), pool.selectors == RdmaSharedSelectors::default())
    {
        (true, true) => (
            path.key("resource"),
            format!(
                "the pool does not say which devices it is made of: {PLUGIN} refuses it and does not start"
            ),
            "name ports of this document: `from: [{physicalFunction: NAME}]`; or write `selectors`",
        ),
        (false, false) => (
            path.key("selectors"),
            "the pool has both `from` and `selectors`".to_owned(),
            "keep one; `from` already means exactly these ports",
        ),
        (true, false) | (false, true) => return,
    };
    violations.add(Violation::new(path, message, help));
}

/// Checks selectors for what fits no device: the plugin says nothing of it.
fn check_selectors(selectors: &RdmaSharedSelectors, path: &SpecPath, violations: &mut Violations) {
    let RdmaSharedSelectors { vendors: _, device_ids: _, drivers, if_names, link_types: _ } = selectors;
    for (position, driver) in drivers.iter().enumerate() {
        if let Some(pci) = pci_driver_below(driver.as_str()) {
            let message = format!("`{driver}` drives RDMA devices, and no PCI device has it as its driver");
            let help = format!("write the driver of the port, such as `{pci}`; `vfctl discover` shows it");
            violations.add(Violation::new(path.key("drivers").index(position), message, help));
        }
    }
    for (position, name) in if_names.iter().enumerate() {
        let (message, help) = if name.as_str().contains('#') {
            let message = format!("`{name}` is no interface: {PLUGIN} takes no set of VFs");
            (message, "write the name of each interface")
        } else if name.as_str().len() > LONGEST_NAME {
            let message = format!("`{name}` is too long for a name, and {PLUGIN} knows no altnames");
            (message, "write the interface's name, or name the port by `from`")
        } else {
            continue;
        };
        violations.add(Violation::new(path.key("ifNames").index(position), message, help));
    }
}

/// Checks that what `from` refers to is there, and is named once.
fn check_references(
    pool: &RdmaSharedPoolSpec,
    document: &SriovConfig,
    path: &SpecPath,
    violations: &mut Violations,
) {
    let entries = &document.spec.physical_functions;
    let mut earlier: BTreeMap<&str, SpecPath> = BTreeMap::new();
    for (position, reference) in pool.from.iter().enumerate() {
        let (path, name) = (path.index(position).key("physicalFunction"), &reference.physical_function);
        referred_entry(entries, name, &path, violations);
        if let Some(first) = earlier.get(name.as_str()) {
            let message = format!("the pool names `{name}` twice");
            let help = "remove one; a larger `rdmaHcaMax` lets more containers share it";
            let violation = Violation::new(path, message, help);
            violations.add(violation.with(violations.document(), first.clone(), "the first"));
        } else {
            earlier.insert(name, path);
        }
    }
}

/// Checks that each name is there once on a host. The plugin does not look at prefixes: its sockets are called by the names
/// alone.
fn check_names(documents: &[&SriovConfig], violations: &mut Violations) {
    let mut earlier: Vec<(usize, &SriovConfig, &ResourceName, SpecPath)> = Vec::new();
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        for (number, pool) in document.spec.rdma_shared_pools.iter().enumerate() {
            let path = pools_path().index(number).key("resource");
            let same = earlier.iter().find(|(_, other, first, _)| {
                first.name() == pool.resource.name() && share_a_host(&other.spec, &document.spec)
            });
            if let Some((other, _, first_name, first)) = same {
                let message = if **first_name == pool.resource {
                    format!("two pools are called `{first_name}`: {PLUGIN} does not start")
                } else {
                    format!(
                        "`{first_name}` and `{}` differ in their prefix only: {PLUGIN} does not start",
                        pool.resource
                    )
                };
                let help = "give each a name of its own, or put all devices into one";
                let violation = Violation::new(path.clone(), message, help);
                violations.add(violation.with(*other, first.clone(), "the first"));
            }
            earlier.push((position, document, &pool.resource, path));
        }
    }
}

/// Checks that no resource is one of `pools` as well: the kubelet has it of the plugin that registers last.
fn check_names_of_pools(documents: &[&SriovConfig], violations: &mut Violations) {
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        for (number, shared) in document.spec.rdma_shared_pools.iter().enumerate() {
            let offered = documents.iter().enumerate().find_map(|(other, config)| {
                let number = config.spec.pools.iter().position(|pool| pool.resource == shared.resource)?;
                share_a_host(&config.spec, &document.spec).then_some((other, number))
            });
            let Some((other, pool)) = offered else { continue };
            let message = format!(
                "`{}` is also in `pools`: two device plugins would offer it, and the last to register wins",
                shared.resource
            );
            let path = pools_path().index(number).key("resource");
            let violation = Violation::new(path, message, "give one of them another name");
            let pool = SpecPath::spec().key("pools").index(pool).key("resource");
            violations.add(violation.with(other, pool, "the pool"));
        }
    }
}
