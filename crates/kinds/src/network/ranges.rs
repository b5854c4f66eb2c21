//! The addresses that IPAM plugins give out: what a plugin needs, and which addresses lie in which network.

use vfctl_model::{IpAddress, IpNetwork, IpSpan};

use super::ipam::{
    AddressRange, HostLocalIpam, Ipam, KNOWN, StaticAddress, StaticIpam, WhereaboutsIpam, WhereaboutsRange,
};
use super::plugin::{PluginObject, TYPE};
use super::spec::NetworkSpec;
use crate::path::{SpecPath, Violation, Violations};
use crate::suggest::did_you_mean;

/// Addresses that a plugin gives out.
pub(crate) struct GivenOut {
    /// Where that is said.
    pub(super) path: SpecPath,
    /// The network that they are of.
    pub(crate) network: IpNetwork,
    /// Which.
    pub(crate) span: IpSpan,
}

/// Returns the addresses that a plugin gives out, as far as its configuration says which.
pub(crate) fn given_out(ipam: &Ipam, path: &SpecPath) -> Vec<GivenOut> {
    match ipam {
        Ipam::HostLocal(ipam) => {
            let ranges = host_local_ranges(ipam, path).into_iter();
            let given = |(range, path): (AddressRange, SpecPath)| {
                let usable = range.subnet.usable();
                let (first, last) =
                    (range.range_start.unwrap_or(usable.first), range.range_end.unwrap_or(usable.last));
                let span = IpSpan { first, last };
                GivenOut { path: path.key("subnet"), network: range.subnet, span }
            };
            ranges.map(given).collect()
        }
        Ipam::Static(StaticIpam { addresses, routes: _, dns: _ }) => {
            let given = |(index, StaticAddress { address, gateway: _ }): (usize, &StaticAddress)| {
                let span = IpSpan { first: address.address(), last: address.address() };
                let path = path.key("addresses").index(index).key("address");
                GivenOut { path, network: *address, span }
            };
            addresses.iter().enumerate().map(given).collect()
        }
        Ipam::Whereabouts(ipam) => {
            let ranges = whereabouts_ranges(ipam, path).into_iter();
            let given = |(range, path): (WhereaboutsRange, SpecPath)| {
                let span = range.span();
                GivenOut { path: path.key("range"), network: range.range, span }
            };
            ranges.map(given).collect()
        }
        Ipam::Dhcp(_) | Ipam::Other(_) => Vec::new(),
    }
}

/// Returns all ranges of host-local with the places of their maps.
fn host_local_ranges(ipam: &HostLocalIpam, path: &SpecPath) -> Vec<(AddressRange, SpecPath)> {
    let own = ipam.own_range().map(|range| (range, path.clone()));
    let sets = ipam.ranges.iter().enumerate().flat_map(|(number, set)| {
        let path = path.key("ranges").index(number);
        set.iter().enumerate().map(move |(index, range)| (*range, path.index(index)))
    });
    own.into_iter().chain(sets).collect()
}

/// Returns all ranges of whereabouts with the places of their maps.
fn whereabouts_ranges(ipam: &WhereaboutsIpam, path: &SpecPath) -> Vec<(WhereaboutsRange, SpecPath)> {
    let own = ipam.own_range().map(|range| (range, path.clone()));
    let path = path.key("ipRanges");
    let more = ipam.ip_ranges.iter().enumerate().map(|(index, range)| (range.clone(), path.index(index)));
    own.into_iter().chain(more).collect()
}

/// Checks what the IPAM plugin of a network is told; `path` is that of the entry.
pub(super) fn check(network: &NetworkSpec, path: &SpecPath, violations: &mut Violations) {
    let path = path.key("ipam");
    match &network.ipam {
        Some(Ipam::HostLocal(ipam)) => check_host_local(ipam, &path, violations),
        Some(Ipam::Static(ipam)) => check_static(ipam, network.capabilities.ips, &path, violations),
        Some(Ipam::Whereabouts(ipam)) => check_whereabouts(ipam, &path, violations),
        Some(Ipam::Other(object)) => check_name(object, &path, violations),
        Some(Ipam::Dhcp(_)) | None => {}
    }
}

/// Checks what host-local refuses (`Range.Canonicalize`, plugins/ipam/host-local/backend/allocator/range.go).
fn check_host_local(ipam: &HostLocalIpam, path: &SpecPath, violations: &mut Violations) {
    if ipam.subnet.is_none() {
        let lone = [
            ("rangeStart", ipam.range_start.is_some()),
            ("rangeEnd", ipam.range_end.is_some()),
            ("gateway", ipam.gateway.is_some()),
        ];
        for (field, _) in lone.into_iter().filter(|(_, is_there)| *is_there) {
            let message = format!("`{field}` needs a `subnet` beside it");
            violations.add(Violation::new(
                path.key(field),
                message,
                "add `subnet`, or move it into a range of `ranges`",
            ));
        }
        if ipam.ranges.iter().all(Vec::is_empty) {
            violations.add(Violation::new(
                path.clone(),
                "host-local has no subnet to give addresses of",
                "add `subnet: 10.56.217.0/24`, or `ranges: [[{subnet: 10.56.217.0/24}]]`",
            ));
        }
    }
    for (range, path) in host_local_ranges(ipam, path) {
        let AddressRange { subnet, range_start, range_end, gateway } = range;
        let subnet_path = path.key("subnet");
        if subnet != subnet.network() {
            let message = format!("subnet {subnet} has host bits set, which host-local refuses");
            violations.add(Violation::new(subnet_path, message, format!("write {}", subnet.network())));
        } else if subnet.free_bits() < 2 {
            let message = format!("subnet {subnet} is too small: host-local gives out no address of it");
            violations.add(Violation::new(
                subnet_path,
                message,
                "take a network with four addresses or more",
            ));
        }
        check_within(subnet, "subnet", range_start, range_end, gateway, &path, violations);
    }
}

fn check_static(ipam: &StaticIpam, pods_may_ask: bool, path: &SpecPath, violations: &mut Violations) {
    if ipam.addresses.is_empty() && !pods_may_ask {
        violations.add(Violation::new(
            path.clone(),
            "static has no addresses to give, and pods may not ask for any",
            "add `addresses: [{address: 10.56.217.5/24}]`, or `capabilities: {ips: true}` to the network",
        ));
    }
    for (index, StaticAddress { address, gateway }) in ipam.addresses.iter().enumerate() {
        let path = path.key("addresses").index(index);
        check_within(*address, "address", None, None, *gateway, &path, violations);
    }
}

fn check_whereabouts(ipam: &WhereaboutsIpam, path: &SpecPath, violations: &mut Violations) {
    let ranges = whereabouts_ranges(ipam, path);
    if ranges.is_empty() {
        violations.add(Violation::new(
            path.clone(),
            "whereabouts has no range to give addresses of",
            "add `range: 10.56.217.0/24`",
        ));
    }
    for (position, (range, path)) in ranges.iter().enumerate() {
        let span = range.span();
        let WhereaboutsRange { range, range_start, range_end, exclude } = range;
        // The gateway belongs to the range that it stands beside.
        let gateway = ipam.gateway.filter(|_| position == 0 && ipam.range.is_some());
        check_within(*range, "range", *range_start, *range_end, gateway, path, violations);
        for (index, excluded) in exclude.iter().enumerate() {
            if !span.overlaps(&excluded.span()) {
                let message = format!("{excluded} is outside of {span}, so it excludes nothing");
                let help = "write a network within the range, or remove it";
                violations.add(Violation::new(path.key("exclude").index(index), message, help));
            }
        }
    }
}

/// Checks that addresses which belong to a network lie in it; `field` is that of the network in the map at `path`.
fn check_within(
    network: IpNetwork,
    field: &str,
    start: Option<IpAddress>,
    end: Option<IpAddress>,
    gateway: Option<IpAddress>,
    path: &SpecPath,
    violations: &mut Violations,
) {
    let document = violations.document();
    let stray = |address: Option<IpAddress>| address.filter(|address| !network.contains(*address));
    for (key, address) in [("rangeStart", start), ("rangeEnd", end), ("gateway", gateway)] {
        if let Some(address) = stray(address) {
            let message = format!("{key} {address} is outside of {network}");
            let help = format!("write an address of {}, or correct `{field}`", network.network());
            let violation = Violation::new(path.key(key), message, help);
            violations.add(violation.with(document, path.key(field), format!("its {field}")));
        }
    }
    let inside = |address: Option<IpAddress>| address.filter(|address| network.contains(*address));
    if let (Some(first), Some(last)) = (inside(start), inside(end))
        && first > last
    {
        let message = format!("the range ends at {last}, before it begins at {first}");
        let violation = Violation::new(path.key("rangeEnd"), message, "write the higher address here");
        violations.add(violation.with(document, path.key("rangeStart"), "where it begins"));
    }
}

/// Checks that a plugin which is not known is not a known one misspelt.
fn check_name(object: &PluginObject, path: &SpecPath, violations: &mut Violations) {
    if let Some(meant) = did_you_mean(object.name.as_str(), KNOWN) {
        let message = format!("no known IPAM plugin is called `{}`", object.name);
        violations.add(Violation::new(path.key(TYPE), message, format!("did you mean `{meant}`?")));
    }
}
