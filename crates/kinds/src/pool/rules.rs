//! What must hold of pools, within one document and between several, before any host is looked at.

use std::collections::BTreeMap;

use vfctl_model::{
    DevicePluginDeviceType, DevicePluginField, DevicePluginVersion, PciAddress, VfIndex, VfSet,
};

use super::references::pools_path;
use super::rules_of_selectors::check_selectors;
use super::spec::PoolSpec;
use crate::PfSpec;
use crate::components::{Declared, declared_of};
use crate::document::{SriovConfig, share_a_host};
use crate::path::{SpecPath, Violation, Violations};
use crate::pf::referred_entry;

/// Notes the rules that pools break.
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        let declared = declared_of(document, documents);
        for (number, pool) in document.spec.pools.iter().enumerate() {
            let path = pools_path().index(number);
            check_name(pool, declared, &path, violations);
            check_devices(pool, &path, violations);
            check_fields(pool, declared, &path, violations);
            if declared.version >= pool.device_type.since() {
                check_selectors(pool, declared.version, &path, violations);
            }
            check_references(pool, document, &path, violations);
        }
        check_shared_vfs(document, violations);
    }
    check_names(documents, violations);
}

/// Returns how a text names the release, and that its rules were only read where they were.
pub(super) fn of_version(declared: Declared) -> String {
    let Declared { version, is_declared } = declared;
    match (is_declared, version.was_run()) {
        (true, true) => format!("device plugin {version}"),
        (true, false) => format!("device plugin {version} (read in its source, not run)"),
        (false, _) => {
            format!("device plugin {version} (the newest known, read in its source, not run)")
        }
    }
}

fn check_name(pool: &PoolSpec, declared: Declared, path: &SpecPath, violations: &mut Violations) {
    let resource = &pool.resource;
    let path = path.key("resource");
    if !declared.version.takes_name(resource.name()) {
        let message =
            format!("{} refuses the name `{}` and does not start", of_version(declared), resource.name());
        let plain: String =
            resource.name().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let newer = DevicePluginVersion::V3_6_0;
        let help = match newer.takes_name(resource.name()) {
            true => format!("write `{}/{plain}`; `-` is taken from {newer} on", resource.prefix()),
            false => format!("write `{}/{plain}`: letters, digits, `_` and `-`", resource.prefix()),
        };
        violations.add(Violation::new(path, message, help));
    }
}

/// Checks that each resource is there once on a host.
fn check_names(documents: &[&SriovConfig], violations: &mut Violations) {
    let mut earlier: Vec<(usize, &SriovConfig, &PoolSpec, SpecPath)> = Vec::new();
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        for (number, pool) in document.spec.pools.iter().enumerate() {
            let path = pools_path().index(number).key("resource");
            let same = earlier.iter().find(|(_, other, first, _)| {
                first.resource == pool.resource && share_a_host(&other.spec, &document.spec)
            });
            if let Some((other, _, _, first)) = same {
                let message = format!("two pools are called `{}`", pool.resource);
                let help = "give each a name of its own, or put all of its devices into one";
                let violation = Violation::new(path.clone(), message, help);
                violations.add(violation.with(*other, first.clone(), "the first"));
            }
            earlier.push((position, document, pool, path));
        }
    }
}

/// Checks that the pool says which devices it is made of, in one way.
fn check_devices(pool: &PoolSpec, path: &SpecPath, violations: &mut Violations) {
    let mut add = |path: SpecPath, message: &str, help: &str| {
        violations.add(Violation::new(path, message, help));
    };
    match (pool.from.is_empty(), pool.selectors.is_empty()) {
        (true, true) => add(
            path.key("resource"),
            "the pool does not say which devices it is made of",
            "name VFs of this document: `from: [{physicalFunction: NAME, vfs: \"0-3\"}]`; or write `selectors`",
        ),
        (false, false) => add(
            path.key("selectors"),
            "the pool has both `from` and `selectors`",
            "keep one; `from` already means exactly these VFs",
        ),
        (true, false) | (false, true) => {}
    }
    if pool.is_rdma && pool.vdpa_type.is_some() {
        add(
            path.key("vdpaType"),
            "`isRdma` and `vdpaType` exclude each other, and the device plugin does not start",
            "remove one",
        );
    }
    if pool.device_type == DevicePluginDeviceType::AuxNetDevice && !pool.from.is_empty() {
        add(
            path.key("from"),
            "a resource of auxNetDevice is made of subfunctions, and `from` means VFs",
            "write `selectors` with `auxTypes: [sf]`, or remove `deviceType`",
        );
    }
    for key in pool.additional_info.keys() {
        if key != "*" && key.parse::<PciAddress>().is_err() {
            add(
                path.key("additionalInfo").key(key),
                "additional information is for `*` or a PCI address",
                "write `\"*\"` for all devices",
            );
        }
    }
}

/// Checks that the release heeds what the pool says: it ignores the rest, so that the pool is another than it seems.
fn check_fields(pool: &PoolSpec, declared: Declared, path: &SpecPath, violations: &mut Violations) {
    let kind = pool.device_type;
    if declared.version < kind.since() {
        violations.add(Violation::new(
            path.key("deviceType"),
            format!("{} does not know {kind} and does not start", of_version(declared)),
            format!("{} has it first", kind.since()),
        ));
        return;
    }
    for (field, position) in pool.used_fields() {
        let (message, help) = match field.since(kind) {
            Some(since) if since > declared.version => (
                format!("{} ignores `{field}`", of_version(declared)),
                format!("{since} has it first: remove the field, or declare that release in `components`"),
            ),
            Some(_) => continue,
            None => (
                format!("the device plugin ignores `{field}` in a resource of {kind}"),
                "remove the field".to_owned(),
            ),
        };
        violations.add(Violation::new(field_path(pool, path, field, position), message, help));
    }
    if pool.selectors.0.len() > 1 && !declared.version.takes_selector_lists() {
        violations.add(Violation::new(
            path.key("selectors"),
            format!("{} takes one object of selectors, and drops a pool with several", of_version(declared)),
            format!(
                "{} takes a list first: make it one object, or a pool for each",
                DevicePluginVersion::V3_6_0
            ),
        ));
    }
}

/// Returns the place of a field.
pub(super) fn field_path(
    pool: &PoolSpec,
    path: &SpecPath,
    field: DevicePluginField,
    position: Option<usize>,
) -> SpecPath {
    match position {
        None => path.key(field.name()),
        Some(_) if pool.selectors.0.len() == 1 => path.key("selectors").key(field.name()),
        Some(position) => path.key("selectors").index(position).key(field.name()),
    }
}

/// Checks that what `from` refers to is there.
fn check_references(pool: &PoolSpec, document: &SriovConfig, path: &SpecPath, violations: &mut Violations) {
    let entries = &document.spec.physical_functions;
    for (position, reference) in pool.from.iter().enumerate() {
        let path = path.key("from").index(position);
        let name = &reference.physical_function;
        let Some((number, entry)) = referred_entry(entries, name, &path.key("physicalFunction"), violations)
        else {
            continue;
        };
        let Some(vfs) = &reference.vfs else { continue };
        if vfs.is_empty() {
            let help = "name VFs, such as \"0-3\", or remove it for all";
            violations.add(Violation::new(path.key("vfs"), "the set is empty", help));
            continue;
        }
        let Some(most) = count_of(entry) else { continue };
        let past: VfSet = vfs.iter().filter(|vf| vf.0 >= most).collect();
        if !past.is_empty() {
            let there = match most {
                0 => "no VF".to_owned(),
                1 => "VF 0 only".to_owned(),
                most => format!("VFs 0 to {}", most - 1),
            };
            let message = format!("vf {past} will not exist: `{}` has {there}", entry.name);
            let count = SpecPath::spec().key("physicalFunctions").index(number).key("vfs").key("count");
            let violation = Violation::new(path.key("vfs"), message, "raise the count, or remove them here");
            violations.add(violation.with(violations.document(), count, "the count"));
        }
    }
}

/// Returns how many VFs an entry asks for at most; `None` where it does not say.
fn count_of(entry: &PfSpec) -> Option<u16> {
    entry.vfs.as_ref()?.count.map(crate::count::CountSpec::most)
}

/// A pool that refers to VFs of an entry, and where it does.
struct User<'a> {
    pool: &'a PoolSpec,
    /// Which of them; `None` for all.
    vfs: Option<&'a VfSet>,
    path: SpecPath,
}

/// Checks that no VF is in two pools, or twice in one: the first match takes it.
fn check_shared_vfs(document: &SriovConfig, violations: &mut Violations) {
    let mut users: BTreeMap<&str, Vec<User<'_>>> = BTreeMap::new();
    for (number, pool) in document.spec.pools.iter().enumerate() {
        for (position, reference) in pool.from.iter().enumerate() {
            let path = pools_path().index(number).key("from").index(position);
            let users = users.entry(&reference.physical_function).or_default();
            let vfs = reference.vfs.as_ref();
            let clash = users.iter().find_map(|user| Some((user, overlap(user.vfs, vfs)?)));
            if let Some((other, both)) = clash {
                let vf = format!("{both} of `{}`", reference.physical_function);
                let message = match other.pool.resource == pool.resource {
                    true => format!("the pool names {vf} twice"),
                    false => format!(
                        "{vf} would be in `{}` and `{}`: the device plugin gives a device to the first pool only",
                        other.pool.resource, pool.resource
                    ),
                };
                let violation = Violation::new(path.clone(), message, "name each VF in one pool only");
                violations.add(violation.with(violations.document(), other.path.clone(), "the first"));
            }
            users.push(User { pool, vfs, path });
        }
    }
}

/// Returns which VFs are in both sets; `None` where there is none. An absent set is all VFs.
fn overlap(one: Option<&VfSet>, other: Option<&VfSet>) -> Option<String> {
    let shared: VfSet = match (one, other) {
        (None, None) => return Some("all VFs".to_owned()),
        (Some(set), None) | (None, Some(set)) => set.clone(),
        (Some(one), Some(other)) => one.iter().filter(|index: &VfIndex| other.contains(*index)).collect(),
    };
    (!shared.is_empty()).then(|| format!("vf {shared}"))
}
