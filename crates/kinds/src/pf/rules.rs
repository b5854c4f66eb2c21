//! What must hold within one entry of `physicalFunctions`, and between two.

use vfctl_model::Mtu;

use super::spec::{ExpectSpec, Matcher, PciMatch, PfSpec, VfsSpec};
use crate::path::{SpecPath, Violation, Violations};
use crate::setting::Setting;
use crate::vf;

/// The MTU that `default` means in bytes (`ETH_DATA_LEN`, include/uapi/linux/if_ether.h).
const DEFAULT_MTU: u32 = 1500;

/// Checks one entry; `path` is the entry's.
pub(crate) fn check(entry: &PfSpec, path: &SpecPath, violations: &mut Violations) {
    let PfSpec { name, matcher, expect, optional: _, on_unsupported: _, admin_state: _, mtu, vfs } = entry;
    if !is_name(name) {
        violations.add(Violation::new(
            path.key("name"),
            "a name is 1 to 63 letters, digits, `-`, `_` or `.`, the first a letter or digit",
            "it is yours to choose, and others refer to it: `explain pf/NAME/vf/3`",
        ));
    }
    check_terms(matcher, &path.key("match"), violations);
    if *expect == ExpectSpec::Number(0) {
        violations.add(Violation::new(
            path.key("expect"),
            "an entry that expects no PF asks for nothing",
            "write `one`, `all` or a number from 1; `optional: true` where a host may lack it",
        ));
    }
    if let Some(vfs) = vfs {
        vf::check(vfs, &path.key("vfs"), violations);
        if let Some(mtu) = mtu {
            check_mtus(*mtu, &path.key("mtu"), vfs, &path.key("vfs"), violations);
        }
    }
}

/// Returns whether a text is a name that a document may give.
pub(crate) fn is_name(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    plain && starts_well && text.len() <= 63
}

/// Checks that a matcher has terms, and so have its alternatives.
fn check_terms(matcher: &Matcher, path: &SpecPath, violations: &mut Violations) {
    if *matcher == Matcher::default() {
        violations.add(Violation::new(
            path.clone(),
            "a matcher without terms would match every PF of the host",
            "say which is meant, such as `interface`, `pci`, `macAddress` or `driver`",
        ));
    }
    for (position, alternative) in matcher.any_of.iter().enumerate() {
        check_terms(alternative, &path.key("anyOf").index(position), violations);
    }
}

/// Checks that no VF is asked to have larger frames than its PF.
fn check_mtus(
    pf: Setting<Mtu>,
    pf_path: &SpecPath,
    vfs: &VfsSpec,
    vfs_path: &SpecPath,
    violations: &mut Violations,
) {
    let bytes = |setting: Setting<Mtu>| match setting {
        Setting::Default => DEFAULT_MTU,
        Setting::Value(mtu) => mtu.get(),
    };
    let all = (vfs.all.mtu, vfs_path.key("all"));
    let groups = vfs.groups.iter().enumerate();
    let groups = groups.map(|(position, group)| (group.settings.mtu, vfs_path.key("groups").index(position)));
    let document = violations.document();
    for (mtu, path) in std::iter::once(all).chain(groups) {
        if let Some(vf) = mtu.map(bytes).filter(|vf| *vf > bytes(pf)) {
            let message = format!(
                "a VF's MTU of {vf} is above its PF's of {}, whose port the frames must pass",
                bytes(pf)
            );
            violations.add(Violation::new(path.key("mtu"), message, "lower it, or raise the PF's").with(
                document,
                pf_path.clone(),
                "the PF's MTU",
            ));
        }
    }
}

/// Returns the term by which both matchers surely mean the same device of a host; `None` where they may differ.
pub(crate) fn surely_same_device(one: &Matcher, other: &Matcher) -> Option<&'static str> {
    fn same<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
        matches!((one, other), (Some(one), Some(other)) if one == other)
    }
    fn differ<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
        matches!((one, other), (Some(one), Some(other)) if one != other)
    }
    let Matcher {
        interface,
        altname,
        pci,
        mac_address,
        vendor,
        device,
        driver,
        serial,
        numa_node,
        link_up,
        // These say something of networks that several devices share, or of parts.
        address: _,
        default_route: _,
        bond: _,
        any_of: _,
    } = one;
    let contradict = differ(vendor, &other.vendor)
        || differ(device, &other.device)
        || differ(driver, &other.driver)
        || differ(serial, &other.serial)
        || differ(numa_node, &other.numa_node)
        || differ(link_up, &other.link_up)
        || differ(pci, &other.pci)
        || differ(mac_address, &other.mac_address)
        || differ(interface, &other.interface);
    let same_pci = matches!((pci, &other.pci), (Some(PciMatch(a)), Some(PciMatch(b))) if a == b);
    if contradict {
        None
    } else if same_pci {
        Some("pci")
    } else if same(interface, &other.interface) {
        Some("interface")
    } else if same(altname, &other.altname) {
        Some("altname")
    } else if same(mac_address, &other.mac_address) {
        Some("macAddress")
    } else {
        None
    }
}
