//! Names and addresses that a kernel would make up: always the same for the same world.

use std::collections::BTreeSet;

use vfctl_model::{DeviceAddress, InterfaceName, MacAddress, VfIndex};
use vfctl_port::HostFacts;

/// Returns the name of a VF's new interface: the lowest free `ethN` where the PF is called so too (a host that
/// does not rename), else the PF's name with `vN` behind it, as systemd's predictable names have it.
pub(crate) fn vf_interface(
    host: &HostFacts,
    pf_interface: &InterfaceName,
    vf: VfIndex,
) -> Option<InterfaceName> {
    let digits = pf_interface.as_str().strip_prefix("eth");
    if digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit())) {
        return representor(host);
    }
    let base = pf_interface.as_str();
    // Names of physical ports end in `npN`; the kernel's VFs of them have none.
    let base = base.rsplit_once("np").map_or(base, |(stem, port)| {
        if !stem.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) { stem } else { base }
    });
    format!("{base}v{vf}").parse().ok()
}

/// Returns the name of a new interface that nobody renames: the lowest free `ethN`, as representors have it.
pub(crate) fn representor(host: &HostFacts) -> Option<InterfaceName> {
    lowest_free("eth", &interface_names(host))
}

/// Returns the name of the interface by which cxgb4 sets the VFs of the PF with this number (`cxgb4_iov_configure`).
pub(crate) fn management(pf: usize) -> Option<InterfaceName> {
    format!("mgmtpf0,{pf}").parse().ok()
}

/// Returns the name of an interface that comes back to the host's namespace: its own, or another where that was taken
/// meanwhile (`default_device_exit_net`, net/core/dev.c).
pub(crate) fn after_return(host: &HostFacts, name: &InterfaceName) -> InterfaceName {
    let taken = interface_names(host);
    let other = if taken.contains(name) { lowest_free("dev", &taken) } else { None };
    other.unwrap_or_else(|| name.clone())
}

/// Returns the first name of the prefix and a number that nobody has (`__dev_alloc_name`, net/core/dev.c).
fn lowest_free(prefix: &str, taken: &BTreeSet<InterfaceName>) -> Option<InterfaceName> {
    let mut names = (0..=u32::from(u16::MAX)).filter_map(|number| format!("{prefix}{number}").parse().ok());
    names.find(|name| !taken.contains(name))
}

/// Returns every interface name that is taken in the host's namespace.
fn interface_names(host: &HostFacts) -> BTreeSet<InterfaceName> {
    let pfs = host.physical_functions.values();
    let of_pfs = pfs.clone().filter_map(|pf| pf.netdev.as_ref().map(|netdev| netdev.name.clone()));
    let here = pfs.clone().flat_map(|pf| pf.vfs.values()).filter(|vf| !vf.is_in_other_namespace());
    let of_vfs = here.filter_map(|vf| vf.netdev.as_ref().map(|n| n.name.clone()));
    let representors = pfs.flat_map(|pf| pf.vfs.values()).filter_map(|vf| vf.representor.clone());
    of_pfs.chain(of_vfs).chain(representors).chain(host.links.keys().cloned()).collect()
}

/// Returns the address that a VF's driver makes up, another one each time it is `drawn`.
pub(crate) fn own_mac(pf: &DeviceAddress, vf: VfIndex, drawn: u32) -> MacAddress {
    // FNV-1a: equal worlds get equal addresses, and different VFs different ones.
    let text = format!("{pf} {vf} {drawn}");
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let [a, b, c, d, e, ..] = hash.to_be_bytes();
    // Locally administered and unicast, as `eth_random_addr` makes them.
    MacAddress::new([0xc2, a, b, c, d, e])
}
